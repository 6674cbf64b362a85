"""Tables as sheets save them, filled in by raters who know what the release says."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from synpain_hf.rating.answers import COLUMNS
from synpain_hf.rating.faces import Face, FaceId, faces_of, labelled
from synpain_hf.rating.questions import ATTENTION
from synpain_hf.rating.sheet import Sheets
from synpain_hf.release.release import Release

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)

Row = dict[str, str]
Says = Callable[[str, str, int], str]
"""What a rater answers, given the question, the right answer and the number of the trial, from 1."""


def the_truth(question: str, right: str, trial: int) -> str:
    return right


def all_of(*releases: Release) -> dict[FaceId, Face]:
    """Every face of some releases."""
    return faces_of(labelled([release.folder for release in releases]))


def rows_of(release: Release, sheets: Sheets, rater: str, sheet: int = 0, says: Says = the_truth) -> list[Row]:
    """The rows of a sheet of one release that somebody filled in."""
    faces = all_of(release)
    return filled(
        sheets, rater, sheet, lambda question, face, trial: says(question, str(faces[face].shows[question]), trial)
    )


def filled(
    sheets: Sheets,
    rater: str,
    sheet: int,
    says: Callable[[str, FaceId, int], str],
    attends: Callable[[str], str] = lambda asked: asked,
) -> list[Row]:
    """The rows of a sheet that somebody filled in.

    Args:
        sheets: The sheets.
        rater: Who.
        sheet: The number of the sheet, from 0.
        says: What is answered to a question about a face at a trial.
        attends: What is answered where a given answer is asked for.
    """
    name, tokens = list(sheets.key.sheets.items())[sheet]
    rows = []
    for trial, token in enumerate(tokens, 1):
        asked = sheets.key.checks.get(token)
        for question in sheets.key.questions if asked is None else [ATTENTION]:
            answer = says(question, sheets.key.faces[token], trial) if asked is None else attends(asked)
            values = (name, rater, token, str(trial), question, answer, "1.25", "2026-01-01T10:00:00.000Z")
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def page_of(sheets: Sheets, number: int = 0) -> tuple[str, dict[str, Any]]:
    """A page without its data, and the data."""
    text = (sheets.folder / sheets.files[number]).read_text(encoding="utf-8")
    found = DATA.search(text)
    assert found is not None
    return DATA.sub("", text), json.loads(found[1])


def write(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """A CSV of these rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path
