"""A download of demo faces: what distinguishes it from the official data, and the truth that comes with it.

Demo faces have the form of the official download. Two files beside the pictures say what they are, lest they pass
for SynPAIN: `demo.json` (generator, seed, planted bias) and `demo_truth.csv` (every action unit of every face).
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import MAX_SEED, Annotation
from synpain_hf.text.documents import parsed_json
from synpain_hf.vocabulary import DEMO_GENERATOR, FACES, DrawingStyle

ANNOTATOR = f"truth of {DEMO_GENERATOR}"

NOTES_FILE = "demo.json"
TRUTH_FILE = "demo_truth.csv"

_MOST_NOTES, _MOST_TRUTH = 2**20, 2**24
"""Bytes that are read of each."""

_MOST_LINES = 2 * 9999 + 1
"""Of the truth: two a pair of the most that are drawn, and the header."""

_BEFORE_UNITS = ("pair_id", "face", "kind")
_AFTER_UNITS = ("pspi",)


@dataclass(frozen=True)
class Drawn:
    """What a download of demo faces says of itself.

    Attributes:
        notes: Generator, seed and planted bias.
        truth: The annotations of each pair's faces, by pair id.
    """

    notes: Mapping[str, Any]
    truth: Mapping[str, tuple[Annotation, ...]]


def write_drawn(
    folder: Path, notes: Mapping[str, Any], truth: Mapping[str, Iterable[Annotation]], units: Sequence[str]
) -> list[str]:
    """Write both files.

    Args:
        folder: The download.
        notes: Generator, seed and planted bias.
        truth: The annotations of each pair's faces, by pair id.
        units: The action units that every annotation has.

    Returns:
        Their names.
    """
    (folder / NOTES_FILE).write_text(json.dumps(notes, indent=2) + "\n", encoding="utf-8")
    with (folder / TRUTH_FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*_BEFORE_UNITS, *units, *_AFTER_UNITS])
        for pair_id, annotations in truth.items():
            for annotation in annotations:
                values = [repr(annotation.units[unit]) for unit in units]
                table.writerow([pair_id, annotation.face, annotation.kind, *values, repr(annotation.pspi)])
    return [NOTES_FILE, TRUTH_FILE]


def read_drawn(read: Callable[[str], bytes | None]) -> Drawn | None:
    """Read both files.

    Args:
        read: Returns the content of a file of the download by its name; None if there is no such file.

    Returns:
        None if the download is not one of demo faces.

    Raises:
        BadInputError: If one of the files is missing or damaged.
    """
    notes, truth = read(NOTES_FILE), read(TRUTH_FILE)
    if truth is None and (notes is None or DEMO_GENERATOR.encode() not in notes):
        return None
    if notes is None or truth is None:
        missing = NOTES_FILE if notes is None else TRUTH_FILE
        raise BadInputError([Problem(missing, "is missing from these demo faces; draw them again")])
    for name, content, most in ((NOTES_FILE, notes, _MOST_NOTES), (TRUTH_FILE, truth, _MOST_TRUTH)):
        if len(content) > most:
            raise BadInputError([Problem(name, f"has more than {most:,} bytes; draw these demo faces again")])
    with _undamaged(NOTES_FILE):
        said = _notes(parsed_json(notes))
    with _undamaged(TRUTH_FILE):
        return Drawn(said, _truth(truth.decode("utf-8")))


@contextmanager
def _undamaged(name: str) -> Iterator[None]:
    """Report a file that does not hold what it should."""
    try:
        yield
    except (ValueError, csv.Error) as error:
        raise BadInputError([Problem(name, f"is damaged ({error}); draw these demo faces again")]) from error


def _notes(found: object) -> dict[str, Any]:
    if not isinstance(found, dict) or found.get("generator") != DEMO_GENERATOR:
        raise ValueError(f"it does not name the generator {DEMO_GENERATOR!r}")
    seed, biases, style = found.get("seed"), found.get("biases"), found.get("style")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ValueError(f"the seed {seed!r} is not a seed")
    if not isinstance(biases, list) or not all(isinstance(bias, dict) for bias in biases):
        raise ValueError("biases is not a list of objects")
    if style is not None and style not in get_args(DrawingStyle):
        raise ValueError(f"the style {style!r} is not one that is drawn")
    return {"generator": DEMO_GENERATOR, "seed": seed, "biases": biases, **({} if style is None else {"style": style})}


def _truth(text: str) -> dict[str, tuple[Annotation, ...]]:
    table = csv.reader(io.StringIO(text), strict=True)
    header, truth = next(table, []), defaultdict(list)
    units = header[len(_BEFORE_UNITS) : -len(_AFTER_UNITS)]
    if not units or header != [*_BEFORE_UNITS, *units, *_AFTER_UNITS]:
        raise ValueError(f"its columns are not {', '.join(_BEFORE_UNITS)}, action units and {_AFTER_UNITS[0]}")
    for number, row in enumerate(table, 2):
        if number > _MOST_LINES:
            raise ValueError(f"it has more than {_MOST_LINES:,} lines")
        if len(row) != len(header):
            raise ValueError(f"line {table.line_num} has {len(row)} values for {len(header)} columns")
        pair_id, face, kind, *values = row
        *intensities, score = map(float, values)
        if not all(map(isfinite, (*intensities, score))):
            raise ValueError(f"line {table.line_num} has a value that is not a number")
        truth[pair_id].append(Annotation(face, kind, dict(zip(units, intensities, strict=True)), score, ANNOTATOR))
    for pair_id, known in truth.items():
        if tuple(annotation.face for annotation in known) != FACES:
            raise ValueError(f"pair {pair_id} does not have one line for each face, {' and '.join(FACES)}")
    return {pair_id: tuple(known) for pair_id, known in truth.items()}
