"""What the reader knows of a tool: how its tables are recognised, what their columns mean, how they say a failure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

ScaleName = Literal["0-5", "0-1", "A-E", "evidence"]

LETTERS = {"notactive": 0.0, **{letter: float(value) for value, letter in enumerate("abcde", 1)}}
"""Intensities in letters, as the Facial Action Coding System has them, from 0 to 5."""

CONFIDENCE = "confidence"


@dataclass(frozen=True)
class Measure:
    """A kind of column.

    Attributes:
        names: Their names, in lower case; a group `unit` is the number of an action unit.
        column: What the release calls them; `{unit}` is the unit, such as `AU4`.
        least: The least value.
        most: The greatest.
        factor: What a value is multiplied by.
        scale: The scale of the tool's values, where they are intensities or evidence of action units.
        letters: Whether `NotActive` and A to E may stand in the place of numbers.
    """

    names: re.Pattern[str]
    column: str
    least: float = 0.0
    most: float = 1.0
    factor: float = 1.0
    scale: ScaleName | None = None
    letters: bool = False

    def column_of(self, name: str) -> str | None:
        """What the release calls a column of the tool; None if it is of another kind."""
        found = self.names.fullmatch(name.lower())
        if found is None:
            return None
        unit = found.groupdict().get("unit")
        return self.column if unit is None else self.column.format(unit=f"AU{int(unit)}")


@dataclass(frozen=True)
class Tool:
    """A program whose tables can be imported.

    Attributes:
        name: What `--tool` takes.
        title: What its maker calls it; the annotator, unless another is named.
        marks: Each matches the name, in lower case, of at least one column of every table of the tool.
        measures: The kinds of columns that are taken over.
        pictures: Columns that may name the picture, in lower case, the best first.
        failures: Why nothing was measured, by a word in lower case that may stand in place of any measure.
        found: Columns, in lower case, that are 0 or empty where no face was found.
        note: How a line above the table begins, in lower case, that names the picture.
        by_face: Whether a row names its face in the columns `pair_id` and `face`, and columns may be the user's own.
    """

    name: str
    title: str
    marks: Sequence[re.Pattern[str]]
    measures: Sequence[Measure]
    pictures: Sequence[str]
    failures: Mapping[str, str] = field(default_factory=dict)
    found: Sequence[str] = ()
    note: str = ""
    by_face: bool = False

    def is_header(self, names: Sequence[str]) -> bool:
        """Whether the columns of a table are those of this tool."""
        lower = [name.lower() for name in names]
        return all(any(map(mark.fullmatch, lower)) for mark in self.marks)


def confidence(name: str) -> Measure:
    """A column that says how sure the tool is that it found the face."""
    return Measure(re.compile(name), CONFIDENCE)
