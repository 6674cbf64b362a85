"""A manifest of your own: a table with one line per pair, and the pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from synpain_hf.errors import Problem
from synpain_hf.pair import Pair, Picture
from synpain_hf.schemas import properties
from synpain_hf.sources.checksums import Published
from synpain_hf.sources.entries import AbsentError, check_columns, entry_of, shortened
from synpain_hf.sources.files import StoredPicture
from synpain_hf.sources.kept import kept_of
from synpain_hf.sources.paths import FolderPaths, NotThereError
from synpain_hf.sources.wording import Wording
from synpain_hf.tabular.forms import form_of
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import read_rows

MANIFEST_SUFFIXES = frozenset((".csv", ".tsv", ".txt", ".jsonl", ".json", ".parquet"))


class ManifestSource:
    """Pairs listed in a table of text or Parquet.

    The columns are the properties of `schemas/pair.schema.json`; labels may be spelled in any way that the vocabulary
    knows. Picture paths are relative to the manifest's folder and stay inside it.

    Args:
        path: The manifest.
        wording: How it is written, where that is not as the schema says.

    Raises:
        BadInputError: If it cannot be read as a table, or lacks a column, or has an unknown one, or it does not fit its
            digest in a list beside it.
    """

    folds_file = None

    def __init__(self, path: Path, wording: Wording | None = None) -> None:
        self._paths = FolderPaths(path.parent)
        self._published = Published.beside(path)
        wording = wording or Wording()

        def accept(columns: Sequence[str]) -> None:
            check_columns(path.name, columns, wording)

        wanted = properties("pair")[0] | wording.names()
        file = GivenFile(path, path.name)
        rows = [(f"{path.name}:{number}", row) for number, row in read_rows(file, wanted, accept)]
        kept = kept_of(path.name, rows, wording, as_texts=bool(rows) and form_of(file) == "delimited")
        self._entries = [
            entry_of(where, row, wording, self._picture, columns)
            for (where, row), columns in zip(rows, kept, strict=True)
        ]

    def __len__(self) -> int:
        """Number of lines."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each line, or why it is not one."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "manifest"}

    def _picture(self, column: str, given: Any) -> Picture:
        name = f"{column} {shortened(repr(given))}"
        try:
            found = self._paths.find(given)
            digests = self._published.of(found.name, found.path)
            return StoredPicture(found.name, found.path, "", found.path.stat().st_size, digests)
        except NotThereError as error:
            is_likely = PurePosixPath(error.near).stem == PurePosixPath(given).stem  # others have similar names too
            meant = f" (did you mean {error.near!r}?)" if is_likely else ""
            raise AbsentError(f"{name} {error}", f"{shortened(repr(given))}{meant}") from error
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
        except OSError as error:
            raise ValueError(f"{name} cannot be read ({error.strerror}); correct the name") from error
