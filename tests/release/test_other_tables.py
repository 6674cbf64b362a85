"""Releases of tables in other words, and of data sets that are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Dataset, Image

from synpain_hf.errors import UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.sources import open_source
from tests.release.making import manifest_rows, picture, rows_of, write_manifest
from tests.terminal import run

PAIRS = 6
MEANINGS = {"PA4": "pain", "BL1": "no_pain"}


@pytest.fixture
def other_table(tmp_path: Path) -> Path:
    """A manifest with labels of BioVid and a column more."""
    theirs = {ours: word for word, ours in MEANINGS.items()}
    rows = [{**row, "label": theirs[row["label"]], "mood": "calm"} for row in manifest_rows(PAIRS)]
    return write_manifest(tmp_path, rows)


@pytest.fixture
def dataset() -> Dataset:
    """A loaded data set with the pairs of a good manifest."""
    rows = [
        {**row, "composite": {"bytes": picture(number), "path": row["composite"]}}
        for number, row in enumerate(manifest_rows(PAIRS))
    ]
    return Dataset.from_list(rows).cast_column("composite", Image())


def test_a_table_in_other_words_gives_the_release_of_the_same_table_in_ours(tmp_path: Path, other_table: Path) -> None:
    (tmp_path / "ours").mkdir()
    expected = build(write_manifest(tmp_path / "ours", manifest_rows(PAIRS)), tmp_path / "first", version="1.0.0")
    release = build(other_table, tmp_path / "second", version="1.0.0", words={"label": MEANINGS}, drop=["mood"])
    assert release.manifest["content"] == expected.manifest["content"]


@pytest.mark.slow
def test_the_command_takes_a_file_of_words_and_columns_to_leave_out(tmp_path: Path, other_table: Path) -> None:
    (tmp_path / "map.yaml").write_text("label: {PA4: pain, BL1: no_pain}\n")
    out = tmp_path / "release"
    done = run("build", other_table, out, "--version", "1.0.0", "--map", tmp_path / "map.yaml", "--drop", "mood")
    assert done.exit_code == 0, done.stderr
    assert len(rows_of(Release.open(out))) == PAIRS
    (tmp_path / "map.yaml").write_text("label: {PA4: pian}\n")
    done = run("build", other_table, tmp_path / "b", "--version", "1.0.0", "--map", tmp_path / "map.yaml")
    assert done.exit_code == 2
    assert (
        "error: --map maps the label 'PA4' to 'pian' (did you mean 'pain'?); choose from no_pain, pain" in done.stderr
    )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_a_loaded_data_set_gives_the_faces_of_its_pictures(tmp_path: Path, dataset: Dataset, engine: str) -> None:
    release = build(dataset, tmp_path / "release", version="1.0.0", workers=2, engine=engine)  # type: ignore[arg-type]
    (tmp_path / "ours").mkdir()
    expected = build(write_manifest(tmp_path / "ours", manifest_rows(PAIRS)), tmp_path / "first", version="1.0.0")
    found, wanted = rows_of(release), rows_of(expected)
    assert {key: row["neutral"] for key, row in found.items()} == {key: row["neutral"] for key, row in wanted.items()}
    assert str(tmp_path) not in str([row["provenance"] for row in found.values()])


def test_parquet_with_pictures_gives_the_release_of_the_data_set(tmp_path: Path, dataset: Dataset) -> None:
    dataset.to_parquet(tmp_path / "pairs.parquet")
    releases = [
        build(source, tmp_path / f"r{at}", version="1.0.0")
        for at, source in enumerate((dataset, tmp_path / "pairs.parquet"))
    ]
    assert releases[0].manifest["content"] == releases[1].manifest["content"]


def test_a_source_that_is_no_table_has_no_other_words(tmp_path: Path, good_manifest: Path) -> None:
    source = open_source([good_manifest / "pairs.csv"])
    with pytest.raises(
        UsageError, match="words and drop and keep say how a table is written, and this source is not one"
    ):
        build(source, tmp_path / "release", version="1.0.0", drop=["mood"])
