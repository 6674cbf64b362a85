"""Forest plots: a line a number, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np

from synpain_hf.experiments.report.labels import labels
from synpain_hf.experiments.report.table import Line, cohort_words, shown
from synpain_hf.metrics.subgroup_auroc.style import (
    BLUE,
    FAINT,
    INK,
    LONGEST_NAME,
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

_LINE, _MARGIN = 0.26, 1.0
"""Inches: of a line, and above and below all lines."""

_MOST = 60
"""Lines that a page holds."""


def forest(lines: Sequence[Line], name: str, published_by: str) -> Picture:
    """The AUROC of every arm and cohort; the lines of an arm stand together below its name.

    Args:
        lines: Of one measure.
        name: Of the figure.
        published_by: Whose values stand beside as diamonds.
    """
    has_published = any(line.published is not None for line in lines)
    key = "dotted: chance" + f"; red diamond: {published_by}" * has_published
    return _draw(lines, name, "AUROC", key, upright=0.5)


def forest_of_differences(lines: Sequence[Line], name: str, less: str) -> Picture:
    """Differences of AUROC; arguments as `forest`.

    Args:
        lines: Differences, or effects, which have names.
        name: Of the figure.
        less: What they are differences from, in words.
    """
    has_published = any(line.published is not None for line in lines)
    key = "dotted: no difference" + "; red diamond: published" * has_published
    return _draw(lines, name, f"AUROC {less}", key, upright=0.0)


def _draw(lines: Sequence[Line], name: str, what: str, key: str, upright: float) -> Picture:
    rows = _rows(lines)
    shown_rows = rows[:_MOST]
    with own_settings(name):
        canvas = new_figure(WIDTH, len(shown_rows) * _LINE + _MARGIN)
        ax = canvas.add_subplot()
        ax.axvline(upright, color=FAINT, lw=1, ls=":")
        for height, row in enumerate(shown_rows):
            if isinstance(row, str):
                place = ax.get_yaxis_transform()
                ax.text(0, height, _name(row), transform=place, size=TEXT, weight="bold", va="center", parse_math=False)
            else:
                _mark(ax, height, row)
        names = ["" if isinstance(row, str) else _name(row) for row in shown_rows]
        ax.set_yticks(range(len(shown_rows)), names, parse_math=False)
        ax.set_ylim(len(shown_rows) - 0.4, -0.6)
        ax.grid(axis="x", color=PALE, lw=0.5)
        ax.set_axisbelow(True)
        tidy(ax, hidden=("left", "right", "top"))
        ax.tick_params("y", length=0)
        ax.set_xlabel(shorten(what, 3 * LONGEST_NAME, placeholder="…"), size=TEXT, parse_math=False)
        more = f"; {len(rows) - _MOST} more lines in the table" * (len(rows) > _MOST)
        canvas.supxlabel(f"mark: mean of the models, line: 95% interval\n{key}{more}", size=SMALL, color=FAINT)
        told = "; ".join(_name(row) if isinstance(row, str) else f"{_name(row)}, {shown(row.mean)}" for row in rows)
        return picture(canvas, f"{what}. {told}")


def _rows(lines: Sequence[Line]) -> list[Line | str]:
    """The lines below the names of their arms, where there are several."""
    arms = list(dict.fromkeys(line.arm for line in lines))
    names = labels(arms)
    rows: list[Line | str] = []
    for arm, name in zip(arms, names, strict=True):
        rows += [name] if len(arms) > 1 else []
        rows += [line for line in lines if line.arm == arm]
    return rows


def _mark(ax: Axes, height: int, line: Line) -> None:
    mean, is_whole = line.mean, not line.cohort.group
    colour, marker = (INK, "D") if is_whole else (BLUE, "o")
    has_interval = not np.isnan(mean.low)
    if has_interval:
        ax.plot([mean.low, mean.high], [height, height], color=colour, lw=1.6, zorder=2)
    if not np.isnan(mean.value):
        ax.plot(mean.value, height, marker, color=colour, mfc=colour if has_interval else "white", ms=5.5, zorder=3)
    if line.published is not None:
        ax.plot(line.published, height, "d", mfc="none", mec=VERMILION, ms=8, mew=1.4, zorder=4)


def _name(row: Line | str) -> str:
    text = row if isinstance(row, str) else row.name or cohort_words(row.cohort)
    return shorten(text, 2 * LONGEST_NAME, placeholder="…")
