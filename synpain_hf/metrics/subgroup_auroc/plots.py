"""ROC curves of the groups, with bands. They need matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import Floats
from .cells import Entry, estimate, fixed, level
from .compute import subgroup_auroc
from .curves import GRID, Curve, bands
from .estimates import check_resamples
from .inputs import read
from .options import Options, with_options
from .rendering import shortened
from .style import BLUE, FAINT, INK, LONGEST_NAME, PALE, SMALL, TEXT, VERMILION, WIDTH, new_figure, tidy
from .tables import ALL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = (BLUE, VERMILION, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#806000")
"""After Okabe and Ito, too; their yellow is too pale for a line."""
_STYLES: tuple[Any, ...] = ("--", "-.", ":", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 2)))
"""Six, so that colour and style together come again after 42 groups."""

_LEGEND_BELOW, _LEGEND_LINE = 0.5, 0.19
"""Inches."""
_LONGEST_LEGEND = 54
_DIGITS = 3

_MOST_TOGETHER = 2
"""Groups whose bands can be told apart in the same axes; the curves of more have a panel each."""
_PANEL, _PANEL_TITLE = 1.7, 0.45
"""Inches."""


@with_options
def plot_roc(  # noqa: D417 - `with_options` adds the others
    *,
    references: Any,
    scores: Any,
    groups: Any,
    attribute: str,
    positive: Any = None,
    interval: str = Options.interval,
    confidence: float = Options.confidence,
    resamples: int = Options.resamples,
    seed: int = Options.seed,
    clusters: Any = None,
    sample_weight: Any = None,
    min_group_size: int = Options.min_group_size,
    missing: str = Options.missing,
    ax: Axes | None = None,
) -> Axes:
    """The ROC curve of every group of an attribute with its band, and that of all rows.

    The curves of up to two groups are drawn together, those of more in a panel each, before the others in grey; into
    axes that are given they are drawn together, too, but more than two without bands.

    Panels and legend have the AUROC and interval that `subgroup_auroc` reports. The bands are pointwise: at each false
    positive rate the percentiles of the true positive rate over the bootstrap's resamples. A curve of very many rows is
    drawn with fewer points, within 0.001 of where it is and with the same area; its bands take a while, about a tenth
    of a second a resample for two million rows.

    Args:
        references: The labels, as in `subgroup_auroc`.
        scores: The scores, shape (rows,).
        groups: Columns or records that have the attribute.
        attribute: The name of the attribute.
        positive: The value of the positive class, as in `subgroup_auroc`.
        clusters: What the bootstrap draws as a whole; shape (rows,), or the name of a column of `groups`.
        sample_weight: Weights, shape (rows,), or the name of a column of `groups`.
        ax: Where to draw; by default in a figure of its own.

    The other arguments are those of `Options`; a group smaller than `min_group_size` has no curve.

    Returns:
        The axes, of several panels the first; save the picture with `.figure.savefig(path)`.

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
    curves = {index: Curve(rows, members[index]) for index, entry in enumerate(entries) if entry["auroc"] is not None}
    groups_drawn = [index for index in curves if index]
    together = len(groups_drawn) <= _MOST_TOGETHER
    banded = groups_drawn if together or ax is None else []
    band_of: dict[int, Floats] = {}
    if banded:
        check_resamples(resamples, confidence)
        found_bands = bands(rows, [curves[index] for index in banded], confidence, resamples, seed)
        band_of = dict(zip(banded, found_bands, strict=True))
    drawn = [
        _Group(name, entry, curves[index].points() if index in curves else None, band_of.get(index))
        for index, (name, entry) in enumerate(zip([ALL, *found.names], entries, strict=True))
    ]
    share = level(report["options"])
    title, about = f"{shortened(attribute, LONGEST_NAME)}: AUROC [{share} CI]", f"pointwise {share} band"
    if ax is None and not together:
        return _draw_apart(drawn, title, about)
    if ax is None:
        ax = new_figure(WIDTH, WIDTH + _LEGEND_LINE * (len(entries) + 1)).add_subplot()
        ax.set_anchor("N")
    _draw_together(ax, drawn, f"{title}; {about}s of groups" if banded else title)
    return ax


@dataclass(frozen=True)
class _Group:
    """A group in a picture of ROC curves; the first is that of all rows.

    Attributes:
        name: Of the group.
        entry: What is reported on it.
        points: The curve's false and true positive rates, shape (points,) each; None for none.
        band: Shape (2, grid); None for none.
    """

    name: str
    entry: Entry
    points: tuple[Floats, Floats] | None
    band: Floats | None


