"""The mean of what models are worth, with an interval for other identities and other trainings.

Models that were trained alike are to a test what readers are to cases: every one judges the same identities, and none
as the others do. The variance of their mean is that of Obuchowski and Rockette (Communications in Statistics 24, 1995),
with the degrees of freedom of Hillis (Statistics in Medicine 26, 2007) and the covariances of DeLong over identities
(Obuchowski, Biometrics 53, 1997): what two models have in common on the same identities, and the variance between
models, over their number. Where folds have identities of their own, each fold adds its share, and the variance between
the means of the folds, which holds every kind of error (though few folds tell it badly), is the least that is taken.
How often the intervals hold is simulated by `tests/benchmarks/trainings.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from synpain_hf.experiments.statistics.contrast import Contrast
from synpain_hf.experiments.statistics.layout import Layout, layout
from synpain_hf.experiments.statistics.worth import Booleans, Integers
from synpain_hf.metrics.subgroup_auroc.inference import NO_SPREAD, Covariance, logit_interval, p_value_of, quantile_of
from synpain_hf.metrics.subgroup_auroc.score import drawn_in, falling, law, score_interval
from synpain_hf.validation.statistics.estimate import LEVEL

Scale = Literal["auroc", "share", "difference"]
"""What a mean is of: AUROCs, other numbers from 0 to 1, or differences."""

_FEWEST_FOLDS = 3
"""From which on the variance between folds is looked at: two tell nothing of it."""


@dataclass(frozen=True)
class Mean:
    """A mean over models, and how sure it is.

    Attributes:
        value: The mean; of folds with identities of their own, each counts once. NaN where no model has a value.
        low: Where the interval starts; NaN where there is none.
        high: Where it ends.
        error: The standard error for other identities and, where these are known, other trainings.
        of_identities: The part that is due to the identities; NaN where it is not known.
        of_trainings: The part that is due to the trainings; NaN where it is not known, as of one model.
        freedom: The degrees of freedom of `error`.
        p: Two-sided, that a difference is 0; NaN for others.
        models: How many there are.
        folds: How many folds; 0 where there are none.
        seeds: How many seeds.
        left_out: Models that lack a value, or a partner.
        reason: Why there is no interval; empty where there is one.
    """

    value: float
    low: float = np.nan
    high: float = np.nan
    error: float = np.nan
    of_identities: float = np.nan
    of_trainings: float = np.nan
    freedom: float = np.nan
    p: float = np.nan
    models: int = 0
    folds: int = 0
    seeds: int = 0
    left_out: int = 0
    reason: str = ""


def mean(of: Contrast, positive: Booleans, identities: Integers, scale: Scale, level: float = LEVEL) -> Mean:
    """The mean over models with its interval.

    Args:
        of: What the models are worth, or how they differ.
        positive: Shape (pairs,): whether each pair of the experiment shows pain.
        identities: Shape (pairs,): the identity of each; pairs of one identity depend on each other.
        scale: How the interval is made: a score interval for AUROCs, on the logit scale for other shares, plain for
            differences; all with Student's t.
        level: The confidence level.
    """
    counted = {
        "models": len(of.keys),
        "folds": len({fold for fold, _ in of.keys if fold is not None}),
        "seeds": len(of.seeds),
        "left_out": of.left_out,
    }
    if not of.keys:
        return Mean(np.nan, **counted, reason="no model has a value")
    tested = layout(of, positive, identities)
    value = float(tested.means.mean())
    found = _variance(tested, is_auroc=scale == "auroc")
    reason = _without_interval(value, found, scale)
    low, high = (np.nan, np.nan) if reason else _interval(value, found, scale, level)
    error = float(np.sqrt(found.total))
    return Mean(
        value=value,
        low=low,
        high=high,
        error=error,
        of_identities=float(np.sqrt(found.of_identities)),
        of_trainings=float(np.sqrt(found.of_trainings)),
        freedom=found.freedom,
        p=np.nan if reason or scale != "difference" else p_value_of(value, error, found.freedom),
        **counted,
        reason=reason,
    )


def growth(of: Contrast, positive: Booleans, identities: Integers, level: float = LEVEL) -> Mean:
    """By what share the mean of one side is above that of the other, by the delta method; without a p value.

    Args:
        of: The sum of both sides, of which that with the lower `trained` is compared with the other one.
        positive: As for `mean`.
        identities: Likewise.
        level: The confidence level.
    """
    if not of.keys:
        return mean(of, positive, identities, "difference", level)
    tested = layout(of, positive, identities)
    sides = np.mean([tested.values[:, list(readers)].mean(axis=1) for readers in tested.blocks], axis=0)
    above, below = sides.tolist()
    if below <= 0:
        return Mean(np.nan, models=len(of.keys), reason="what it is compared with is 0")
    weights = np.array([[1 / below], [-above / below**2]])
    shares = replace(of, values=weights * of.values, deviations=[weights * adds for adds in of.deviations])
    found = mean(shares, positive, identities, "difference", level)
    share = above / below - 1
    return replace(found, value=share, low=found.low + share, high=found.high + share, p=np.nan)


@dataclass(frozen=True)
class _Variance:
    """Of a mean.

    Attributes:
        total: The variance; NaN where it is not known.
        freedom: Its degrees of freedom.
        of_identities: The part that is due to identities, likewise.
        of_trainings: The part that is due to trainings.
        scaled: Of an AUROC the variance over `falling`, with half a row added to either class.
    """

    total: float
    freedom: float
    of_identities: float
    of_trainings: float
    scaled: float = np.nan


def _variance(tested: Layout, *, is_auroc: bool) -> _Variance:
    blocks = len(tested.blocks)
    together = tested.covariance(tested.adds_to_means())
    everything = np.ones(together.values.shape)
    sampled = together.expected(everything) / blocks**2
    lawful = law(tested.means, together, tested.units) if is_auroc else None
    known = _with_freedom(together) if lawful is None else lawful.scaled
    freedom = 1.0 if known.expected(everything) <= NO_SPREAD**2 else known.degrees_of_freedom(everything)
    judged_unlike = _of_single_readers(tested)
    identities = float(np.maximum(sampled - judged_unlike, 0.0))
    total, degrees = sampled, freedom
    between, of_readers = _between_readers(tested)
    if between > judged_unlike:
        total, degrees = identities + between, _satterthwaite((identities, freedom), (between, of_readers))
    trainings = total - identities if of_readers else np.nan
    if blocks >= _FEWEST_FOLDS:
        between = float(tested.means.var(ddof=1)) / blocks
        if not between <= total:  # also where the total is not known
            total, degrees = between, blocks - 1.0
        trainings = total - identities
    found = _Variance(total, degrees, identities, trainings)
    if lawful is None:
        return found
    drawn = drawn_in(tested.means, tested.units.sizes)
    enlarged = np.nan_to_num(lawful.at(drawn).expected(everything)) / blocks**2 / falling(drawn.mean())
    beyond = (total - np.nan_to_num(sampled)) / falling(tested.means.mean())
    return replace(found, scaled=float(enlarged + beyond))


def _with_freedom(found: Covariance) -> Covariance:
    """The same, with a degree of freedom for cells in which nothing varies."""
    return replace(found, freedom=np.nan_to_num(found.freedom, nan=1.0))


def _of_single_readers(tested: Layout) -> float:
    """What identities that one reader judges unlike the others add to the variance of the mean of all."""
    found = 0.0
    for readers in map(list, tested.blocks):
        if len(readers) > 1:
            apart = tested.adds[:, readers] - tested.adds[:, readers].mean(axis=1, keepdims=True)
            squares = tested.variances(apart.reshape(-1, apart.shape[-1])).sum()
            found += float(squares) / (len(readers) * (len(readers) - 1))
    return found / len(tested.blocks) ** 2


def _between_readers(tested: Layout) -> tuple[float, float]:
    """The variance that readers who differ add to the mean, and its degrees of freedom; 0 where none can differ."""
    groups = [of_one[list(readers)] for of_one in tested.values for readers in tested.blocks]
    freedom = sum(len(group) - 1 for group in groups)
    squares = sum(float(np.square(group - group.mean()).sum()) for group in groups)
    means = sum(1 / len(group) for group in groups) / len(tested.blocks) ** 2
    return squares / max(freedom, 1) * means, float(freedom)


def _satterthwaite(*parts: tuple[float, float]) -> float:
    """The degrees of freedom of a sum of variances, each with its own (Biometrics Bulletin 2, 1946)."""
    there = [(variance, freedom) for variance, freedom in parts if variance > 0]
    if not there:
        return 1.0
    return max(sum(part for part, _ in there) ** 2 / sum(part**2 / freedom for part, freedom in there), 1.0)


def _without_interval(value: float, found: _Variance, scale: Scale) -> str:
    if np.isnan(found.total):
        return "fewer than two identities of a class leave no variance to estimate"
    if scale == "share" and value in (0, 1):
        return f"it is {value:.0f} in every model"
    if found.total <= NO_SPREAD**2 and not found.scaled > NO_SPREAD**2:
        return "nothing varies"
    return ""


def _interval(value: float, found: _Variance, scale: Scale, level: float) -> tuple[float, float]:
    quantile = quantile_of(level, freedom=found.freedom)
    error = float(np.sqrt(found.total))
    if scale == "auroc":
        ends = score_interval(*(np.array([each]) for each in (value, found.scaled, quantile)))
        return float(ends[0][0]), float(ends[1][0])
    if scale == "share":
        return logit_interval(value, error, quantile)
    return value - quantile * error, value + quantile * error
