"""A forest plot of the groups' AUROCs. It needs matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from .cells import Entry, level
from .errors import InputError
from .rendering import shortened
from .style import BLUE, FAINT, INK, LONGEST_NAME, PALE, SMALL, TEXT, VERMILION, WIDTH, new_figure, tidy
from .tables import ALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW, _MARGINS = 0.29, 0.95
"""Inches."""
_KEY_BELOW = 35
"""Points."""
_LONGEST_REASON = 52
_USUAL_NAME, _LETTER = 10, 0.075
"""Letters of a name that the width allows for, and inches of one more."""


def plot_gaps(report: Mapping[str, Any], attributes: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """A forest plot: the AUROC of every group with its interval, beside that of all rows.

    Where the test finds that the groups of an attribute differ (its corrected p value is below 1 less the confidence),
    the worst is marked by colour, marker and word. Groups without an AUROC are listed with the reason.

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
    names = [shortened(line.name, LONGEST_NAME) for line in lines]
    if ax is None:
        extra = _LETTER * max(0, max(map(len, names)) - _USUAL_NAME)
        ax = new_figure(WIDTH + extra, len(lines) * _ROW + _MARGINS).add_subplot()
    known = [line.entry for line in lines if line.is_measured and line.entry is not None]
    ends = [end for entry in known for end in (entry["interval"] or {"": entry["auroc"]}).values()]
    lowest, highest = min([0.5, *ends]), max([0.5, *ends])
    room = 0.05 * (highest - lowest or 1)
    ax.set_xlim(lowest - room, highest + room)
    ax.set_ylim(len(lines) - 0.4, -0.6)
    _draw_upright(ax, 0.5, lines, color=FAINT, linestyle=":", linewidth=1)
    key, overall = "dotted line: chance", report["overall"]["auroc"]
    if overall is not None:
        _draw_upright(ax, overall, lines, color=INK, linestyle="--", linewidth=0.8)
        key += "; dashed line: all rows"
    ax.set_yticks(range(len(lines)), names, parse_math=False)
    counts = {height: f"{line.entry['n']:,}" for height, line in enumerate(lines) if line.entry is not None}
    right = 8 + 5.5 * max(map(len, counts.values()))
    beside: dict[str, Any] = {"textcoords": "offset points", "size": SMALL, "annotation_clip": False}
    ax.annotate("n", (1, 1), (right, 4), xycoords="axes fraction", ha="right", va="bottom", color=FAINT, **beside)
    beside |= {"xycoords": ax.get_yaxis_transform(), "va": "center"}
    for height, count in counts.items():
        ax.annotate(count, (1, height), (right, 0), ha="right", color=FAINT, **beside)
    for height, (line, label) in enumerate(zip(lines, ax.get_yticklabels(), strict=True)):
        if line.entry is None:
            label.set_fontweight("bold")
            continue
        label.set_color(INK if line.is_measured else FAINT)
        if line.is_measured:
            _draw_line(ax, height, line.entry, line.colour, marker=line.marker)
        if line.remark:  # beside the numbers, where no line can cross it
            ax.annotate(line.remark, (1, height), (right + 8, 0), color=line.colour, **beside)
    _draw_reasons(ax, lines)
    ax.set_xlabel(f"AUROC [{level(report['options'])} confidence interval]", size=TEXT)
    ax.annotate(
        key, (0.5, 0), (0, -_KEY_BELOW), xycoords="axes fraction", textcoords="offset points", ha="center", va="top",
        color=FAINT, size=SMALL,
    )  # fmt: skip
    tidy(ax, hidden=("left", "right", "top"))
    ax.tick_params("y", length=0)
    return ax


@dataclass(frozen=True)
class _Line:
    """A line of the forest plot.

    Attributes:
        name: Of a group, or of the attribute whose groups follow.
        entry: What is reported on the group; None for an attribute.
        is_worst: Whether the test finds a gap, and this is the worst group.
    """

    name: str
    entry: Entry | None
    is_worst: bool = False

    @property
    def is_measured(self) -> bool:
        return self.entry is not None and self.entry["auroc"] is not None

    @property
    def reason(self) -> str | None:
        """Why the group has no AUROC."""
        return None if self.entry is None or self.is_measured else self.entry["reasons"]["auroc"]

    @property
    def remark(self) -> str:
        if self.is_worst:
            return "worst"
        return "no interval" if self.entry is not None and self.is_measured and not self.entry["interval"] else ""

    @property
    def colour(self) -> str:
        return VERMILION if self.is_worst else INK if self.name == ALL else BLUE

    @property
    def marker(self) -> str:
        return "v" if self.is_worst else "D" if self.name == ALL else "o"


def _lines(report: Mapping[str, Any], attributes: Iterable[str]) -> Iterator[_Line]:
    known = {**report["groups"], **report["intersections"]}
    yield _Line(ALL, report["overall"])
    for attribute in attributes:
        if attribute not in known:
            raise InputError(f"the report has no attribute {attribute!r}; it has {', '.join(known) or 'none'}")
        yield _Line(attribute, None)
        worst = _surely_worst(report["gaps"][attribute], 1 - report["options"]["confidence"])
        for name, entry in known[attribute].items():
            yield _Line(name, entry, is_worst=name == worst)


def _surely_worst(gap: Mapping[str, Any], significance: float) -> str | None:
    """The worst group, if it is of those that the test finds to differ."""
    worst, test = gap["worst"], gap["test"]
    if not test or worst["name"] not in test["groups"] or test["p_adjusted"] >= significance:
        return None
    return str(worst["name"])


def _draw_line(ax: Axes, height: int, entry: Entry, colour: str, marker: str) -> None:
    interval = entry["interval"]
    if interval is not None:
        ends = [interval["low"], interval["high"]]
        ax.plot(ends, [height, height], color=colour, linewidth=1.7, marker="|", markersize=7)
    filled = ax.get_facecolor() if interval is None else colour
    size = 8 if marker == "v" else 6
    ax.plot([entry["auroc"]], [height], marker=marker, markersize=size, color=colour, markerfacecolor=filled)


def _draw_upright(ax: Axes, x: float, lines: Sequence[_Line], **style: Any) -> None:
    """A line over all that is measured, so that it crosses no words."""
    pieces: list[float] = []
    for height, (line, following) in enumerate(zip(lines, [*lines[1:], lines[-1]], strict=True)):
        if not (line.reason or (line.entry is None and following.reason)):
            pieces += [height - 0.5, height + 0.5]
        else:
            pieces.append(np.nan)
    ax.plot(np.full(len(pieces), x), pieces, **style, zorder=1)


def _draw_reasons(ax: Axes, lines: Sequence[_Line]) -> None:
    """Why groups are not measured; once where several in a row have the same reason."""
    place, at = ax.get_yaxis_transform(), 0
    for reason, run in groupby(lines, key=lambda line: line.reason):
        first, at = at, at + len(list(run))
        if reason is None:
            continue
        if at - first > 1:
            ax.plot([0.01, 0.01], [first - 0.3, at - 0.7], transform=place, color=PALE, linewidth=1.5)
        ax.text(
            0.03, (first + at - 1) / 2, shortened(f"not measured: {reason}", _LONGEST_REASON), transform=place,
            size=SMALL, va="center", color=FAINT, style="italic", parse_math=False,
        )  # fmt: skip
