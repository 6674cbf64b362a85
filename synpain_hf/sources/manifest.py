"""A manifest of your own: a table with one line per pair, and the pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from synpain_hf.sources.transferred import Transferred
from synpain_hf.sources.wording import Wording
from synpain_hf.tabular.forms import form_of
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import read_rows

MANIFEST_SUFFIXES = frozenset((".csv", ".tsv", ".txt", ".jsonl", ".json", ".parquet"))


class ManifestSource:
    """Pairs listed in a table of text or Parquet.

    The columns are the properties of `schemas/pair.schema.json`; labels may be spelled in any way that the vocabulary
    knows. Picture paths are relative to the manifest's folder and stay inside it. What `transfer` has written beside it
    is taken over.

    Args:
        path: The manifest.
        wording: How it is written, where that is not as the schema says.
        within: The folder that holds it, as names in messages and in the release begin; empty, or with `/` at its end.

    Raises:
        BadInputError: If it cannot be read as a table, or lacks a column, or has an unknown one, or it does not fit its
            digest in a list beside it, or what `transfer` has written beside it is damaged.
    """

    folds_file = None

    def __init__(self, path: Path, wording: Wording | None = None, within: str = "") -> None:
        self._within = within
        self._paths = FolderPaths(path.parent)
        self._published = Published.beside(path)
        self._transferred = Transferred.beside(path)
        wording = wording or Wording()

        name = within + path.name

        def accept(columns: Sequence[str]) -> None:
            check_columns(name, columns, wording)

        wanted = properties("pair")[0] | wording.names()
        file = GivenFile(path, name)
        rows = [(f"{name}:{number}", row) for number, row in read_rows(file, wanted, accept)]
        kept = kept_of(name, rows, wording, as_texts=bool(rows) and form_of(file) == "delimited")
        self._entries = [
            self._with_annotations(entry_of(where, row, wording, self._picture, columns))
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
        notes = self._transferred and self._transferred.notes
        return {"kind": "manifest", **({"transfer": notes} if notes else {})}

    def _with_annotations(self, entry: Pair | Problem) -> Pair | Problem:
        if self._transferred is None or isinstance(entry, Problem):
            return entry
        return replace(entry, annotations=self._transferred.annotations.get(entry.pair_id, ()))

    def _picture(self, column: str, given: Any) -> Picture:
        name = f"{column} {shortened(repr(given))}"
        try:
            found = self._paths.find(given)
            digests = self._published.of(found.name, found.path)
            return StoredPicture(self._within + found.name, str(found.path), "", found.path.stat().st_size, digests)
        except NotThereError as error:
            is_likely = PurePosixPath(error.near).stem == PurePosixPath(given).stem  # others have similar names too
            meant = f" (did you mean {error.near!r}?)" if is_likely else ""
            raise AbsentError(f"{name} {error}", f"{shortened(repr(given))}{meant}") from error
        except ValueError as error:
            raise ValueError(f"{name} {error}") from error
        except OSError as error:
            raise ValueError(f"{name} cannot be read ({error.strerror}); correct the name") from error


class SplitFolders:
    """An image folder with a table in each of its folders, such as `train/metadata.csv` and `test/metadata.csv`.

    The folders are not taken for folds, since they say nothing of who is in them.

    Args:
        folder: The folder above them.
        paths: The tables.
        wording: How they are written, where that is not as the schema says.

    Raises:
        BadInputError: If one of them cannot be read as a manifest.
    """

    folds_file = None

    def __init__(self, folder: Path, paths: Sequence[Path], wording: Wording) -> None:
        self._sources = [
            ManifestSource(path, wording, f"{path.parent.relative_to(folder).as_posix()}/") for path in paths
        ]

    def __len__(self) -> int:
        """Number of lines of all tables."""
        return sum(map(len, self._sources))

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each line, or why it is not one."""
        for source in self._sources:
            yield from source

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "manifest"}
