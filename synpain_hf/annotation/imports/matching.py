"""Which row of a table belongs to which face."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from synpain_hf.annotation.faces import Face
from synpain_hf.annotation.imports.reading import Measured, ToolTable
from synpain_hf.errors import Problem
from synpain_hf.text.plurals import count, first_few
from synpain_hf.vocabulary import FACES

_ENDING = re.compile(r"\.(png|jpe?g|webp|bmp|tiff?|csv|tsv|txt|mp4|avi)$", re.IGNORECASE)
_MOST_NAMED = 4
_MOST_PROBLEMS = 20


@dataclass
class Matched:
    """What tables say of the faces of a release.

    Attributes:
        faces: Every face by the name of its picture.
        rows: What counts for each face.
        repeated: How many rows did not count, because another of the same face did.
        unmatched: How many rows fit no face.
        problems: What is wrong with rows; the first of them.
        wrong: How many rows are wrong.
    """

    faces: Mapping[str, Face]
    rows: dict[Face, Measured] = field(default_factory=dict)
    repeated: int = 0
    unmatched: int = 0
    problems: list[Problem] = field(default_factory=list)
    wrong: int = 0
    _pairs: set[str] = field(default_factory=set)
    _strangers: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._pairs.update(pair_id for pair_id, _ in self.faces.values())

    def add(self, table: ToolTable) -> None:
        """Take the rows of a table.

        Raises:
            BadInputError: If it cannot be read on.
        """
        for row in table.measured():
            if isinstance(row, Problem):
                self._note(row)
                continue
            face = self._face_of(row)
            if face is None:
                self.unmatched += 1
                if len(self._strangers) < _MOST_NAMED:
                    self._strangers[f"{row.picture[:80]}{f' {row.face[:20]}' if row.face is not None else ''}"] = None
            elif face not in self.rows:
                self.rows[face] = row
            elif table.tool.name == "plain":
                where = f"{table.file.name}:{row.line}"
                self._note(Problem(where, f"is a second row for the {face[1]} face of {face[0]}; keep one of them"))
            else:
                self.repeated += 1
                self.rows[face] = max(self.rows[face], row, key=lambda row: row.rank)

    def report(self, name: str) -> Iterator[Problem]:
        """What is wrong with the tables.

        Args:
            name: What messages call them.
        """
        yield from self.problems
        if self.wrong > len(self.problems):
            yield Problem(name, f"has {self.wrong - len(self.problems):,} more rows that are wrong")
        if self.unmatched:
            named = first_few(list(self._strangers)[: _MOST_NAMED - 1])
            yield Problem(
                name,
                f"has {count(self.unmatched, 'row')} of no face of this release ({named}); run the tool on what "
                "`synpain-hf faces` writes, or leave such rows out with --on-error skip",
            )

    def _note(self, problem: Problem) -> None:
        self.wrong += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)

    def _face_of(self, row: Measured) -> Face | None:
        if row.face is not None:
            face = row.face if row.face in FACES else ""
            return (row.picture.strip(), face) if face and row.picture.strip() in self._pairs else None
        name = re.split(r"[\\/]", row.picture.strip())[-1]
        return self.faces.get(_ENDING.sub("", name).lower())
