"""Reading a folds file.

The format of the published `SynPain_folds.txt` is not documented, so the reader takes one pair per line, its id or file
name and its fold in either order, between commas, semicolons, tabs or spaces, with or without a header, folds counted
from 0 or from 1, and says what it understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import Problem
from synpain_hf.tabular.text_lines import encoding_of

MOST_BYTES = 2**22
"""Of a folds file: some 300,000 pairs."""

_MOST_PROBLEMS = 100
_LONGEST_LINE = 1000
_ENOUGH_TO_TELL = 1000
_SEPARATORS = (("commas", ","), ("semicolons", ";"), ("tabs", "\t"), ("blanks", None))
_OFFICIAL_ID = re.compile(r"(?<!\d)1\d{9}(?!\d)")
_OFFICIAL_FILE = re.compile(r"(1\d{9})(?:_\w+)?(?:\.\w+)?")


@dataclass(frozen=True)
class FoldsFile:
    """A folds file that was read.

    Attributes:
        name: Its name.
        folds: Fold from 0 to 4 by pair id.
        lines: Line by pair id, counted from 1.
        problems: What could not be understood.
        understood: What was, in one sentence.
    """

    name: str
    folds: dict[str, int]
    lines: dict[str, int]
    problems: tuple[Problem, ...]
    understood: str


def read_folds(name: str, data: bytes) -> FoldsFile:
    """Read a folds file.

    Args:
        name: Its name, for messages.
        data: Its content.
    """
    if len(data) > MOST_BYTES:
        return no_folds(name, f"has more than {MOST_BYTES:,} bytes; give a text file with one id and one fold a line")
    try:
        text = data.decode(encoding_of(data))
    except UnicodeDecodeError as error:
        return no_folds(name, f"is not text ({error.reason} at byte {error.start:,}); give a UTF-8 text file")
    lines = text.splitlines()
    filled = list(islice(filter(str.strip, lines), _ENOUGH_TO_TELL))
    separator, character = max(_SEPARATORS, key=lambda item: sum(_entry(line, item[1]) is not None for line in filled))
    first_filled = next((number for number, line in enumerate(lines, 1) if line.strip()), 0)
    header = "no header"
    numbers: dict[str, int] = {}
    line_of: dict[str, int] = {}
    problems = _Problems(name)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _entry(line, character)
        if entry is None and number == first_filled and not _OFFICIAL_ID.search(line):
            header = "a header"
        elif entry is None:
            problems.add(number, f"is not an id and a fold ({line.strip()[:60]!r}); correct it")
        elif entry[0] in numbers:
            problems.add(number, f"names pair {entry[0]} again (line {line_of[entry[0]]}); leave one of the two")
        else:
            numbers[entry[0]], line_of[entry[0]] = entry[1], number
    first, reason = _first_fold(set(numbers.values()))
    if reason:
        return FoldsFile(name, {}, {}, (Problem(name, reason), *problems.all()), "")
    folds = {pair_id: fold - first for pair_id, fold in numbers.items()}
    understood = f"{name}: {len(folds):,} pairs, {separator}, {header}, folds {first} to {first + FOLDS - 1}"
    return FoldsFile(name, folds, line_of, problems.all(), understood)


def read_folds_file(path: Path) -> FoldsFile:
    """Read a folds file of the disk.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file:
        return read_folds(path.name, file.read(MOST_BYTES + 1))


def no_folds(name: str, reason: str) -> FoldsFile:
    """The result for a folds file that could not be read."""
    return FoldsFile(name, {}, {}, (Problem(name, reason),), "")


class _Problems:
    """What is wrong with lines: where there are very many, the first ones and the number of the others."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: list[Problem] = []
        self._more = 0

    def add(self, line: int, reason: str) -> None:
        if len(self._first) < _MOST_PROBLEMS:
            self._first.append(Problem(f"{self._name}:{line}", reason))
        else:
            self._more += 1

    def all(self) -> tuple[Problem, ...]:
        if not self._more:
            return tuple(self._first)
        return *self._first, Problem(self._name, f"has {self._more:,} more lines that cannot be used; correct them")


def _entry(line: str, separator: str | None) -> tuple[str, int] | None:
    """The pair id and the fold as written, or None."""
    if len(line) > _LONGEST_LINE:
        return None
    cells = [cell for cell in (cell.strip().strip("\"'") for cell in line.split(separator)) if cell]
    if len(cells) < 2:
        return None
    for name, fold in ((cells[0], cells[-1]), (cells[-1], cells[0])):
        if re.fullmatch(rf"[0-{FOLDS}]", fold):
            match = _OFFICIAL_FILE.fullmatch(name.replace("\\", "/").rsplit("/", 1)[-1])
            return (match[1] if match else name), int(fold)
    return None


def _first_fold(numbers: set[int]) -> tuple[int, str]:
    """Whether folds are counted from 0 or from 1, or why that is not clear."""
    if not numbers:
        return 0, "names no pair and fold; give one id and one fold on each line"
    if 0 in numbers and FOLDS in numbers:
        return 0, f"has folds from 0 to {FOLDS}, one too many; count them from 0 to {FOLDS - 1}"
    if 0 not in numbers and FOLDS not in numbers:
        return 0, (
            f"has neither a fold 0 nor a fold {FOLDS}, so it is not clear where its count begins; "
            f"give all of its lines, or count from 0 to {FOLDS - 1}"
        )
    return (0 if 0 in numbers else 1), ""
