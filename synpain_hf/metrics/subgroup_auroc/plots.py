"""Pictures of the metric: a forest plot of the groups' AUROCs, and ROC curves with bands. They need matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Floats, InputError, Integers
from .bootstrap import draw
from .compute import subgroup_auroc
from .inputs import Rows, read
from .rendering import shortened
from .tables import ALL, Entry, estimate, fixed, level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _FAINT, _PALE = "#1a1a18", "#6a6a64", "#b8b8b0"
_BLUE, _VERMILION = "#0072b2", "#d55e00"
_COLOURS = (_BLUE, _VERMILION, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#806000")
"""After Okabe and Ito, so that they differ for colour-blind readers, too; their yellow is too pale for a line."""
_STYLES: tuple[Any, ...] = ("--", "-.", ":", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 2)))
"""Six, so that colour and style together come again after 42 groups."""

_WIDTH, _ROW, _MARGINS = 5.0, 0.29, 0.75
_LEGEND_BELOW, _LEGEND_LINE = 0.5, 0.19
"""Inches."""
_TEXT, _SMALL = 9.5, 8.5
"""Points: readable still where the figure is 360 pixels wide."""
_LONGEST_NAME, _LONGEST_REASON, _LONGEST_LEGEND = 24, 44, 54
_DIGITS = 3

_GRID = np.linspace(0, 1, 201)
_FEWEST_USABLE = 0.9
"""Of the resamples, in which a group has both classes."""
_STEPS = 2000
"""Of a curve with more corners than that: each spans a thousandth of the axes."""


def plot_gaps(report: Mapping[str, Any], attributes: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """A forest plot: the AUROC of every group with its interval, beside that of all rows.

    The worst group of each attribute is marked by colour, marker and word. A group without an AUROC is listed with the
    reason.

    Args:
        report: What `subgroup_auroc` returned.
        attributes: Names of attributes or intersections; by default every attribute.
        ax: Where to draw; by default in a figure of its own.

    Returns:
        The axes; save the picture with `.figure.savefig(path)`.

    Raises:
        InputError: A ValueError, if the report does not have such an attribute.
    """
    lines = list(_lines(report, report["groups"] if attributes is None else attributes))
    if ax is None:
        ax = _new_axes(len(lines) * _ROW + _MARGINS)
    known = [line.entry for line in lines if line.entry is not None and line.entry["auroc"] is not None]
    ends = [end for entry in known for end in (entry["interval"] or {"": entry["auroc"]}).values()]
    lowest, highest = min([0.5, *ends]), max([0.5, *ends])
    room = 0.05 * (highest - lowest or 1)
    ax.set_xlim(lowest - room, highest + room)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    ax.axvline(0.5, color=_FAINT, linestyle=":", linewidth=1)
    beside: dict[str, Any] = {"textcoords": "offset points", "color": _FAINT, "size": _SMALL, "annotation_clip": False}
    ax.annotate("chance", (0.5, 1), (0, 4), xycoords=ax.get_xaxis_transform(), ha="center", va="bottom", **beside)
    overall = report["overall"]["auroc"]
    if overall is not None:
        ax.axvline(overall, color=_INK, linestyle="--", linewidth=0.8)
    ax.set_yticks(range(len(lines)), [shortened(line.name, _LONGEST_NAME) for line in lines], parse_math=False)
    counts = {height: f"{line.entry['n']:,}" for height, line in enumerate(lines) if line.entry is not None}
    right = 8 + 5.5 * max(map(len, counts.values()))
    ax.annotate("n", (1, 1), (right, 4), xycoords="axes fraction", ha="right", va="bottom", **beside)
    for height, count in counts.items():
        place = ax.get_yaxis_transform()
        ax.annotate(count, (1, height), (right, 0), xycoords=place, ha="right", va="center", **beside)
    for height, (line, label) in enumerate(zip(lines, ax.get_yticklabels(), strict=True)):
        if line.entry is None:
            label.set_fontweight("bold")
        else:
            _draw_line(ax, height, line)
            label.set_color(_INK if line.entry["auroc"] is not None else _FAINT)
    ax.set_xlabel(f"AUROC [{level(report['options'])} confidence interval]", size=_TEXT)
    _tidy(ax, hidden=("left", "right", "top"))
    ax.tick_params("y", length=0)
    return ax


def plot_roc(
    *,
    references: Any,
    scores: Any,
    groups: Any,
    attribute: str,
    positive: Any = 1,
    interval: str = "delong",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    clusters: Any = None,
    sample_weight: Any = None,
    min_group_size: int = 10,
    missing: str = "group",
    ax: Axes | None = None,
) -> Axes:
    """The ROC curve of every group of an attribute, and of all rows, with bands.

    The legend has the AUROC and interval that `subgroup_auroc` reports. The bands are pointwise: at each false positive
    rate the percentiles of the true positive rate over the bootstrap's resamples. A curve of very many rows is drawn
    with fewer points, within 0.001 of where it is and with the same area; its bands take a while, about a tenth of a
    second a resample for two million rows.

    Args:
        references: The labels, as in `subgroup_auroc`.
        scores: The scores, shape (rows,).
        groups: Columns or records that have the attribute.
        attribute: The name of the attribute.
        positive: The value of the positive class.
        interval: Of the AUROCs in the legend: `delong` or `bootstrap`.
        confidence: Of bands and intervals.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.
        clusters: What the bootstrap draws as a whole; shape (rows,), or the name of a column of `groups`.
        sample_weight: Weights, shape (rows,), or the name of a column of `groups`.
        min_group_size: A smaller group has no curve.
        missing: `group` or `error`.
        ax: Where to draw; by default in a figure of its own.

    Returns:
        The axes; save the picture with `.figure.savefig(path)`.

    Raises:
        InputError: A ValueError, if the input cannot be used.
    """
    rows = read(
        references, scores, groups, attributes=[attribute], positive=positive, missing=missing,
        sample_weight=sample_weight, clusters=clusters,
    )  # fmt: skip
    (found,) = rows.attributes
    report = subgroup_auroc(
        references=rows.positive, scores=rows.scores, groups={attribute: found.codes}, positive=True,
        interval=interval, confidence=confidence, resamples=resamples, seed=seed, clusters=rows.clusters,
        sample_weight=rows.weights, min_group_size=min_group_size,
    )  # fmt: skip
    entries = [report["overall"], *report["groups"][attribute].values()]
    members = [np.arange(len(rows.scores)), *(np.flatnonzero(found.codes == code) for code in range(len(found.names)))]
    curves = {index: _Curve(rows, members[index]) for index, entry in enumerate(entries) if entry["auroc"] is not None}
    bands = _bands(rows, list(curves.values()), confidence, resamples, seed)
    if ax is None:
        ax = _new_axes(_WIDTH + _LEGEND_LINE * (len(entries) + 1))
        ax.set_anchor("N")
    from matplotlib.lines import Line2D

    ax.plot([0, 1], [0, 1], color=_PALE, linewidth=1)
    handles = [Line2D([], [], linestyle="none") for _ in entries]
    for number, (index, (low, high)) in enumerate(zip(curves, bands, strict=True)):
        colour = _COLOURS[(number - 1) % len(_COLOURS)] if index else _INK
        style = _STYLES[(number - 1) % len(_STYLES)] if index else "-"
        (handles[index],) = ax.plot(*curves[index].points(), color=colour, linestyle=style, linewidth=1.7)
        ax.fill_between(_GRID, low, high, color=colour, alpha=0.13, linewidth=0)
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ax.set_xlabel("False positive rate", size=_TEXT)
    ax.set_ylabel("True positive rate", size=_TEXT)
    _tidy(ax, hidden=("right", "top"))
    names = [ALL, *found.names]
    texts = [_in_legend(name, entry) for name, entry in zip(names, entries, strict=True)]
    what = f"AUROC [{level(report['options'])} CI]; bands are pointwise"
    _add_legend(ax, handles, texts, f"{shortened(attribute, _LONGEST_NAME)}: {what}")
    return ax


@dataclass(frozen=True)
class _Line:
    """A line of the forest plot.

    Attributes:
        name: Of a group, or of the attribute whose groups follow.
        entry: What is reported on the group; None for an attribute.
        is_worst: Whether it is the worst group of its attribute.
    """

    name: str
    entry: Entry | None
    is_worst: bool = False


def _lines(report: Mapping[str, Any], attributes: Iterable[str]) -> Iterator[_Line]:
    known = {**report["groups"], **report["intersections"]}
    yield _Line(ALL, report["overall"])
    for attribute in attributes:
        if attribute not in known:
            raise InputError(f"the report has no attribute {attribute!r}; it has {', '.join(known) or 'none'}")
        yield _Line(attribute, None)
        worst = report["gaps"][attribute]["worst"]
        for name, entry in known[attribute].items():
            yield _Line(name, entry, is_worst=worst is not None and name == worst["name"])


def _draw_line(ax: Axes, height: int, line: _Line) -> None:
    entry = line.entry or {}
    if entry["auroc"] is None:
        reason = shortened(entry["reasons"]["auroc"], _LONGEST_REASON)
        ax.text(
            0.02, height, reason, transform=ax.get_yaxis_transform(), size=_SMALL, va="center", color=_FAINT,
            style="italic", parse_math=False, bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1},
        )  # fmt: skip
        return
    colour = _VERMILION if line.is_worst else _INK if line.name == ALL else _BLUE
    marker = "v" if line.is_worst else "D" if line.name == ALL else "o"
    if entry["interval"] is not None:
        ends = [entry["interval"]["low"], entry["interval"]["high"]]
        ax.plot(ends, [height, height], color=colour, linewidth=1.7, marker="|", markersize=7)
    filled = colour if entry["interval"] is not None else ax.get_facecolor()
    size = 8 if line.is_worst else 6
    ax.plot([entry["auroc"]], [height], marker=marker, markersize=size, color=colour, markerfacecolor=filled)
    words = ["worst"] * line.is_worst + ["no interval"] * (entry["interval"] is None)
    if words:
        ax.annotate(
            ", ".join(words), (entry["auroc"], height), (0, 5), textcoords="offset points", color=colour, size=_SMALL,
            ha="right" if entry["auroc"] > np.mean(ax.get_xlim()) else "left", va="bottom",
        )  # fmt: skip


class _Curve:
    """The ROC curve of some rows, as they are or resampled."""

    def __init__(self, rows: Rows, members: Integers):
        order = members[np.argsort(-rows.scores[members], kind="stable")]
        last_of_ties = np.diff(rows.scores[order], append=np.nan) != 0
        self._of_class = []
        for positive in (False, True):
            chosen = rows.positive[order] == positive
            above = np.append(0, np.cumsum(chosen)[last_of_ties])
            weights = None if rows.weights is None else rows.weights[order[chosen]]
            self._of_class.append((order[chosen], weights, above))

    def points(self) -> tuple[Floats, Floats]:
        """False and true positive rates, shape (points,) each, without points on a straight line between others."""
        alarms, hits = (_running(1, rows, weights)[above] for rows, weights, above in self._of_class)
        right, up = np.diff(alarms), np.diff(hits)
        corners = np.concatenate([[True], right[:-1] * up[1:] != right[1:] * up[:-1], [True]])
        x, y = alarms[corners] / alarms[-1], hits[corners] / hits[-1]
        return (x, y) if len(x) <= _STEPS else _thinned(x, y)

    def on_grid(self, counts: Integers) -> Floats:
        """The true positive rates at the grid's false positive rates in a resample; NaN if it lacks a class."""
        alarms, hits = (_running(counts[rows], rows, weights) for rows, weights, _ in self._of_class)
        if not alarms[-1] or not hits[-1]:
            return np.full(len(_GRID), np.nan)
        (*_, alarms_above), (*_, hits_above) = self._of_class
        wanted = _GRID * alarms[-1]
        reached = np.searchsorted(alarms, wanted, side="right") - 1
        at = np.searchsorted(alarms_above, reached, side="right") - 1  # of a vertical stretch the upper end
        after = np.minimum(at + 1, len(alarms_above) - 1)
        left, right = alarms[alarms_above[at]], alarms[alarms_above[after]]
        lower, upper = hits[hits_above[at]], hits[hits_above[after]]
        share = np.divide(wanted - left, right - left, out=np.zeros(len(_GRID)), where=right > left)
        return np.asarray((lower + share * (upper - lower)) / hits[-1])


