"""Which action units a drawn face shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synpain_hf.generation.drawn.action_units import ACTION_UNITS, STRONGEST, Units
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.expressions import KINDS, NO_PAIN, PSPI_QUANTILES, Expression, draw_expressions
from synpain_hf.pspi import pspi
from tests.demo.making import auroc, score_of

SEEDS = st.integers(0, 2**63 - 1)
CONDITIONS = st.sampled_from(sorted(PSPI_QUANTILES))

# arXiv 2507.19673: mean of PSPI, and its quartiles
PAPER = {"neutral": (2.9, (2, 3, 4)), "no_pain": (4.3, (3, 4, 6)), "pain": (6.7, (5, 7, 8))}

OWN_UNITS = {"happy": "AU12", "surprised": "AU2", "disgusted": "AU9", "sad": "AU15", "angry": "AU4", "speaking": "AU25"}


def drawn(seed: int, condition: str, count: int) -> list[Expression]:
    return draw_expressions(np.random.default_rng(seed), condition, count)


def scores_of(pairs: int, seed: int) -> dict[str, list[float]]:
    """The PSPI of every face of a set, by condition."""
    subjects = cast(pairs, seed)
    scores: dict[str, list[float]] = {
        label: [score_of(subject.expressive.units) for subject in subjects if subject.label == label]
        for label in ("no_pain", "pain")
    }
    return {"neutral": [score_of(subject.neutral.units) for subject in subjects], **scores}


@given(SEEDS, CONDITIONS, st.integers(0, 40))
def test_every_unit_of_any_face_has_an_intensity_from_0_to_5(seed: int, condition: str, count: int) -> None:
    expressions = drawn(seed, condition, count)
    assert len(expressions) == count
    for expression in expressions:
        assert list(expression.units) == list(ACTION_UNITS)
        assert all(0 <= intensity <= STRONGEST for intensity in expression.units.values())


@given(SEEDS, CONDITIONS, st.integers(1, 40))
def test_the_scored_units_add_up_to_a_score_of_the_condition_with_one_in_each_slice_of_it(
    seed: int, condition: str, count: int
) -> None:
    scores = sorted(score_of(expression.units) for expression in drawn(seed, condition, count))
    limits = np.interp(np.linspace(0, 1, count + 1), (0, 0.25, 0.5, 0.75, 1), PSPI_QUANTILES[condition])
    assert (limits[:-1] - 1e-6 <= scores).all()
    assert (scores <= limits[1:] + 1e-6).all()


@given(SEEDS, st.integers(0, 40))
def test_faces_without_pain_are_of_all_the_named_kinds_in_turn(seed: int, count: int) -> None:
    kinds = Counter(expression.kind for expression in drawn(seed, "no_pain", count))
    assert set(kinds) <= {"happy", "surprised", "disgusted", "sad", "angry", "speaking"} == set(NO_PAIN)
    assert max(kinds.values(), default=0) - min((kinds[kind] for kind in NO_PAIN), default=0) <= 1


@pytest.mark.parametrize("condition", ["neutral", "pain"])
def test_neutral_and_pain_are_kinds_of_their_own(condition: str) -> None:
    assert {expression.kind for expression in drawn(0, condition, 9)} == {condition}


class Sharing(np.random.Generator):
    """Draws these shares of the four terms of PSPI, and everything else by a seed."""

    def __init__(self, seed: int, shares: Sequence[float]) -> None:
        super().__init__(np.random.PCG64(seed))
        self.shares = np.array(shares)

    def dirichlet(self, *_: Any) -> Any:
        return self.shares


def terms_of(units: Units) -> list[float]:
    """The four terms of PSPI."""
    return [units["AU4"], max(units["AU6"], units["AU7"]), max(units["AU9"], units["AU10"]), units["AU43"]]


@given(SEEDS, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_score_is_shared_out_whole_and_no_term_is_over_5_whatever_the_shares(seed: int, shares: list[float]) -> None:
    (score,) = (score_of(expression.units) for expression in drawn(seed, "pain", 1))
    (expression,) = draw_expressions(Sharing(seed, shares), "pain", 1)
    terms = terms_of(expression.units)
    assert sum(terms) == pytest.approx(score, abs=1e-6)
    assert 0 <= min(terms) <= max(terms) <= STRONGEST


@given(SEEDS, st.permutations([1.0, 0.0, 0.0, 0.0]))
def test_a_term_without_a_share_gets_nothing_while_another_has_room(seed: int, shares: list[float]) -> None:
    (expression,) = draw_expressions(Sharing(seed, shares), "neutral", 1)
    score = score_of(expression.units)
    assume(score <= STRONGEST)
    assert terms_of(expression.units) == pytest.approx([score * share for share in shares])


@given(SEEDS)
def test_what_is_over_5_goes_to_the_others_by_their_shares(seed: int) -> None:
    (expression,) = draw_expressions(Sharing(seed, [0.7, 0.2, 0.1, 0]), "pain", 1)
    score = score_of(expression.units)
    first = min(0.7 * score, STRONGEST)
    assert terms_of(expression.units) == pytest.approx([first, (score - first) * 2 / 3, (score - first) / 3, 0])


@given(st.dictionaries(st.sampled_from(sorted(ACTION_UNITS)), st.floats(0, 5)))
def test_pspi_is_what_prkachin_and_solomon_define(some: dict[str, float]) -> None:
    units = {**dict.fromkeys(ACTION_UNITS, 0.0), **some}
    assert pspi(units) == score_of(units)


@pytest.mark.parametrize(("pairs", "seed"), [(5_355, 0), (5_355, 1), (400, 2)])
def test_scores_have_the_means_and_quartiles_of_the_paper(pairs: int, seed: int) -> None:
    for condition, scores in scores_of(pairs, seed).items():
        mean, quartiles = PAPER[condition]
        assert np.mean(scores) == pytest.approx(mean, abs=0.05), condition
        assert np.percentile(scores, (25, 50, 75)) == pytest.approx(quartiles, abs=0.1), condition


@pytest.mark.parametrize("seed", range(3))
def test_the_score_alone_tells_pain_from_other_expressions_but_not_well(seed: int) -> None:
    scores = scores_of(1_000, seed)
    values = [*scores["pain"], *scores["no_pain"]]
    assert 0.65 < auroc(values, [True] * len(scores["pain"]) + [False] * len(scores["no_pain"])) < 0.9


@pytest.mark.parametrize("kind", NO_PAIN)
def test_no_kind_of_expression_is_told_from_pain_by_its_score_for_certain(kind: str) -> None:
    scores = {
        name: [score_of(one.units) for one in drawn(0, condition, 600) if one.kind == name]
        for name, condition in ((kind, "no_pain"), ("pain", "pain"))
    }
    values = [*scores["pain"], *scores[kind]]
    assert 0.55 < auroc(values, [True] * len(scores["pain"]) + [False] * len(scores[kind])) < 0.99


@pytest.mark.parametrize("kind", NO_PAIN)
def test_every_kind_shares_with_pain_several_units_that_are_clearly_there(kind: str) -> None:
    def there(name: str, condition: str) -> set[str]:
        expressions = [one for one in drawn(0, condition, 600) if one.kind == name]
        means = {unit: np.mean([one.units[unit] for one in expressions]) for unit in ACTION_UNITS}
        return {unit for unit, mean in means.items() if mean > 0.5}

    assert len(there(kind, "no_pain") & there("pain", "pain")) >= 3


@pytest.mark.parametrize(("kind", "shown"), OWN_UNITS.items())
def test_a_kind_is_the_one_that_shows_its_own_unit_most(kind: str, shown: str) -> None:
    strength: dict[str, list[float]] = {name: [] for name in NO_PAIN}
    for expression in drawn(0, "no_pain", 600):
        strength[expression.kind].append(expression.units[shown])
    means = {name: np.mean(values) for name, values in strength.items()}
    assert means[kind] > 1.5
    assert means[kind] >= 0.9 * max(means.values())
    assert set(KINDS) == {"neutral", "pain", *NO_PAIN}
