"""A file of facts as YAML: read safely, into plain values, with the line that each of them is on."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import yaml

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.text.documents import PlainLoader, RefusedYAMLError, refused

Place = tuple[str | int, ...]
"""Where a value is: the keys, and the numbers of entries in lists, that lead to it."""

_DATE = "tag:yaml.org,2002:timestamp"


class _Loader(PlainLoader):
    """Leaves dates as they are written, and refuses a key that appears twice, whose first value would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        seen = set()
        for key, (written, _) in zip(keys, node.value, strict=True):
            if not isinstance(key, Hashable):
                break  # which is refused below
            if key in seen:
                raise refused(f"{key} is given twice; remove one", written)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != _DATE]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(name: str, text: str) -> tuple[Any, dict[Place, int]]:
    """The value of a YAML document, and the line of everything in it.

    Args:
        name: Name of the file.
        text: What is in it.

    Returns:
        The document, in which every key is text; and the line of each value, counted from 1, by its place.

    Raises:
        BadInputError: If it is not YAML, or holds more than plain values.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        document = None if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise BadInputError([_problem(name, error)]) from error
    return _with_text_keys(document), dict(_lines(node))


def _problem(name: str, error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}" if mark else name
    reason = " ".join(str(getattr(error, "problem", None) or error).split())
    if isinstance(error, RefusedYAMLError):
        return Problem(place, reason)
    remedy = "correct it; a text that holds ': ' or ' #', or begins with a sign, needs quotes around it"
    return Problem(place, f"is not valid YAML here ({reason}); {remedy}")


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


def _lines(node: yaml.Node | None, place: Place = ()) -> Iterator[tuple[Place, int]]:
    """The line of every value: that of its key, or where its list has it."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*place, str(key.value)), key.start_mark.line + 1
            yield from _lines(value, (*place, str(key.value)))
    if isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield (*place, number), value.start_mark.line + 1
            yield from _lines(value, (*place, number))
