"""Bias that is planted changes what it names, nothing else, and can be found again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import UsageError
from synpain_hf.generation.drawn.action_units import ACTION_UNITS, STRONGEST
from synpain_hf.generation.drawn.bias import relabelled, seen_units
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.pair import Pair
from synpain_hf.sources.demo import DemoSource, PlantedBias, read_bias
from synpain_hf.sources.files import OpenArchives
from synpain_hf.vocabulary import CLASSES
from tests.demo.making import auroc, pairs_of, person, portrait

SEED = 5
EXAMPLE = """
- group: {ethnicity: black}
  unit: AU4
  strength: 0.5
- group: {age_group: old, gender: woman}
  unit: AU12
  contrast: 0.3
- group: {age_group: old}
  flip_labels: 0.2
"""


def made(pairs: int, *biases: PlantedBias) -> DemoSource:
    return DemoSource(pairs, SEED, biases)


def numbered(pairs: Sequence[Pair]) -> dict[str, Pair]:
    """Pairs by what of their ID no label decides."""
    return {pair.pair_id[2:]: pair for pair in pairs}


class TestSpecification:
    def test_a_file_gives_the_same_as_python(self, tmp_path: Path) -> None:
        path = tmp_path / "bias.yaml"
        path.write_text(EXAMPLE, encoding="utf-8")
        assert read_bias(path) == [
            PlantedBias({"ethnicity": "black"}, unit="AU4", strength=0.5),
            PlantedBias({"age_group": "old", "gender": "woman"}, unit="AU12", contrast=0.3),
            PlantedBias({"age_group": "old"}, flip_labels=0.2),
        ]

    def test_what_is_recorded_is_what_it_changes(self) -> None:
        bias = PlantedBias({"ethnicity": "black"}, unit="AU4", strength=0.5)
        assert bias.to_dict() == {"group": {"ethnicity": "black"}, "unit": "AU4", "strength": 0.5}
        assert PlantedBias(flip_labels=0.2).to_dict() == {"group": {}, "flip_labels": 0.2}

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (
                "- {unit: AU99, strength: 0.5}",
                r"names the unit 'AU99' \(did you mean 'AU9'\?\); choose from AU1, AU2, AU4",
            ),
            ("- {unit: 4, strength: 0.5}", "names the unit 4; choose from AU1"),
            ("- {unit: [AU4], strength: 0.5}", r"names the unit \['AU4'\] \(did you mean 'AU4'\?\); choose from AU1"),
            ("- {unit: null, flip_labels: 0.5}", "names the unit None; choose from AU1"),
            ("- {group: {height: tall}, flip_labels: 0.1}", "names a group by 'height'; choose from label, age_group"),
            ("- {group: {age_group: ancient}, flip_labels: 0.1}", "names age_group 'ancient'; choose from young, old$"),
            (
                "- {group: {gender: [man]}, flip_labels: 0.1}",
                r"names gender \['man'\] \(did you mean 'man'\?\); choose from man, woman$",
            ),
            ("- {group: old, flip_labels: 0.1}", "has the group 'old'; write it as {column: value}, {} for everybody"),
            ("- {group: null, flip_labels: 0.1}", "has the group None; write it as"),
            ("- {unit: AU4, strength: -0.1}", "has strength -0.1; choose a number from 0 to 5"),
            ("- {unit: AU4, strength: 5.1}", "has strength 5.1; choose a number from 0 to 5"),
            ("- {unit: AU4, contrast: .nan}", "has contrast nan; choose a number from 0 to 5"),
            ("- {flip_labels: 1.01}", "has flip_labels 1.01; choose a number from 0 to 1"),
            ("- {unit: AU4, strength: half}", "has strength 'half'; choose a number from 0 to 5"),
            ("- {unit: AU4, strength: yes}", "has strength True; choose a number from 0 to 5"),
            ("- {flip_labels: [0.5]}", r"has flip_labels \[0.5\]; choose a number from 0 to 1"),
            ("- {strength: 0.5}", "has a strength or contrast but no unit; name the unit"),
            (
                "- {groups: {gender: man}, flip_labels: 0.1}",
                r"unknown key 'groups' \(did you mean 'group'\?\); choose from group, unit, strength",
            ),
            ("- {1: 2}", "unknown key 1; choose from group"),
            ("group: {gender: man}", "is not a list of biases; begin each with `- group:`"),
            ("- AU4", "is not a list of biases; begin each with `- group:`"),
            ("", "is not a list of biases"),
            ("- {group: [", "cannot be read .*; correct it"),
            ("- group: 2001-99-99", "cannot be read .*; correct it"),
            ("- \xff", "cannot be read .*; correct it"),
            ("[" * 3_000, "cannot be read .*; correct it"),
        ],
    )
    def test_a_bad_one_is_refused_with_cause_and_remedy(self, tmp_path: Path, text: str, told: str) -> None:
        path = tmp_path / "bias.yaml"
        path.write_bytes(text.encode("latin-1"))
        with pytest.raises(UsageError, match=f"(?s){told}"):
            read_bias(path)

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"nowhere\.yaml cannot be read .*; correct it"):
            read_bias(tmp_path / "nowhere.yaml")


class TestLooks:
    BIASES = (
        PlantedBias({"ethnicity": "black"}, unit="AU4", strength=0.5),
        PlantedBias({"ethnicity": "black"}, unit="AU4", contrast=0.3),
    )

    @pytest.mark.slow
    @pytest.mark.parametrize("bias", BIASES, ids=["strength", "contrast"])
    def test_only_pixels_of_the_group_differ(self, bias: PlantedBias) -> None:
        plain, biased = made(10), made(10, bias)
        changed, named = set(), set()
        for before, after in zip(plain.pictures(), biased.pictures(), strict=True):
            assert before.subject == after.subject
            if before.subject.ethnicity == "black":
                named.add(before.name)
            if before.subject.number < 6 or before.subject.ethnicity == "black":
                files = [picture.read(OpenArchives()) for picture in (before, after)]
                changed |= {before.name} if files[0] != files[1] else set()
        assert named
        assert changed == named

    @pytest.mark.parametrize("bias", BIASES, ids=["strength", "contrast"])
    def test_truth_labels_and_folds_stay_what_they_were(self, bias: PlantedBias) -> None:
        for before, after in zip(pairs_of(made(100)), pairs_of(made(100, bias)), strict=True):
            assert replace(before, pictures=()) == replace(after, pictures=())

    def test_a_contrast_leaves_the_geometry_as_it_was(self) -> None:
        who, units = person(("young", "man", "white")), dict.fromkeys(ACTION_UNITS, 3.0)
        places = [name for name, member in vars(Face).items() if isinstance(member, property)]
        assert {"outline", "mouth_corner", "upper_lid"} <= set(places)
        plain, faint = (Face.of(who, units, dict.fromkeys(ACTION_UNITS, factor)) for factor in (1.0, 0.2))
        for name in set(places) - {"nasolabial_depth"}:
            assert getattr(plain, name) == getattr(faint, name), name
        assert plain.brow(1) == faint.brow(1)
        assert plain.nasolabial_depth > faint.nasolabial_depth

    def test_less_contrast_makes_a_unit_less_visible_and_not_invisible(self) -> None:
        who = person(("old", "woman", "black"))
        rest = portrait(who, {})
        seen = [int(np.abs(portrait(who, {"AU4": 4}, {"AU4": factor}) - rest).sum()) for factor in (1.0, 0.5, 0.0)]
        assert seen[0] > seen[1] > seen[2] > 0

    @given(st.floats(0, 5), st.floats(0, 5))
    def test_a_unit_is_never_drawn_stronger_than_5(self, strength: float, contrast: float) -> None:
        (subject,) = cast(1, SEED)
        truth = subject.expressive.units
        bias = PlantedBias(unit="AU4", strength=strength, contrast=contrast)
        units, contrasts = seen_units([bias], subject, truth)
        assert units == {**truth, "AU4": min(truth["AU4"] * strength, STRONGEST)}
        assert contrasts == {**dict.fromkeys(ACTION_UNITS, 1.0), "AU4": contrast}

    def test_two_biases_of_one_unit_multiply(self) -> None:
        (subject,) = cast(1, SEED)
        half = PlantedBias(unit="AU4", strength=0.5)
        units, _ = seen_units([half, half], subject, subject.expressive.units)
        assert units["AU4"] == subject.expressive.units["AU4"] / 4


class TestLabels:
    @pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 1.0])
    @pytest.mark.parametrize("group", [{"age_group": "old"}, {"gender": "man", "ethnicity": "white"}, {}], ids=str)
    def test_exactly_the_share_of_each_label_of_the_group_is_flipped(self, group: dict[str, str], share: float) -> None:
        bias = PlantedBias(group, flip_labels=share)
        subjects = cast(300, SEED)
        after = relabelled(subjects, [bias], SEED)
        for label in CLASSES["label"]:
            named = [place for place, one in enumerate(subjects) if bias.concerns(one) and one.label == label]
            flipped = [place for place in named if after[place].label != label]
            assert len(flipped) == round(share * len(named))
        outside = [place for place, one in enumerate(subjects) if not bias.concerns(one)]
        assert all(after[place] == subjects[place] for place in outside)

    def test_a_flip_changes_the_label_and_its_digit_and_word_and_nothing_else(self) -> None:
        before, after = (numbered(pairs_of(made(100, *biases))) for biases in ((), (PlantedBias(flip_labels=0.3),)))
        assert before.keys() == after.keys()
        flipped = 0
        for key, pair in before.items():
            other = after[key]
            assert other.pair_id[1] == str(CLASSES["label"].index(other.label))
            assert ("NoPain" in other.listed_at) == (other.label == "no_pain")
            unflipped = replace(
                other, pair_id=pair.pair_id, identity=pair.identity, label=pair.label, listed_at=pair.listed_at
            )
            assert replace(unflipped, pictures=()) == replace(pair, pictures=())
            flipped += other.label != pair.label
        assert flipped == 30

    def test_a_flip_changes_no_pixel(self) -> None:
        sources = made(3), made(3, PlantedBias(flip_labels=1.0))
        for before, after in zip(*(source.pictures() for source in sources), strict=True):
            assert before.name != after.name
            assert before.read(OpenArchives()) == after.read(OpenArchives())

    @pytest.mark.parametrize("label", CLASSES["label"])
    def test_a_bias_of_the_looks_of_a_label_concerns_who_shows_it_whatever_is_flipped(self, label: str) -> None:
        looks = PlantedBias({"label": label}, unit="AU4", strength=0.5)
        subjects = cast(100, SEED)
        flipped = relabelled(subjects, [PlantedBias(flip_labels=0.5)], SEED)
        assert [looks.concerns(one) for one in flipped] == [one.label == label for one in subjects]

    def test_another_bias_before_it_does_not_change_who_is_drawn_for_a_flip(self) -> None:
        flip, looks = PlantedBias(flip_labels=0.2), PlantedBias(unit="AU4", strength=0.5)
        alone, followed = (relabelled(cast(100, SEED), biases, SEED) for biases in ((flip,), (flip, looks)))
        assert alone == followed


@pytest.fixture(scope="module")
def unbiased() -> list[Pair]:
    """Pairs without a bias; read-only by agreement."""
    return pairs_of(made(4_000))


class TestFoundAgain:
    @staticmethod
    def auroc_of(pairs: Sequence[Pair]) -> float:
        """AUROC of the PSPI that stands in the truth of the expressive faces."""
        scores = [known.pspi for pair in pairs for known in pair.annotations if known.face == "expressive"]
        return auroc(scores, [pair.label == "pain" for pair in pairs])

    @pytest.mark.slow
    @pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
    @pytest.mark.parametrize(("column", "value"), [("age_group", "old"), ("ethnicity", "black")])
    def test_a_planted_gap_is_found_in_its_group_and_in_no_other(
        self, unbiased: list[Pair], column: str, value: str, share: float
    ) -> None:
        bias = PlantedBias({column: value}, flip_labels=share)
        after = pairs_of(made(4_000, bias))
        for group in CLASSES[column]:
            plain, biased = (
                self.auroc_of([pair for pair in pairs if getattr(pair, column) == group]) for pairs in (unbiased, after)
            )
            assert 0.65 < plain < 0.9
            if group != value:
                assert biased == plain
                continue
            of_group = [pair for pair in after if getattr(pair, column) == group]
            pain = sum(pair.label == "pain" for pair in of_group)
            assert abs(pain - len(of_group) / 2) <= 1
            expected = 0.5 + (plain - 0.5) * (1 - 2 * share)
            error = np.sqrt((len(of_group) + 1) / (12 * pain * (len(of_group) - pain)))
            assert biased == pytest.approx(expected, abs=3 * error)
            assert plain - biased > error

    def test_the_auroc_of_these_tests_counts_ties_as_half(self) -> None:
        assert auroc([1, 2, 2, 3], [False, False, True, True]) == 0.875
