"""What faces are drawn with: smooth paths, soft fills, tapered lines and glows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np
import numpy.typing as npt
import skia

from synpain_hf.generation.drawn.colour import Colour, argb

Point = tuple[float, float]
Points = Sequence[Point]
Stops = Sequence[tuple[Colour, float]]


class Canvas:
    """A Skia canvas.

    Attributes:
        skia: The canvas itself, for its transformations.
    """

    def __init__(self, surface: skia.Surface) -> None:
        self._surface = surface
        self.skia = surface.getCanvas()

    def pixels(self) -> npt.NDArray[np.uint8]:
        """What was drawn; shape (height, width, 3), uint8, RGB."""
        return np.asarray(self._surface.toarray(colorType=skia.kRGBA_8888_ColorType)[:, :, :3])

    def fill(self, path: skia.Path, colour: Colour, alpha: float = 1.0, soft: float = 0.0) -> None:
        """Fill a path; `soft` blurs its edge by that many pixels."""
        self.skia.drawPath(path, _paint(colour, alpha, soft))

    def stroke(self, path: skia.Path, colour: Colour, width: float, alpha: float = 1.0, soft: float = 0.0) -> None:
        """Draw along a path."""
        paint = _paint(colour, alpha, soft)
        paint.setStyle(skia.Paint.kStroke_Style)
        paint.setStrokeWidth(width)
        paint.setStrokeCap(skia.Paint.kRound_Cap)
        paint.setStrokeJoin(skia.Paint.kRound_Join)
        self.skia.drawPath(path, paint)

    def taper(self, points: Points, colour: Colour, width: float, alpha: float = 1.0, soft: float = 0.6) -> None:
        """Draw a line that is widest in its middle and ends in points, as a furrow does."""
        line = np.asarray(points, float)
        ends = np.concatenate([line[:1], line, line[-1:]])
        along = ends[2:] - ends[:-2]
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.hypot(*along.T)[:, None] + 1e-9)
        half = across * (width / 2 * _tapering(len(line)))
        outline = np.concatenate([line + half, (line - half)[::-1]])
        self.fill(close_path(outline.tolist()), colour, alpha, soft)

    def glow(self, centre: Point, radii: Point, colour: Colour, alpha: float) -> None:
        """A soft spot that fades from its centre to nothing."""
        shader = skia.GradientShader.MakeRadial(
            (0, 0), 1.0, [argb(colour, alpha), argb(colour, alpha / 2), argb(colour, 0)], [0, 0.5, 1]
        )
        self.skia.save()
        self.skia.translate(*centre)
        self.skia.scale(*radii)
        self.skia.drawCircle(0, 0, 1, skia.Paint(AntiAlias=True, Shader=shader, Dither=True))
        self.skia.restore()

    def shaded(self, path: skia.Path, centre: Point, radius: float, stops: Stops) -> None:
        """Fill a path with colours that change with the distance from a centre."""
        self._fill_with(path, skia.GradientShader.MakeRadial(centre, radius, *_stops(stops)))

    def graded(self, path: skia.Path, top: float, bottom: float, stops: Stops) -> None:
        """Fill a path with colours that change from top to bottom."""
        self._fill_with(path, skia.GradientShader.MakeLinear([(0, top), (0, bottom)], *_stops(stops)))

    @contextmanager
    def inside(self, path: skia.Path) -> Iterator[None]:
        """Draw only inside a path for as long as the context lasts."""
        self.skia.save()
        self.skia.clipPath(path, True)
        yield
        self.skia.restore()

    @contextmanager
    def turned(self, degrees: float, about: Point) -> Iterator[None]:
        """Draw clockwise turned about a point for as long as the context lasts."""
        self.skia.save()
        self.skia.rotate(degrees, *about)
        yield
        self.skia.restore()

    def _fill_with(self, path: skia.Path, shader: skia.Shader) -> None:
        self.skia.drawPath(path, skia.Paint(AntiAlias=True, Shader=shader, Dither=True))


def _paint(colour: Colour, alpha: float, soft: float) -> skia.Paint:
    paint = skia.Paint(AntiAlias=True, Color=argb(colour, alpha))
    if soft > 0:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, soft))
    return paint


def _stops(stops: Stops) -> tuple[list[int], list[float]]:
    return [argb(colour) for colour, _ in stops], [place for _, place in stops]


def through(points: Points) -> skia.Path:
    """A smooth path through points (Catmull and Rom's spline)."""
    return _spline([points[0], *points, points[-1]])


def close_path(points: Points) -> skia.Path:
    """A smooth closed path through points."""
    path = _spline([points[-1], *points, points[0], points[1]])
    path.close()
    return path


def between(upper: Points, lower: Points) -> skia.Path:
    """The area between two lines that run the same way."""
    path = skia.Path()
    path.addPoly([skia.Point(*point) for point in (*upper, *reversed(lower))], True)
    return path


def ellipse(centre: Point, radii: Point) -> skia.Path:
    """An ellipse."""
    (x, y), (width, height) = centre, radii
    path = skia.Path()
    path.addOval(skia.Rect.MakeLTRB(x - width, y - height, x + width, y + height))
    return path


def mirrored(half: Points) -> list[Point]:
    """A closed outline from its right half, whose first and last point lie on the middle line."""
    return [*half, *((-x, y) for x, y in half[-2:0:-1])]


def arch(half: Points) -> list[Point]:
    """An open line from its right half, from the left end over the middle to the right end."""
    return [*((-x, y) for x, y in half[:0:-1]), *half]


def sampled(points: Points, count: int = 14) -> list[Point]:
    """About `count` points along the smooth line through a few."""
    line: list[Point] = (_samples_of(len(points), count) @ np.asarray(points, float)).tolist()
    return line


@cache
def _samples_of(points: int, count: int) -> npt.NDArray[np.float64]:
    """What each of a number of points contributes to each sample of the line through them; shape (samples, points)."""
    padded = np.eye(points)[[0, *range(points), points - 1]]
    steps = points - 1
    samples = []
    for step in range(steps):
        before, start, stop, after = padded[step : step + 4]
        for t in np.linspace(0, 1, max(count // steps, 2), endpoint=step == steps - 1):
            cubic = 3 * start - 3 * stop + after - before
            square = 2 * before - 5 * start + 4 * stop - after
            samples.append(0.5 * (2 * start + (stop - before) * t + square * t**2 + cubic * t**3))
    return np.array(samples)


@cache
def _tapering(points: int) -> npt.NDArray[np.float64]:
    """Width of a tapered line at each of its points, as a share of its greatest; shape (points, 1)."""
    return np.asarray(np.sin(np.pi * np.linspace(0, 1, points))[:, None] ** 0.7)


def _spline(padded: Points) -> skia.Path:
    path = skia.Path()
    path.moveTo(*padded[1])
    for before, start, stop, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        first = (start[0] + (stop[0] - before[0]) / 6, start[1] + (stop[1] - before[1]) / 6)
        second = (stop[0] - (after[0] - start[0]) / 6, stop[1] - (after[1] - start[1]) / 6)
        path.cubicTo(*first, *second, *stop)
    return path
