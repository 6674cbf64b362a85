"""A heat map of what was trained on by what was tested on."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten

import numpy as np

from synpain_hf.cards.words import words
from synpain_hf.experiments.statistics.trainings import Mean
from synpain_hf.metrics.subgroup_auroc.style import FAINT, INK, LONGEST_NAME, SMALL, TEXT, new_figure
from synpain_hf.text.numbers import as_number
from synpain_hf.validation.report.svg import Picture, own_settings, picture
from synpain_hf.vocabulary import CLASSES, GROUPS

_CELL, _HEIGHT, _BESIDE, _AROUND = 0.62, 0.34, 2.2, 1.5
"""Inches: a cell, the names of rows, and what stands above and below."""

_COLOURS = "cividis"
"""Rises in lightness, so that it is read without colour, too (Nunez, Anderton and Renslow, PLOS ONE 13, 2018)."""

_ALL = "all"
_DARK = 0.5
"""The share of the scale below which text is white."""


def columns_of(cells: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The columns of all rows: all pairs, then groups in their usual order, then others as they come."""
    found = list(dict.fromkeys(column for of_row in cells.values() for column in of_row))
    usual = [_ALL, *(words(name) for group in GROUPS for name in CLASSES[group])]
    return sorted(found, key=lambda column: usual.index(column) if column in usual else len(usual))


def heat_map(cells: Mapping[str, Mapping[str, Mean]], name: str) -> Picture:
    """A cell for each AUROC, with the number in it.

    Args:
        cells: By row and column.
        name: Of the figure.
    """
    columns = columns_of(cells)
    values = np.array(
        [[of_row[column].value if column in of_row else np.nan for column in columns] for of_row in cells.values()]
    )
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    high = high if high > low else low + 0.01
    with own_settings(name):
        canvas = new_figure(_BESIDE + _CELL * len(columns), _AROUND + _HEIGHT * len(cells))
        ax = canvas.add_subplot()
        drawn = ax.imshow(values, cmap=_COLOURS, vmin=low, vmax=high, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            is_dark = np.isfinite(value) and (value - low) / (high - low) < _DARK
            text = as_number(float(value)) if np.isfinite(value) else "–"
            ax.text(column, row, text, ha="center", va="center", size=SMALL, color="white" if is_dark else INK)
        for ticks, names, slant in ((ax.set_yticks, cells, 0), (ax.set_xticks, columns, 40)):
            shortened = [shorten(each, LONGEST_NAME, placeholder="…") for each in names]
            ticks(range(len(shortened)), shortened, parse_math=False, size=TEXT, rotation=slant)
        for label in ax.get_xticklabels():
            label.set_horizontalalignment("right")
            label.set_rotation_mode("anchor")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_xlabel("tested on", size=TEXT)
        ax.set_ylabel("trained on", size=TEXT)
        bar = canvas.colorbar(drawn, ax=ax)
        bar.set_label("AUROC", size=SMALL, color=FAINT)
        bar.ax.tick_params(labelsize=SMALL)
        told = "; ".join(
            f"{row}, tested on {column}, {as_number(mean.value) if np.isfinite(mean.value) else 'not known'}"
            for row, of_row in cells.items()
            for column, mean in of_row.items()
        )
        return picture(canvas, f"AUROC by what was trained on and tested on. {told}")
