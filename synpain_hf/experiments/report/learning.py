"""Learning curves with bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten

import numpy as np

from synpain_hf.experiments.report.table import shown
from synpain_hf.experiments.statistics.trainings import Mean
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

_STYLES = ((BLUE, "o", "-"), (VERMILION, "^", "--"), (INK, "s", ":"), ("#009e73", "D", "-."), ("#cc79a7", "v", "-"))
"""Colour (Okabe and Ito), mark and dashes, so that nothing is shown by colour alone."""

_HEIGHT = 3.4


@dataclass(frozen=True)
class Point:
    """A point of a curve: the share of the training pairs, and what models are worth with it."""

    amount: float
    mean: Mean


def learning_curves(curves: Mapping[str, Sequence[Point]], name: str) -> Picture:
    """AUROC against the share of the training pairs, which is on a logarithmic scale.

    Args:
        curves: The points of each condition, by rising amount.
        name: Of the figure.
    """
    from matplotlib.ticker import FixedLocator, NullLocator

    amounts = sorted({point.amount for points in curves.values() for point in points})
    with own_settings(name):
        canvas = new_figure(WIDTH, _HEIGHT)
        ax = canvas.add_subplot()
        for number, (label, points) in enumerate(curves.items()):
            colour, marker, dashes = _STYLES[number % len(_STYLES)]
            known = [point for point in points if not np.isnan(point.mean.value)]
            x = [100 * point.amount for point in known]
            low, high = ([getattr(point.mean, end) for point in known] for end in ("low", "high"))
            ax.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
            shortened = shorten(label, 2 * LONGEST_NAME, placeholder="…").replace("$", r"\$")
            ax.plot(x, [point.mean.value for point in known], color=colour, marker=marker, ls=dashes, label=shortened)
            for end in (low, high):
                ax.plot(x, end, color=colour, lw=0.6, ls=dashes)
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(FixedLocator([100 * amount for amount in amounts]))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.set_xticklabels([f"{100 * amount:g}%" for amount in amounts])
        ax.set_xlabel("share of the training pairs", size=TEXT)
        ax.set_ylabel("AUROC", size=TEXT)
        ax.grid(color=PALE, lw=0.5)
        ax.set_axisbelow(True)
        tidy(ax, hidden=("right", "top"))
        canvas.legend(loc="outside upper center", ncols=min(len(curves), 2), fontsize=SMALL, frameon=False)
        canvas.supxlabel("line: mean of the models, band: 95% interval", size=SMALL, color=FAINT)
        told = "; ".join(
            f"{label}: {', '.join(f'{100 * point.amount:g}% {shown(point.mean)}' for point in points)}"
            for label, points in curves.items()
        )
        return picture(canvas, f"AUROC by share of the training pairs. {told}")
