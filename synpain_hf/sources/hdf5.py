"""HDF5 files that anybody may have written: whole columns and single rows of them, within limits.

A file may name others (links, external storage, virtual data sets), have types that a reader would have to make objects
of, filters that would be loaded as a plug-in, and chunks that inflate to any size. None of these is followed, made,
loaded or inflated: chunks are taken as they are stored, and inflated here to the size that they should have.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import deflate
import numpy as np
import numpy.typing as npt

from synpain_hf.errors import MissingExtraError
from synpain_hf.text.plurals import count

if TYPE_CHECKING:
    import h5py

Array = npt.NDArray[Any]

SUFFIXES = (".hdf5", ".h5")
SIGNATURE = b"\x89HDF\r\n\x1a\n"

MOST_HELD = 256 * 2**20
"""Most bytes of a column that are held at a time: a chunk of rows, or one that is read as a whole."""

DAMAGED = (OSError, RuntimeError, ValueError, TypeError, LookupError, NotImplementedError, MemoryError)
"""What h5py raises over a damaged file."""

_AGAIN = "write the file again"
_GZIP, _SHUFFLE, _FLETCHER32 = 1, 2, 3
_CHECKED = frozenset((_GZIP, _FLETCHER32))
_FILTERS = {_GZIP: "gzip", _SHUFFLE: "shuffle", _FLETCHER32: "fletcher32"}
_CHECKSUM_BYTES, _MODULUS = 4, 2**16 - 1
_LONGEST_SHOWN = 200
_MOST_NAMES = 1000
_MOST_CHUNKS = 10_000
_LONGEST_TEXT = 1000
_WORDS_AT_A_TIME = 2**16


def is_hdf5(path: Path) -> bool:
    """Whether a file is called and begins as HDF5."""
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def open_hdf5(path: Path) -> h5py.File:
    """Open a file to be read.

    Raises:
        MissingExtraError: If h5py is not installed.
        ValueError: If it cannot be read; cause, then remedy.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError(
            f"{path.name} is HDF5, which h5py reads, and it cannot be loaded ({error}); "
            "run `pip install 'synpain-hf[hdf5]'`"
        ) from error
    try:
        return h5py.File(path, "r", locking=False)
    except DAMAGED as error:
        raise ValueError(f"cannot be read ({told(error)}); fetch it again") from error


def names_in(file: h5py.File, group: str = "") -> list[str]:
    """What the columns and groups of a file, or in a group of it, are called.

    Raises:
        ValueError: If they cannot be read, or are very many; cause, then remedy.
    """
    try:
        if group:
            _check_links(file, group)
        names = [str(name) for name in itertools.islice(file[group or "/"], _MOST_NAMES + 1)]
    except DAMAGED as error:
        raise ValueError(f"cannot be read ({told(error)}); {_AGAIN}") from error
    if len(names) > _MOST_NAMES:
        raise ValueError(f"has more than {_MOST_NAMES:,} columns; leave out those that are not needed")
    return names


def told(error: Exception) -> str:
    """An error of h5py in a line."""
    return " ".join(str(error).split())[:_LONGEST_SHOWN] or type(error).__name__


