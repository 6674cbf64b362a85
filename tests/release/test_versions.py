"""How much a version must rise, shown by pairs of releases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import UsageError, VersionError
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Bump, Version
from tests.release.making import (
    Row,
    copied,
    is_untouched,
    manifest_rows,
    picture,
    replace,
    rows_of,
    write_manifest,
)  # fmt: skip

LEAST = {"major": "2.0.0", "minor": "1.1.0", "patch": "1.0.1"}
TOO_SMALL = {"major": "1.9.9", "minor": "1.0.9"}

Edit = Callable[[Path, list[Row]], None]


def remove_a_pair(_: Path, rows: list[Row]) -> None:
    rows.pop(3)


def change_pixels(folder: Path, rows: list[Row]) -> None:
    replace(folder / rows[3]["composite"], picture(103))


def change_a_label(_: Path, rows: list[Row]) -> None:
    rows[3]["label"] = "pain" if rows[3]["label"] == "no_pain" else "no_pain"


def change_a_group(_: Path, rows: list[Row]) -> None:
    rows[3]["ethnicity"] = "black" if rows[3]["ethnicity"] != "black" else "white"


def add_a_pair(_: Path, rows: list[Row]) -> None:
    rows.append(manifest_rows(13)[12])


def add_and_remove_a_pair(folder: Path, rows: list[Row]) -> None:
    add_a_pair(folder, rows)
    remove_a_pair(folder, rows)


def say_where_from(_: Path, rows: list[Row]) -> None:
    rows[3]["generator"] = "something else"


def nothing(_: Path, rows: list[Row]) -> None:
    pass


@dataclass(frozen=True)
class Change:
    """What is done to a release's source, or said to the build, and what must come of it."""

    edit: Edit
    bump: str
    changes: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


CHANGES = {
    "a removed pair": Change(remove_a_pair, "major", {"removed": ["pair-03"]}),
    "changed pixels": Change(change_pixels, "major", {"pixels": ["pair-03"], "provenance": ["pair-03"]}),
    "a changed label": Change(change_a_label, "major", {"labels": ["pair-03"]}),
    "a changed group": Change(change_a_group, "major", {"labels": ["pair-03"]}),
    "another size": Change(
        nothing, "major", {"pixels": [row["pair_id"] for row in manifest_rows(12)]}, {"image_size": 40}
    ),
    "an encoding that loses": Change(
        nothing, "major", {"pixels": [row["pair_id"] for row in manifest_rows(12)]}, {"encoding": "jpeg"}
    ),
    "an added pair": Change(add_a_pair, "minor", {"added": ["pair-12"]}),
    "only re-encoded": Change(nothing, "patch", {}, {"encoding": "webp"}),
    "only the provenance": Change(say_where_from, "patch", {"provenance": ["pair-03"]}),
    "nothing": Change(nothing, "patch"),
    "an added and a removed pair": Change(
        add_and_remove_a_pair,
        "major",
        {"added": ["pair-12"], "removed": ["pair-03"]},
    ),
}


def changed(change: Change, good_manifest: Path, folder: Path) -> Path:
    copied(good_manifest, folder)
    rows = manifest_rows(12)
    change.edit(folder, rows)
    (folder / "pairs.csv").unlink()
    return write_manifest(folder, rows)


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_change_asks_for_its_bump_and_no_less(
    tmp_path: Path, good_manifest: Path, first: Release, change: Change
) -> None:
    manifest = changed(change, good_manifest, tmp_path / "source")
    out = tmp_path / "release"
    if change.bump in TOO_SMALL:
        with pytest.raises(VersionError, match=f"promises too little: .+; give at least {LEAST[change.bump]}$"):
            build(manifest, out, version=TOO_SMALL[change.bump], previous=first.folder, **change.options)
        assert is_untouched(out)
    release = build(manifest, out, version=LEAST[change.bump], previous=first.folder, **change.options)
    assert release.version == LEAST[change.bump]
    found = diff(first.folder, out)
    assert found.bump.name.lower() == change.bump
    named = {name: value for name, value in found.to_dict().items() if isinstance(value, list) and value}
    assert named == change.changes


