"""What the card says of columns that a release keeps of its source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from synpain_hf.cards import card
from synpain_hf.cards.facts import facts_for
from synpain_hf.cards.starting import init
from synpain_hf.cards.write import compose
from synpain_hf.errors import BadInputError
from synpain_hf.release.build import build
from synpain_hf.release.layout import CARD, CROISSANT
from synpain_hf.release.release import Release
from tests.cards.making import write_facts
from tests.release.making import copied, manifest_rows, rows_of, write_manifest

mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:mlcroissant")

MEANINGS = {"size": "Side of the picture in cm.", "site": "Where it was taken.", "worn": "Whether glasses are worn."}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release that keeps a column of numbers, one of text, and one of truth values."""
    folder = tmp_path_factory.mktemp("kept")
    more = {"size": "20.5", "site": "Oslo", "worn": "true"}
    rows = [{**row, **more, "site": row["pair_id"]} for row in manifest_rows(6)]
    return build(write_manifest(folder, rows), folder / "release", version="1.0.0", keep=sorted(MEANINGS))


def test_a_file_of_facts_asks_for_the_meaning_of_each(kept: Release, tmp_path: Path) -> None:
    text = init(kept.folder, tmp_path / "facts.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["columns"] == dict.fromkeys(sorted(MEANINGS), "[what it means; fill in]")


def test_a_card_needs_the_meaning_of_each(kept: Release, tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts", columns={"size": MEANINGS["size"]})
    with pytest.raises(BadInputError, match="does not say what the column site of pairs means; add it under columns"):
        compose(kept, facts_for(kept, facts))


def test_the_card_and_croissant_describe_them(kept: Release, tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts", columns=MEANINGS)
    release = card(copied(kept.folder, tmp_path / "release"), facts=facts)
    text = (release.folder / CARD).read_text(encoding="utf-8")
    for name, dtype in kept.kept.items():
        assert f"| `{name}` | {dtype} | {MEANINGS[name]} |" in text
    document = json.loads((release.folder / CROISSANT).read_text(encoding="utf-8"))
    pairs = next(each for each in document["recordSet"] if each["@id"] == "pairs")
    fields: dict[str, Any] = {field["name"]: field for field in pairs["field"]}
    assert [fields[name]["dataType"] for name in sorted(MEANINGS)] == ["sc:Text", "sc:Float", "sc:Boolean"]
    assert {name: fields[name]["description"] for name in MEANINGS} == MEANINGS
    found = {
        record["pairs/site"].decode() for record in mlcroissant.Dataset(release.folder / CROISSANT).records("pairs")
    }
    assert found == rows_of(kept).keys()
