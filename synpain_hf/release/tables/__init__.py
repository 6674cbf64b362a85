"""The tables of a release, each one value; every command loops over them.

A new table is a module beside these, and a line in `TABLES`.
"""

from __future__ import annotations

from synpain_hf.release.layout import CHANGELOG, MANIFEST, REJECTED, is_of_the_card
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.release.tables.table import Table
from synpain_hf.release.tables.videos import VIDEOS

__all__ = [
    "ANNOTATIONS",
    "PAIRS",
    "TABLES",
    "VIDEOS",
    "base_table",
    "configurations",
    "has_place",
    "is_beside_tables",
    "joined_tables",
    "table_of",
    "table_with",
]

TABLES: tuple[Table, ...] = (PAIRS, ANNOTATIONS, VIDEOS)
"""Every table. The first holds the pairs; the rows of others join to them, or stand for themselves."""


def base_table() -> Table:
    """The table that the rows of all others join to."""
    return TABLES[0]


def joined_tables() -> tuple[Table, ...]:
    """The tables beside the pairs."""
    return TABLES[1:]


def table_of(file: str) -> Table | None:
    """The table that a file of a release belongs to; None for any other file."""
    return next((table for table in TABLES if table.owns(file)), None)


def has_place(file: str) -> bool:
    """Whether a release can have a file of this name."""
    table = table_of(file)
    if table is not None:
        return table.may_have(file)
    return file in (CHANGELOG, MANIFEST, REJECTED) or is_of_the_card(file)


def is_beside_tables(file: str) -> bool:
    """Whether a file is in the folder of a table, whether or not it belongs to that table."""
    return any(file.startswith(f"{table.folder}/") for table in TABLES)


def table_with(configuration: str) -> Table | None:
    """The table that a configuration loads; None if there is no such configuration."""
    return next((table for table in TABLES if configuration in table.configurations), None)


def configurations() -> list[str]:
    """The names of all configurations that a release can have."""
    return [name for table in TABLES for name in table.configurations]
