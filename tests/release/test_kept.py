"""Columns of a source that a release keeps, from the build to the later versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features, Value, load_dataset

from synpain_hf.errors import BadInputError, ReleaseError, VersionError
from synpain_hf.pair import Kept, Pair
from synpain_hf.release.amend import amend
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.info import info
from synpain_hf.release.install import install, load
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.versions import Bump
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.wording import read_wording
from synpain_hf.training.data.opening import open_pairs
from tests.release.making import copied, digests, manifest_rows, rows_of, write_manifest
from tests.terminal import run

PAIRS = 6
SITES = ["Paris", "", "Oslo", "Rome", "Oslo", "Paris"]
KEEP = ["site", "score"]


def values(**changed: str) -> dict[str, Mapping[str, str]]:
    """What is kept of each pair, as a manifest has it."""
    return {
        row["pair_id"]: {"site": site, "score": str(at / 2), **changed}
        for at, (row, site) in enumerate(zip(manifest_rows(PAIRS), SITES, strict=True))
    }


def manifest(folder: Path, kept: Mapping[str, Mapping[str, str]]) -> Path:
    return write_manifest(folder, [{**row, **kept[row["pair_id"]]} for row in manifest_rows(PAIRS)])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest with a column of text and one of numbers."""
    return manifest(tmp_path_factory.mktemp("kept-table"), values())


