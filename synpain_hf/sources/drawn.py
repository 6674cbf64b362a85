"""A download of demo faces: what tells it from the official data, and the truth that comes with it.

Demo faces have the form of the official download. Two files beside the pictures say what they are, so that nobody takes
them for SynPAIN: `demo.json` (generator, seed, planted bias) and `demo_truth.csv` (every action unit of every face).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Annotation

GENERATOR = "demo faces, drawn, not SynPAIN"
"""What demo faces are, wherever they are named."""

ANNOTATOR = f"truth of {GENERATOR}"
NOTES_FILE = "demo.json"
TRUTH_FILE = "demo_truth.csv"

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
        read: Gives the content of a file of the download by its name; None where there is none.

    Returns:
        None where the download is not one of demo faces.

    Raises:
        BadInputError: If one of the files is missing or damaged.
    """
    notes, truth = read(NOTES_FILE), read(TRUTH_FILE)
    if notes is None and truth is None:
        return None
    if notes is None or truth is None:
        missing = NOTES_FILE if notes is None else TRUTH_FILE
        raise BadInputError([Problem(missing, "is missing from these demo faces; draw them again")])
    try:
        found = json.loads(notes)
        return Drawn({key: found[key] for key in ("generator", "seed", "biases")}, _truth(truth.decode("utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise BadInputError([Problem(NOTES_FILE, f"or {TRUTH_FILE} is damaged ({error}); draw them again")]) from error


def _truth(text: str) -> dict[str, tuple[Annotation, ...]]:
    truth = defaultdict(list)
    for row in csv.DictReader(text.splitlines(), strict=True):
        units = {name: float(value) for name, value in row.items() if name not in (*_BEFORE_UNITS, *_AFTER_UNITS)}
        truth[row["pair_id"]].append(Annotation(row["face"], row["kind"], units, float(row["pspi"]), ANNOTATOR))
    return {pair_id: tuple(annotations) for pair_id, annotations in truth.items()}
