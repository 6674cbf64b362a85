"""What the columns of a release mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from synpain_hf.cards.facts import Facts
from synpain_hf.cards.statistics import Statistics
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.release import tables


def leaves(features: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every column that holds values, those of a struct by their path, such as `provenance.seed`."""
    for name, feature in features.items():
        if isinstance(feature, Mapping):
            yield from leaves(feature, f"{above}{name}.")
        else:
            yield f"{above}{name}", feature


def meanings_of(statistics: Statistics, facts: Facts) -> dict[str, Mapping[str, str]]:
    """What each column means, by the file that it is in, or for the pairs by the name of their table.

    Raises:
        BadInputError: If neither this package nor the facts say what a column means.
    """
    own = facts["columns"] or {}
    base = tables.base_table()
    found: dict[str, Mapping[str, str]] = {
        name: {**(tables.table_of(name) or base).meanings, **own} for name in statistics.features
    }
    problems = [
        Problem(facts.name, f"does not say what the column {column} of {name} means; add it under columns")
        for name, column in unknown_columns(statistics.features, own)
    ]
    if problems:
        raise BadInputError(problems)
    return found


def unknown_columns(features: Mapping[str, Mapping[str, Any]], own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The columns whose meaning is not stated, each with the file that it is in.

    Args:
        features: The columns of each file of a table; those of the pairs by the name of their table.
        own: What the facts say of columns.
    """
    for name, inside in features.items():
        known = (tables.table_of(name) or tables.base_table()).meanings
        yield from ((name, column) for column, _ in leaves(inside) if column not in known and column not in own)
