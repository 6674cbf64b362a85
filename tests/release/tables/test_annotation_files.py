"""Several files of annotations are one table: whatever order they sort in, and wherever they are read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from datasets import Dataset, load_dataset

import synpain_hf
from synpain_hf.errors import ReleaseError
from synpain_hf.release.amend import amend
from synpain_hf.release.compare import diff
from synpain_hf.release.release import Release
from synpain_hf.release.tables import ANNOTATIONS
from synpain_hf.release.versions import Bump
from tests.release.making import copied
from tests.release.tables.making import scores, written

COLUMNS = ["pair_id", "face", "AU4", "annotator", "AU43", "pspi"]
ROWS = 2 * 12


def check(rows: Dataset) -> None:
    """Both annotators are there, each with its own columns, and null for the others."""
    assert rows.column_names == COLUMNS
    found = rows.to_pandas()
    of_ann, of_bea = found[found["annotator"] == "ann"], found[found["annotator"] == "bea"]
    assert len(of_ann) == len(of_bea) == ROWS
    assert of_ann[["AU43", "pspi"]].isna().all(axis=None)
    assert of_ann["AU4"].notna().all()
    assert of_bea[["AU4", "AU43", "pspi"]].notna().all(axis=None)
    assert rows.features["face"].names == ["neutral", "expressive"]


def test_they_load_by_path_though_the_narrower_sorts_first(two_annotators: Release) -> None:
    check(load_dataset(str(two_annotators.folder), "annotations", split="train"))


def test_they_stream(two_annotators: Release) -> None:
    rows = list(load_dataset(str(two_annotators.folder), "annotations", split="train", streaming=True))
    check(
        Dataset.from_list(
            rows, features=load_dataset(str(two_annotators.folder), "annotations", split="train").features
        )
    )


@pytest.mark.slow
def test_they_load_from_the_installed_release(two_annotators: Release) -> None:
    synpain_hf.install(two_annotators.folder)
    rows = synpain_hf.load("annotations", "train")
    assert isinstance(rows, Dataset)
    check(rows)


def test_a_second_file_changes_the_key_of_the_cache(two_annotators: Release, first: Release, tmp_path: Path) -> None:
    folder = copied(two_annotators.folder, tmp_path / "release")
    assert set(load_dataset(str(folder), "annotations", split="train")["annotator"]) == {"ann", "bea"}
    other = written(scores(first, "bea", ["AU4", "AU43", "pspi"], value=3.0), tmp_path / "b")
    changed = amend(folder, add={"annotations/b.parquet": other}, version=two_annotators.version.replace(".1", ".2"))
    rows = load_dataset(str(changed.folder), "annotations", split="train").to_pandas()
    assert rows[rows["annotator"] == "bea"]["AU43"].min() == 3.0


def test_the_key_of_the_cache_covers_every_file(two_annotators: Release, first: Release, tmp_path: Path) -> None:
    before = two_annotators.content_of(ANNOTATIONS)
    folder = copied(two_annotators.folder, tmp_path / "release")
    for name in ("annotations/a.parquet", "annotations/b.parquet"):
        other = written(scores(first, name, ["AU4"], value=2.0), tmp_path / Path(name).name)
        assert amend(folder, add={name: other}).content_of(ANNOTATIONS) != before


def test_a_difference_in_any_column_is_told(two_annotators: Release, first: Release, tmp_path: Path) -> None:
    folder = copied(two_annotators.folder, tmp_path / "release")
    table = scores(first, "bea", ["AU4", "AU43", "pspi"])
    at = table.schema.get_field_index("AU43")
    changed = table.set_column(at, table.schema.field(at), pc.add(table["AU43"], pa.scalar(0.5, pa.float32())))
    amend(folder, add={"annotations/b.parquet": written(changed, tmp_path / "b")})
    changes = diff(two_annotators.folder, folder)
    assert changes.bump is Bump.PATCH
    assert changes.summary() == f"1 file of annotations (annotations/b.parquet): {ROWS} rows with another AU43"
    assert changes.to_dict()["tables"]["annotations"]["values"]["AU43"][0] == ["pair-00", "expressive", "bea"]


def test_columns_that_do_not_fit_together_are_named(two_annotators: Release, first: Release, tmp_path: Path) -> None:
    folder = copied(two_annotators.folder, tmp_path / "release")
    words = scores(first, "cid", ["AU4"], value="strong")
    with pytest.raises(ReleaseError, match=r"the column AU4 is .* in annotations/a\.parquet and .* in annotations/c"):
        amend(folder, add={"annotations/c.parquet": written(words, tmp_path / "c")})
    assert Release.open(folder).version == two_annotators.version
