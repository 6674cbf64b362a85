"""`croissant.json`: mlcroissant finds nothing to say against it, and loads the rows from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from synpain_hf.cards import card, check
from synpain_hf.cards.croissant import check_keys
from synpain_hf.release.layout import CROISSANT
from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.schemas import properties
from tests.cards.making import write_facts
from tests.imaging.made import decoded
from tests.release.making import copied, rows_of

mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:mlcroissant")


def document(release: Release) -> dict[str, Any]:
    """What a release's file says."""
    found: dict[str, Any] = json.loads((release.folder / CROISSANT).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def loaded(carded: Release, caplog: pytest.LogCaptureFixture) -> Any:
    """The file as mlcroissant reads it, without a word against it."""
    dataset = mlcroissant.Dataset(jsonld=carded.folder / CROISSANT)
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert not caplog.records
    return dataset


def test_it_is_valid_for_an_own_data_set_too(own: Release, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    authors = [{"name": "Ada Doe", "url": "https://example.org/ada"}, {"name": "Us", "kind": "organization"}]
    facts = write_facts(tmp_path / "facts", authors=authors, languages=[])
    made = card(copied(own.folder, tmp_path / "copy"), facts=facts)
    caplog.clear()  # what drew the figures may have had a word to say
    dataset = mlcroissant.Dataset(jsonld=made.folder / CROISSANT)
    assert not dataset.metadata.ctx.issues.errors
    assert not dataset.metadata.ctx.issues.warnings
    assert not caplog.records
    assert dataset.metadata.name == "my_faces"


def test_of_facts_that_are_not_stated_it_says_nothing(own: Release, tmp_path: Path) -> None:
    needed = properties("facts")[1]
    path = write_facts(tmp_path / "facts")
    stated = {name: fact for name, fact in yaml.safe_load(path.read_text()).items() if name in needed}
    path.write_text(yaml.safe_dump(stated))
    made = card(copied(own.folder, tmp_path / "copy"), facts=path)
    dataset = mlcroissant.Dataset(jsonld=made.folder / CROISSANT)
    assert not dataset.metadata.ctx.issues.errors
    said = document(made)
    assert not {"citeAs", "datePublished", "rai:dataUseCases", "rai:dataCollection", "keywords"} & said.keys()
    assert said["rai:hasSyntheticData"] is True
    assert check(made) == []


def test_it_says_which_croissant_it_is(loaded: Any, carded: Release) -> None:
    assert document(carded)["conformsTo"] == [
        "http://mlcommons.org/croissant/1.1",
        "http://mlcommons.org/croissant/RAI/1.0",
    ]
    assert loaded.metadata.ctx.is_v1_1()


class TestRecords:
    @pytest.mark.parametrize("name", ["train", "validation", "test", "pairs"])
    def test_they_are_the_rows_of_the_release(self, name: str, loaded: Any, carded: Release) -> None:
        rows = rows_of(carded)
        records = list(loaded.records(name))
        configuration = "all" if name == "pairs" else "default"
        assert len(records) == carded.configurations()[configuration]["train" if name == "pairs" else name]
        for record in records:
            row = rows[record[f"{name}/pair_id"].decode()]
            for column in ("label", "age_group", "gender", "ethnicity", "fold"):
                assert record[f"{name}/{column}"] == row[column]
            seen = record[f"{name}/provenance"][f"{name}/provenance/neutral_file"].decode()
            assert seen == row["provenance"]["neutral_file"]

    def test_their_faces_are_pictures(self, loaded: Any, carded: Release) -> None:
        rows = rows_of(carded)
        record = next(iter(loaded.records("test")))
        row = rows[record["test/pair_id"].decode()]
        for face in ("neutral", "expressive"):
            assert isinstance(record[f"test/{face}"], Image.Image)
            height, width, _ = decoded(row[face]["bytes"]).shape
            assert record[f"test/{face}"].size == (width, height)

    def test_splits_are_named(self, loaded: Any) -> None:
        assert [record["splits/name"] for record in loaded.records("splits")] == ["train", "validation", "test"]

    def test_annotations_are_records_too(self, loaded: Any, carded: Release) -> None:
        records = list(loaded.records("annotations/action_units"))
        assert len(records) == carded.configurations()["annotations"]["train"]
        assert records[0]["annotations/action_units/pspi"] >= 0


class TestContent:
    def test_every_parquet_file_stands_in_it_with_its_digest(self, carded: Release) -> None:
        files = {each["@id"]: each for each in document(carded)["distribution"] if each["@type"] == "cr:FileObject"}
        wanted = {name: record for name, record in carded.files.items() if name.endswith(".parquet")}
        assert {name: each["sha256"] for name, each in files.items()} == {
            name: record["sha256"] for name, record in wanted.items()
        }

    def test_every_column_is_a_field_with_a_meaning(self, carded: Release) -> None:
        pairs = next(each for each in document(carded)["recordSet"] if each["@id"] == "pairs")
        assert [field["name"] for field in pairs["field"]] == list(carded.columns_of(PAIRS))
        label = next(field for field in pairs["field"] if field["name"] == "label")
        assert label["description"].endswith("0 is no_pain, 1 is pain.")

    def test_what_rai_asks_for_reaches_its_readers(self, loaded: Any, carded: Release) -> None:
        metadata = loaded.metadata
        for said in (
            metadata.data_collection, metadata.data_collection_type, metadata.data_biases, metadata.data_limitations,
            metadata.data_use_cases, metadata.data_social_impact, metadata.personal_sensitive_information,
            metadata.machine_annotation_tools, metadata.data_annotation_protocol, metadata.data_preprocessing_protocol,
            metadata.data_release_maintenance_plan,
        ):  # fmt: skip
            assert said
        assert document(carded)["rai:hasSyntheticData"] is True
        assert metadata.machine_annotation_tools == ["truth of demo faces, drawn, not SynPAIN"]


class TestUnknownKeys:
    @pytest.mark.parametrize(
        "path", [("rai:dataBias",), ("cr:citeAs",), ("distribution", 0, "md6"), ("recordSet", 1, "field", 0, "unit")]
    )
    def test_they_are_refused_wherever_they_stand(self, path: tuple[str | int, ...], carded: Release) -> None:
        found = document(carded)
        place: Any = found
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = "something"
        with pytest.raises(ValueError, match=r"croissant\.json would not be valid"):
            check_keys(found)

    def test_mlcroissant_would_say_nothing_of_them(self, carded: Release, tmp_path: Path) -> None:
        found = {**document(carded), "rai:dataBias": "something"}
        (tmp_path / CROISSANT).write_text(json.dumps(found), encoding="utf-8")
        dataset = mlcroissant.Dataset(jsonld=tmp_path / CROISSANT)
        assert not dataset.metadata.ctx.issues.errors
        assert not dataset.metadata.ctx.issues.warnings

    def test_what_is_missing_is_refused(self, carded: Release) -> None:
        found = document(carded)
        del found["rai:hasSyntheticData"]
        with pytest.raises(ValueError, match="rai:hasSyntheticData"):
            check_keys(found)
