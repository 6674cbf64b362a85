"""`Definition`: an experiment as plain data, read from YAML, with one clear report of all that is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.schemas import violations
from synpain_hf.text.documents import MOST_YAML, parsed_yaml
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import CLASSES

Turns = Literal["folds", "persons", "none"]
Groups = Mapping[str, Sequence[str]]
"""Groups by column; a column that is not named has any."""

MAIN, SYNTHETIC = "main", "synthetic"
"""The data sets that a user gives; all others are drawn."""

_FOLDER = Path(__file__).parent / "definitions"
_SCHEMA = "experiment"
_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class Faces:
    """What a model sees of a pair.

    Attributes:
        target: The face to judge: `expressive`, or `neutral`.
        reference: What it is compared with: `own`, the person's neutral face, or `other`, that of another person. A
            model with the fusion `none` looks at neither.
    """

    target: Literal["expressive", "neutral"] = "expressive"
    reference: Literal["own", "other"] = "own"


@dataclass(frozen=True)
class Share:
    """A part of the training pairs of some groups."""

    groups: Groups
    of: float


@dataclass(frozen=True)
class Added:
    """Pairs that are trained on beside the others.

    Attributes:
        data: Their data set.
        groups: The groups that are taken.
        weight: How often each is drawn in an epoch, on average.
        drivers: Whose expressions they may have where these were transferred: those of `anybody` who neither chooses
            nor tests the model, or of those who are `trained` on alone, so that few real persons are few drivers, too.
    """

    data: str
    groups: Groups = field(default_factory=dict)
    weight: float = 1.0
    drivers: Literal["anybody", "trained"] = "anybody"


@dataclass(frozen=True)
class Condition:
    """What a table compares with other conditions.

    Attributes:
        name: What tables call it.
        data: The data set that is trained on.
        test: The data set that is tested on; empty for the same.
        groups: The groups that are trained on.
        each: Columns with a training for each of their groups.
        without_each: Columns with a training without each of their groups.
        share: Groups of which only a part is trained on.
        add: What is trained on beside.
        faces: What the model sees in training.
        test_faces: What it sees when it is judged.
        model: Options of the model that differ from those of the command.
        factors: Its level of each factor.
    """

    name: str
    data: str = MAIN
    test: str = ""
    groups: Groups = field(default_factory=dict)
    each: Sequence[str] = ()
    without_each: Sequence[str] = ()
    share: Share | None = None
    add: Added | None = None
    faces: Faces = Faces()
    test_faces: Faces = Faces()
    model: Mapping[str, Any] = field(default_factory=dict)
    factors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Condition:
        """A condition as a file has it."""
        faces = Faces(**said.get("faces", {}))
        return cls(
            **{
                **said,
                "faces": faces,
                "test_faces": Faces(**said["test_faces"]) if "test_faces" in said else faces,
                "share": Share(**said["share"]) if "share" in said else None,
                "add": Added(**said["add"]) if "add" in said else None,
            }
        )

    @property
    def sets(self) -> set[str]:
        """The data sets that it needs."""
        return {self.data, self.test or self.data, *([self.add.data] if self.add else [])}


@dataclass(frozen=True)
class Definition:
    """An experiment.

    Attributes:
        name: Its short name.
        title: Its title.
        question: What it asks, in one sentence.
        conditions: What is compared.
        tables: What the report shows: `kind`, `title` and options of the kind.
        turns: What is held out in turn: five `folds`, each of the `persons`, or `none`.
        seeds: A training for each.
        amounts: Shares of the training pairs; none for all pairs, without saying so.
        drawn: Data sets of demo faces that are drawn for it: arguments of `demo` by name.
        tested_on: Columns whose groups are tested on by themselves, too.
        reported: The name of the file with published values.
        notes: Sentences for the report.
    """

    name: str
    title: str
    question: str
    conditions: Sequence[Condition]
    tables: Sequence[Mapping[str, Any]]
    turns: Turns = "folds"
    seeds: Sequence[int] = (1, 2, 3)
    amounts: Sequence[float] = ()
    drawn: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tested_on: Sequence[str] = ()
    reported: str | None = None
    notes: Sequence[str] = ()

    @property
    def given(self) -> list[str]:
        """The data sets that a user must give."""
        wanted = {name for condition in self.conditions for name in condition.sets}
        return [name for name in (MAIN, SYNTHETIC) if name in wanted]


def names() -> list[str]:
    """The experiments that come with this package, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


