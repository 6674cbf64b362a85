"""Reliability plots: of rows with about the same score, how many are positive, by group. They need matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Floats
from .calibration import binned, check_probabilities
from .errors import InputError
from .inputs import Attribute, Rows, read
from .options import Options, with_options
from .rates import Rate, proportion
from .rendering import shortened
from .roc import divide, total
from .style import BLUE, FAINT, INK, LONGEST_NAME, PALE, SMALL, TEXT, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_GROUPS = 20
"""In a picture."""

_PANEL, _TITLE, _BELOW = 1.8, 0.4, 0.9
"""Inches."""
_POSITIVE = Rate(lambda positive, _: np.ones_like(positive), "rows", lambda positive, _: positive)


@dataclass(frozen=True)
class Reliability:
    """Bins of the scores of some rows, those that have rows, shape (bins,) each.

    Attributes:
        scores: The mean score.
        shares: The share of positive rows.
        low: Where its interval starts, by Wilson's method.
        high: Where it ends.
    """

    scores: Floats
    shares: Floats
    low: Floats
    high: Floats


def reliability(rows: Rows, attribute: Attribute, bins: int, confidence: float) -> list[Reliability]:
    """The bins of every group of an attribute.

    Args:
        rows: The rows, whose scores are probabilities.
        attribute: The groups.
        bins: How many, of equal width.
        confidence: Of the intervals, which allow for clusters and weights.
    """
    keys, codes = np.unique(attribute.codes * bins + binned(rows.scores, bins), return_inverse=True)
    weights = np.ones(len(codes)) if rows.weights is None else rows.weights
    means = divide(total(codes, weights * rows.scores, len(keys)), total(codes, weights, len(keys)))
    cells = Attribute("", [{"": str(key)} for key in keys], codes)
    found = proportion("", rows, cells, _POSITIVE, rows.positive)
    low, high = found.intervals(confidence)
    of_groups = [keys // bins == group for group in range(len(attribute.groups))]
    return [Reliability(means[own], found.values[own], low[own], high[own]) for own in of_groups]


@with_options
def plot_reliability(  # noqa: D417 - `with_options` adds the others
    *,
    references: Any,
    scores: Any,
    groups: Any,
    attribute: str,
    positive: Any = None,
    bins: int = Options.bins,
    confidence: float = Options.confidence,
    clusters: Any = None,
    sample_weight: Any = None,
    min_group_size: int = Options.min_group_size,
    missing: str = Options.missing,
) -> Axes:
    """A reliability plot: a panel for every group, with all rows in grey behind it.

    Each bin of the scores is a point: its mean score, and the share of its rows that are positive, with an interval.
    The points of a calibrated model lie on the dotted line; above it the group's scores are too low.

    Args:
        references: The labels, as in `subgroup_auroc`.
        scores: Probabilities, shape (rows,).
        groups: Columns or records that have the attribute.
        attribute: The name of the attribute, which has at most 20 groups.
        positive: The value of the positive class, as in `subgroup_auroc`.
        clusters: Which rows depend on each other; shape (rows,), or the name of a column of `groups`.
        sample_weight: Weights, shape (rows,), or the name of a column of `groups`.

    The other arguments are those of `Options`; a group smaller than `min_group_size` has no panel.

    Returns:
        The axes of the first panel; save the picture with `.figure.savefig(path)`.

    Raises:
        InputError: A ValueError, if the input cannot be used.
    """
    options = Options(bins=bins, confidence=confidence, min_group_size=min_group_size)
    rows = read(
        references, scores, groups, attributes=[attribute], positive=positive, missing=missing,
        sample_weight=sample_weight, clusters=clusters,
    )  # fmt: skip
    check_probabilities(rows)
    (found,) = rows.attributes
    counts = np.bincount(found.codes, minlength=len(found.groups))
    shown = [group for group, count in enumerate(counts) if count >= options.min_group_size]
    if not 0 < len(shown) <= MOST_GROUPS:
        raise InputError(
            f"{attribute!r} has {len(shown):,} groups of {min_group_size} rows or more, and 1 to {MOST_GROUPS} can be "
            "drawn; give another attribute"
        )
    whole = Attribute("", [{}], np.zeros(len(rows.scores), np.int64))
    (of_all,) = reliability(rows, whole, bins, confidence)
    by_group = reliability(rows, found, bins, confidence)
    columns = min(len(shown), 2 if len(shown) == 4 else 3 if len(shown) < 10 else 4)
    height = -(-len(shown) // columns)
    figure = new_figure(max(columns * _PANEL + 0.6, 3.4), height * (_PANEL + _TITLE) + _BELOW)
    panels = [figure.add_subplot(height, columns, number) for number in range(1, len(shown) + 1)]
    for number, (ax, group) in enumerate(zip(panels, shown, strict=True)):
        _draw(ax, of_all, by_group[group])
        title = f"{shortened(found.names[group], LONGEST_NAME)} (n = {counts[group]:,})"
        ax.set_title(title, size=SMALL, parse_math=False)
        last, first = number + columns >= len(shown), number % columns == 0
        ax.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"] if last else [])
        ax.set_yticks([0, 0.5, 1], labels=["0", "0.5", "1"] if first else [])
        if last:
            ax.set_xlabel("Mean score", size=SMALL)
        if first:
            ax.set_ylabel("Share positive", size=SMALL)
    left = len(found.groups) - len(shown)
    _explain(figure, f"{100 * confidence:.10g}%", left, min_group_size)
    return panels[0]


def _draw(ax: Axes, of_all: Reliability, own: Reliability) -> None:
    ax.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle=":")
    ax.plot(of_all.scores, of_all.shares, color=PALE, linewidth=1.2)
    ax.vlines(own.scores, own.low, own.high, color=BLUE, linewidth=1.2)
    ax.plot(own.scores, own.shares, color=BLUE, linewidth=1.2, marker="o", markersize=3.5)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    tidy(ax, hidden=("right", "top"))
    ax.tick_params(labelsize=SMALL)


def _explain(figure: Any, level: str, left: int, smallest: int) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=BLUE, linewidth=1.2, marker="o", markersize=3.5),
        Line2D([], [], color=PALE, linewidth=1.2),
        Line2D([], [], color=FAINT, linewidth=1, linestyle=":"),
    ]
    texts = [f"the group [{level} CI]", "all rows", "calibrated"]
    if left:
        handles.append(Line2D([], [], linestyle="none"))
        texts.append(f"{left:,} not drawn: fewer than {smallest} rows")
    legend = figure.legend(handles, texts, frameon=False, loc="outside lower center", ncols=2, prop={"size": TEXT - 1})
    for text in legend.get_texts():
        text.set_color(INK)
