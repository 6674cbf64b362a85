"""What `diff` says of two releases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.errors import ReleaseError
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Bump
from tests.release.making import copied, manifest_rows, picture, replace, sealed, write_manifest
from tests.terminal import run


def with_other_tables(release: Release, folder: Path, *, removed: str = "", added: str = "", retyped: str = "") -> Path:
    """A copy of a release whose columns are others, as another version of this program may write them."""
    shutil.copytree(release.folder, folder)
    for partition in release.partitions:
        table = release.read(partition.path)
        metadata = json.loads(table.schema.metadata[b"huggingface"])
        features = metadata["info"]["features"]
        if removed:
            table = table.drop_columns([removed])
            del features[removed]
        if added:
            table = table.append_column(added, pa.array(["new"] * len(table)))
            features[added] = {"dtype": "string", "_type": "Value"}
        if retyped:
            at = table.schema.get_field_index(retyped)
            table = table.set_column(at, retyped, table[retyped].cast(pa.int32()))
            features[retyped] = {"dtype": "int32", "_type": "Value"}
        table = table.replace_schema_metadata({"huggingface": json.dumps(metadata)})
        pq.write_table(table, folder / partition.path)
    return sealed(folder)


def test_a_release_does_not_differ_from_itself(first: Release) -> None:
    changes = diff(first.folder, first.folder)
    assert changes.bump is Bump.PATCH
    assert changes.summary() == "nothing changed"


def test_an_added_column_is_minor_and_no_row_changes_by_it(tmp_path: Path, first: Release) -> None:
    other = with_other_tables(first, tmp_path / "other", added="mood")
    changes = diff(first.folder, other)
    assert (changes.summary(), changes.bump) == ("1 column added (mood)", Bump.MINOR)


@pytest.mark.parametrize("column", ["provenance", "fold", "gender"])
def test_a_removed_column_is_major_and_no_row_changes_by_it(tmp_path: Path, first: Release, column: str) -> None:
    other = with_other_tables(first, tmp_path / "other", removed=column)
    there, back = diff(first.folder, other), diff(other, first.folder)
    assert (list(there.sentences()), there.bump) == ([("Removed", f"1 column removed ({column})")], Bump.MAJOR)
    assert (list(back.sentences()), back.bump) == ([("Added", f"1 column added ({column})")], Bump.MINOR)


def test_a_column_of_another_type_is_major(tmp_path: Path, first: Release) -> None:
    other = with_other_tables(first, tmp_path / "other", retyped="fold")
    changes = diff(first.folder, other)
    assert (list(changes.sentences()), changes.bump) == ([("Changed", "1 column of another type (fold)")], Bump.MAJOR)


@pytest.mark.slow
def test_everything_that_differs_is_told_on_the_terminal_and_as_json(
    tmp_path: Path, good_manifest: Path, first: Release
) -> None:
    source = copied(good_manifest, tmp_path / "source")
    rows = manifest_rows(14)
    rows[2]["label"] = "pain" if rows[2]["label"] == "no_pain" else "no_pain"
    replace(source / rows[4]["composite"], picture(104))
    replace(source / "pairs.csv", b"")
    build(write_manifest(source, [*rows[:6], *rows[7:]]), tmp_path / "release", version="2.0.0", previous=first.folder)

    shown = run("diff", first.folder, tmp_path / "release")
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.splitlines() == [
        "1.0.0 -> 2.0.0: a major change",
        "  2 pairs added",
        "  1 pair with other pixels",
        "  1 pair with another label or group",
        "  1 pair with another provenance",
        "  1 pair removed",
    ]

    as_json = run("diff", first.folder, tmp_path / "release", "--json")
    assert as_json.exit_code == 0, as_json.stderr
    told = json.loads(as_json.stdout)
    of_tables = told.pop("tables")
    assert told == {
        "old": "1.0.0", "new": "2.0.0", "old_name": "synpain", "new_name": "synpain",
        "bump": "major", "added": ["pair-12", "pair-13"], "removed": ["pair-06"],
        "pixels": ["pair-04"], "labels": ["pair-02"], "identities": [], "folds": [], "provenance": ["pair-04"],
        "annotations": [], "videos": [],
        "columns_added": [], "columns_removed": [], "columns_changed": [],
    }  # fmt: skip
    assert list(of_tables) == ["pairs", "annotations", "videos"]
    assert of_tables["pairs"]["values"] == {"labels": ["pair-02"], "pixels": ["pair-04"], "provenance": ["pair-04"]}
    assert of_tables["annotations"]["files"] == []


def test_a_damaged_release_is_named(tmp_path: Path, first: Release) -> None:
    other = Path(shutil.copytree(first.folder, tmp_path / "other"))
    path = other / first.partitions[0].path
    path.write_bytes(b"PAR1 no more")
    for pair in ((first.folder, other), (other, first.folder)):
        with pytest.raises(ReleaseError, match=rf"^{other} was changed after it was built \(data/.+\)"):
            diff(*pair)


def test_damaged_faces_are_named_by_their_file(tmp_path: Path, first: Release) -> None:
    other = Path(shutil.copytree(first.folder, tmp_path / "other"))
    name = first.partitions[0].path
    data = bytearray((other / name).read_bytes())
    data[data.index(b"IDAT") + 20] ^= 0xFF
    (other / name).write_bytes(data)
    sealed(other)
    with pytest.raises(ReleaseError, match=f"^{other / name} is damaged"):
        diff(first.folder, other)
