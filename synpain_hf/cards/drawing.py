"""Drawing a card's figures with matplotlib.

They are meant for a phone: shown 360 pixels wide, the smallest letters are still about nine pixels high. Nothing
is shown by colour alone: bars and boxes are hatched, and have names beside them. The colours are Okabe and Ito's, which
people with any kind of colour vision tell apart (Color Universal Design, 2008).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from textwrap import fill, shorten
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image, ImageOps

from synpain_hf.cards.statistics import Example, Summary
from synpain_hf.cards.words import people, words
from synpain_hf.errors import ReleaseError
from synpain_hf.imaging.decoding import Raster, decode
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.release import Release, undamaged
from synpain_hf.text.plurals import count
from synpain_hf.vocabulary import CLASSES, FACES

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_DPI = 150
_WIDTH = 720
"""Pixels: twice the width of a phone's screen."""

_POINTS = 10
_NAME, _TITLE = 16, 44
"""Letters that fit beside a box, and on each of two lines above a panel."""

COLOURS = {"neutral": "#BBBBBB", "no_pain": "#56B4E9", "pain": "#D55E00"}
HATCHES = {"neutral": "...", "no_pain": "", "pain": "///"}
_PAPER, _INK, _FAINT, _EMPTY = "#FFFFFF", "#222222", "#DDDDDD", 235
_FACE = (168, 188)
_APART, _BETWEEN, _CAPTION, _HEADING = 4, 10, 34, 44
"""Pixels of the contact sheet: a face, the gaps between two faces and between two rows, and the lines of text."""

_SHOWN = 0.8
"""How much of a picture's width and height the contact sheet shows, around its middle, a little more of its top."""


@dataclass(frozen=True)
class Shown:
    """A place on the contact sheet.

    Attributes:
        age: The group's age group.
        gender: Its gender.
        ethnicity: Its ethnicity.
        label: What the pair is labelled as; None where the group has no pair.
        example: The pair.
    """

    age: str
    gender: str
    ethnicity: str
    label: str | None
    example: Example | None

    @property
    def caption(self) -> str:
        """What the pair is labelled as."""
        return words(self.label) if self.label else "none"


@dataclass(frozen=True)
class Bar:
    """A group's bar: its pairs without pain, and with it."""

    age: str
    gender: str
    ethnicity: str
    no_pain: int
    pain: int


@dataclass(frozen=True)
class Box:
    """A box of a box plot.

    Attributes:
        name: What is beside it.
        condition: Which colour and hatch it has.
        summary: What is drawn.
        labelled: What distinguishes it from a box of the same name; empty where nothing has to.
    """

    name: str
    condition: str
    summary: Summary
    labelled: str = ""

    @property
    def lines(self) -> list[str]:
        """What stands beside it."""
        faces = self.summary.count - self.summary.missing
        name = self.name if len(self.name) <= _NAME else f"{self.name[: _NAME - 1]}…"
        return [name, *filter(None, [self.labelled]), f"({count(faces, 'face')})"]


def contact_sheet(release: Release, places: Sequence[Shown]) -> Image.Image:
    """Pairs of faces: a row for each age group and ethnicity, a column for each gender.

    Args:
        release: Holds the faces.
        places: What to show, row by row.
    """
    genders, ages = (
        list(dict.fromkeys(found)) for found in zip(*((one.gender, one.age) for one in places), strict=True)
    )
    columns = len(genders)
    rows = [places[start : start + columns] for start in range(0, len(places), columns)]
    pitch = _FACE[1] + _CAPTION + _BETWEEN
    height = len(rows) * pitch + len(ages) * _HEADING
    with _canvas(height) as canvas:
        top = 0
        for age in ages:
            for at, gender in enumerate(genders):
                middle = (at + 0.5) / columns * _WIDTH
                _write(canvas, middle, top + _HEADING / 2, people(age, gender), weight="bold")
            top += _HEADING
            for row in rows:
                if row[0].age != age:
                    continue
                for at, place in enumerate(row):
                    _place(canvas, release, place, int((at + 0.5) / columns * _WIDTH), top)
                top += pitch
        return _drawn(canvas)


