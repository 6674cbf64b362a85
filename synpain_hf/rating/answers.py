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
from synpain_hf.rating.questions import ATTENTION, CANNOT_SAY, QUESTIONS, Question
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import read_rows
from synpain_hf.text.plurals import count
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import FACES, canonical

COLUMNS = ("sheet", "rater", "token", "trial", "question", "answer", "seconds", "time")
"""Of a table that a sheet saves. One from elsewhere has `pair_id` and `face` in place of `sheet` and `token`,
and `release` where there are several."""

_KNOWN = (*COLUMNS, "release", "pair_id", "face")
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


@dataclass(frozen=True)
class Attention:
    """How a rater did in the attention checks that came before their last answer.

    Attributes:
        rater: Who.
        right: How many were answered as they asked.
        of: How many there were.
    """

    rater: str
    right: int
    of: int

    @property
    def is_failed(self) -> bool:
        """Whether less than two thirds were right."""
        return 3 * self.right < 2 * self.of


@dataclass(frozen=True)
class Read:
    """What tables of raters hold.

    Attributes:
        answers: The answers.
        attention: How raters did in attention checks; nobody where there were none.
        problems: What is wrong with tables and rows, which were left out.
        doubtful: What is doubtful, and was used.
    """

    answers: Sequence[Answer]
    attention: Sequence[Attention]
    problems: Sequence[Problem]
    doubtful: Sequence[Problem]


class _RefusedRowError(Exception):
    """A row that cannot be used; the message is the reason."""


class _Reader:
    """Reads tables, one after the other.

    Args:
        key: The key of the sheets; None where the tables name the faces.
        faces: The faces of the releases.
    """

    def __init__(self, key: Key | None, faces: Collection[FaceId]) -> None:
        self.key = key
        self.faces = faces
        self.answers: list[Answer] = []
        self._checked: dict[str, dict[int, bool]] = defaultdict(dict)
        self.problems: list[Problem] = []
        self._labels = {face.release for face in faces}
        self._places: dict[tuple[str, FaceId | None, str, int], str] = {}
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
        of_faces = ("release", "pair_id", "face") if len(self._labels) > 1 else ("pair_id", "face")
        needed = [*_NEEDED, *(("sheet", "token", "trial") if self.key else of_faces)]
        missing = [name for name in needed if name not in names]
        remedy = "a table that a sheet saved" if self.key else "a table with them, or the key of the sheets"
        if not names:
            raise file.refusal(f"is empty; give {remedy}")
        if missing:
            raise file.refusal(f"has no column {' and '.join(missing)}; give {remedy}")

    def _take(self, file: str, place: str, row: Mapping[str, str]) -> None:
        rater = row["rater"]
        if not rater or len(rater) > _LONGEST_NAME or not rater.isprintable():
            raise _RefusedRowError(
                f"the rater is {shown(rater)!r}; give a name of 1 to {_LONGEST_NAME} characters that can be seen"
            )
        trial, token = _place_in(self.key, row) if self.key else (_trial(row["trial"]), "")
        expected = self.key.checks.get(token) if self.key else None
        question = self._question(row["question"]) if expected is None else self._check(row["question"])
        answer = _answer(question, row["answer"])
        face = None if expected is not None else self.key.faces[token] if self.key else self._named(row)
        seconds = _seconds(row["seconds"])
        sheet = row["sheet"] if self.key else ""
        if self._homes.setdefault(rater, (file, sheet)) != (file, sheet):
            self._strange[rater, file, sheet] += 1
            return
        earlier = self._places.setdefault((rater, face, row["question"], trial), place)
        if earlier != place:
            raise _RefusedRowError(f"answers the same as {earlier} by the same rater; leave one of them")
        if face is None:
            self._checked[rater][trial] = answer == expected
        else:
            self.answers.append(Answer(rater, face, question.name, answer, trial, seconds))

    def _question(self, name: str) -> Question:
        asked = self.key.questions if self.key else tuple(QUESTIONS)
        if name not in asked:
            near = did_you_mean(name, asked)
            raise _RefusedRowError(f"the question {shown(name)!r} was not asked{near}; use one of {', '.join(asked)}")
        return QUESTIONS[name]

    def _check(self, name: str) -> Question:
        """The question whose answers an attention check has."""
        if name != ATTENTION or self.key is None:
            raise _RefusedRowError(f"the question {shown(name)!r} was not asked of this face; give the table as saved")
        return QUESTIONS[self.key.questions[0]]

    def _named(self, row: Mapping[str, str]) -> FaceId:
        if row["face"] not in FACES:
            raise _RefusedRowError(f"the face is {shown(row['face'])!r}; use one of {', '.join(FACES)}")
        label = row["release"] if len(self._labels) > 1 else next(iter(self._labels))
        if label not in self._labels:
            near = did_you_mean(label, self._labels)
            known = ", ".join(sorted(self._labels))
            raise _RefusedRowError(f"the release is {shown(label)!r}{near}; use one of {known}")
        face = FaceId(label, row["pair_id"], row["face"])
        if face not in self.faces:
            raise _RefusedRowError(f"the release has no pair {shown(row['pair_id'])!r}; check which release it is")
        return face

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
        given = Counter(answer.rater for answer in self.answers)
        for rater, (file, sheet) in self._homes.items():
            number = given[rater] + len(self._checked[rater])
            checks = sum(token in key.checks for token in key.sheets[sheet])
            asked = (len(key.sheets[sheet]) - checks) * len(key.questions) + checks
            if number < asked:
                reason = f"rater {shown(rater)!r} answered {number:,} of {asked:,} questions; ask for the rest"
                yield Problem(file, reason)

    def attention(self, key: Key) -> Iterator[Attention]:
        """How each rater did in the attention checks; one that was passed over is not right."""
        last = Counter({rater: max(trials) for rater, trials in self._checked.items() if trials})
        for answer in self.answers:
            last[answer.rater] = max(last[answer.rater], answer.trial)
        for rater, (_, sheet) in self._homes.items():
            seen = key.sheets[sheet][: last[rater]]
            checks = [trial for trial, token in enumerate(seen, 1) if token in key.checks]
            if checks:
                yield Attention(rater, sum(self._checked[rater].get(trial, False) for trial in checks), len(checks))