@pytest.fixture(scope="module")
def kept(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Its release, which keeps both."""
    return build(table, tmp_path_factory.mktemp("kept") / "release", version="1.0.0", keep=KEEP)


def test_a_release_has_the_columns_that_are_kept(kept: Release) -> None:
    assert kept.kept == {"score": "float64", "site": "string"}
    expected = {key: (one["site"] or None, float(one["score"])) for key, one in values().items()}
    assert {key: (row["site"], row["score"]) for key, row in rows_of(kept).items()} == expected
    assert info(kept.folder, verify=True)["kept"] == kept.kept


def test_load_dataset_gives_them_after_the_fixed_ones(kept: Release) -> None:
    everything = load_dataset(str(kept.folder), "all", split="train")
    fixed = base_table().fixed(kept.given)
    assert everything.features == Features({**fixed, "score": Value("float64"), "site": Value("string")})
    assert set(everything["site"]) == {*filter(None, SITES), None}


@pytest.mark.slow
def test_so_does_the_installed_release(kept: Release) -> None:
    install(kept.folder)
    everything = load("all", "train")
    assert everything.features == kept.columns_of(base_table())
    assert sorted(everything["score"]) == [at / 2 for at in range(PAIRS)]


def test_the_order_in_which_they_are_named_and_the_workers_change_no_byte(
    tmp_path: Path, table: Path, kept: Release
) -> None:
    again = build(table, tmp_path / "release", version="1.0.0", keep=KEEP[::-1], workers=3)
    assert digests(again.folder) == digests(kept.folder)


def test_a_build_that_failed_does_not_go_on_with_other_columns(tmp_path: Path) -> None:
    path, out = manifest(tmp_path, values()), tmp_path / "release"
    broken = tmp_path / "faces" / "05.png"
    picture = broken.read_bytes()
    broken.write_bytes(b"")
    with pytest.raises(BadInputError):
        build(path, out, version="1.0.0", keep=KEEP)
    broken.write_bytes(picture)
    manifest(tmp_path, values(site="Bonn"))
    release = build(path, out, version="1.0.0", keep=KEEP)
    assert {row["site"] for row in rows_of(release).values()} == {"Bonn"}
    info(release.folder, verify=True)


def test_an_added_column_is_minor_a_changed_or_removed_one_major(tmp_path: Path, table: Path, kept: Release) -> None:
    one = build(table, tmp_path / "one", version="1.0.0", keep=["site"], drop=["score"])
    assert (diff(one.folder, kept.folder).summary(), diff(one.folder, kept.folder).bump) == (
        "1 column added (score)", Bump.MINOR,
    )  # fmt: skip
    assert (diff(kept.folder, one.folder).summary(), diff(kept.folder, one.folder).bump) == (
        "1 column removed (score)", Bump.MAJOR,
    )  # fmt: skip
    (tmp_path / "other").mkdir()
    other = build(manifest(tmp_path / "other", values(site="Bonn")), tmp_path / "two", version="1.0.0", keep=KEEP)
    changes = diff(kept.folder, other.folder)
    assert (changes.summary(), changes.bump) == ("6 pairs with another site", Bump.MAJOR)


def test_the_next_version_says_what_became_of_them(tmp_path: Path, table: Path, kept: Release) -> None:
    with pytest.raises(VersionError, match=r"1 column removed \(score\); give at least 2\.0\.0"):
        build(table, tmp_path / "b", version="1.1.0", keep=["site"], drop=["score"], previous=kept.folder)
    later = build(table, tmp_path / "b", version="2.0.0", keep=["site"], drop=["score"], previous=kept.folder)
    assert "- 1 column removed (score)." in (later.folder / "CHANGELOG.md").read_text(encoding="utf-8")


def rewritten(release: Release, change: Any) -> dict[str, Any]:
    """The partitions of a release with other columns."""
    changed = {partition.path: change(release.read(partition.path)) for partition in release.partitions}
    return {name: partial(pq.write_table, table) for name, table in changed.items()}


def test_amending_them_changes_what_release_json_says(tmp_path: Path, kept: Release) -> None:
    place = copied(kept.folder, tmp_path / "release")
    fewer = amend(place, add=rewritten(kept, lambda table: table.drop_columns(["score"])))
    assert (fewer.version, fewer.kept) == ("2.0.0", {"site": "string"})
    more = amend(place, add=rewritten(fewer, lambda table: table.append_column("age", pa.array([70] * len(table)))))
    assert (more.version, more.kept) == ("2.1.0", {"age": "int64", "site": "string"})
    assert info(place, verify=True)["kept"] == more.kept
    with pytest.raises(ReleaseError, match=r"the column day is .*; write it as one of bool, int8"):
        amend(place, add=rewritten(more, lambda table: table.append_column("day", pa.array([[1]] * len(table)))))


def test_amending_other_files_leaves_them(tmp_path: Path, kept: Release) -> None:
    place = copied(kept.folder, tmp_path / "release")
    (pair_id, *_) = rows_of(kept)
    scores = pa.table({"pair_id": [pair_id], "face": ["neutral"], "annotator": ["me"], "pspi": [1.0]})
    scores = scores.drop_columns(["face"])
    release = amend(place, add={"annotations/me.parquet": lambda path: pq.write_table(scores, path)})
    assert (release.kept, release.manifest["content"]) == (kept.kept, kept.manifest["content"])


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        ({"score": "float64"}, "has the column site, which pairs do not have"),
        ({"score": "float64", "site": "string", "mood": "bool"}, "has no column mood"),
        ({"score": "string", "site": "string"}, "has the column score as"),
    ],
)
def test_verifying_compares_what_release_json_says_of_them(
    tmp_path: Path, kept: Release, listed: dict[str, str], reason: str
) -> None:
    place = copied(kept.folder, tmp_path / "release")
    document = json.loads((place / "release.json").read_text(encoding="utf-8"))
    (place / "release.json").unlink()
    (place / "release.json").write_text(json.dumps({**document, "kept": listed}), encoding="utf-8")
    with pytest.raises(ReleaseError, match=reason):
        info(place, verify=True)


class TwoTables:
    """Two sources as one, as somebody's own code may have it."""

    folds_file = None

    def __init__(self, *sources: Source) -> None:
        self._entries = [entry for source in sources for entry in source]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Any:
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        return {"kind": "manifest"}


def test_pairs_of_ones_own_source_keep_the_same_columns(tmp_path: Path, table: Path) -> None:
    one, two = (
        open_source([table], read_wording(None, drop, keep)) for drop, keep in (((), KEEP), (["score"], ["site"]))
    )
    with pytest.raises(BadInputError, match=r"pairs\.csv:2: keeps other columns than pairs\.csv:2; give every pair"):
        build(TwoTables(one, two), tmp_path / "release", version="1.0.0")
    pair = next(entry for entry in one if isinstance(entry, Pair))
    assert pair.kept == (Kept("score", "float64", 0.0), Kept("site", "string", "Paris"))


def test_the_command_keeps_columns_and_info_shows_them(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "release"
    done = run("build", table, out, "--version", "1.0.0", "--keep", "site", "--keep", "score=string")
    assert done.exit_code == 0, done.stderr
    assert "kept from the source: score (string), site (string)\n" in run("info", out).stdout
    done = run("build", table, tmp_path / "b", "--version", "1.0.0", "--keep", "label")
    assert done.exit_code == 2
    assert "error: --keep names 'label', which a release has already; omit it" in done.stderr


def test_training_reads_the_pairs_beside_them(kept: Release) -> None:
    pairs = open_pairs(kept.folder, "all")
    assert sorted(pairs.table["pair_id"].to_pylist()) == sorted(rows_of(kept))
