"""A version that promises less change than there is, as far as what the Hub has can tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synpain_hf.errors import VersionError
from synpain_hf.release.build import build
from synpain_hf.release.layout import MANIFEST
from synpain_hf.release.release import Release
from tests.hub import Hub
from tests.publishing.making import FACE, PAIRS, REPO_ID, on_hub, published, with_card, writes
from tests.release.making import Row, manifest_rows, write_manifest

NOT_COMPARED = (
    "the release was not built on version 1.0.0, which is published, so pixels, labels and folds of their pairs "
    "were not compared; do so with `synpain-hf diff`"
)


def alone(pairs: Path, out: Path, version: str, rows: list[Row], face: int = FACE) -> Release:
    """A release of some rows that was built on no earlier one."""
    manifest = write_manifest(pairs.parent, rows, f"{out.name}.csv")
    return with_card(build(manifest, out, version=version, image_size=face))


def folded(rows: list[Row], first: Release) -> list[Row]:
    """These rows, each in the fold that it has in a release; new ones in fold 0."""
    folds = {
        pair_id: partition.fold
        for partition in first.partitions
        for pair_id in first.read(partition.path, ["pair_id"])["pair_id"].to_pylist()
    }
    return [{**row, "fold": folds.get(row["pair_id"], 0)} for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1.0.1", "1.1.0"])
@pytest.mark.parametrize("create_pr", [False, True])
def test_pairs_that_are_gone_ask_for_a_major_version(
    version: str, create_pr: bool, hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    later = alone(pairs, tmp_path / "later", version, folded(manifest_rows(PAIRS), first)[1:])
    hub.seen.clear()
    with pytest.raises(VersionError) as caught:
        published(hub, later, create_pr=create_pr)
    assert str(caught.value) == (
        f"version {version} promises too little: pairs of version 1.0.0, which is published, are gone, or in another "
        "fold or group (1); build the release as at least 2.0.0, and with --previous to have every pair compared"
    )
    assert writes(hub) == []


def test_pairs_in_other_folds_ask_for_a_major_version(hub: Hub, first: Release, pairs: Path, tmp_path: Path) -> None:
    published(hub, first)
    rows = [{**row, "fold": (row["fold"] + 1) % 5} for row in folded(manifest_rows(PAIRS), first)]
    with pytest.raises(VersionError, match=r"are gone, or in another fold or group \(\d\); .* least 2\.0\.0"):
        published(hub, alone(pairs, tmp_path / "later", "1.1.0", rows))


@pytest.mark.slow
def test_new_pairs_ask_for_a_minor_version(hub: Hub, first: Release, pairs: Path, tmp_path: Path) -> None:
    published(hub, first)
    rows = folded(manifest_rows(PAIRS + 2), first)
    with pytest.raises(VersionError, match=r"there are pairs that version 1\.0\.0.* \(2\); .* at least 1\.1\.0"):
        published(hub, alone(pairs, tmp_path / "patch", "1.0.1", rows))
    assert published(hub, alone(pairs, tmp_path / "minor", "1.1.0", rows)).notes == (NOT_COMPARED,)


@pytest.mark.slow
def test_what_numbers_of_pairs_do_not_tell_is_said_to_be_unknown(
    hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    later = alone(pairs, tmp_path / "later", "1.0.1", folded(manifest_rows(PAIRS), first), face=48)
    assert published(hub, later, dry_run=True).notes == (NOT_COMPARED,)
    hub.state.remarks = ("license is missing",)
    compared, remarked = published(hub, later).notes
    assert compared == NOT_COMPARED
    assert remarked.startswith("the Hub remarks: ")


@pytest.mark.slow
def test_the_same_pairs_may_be_of_any_later_version(hub: Hub, first: Release, pairs: Path, tmp_path: Path) -> None:
    published(hub, first)
    later = with_card(build(pairs, tmp_path / "later", version="1.0.1", image_size=FACE))
    assert later.manifest["content"] == first.manifest["content"]
    assert published(hub, later).notes == ()


@pytest.mark.slow
def test_a_major_version_promises_nothing(hub: Hub, first: Release, pairs: Path, tmp_path: Path) -> None:
    published(hub, first)
    assert published(hub, alone(pairs, tmp_path / "later", "2.0.0", manifest_rows(PAIRS)[2:])).notes == ()


@pytest.mark.slow
def test_a_release_that_was_built_on_the_published_one_was_compared(
    hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    manifest = write_manifest(pairs.parent, manifest_rows(PAIRS + 1), "more.csv")
    second = build(manifest, tmp_path / "more", version="1.1.0", image_size=FACE, previous=first.folder)
    third = with_card(build(manifest, tmp_path / "third", version="1.1.1", image_size=FACE, previous=second.folder))
    assert published(hub, third).notes == ()


@pytest.mark.slow
def test_a_version_that_never_got_its_tag_promised_nothing(
    hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    del hub.repositories[REPO_ID].refs["v1.0.0"]
    other = alone(pairs, tmp_path / "other", "1.0.0", manifest_rows(PAIRS)[1:])
    assert published(hub, other).status == "published"


@pytest.mark.slow
def test_the_latest_tag_counts_where_the_main_branch_has_lost_its_release(
    hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    hub.repositories[REPO_ID].commit({"README.md": b"# Emptied\n"}, "main")
    later = alone(pairs, tmp_path / "later", "1.0.1", folded(manifest_rows(PAIRS), first)[1:])
    with pytest.raises(VersionError, match=r"at least 2\.0\.0"):
        published(hub, later)


@pytest.mark.slow
def test_of_a_release_that_tells_no_numbers_of_pairs_nothing_is_asked(
    hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    files = {name: {"bytes": record["bytes"]} for name, record in first.files.items()}
    manifest = json.dumps({"version": "1.0.0", "files": files}).encode()
    hub.repositories[REPO_ID].commit({**on_hub(hub), MANIFEST: manifest}, "main", "v1.0.0")
    later = alone(pairs, tmp_path / "later", "1.0.1", manifest_rows(PAIRS)[1:])
    assert published(hub, later).notes == (NOT_COMPARED,)
