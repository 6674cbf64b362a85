"""The changes to a finished release, collected in a separate folder before any of them is made."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.release import tables
from synpain_hf.release.layout import CHANGELOG, MANIFEST, REJECTED, FileRecord, record_of
from synpain_hf.release.release import Release
from synpain_hf.storage import refuse_link
from synpain_hf.text.suggestions import did_you_mean

Content = bytes | Path | Callable[[Path], object]
"""The content of a file: bytes, another file, or a function that writes the file at the path it is given."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*", re.ASCII)


@dataclass
class Amendment:
    """A release that is being amended.

    Attributes:
        release: The release as it is.
        folder: An empty folder. Every file that is written here, at its place in a release, is added to the release, or
            replaces the one that is there.
        removed: The names of files to take out of the release, unless another takes their place.
    """

    release: Release
    folder: Path
    removed: set[str] = field(default_factory=set)

    def add(self, name: str, content: Content) -> None:
        """Add a file, or replace it.

        Args:
            name: Its place in the release, with slashes.
            content: Its content.

        Raises:
            UsageError: If a file of this name has no place in a release, or `content` is a path without a file.
        """
        _check_name(name)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif not isinstance(content, Path):
            content(path)
        elif content.is_file():
            shutil.copyfile(content, path)
        else:
            raise UsageError(f"{content} is not a file, so it cannot become {name}; give another")

    def remove(self, name: str) -> None:
        """Take a file out of the release.

        Args:
            name: Its place in the release.

        Raises:
            UsageError: If the release has no such file.
        """
        _check_name(name)
        if name not in self.release.files:
            near = did_you_mean(name, self.release.files)
            raise UsageError(f"{name} is not in release {self.release.version}{near}; name a file that is")
        self.removed.add(name)

    def records(self) -> dict[str, FileRecord]:
        """What `release.json` will say of every file added.

        Raises:
            UsageError: If one has no place in a release, or is not what its name says.
            BadInputError: If one does not have the columns of its table.
            OutputError: If a link is among them.
        """
        return {name: self._record_of(name) for name in sorted(self._added())}

    def _added(self) -> Iterator[str]:
        for path in self.folder.rglob("*"):
            refuse_link(path)
            if not path.is_dir():
                yield path.relative_to(self.folder).as_posix()

    def _record_of(self, name: str) -> FileRecord:
        from datasets import Features

        _check_name(name)
        path = self.folder / name
        record = record_of(path)
        table = tables.table_of(name)
        if table is not None:
            try:
                parquet = pq.read_metadata(path)
            except pa.ArrowException as error:
                raise UsageError(f"{name} is not a Parquet file ({error}); write it again") from error
            record["rows"] = parquet.num_rows
            misfits = list(table.misfits(Features.from_arrow_schema(parquet.schema.to_arrow_schema())))
            if misfits:
                raise BadInputError(Problem(name, reason) for reason in misfits)
        return record


def _check_name(name: str) -> None:
    if name in (CHANGELOG, MANIFEST):
        raise UsageError(f"{name} is written when a release is amended; leave it out")
    if not _NAME.fullmatch(name) or not tables.has_place(name):
        folders = ", ".join(f"{table.folder}/" for table in tables.TABLES)
        raise UsageError(
            f"{name!r} has no place in a release; give a Parquet file of a table ({folders}), {REJECTED} or a file of "
            "the card"
        )
