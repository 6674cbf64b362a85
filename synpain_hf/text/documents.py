"""JSON and YAML that anybody may have written: plain values, nested as people nest them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

MOST_YAML = 2**17
"""Bytes of a YAML file that is read: it takes a second or two."""

_MOST_LEVELS = 100
_NESTED = "it is nested too deeply"


class RefusedYAMLError(yaml.MarkedYAMLError):
    """YAML that is more than plain values; its problem is a sentence (cause, then remedy)."""


class PlainLoader(yaml.SafeLoader):
    """Refuses aliases, tags, and what is nested as nobody nests it, as soon as it comes to them."""

    _level = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """The next value."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "tag", None):
            raise refused("has an alias (*) or a tag (!); write out what is meant", event)
        if self._level == _MOST_LEVELS:
            raise refused(f"is nested in more than {_MOST_LEVELS} levels; write it with fewer", event)
        self._level += 1
        node = super().compose_node(parent, index)
        self._level -= 1
        return node


class WordsLoader(PlainLoader):
    """Reads every value as text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as in the class above


def refused(problem: str, at: Any) -> RefusedYAMLError:
    """The error for YAML that is not read.

    Args:
        problem: Cause, then remedy.
        at: The event or node.
    """
    return RefusedYAMLError(problem=problem, problem_mark=at.start_mark)


def parsed_yaml(text: str | bytes, loader: type[PlainLoader] = PlainLoader) -> Any:
    """The value of a YAML document.

    Raises:
        yaml.YAMLError: If it is not YAML, or more than plain values, or nested too deeply.
        ValueError: If it has a date or number that there is not.
    """
    return yaml.load(text, loader)  # noqa: S506 - a safe loader


def parsed_json(text: str | bytes, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """The value of a JSON document.

    Args:
        text: The document.
        parse_constant: Called with `NaN`, `Infinity` and `-Infinity`, which JSON does not know, and Python does.

    Raises:
        ValueError: If it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=parse_constant)
    except RecursionError as error:
        raise ValueError(_NESTED) from error