class Column:
    """A column of a file: a data set of numbers or texts, one or more to a row.

    Args:
        file: The file, open.
        name: The column.
        kinds: What it may hold, as NumPy's kinds: `iuf` for numbers, `S` for texts.
        dimensions: How many dimensions it may have.

    Raises:
        ValueError: If it is anything else, or is stored in a way that is not read; cause, then remedy.
    """

    def __init__(self, file: h5py.File, name: str, kinds: str, dimensions: range) -> None:
        self._name, self._stored = name, _data_set(file, name)
        try:
            self.shape: tuple[int, ...] = self._stored.shape
            self.dtype: np.dtype[Any] = self._stored.dtype
            self._chunks: tuple[int, ...] = self._stored.chunks or ()
            self._filters = _filters_of(self._stored)
            self._check(kinds, dimensions)
        except DAMAGED as error:
            raise ValueError(f"has a column {name} that {told(error)}") from error
        self._block: tuple[int, Array] | None = None

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.shape[0]

    @property
    def is_text(self) -> bool:
        """Whether it holds texts."""
        import h5py

        return self.dtype.kind == "S" or h5py.check_string_dtype(self.dtype) is not None

    @property
    def is_checked(self) -> bool:
        """Whether damage shows when it is read: its chunks end with checksums."""
        return bool(self._chunks) and not _CHECKED.isdisjoint(self._filters)

    def row(self, number: int) -> Array:
        """A row.

        Raises:
            ValueError: If it cannot be read.
        """
        try:
            found: Array = self._in_chunks(number) if self._chunks else self._stored[number]
        except DAMAGED as error:
            raise ValueError(f"cannot be read from {self._name} ({told(error)}); {_AGAIN}") from error
        return found

    def numbers(self) -> Array:
        """All rows of a column of numbers.

        Raises:
            ValueError: If they cannot be read, or are very many.
        """
        if self._row_bytes * self.rows > MOST_HELD:
            raise ValueError(f"has a column {self._name} of more than the {MOST_HELD:,} bytes that are read; divide it")
        try:
            if not self._chunks:
                found: Array = self._stored[()]
                return found
            blocks = [self._chunks_in(start) for start in range(0, self.rows, self._chunks[0])]
        except DAMAGED as error:
            raise ValueError(f"has a column {self._name} that cannot be read ({told(error)}); {_AGAIN}") from error
        return np.concatenate(blocks) if blocks else np.empty(self.shape, self.dtype)

    def texts(self) -> Iterator[str]:
        """The texts of a column of texts.

        Raises:
            ValueError: If they cannot be read, or are no UTF-8.
        """
        try:
            if self._chunks:
                for start in range(0, self.rows, self._chunks[0]):
                    self._chunk((start,))  # the library would inflate it to whatever size it has
            size = self._stored.file.id.get_filesize()
            at_a_time = max(1, MOST_HELD // max(size, self._row_bytes))  # a text may be as long as the file
            for start in range(0, self.rows, at_a_time):
                for text in self._stored[start : start + at_a_time]:
                    if len(text) > _LONGEST_TEXT:
                        raise ValueError(f"a text has {len(text):,} bytes")
                    yield text.rstrip(b"\0").decode("utf-8")
        except DAMAGED as error:
            raise ValueError(f"has a column {self._name} that cannot be read ({told(error)}); {_AGAIN}") from error

    @property
    def _row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self._item_bytes

    @property
    def _steps(self) -> list[range]:
        """Where its chunks begin, in every dimension but that of rows."""
        return [range(0, size, step) for size, step in zip(self.shape[1:], self._chunks[1:], strict=False)]

    @property
    def _item_bytes(self) -> int:
        """Bytes of an item as it is stored."""
        return int(self._stored.id.get_type().get_size())

    def _check(self, kinds: str, dimensions: range) -> None:
        import h5py

        if ("S" if self.is_text else self.dtype.kind) not in kinds:
            raise ValueError(f"holds {self.dtype} instead of {'texts' if kinds == 'S' else 'numbers'}; {_AGAIN}")
        if not self.is_text and not self._stored.id.get_type().equal(h5py.h5t.py_create(self.dtype)):
            raise ValueError(f"holds numbers that are not stored as {self.dtype}; {_AGAIN}")
        if len(self.shape) not in dimensions:
            raise ValueError(f"has the shape {self.shape}; {_AGAIN}")
        if not all(self.shape[1:]):
            raise ValueError(f"has empty rows; {_AGAIN}")
        if self.is_text and self.dtype.itemsize > _LONGEST_TEXT:
            raise ValueError(f"has texts of {self.dtype.itemsize:,} bytes; write shorter ones")
        rows = self._chunks[0] if self._chunks else 1
        if self._row_bytes * rows > MOST_HELD:
            more = f"more than the {MOST_HELD:,} bytes that are read at a time"
            raise ValueError(f"is stored in chunks of {count(rows, 'row')}, {more}; write it with chunks of one row")
        chunks = math.prod(map(len, self._steps))
        if chunks > _MOST_CHUNKS:
            raise ValueError(f"is stored in {chunks:,} chunks a row; write it with chunks of one row")
        if not self._chunks and self._stored.id.get_storage_size() < self.rows * self._row_bytes:
            raise ValueError(f"is not stored whole; {_AGAIN}")

    def _in_chunks(self, number: int) -> Array:
        """A row; that of the same chunks as the last one is not read again."""
        block, at = divmod(number, self._chunks[0])
        if self._block is None or self._block[0] != block:
            self._block = None  # before the next one is made: only one is held
            self._block = block, self._chunks_in(block * self._chunks[0])
        found: Array = self._block[1][at]
        return found

    def _chunks_in(self, start: int) -> Array:
        """The rows of the chunks that begin with a row."""
        rows = min(self._chunks[0], self.rows - start)
        block = np.empty((rows, *self.shape[1:]), self.dtype)
        for at in itertools.product(*self._steps):
            chunk = np.frombuffer(self._chunk((start, *at)), self.dtype).reshape(self._chunks)
            covered = [slice(first, first + step) for first, step in zip((0, *at), self._chunks, strict=True)]
            place = block[tuple(covered)]
            place[...] = chunk[tuple(map(slice, place.shape))]
        return block

    def _chunk(self, offset: tuple[int, ...]) -> bytes:
        """A chunk with its filters undone."""
        size = math.prod(self._chunks) * self._item_bytes
        known = self._stored.id.get_chunk_info_by_coord(offset)
        if known.byte_offset is None:
            raise ValueError("a chunk is missing")
        if known.size > size + size // 8 + 2**16:
            raise ValueError(f"a chunk of {size:,} bytes is stored as {known.size:,}")
        mask, stored = self._stored.id.read_direct_chunk(offset)
        data = bytes(stored)
        for number, kind in reversed(list(enumerate(self._filters))):
            if not mask >> number & 1:
                before = [one for at, one in enumerate(self._filters[:number]) if not mask >> at & 1]
                data = _undone(kind, data, size + _CHECKSUM_BYTES * before.count(_FLETCHER32), self._item_bytes)
        if len(data) != size:
            raise ValueError(f"a chunk has {len(data):,} bytes, not {size:,}")
        return data


def _data_set(file: h5py.File, name: str) -> h5py.Dataset:
    """A data set that stands in the file itself."""
    import h5py

    try:
        _check_links(file, name)
        found = file[name]
        if not isinstance(found, h5py.Dataset):
            raise ValueError(f"is a group; {_AGAIN}")  # noqa: TRY004 - a fault of the file, not of the code
        if found.is_virtual or found.external:
            raise ValueError("is kept in other files, which are not read; put the column itself there")
    except DAMAGED as error:
        raise ValueError(f"has a column {name} that {told(error)}") from error
    return found


def _check_links(file: h5py.File, name: str) -> None:
    """Refuse a name that leads through links, in or out of the file, or nowhere."""
    import h5py

    parts = name.split("/")
    for place in ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1)):
        if not file.id.links.exists(place.encode()):  # unlike `in`, it looks at the link alone
            raise ValueError("is not there; add it")
        if file.id.links.get_info(place.encode()).type != h5py.h5l.TYPE_HARD:
            raise ValueError("is a link, which is not followed; put the column itself there")


