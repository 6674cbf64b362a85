"""A forest plot: a line a number, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

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
    arms = list(dict.fromkeys(line.arm for line in lines))
    names = dict(zip(arms, labels(arms), strict=True))
    rows: list[Line | str] = []
    for arm in arms:
        rows += [names[arm]] if len(arms) > 1 else []
        rows += [line for line in lines if line.arm == arm]
    left_out = max(len(rows) - _MOST, 0)
    rows = rows[:_MOST]
    with own_settings(name):
        canvas = new_figure(WIDTH, len(rows) * _LINE + _MARGIN)
        ax = canvas.add_subplot()
        for height, row in enumerate(rows):
            if isinstance(row, str):
                continue
            mean = row.mean
            colour = INK if not row.cohort.group else BLUE
            if not np.isnan(mean.low):
                ax.plot([mean.low, mean.high], [height, height], color=colour, lw=1.6, zorder=2)
            if not np.isnan(mean.value):
                face = colour if not np.isnan(mean.low) else "white"
                ax.plot(mean.value, height, "D" if colour == INK else "o", color=colour, mfc=face, ms=5.5, zorder=3)
            if row.published is not None:
                ax.plot(row.published, height, "d", mfc="none", mec=VERMILION, ms=8, mew=1.4, zorder=4)
        ax.set_yticks(range(len(rows)), map(_name, rows), parse_math=False)
        for label, row in zip(ax.get_yticklabels(), rows, strict=True):
            label.set_fontweight("bold" if isinstance(row, str) else "normal")
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.axvline(0.5, color=FAINT, lw=1, ls=":")
        ax.grid(axis="x", color=PALE, lw=0.5)
        ax.set_axisbelow(True)
        tidy(ax, hidden=("left", "right", "top"))
        ax.tick_params("y", length=0)
        ax.set_xlabel("AUROC", size=TEXT)
        key = "mark: mean of the models, line: 95% interval, dotted: chance"
        has_published = any(not isinstance(row, str) and row.published is not None for row in rows)
        key += f"; red diamond: {published_by}" if has_published else ""
        key += f"; {left_out} more lines in the table" if left_out else ""
        canvas.supxlabel(key, size=SMALL, color=FAINT)
        told = "; ".join(_name(row) if isinstance(row, str) else f"{_name(row)}, {shown(row.mean)}" for row in rows)
        return picture(canvas, f"AUROC. {told}")


def _name(row: Line | str) -> str:
    return shorten(row, 2 * LONGEST_NAME, placeholder="…") if isinstance(row, str) else cohort_words(row.cohort)
