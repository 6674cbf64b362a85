"""What is measured beside the AUROC: each family where it was asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .bootstrap import Progress
from .calibration import calibration_errors, check_probabilities
from .control import controlled
from .errors import InputError
from .inputs import Attribute, Rows
from .measure_tables import FAMILIES
from .measured import Measured
from .options import Options
from .partial import partial_auroc, sensitivity_at
from .rates import rates
from .recalibration import recalibration
from .resampled import Metric, Statistic, resampled

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


def measure(
    rows: Rows,
    attributes: Sequence[Attribute],
    options: Options,
    metrics: Mapping[str, Metric],
    strata: Attribute | None,
    progress: Progress | None = None,
) -> dict[str, list[Measured]]:
    """Every measure that was asked for, of the groups of every attribute.

    Args:
        rows: The rows.
        attributes: What is reported on, all rows too.
        options: What is asked for, and how.
        metrics: The user's own, by name.
        strata: Within which the AUROC is also measured.
        progress: Called while resamples are drawn.

    Returns:
        By the name of the attribute.

    Raises:
        InputError: If scores are not probabilities where these are needed, or a metric cannot be used.
    """
    _check_names(metrics)
    families: list[list[list[Measured]]] = []
    if options.threshold is not None:
        families.append(rates(rows, attributes, options.threshold))
    if options.calibration:
        check_probabilities(rows)
        families.append([recalibration(rows, attribute) for attribute in attributes])
    families += [
        resampled(rows, attributes, statistics, options, progress) for statistics in _resampled(options, metrics)
    ]
    if options.calibration:
        families.append(calibration_errors(rows, attributes, options))
    if strata is not None:
        families.append(controlled(rows, attributes, strata, options))
    return {
        attribute.name: [each for family in families for each in family[index]]
        for index, attribute in enumerate(attributes)
    }


def is_resampled(options: Options, metrics: Mapping[str, Metric]) -> bool:
    """Whether anything that was asked for is resampled."""
    return bool(_resampled(options, metrics))


def _resampled(options: Options, metrics: Mapping[str, Metric]) -> list[list[Statistic]]:
    """The statistics that are resampled together: within each class, and over all rows."""
    within = [partial_auroc(float(options.max_fpr))] if options.max_fpr is not None else []
    within += [sensitivity_at(float(options.specificity))] if options.specificity is not None else []
    over_all = [Statistic(name, function) for name, function in metrics.items()]
    return [statistics for statistics in (over_all, within) if statistics]


def _check_names(metrics: Mapping[str, Metric]) -> None:
    if not isinstance(metrics, Mapping):
        raise InputError(f"metrics is {metrics!r}; give a mapping from names to functions")
    taken = {"auroc", *(name for family in FAMILIES.values() for name in family)}
    for name, function in metrics.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in taken:
            raise InputError(f"a metric is called {name!r}; name it in letters, digits and _, unlike built-in ones")
        if not callable(function):
            raise InputError(f"the metric {name!r} is not a function; give one that takes labels, scores and weights")