def _filters_of(stored: h5py.Dataset) -> list[int]:
    """The filters that its chunks went through, in their order."""
    plan = stored.id.get_create_plist()
    found = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    if not _FILTERS.keys() >= set(found):
        known = ", ".join(_FILTERS.values())
        raise ValueError(f"is compressed otherwise than with {known}; write it with one of these, or uncompressed")
    return found


def _undone(kind: int, data: bytes, size: int, item_bytes: int) -> bytes:
    """What a filter was given.

    Args:
        kind: The filter.
        data: What it made.
        size: How many bytes it was given.
        item_bytes: Bytes of an item.
    """
    if kind == _GZIP:
        try:
            inflated: bytes = bytes(deflate.zlib_decompress(data, size))
        except deflate.DeflateError as error:
            raise ValueError("a chunk cannot be inflated") from error
        return inflated
    if kind == _SHUFFLE:
        whole = len(data) // item_bytes * item_bytes
        return bytes(np.frombuffer(data, np.uint8, whole).reshape(item_bytes, -1).T.tobytes() + data[whole:])
    content, told_sum = data[:-_CHECKSUM_BYTES], int.from_bytes(data[-_CHECKSUM_BYTES:], "little")
    if [part % _MODULUS for part in divmod(told_sum, 2**16)] != _fletcher32(content):
        raise ValueError("a chunk has a wrong checksum")
    return content


def _fletcher32(data: bytes) -> list[int]:
    """The second and the first sum of Fletcher's checksum over words of 16 bits, as HDF5 computes it."""
    words = np.frombuffer(data + b"\0" * (len(data) % 2), ">u2")
    first = second = 0
    for start in range(0, len(words), _WORDS_AT_A_TIME):
        some = words[start : start + _WORDS_AT_A_TIME].astype(np.int64)
        weights = np.arange(len(words) - start, len(words) - start - len(some), -1) % _MODULUS
        first, second = first + int(some.sum()), second + int((some * weights).sum())
    return [second % _MODULUS, first % _MODULUS]
