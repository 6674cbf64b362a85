"""What all pictures of the metric have in common: colours, sizes, and figures without pyplot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, PALE = "#1a1a18", "#6a6a64", "#b8b8b0"
BLUE, VERMILION = "#0072b2", "#d55e00"
"""After Okabe and Ito, so that they differ for colour-blind readers, too."""

WIDTH = 5.0
"""Inches."""
TEXT, SMALL = 9.5, 8.5
"""Points: readable still where the figure is 360 pixels wide."""
LONGEST_NAME = 24


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, so many inches wide and high."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need matplotlib; install it with: pip install matplotlib") from error
    return Figure(figsize=(width, height), layout="constrained")


def tidy(ax: Axes, hidden: Sequence[str]) -> None:
    """Axes without some of their sides."""
    ax.spines[list(hidden)].set_visible(False)
    ax.tick_params(labelsize=TEXT)
