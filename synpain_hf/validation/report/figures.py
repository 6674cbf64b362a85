"""The figures of a report, as SVG, each drawn from a section of the report alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from synpain_hf.cards.drawing import COLOURS, HATCHES
from synpain_hf.cards.quantities import Document
from synpain_hf.cards.words import group_words, measure_words, words
from synpain_hf.metrics.subgroup_auroc.style import (
    BLUE,
    FAINT,
    INK,
    PALE,
    SMALL,
    TEXT,
    VERMILION,
    WIDTH,
    new_figure,
    tidy,
)
from synpain_hf.validation.report.svg import Picture, own_settings, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_LINE, _MARGIN = 0.26, 1.0
"""Inches: of a line of a figure, and above and below all lines."""

_CONDITIONS = ("neutral", "no_pain", "pain")


def picture_of(section: Document, published_by: str) -> Picture | None:
    """The figure of a section; None where there is nothing to draw.

    Args:
        section: A section of `evidence` of a validation report.
        published_by: Whose marks stand beside ours.
    """
    draw = _DRAWN.get(section["name"])
    if draw is None or not section["rows"]:
        return None
    with own_settings(section["name"]):
        return picture(*draw(section, published_by))


def _forest(section: Document, published_by: str) -> tuple[Canvas, str]:
    """A line a group: what was measured, its interval, and what was published."""
    rows = [row for row in section["rows"] if row["statistic"] in ("mean", "missing", "share")]
    is_share = rows[0]["statistic"] != "mean"
    scale = 100 if is_share else 1
    canvas = new_figure(WIDTH, len(rows) * _LINE + _MARGIN)
    ax = canvas.add_subplot()
    for height, row in enumerate(rows):
        _interval(ax, height, row, scale)
        if row["published"] is not None:
            ax.plot(row["published"] * scale, height, "D", mfc="white", mec=VERMILION, ms=6, mew=1.4, zorder=4)
    _named(ax, [group_words(row["group"]) for row in rows])
    unit = "degrees, to either side" if section["name"] == "pose" else f"mean {measure_words(section['measure'])}"
    ax.set_xlabel(_SHARES.get(section["name"], unit), size=TEXT)
    if is_share:
        ax.set_xlim(left=0)
    _key(ax, published_by, has_published=any(row["published"] is not None for row in rows))
    return canvas, _told(rows, scale, "%" if is_share else "")


_SHARES = {
    "failures": "% of faces in which nothing was found",
    "look_alikes": "% of pairs of identities that look alike",
}


def _interval(ax: Axes, height: float, row: Document, scale: float, colour: str = BLUE, marker: str = "o") -> None:
    if row["low"] is not None and row["high"] is not None:
        ax.plot([row["low"] * scale, row["high"] * scale], [height, height], color=colour, lw=1.6, zorder=2)
    ax.plot(row["value"] * scale, height, marker, color=colour, ms=5.5, zorder=3, clip_on=False)


def _boxes(section: Document, published_by: str) -> tuple[Canvas, str]:
    """A box a condition, and below it the published quartiles."""
    found: dict[str, dict[str, Document]] = {}
    for row in section["rows"]:
        if len(row["group"]) == 1:
            found.setdefault(row["group"][0], {})[row["statistic"]] = row
    names = [name for name in _CONDITIONS if name in found]
    canvas = new_figure(WIDTH, len(names) * 0.75 + _MARGIN)
    ax = canvas.add_subplot()
    has_published = False
    for height, name in enumerate(names):
        rows = found[name]
        low, middle, high = (rows[each]["value"] for each in ("lower_quartile", "median", "upper_quartile"))
        ax.barh(height - 0.12, high - low, 0.4, low, color=COLOURS[name], hatch=HATCHES[name], edgecolor=INK, lw=0.9)
        ax.plot([middle, middle], [height - 0.32, height + 0.08], color=INK, lw=2.6)
        ax.plot(rows["mean"]["value"], height - 0.12, "o", mfc="white", mec=INK, ms=6)
        theirs = [rows[each]["published"] for each in ("lower_quartile", "median", "upper_quartile")]
        if all(value is not None for value in theirs):
            has_published = True
            ax.barh(height + 0.25, theirs[2] - theirs[0], 0.16, theirs[0], color="white", edgecolor=VERMILION, lw=1.4)
            ax.plot([theirs[1]] * 2, [height + 0.17, height + 0.33], color=VERMILION, lw=2.6)
    _named(ax, [words(name) for name in names])
    ax.set_ylim(len(names) - 0.45, -0.55)
    low, high = ax.get_xlim()
    ax.set_xlim(low - 0.04 * (high - low), high)
    ax.set_xlabel(measure_words(section["measure"]), size=TEXT)
    key = "box: middle half, bar: median, dot: mean"
    _note(ax, f"{key}; below each, outlined: {published_by}" if has_published else key)
    told = "; ".join(
        f"{words(name)}, median {found[name]['median']['value']:.1f}, quartiles "
        f"{found[name]['lower_quartile']['value']:.1f} to {found[name]['upper_quartile']['value']:.1f}"
        for name in names
    )
    return canvas, told


def _units(section: Document, published_by: str) -> tuple[Canvas, str]:  # noqa: ARG001 - nothing was published
    """A line an action unit, a mark a condition."""
    units = list(dict.fromkeys(row["group"][0] for row in section["rows"]))
    canvas = new_figure(WIDTH, len(units) * _LINE * 1.25 + _MARGIN + 0.2)
    ax = canvas.add_subplot()
    marks = {"neutral": (FAINT, "s", -0.22), "no_pain": (BLUE, "o", 0), "pain": (VERMILION, "^", 0.22)}
    for row in section["rows"]:
        unit, condition = row["group"]
        colour, marker, shift = marks[condition]
        _interval(ax, units.index(unit) + shift, row, 1, colour, marker)
    _named(ax, units)
    ax.set_xlabel("mean intensity", size=TEXT)
    for condition, (colour, marker, _) in marks.items():
        ax.plot([], [], marker, color=colour, ms=5.5, label=words(condition))
    canvas.legend(loc="outside upper center", ncols=len(marks), fontsize=SMALL, frameon=False)
    return canvas, _told(section["rows"], 1, "")


def _histograms(section: Document, published_by: str) -> tuple[Canvas, str]:
    """How cosines of one identity and of two are spread."""
    counts = {name: np.array(values, np.float64) for name, values in section["histograms"].items()}
    edges = np.linspace(-1, 1, len(counts["same"]) + 1)
    canvas = new_figure(WIDTH, 2.9)
    ax = canvas.add_subplot()
    styles = {"different": (BLUE, "///", "faces of two identities"), "same": (VERMILION, "", "faces of one identity")}
    for name, (colour, hatch, label) in styles.items():
        share = 100 * counts[name] / counts[name].sum()
        ax.stairs(share, edges, fill=True, fc=colour, alpha=0.35, hatch=hatch, ec=colour, lw=0)
        ax.stairs(share, edges, color=colour, lw=1.6, label=label)
    medians = [row for row in section["rows"] if row["statistic"] == "median" and row["published"] is not None]
    for row in medians:
        ax.axvline(row["published"], color=styles[row["group"][0]][0], ls=":", lw=1.6)
    (threshold,) = (row["value"] for row in section["rows"] if row["statistic"] == "threshold")
    ax.axvline(threshold, color=INK, ls="--", lw=1)
    together = np.flatnonzero(sum(counts.values()))
    ax.set_xlim(min(edges[together[0]], 0), max(edges[together[-1] + 1], 1))
    ax.set_ylim(bottom=0)
    ax.set_xlabel("cosine", size=TEXT)
    ax.set_ylabel("% of pairs of faces", size=TEXT)
    tidy(ax, hidden=("right", "top"))
    canvas.legend(loc="outside upper center", ncols=2, fontsize=SMALL, frameon=False)
    dotted = f"; dotted: medians of {published_by}" if medians else ""
    _note(ax, f"dashed: threshold of the equal error rate{dotted}")
    values = {row["group"][0]: row["value"] for row in section["rows"] if row["statistic"] == "median"}
    return canvas, "; ".join(f"{words(name)} identity, median {value:.3f}" for name, value in values.items())


_DRAWN: Mapping[str, Callable[[Document, str], tuple[Canvas, str]]] = {
    "quality": _forest,
    "pose": _forest,
    "pspi": _boxes,
    "units": _units,
    "failures": _forest,
    "similarity": _histograms,
    "look_alikes": _forest,
}


def _named(ax: Axes, names: Sequence[str]) -> None:
    ax.set_yticks(range(len(names)), names, parse_math=False)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="x", color=PALE, lw=0.5)
    ax.set_axisbelow(True)
    tidy(ax, hidden=("left", "right", "top"))
    ax.tick_params("y", length=0)


def _key(ax: Axes, published_by: str, *, has_published: bool) -> None:
    ours = "dot: this release, line: 95% interval"
    _note(ax, f"{ours}; diamond: {published_by}" if has_published else ours)


def _note(ax: Axes, text: str) -> None:
    beside: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    ax.annotate(text, (0.5, 0), (0, -35), ha="center", va="top", color=FAINT, size=SMALL, **beside)


def _told(rows: Sequence[Document], scale: float, unit: str) -> str:
    return "; ".join(f"{group_words(row['group'])}, {row['value'] * scale:.3g}{unit}" for row in rows)