def _draw_together(ax: Axes, groups: Sequence[_Group], title: str) -> None:
    ax.plot([0, 1], [0, 1], color=PALE, linewidth=1)
    handles: list[Any] = []
    for index, group in enumerate(groups):
        if group.points is None:
            handles.append(None)
            continue
        number = sum(handle is not None for handle in handles) - 1
        colour = _COLOURS[number % len(_COLOURS)] if index else INK
        style = _STYLES[number % len(_STYLES)] if index else "-"
        handles += ax.plot(*group.points, color=colour, linestyle=style, linewidth=1.7)
        if group.band is not None:
            ax.fill_between(GRID, *group.band, color=colour, alpha=0.15, linewidth=0)
    _frame(ax)
    ax.set_xlabel("False positive rate", size=TEXT)
    ax.set_ylabel("True positive rate", size=TEXT)
    from matplotlib.transforms import ScaledTranslation

    below = ax.transAxes + ScaledTranslation(0, -_LEGEND_BELOW, ax.figure.dpi_scale_trans)
    place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "bbox_transform": below}
    _add_legend(ax, handles, list(map(_in_legend, groups)), title, **place)


def _draw_apart(groups: Sequence[_Group], title: str, band: str) -> Axes:
    """Each curve in a panel of its own, before those of the others; returns the first panel."""
    drawn = [group for group in groups[1:] if group.points is not None]
    missing = [group for group in groups[1:] if group.points is None]
    columns = 2 if len(drawn) == 4 else 3 if len(drawn) < 10 else 4
    rows = -(-len(drawn) // columns)
    below = _LEGEND_LINE * (len(missing) + 4) + 0.8
    figure = new_figure(columns * _PANEL + 0.6, rows * (_PANEL + _PANEL_TITLE) + below)
    panels = [figure.add_subplot(rows, columns, number) for number in range(1, len(drawn) + 1)]
    for number, (ax, group) in enumerate(zip(panels, drawn, strict=True)):
        ax.plot([0, 1], [0, 1], color=PALE, linewidth=1, linestyle=":")
        for other in drawn:
            if other is not group and other.points is not None:
                ax.plot(*other.points, color=PALE, linewidth=0.8)
        for each, colour, width in ((groups[0], INK, 1.0), (group, BLUE, 1.7)):
            if each.points is not None:
                ax.plot(*each.points, color=colour, linewidth=width)
        if group.band is not None:
            ax.fill_between(GRID, *group.band, color=BLUE, alpha=0.2, linewidth=0)
        ax.set_title(f"{shortened(group.name, LONGEST_NAME)}\n{_in_words(group.entry)}", size=SMALL, parse_math=False)
        _frame(ax)
        ax.set_xticks([0, 0.5, 1], labels=["0", "0.5", "1"] if number + columns >= len(drawn) else [])
        ax.set_yticks([0, 0.5, 1], labels=[] if number % columns else ["0", "0.5", "1"])
        if number + columns >= len(drawn):
            ax.set_xlabel("False positive rate", size=SMALL)
        if number % columns == 0:
            ax.set_ylabel("True positive rate", size=SMALL)
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        (Patch(color=BLUE, alpha=0.2, linewidth=0), Line2D([], [], color=BLUE, linewidth=1.7)),
        Line2D([], [], color=INK, linewidth=1.0),
        Line2D([], [], color=PALE, linewidth=0.8),
        *[None] * len(missing),
    ]
    texts = [
        f"the group, and its {band}",
        _in_legend(groups[0]),
        "the other groups",
        *map(_in_legend, missing),
    ]
    _add_legend(figure, handles, texts, title, loc="outside lower center")
    return panels[0]


def _in_words(entry: Entry) -> str:
    if entry["auroc"] is None:
        return str(entry["reasons"]["auroc"])
    if entry["interval"] is None:
        return f"{fixed(entry['auroc'], _DIGITS)}, no interval"
    return estimate(entry["auroc"], entry["interval"], _DIGITS)


def _in_legend(group: _Group) -> str:
    return shortened(f"{shortened(group.name, LONGEST_NAME)}: {_in_words(group.entry)}", _LONGEST_LEGEND)


def _add_legend(owner: Axes | Figure, handles: Sequence[Any], texts: Sequence[str], title: str, **place: Any) -> None:
    """A legend; without a handle, its text is grey."""
    from matplotlib.lines import Line2D

    places = [str(number) for number in range(len(texts))]
    shown = [Line2D([], [], linestyle="none") if handle is None else handle for handle in handles]
    legend = owner.legend(
        shown, places, title=" ", frameon=False, alignment="left", prop={"size": TEXT},
        title_fontproperties={"size": SMALL}, handlelength=3.2, labelspacing=0.35, **place,
    )  # fmt: skip
    # Set afterwards: a label that starts with an underscore would be dropped, and one with dollars typeset.
    for text, label in zip((legend.get_title(), *legend.get_texts()), (title, *texts), strict=True):
        text.set_parse_math(False)
        text.set_text(label)
    for text, handle in zip(legend.get_texts(), handles, strict=True):
        text.set_color(FAINT if handle is None else INK)


def _frame(ax: Axes) -> None:
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    tidy(ax, hidden=("right", "top"))
