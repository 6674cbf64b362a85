"""The facts of a data set that no release can be asked for: read from YAML, and checked before anything is written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema.exceptions import ValidationError

from synpain_hf.card.bibliography import Reference, read_bibliography
from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.release.layout import BIBLIOGRAPHY, FACTS
from synpain_hf.release.manifest import Release
from synpain_hf.resources import resource
from synpain_hf.schemas import validator

SHIPPED = {"synpain": "official", "demo": "demo"}
"""The facts that come with this package, and the kind of source that they are used for unless others are given."""

EXAMPLE = "dataset_card/example.yaml"
"""Facts to copy and fill in; it is full of placeholders, and refused as it is."""

_BESIDE = "references.bib"
_PLACEHOLDER = re.compile(
    r"\[[^\]]*(needed|here|missing|fill|insert|add)[^\]]*\](?!\()|\b(todo|tbd|tba|fixme|xxx|lorem ipsum|fill in)\b"
    r"|<[a-z][a-z _-]*>|^\W*$|^(unknown|none|n/?a|null|not available)\.?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Facts:
    """What is known of a data set.

    Attributes:
        name: The name of the file they come from.
        known: The facts, as `schemas/facts.schema.json` has them.
        text: That file.
        references: The entries of its bibliography, by key.
    """

    name: str
    known: Mapping[str, Any]
    text: str
    references: Mapping[str, Reference]

    def __getitem__(self, name: str) -> Any:
        """A fact; None for an optional one that is not given."""
        return self.known.get(name)

    @property
    def cited(self) -> list[Reference]:
        """The entries by which to cite the data set."""
        return [self.references[key] for key in self.known["cite"]]

    @property
    def further(self) -> list[Reference]:
        """The other entries that the facts rest on."""
        return [self.references[key] for key in self.known.get("references", ())]

    @property
    def bibliography(self) -> str:
        """The entries that are named, as a BibTeX file."""
        named = dict.fromkeys([*self.known["cite"], *self.known.get("references", ())])
        return "\n".join(f"{self.references[key].text}\n" for key in named)


def facts_for(release: Release, given: str | Path | None) -> Facts:
    """The facts to write a release's card with.

    Args:
        release: The release.
        given: A file of facts, with `references.bib` beside it, or the name of one that comes with this package; None
            for those that the release carries, else for those that go with its source.

    Raises:
        UsageError: If none are given, and none go with the release.
        BadInputError: If they lack something.
    """
    if given is not None:
        shipped = str(given) in SHIPPED
        path = resource(f"dataset_card/{given}.yaml") if shipped else Path(given).expanduser()
        return read_facts(path, path.with_name(_BESIDE))
    if FACTS in release.files:
        return kept_facts(release)
    kind = release.manifest["source"]["kind"]
    name = next((name for name, of_kind in SHIPPED.items() if of_kind == kind), None)
    if name is None:
        raise UsageError(
            "the facts of a data set of your own are not known; copy "
            f"{resource(EXAMPLE)} and {_BESIDE} beside it, fill them in, and give the copy with --facts"
        )
    return facts_for(release, name)


def kept_facts(release: Release) -> Facts:
    """The facts that a release carries, from an earlier card.

    Raises:
        BadInputError: If they are no longer right.
    """
    return read_facts(release.folder / FACTS, release.folder / BIBLIOGRAPHY)


def read_facts(path: Path, bibliography: Path) -> Facts:
    """Read a file of facts and its bibliography.

    Raises:
        UsageError: If one cannot be read.
        BadInputError: If something is missing, unknown, a placeholder or of the wrong form; it names all of them.
    """
    text, entries = _read(path), _read(bibliography)
    try:
        document = yaml.load(text, _OnceLoader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError) as error:  # the latter for a date that no calendar has
        raise BadInputError([Problem(path.name, f"is no valid YAML ({_one_line(error)}); correct it")]) from error
    if not isinstance(document, dict):
        raise BadInputError([Problem(path.name, "is no table of facts; copy the example and fill it in")])
    known = _with_dates_as_text(document)
    problems = [Problem(path.name, reason) for reason in _violations(known)]
    try:
        references = read_bibliography(entries)
    except ValueError as error:
        raise BadInputError([*problems, Problem(bibliography.name, str(error))]) from error
    problems += [
        Problem(path.name, f"cites {key}, which {bibliography.name} does not have; add it there")
        for field in ("cite", "references")
        for key in _strings(known.get(field))
        if key not in references
    ]
    problems += [
        Problem(bibliography.name, f"has a placeholder as {field} of {key}; fill it in")
        for key, reference in references.items()
        for field, value in reference.fields.items()
        if _PLACEHOLDER.search(value)
    ]
    if problems:
        raise BadInputError(problems)
    return Facts(path.name, known, text, references)


class _OnceLoader(yaml.SafeLoader):
    """Refuses a key that comes twice, the first of which would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for at, key in enumerate(keys) if key in keys[:at]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise UsageError(f"{path} cannot be read ({reason}); give a file of facts, with {_BESIDE} beside it") from error


def _with_dates_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_dates_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_dates_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


def _violations(known: dict[str, Any]) -> Iterator[str]:
    """Everything that is wrong with facts, as sentences."""
    placeholders = {where for where, text in _texts(known) if _PLACEHOLDER.search(text)}
    for where in placeholders:
        yield f"{where} is a placeholder; say what is known, or in a sentence that it is unknown"
    for error in validator("facts").iter_errors(known):
        if _place(error) not in placeholders:
            yield from _sentences(error)


_WRONG: Mapping[Any, str] = {
    "enum": "is {0!r}, which is unknown; use one of {1}",
    "pattern": "is {0!r}, which does not have the form {1}; correct it",
    "minLength": "is {0!r}, which is too short for a sentence; say more",
    "minItems": "is empty; add at least one entry",
    "uniqueItems": "has an entry twice; remove one",
    "type": "is {0!r}, where this is wanted: {1}; correct it",
}
"""What to say of a fact that does not fit its schema: how it is, and what is allowed."""


def _sentences(error: ValidationError) -> Iterator[str]:
    where = _place(error)
    instance: Any = error.instance
    allowed: Any = error.validator_value
    if error.validator == "required":
        yield from (f"{_below(where, name)} is missing; add it" for name in allowed if name not in instance)
    elif error.validator == "additionalProperties":
        schema: Any = error.schema
        known = ", ".join(schema["properties"])
        for name in instance:
            if name not in schema["properties"]:
                yield f"{_below(where, name)} is unknown; remove it, or use one of {known}"
    else:
        choices = ", ".join(allowed) if isinstance(allowed, list) else allowed
        yield f"{where} {_WRONG[error.validator].format(instance, choices)}"


def _place(error: ValidationError) -> str:
    return ".".join(map(str, error.absolute_path))


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text among facts, and where it stands."""
    if isinstance(value, str):
        yield where, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _texts(item, _below(where, str(name)))


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
