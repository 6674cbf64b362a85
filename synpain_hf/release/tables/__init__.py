"""The tables of a release, each one value; every command loops over them.

A new table is a module beside these, and a line in `TABLES`.
"""

from __future__ import annotations

from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.release.tables.table import Table

__all__ = [
    "ANNOTATIONS",
    "PAIRS",
    "TABLES",
    "base_table",
    "configurations",
    "is_beside_tables",
    "joined_tables",
    "table_of",
    "table_with",
]

TABLES: tuple[Table, ...] = (PAIRS, ANNOTATIONS)
"""Every table. The first holds the pairs; the rows of the others join to them."""


def base_table() -> Table:
    """The table that the rows of all others join to."""
    return TABLES[0]


def joined_tables() -> tuple[Table, ...]:
    """The tables whose rows join to the pairs."""
    return TABLES[1:]


def table_of(file: str) -> Table | None:
    """The table that a file of a release belongs to; None for any other file."""
    return next((table for table in TABLES if table.owns(file)), None)


def is_beside_tables(file: str) -> bool:
    """Whether a file is in the folder of a table, whether or not it belongs to that table."""
    return any(file.startswith(f"{table.folder}/") for table in TABLES)


def table_with(configuration: str) -> Table | None:
    """The table that a configuration loads; None if there is no such configuration."""
    return next((table for table in TABLES if configuration in table.configurations), None)


def configurations() -> list[str]:
    """The names of all configurations that a release can have."""
    return [name for table in TABLES for name in table.configurations]
