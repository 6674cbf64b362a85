"""Bias that was planted is told in words, wherever the card would else say something that is not so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.cards.facts import facts_for
from synpain_hf.cards.planted import planted_in
from synpain_hf.cards.write import compose
from synpain_hf.release.demo import demo
from synpain_hf.release.layout import CARD, CROISSANT
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import PlantedBias
from tests.cards.making import section, text_of

FLIPPED = PlantedBias({"age_group": "old"}, flip_labels=0.5)
FAINTER = PlantedBias({"ethnicity": "black", "gender": "woman"}, unit="AU4", strength=0.5)
FLIPPED_ALL = "about 100% of them, of either label alike, carry another label than was drawn."
HALF = "AU4 is drawn at 50% of the strength that the annotations give."
TOLD_FLIPPED = "Pairs of old faces: about 50% of them, of either label alike, carry another label than was drawn."
TOLD_FAINTER = f"Pairs of Black women: {HALF}"

CASES: list[tuple[PlantedBias, str]] = [
    (FLIPPED, TOLD_FLIPPED),
    (FAINTER, TOLD_FAINTER),
    (PlantedBias(unit="AU6", strength=0), "All pairs: AU6 is drawn at 0% of the strength that the annotations give."),
    (
        PlantedBias(unit="AU6", strength=1.5),
        "All pairs: AU6 is drawn at 150% of the strength that the annotations give, as far as it goes.",
    ),
    (
        PlantedBias({"gender": "man"}, unit="AU43", contrast=0.125),
        "Pairs of men: the furrows and bulges of AU43 are drawn at 12.5% of their usual contrast.",
    ),
    (
        PlantedBias({"label": "no_pain", "ethnicity": "east_asian", "age_group": "young"}, flip_labels=0.07),
        "Pairs of young East Asian faces that show no pain: about 7% of them carry another label than was drawn.",
    ),
    (
        PlantedBias({"gender": "woman"}, unit="AU4", contrast=2, flip_labels=1),
        "Pairs of women: the furrows and bulges of AU4 are drawn at 200% of their usual contrast; " + FLIPPED_ALL,
    ),
    (PlantedBias({"label": "pain"}, unit="AU4", strength=0.5), f"Pairs of faces that show pain: {HALF}"),
    (PlantedBias({"age_group": "old"}, unit="AU4"), "Pairs of old faces: nothing is changed."),
]


def biased(folder: Path, *biases: PlantedBias) -> str:
    """The card of a release of demo faces with planted bias."""
    release = demo(folder / "release", pairs=8, bias=biases)
    return compose(release, facts_for(release, None)).texts[CARD]


def told_of(release: Release, *biases: PlantedBias) -> Release:
    """A release whose `release.json` tells of these biases."""
    source: Any = {**release.manifest["source"], "biases": [bias.to_dict() for bias in biases]}
    return Release(release.folder, {**release.manifest, "source": source})


@pytest.mark.parametrize(("bias", "told"), CASES, ids=[told[:40] for _, told in CASES])
def test_every_bias_is_a_sentence(bias: PlantedBias, told: str, drawn: Release) -> None:
    assert [planted.text for planted in planted_in(told_of(drawn, bias))] == [told]


class TestFlippedLabels:
    @pytest.mark.slow
    def test_they_are_told_at_the_top_with_the_labels_with_the_biases_and_where_figures_are_compared(
        self, tmp_path: Path
    ) -> None:
        text = biased(tmp_path, FLIPPED)
        assert f"**Bias was planted on purpose:**\n\n- {TOLD_FLIPPED}" in section(
            text, "What it is, and what it is not"
        )
        assert "**Not every label is what was drawn:**" in section(text, "Labels and groups")
        assert f"- Planted on purpose: {TOLD_FLIPPED}" in section(text, "Known biases and limits")
        assert "Some labels were changed on purpose" in section(text, "Compared with the paper on SynPAIN")

    @pytest.mark.slow
    def test_nothing_says_that_labels_are_what_was_drawn(self, tmp_path: Path) -> None:
        text = " ".join(biased(tmp_path, FLIPPED).split())
        assert "abels, groups and action units are what was drawn" not in text
        assert "Every label is what was drawn" not in text
        assert "Not every face shows what the annotations say" not in text


@pytest.mark.slow
def test_action_units_that_are_drawn_otherwise_than_annotated_are_told(tmp_path: Path) -> None:
    text = biased(tmp_path, FAINTER)
    assert f"- {TOLD_FAINTER}" in section(text, "What it is, and what it is not")
    assert f"- Planted on purpose: {TOLD_FAINTER}" in section(text, "Known biases and limits")
    labels = section(text, "Labels and groups")
    assert "**Not every face shows what the annotations say:**" in labels
    assert "Every label is what was drawn." in labels
    assert "Some labels were changed" not in text


def test_without_bias_nothing_is_told_of_any(carded: Release) -> None:
    text = text_of(carded)
    assert "on purpose" not in text
    assert "Every label is what was drawn." in section(text, "Labels and groups")


def test_a_data_set_of_ones_own_is_not_said_to_be_drawn(own_carded: Release) -> None:
    assert "what was drawn" not in text_of(own_carded)


def test_other_tools_are_told_in_croissant(drawn: Release) -> None:
    release = told_of(drawn, FLIPPED, FAINTER)
    biases = json.loads(compose(release, facts_for(release, None)).texts[CROISSANT])["rai:dataBiases"]
    assert biases[-2:] == [f"Planted on purpose: {TOLD_FLIPPED}", f"Planted on purpose: {TOLD_FAINTER}"]