def _place(canvas: Canvas, release: Release, place: Shown, middle: int, top: int) -> None:
    width, height = _FACE
    lefts = (middle - width - _APART // 2, middle + _APART // 2)
    empty = np.full((height, width, 3), _EMPTY, np.uint8)
    faces = [empty] * len(lefts) if place.example is None else list(_faces(release, place.example))
    for left, face in zip(lefts, faces, strict=True):
        canvas.figimage(face, left, _from_below(canvas, top + height), origin="upper")
    _write(canvas, middle, top + height + _CAPTION / 2, f"{words(place.ethnicity)}: {place.caption}")


def _faces(release: Release, example: Example) -> Iterator[Pixels]:
    """The faces of a pair, cut to the size they are shown in."""
    path = release.folder / example.file
    with undamaged(path), pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            ids = file.read_row_group(group, ["pair_id"])["pair_id"].to_pylist()
            if example.pair_id in ids:
                row = file.read_row_group(group, list(FACES)).slice(ids.index(example.pair_id), 1).to_pylist()[0]
                for face in FACES:
                    yield _cut(decode(row[face]["bytes"]))
                return
    raise ReleaseError(f"{path} has lost {example.pair_id}; build or download the release again")


def _cut(raster: Raster) -> Pixels:
    """A face as the contact sheet shows it; shape (height, width, 3)."""
    width, height = raster.width, raster.height
    left, top = width * (1 - _SHOWN) / 2, height * (1 - _SHOWN) / 3
    whole = Image.fromarray(raster.pixels(width))
    middle = whole.crop((round(left), round(top), round(left + width * _SHOWN), round(top + height * _SHOWN)))
    return np.asarray(ImageOps.fit(middle, _FACE, Image.Resampling.LANCZOS))


def balance(bars: Sequence[Bar]) -> Image.Image:
    """Bars of how many pairs each group has.

    Args:
        bars: What to show, those of one age group and gender next to each other.
    """
    line, heading, margin = 40, 1.9, 190
    blocks = [list(block) for _, block in groupby(bars, key=lambda bar: (bar.age, bar.gender))]
    height = int((len(bars) + len(blocks) * heading) * line) + margin
    longest = max(bar.no_pain + bar.pain for bar in bars)
    with _canvas(height) as canvas:
        axes = canvas.add_axes((0.30, 110 / height, 0.62, 1 - margin / height))
        place = 0.0
        ticks = {}
        for block in blocks:
            place += heading
            axes.text(0, place - 0.95, people(block[0].age, block[0].gender), fontweight="bold", fontsize=_POINTS)
            for bar in block:
                ticks[place] = words(bar.ethnicity)
                left = 0
                for label, pairs in zip(CLASSES["label"], (bar.no_pain, bar.pain), strict=True):
                    axes.barh(place, pairs, 0.82, left, linewidth=0.8, **_filled(label))
                    left += pairs
                axes.text(left + longest * 0.015, place, f"{left:,}", va="center", fontsize=_POINTS)
                place += 1
        axes.set_yticks(list(ticks), list(ticks.values()))
        axes.set_ylim(place, 0)
        axes.set_xlim(0, longest * 1.13)
        _plain(axes, "pairs")
        _legend(canvas, CLASSES["label"])
        return _drawn(canvas)


def box_plots(panels: Sequence[tuple[str, Sequence[Box]]], measure: str) -> Image.Image:
    """Box plots below each other; the ends of the lines are the least and the greatest value, diamonds are means.

    Args:
        panels: The title of each panel, and its boxes.
        measure: What is measured.
    """
    line, between, margin = 26, 12, 140
    heights = [len(boxes) * (line * max(len(box.lines) for box in boxes) + between) + margin for _, boxes in panels]
    height = sum(heights) + 60
    with _canvas(height) as canvas:
        bottom = height - 50
        for (title, boxes), tall in zip(panels, heights, strict=True):
            bottom -= tall
            axes = canvas.add_axes((0.33, (bottom + 90) / height, 0.62, (tall - margin) / height))
            for at, box in enumerate(boxes):
                axes.bxp(
                    [_statistics(box.summary)], positions=[at], widths=0.6, orientation="horizontal", showmeans=True,
                    showfliers=False, patch_artist=True, manage_ticks=False,
                    boxprops=_filled(box.condition),
                    medianprops={"color": _INK, "linewidth": 2.5},
                    meanprops={"marker": "D", "markerfacecolor": _PAPER, "markeredgecolor": _INK, "markersize": 6},
                )  # fmt: skip
            axes.set_yticks(range(len(boxes)), ["\n".join(box.lines) for box in boxes], parse_math=False)
            axes.set_ylim(len(boxes) - 0.4, -0.6)
            axes.set_title(fill(shorten(title, 2 * _TITLE), _TITLE), fontsize=_POINTS, loc="right", parse_math=False)
            _plain(axes, measure)
        conditions = {box.condition: None for _, boxes in panels for box in boxes}
        _legend(canvas, list(conditions))
        return _drawn(canvas)


def _filled(condition: str) -> dict[str, Any]:
    return {"facecolor": COLOURS[condition], "hatch": HATCHES[condition], "edgecolor": _INK}


def _statistics(summary: Summary) -> dict[str, Any]:
    return {
        "mean": summary.mean,
        "med": summary.median,
        "q1": summary.lower_quartile,
        "q3": summary.upper_quartile,
        "whislo": summary.least,
        "whishi": summary.greatest,
    }


def _plain(axes: Any, measure: str) -> None:
    axes.set_xlabel(measure, fontsize=_POINTS)
    axes.tick_params(labelsize=_POINTS, length=0)
    axes.xaxis.get_major_locator().set_params(nbins=5, integer=True)
    axes.grid(axis="x", color=_FAINT)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _legend(canvas: Canvas, conditions: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(label=words(name), **_filled(name)) for name in conditions]
    canvas.legend(handles=patches, loc="upper center", ncols=len(patches), fontsize=_POINTS, frameon=False)


def _write(canvas: Canvas, x: float, y: float, text: str, weight: str = "normal") -> None:
    """Write a line around a point, given in pixels from the left and from the top."""
    height = _from_below(canvas, y) / canvas.bbox.height
    canvas.text(x / _WIDTH, height, text, ha="center", va="center", fontsize=_POINTS, fontweight=weight)


def _from_below(canvas: Canvas, y: float) -> int:
    return round(canvas.bbox.height - y)


@contextmanager
def _canvas(height: int) -> Iterator[Canvas]:
    """Something to draw on, `_WIDTH` pixels wide, whatever settings matplotlib has here."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context():
        mpl.rcdefaults()
        yield Canvas((_WIDTH / _DPI, height / _DPI), _DPI, facecolor=_PAPER)


def _drawn(canvas: Canvas) -> Image.Image:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    agg = FigureCanvasAgg(canvas)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a letter that the font lacks is a box; the text has it
        agg.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(agg.buffer_rgba())  # type: ignore[no-untyped-call]
    return Image.fromarray(pixels).convert("RGB")
