"""The card says what is in the release: other data, another card."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from synpain_hf.cards import card
from synpain_hf.cards.facts import read_facts
from synpain_hf.cards.statistics import compute
from synpain_hf.errors import BadInputError
from synpain_hf.release.build import build
from synpain_hf.release.layout import CARD, FACTS
from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.resources import resource
from synpain_hf.schemas import properties
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.cards.making import (
    DRAWN,
    LARGER,
    OWN,
    Row,
    TextFor,
    annotated,
    body_of,
    metadata_in,
    pair_ids,
    row,
    section,
    shipped,
    text_of,
    write_facts,
    written_text,
)
from tests.release.making import manifest_rows, picture, replace, rows_of, write_manifest

ALL = "What is in it"


def base() -> list[Row]:
    """Twelve rows that a change starts from."""
    return [{**each, "generator": "one", "fold": number % 5} for number, each in enumerate(manifest_rows(12))]


def changed(number: int, **values: Any) -> list[Row]:
    """These rows with other values in one of them."""
    rows = base()
    rows[number] |= values
    return rows


CHANGES: list[tuple[str, list[Row], list[tuple[str, str, list[str], list[str]]]]] = [
    (
        "a label is flipped",
        changed(0, label="pain"),
        [
            (ALL, "all", ["6", "6", "12", "100.0%", "50.0%"], ["5", "7", "12", "100.0%", "58.3%"]),
            (ALL, "young", ["3", "3", "6", "50.0%", "50.0%"], ["2", "4", "6", "50.0%", "66.7%"]),
            ("Folds", "0", ["2", "1", "3"], ["1", "2", "3"]),
            ("Compared with me", "pairs, pain", ["6", "5,355", "page 1"], ["7", "5,355", "page 1"]),
            ("Compared with me", "share of pairs, pain", ["50.0%", "about 49.5%"], ["58.3%", "about 49.5%"]),
        ],
    ),
    (
        "a pair is dropped",
        base()[:-1],
        [
            (ALL, "all", ["6", "6", "12", "100.0%", "50.0%"], ["6", "5", "11", "100.0%", "45.5%"]),
            ("Configurations", "`all`", ["train 12"], ["train 11"]),
            ("How the pairs were made", "one", ["12"], ["11"]),
            ("Compared with me", "faces", ["24", "10,710", "page 1"], ["22", "10,710", "page 1"]),
        ],
    ),
    (
        "a group has another pair",
        changed(0, ethnicity="white"),
        [
            (ALL, "Black", ["2", "2", "4", "33.3%", "50.0%"], ["1", "2", "3", "25.0%", "66.7%"]),
            (ALL, "White", ["0", "0", "0", "0.0%", "–"], ["1", "0", "1", "8.3%", "0.0%"]),
        ],
    ),
    (
        "a pair is in another fold",
        changed(0, fold=4),
        [
            ("Folds", "0", ["2", "1", "3"], ["1", "1", "2"]),
            ("Folds", "4", ["1", "1", "2"], ["2", "1", "3"]),
            ("Configurations", "`default`", ["train 6, validation 3, test 3"], ["train 7, validation 3, test 2"]),
        ],
    ),
    (
        "a generator has another name",
        changed(0, generator="two"),
        [("How the pairs were made", "one", ["12"], ["11"])],
    ),
    (
        "a face is larger",
        changed(11, composite=f"faces/{LARGER}"),
        [(ALL, "`neutral`", ["75", "96", "1"], ["75 to 95", "96 to 112", "2"])],
    ),
]  # fmt: skip

REPORTED = {
    "by": "me",
    "note": "There is nothing to note here.",
    "figures": [
        {"quantity": "pairs.pain", "value": 5355, "source": "page 1"},
        {"quantity": "faces", "value": 10710, "source": "page 1"},
        {"quantity": "share.pain", "value": 0.495, "about": True, "source": "page 2"},
    ],
}


class TestNumbers:
    @pytest.mark.parametrize(
        ("rows", "cells"), [change[1:] for change in CHANGES], ids=[change[0] for change in CHANGES]
    )
    def test_they_change_with_the_data(
        self, rows: list[Row], cells: list[tuple[str, str, list[str], list[str]]], text_for: TextFor
    ) -> None:
        before, after = text_for(base(), reported=REPORTED), text_for(rows, reported=REPORTED)
        for title, name, was, is_now in cells:
            assert row(before, name, of=title)[: len(was)] == was
            assert row(after, name, of=title)[: len(is_now)] == is_now

    def test_none_stands_in_the_template(self) -> None:
        template = resource("dataset_card/README.md.jinja").read_text(encoding="utf-8")
        typed = re.sub(r"\{[{%].*?[}%]\}|\[0\]|int2str", "", template)
        assert not re.findall(r"\d", typed)

    def test_counts_of_pairs_stand_in_no_fact_but_those_to_compare(self) -> None:
        for name in ("synpain", "demo"):
            known = dict(read_facts(*shipped(name)).known)
            del known["reported"]
            assert not re.findall(r"\d,\d{3}|\d{4} pairs", str(known))

    def test_prompts_rejected_pairs_and_pairs_of_two_pictures_are_told(self, tmp_path: Path) -> None:
        rows = base()
        for number, each in enumerate(rows[:3]):
            del each["composite"]
            each |= {
                "neutral": f"faces/{number + 20}.png",
                "expressive": f"faces/{number + 40}.png",
                "prompt": "a face",
            }
        (tmp_path / "faces").mkdir()
        for number in (*range(3, 12), 20, 21, 22, 40, 41):
            (tmp_path / "faces" / f"{number:02d}.png").write_bytes(picture(number))
        (tmp_path / "faces" / "42.png").write_bytes(b"no picture")
        path = tmp_path / "pairs.jsonl"
        path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
        release = build(path, tmp_path / "release", version="1.0.0", on_error="skip")
        text = written_text(release, write_facts(tmp_path / "facts"))
        assert "Rejected: 1 pair of 12;" in text
        assert "2 pairs of this release have one." in text
        assert "2 pairs came as two pictures." in text

    def test_the_extremes_of_the_balance_are_told(self, text_for: TextFor) -> None:
        told = " ".join(section(text_for(base()), "Known biases and limits").split())
        assert (
            "has 0 pairs (young South Asian man, and 11 others), the largest 2 pairs (young Black man, and 3 others)"
            in told
        )
        share = r"\d+\.\d% \([\w ]+(, and \d others?)?\)"
        assert re.search(rf"The share of pairs that are labelled pain runs from {share} to {share}\.", told)

    def test_where_all_groups_have_the_same_share_of_pain_that_is_said_once(self, text_for: TextFor) -> None:
        rows = [
            {**each, "label": label, "age_group": "old", "gender": "man", "ethnicity": ethnicity}
            for each, (label, ethnicity) in zip(
                base()[:4], product(("pain", "no_pain"), ("black", "white")), strict=True
            )
        ]
        told = " ".join(section(text_for(rows), "Known biases and limits").split())
        assert "In every age group, gender and ethnicity 50.0% of the pairs are labelled pain." in told
        assert "runs from" not in told

    def test_where_all_groups_are_of_one_size_that_is_said_once(self, text_for: TextFor) -> None:
        rows = [
            {"pair_id": f"pair-{at:02d}", "label": "pain", "age_group": age, "gender": gender, "ethnicity": ethnicity,
             "composite": f"faces/{at:02d}.png"}
            for at, (age, gender, ethnicity) in enumerate(product(*(CLASSES[column] for column in GROUPS)))
        ]  # fmt: skip
        told = " ".join(section(text_for(rows), "Known biases and limits").split())
        assert "every group of one age, gender and ethnicity has 1 pair. In every age group," in told
        assert "smallest" not in told


class TestAnnotations:
    def rows(self, release: Release, **values: float | None) -> list[Row]:
        """A pain score for each face: neutral 1, expressive 3, or what is given for a pair."""
        return [
            {"pair_id": pair_id, "face": face, "pspi": values.get(pair_id, score) if face == "expressive" else score}
            for pair_id in pair_ids(release)
            for face, score in (("neutral", 1.0), ("expressive", 3.0))
        ]

    def text(self, own: Release, folder: Path, rows: list[Row], **facts: Any) -> str:
        release = annotated(own, folder / f"{len(list(folder.iterdir()))}", "scores", rows)
        return written_text(release, write_facts(folder / "facts", **facts))

    def test_a_pain_score_that_changes_changes_the_card(self, own: Release, tmp_path: Path) -> None:
        before = self.text(own, tmp_path, self.rows(own))
        after = self.text(own, tmp_path, self.rows(own, **{"pair-01": 9.0}))
        assert row(before, "pain", of="Annotator not named") == ["6", "0.0%", "3.00", "3.00", "3.00 to 3.00"]
        assert row(after, "pain", of="Annotator not named") == ["6", "0.0%", "4.00", "3.00", "3.00 to 3.00"]
        assert "figures/pspi.png" in before

    def test_a_score_that_is_missing_is_told_and_no_zero(self, own: Release, tmp_path: Path) -> None:
        text = self.text(own, tmp_path, self.rows(own, **{"pair-01": None}))
        assert row(text, "pain", of="Annotator not named") == ["6", "16.7%", "3.00", "3.00", "3.00 to 3.00"]

    def test_a_condition_of_which_nothing_is_known_has_no_mean(self, own: Release, tmp_path: Path) -> None:
        rows = [{**each, "pspi": None if each["face"] == "neutral" else each["pspi"]} for each in self.rows(own)]
        text = self.text(own, tmp_path, rows)
        assert row(text, "neutral", of="Annotator not named") == ["12", "100.0%", "–", "–", "–"]
        assert "neutral, " not in section(text, "Annotations").splitlines()[0]

    def test_in_a_group_neutral_faces_are_told_from_expressive_ones(self, own: Release, tmp_path: Path) -> None:
        text = self.text(own, tmp_path, self.rows(own))
        told = section(text, "Annotations")
        header = next(line for line in told.splitlines() if line.startswith("| mean of |"))
        assert header == "| mean of | neutral | no pain | pain |"
        for name in ("young", "old", "man", "woman", "Black"):
            assert row(text, name, of="Annotator not named") == ["1.00", "3.00", "3.00"]
        assert row(text, "expressive", of="Annotator not named")[2] == "3.00"
        assert row(text, "all", of="Annotator not named")[2] == "2.00"

    def test_in_a_group_what_is_missing_is_told(self, own: Release, tmp_path: Path) -> None:
        text = self.text(own, tmp_path, self.rows(own, **{"pair-01": None}))
        rows = rows_of(own)
        alike = [each for each in rows.values() if each["age_group"] == rows["pair-01"]["age_group"]]
        pains = sum(each["label"] == rows["pair-01"]["label"] for each in alike)
        group = CLASSES["age_group"][rows["pair-01"]["age_group"]]
        assert row(text, group, of="Annotator not named")[2] == f"3.00 ({100 / pains:.1f}% missing)"

    def test_a_group_without_faces_of_a_label_has_no_mean_of_them(self, own: Release, tmp_path: Path) -> None:
        rows = [each for each in self.rows(own) if each["pair_id"] == "pair-01" or each["face"] == "neutral"]
        text = self.text(own, tmp_path, rows)
        cells = [row(text, name, of="Annotator not named") for name in ("young", "old")]
        assert ["1.00", "–"] in [cell[:2] for cell in cells]

    def test_a_published_figure_of_a_group_is_said_to_be_of_both_faces(self, own: Release, tmp_path: Path) -> None:
        names = ("pspi.young.mean", "pspi.expressive.mean")
        figures = [{"quantity": name, "value": 2.5, "source": "page 4"} for name in names]
        text = self.text(own, tmp_path, self.rows(own), reported={**REPORTED, "figures": figures})
        assert row(text, "PSPI, young (neutral and expressive faces), mean") == ["2.00", "2.50", "page 4"]
        assert row(text, "PSPI, expressive, mean") == ["3.00", "2.50", "page 4"]

    def test_measures_of_pairs_are_summed_up_too_if_their_column_is_explained(
        self, own: Release, tmp_path: Path
    ) -> None:
        rows = [{"pair_id": pair_id, "likeness": 0.5, "annotator": "me"} for pair_id in pair_ids(own)]
        text = self.text(own, tmp_path, rows, columns={"likeness": "How alike the two faces are | or not."})
        assert row(text, "all", of="Me") == ["12", "0.0%", "0.50", "0.50", "0.50 to 0.50"]
        assert row(text, "old", of="Me") == ["0.50", "0.50"]
        assert row(text, "`likeness`") == ["float32", "How alike the two faces are &#124; or not."]
        assert "figures/pspi.png" not in text

    def test_a_column_that_nobody_explains_is_an_error_that_names_it(self, own: Release, tmp_path: Path) -> None:
        rows = [{"pair_id": pair_id, "likeness": 0.5} for pair_id in pair_ids(own)]
        with pytest.raises(
            BadInputError, match=r"facts\.yaml: does not say what the column likeness of annotations/sc"
        ):
            self.text(own, tmp_path, rows)

    def test_several_annotators_are_told_apart(self, own: Release, tmp_path: Path) -> None:
        rows = [
            {**each, "annotator": who, "pspi": each["pspi"] + more}
            for who, more in (("first", 0.0), ("second", 1.0))
            for each in self.rows(own)
        ]
        reported = {**REPORTED, "figures": [{"quantity": "pspi.pain.mean", "value": 6.7, "source": "page 3"}]}
        text = self.text(own, tmp_path, rows, reported=reported)
        assert row(text, "neutral", of="First")[2] == "1.00"
        assert row(text, "neutral", of="Second")[2] == "2.00"
        assert row(text, "PSPI, pain, mean, first") == ["3.00", "6.70", "page 3"]
        assert row(text, "PSPI, pain, mean, second") == ["4.00", "6.70", "page 3"]

    def test_what_cannot_be_compared_is_said(self, official: Release) -> None:
        text = written_text(official, shipped("synpain")[0])
        others = "PSPI, quality, confidence, similarity of identities, identities that look alike."
        assert f"Not compared, as neither annotations nor a validation report of this release have it: {others}" in text
        assert row(text, "pairs") == ["5", "5,355", "abstract"]

    def test_a_published_figure_of_no_quantity_is_an_error_that_names_it(self, own: Release, tmp_path: Path) -> None:
        figures = [{"quantity": name, "value": 1, "source": "x"} for name in ("pears", "pairs.tall", "pspi.pain.mode")]
        facts = write_facts(tmp_path / "facts", reported={**REPORTED, "figures": figures})
        with pytest.raises(BadInputError) as caught:
            written_text(own, facts)
        assert [str(each).split(",")[0] for each in caught.value.problems] == [
            f"facts.yaml: reports {name}" for name in ("pairs.tall", "pears", "pspi.pain.mode")
        ]


class TestText:
    def test_demo_faces_are_said_to_be_drawn(self, carded: Release) -> None:
        text = body_of(text_of(carded))
        assert "**The faces are drawn, not SynPAIN** (seed 0)." in text
        assert "agreement shows only that the program does what it was told" in section(
            text_of(carded), "Compared with the paper on SynPAIN"
        )

    def test_nobody_is_shown_is_said_only_where_it_is_so(self, own: Release, tmp_path: Path) -> None:
        assert "obody is shown" in written_text(own, write_facts(tmp_path / "facts"))
        assert "obody is shown" not in written_text(own, write_facts(tmp_path / "facts", synthetic=False))

    def test_every_column_has_its_type_and_meaning(self, carded: Release) -> None:
        text = text_of(carded)
        for name in ("pair_id", "neutral", "expressive", "label", "fold", "provenance.seed", "provenance.gutter_stop"):
            kind, meaning = row(text, f"`{name}`", of="Fields")
            assert kind
            assert meaning.endswith(".")
        shown = {line.split("`")[1] for line in section(text, "Fields").splitlines() if line.startswith("| `")}
        assert {name.partition(".")[0] for name in shown} >= set(carded.columns_of(PAIRS))

    def test_every_configuration_stands_in_it(self, carded: Release) -> None:
        told = section(text_of(carded), "Configurations")
        for name, splits in carded.configurations().items():
            (cell,) = row(told and text_of(carded), f"`{name}`", of="Configurations")
            assert cell == ", ".join(f"{split} {rows:,}" for split, rows in splits.items())

    def test_where_the_hub_has_it_the_examples_load_it_from_there(self, own: Release, tmp_path: Path) -> None:
        facts = write_facts(tmp_path / "facts", repo_id="me/my-faces")
        text = section(written_text(own, facts), "How to load it")
        assert 'source = "me/my-faces"' in text
        assert 'revision="v1.0.0"' in text

    def test_the_changes_of_the_version_stand_in_it(self, tmp_path: Path) -> None:
        manifest = write_manifest(tmp_path, base())
        first = build(manifest, tmp_path / "first", version="1.0.0")
        write_manifest(tmp_path, base()[:-1])
        second = build(manifest, tmp_path / "second", version="2.0.0", previous=first.folder)
        told = section(written_text(second, write_facts(tmp_path / "facts")), "Changes")
        assert "- 1 pair removed." in told
        assert "first release" not in told

    def test_many_generators_are_summed_up(self, text_for: TextFor) -> None:
        rows = [{**each, "generator": f"generator {number:02d}"} for number, each in enumerate(manifest_rows(12))]
        assert row(text_for(rows), "2 others") == ["2"]

    def test_an_unknown_generator_is_said_to_be_so(self, text_for: TextFor) -> None:
        assert row(text_for(manifest_rows(12)), "not said") == ["12"]

    def test_it_is_a_page_of_well_formed_tables_and_pictures(self, carded: Release) -> None:
        reader = MarkdownIt("commonmark").enable("table")
        page = reader.parse(body_of(text_of(carded)))
        assert sum(token.type == "table_open" for token in page) == 12
        inline = [child for token in page for child in token.children or ()]
        pictures = [child for child in inline if child.type == "image"]
        assert [child.attrs["src"] for child in pictures] == [
            "figures/contact_sheet.png", "figures/balance.png", "figures/pspi.png",
        ]  # fmt: skip
        assert all(len(child.content) > 100 for child in pictures)
        assert not [child for child in inline if child.type == "html_inline"]
        assert not [
            child.content for child in inline if child.type == "text" and re.search(r"[|{}]|None", child.content)
        ]


NASTY = "a|b`c`\n# d\n<script>alert(1)</script> [e](https://f.example) **g** {{ h }} {% i %}"


def test_no_name_in_the_data_changes_the_page(text_for: TextFor) -> None:
    rows = manifest_rows(12)
    rows[0]["generator"] = NASTY
    text = text_for(rows)
    plain = text_for([{**rows[0], "generator": "x"}, *rows[1:]])
    reader = MarkdownIt("commonmark").enable("table")
    kinds = [[token.type for token in reader.parse(body_of(each))] for each in (text, plain)]
    assert kinds[0] == kinds[1]
    shown = [token for token in reader.parse(body_of(text)) if token.type == "inline" and "script" in token.content]
    assert ["".join(child.content for child in token.children or ()) for token in shown] == [NASTY.replace("\n", " ")]


class TestMetadata:
    def test_the_hub_reads_all_of_it(self, carded: Release) -> None:
        found = DatasetCard.load(carded.folder / CARD).data.to_dict()
        assert found["license"] == "mit"
        assert found["language"] == ["en"]
        assert found["size_categories"] == ["n<1K"]
        assert found["task_categories"] == ["image-classification"]
        assert found["pretty_name"] == "Demo faces, drawn, not SynPAIN"
        assert [each["config_name"] for each in found["configs"]] == list(carded.configurations())
        assert {each["version"] for each in found["configs"]} == {"2.0.0"}
        train = next(each for each in found["dataset_info"] if each["config_name"] == "all")["splits"][0]
        assert train["num_examples"] == DRAWN

    def test_what_datasets_loads_is_as_a_build_wrote_it(self, drawn: Release, carded: Release) -> None:
        before, after = metadata_in(text_of(drawn)), metadata_in(text_of(carded))
        assert {key: after[key] for key in ("configs", "dataset_info")} == {
            key: before[key] for key in ("configs", "dataset_info")
        }

    def test_a_paper_and_a_licence_of_another_kind_are_told(self, own: Release, tmp_path: Path) -> None:
        licence = {**OWN["licence"], "id": "other", "name": "my-licence"}
        paper = {"title": "On my faces", "url": "https://example.org/paper"}
        facts = write_facts(tmp_path / "facts", licence=licence, paper=paper, homepage="https://example.org")
        text = written_text(own, facts)
        found = metadata_in(text)
        assert (found["license"], found["license_name"]) == ("other", "my-licence")
        assert found["paper"] == "https://example.org/paper"
        assert "[On my faces](<https://example.org/paper>)" in text
        assert "<https://example.org>" in text

    def test_the_configurations_take_a_line_each(self, carded: Release) -> None:
        head = text_of(carded).split("\n---\n")[0].splitlines()
        assert len(head) < 2 * len(carded.configurations()) + 15


class TestFactsThatAreNotStated:
    """A card of which only the facts are given that every card needs."""

    @pytest.fixture
    def text(self, own: Release, tmp_path: Path) -> str:
        needed = {name: fact for name, fact in OWN.items() if name in properties("facts")[1]}
        facts = tmp_path / "facts.yaml"
        facts.write_text(yaml.safe_dump({**needed, "licence": {"id": "mit", "url": "https://example.org/mit"}}))
        return written_text(own, facts)

    def test_each_of_them_is_listed_with_what_it_would_say(self, text: str) -> None:
        listed = re.findall(r"^- `(.+?)`: (.+)$", section(text, "Not stated"), re.MULTILINE)
        assert dict(listed)["maintenance.contact"] == "Where to ask and report."
        assert {name.partition(".")[0] for name, _ in listed} == (
            OWN.keys() - properties("facts")[1] - {"reported"} | {"licence"}
        )

    def test_no_place_is_empty_and_the_page_is_well_formed(self, text: str) -> None:
        assert "None" not in body_of(text)
        assert "[]" not in body_of(text)
        for title in re.findall(r"^## (.+)$", text, re.MULTILINE):
            assert section(text, title).strip()
        assert "The text of the licence: [mit](<https://example.org/mit>)" in section(text, "Licence")
        assert "How to cite the data set is not stated." in section(text, "Citation")
        assert metadata_in(text)["license"] == "mit"
        assert not {"tags", "task_categories", "language", "paper"} & metadata_in(text).keys()

    def test_a_card_with_all_of_them_has_no_such_section(self, own_carded: Release) -> None:
        assert "## Not stated" not in text_of(own_carded)
        assert "not stated" not in text_of(own_carded)


def test_the_facts_stay_with_the_release(own_carded: Release, tmp_path: Path) -> None:
    assert (own_carded.folder / FACTS).read_bytes() == write_facts(tmp_path / "facts").read_bytes()


@pytest.mark.slow
def test_the_real_samples_get_a_card(sample: Path, tmp_path: Path) -> None:
    release = card(build(sample, tmp_path / "release", version="1.0.0").folder)
    assert row(text_of(release), "pairs") == ["10", "5,355", "abstract"]
    assert compute(release).pairs.generators == {"Ideogram 2.0": 10}
    replace(release.folder / CARD, b"")
