"""Raters: kappa by a published example and by definition, and whether its interval holds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.validation.statistics.agreement import counts_of, fleiss_kappa, krippendorff_alpha

FOURTEEN_RATERS = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
)  # fmt: skip
"""Ten subjects, five categories; kappa .210, the worked example in Wikipedia's article on Fleiss' kappa."""


def ratings(
    rng: np.random.Generator, subjects: int, raters: int, accuracy: float, shares: list[float]
) -> npt.NDArray[np.float64]:
    """Raters who are right with a probability, and else choose by chance."""
    truth = rng.choice(len(shares), p=shares, size=subjects)
    by_chance = rng.choice(len(shares), p=shares, size=(subjects, raters))
    chosen = np.where(rng.random((subjects, raters)) < accuracy, truth[:, None], by_chance)
    return np.stack([(chosen == category).sum(axis=1) for category in range(len(shares))], axis=1).astype(float)


def test_a_published_example() -> None:
    assert fleiss_kappa(FOURTEEN_RATERS).value == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize(
    ("subjects", "raters", "accuracy", "shares"),
    [
        (20, 2, 0.9, [0.5, 0.5]),
        (30, 5, 0.5, [0.6, 0.3, 0.1]),
        (50, 2, 0.95, [0.2] * 5),
        (200, 2, 0.96, [0.2] * 5),
        (100, 2, 0.99, [0.5, 0.5]),
    ],
)
def test_the_interval_holds(subjects: int, raters: int, accuracy: float, shares: list[float]) -> None:
    rng = np.random.default_rng(0)
    truth = fleiss_kappa(ratings(rng, 200_000, raters, accuracy, shares)).value
    found = [fleiss_kappa(ratings(rng, subjects, raters, accuracy, shares)) for _ in range(500)]
    assert 0.90 <= np.mean([kappa.low <= truth <= kappa.high for kappa in found]) <= 0.995


def of_persons(rng: np.random.Generator, persons: int, faces: int) -> list[list[str]]:
    """What three raters say of several faces of each person, some of whom all raters find hard."""
    hard = np.repeat(rng.beta(0.4, 3.6, size=persons), faces)
    truth = rng.integers(3, size=persons * faces)
    wrong = rng.random((persons * faces, 3)) < hard[:, None]
    return [["abc"[one] for one in row] for row in np.where(wrong, rng.integers(3, size=wrong.shape), truth[:, None])]


def test_the_interval_holds_where_persons_have_several_faces_and_would_not_if_that_was_not_known() -> None:
    rng = np.random.default_rng(0)
    truth = fleiss_kappa(counts_of(of_persons(rng, 100_000, 1))).value
    persons = np.repeat(np.arange(20), 8).tolist()
    counts = [counts_of(of_persons(rng, 20, 8)) for _ in range(300)]
    known = [fleiss_kappa(each, clusters=persons) for each in counts]
    unknown = [fleiss_kappa(each) for each in counts]
    assert 0.91 <= np.mean([kappa.low <= truth <= kappa.high for kappa in known]) <= 0.995
    assert np.mean([kappa.low <= truth <= kappa.high for kappa in unknown]) < 0.85


def test_clusters_of_one_are_no_clusters_and_one_cluster_gives_no_interval() -> None:
    assert fleiss_kappa(FOURTEEN_RATERS, clusters=list("abcdefghij")) == fleiss_kappa(FOURTEEN_RATERS)
    assert np.isnan(fleiss_kappa(FOURTEEN_RATERS, clusters=["a"] * 10).low)


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=3, max_size=3), min_size=2, max_size=12))
def test_kappa_is_agreement_beyond_chance(rows: list[list[str]]) -> None:
    kappa = fleiss_kappa(counts_of(rows))
    pairs = [(row[i], row[j]) for row in rows for i in range(3) for j in range(3) if i != j]
    chosen = [category for row in rows for category in row]
    by_chance = sum((chosen.count(category) / len(chosen)) ** 2 for category in set(chosen))
    if by_chance == 1:
        assert np.isnan(kappa.value)
        return
    agreed = sum(one == other for one, other in pairs) / len(pairs)
    assert kappa.value == pytest.approx((agreed - by_chance) / (1 - by_chance))
    assert -1 <= kappa.low <= kappa.value + 1e-12
    assert kappa.value <= kappa.high + 1e-12 <= 1 + 1e-9


@pytest.mark.parametrize("apart", [0, 1])
def test_raters_who_hardly_ever_disagree_are_not_called_perfect(apart: int) -> None:
    rows = [["a", "a"]] * 15 + [["b", "b"]] * (15 - apart) + [["a", "b"]] * apart
    kappa = fleiss_kappa(counts_of(rows))
    assert kappa.low < 0.9
    assert kappa.high == 1


@pytest.mark.parametrize("counts", [[[2, 0]], [[1, 0], [0, 1]], [[2, 0], [1, 0]], []])
def test_tables_that_are_not_complete_are_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="complete the table"):
        fleiss_kappa(np.array(counts, dtype=float).reshape(len(counts), 2))


class TestAlpha:
    def test_a_published_example(self) -> None:
        # Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), C: four observers, values missing
        rows = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
        found = [(int(value), unit) for row in rows for unit, value in enumerate(row) if value != "."]
        values, units = zip(*found, strict=True)
        assert krippendorff_alpha(values, units).value == pytest.approx(0.815, abs=5e-4)

    def test_steps_that_are_near_disagree_less(self) -> None:
        subjects = [subject for subject in range(6) for _ in range(2)]
        near, far = (krippendorff_alpha([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 3, other], subjects) for other in (4, 1))
        assert near.value > far.value

    def test_clusters_of_both_kinds_widen_the_interval(self) -> None:
        rng = np.random.default_rng(0)
        subjects = np.repeat(np.arange(60), 3)
        hard = np.repeat([0, 2], 15)[np.arange(60) % 30]  # of half of the drivers nobody agrees
        values = 3 + rng.integers(-2, 3, 180) * (hard[subjects] > 0) + (subjects % 2)
        plain = krippendorff_alpha(values, subjects.tolist())
        people = krippendorff_alpha(values, subjects.tolist(), (subjects // 2).tolist(), (subjects % 30).tolist())
        assert people.value == plain.value
        assert people.high - people.low > plain.high - plain.low

    @pytest.mark.parametrize(
        ("values", "subjects", "alpha"),
        [([2, 2, 2, 2], "aabb", np.nan), ([1, 2], "ab", np.nan), ([1, 1, 2, 2], "aabb", 1)],
    )
    def test_there_is_no_interval_without_disagreement(self, values: list[int], subjects: str, alpha: float) -> None:
        found = krippendorff_alpha(values, list(subjects))
        assert found.value == pytest.approx(alpha, nan_ok=True)
        assert np.isnan([found.low, found.high]).all()
