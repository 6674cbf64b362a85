"""Tables of raters' answers: every row is checked against the key and the release, and what is wrong is told."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.rating.faces import FaceId
from synpain_hf.rating.key import Key
from synpain_hf.rating.questions import CANNOT_SAY, QUESTIONS, Question
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import read_rows
from synpain_hf.text.plurals import count
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import FACES, canonical

COLUMNS = ("sheet", "rater", "token", "trial", "question", "answer", "seconds", "time")
"""Of a table that a sheet saves. One from elsewhere has `pair_id` and `face` in place of `sheet` and `token`."""

_KNOWN = (*COLUMNS, "pair_id", "face")
_NEEDED = ("rater", "question", "answer")
_LONGEST_NAME = 100

MOST_ROWS = 1_000_000
"""Of a table."""


@dataclass(frozen=True)
class Answer:
    """What a rater said of a face.

    Attributes:
        rater: Who.
        face: Of which face.
        question: Asked what, a key of `QUESTIONS`.
        answer: One of the question's answers, or `CANNOT_SAY`.
        trial: At which place of the sheet, from 1; 0 where the table does not say.
        seconds: How long it took; None where the table does not say.
    """

    rater: str
    face: FaceId
    question: str
    answer: str
    trial: int = 0
    seconds: float | None = None


class _RefusedRowError(Exception):
    """A row that cannot be used; the message is the reason."""


class _Reader:
    """Reads tables, one after the other.

    Args:
        key: The key of the sheets; None where the tables name the faces.
        faces: The faces of the release.
    """

    def __init__(self, key: Key | None, faces: Collection[FaceId]) -> None:
        self.key = key
        self.faces = faces
        self.answers: list[Answer] = []
        self.problems: list[Problem] = []
        self._places: dict[tuple[str, FaceId, str, int], str] = {}
        self._homes: dict[str, tuple[str, str]] = {}
        self._strange: Counter[tuple[str, str, str]] = Counter()

    def add(self, file: GivenFile) -> None:
        """Read a table; what is wrong with it, or its rows, is added to the problems."""
        try:
            rows = read_rows(file, _KNOWN, lambda names: self._accept(file, names))
            for number, (line, row) in enumerate(rows, 1):
                if number > MOST_ROWS:
                    raise file.refusal(f"has more than {MOST_ROWS:,} rows; give the table of fewer raters", line)
                place = f"{file.name}:{line}"
                try:
                    self._take(file.name, place, {name: _text(row.get(name)) for name in _KNOWN})
                except _RefusedRowError as error:
                    self.problems.append(Problem(place, str(error)))
        except BadInputError as error:
            self.problems += error.problems

    def _accept(self, file: GivenFile, names: Sequence[str]) -> None:
        if "token" in names and self.key is None:
            raise file.refusal("has tokens for faces, which only the key knows; give the key.json of the sheets")
        needed = [*_NEEDED, *(("sheet", "token", "trial") if self.key else ("pair_id", "face"))]
        missing = [name for name in needed if name not in names]
        if missing:
            remedy = "a table that a sheet saved" if self.key else "a table with them, or the key of the sheets"
            raise file.refusal(f"has no column {' and '.join(missing)}; give {remedy}")

    def _take(self, file: str, place: str, row: Mapping[str, str]) -> None:
        rater = row["rater"]
        if not rater or len(rater) > _LONGEST_NAME:
            raise _RefusedRowError(f"the rater is {shown(rater)!r}; give a name of 1 to {_LONGEST_NAME} characters")
        question = self._question(row["question"])
        answer = _answer(question, row["answer"])
        trial, face = _shown_in(self.key, row) if self.key else (_trial(row["trial"]), self._named(row))
        one = Answer(rater, face, question.name, answer, trial, _seconds(row["seconds"]))
        sheet = row["sheet"] if self.key else ""
        if self._homes.setdefault(rater, (file, sheet)) != (file, sheet):
            self._strange[rater, file, sheet] += 1
            return
        earlier = self._places.setdefault((rater, face, question.name, trial), place)
        if earlier != place:
            raise _RefusedRowError(f"answers the same as {earlier} by the same rater; leave one of them")
        self.answers.append(one)

    def _question(self, name: str) -> Question:
        asked = self.key.questions if self.key else tuple(QUESTIONS)
        if name not in asked:
            near = did_you_mean(name, asked)
            raise _RefusedRowError(f"the question {shown(name)!r} was not asked{near}; use one of {', '.join(asked)}")
        return QUESTIONS[name]

    def _named(self, row: Mapping[str, str]) -> FaceId:
        if row["face"] not in FACES:
            raise _RefusedRowError(f"the face is {shown(row['face'])!r}; use one of {', '.join(FACES)}")
        if (row["pair_id"], row["face"]) not in self.faces:
            raise _RefusedRowError(f"the release has no pair {shown(row['pair_id'])!r}; check which release it is")
        return row["pair_id"], row["face"]

    def shared_names(self) -> Iterator[Problem]:
        """Of names that several raters share, what did not count."""
        for (rater, file, sheet), number in self._strange.items():
            first, own = self._homes[rater]
            where = f"{first} has answers of the same name" if file != first else f"it has those of sheet {own}, too"
            reason = (
                f"{count(number, 'answer')} of rater {shown(rater)!r}{f' to sheet {sheet}' * bool(sheet)} did not "
                f"count: {where}; give each rater a name of their own, and one table"
            )
            yield Problem(file, reason)

    def unfinished(self, key: Key) -> Iterator[Problem]:
        """The raters who did not answer everything, though what they answered counts."""
        for rater, number in Counter(answer.rater for answer in self.answers).items():
            file, sheet = self._homes[rater]
            asked = len(key.sheets[sheet]) * len(key.questions)
            if number < asked:
                reason = f"rater {shown(rater)!r} answered {number:,} of {asked:,} questions; ask for the rest"
                yield Problem(file, reason)


def read_answers(
    files: Sequence[GivenFile], key: Key | None, faces: Collection[FaceId]
) -> tuple[list[Answer], list[Problem], list[Problem]]:
    """Read the tables of raters.

    Args:
        files: The tables.
        key: The key of their sheets; None where they name the faces by `pair_id` and `face`.
        faces: The faces of the release.

    Returns:
        The answers; what is wrong with tables and rows, which were left out; and what is doubtful, and was used.
    """
    reader = _Reader(key, faces)
    for file in files:
        reader.add(file)
    doubtful = list(reader.unfinished(key)) if key else []
    return reader.answers, [*reader.problems, *reader.shared_names()], doubtful


def first_and_again(answers: Sequence[Answer]) -> tuple[list[Answer], list[tuple[Answer, Answer]]]:
    """Each rater's first answer to a question about a face; and where the face came twice, that with the second."""
    by_case: dict[tuple[str, FaceId, str], list[Answer]] = defaultdict(list)
    for answer in sorted(answers, key=lambda each: each.trial):
        by_case[answer.rater, answer.face, answer.question].append(answer)
    return [first for first, *_ in by_case.values()], [
        (first, second) for first, *again in by_case.values() for second in again
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _answer(question: Question, given: str) -> str:
    known = (*question.answers, CANNOT_SAY)
    word = str(canonical(question.column, given))
    word = word if word in known else given.lower().replace(" ", "_")
    if word not in known:
        near = did_you_mean(given, known)
        raise _RefusedRowError(f"{shown(given)!r} is no answer to {question.name}{near}; use one of {', '.join(known)}")
    return word


def _shown_in(key: Key, row: Mapping[str, str]) -> tuple[int, FaceId]:
    """The place in a sheet, and the face that it shows there."""
    sheet = key.sheets.get(row["sheet"])
    if sheet is None:
        raise _RefusedRowError(f"the key has no sheet {shown(row['sheet'])!r}; give the key of this sheet")
    if row["token"] not in key.faces:
        raise _RefusedRowError(f"the key has no face {shown(row['token'])!r}; give the key of this sheet")
    trial = _trial(row["trial"])
    if not 1 <= trial <= len(sheet) or sheet[trial - 1] != row["token"]:
        raise _RefusedRowError(f"the sheet does not show {row['token']} as trial {trial}; give the table as saved")
    return trial, key.faces[row["token"]]


def _trial(given: str) -> int:
    if not given:
        return 0
    if not given.isascii() or not given.isdecimal() or len(given) > 9:
        raise _RefusedRowError(f"the trial is {shown(given)!r}; give a whole number")
    return int(given)


def _seconds(given: str) -> float | None:
    if not given:
        return None
    try:
        seconds = float(given.replace(",", "."))
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise _RefusedRowError(f"the seconds are {shown(given)!r}; give a number from 0, or leave the cell empty")
    return seconds
