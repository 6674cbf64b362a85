"""The JSON Schemas (2020-12) in `schemas/`, loaded once and applied with `jsonschema`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.resources import resource
from synpain_hf.text.documents import parsed_json
from synpain_hf.text.suggestions import did_you_mean

_LONGEST_SHOWN = 200
_MOST_BYTES = 2**24
"""Of a document of a user."""


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of one schema.

    Args:
        name: What its file is called, such as `pair` or `release`.
    """
    schema = json.loads(resource(f"schemas/{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def strict_json(text: str | bytes) -> Any:
    """The value of a JSON document that anybody may have written.

    Raises:
        ValueError: If it is not JSON, which knows no NaN and no Infinity, or is nested too deeply, or has half of a
            character that UTF-8 cannot encode.
    """
    try:
        document = parsed_json(text, _refuse_constant)
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return document


def read_document(path: Path, name: str, what: str, remedy: str) -> dict[str, Any]:
    """A JSON file that anybody may have written, as its schema describes it.

    Args:
        path: The file.
        name: What the schema's file is called.
        what: What it is to be, such as `a key`.
        remedy: What to give instead.

    Raises:
        BadInputError: If it cannot be read, is too large, or is something else.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise refusal(path, f"cannot be read ({error.strerror or error}); {remedy}") from error
    if len(data) > _MOST_BYTES:
        raise refusal(path, f"has more than {_MOST_BYTES:,} bytes; {remedy}")
    try:
        document = strict_json(data)
    except ValueError as error:
        raise refusal(path, f"is not JSON ({error}); {remedy}") from error
    wrong = violations(name, document) if isinstance(document, dict) else ["it is not a JSON object"]
    if wrong:
        raise refusal(path, f"is not {what} ({'; '.join(wrong[:3])}); {remedy}")
    return dict(document)


def refusal(path: Path, reason: str) -> BadInputError:
    """That a file cannot be used."""
    return BadInputError([Problem(path.name, reason)])


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def properties(name: str) -> tuple[set[str], set[str]]:
    """The names of a schema's properties, and of those that are required."""
    schema = cast("dict[str, Any]", validator(name).schema)
    return set(schema["properties"]), set(schema["required"])


def violations(name: str, document: dict[str, Any]) -> list[str]:
    """Everything in a document that its schema forbids, as sentences (cause, then remedy), sorted.

    Args:
        name: What the schema's file is called, such as `pair` or `release`.
        document: The document.
    """
    return sorted({_sentence(error) for error in validator(name).iter_errors(document)})


def _sentence(error: ValidationError) -> str:
    allowed: Any = error.validator_value
    where = ".".join(map(str, error.absolute_path)) or "the document"
    if error.validator == "required":
        missing = sorted(set(allowed) - set(cast("dict[str, Any]", error.instance)))
        return f"{' and '.join(missing)} missing; fill in"
    if error.validator == "enum":
        choices = ", ".join(map(str, allowed))
        near = did_you_mean(str(error.instance), map(str, allowed))
        return f"{where} {_short(repr(error.instance))} is unknown{near}; use one of {choices}"
    if error.validator == "pattern":
        return f"{where} {_short(repr(error.instance))} does not have the form {allowed}; change it"
    if error.validator == "oneOf":
        return "names neither one composite nor both neutral and expressive (or more than that); give one of the two"
    return f"{where}: {_short(error.message)}; correct it"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
