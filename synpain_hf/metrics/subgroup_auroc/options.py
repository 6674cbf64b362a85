"""The options of the metric: what each means, its default, and the values that it takes.

The functions that take them, the page and the command line have all of this from here. Nothing but the standard library
is imported, so that a program can show its help at once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from math import isfinite
from numbers import Integral, Real
from textwrap import fill
from typing import Any, Literal, TypeVar, get_args

from .errors import InputError
from .thresholds import is_rule

Interval = Literal["score", "delong", "logit", "bootstrap", "percentile"]
Missing = Literal["group", "error"]
Correction = Literal["holm", "bonferroni", "benjamini_hochberg", "none"]

MOST_BINS = 1_000
"""What calibration needs grows with their square."""

_LINE = 110

_Documented = TypeVar("_Documented", bound=Callable[..., Any])


def _about(meaning: str, values: str, fits: Callable[[Any], bool], **more: Any) -> dict[str, Any]:
    return {"help": meaning, "values": values, "fits": fits, **more}


def _whole_number(meaning: str, least: int, most: int | None = None) -> dict[str, Any]:
    def fits(value: Any) -> bool:
        return isinstance(value, Integral) and least <= int(value) and (most is None or int(value) <= most)

    values = f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most:,}"
    return _about(meaning, values, fits, least=least)


def _one_of(choices: tuple[str, ...], meaning: str) -> dict[str, Any]:
    return _about(meaning, f"one of {', '.join(choices)}", choices.__contains__, choices=choices)


def _share(meaning: str) -> dict[str, Any]:
    def fits(value: Any) -> bool:
        return value is None or (isinstance(value, Real) and 0 < float(value) < 1)

    return _about(meaning, "a number between 0 and 1, such as 0.1", fits)


@dataclass(frozen=True)
class Options:
    """How groups are reported on; the metadata of a field have its meaning (`help`), `least` value and `choices`.

    Raises:
        InputError: A ValueError, if an option has a value that it cannot have.
    """

    depth: int = field(
        default=1,
        metadata=_whole_number("Intersections of up to this many attributes are groups, too: 2 adds pairs.", least=1),
    )
    interval: Interval = field(
        default="score",
        metadata=_one_of(
            get_args(Interval),
            "Intervals of the AUROC: score (DeLong's variance with half a row added to either class, as a score "
            "interval with Student's t; holds where a class has few rows), delong (plain, as pROC has it), logit "
            "(DeLong's on the logit scale), bootstrap (BCa; drawn within each class) or percentile (the bootstrap's "
            "plain percentiles).",
        ),
    )
    confidence: float = field(
        default=0.95,
        metadata=_about(
            "Confidence of the intervals, between 0 and 1.",
            values="a number between 0 and 1, such as 0.95",
            fits=lambda value: isinstance(value, Real) and 0 < float(value) < 1,
        ),
    )
    resamples: int = field(
        default=1000,
        metadata=_whole_number("Resamples of the bootstrap, which also draws the bands of ROC curves.", least=2),
    )
    seed: int = field(default=0, metadata=_whole_number("Draws the resamples.", least=0))
    threshold: float | None = field(
        default=None,
        metadata=_about(
            "A score of at least this counts as positive, for F1, and for true and false positive rate, selection rate "
            "and positive predictive value.",
            values="a finite number",
            fits=lambda value: value is None or (isinstance(value, Real) and isfinite(value)),
        ),
    )
    threshold_rule: str = field(
        default="f1",
        metadata=_about(
            "How a threshold is chosen on a validation set: f1 or youden (the highest), sensitivity=0.9 (the highest "
            "threshold that reaches it) or specificity=0.9 (the lowest that does).",
            values="f1, youden, sensitivity=SHARE or specificity=SHARE",
            fits=is_rule,
        ),
    )
    calibration: bool = field(
        default=False,
        metadata=_about(
            "Measure calibration: intercept and slope by logistic recalibration, and the expected calibration error; "
            "scores must be probabilities.",
            values="True or False",
            fits=lambda value: isinstance(value, bool),
        ),
    )
    bins: int = field(
        default=10,
        metadata=_whole_number(
            "Bins of equal width of the expected calibration error, and of reliability.", least=2, most=MOST_BINS
        ),
    )
    max_fpr: float | None = field(
        default=None,
        metadata=_share("Measure the partial AUROC up to this false positive rate, standardised after McClish."),
    )
    specificity: float | None = field(
        default=None,
        metadata=_share("Measure the sensitivity that each group has at this specificity."),
    )
    min_group_size: int = field(
        default=10, metadata=_whole_number("A smaller group is counted, not measured.", least=0)
    )
    min_class_size: int = field(
        default=5,
        metadata=_whole_number(
            "A group with fewer rows of a class (or clusters with some) is shown, and not compared; with weights or "
            "clusters of different sizes, the effective number counts.",
            least=2,
        ),
    )
    margin: float = field(
        default=0.05,
        metadata=_about(
            "Groups whose AUROCs lie within this are equivalent, which is tested.",
            values="a number between 0 and 1, such as 0.05",
            fits=lambda value: isinstance(value, Real) and 0 < float(value) < 1,
        ),
    )
    missing: Missing = field(
        default="group",
        metadata=_one_of(get_args(Missing), "Rows without a value: group makes them a group, error refuses them."),
    )
    correction: Correction = field(
        default="holm",
        metadata=_one_of(get_args(Correction), "How p values are corrected for there being many of them."),
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if not option.metadata["fits"](value):
                near = get_close_matches(str(value), option.metadata.get("choices", ()), 1, cutoff=0.75)
                meant = f" (did you mean {near[0]!r}?)" if near else ""
                raise InputError(f"{option.name} is {value!r}{meant}; give {option.metadata['values']}")


def with_options(documented: _Documented) -> _Documented:
    """Say in the docstring of a function, or of `Options`, what each option means that it takes."""
    taken = inspect.signature(documented).parameters
    told = [
        f"{option.name}: {option.metadata['help']} Give {option.metadata['values']}."
        for option in fields(Options)
        if option.name in taken
    ]
    lines = [fill(text, _LINE, initial_indent=" " * 4, subsequent_indent=" " * 8) for text in told]
    documented.__doc__ = "\n".join([inspect.cleandoc(documented.__doc__ or ""), "", "Options:", *lines])
    return documented


with_options(Options)