def text_of(name: str) -> str:
    """The file of an experiment that comes with this package.

    Raises:
        UsageError: If there is none of this name.
    """
    if name not in names():
        near = did_you_mean(name, names())
        raise UsageError(
            f"{shown(name)!r} is not an experiment{near}; choose one of {', '.join(names())}, or give a .yaml file"
        )
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


def read_definition(word: str | Path) -> Definition:
    """An experiment by its name, or from a file of one's own.

    Args:
        word: A name, or the path of a `.yaml` file.

    Raises:
        UsageError: If there is no such experiment, or the file cannot be read.
        BadInputError: If it is no experiment; says all that is wrong.

    Example:
        >>> read_definition("cross-validation").turns
        'folds'
    """
    if not str(word).endswith(_ENDINGS):
        return _parsed(text_of(str(word)), f"{word}.yaml")
    path = Path(word).expanduser()
    try:
        with path.open("rb") as file:
            text = file.read(MOST_YAML + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); give the YAML file of an experiment") from error
    if len(text) > MOST_YAML:
        raise UsageError(f"{path} is larger than {MOST_YAML // 1024} kB; no experiment needs that")
    return _parsed(text, path.name)


def _parsed(text: str | bytes, file: str) -> Definition:
    try:
        said = parsed_yaml(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = file if mark is None else f"{file}:{mark.line + 1}"
        reason = getattr(error, "problem", None) or str(error)
        raise BadInputError([Problem(where, f"is not YAML ({reason}); correct it")]) from error
    if not isinstance(said, dict):
        raise BadInputError([Problem(file, "is no experiment; begin with `name:`, and see `experiment show NAME`")])
    wrong = violations(_SCHEMA, said) or list(_contradictions(said))
    if wrong:
        raise BadInputError([Problem(file, reason) for reason in wrong])
    return Definition(**{**said, "conditions": [Condition.of(one) for one in said["conditions"]]})


def _contradictions(said: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with an experiment that fits its schema."""
    known = {MAIN, SYNTHETIC, *said.get("drawn", {})}
    told = [one["name"] for one in said["conditions"]]
    for name in sorted({name for name in told if told.count(name) > 1}):
        yield f"names two conditions {name!r}; name them apart"
    for one in said["conditions"]:
        yield from (f"condition {one['name']!r} {fault}" for fault in _wrong_with(one, known))
    for table in said["tables"]:
        if table.get("baseline", told[0]) not in told:
            near = did_you_mean(table["baseline"], told)
            yield f"table {table['title']!r} has the baseline {table['baseline']!r}{near}; use {', '.join(told)}"
    if said.get("turns") == "none" and ("amounts" in said or any(_trains(one) for one in said["conditions"])):
        yield "trains nothing (turns: none), and yet says on what; leave out amounts, groups, each and add"


def _wrong_with(condition: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """What is wrong with a condition; `known` are the data sets."""
    add = condition.get("add", {})
    for data in sorted({condition.get("data", MAIN), condition.get("test", MAIN), add.get("data", MAIN)} - {*known}):
        near = did_you_mean(data, known)
        yield f"names the data {data!r}{near}; use {', '.join(sorted(known))}, or list it under drawn"
    if "each" in condition and "without_each" in condition:
        yield "has each and without_each; keep one, and make another condition of the other"
    for groups in (one.get("groups", {}) for one in (condition, add, condition.get("share", {}))):
        for column, value in ((column, value) for column, values in groups.items() for value in values):
            if value not in CLASSES[column]:
                near = did_you_mean(value, CLASSES[column])
                yield f"names {column} {value!r}{near}; use {', '.join(CLASSES[column])}"


def _trains(condition: Mapping[str, Any]) -> bool:
    return not condition.keys().isdisjoint(("groups", "each", "without_each", "share", "add", "test"))
