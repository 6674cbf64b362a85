"""The record of what changed between two releases: as sentences, as JSON, and as a rise of the version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from synpain_hf.release.tables.table import Table
from synpain_hf.release.versions import Bump
from synpain_hf.text.plurals import count

Key = tuple[str, ...]
"""The values of a table's key, as words."""


@dataclass
class TableChanges:
    """What changed of one table; sorted keys of rows.

    Attributes:
        table: The table.
        files: Its files that are new, gone or different.
        added: Rows that only the later release has.
        removed: Rows that only the earlier one has.
        values: Rows in which something has another value, by the name of the aspect, or else of the column.
        columns_added: Columns that only the later release has.
        columns_removed: Columns that only the earlier one has.
        columns_changed: Columns whose type is different.
    """

    table: Table
    files: list[str] = field(default_factory=list)
    added: list[Key] = field(default_factory=list)
    removed: list[Key] = field(default_factory=list)
    values: dict[str, list[Key]] = field(default_factory=dict)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    columns_changed: list[str] = field(default_factory=list)

    def note(self, column: str, keys: Iterable[Key]) -> None:
        """Note the rows in which a column has another value."""
        name = next((aspect.name for aspect in self.table.aspects if column in aspect.columns), column)
        found = {*keys, *self.values.get(name, ())}
        if found:
            self.values[name] = sorted(found)

    @property
    def bump(self) -> Bump:
        """The least rise of the version that these changes require."""
        bumps = self.table.bumps
        of_aspect = {aspect.name: aspect.bump for aspect in self.table.aspects}
        found = [
            *(bumps.rows_added for _ in self.added[:1]),
            *(bumps.rows_removed for _ in self.removed[:1]),
            *(of_aspect.get(name, bumps.values) for name in self.values),
            *(bumps.columns_added for _ in self.columns_added[:1]),
            *(bumps.columns_removed for _ in self.columns_removed[:1]),
            *(bumps.columns_changed for _ in self.columns_changed[:1]),
        ]
        return max(found, default=Bump.PATCH)

    def details(self) -> Iterator[tuple[str, list[Any], str, bool]]:
        """Each change: a heading of Keep a Changelog, what it concerns, how it is said, and whether it is of rows."""
        words = {aspect.name: aspect.words for aspect in self.table.aspects}
        order = [*words, *sorted(self.values.keys() - words.keys())]
        yield "Added", self.added, "added", True
        yield "Added", self.columns_added, "added", False
        for name in order:
            yield "Changed", self.values.get(name, []), words.get(name, f"with another {name}"), True
        yield "Changed", self.columns_changed, "of another type", False
        yield "Removed", self.removed, "removed", True
        yield "Removed", self.columns_removed, "removed", False

    def to_dict(self) -> dict[str, Any]:
        """The changes as JSON-ready fields; a row whose key is one column is given by its value alone."""
        return {
            "files": self.files,
            "added": list(map(_plain, self.added)),
            "removed": list(map(_plain, self.removed)),
            "values": {name: list(map(_plain, keys)) for name, keys in sorted(self.values.items())},
            "columns_added": self.columns_added,
            "columns_removed": self.columns_removed,
            "columns_changed": self.columns_changed,
        }


@dataclass(frozen=True)
class Changes:
    """What changed between two releases.

    Attributes:
        old: Version of the earlier release.
        new: Version of the later one.
        tables: What changed of each table, that of the pairs first.
        old_name: What the data set is called in the earlier release.
        new_name: What it is called in the later one.
    """

    old: str
    new: str
    tables: tuple[TableChanges, ...]
    old_name: str
    new_name: str

    @property
    def bump(self) -> Bump:
        """The least rise of the version that these changes require."""
        return max(Bump.MAJOR if self._is_renamed else Bump.PATCH, *(table.bump for table in self.tables))

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Each change as a heading of Keep a Changelog and a sentence."""
        pairs, *joined = self.tables
        sentences = [(heading, text) for heading, text in _of_pairs(pairs)]
        sentences += [("Changed", _of_files(table)) for table in joined if table.files]
        if self._is_renamed:
            sentences.append(("Changed", f"the data set is called {self.new_name}, and was called {self.old_name}"))
        headings = ("Added", "Changed", "Removed")
        yield from sorted(sentences, key=lambda sentence: headings.index(sentence[0]))

    def summary(self) -> str:
        """All changes in one line."""
        return "; ".join(sentence for _, sentence in self.sentences()) or "nothing changed"

    def to_dict(self) -> dict[str, Any]:
        """The changes as JSON-ready fields: those of the pairs at the top, and of every table under `tables`."""
        pairs, *joined = self.tables
        told = pairs.to_dict()
        aspects = {aspect.name: told["values"].get(aspect.name, []) for aspect in pairs.table.aspects}
        return {
            "old": self.old,
            "new": self.new,
            "old_name": self.old_name,
            "new_name": self.new_name,
            "added": told["added"],
            "removed": told["removed"],
            **aspects,
            **{table.table.name: table.files for table in joined},
            **{name: told[name] for name in ("columns_added", "columns_removed", "columns_changed")},
            "bump": self.bump.name.lower(),
            "tables": {table.table.name: table.to_dict() for table in self.tables},
        }

    @property
    def _is_renamed(self) -> bool:
        return self.old_name != self.new_name


def _of_pairs(changes: TableChanges) -> Iterator[tuple[str, str]]:
    for heading, found, words, of_rows in changes.details():
        if found:
            yield heading, _sentence(found, "pair" if of_rows else "column", words, named=not of_rows)


def _of_files(changes: TableChanges) -> str:
    """What changed of a table that joins to the pairs, in a sentence that begins with its files."""
    details = [
        _sentence(found, "row" if of_rows else "column", words, named=not of_rows)
        for _, found, words, of_rows in changes.details()
        if found
    ]
    files = f"{count(len(changes.files), 'file')} of {changes.table.name} ({', '.join(changes.files)})"
    return f"{files}: {', '.join(details)}" if details else files


def _sentence(found: list[Any], what: str, words: str, *, named: bool) -> str:
    return f"{count(len(found), what)} {words}" + (f" ({', '.join(found)})" if named else "")


def _plain(key: Key) -> str | list[str]:
    return key[0] if len(key) == 1 else list(key)
