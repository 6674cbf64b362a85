"""What is wrong with facts, as sentences: which fact, how it is, and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from jsonschema.exceptions import ValidationError

from synpain_hf.cards.facts_yaml import Place
from synpain_hf.schemas import validator
from synpain_hf.text.suggestions import nearest

_PLACEHOLDER = re.compile(
    r"\b(todo|tbd|tba|fixme|xxx|lorem ipsum|fill in)\b|<[a-z][a-z _-]*>"
    r"|^\W*$|^(unknown|none|n/?a|null|not available)\.?$",
    re.IGNORECASE,
)
_WORD_IN_BRACKETS = re.compile(r"needed|here|missing|fill|insert|add", re.IGNORECASE)
_LONGEST_SHOWN = 60
_REMEDIES: Mapping[Any, str] = {
    "array": "write a list, each entry on a line of its own that begins with a dash",
    "boolean": "write true or false, without quotes",
    "number": "write a number, without quotes",
}
"""What to write where a value is not of the kind that its schema requires, unless the schema says so itself."""


def is_placeholder(text: str) -> bool:
    """Whether something is still to be filled in where a text stands: `TODO`, `[fill in]`; not `[here](address)`."""
    if _PLACEHOLDER.search(text):
        return True
    *parts, _ = ends = text.split("]")
    return any(
        _WORD_IN_BRACKETS.search(part, part.index("["))
        for part, after in zip(parts, ends[1:], strict=True)
        if "[" in part and not after.startswith("(")
    )


def wrong_with(known: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """Everything that is wrong with facts: where, and a sentence (cause, then remedy)."""
    placeholders = {place: text for place, text in _texts(known) if is_placeholder(text)}
    for place, text in placeholders.items():
        what = f"is still a placeholder, {shown(text.strip())}" if text.strip() else "is empty"
        yield place, f"{named(place)} {what}; {_to_fill_in(place, text)}"
    for error in validator("facts").iter_errors(known):
        place = tuple(error.absolute_path)
        if place not in placeholders:
            yield from _sentences(error, place)


def named(place: Place) -> str:
    """A place in words: `reported.by`, `name of entry 1 of authors`."""
    text = ""
    for part in place:
        if isinstance(part, int):
            text = f"entry {part + 1} of {text}"
        else:
            text = f"{part} of {text}" if text.startswith("entry ") else f"{text}.{part}" if text else part
    return text


def shown(value: Any) -> str:
    """A value, shortened to fit on a line."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


_WRONG: Mapping[Any, Callable[[Any, Mapping[str, Any]], str]] = {
    "enum": lambda value, schema: f"is {shown(value)}, which is unknown; {_chosen(value, schema['enum'])}",
    "format": lambda value, schema: f"is {shown(value)}, which cannot be used; {schema['x-remedy']}",
    "pattern": lambda value, schema: f"is {shown(value)}, which cannot be used; {schema['x-remedy']}",
    "minLength": lambda value, schema: f"is {shown(value)}, only {len(value)} characters long; {schema['x-remedy']}",
    "minItems": lambda _value, _schema: "is empty; add at least one entry",
    "uniqueItems": lambda value, _schema: f"has {shown(_twice_in(value))} twice; remove one",
    "type": lambda value, schema: f"is {_kind(value)}; {_to_write(value, schema)}",
}
"""What to say of a value that breaks a rule of its schema."""


def _sentences(error: ValidationError, place: Place) -> Iterator[tuple[Place, str]]:
    schema: Any = error.schema
    value: Any = error.instance
    if error.validator == "required":
        required: Any = error.validator_value
        for name in required:
            if name not in value:
                yield place, f"{named((*place, name))} is missing; add it ({_described(place, name)})"
    elif error.validator == "additionalProperties":
        for name in value.keys() - schema["properties"].keys():
            inside = (*place, name)
            yield inside, f"{named(inside)} is unknown; remove it, or {_chosen(name, schema['properties'])}"
    else:
        yield place, f"{named(place)} {_WRONG[error.validator](value, schema)}"


def _twice_in(values: list[Any]) -> Any:
    return next(value for at, value in enumerate(values) if value in values[:at])


def _chosen(given: Any, choices: Iterable[str]) -> str:
    """What to use instead; the most similar choice comes first."""
    choices = list(choices)
    near = nearest(str(given), choices)
    others = ", ".join(choice for choice in choices if choice != near)
    return f"use {near}, or another of {others}" if near else f"use one of {others}"


def _kind(value: Any) -> str:
    """What kind of value it is, for people who do not know YAML."""
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return f"a table with the keys {', '.join(value)}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return f"{value} (as true, false, yes and no are read)".lower()
    return f"the text {shown(value)}" if isinstance(value, str) else f"{shown(value)}, which is not text"


def _to_write(value: Any, schema: Mapping[str, Any]) -> str:
    """What to write instead of a value of the wrong kind."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "x-remedy" in schema:
        quoted = " (in quotes, it is read as text)" if isinstance(value, (bool, int, float)) else ""
        return f"{schema['x-remedy']}{quoted}"
    if "object" in kinds:
        nothing = ", or null if there is none" if "null" in kinds else ""
        parts = schema.get("required") or schema["properties"]
        return f"write {' and '.join(parts)} below it, indented{nothing}"
    return _REMEDIES[kinds[0]]


def _to_fill_in(place: Place, text: str) -> str:
    """What to write instead of a placeholder."""
    schema = _schema_at(place)
    if "enum" in schema:
        remedy = _chosen(text, schema["enum"])
    elif "x-placeholder" in schema or "type" not in schema:
        remedy = schema.get("x-placeholder", "say what is known")
    else:
        remedy = _to_write(text, schema)
    is_optional = "x-if-missing" in schema or place[-1] not in (*_schema_at(place[:-1]).get("required", ()), 0)
    return f"{remedy}, or remove it" if is_optional else remedy


def _schema_at(place: Place) -> Mapping[str, Any]:
    """The schema of a fact; empty for one that is unknown."""
    root: Any = validator("facts").schema
    schema: Any = root
    for part in place:
        inside = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
        schema = inside or schema.get("additionalProperties") or {}
        if "$ref" in schema:
            schema = {**root["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    return cast("Mapping[str, Any]", schema)


def _described(place: Place, name: str) -> str:
    """What a fact is, as its schema says."""
    text: str = _schema_at((*place, name))["description"].removesuffix(".")
    return text[0].lower() + text[1:] if text[1].islower() or text[1] == " " else text


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text among facts, and where it stands."""
    if isinstance(value, str):
        yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _texts(item, (*place, name))