def _running(counts: Integers | int, rows: Integers, weights: Floats | None) -> Floats:
    """The running sum of the rows' weights, from 0: shape (rows + 1,)."""
    sums = np.zeros(len(rows) + 1)
    np.cumsum(np.broadcast_to(counts, len(rows)) if weights is None else counts * weights, out=sums[1:])
    return sums


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A rising curve with fewer points and the same area.

    Each step along it keeps its ends. Between them comes one point, on the line from the upper left to the lower right
    corner of the box around the step, where it leaves the area below as it was.
    """
    kept = np.unique(np.searchsorted(x + y, np.linspace(0, 2, _STEPS + 1)).clip(max=len(x) - 1))
    areas = np.diff(np.append(0, np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2))[kept])
    left, lower, width, height = x[kept[:-1]], y[kept[:-1]], np.diff(x[kept]), np.diff(y[kept])
    box = width * height
    share = np.divide(width * (lower + height) - areas, box, out=np.zeros(len(box)), where=box > 0).clip(0, 1)
    between = np.array([left + share * width, lower + (1 - share) * height])
    points = np.stack([np.array([left, lower]), between], axis=2).reshape(2, -1)
    return np.append(points[0], x[-1]), np.append(points[1], y[-1])


def _bands(rows: Rows, curves: Sequence[_Curve], confidence: float, resamples: int, seed: int) -> Floats:
    """Where each curve's true positive rates lie over the resamples.

    Returns:
        Shape (curves, 2, grid): low and high; NaN where too few resamples have both classes.
    """
    values = np.full((len(curves), resamples, len(_GRID)), np.nan)
    for number, counts in enumerate(draw(rows.positive, rows.clusters, resamples, seed)):
        for index, curve in enumerate(curves):
            values[index, number] = curve.on_grid(counts)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    bands = np.full((len(curves), 2, len(_GRID)), np.nan)
    for band, of_curve in zip(bands, values, strict=True):
        usable = of_curve[np.isfinite(of_curve[:, 0])]
        if len(usable) >= _FEWEST_USABLE * resamples:
            band[:] = np.quantile(usable, tails, axis=0)
    return bands


def _in_legend(name: str, entry: Entry) -> str:
    name = shortened(name, _LONGEST_NAME)
    if entry["auroc"] is None:
        return shortened(f"{name}: {entry['reasons']['auroc']}", _LONGEST_LEGEND)
    if entry["interval"] is None:
        return f"{name}: {fixed(entry['auroc'], _DIGITS)}, no interval"
    return f"{name}: {estimate(entry['auroc'], entry['interval'], _DIGITS)}"


def _add_legend(ax: Axes, handles: Sequence[Any], texts: Sequence[str], title: str) -> None:
    from matplotlib.transforms import ScaledTranslation

    below = ax.transAxes + ScaledTranslation(0, -_LEGEND_BELOW, ax.figure.dpi_scale_trans)
    places = [str(number) for number in range(len(texts))]
    legend = ax.legend(
        handles, places, title=" ", loc="upper center", bbox_to_anchor=(0.5, 0), bbox_transform=below, frameon=False,
        alignment="left", prop={"size": _TEXT}, title_fontproperties={"size": _SMALL}, handlelength=3.2,
        labelspacing=0.35,
    )  # fmt: skip
    # Set afterwards: a label that starts with an underscore would be dropped, and one with dollars typeset.
    for text, label in zip((legend.get_title(), *legend.get_texts()), (title, *texts), strict=True):
        text.set_parse_math(False)
        text.set_text(label)
    for text, handle in zip(legend.get_texts(), handles, strict=True):
        text.set_color(_INK if len(handle.get_xdata()) else _FAINT)


def _new_axes(height: float) -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib; install it with: pip install matplotlib") from error
    return Figure(figsize=(_WIDTH, height), layout="constrained").add_subplot()


def _tidy(ax: Axes, hidden: Sequence[str]) -> None:
    ax.spines[list(hidden)].set_visible(False)
    ax.tick_params(labelsize=_TEXT)
