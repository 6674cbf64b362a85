"""A table of what is known of the persons of a data set, for archives whose files do not say it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.schemas import properties, violations
from synpain_hf.sources.entries import fields_of, with_known_words
from synpain_hf.sources.wording import Wording
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import read_rows
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import IDENTITY

_SCHEMA = "groups"


@dataclass(frozen=True)
class Groups:
    """What is known of identities.

    Attributes:
        name: The table, for messages.
        known: Age group, gender, ethnicity and age, as far as they are known, by identity.
        lines: Where the table first names each identity.
        problems: The lines that cannot be used.
    """

    name: str = ""
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def of(self, identity: str) -> Mapping[str, Any]:
        """What is known of an identity, by the names of the fields of a `Pair`."""
        return self.known.get(identity, {})

    def check(self, identities: Collection[str]) -> Iterator[Problem]:
        """Everything that is wrong: lines that cannot be used, and those of identities that are not in the source."""
        yield from self.problems
        for identity, line in self.lines.items():
            if identity not in identities:
                near = did_you_mean(identity, identities)
                reason = f"names identity {identity}, which the source does not have{near}; correct or remove the line"
                yield Problem(f"{self.name}:{line}", reason)


def read_groups(path: Path | None) -> Groups:
    """Read a table of groups: a line for each identity, in any form that manifests may have.

    Args:
        path: The table; None where none is given, so that nothing is known.

    Raises:
        BadInputError: If it cannot be read as a table, or has no column `identity`, or an unknown one.
    """
    if path is None:
        return Groups()
    file = GivenFile(path, path.name)
    known: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    problems = []

    def accept(columns: Sequence[str]) -> None:
        _check_columns(path.name, columns)

    for line, row in read_rows(file, properties(_SCHEMA)[0], accept):
        fields, reasons = with_known_words(fields_of(row, Wording()))
        reasons += violations(_SCHEMA, fields)
        identity = str(fields.pop(IDENTITY, ""))
        if identity in lines:
            reasons.append(_twice(identity, fields, known.get(identity, {}), lines[identity]))
            known.pop(identity, None)
        elif not reasons:
            known[identity] = fields
        lines.setdefault(identity, line)
        if reasons:
            problems.append(Problem(f"{path.name}:{line}", "; also: ".join(reasons)))
    lines.pop("", None)
    return Groups(path.name, known, lines, tuple(problems))


def _check_columns(name: str, columns: Sequence[str]) -> None:
    known, required = properties(_SCHEMA)
    reasons = [f"has no column {column!r}; add it" for column in sorted(required - set(columns))]
    reasons += [
        f"has an unknown column {column!r}{did_you_mean(column, sorted(known))}; leave it out, or rename it to one of "
        f"{', '.join(sorted(known))}"
        for column in columns
        if column not in known
    ]
    twice = [column for column, number in Counter(columns).items() if number > 1]
    reasons += [f"names the column {column!r} twice; keep one" for column in twice]
    if reasons:
        raise BadInputError(Problem(name, reason) for reason in reasons)


def _twice(identity: str, fields: Mapping[str, Any], before: Mapping[str, Any], line: int) -> str:
    """Why an identity may not stand twice, and what the two lines say differently."""
    others = [
        f"{column} {value}, and line {line} {before[column]}"
        for column, value in fields.items()
        if column in before and before[column] != value
    ]
    if others:
        return f"gives identity {identity} the {', '.join(others)}; correct one, and leave one line"
    return f"names identity {identity} again (line {line}); leave one of the two"
