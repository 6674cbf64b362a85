"""Tables as sheets save them, filled in by raters who know what the release says."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from synpain_hf.rating.answers import COLUMNS
from synpain_hf.rating.faces import faces_of
from synpain_hf.rating.sheet import Sheets
from synpain_hf.release.release import Release

Row = dict[str, str]
Says = Callable[[str, str, int], str]
"""What a rater answers, given the question, the right answer and the number of the trial, from 1."""


def the_truth(question: str, right: str, trial: int) -> str:
    return right


def rows_of(release: Release, sheets: Sheets, rater: str, sheet: int = 0, says: Says = the_truth) -> list[Row]:
    """The rows of a sheet that somebody filled in."""
    faces = faces_of(release)
    name, tokens = list(sheets.key.sheets.items())[sheet]
    rows = []
    for trial, token in enumerate(tokens, 1):
        for question in sheets.key.questions:
            answer = says(question, str(faces[sheets.key.faces[token]].shows[question]), trial)
            values = (name, rater, token, str(trial), question, answer, "1.25", "2026-01-01T10:00:00.000Z")
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path