def read_answers(files: Sequence[GivenFile], key: Key | None, faces: Collection[FaceId]) -> Read:
    """Read the tables of raters.

    Args:
        files: The tables.
        key: The key of their sheets; None where they name the faces by `pair_id` and `face`.
        faces: The faces of the releases.
    """
    reader = _Reader(key, faces)
    for file in files:
        reader.add(file)
    return Read(
        answers=reader.answers,
        attention=sorted(reader.attention(key), key=lambda one: one.rater) if key else [],
        problems=[*reader.problems, *reader.shared_names()],
        doubtful=list(reader.unfinished(key)) if key else [],
    )


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
    word = given if question.is_scale else str(canonical(question.column, given))
    word = word if word in known else given.lower().replace(" ", "_")
    if word not in known:
        near = did_you_mean(given, known)
        raise _RefusedRowError(f"{shown(given)!r} is no answer to {question.name}{near}; use one of {', '.join(known)}")
    return word


def _place_in(key: Key, row: Mapping[str, str]) -> tuple[int, str]:
    """The place in a sheet, and the token that it shows there."""
    sheet = key.sheets.get(row["sheet"])
    if sheet is None:
        raise _RefusedRowError(f"the key has no sheet {shown(row['sheet'])!r}; give the key of this sheet")
    if row["token"] not in key.faces and row["token"] not in key.checks:
        raise _RefusedRowError(f"the key has no face {shown(row['token'])!r}; give the key of this sheet")
    trial = _trial(row["trial"])
    if not 1 <= trial <= len(sheet) or sheet[trial - 1] != row["token"]:
        raise _RefusedRowError(f"the sheet does not show {row['token']} as trial {trial}; give the table as saved")
    return trial, row["token"]


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
