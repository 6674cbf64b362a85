"""The mean over models holds for other identities and other trainings, and says which part is due to which."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from synpain_hf.experiments.statistics.contrast import Part, contrast
from synpain_hf.experiments.statistics.trainings import growth
from synpain_hf.experiments.statistics.worth import AP, Worth, worth_by_group
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from tests.benchmarks.trainings import Design, simulate
from tests.experiments.statistics.making import MadePairs


def test_the_interval_of_one_model_is_that_of_the_metric() -> None:
    rng = np.random.default_rng(2)
    test = MadePairs(40, pairs_each=3)
    scores = rng.normal(size=120) + test.positive
    values, adds = worth_by_group(scores, test.positive, np.zeros(120, np.int64), np.zeros(120))["auroc"]
    found = test.mean(Part(1, [Worth(None, 0, float(values[0]), np.arange(120), adds)]))
    theirs = subgroup_auroc(references=test.positive, scores=scores, clusters=test.identity)["overall"]
    assert (found.value, found.low, found.high) == pytest.approx(
        (theirs["auroc"], theirs["interval"]["low"], theirs["interval"]["high"])
    )


def test_of_one_training_it_is_not_known_how_much_others_would_differ() -> None:
    test = MadePairs()
    found = test.mean(Part(1, [test.model()]))
    assert np.isnan(found.of_trainings)
    assert found.error == found.of_identities > 0


def test_models_that_all_say_the_same_are_worth_no_more_than_one() -> None:
    test = MadePairs()
    one = test.model()
    alone = test.mean(Part(1, [one]))
    found = test.mean(Part(1, [replace(one, seed=seed) for seed in range(5)]))
    assert (found.value, found.low, found.high) == pytest.approx((alone.value, alone.low, alone.high))
    assert found.of_trainings == pytest.approx(0, abs=1e-9)


def test_trainings_that_differ_widen_the_interval() -> None:
    test = MadePairs()
    alike = test.mean(Part(1, [test.model(0.8, seed=seed, own=0.01) for seed in range(4)]))
    models = [test.model(auroc, seed=seed, own=0.01) for seed, auroc in enumerate((0.6, 0.7, 0.8, 0.9))]
    unlike = test.mean(Part(1, models))
    assert unlike.of_trainings > 5 * alike.of_trainings
    assert unlike.of_trainings**2 == pytest.approx(np.var([one.value for one in models], ddof=1) / 4)
    assert unlike.high - unlike.low > 1.5 * (alike.high - alike.low)
    assert unlike.error**2 == pytest.approx(unlike.of_identities**2 + unlike.of_trainings**2)


def test_every_fold_with_identities_of_its_own_counts_once_whatever_its_seeds() -> None:
    test = MadePairs(200)
    models = [test.model(0.7, fold=0, seed=seed, pairs=test.fold(0, 2)) for seed in range(3)]
    models += [test.model(0.9, fold=1, seed=0, pairs=test.fold(1, 2))]
    found = test.mean(Part(1, models))
    assert found.value == pytest.approx((np.mean([one.value for one in models[:3]]) + models[3].value) / 2)
    assert (found.models, found.folds, found.seeds) == (4, 2, 3)


@pytest.mark.parametrize("folds", [1, 2])
def test_what_is_due_to_identities_is_what_trainings_have_in_common_on_them(folds: int) -> None:
    test, models, in_common = MadePairs(300), list[Worth](), 0.0
    for fold in range(folds):
        pairs = test.fold(fold, folds)
        one, other = (test.model(0.8, fold=fold, seed=seed, pairs=pairs, own=0.3) for seed in range(2))
        alone = [test.mean(Part(1, [model])).error ** 2 for model in (one, other)]
        differ = test.mean(Part(1, [one]), Part(-1, [replace(other, seed=0)], trained=1), scale="difference")
        in_common += (sum(alone) - differ.error**2) / 2
        models += [one, other]
    assert test.mean(Part(1, models)).of_identities ** 2 == pytest.approx(in_common / folds**2)


def test_the_variance_over_folds_is_the_sum_of_theirs_over_the_square_of_their_number() -> None:
    test = MadePairs(200)
    models = [test.model(0.8, fold=fold, pairs=test.fold(fold, 2)) for fold in range(2)]
    alone = [test.mean(Part(1, [model])).error ** 2 for model in models]
    assert test.mean(Part(1, models)).error ** 2 == pytest.approx(sum(alone) / 4)


def test_where_trainings_differ_most_their_number_is_what_limits_the_degrees_of_freedom() -> None:
    test = MadePairs(500)
    found = test.mean(Part(1, [test.model(auroc, seed=seed, own=0.01) for seed, auroc in enumerate((0.6, 0.75, 0.9))]))
    assert 2 < found.freedom < 2.5


def test_folds_that_differ_more_than_identities_explain_tell_how_much_trainings_differ() -> None:
    test = MadePairs(500)
    models = [test.model(auroc, fold=fold, pairs=test.fold(fold, 5), own=0.01)
              for fold, auroc in enumerate((0.6, 0.95, 0.7, 0.9, 0.8))]  # fmt: skip
    found = test.mean(Part(1, models))
    values = np.array([one.value for one in models])
    assert found.error == pytest.approx(values.std(ddof=1) / np.sqrt(5))
    assert found.freedom == 4
    assert found.of_trainings > found.of_identities


def test_folds_that_are_tested_on_the_same_identities_are_other_trainings_of_these() -> None:
    test = MadePairs()
    as_folds = test.mean(Part(1, models := [test.model(fold=fold) for fold in range(4)]))
    as_seeds = test.mean(Part(1, [replace(one, fold=None, seed=one.fold or 0) for one in models]))
    assert (as_folds.low, as_folds.high) == pytest.approx((as_seeds.low, as_seeds.high))


def test_folds_with_a_single_identity_each_have_an_interval_from_their_differences() -> None:
    test = MadePairs(8, pairs_each=10)
    models = [test.model(fold=fold, pairs=test.fold(fold, 8)) for fold in range(8)]
    found = test.mean(Part(1, models))
    assert found.error == pytest.approx(np.std([one.value for one in models], ddof=1) / np.sqrt(8))
    assert np.isnan(found.of_identities)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, 7) * found.error, rel=0.15)


def test_two_identities_of_a_class_are_needed_where_no_folds_are_compared() -> None:
    test = MadePairs(1, pairs_each=10)
    found = test.mean(Part(1, [test.model()]))
    assert np.isnan(found.low)
    assert "fewer than two identities" in found.reason


def test_a_difference_of_models_on_the_same_identities_is_surer_than_on_others() -> None:
    test = MadePairs(150)
    first, second = ([test.model(auroc, seed=seed, own=0.05) for seed in range(5)] for auroc in (0.75, 0.8))
    paired = test.mean(Part(1, second, trained=1), Part(-1, first), scale="difference")
    apart = sum(test.mean(Part(1, models)).of_identities ** 2 for models in (first, second)) ** 0.5
    assert paired.value == pytest.approx(np.mean([one.value for one in second]) - np.mean([one.value for one in first]))
    assert paired.of_identities < apart / 2


def test_nothing_less_itself_is_nothing_and_has_no_interval() -> None:
    test = MadePairs()
    models = [test.model(seed=seed) for seed in range(2)]
    found = test.mean(Part(1, models), Part(-1, models), scale="difference")
    assert (found.value, found.reason) == (0, "nothing varies")
    assert np.isnan(found.p)


def test_the_gap_between_two_groups_has_the_variance_of_both() -> None:
    test = MadePairs(200)
    young, old = ([test.model(pairs=test.fold(number, 2))] for number in (0, 1))
    gap = test.mean(Part(1, young), Part(-1, old, stratum=1), scale="difference")
    alone = [test.mean(Part(1, models)).error ** 2 for models in (young, old)]
    assert gap.error**2 == pytest.approx(sum(alone))


def test_models_without_a_value_or_a_partner_are_counted_and_left_out() -> None:
    test = MadePairs()
    lacking = replace(test.model(seed=1), value=np.nan)
    found = test.mean(Part(1, [test.model(seed=0), lacking]), Part(-1, [test.model(seed=0), test.model(seed=2)]))
    assert (found.models, found.left_out) == (1, 2)
    none = test.mean(Part(1, [lacking]), Part(-1, [lacking], trained=1), scale="difference")
    assert np.isnan(none.value)
    assert none.reason == "no model has a value"


def test_perfect_separation_in_every_model_still_has_an_interval() -> None:
    test = MadePairs(20)
    found = test.mean(Part(1, [test.model(1 - 1e-12, seed=seed) for seed in range(3)]))
    assert (found.value, found.error, found.high) == (1, 0, 1)
    assert 0.5 < found.low < 1
    assert np.isnan(found.p)


@pytest.mark.parametrize(("auroc", "reason"), [(0.8, ""), (1 - 1e-12, "it is 1 in every model")])
def test_a_share_that_is_1_in_every_model_has_no_interval(auroc: float, reason: str) -> None:
    test = MadePairs(30)
    models = [test.model(auroc, seed=seed, measure=AP) for seed in range(3)]
    found = test.mean(Part(1, models), scale="share")
    assert found.reason == reason
    assert np.isnan(found.low) == bool(reason)
    assert bool(reason) or 0 < found.low < found.value < found.high < 1


def test_growth_is_the_share_by_which_one_mean_is_above_the_other() -> None:
    test = MadePairs(200)
    first, second = ([test.model(auroc, seed=seed) for seed in range(5)] for auroc in (0.76, 0.8))
    parts = [Part(1, second), Part(1, first, trained=1)]
    found = growth(contrast(parts), test.positive, test.identity)
    means = [np.mean([one.value for one in models]) for models in (first, second)]
    assert found.value == pytest.approx(means[1] / means[0] - 1)
    assert found.low < found.value < found.high
    points = test.mean(parts[0], replace(parts[1], weight=-1), scale="difference")
    assert found.error == pytest.approx(points.error / means[0], rel=0.1)
    assert np.isnan(found.p)


def test_growth_from_nothing_is_not_known() -> None:
    test = MadePairs()
    nothing = [replace(test.model(seed=seed), value=0.0) for seed in range(2)]
    parts = [Part(1, [test.model(seed=seed) for seed in range(2)]), Part(1, nothing, trained=1)]
    assert growth(contrast(parts), test.positive, test.identity).reason == "what it is compared with is 0"
    assert growth(contrast([Part(1, []), Part(1, nothing, trained=1)]), test.positive, test.identity).models == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "design", [Design(60, pairs_each=3, seeds=3, spread=0.02), Design(100, folds=5, spread=0.02, ties=True)], ids=str
)
def test_intervals_hold_as_often_as_they_say(design: Design) -> None:
    held = np.nanmean(simulate(design, 200, (11,))[:, :4], axis=0)
    assert (held >= 0.9).all()
