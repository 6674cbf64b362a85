"""Pictures in a Parquet file, as `datasets` and the Hub write them: in columns of `{bytes, path}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.pair import Archives, Picture
from synpain_hf.sources.checksums import Published
from synpain_hf.sources.embedded import EmbeddedSource, Line, name_of
from synpain_hf.sources.paths import real, stamp_of
from synpain_hf.sources.wording import Wording
from synpain_hf.tabular import parquet
from synpain_hf.tabular.given import GivenFile

_BUFFER = 2**20
_ROWS_AT_A_TIME = 2**10


@dataclass(frozen=True)
class ParquetPicture:
    """A picture in a Parquet file.

    Attributes:
        name: The name that stands beside it.
        path: The file.
        column: Its column.
        group: Its row group.
        row: Its row there.
        is_verified: Whether the file was compared with its digest.
    """

    name: str
    path: Path
    column: str
    group: int
    row: int
    is_verified: bool

    def stamp(self) -> object:
        """The size of its file, and when it was changed; None where it is gone: reading it will say so."""
        return stamp_of(self.path)

    def read(self, archives: Archives) -> bytes:  # noqa: ARG002 - in no archive
        """Its bytes; of the rows before it, one is in the memory at a time."""
        try:
            with pq.ParquetFile(self.path, buffer_size=_BUFFER) as table:
                batches = table.iter_batches(1, row_groups=[self.group], columns=[self.column])
                batch = next(batch for number, batch in enumerate(batches) if number == self.row)
                content = batch[self.column][0]["bytes"]
        except (pa.ArrowException, OSError, StopIteration) as error:
            raise PictureError(f"cannot be read from {self.path.name} ({error}); write the file again") from error
        if not content.is_valid:
            raise PictureError(f"has no bytes in {self.path.name}; write the pictures themselves into it")
        if len(content.as_buffer()) > MAX_BYTES:
            raise PictureError(f"has more than the {MAX_BYTES:,} bytes that are read; scale it down")
        found: bytes = content.as_py()
        return found


def open_pictures(path: Path, wording: Wording) -> EmbeddedSource | None:
    """The pairs of a Parquet file that holds their pictures; None where it holds none.

    Raises:
        BadInputError: If it cannot be read, lacks a column, or has an unknown one, or does not fit its digest.
    """
    file = GivenFile(path, path.name)
    with file.being_read(), parquet.opened(file) as table:
        schema, metadata = table.schema_arrow, table.metadata
    columns = [name for name in schema.names if _holds_pictures(schema.field(schema.get_field_index(name)).type)]
    if not columns:
        return None
    if parquet.compresses_too_much(metadata, columns):
        raise file.refusal(f"compresses its pictures more than {parquet.MOST_TIMES} times; write it uncompressed")
    is_verified = bool(Published.beside(path).of(path.name, real(path)))
    return EmbeddedSource(path.name, schema.names, _lines(file, schema, columns, is_verified=is_verified), wording)


def _holds_pictures(kind: pa.DataType) -> bool:
    fields = [kind.field(number).name for number in range(kind.num_fields)] if pa.types.is_struct(kind) else []
    return "bytes" in fields and "path" in fields


def _lines(file: GivenFile, schema: pa.Schema, columns: list[str], *, is_verified: bool) -> Iterator[Line]:
    others = [name for name in schema.names if name not in columns]
    classes = parquet.class_names(schema)
    path, number = real(file.path), 0
    with file.being_read(), parquet.opened(file) as table:
        for group in range(table.num_row_groups):
            wanted = [*others, *(f"{column}.path" for column in columns)]
            row = 0
            for batch in table.iter_batches(_ROWS_AT_A_TIME, row_groups=[group], columns=wanted):
                values = {name: parquet.listed(file, name, batch[name]) for name in (*others, *columns)}
                for at in range(len(batch)):
                    pictures: dict[str, Picture] = {
                        name: ParquetPicture(
                            name_of((values[name][at] or {}).get("path"), number, name),
                            path,
                            name,
                            group,
                            row,
                            is_verified,
                        )
                        for name in columns
                    }
                    number += 1
                    row += 1
                    yield Line(
                        f"{file.name}:{number}",
                        {name: _word(classes.get(name), values[name][at]) for name in others},
                        pictures,
                    )


def _word(classes: list[str] | None, value: Any) -> Any:
    """A value; of a ClassLabel, the name of the class."""
    return classes[value] if classes and isinstance(value, int) and 0 <= value < len(classes) else value
