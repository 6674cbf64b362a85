"""A release on disk: opening it, checking it against its `release.json`, and summing it up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.configurations import Partition
from synpain_hf.errors import PictureError, ReleaseError
from synpain_hf.release import tables
from synpain_hf.release.layout import MANIFEST, REAL, TITLES, FileRecord, fits, is_of_the_card
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.features import features_of_schema, united, with_columns_of
from synpain_hf.release.tables.table import Table
from synpain_hf.schemas import strict_json, violations
from synpain_hf.storage import refuse_undecodable

if TYPE_CHECKING:
    from datasets import Features

WRITE_CARD = "write its card again with `synpain-hf card`"
"""What to do where only files of the card are missing or changed."""


@dataclass(frozen=True)
class Release:
    """A complete release directory.

    Attributes:
        folder: The directory.
        manifest: Its `release.json`.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, folder: str | Path, *, card_may_lack: bool = False) -> Release:
        """Open a release; its files are not read.

        Args:
            folder: The directory.
            card_may_lack: Whether files of the card may be missing, because it will be checked or written again.

        Raises:
            ReleaseError: If it has no valid `release.json`, or lacks a file.
        """
        release = cls.described_in(Path(folder).expanduser())
        lost = [name for name in release.files if not (release.folder / name).is_file()]
        only_card = all(map(is_of_the_card, lost))
        if lost and not (card_may_lack and only_card):
            remedy = WRITE_CARD if only_card else "build or download the release again"
            raise ReleaseError(f"{folder} lacks {', '.join(lost)}; {remedy}")
        return release

    @classmethod
    def described_in(cls, folder: Path) -> Release:
        """Read a `release.json`; its files may be elsewhere, or in another form.

        Raises:
            ReleaseError: If it is missing or not valid.
            UsageError: If the folder's name is not UTF-8 text.
        """
        refuse_undecodable(folder)
        path = folder / MANIFEST
        if not path.is_file():
            raise ReleaseError(f"{folder} is not a release (it has no {MANIFEST}); give a folder that `build` wrote")
        try:
            manifest = strict_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{path} cannot be read ({error}); build or download the release again") from error
        wrong = violations("release", manifest) if isinstance(manifest, dict) else ["it is not a JSON object"]
        if wrong:
            raise ReleaseError(f"{path} is not valid ({'; '.join(wrong)}); build or download the release again")
        release = cls(folder, manifest)
        try:
            partitions = release.partitions
        except ValueError as error:
            raise ReleaseError(f"{error}; build or download the release again") from error
        if not partitions:
            raise ReleaseError(f"{path} names no file in {base_table().folder}; build or download the release again")
        return release

    @property
    def name(self) -> str:
        """What the data set is called."""
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        """`X.Y.Z`."""
        return str(self.manifest["version"])

    @property
    def title(self) -> str:
        """What it holds, in a few words."""
        return TITLES[self.manifest["source"]["kind"]]

    @property
    def shows_people(self) -> bool:
        """Whether it is of pictures of people, or may be; also with expressions that are not theirs.

        Faces that were drawn by what has learned from people count, too.
        """
        source = self.manifest["source"]
        transfer = source.get("transfer")
        if source["kind"] in REAL or transfer is None:
            return source["kind"] in REAL
        made_of = [transfer["drivers"], *([transfer["learned_from"]] if "learned_from" in transfer else [])]
        return transfer["identities_are"] == "consented" or any(one["shows_people"] for one in made_of)

    @property
    def files(self) -> Mapping[str, FileRecord]:
        """Every file but `release.json`, by its place."""
        files: Mapping[str, FileRecord] = self.manifest["files"]
        return files

    @property
    def kept(self) -> Mapping[str, str]:
        """The type of each column that it keeps of its source."""
        kept: Mapping[str, str] = self.manifest.get("kept", {})
        return kept

    @property
    def given(self) -> Sequence[str]:
        """The optional columns that its pairs have."""
        given: Sequence[str] = self.manifest.get("columns", ())
        return given

    def columns_of(self, table: Table) -> Features:
        """The columns of a table, as `release.json` says; a table whose files differ in theirs may have others."""
        return table.columns(self.kept, self.given)

    @property
    def partitions(self) -> list[Partition]:
        """The partitions that hold its pairs, sorted."""
        return sorted(map(Partition.of, self.files_of(base_table())))

    def files_of(self, table: Table) -> list[str]:
        """The files of a table, sorted."""
        return sorted(name for name in self.files if table.owns(name))

    def rows_in(self, files: Sequence[str]) -> int:
        """How many rows some files of tables hold."""
        return sum(self.files[file]["rows"] for file in files)

    def splits(self, configuration: str) -> dict[str, list[str]]:
        """The files of each split of a configuration, in the order of its rows; splits without rows are left out."""
        table = tables.table_with(configuration)
        return {} if table is None else table.splits(configuration, self.files_of(table))

    def configurations(self) -> dict[str, dict[str, int]]:
        """How many rows each split of each configuration has, where it has any."""
        return {
            name: {split: self.rows_in(files) for split, files in splits.items()}
            for name in tables.configurations()
            if (splits := self.splits(name))
        }

    def content_of(self, table: Table) -> str:
        """A digest that changes with the rows of a table; empty where the release has no file of it."""
        if table.content_field:
            return str(self.manifest[table.content_field])
        digests = [self.files[file]["sha256"] for file in self.files_of(table)]
        return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()

    def features_in(self, file: str) -> Features:
        """The columns of a file of a table.

        Raises:
            ReleaseError: If the file is damaged.
        """
        path = self.folder / file
        with undamaged(path):
            return features_of_schema(pq.read_schema(path))

    def features_of(self, table: Table) -> Features:
        """The columns that the files of a table have together.

        Raises:
            ReleaseError: If a file is damaged, or two files have columns of one name that do not fit together.
        """
        return united({file: self.features_in(file) for file in self.files_of(table)})

    def read(self, file: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a file of a table; only the named columns are read.

        Raises:
            ReleaseError: If the file is damaged.
        """
        path = self.folder / file
        with undamaged(path):
            return pq.read_table(path, columns=None if columns is None else list(columns))

    def text_of(self, name: str) -> str:
        """The text of a file.

        Raises:
            ReleaseError: If it is not UTF-8 text, or a link that leads out of the release.
        """
        self.check_link(name)
        with undamaged(self.folder / name):
            return (self.folder / name).read_text(encoding="utf-8")

    def check_link(self, name: str) -> None:
        """Refuse a file that is a link, unless it leads to what `release.json` describes, as in the Hub's cache.

        Otherwise a release could take in any file of the machine that it is copied to.

        Raises:
            ReleaseError: If it leads elsewhere.
        """
        path = self.folder / name
        is_link = path.resolve() != self.folder.resolve() / name
        if is_link and not (name in self.files and fits(path, self.files[name])):
            raise ReleaseError(
                f"{path} is a link to a file that is not part of the release; replace it with the file itself"
            )

    def rows_of(self, table: Table) -> pa.Table:
        """Every row of a table; null where its file lacks a column that another has.

        Raises:
            ReleaseError: If a file is damaged, or two files have columns of one name that do not fit together.
        """
        features = self.features_of(table)
        return pa.concat_tables(with_columns_of(self.read(file), features) for file in self.files_of(table))


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """Raise `ReleaseError` where a release's file turns out to be damaged while it is read."""
    try:
        yield
    except (pa.ArrowException, PictureError, OSError, UnicodeDecodeError) as error:
        raise ReleaseError(f"{path} is damaged ({error}); build or download the release again") from error


def dump(document: Mapping[str, Any], write: Callable[[str], Any]) -> None:
    """Write a JSON document as people read it: indented, sorted, with a newline at its end."""
    write(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