def test_other_folds_are_a_major_change(tmp_path: Path, good_manifest: Path, first: Release) -> None:
    before = {pair_id: row["fold"] for pair_id, row in rows_of(first).items()}
    rows = [{**row, "fold": before[row["pair_id"]]} for row in manifest_rows(12)]
    rows[5]["fold"] = (rows[5]["fold"] + 1) % 5
    source = copied(good_manifest, tmp_path / "source")
    (source / "pairs.csv").unlink()
    build(write_manifest(source, rows), tmp_path / "release", version="2.0.0")
    found = diff(first.folder, tmp_path / "release")
    assert found.to_dict()["folds"] == ["pair-05"]
    assert found.bump is Bump.MAJOR


@pytest.mark.parametrize("version", ["1.0.0", "0.9.9"])
def test_a_version_that_does_not_rise_is_refused_before_any_work(
    tmp_path: Path, good_manifest: Path, first: Release, version: str
) -> None:
    with pytest.raises(VersionError, match=f"^version {version} does not follow 1.0.0; give a higher one$"):
        build(good_manifest / "pairs.csv", tmp_path / "release", version=version, previous=first.folder)
    assert is_untouched(tmp_path / "release")


def test_pairs_keep_the_folds_of_the_previous_release_and_new_ones_go_where_they_lack(tmp_path: Path) -> None:
    cell = {"label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white"}
    rows = [{**row, **cell} for row in manifest_rows(12)]
    for row, fold in zip(rows, [4, 4, 4, 2, 2, 1], strict=False):
        row["fold"] = fold
    source = tmp_path / "source"
    source.mkdir()
    before = build(write_manifest(source, rows[:6]), tmp_path / "before", version="1.0.0")
    unfolded = [{key: value for key, value in row.items() if key != "fold"} for row in rows]
    after = build(write_manifest(source, unfolded), tmp_path / "after", version="1.1.0", previous=before.folder, seed=5)
    folds = {pair_id: row["fold"] for pair_id, row in rows_of(after).items()}
    assert [folds[row["pair_id"]] for row in rows[:6]] == [4, 4, 4, 2, 2, 1]
    assert sorted(Counter(folds.values()).values()) == [2, 2, 2, 3, 3]
    assert after.manifest["folds"] == {"origin": "previous", "seed": 5, "previous": "1.0.0"}


def test_a_pair_of_another_group_keeps_its_fold(tmp_path: Path, good_manifest: Path, first: Release) -> None:
    manifest = changed(CHANGES["a changed group"], good_manifest, tmp_path / "source")
    release = build(manifest, tmp_path / "release", version="2.0.0", previous=first.folder, seed=9)
    before = {pair_id: row["fold"] for pair_id, row in rows_of(first).items()}
    assert {pair_id: row["fold"] for pair_id, row in rows_of(release).items()} == before


numbers = st.integers(0, 999_999_999)
versions = st.builds(Version, numbers, numbers, numbers)


@given(versions)
def test_a_version_is_read_as_it_is_written(version: Version) -> None:
    assert Version.parse(str(version)) == version


@given(versions, st.sampled_from(Bump))
def test_a_raised_version_follows(version: Version, bump: Bump) -> None:
    raised = version.raised(bump)
    assert raised > version
    assert raised >= version.raised(Bump.PATCH)
    assert raised <= version.raised(Bump.MAJOR)


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.3.4", "1.2.x", " 1.2.3", "1.2.3\n", "١.2.3", "-1.0.0", "1.02.3"])
def test_anything_else_is_no_version(text: str) -> None:
    with pytest.raises(UsageError, match="is not a version; write three numbers, such as"):
        Version.parse(text)
