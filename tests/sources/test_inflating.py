from __future__ import annotations

import io
import lzma
import os
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from synpain_hf.errors import PictureError
from synpain_hf.sources.inflating import read_member

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "LZMA": zipfile.ZIP_LZMA,
}
MOST = 2**26
NAME = "Images/a.png"


def written(content: bytes, method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(NAME, content)
    return file.getvalue()


def opened(path: Path, content: bytes) -> zipfile.ZipFile:
    path.write_bytes(content)
    return zipfile.ZipFile(path)


def belittled(data: bytes, claim: int) -> bytes:
    """The same archive, whose headers say that its one member is smaller."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", changed, data.rindex(mark) + offset, claim)
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("content", [b"", b"a", os.urandom(3_000_000), b"a line of some text\n" * 3_000])
def test_a_member_is_read_whatever_its_method(tmp_path: Path, method: str, content: bytes) -> None:
    with opened(tmp_path / "a.zip", written(content, METHODS[method])) as archive:
        assert read_member(archive, NAME, MOST) == content


@pytest.mark.slow
@pytest.mark.parametrize("claim", [1000, None, 2**31])
@pytest.mark.parametrize("method", ["deflate", "bzip2", "LZMA"])
def test_a_small_member_never_fills_the_memory_whatever_it_says_of_its_size(
    tmp_path: Path, method: str, claim: int | None
) -> None:
    data = written(bytes(40_000_000), METHODS[method])
    with opened(tmp_path / "a.zip", data if claim is None else belittled(data, claim)) as archive:
        tracemalloc.start()
        try:
            with pytest.raises((PictureError, zipfile.BadZipFile)):
                read_member(archive, NAME, MOST)
            assert tracemalloc.get_traced_memory()[1] < 12_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_no_member_is_larger_than_the_most_that_is_read(tmp_path: Path, method: str) -> None:
    with (
        opened(tmp_path / "a.zip", written(os.urandom(5_000_000), METHODS[method])) as archive,
        pytest.raises(PictureError, match="holds more than 1,000,000 bytes once it is decompressed; remove it"),
    ):
        read_member(archive, NAME, 1_000_000)


@pytest.mark.parametrize("method", METHODS)
def test_a_damaged_member_is_never_given(tmp_path: Path, method: str) -> None:
    content = os.urandom(200)
    data = written(content, METHODS[method])
    start, stop = data.index(NAME.encode()) + len(NAME), data.index(b"PK\x01\x02")
    for place in range(start, stop):
        damaged = bytearray(data)
        damaged[place] ^= 1 << place % 8
        with opened(tmp_path / "a.zip", bytes(damaged)) as archive:
            try:
                found = read_member(archive, NAME, MOST)
            except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, struct.error):
                continue
            assert found == content


def test_a_dictionary_of_lzma_is_no_larger_than_the_content(tmp_path: Path) -> None:
    data = bytearray(written(b"a" * 1000, zipfile.ZIP_LZMA))
    properties = data.index(NAME.encode()) + len(NAME)
    data[properties + 5 : properties + 9] = b"\xff\xff\xff\xff"
    with opened(tmp_path / "a.zip", bytes(data)) as archive:
        assert read_member(archive, NAME, MOST) == b"a" * 1000
