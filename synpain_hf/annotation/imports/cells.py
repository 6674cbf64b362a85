"""Cells of a tool's table as numbers."""

from __future__ import annotations

import math
import re

from synpain_hf.annotation.imports.tool import LETTERS, Measure, ScaleName

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
_ROUNDING = 1e-6
"""How far a number that was computed in single precision may be beyond its range."""
_MISSING = ("", "na", "nan", "n/a", "null", "none")


def value_of(cell: str, measure: Measure, *, decimal_commas: bool) -> tuple[float | None, ScaleName | None]:
    """What a cell says, in the units of a release, and the tool's scale; None where it says nothing.

    Raises:
        ValueError: If it is not what the column can hold; with the cause and the remedy.

    Example:
        >>> from synpain_hf.annotation.imports.facereader import FACEREADER
        >>> value_of("0,5", FACEREADER.measures[0], decimal_commas=True)
        (2.5, '0-1')
        >>> value_of("B", FACEREADER.measures[0], decimal_commas=True)
        (2.0, 'A-E')
    """
    text = cell.strip()
    if text.lower() in _MISSING:
        return None, None
    if measure.letters and text.lower() in LETTERS:
        return LETTERS[text.lower()], "A-E"
    if decimal_commas and _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(f"is {cell[:40]!r}, which is no number; correct it, or leave it empty")
    number = float(text)
    if not measure.least - _ROUNDING <= number <= measure.most + _ROUNDING:
        raise ValueError(f"is {text[:40]}, not {measure.least:g} to {measure.most:g}; correct it, or leave it empty")
    return min(max(number, measure.least), measure.most) * measure.factor, measure.scale
