"""Embeddings: against all pairs one by one, and whether the interval of look-alikes holds where others fail."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from synpain_hf.validation.statistics.comparisons import cohens_d
from synpain_hf.validation.statistics.separation import separation
from synpain_hf.validation.statistics.similarity import (
    LookAlikes,
    look_alikes,
    nearest_of_others,
    ratio_of_odds,
)


def people(rng: np.random.Generator, number: int) -> npt.NDArray[np.float64]:
    """Embeddings of people some of whom have a face like many others'."""
    embeddings = rng.normal(size=(number, 16))
    embeddings[:, 0] += rng.exponential(1, number)
    return embeddings


@pytest.mark.parametrize("number", [40, 700])
def test_all_pairs_are_compared_once(number: int) -> None:
    rng = np.random.default_rng(0)
    own = rng.normal(size=(number, 8))
    faces = np.concatenate([own, own + rng.normal(0, 0.7, own.shape)])
    identities = [str(at) for at in range(number)] * 2
    units = faces / np.linalg.norm(faces, axis=1, keepdims=True)
    cosines = units @ units.T
    same: list[float] = []
    different: list[float] = []
    for i, j in combinations(range(2 * number), 2):
        (same if identities[i] == identities[j] else different).append(cosines[i, j])
    found = separation(faces, identities)
    assert (found.same.moments[2], found.different.moments[2]) == (len(same), len(different))
    assert found.same.quantile(0.5) == pytest.approx(np.median(same), abs=0.05 if number == 40 else 0.01)
    assert found.different.quantile(0.5) == pytest.approx(np.median(different), abs=0.01)
    assert found.d.value == pytest.approx(cohens_d(same, different).value, abs=1e-4)
    missed, taken = np.mean(np.array(same) < found.threshold), np.mean(np.array(different) >= found.threshold)
    assert found.equal_error_rate.value == pytest.approx((missed + taken) / 2, abs=0.01)
    assert abs(missed - taken) < (0.06 if number == 40 else 0.01)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "noise"), [(40, 0.9), (150, 1.6)])
def test_the_intervals_of_a_separation_hold_though_pairs_share_faces(number: int, noise: float) -> None:
    def faces(rng: np.random.Generator, many: int) -> tuple[npt.NDArray[np.float64], list[str]]:
        own = people(rng, many)
        return np.concatenate([own, own + rng.normal(0, noise, own.shape)]), [str(at) for at in range(many)] * 2

    rng = np.random.default_rng(5)
    truth = separation(*faces(rng, 3000))
    found = [separation(*faces(rng, number)) for _ in range(80)]
    for name in ("same_median", "different_median", "d", "equal_error_rate"):
        true = getattr(truth, name).value
        held = [getattr(one, name).low <= true <= getattr(one, name).high for one in found]
        assert np.mean(held) >= 0.88, name


@pytest.mark.parametrize("number", [30, 1500])
def test_the_nearest_faces_of_others_are_named(number: int) -> None:
    rng = np.random.default_rng(4)
    faces = rng.normal(size=(number, 12))
    faces[number - 3] = faces[2] + 0.01
    faces[number - 2] = faces[5] + 0.05
    faces[number - 1] = faces[0]
    identities = [str(at) for at in range(number - 1)] + ["0"]
    count, nearest = nearest_of_others(faces, identities, 0.99, most=1)
    assert (count, [pair[:2] for pair in nearest]) == (2, [(2, number - 3)])
    assert nearest_of_others(faces, identities, 0.9999, most=9)[0] == 1


def test_look_alikes_are_counted_among_all_pairs() -> None:
    faces = people(np.random.default_rng(1), 1100)
    units = faces / np.linalg.norm(faces, axis=1, keepdims=True)
    near = np.triu(units @ units.T >= 0.6, 1).sum()
    found = look_alikes(faces, 0.6)
    assert (found.alike, found.pairs) == (near, 1100 * 1099 // 2)


def test_the_interval_of_look_alikes_holds_though_one_person_is_in_many_pairs() -> None:
    rng = np.random.default_rng(2)
    truth = look_alikes(people(rng, 6000), 0.6).share.value
    found = [look_alikes(people(rng, 150), 0.6) for _ in range(300)]
    assert 0.92 <= np.mean([one.share.low <= truth <= one.share.high for one in found]) <= 0.985
    as_if_independent = [1.96 * np.sqrt(truth * (1 - truth) / one.pairs) for one in found]
    held = [abs(one.share.value - truth) < reach for one, reach in zip(found, as_if_independent, strict=True)]
    assert np.mean(held) < 0.75


def test_the_interval_of_an_odds_ratio_of_look_alikes_holds() -> None:
    rng = np.random.default_rng(3)
    found = [ratio_of_odds(look_alikes(people(rng, 300), 0.6), look_alikes(people(rng, 200), 0.6)) for _ in range(300)]
    assert 0.92 <= np.mean([ratio.low <= 1 <= ratio.high for ratio in found]) <= 0.985


def test_a_group_without_look_alikes_may_still_have_some() -> None:
    found = look_alikes(np.eye(20), 0.5)
    assert (found.alike, found.share.low) == (0, 0.0)
    assert 0.05 < found.share.high < 0.5
    everybody = look_alikes(np.ones((20, 3)), 0.5)
    assert (everybody.share.value, everybody.share.high) == (1.0, 1.0)
    assert everybody.share.low == pytest.approx(1 - found.share.high)


@pytest.mark.parametrize(("first", "second", "ratio"), [(0, 0, np.nan), (3, 0, np.inf), (0, 3, 0.0)])
def test_odds_ratios_without_look_alikes_have_no_interval(first: int, second: int, ratio: float) -> None:
    def having(number: int) -> LookAlikes:
        return look_alikes(np.vstack([np.eye(20), np.eye(20)[:number]]), 0.5)

    found = ratio_of_odds(having(first), having(second))
    assert found.value == pytest.approx(ratio, nan_ok=True)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("faces", [[[1, 0], [0, 0]], [[1, 0], [np.nan, 1]]])
def test_embeddings_of_failed_faces_are_refused(faces: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="failed faces"):
        separation(faces, ["a", "b"])


@pytest.mark.parametrize("identities", [["a", "b", "c"], ["a", "a", "a"]])
def test_one_face_each_or_one_identity_tells_nothing(identities: list[str]) -> None:
    with pytest.raises(ValueError, match="two identities"):
        separation(np.eye(3), identities)


def test_two_identities_are_too_few_for_look_alikes() -> None:
    with pytest.raises(ValueError, match="three identities"):
        look_alikes(np.eye(2), 0.5)
