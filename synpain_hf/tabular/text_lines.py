"""Lines of a text file: decoded as its first bytes say, and within limits, so that a file cannot fill the memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import partial
from typing import TextIO

from synpain_hf.errors import BadInputError
from synpain_hf.progress import Progress, silent
from synpain_hf.tabular.given import GivenFile

MOST_TEXT = 2**30
"""Bytes of a table in text; if the file is growing, characters."""

LONGEST_LINE = 2**24
"""Characters of a line."""

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UNDECODED = re.compile("[\udc80-\udcff]")
_LINES_BETWEEN_NEWS = 2**16


def encoding_of(head: bytes) -> str:
    """UTF-16 where a text begins with its byte-order mark, else UTF-8, with a mark or without.

    Args:
        head: At least the first two bytes.
    """
    return "utf-16" if head.startswith(_UTF_16_MARKS) else "utf-8-sig"


def lines(file: GivenFile, progress: Progress = silent) -> Iterator[str]:
    """The lines of a text, with their ends.

    Args:
        file: The text.
        progress: Called with the bytes read, if there are many.

    Raises:
        BadInputError: If it is too large, has too long a line, or is not text.
        OSError: If it cannot be read.
    """
    size = file.path.stat().st_size
    if size > MOST_TEXT:
        raise _too_large(file)
    number = read = 0
    with _opened(file) as text:
        try:
            for number, line in enumerate(_pieces(text), 1):
                length = len(line)
                read += length
                if length > LONGEST_LINE:
                    reason = f"has more than {LONGEST_LINE:,} characters; write one row on each line, and shorter cells"
                    raise file.refusal(reason, number)
                if read > MOST_TEXT:
                    raise _too_large(file)
                yield line
                if number % _LINES_BETWEEN_NEWS == 0:
                    progress("bytes", text.buffer.tell(), size)
        except UnicodeDecodeError as error:
            raise _undecodable(file) from error
    if number > _LINES_BETWEEN_NEWS:
        progress("bytes", size, size)


def _opened(file: GivenFile, errors: str = "strict") -> TextIO:
    with file.path.open("rb") as start:
        encoding = encoding_of(start.read(2))
    return file.path.open(encoding=encoding, errors=errors, newline="")


def _pieces(text: TextIO) -> Iterator[str]:
    """The lines of a text; only the beginning of a line that is too long."""
    return iter(partial(text.readline, LONGEST_LINE + 1), "")


def _too_large(file: GivenFile) -> BadInputError:
    return file.refusal(f"has more than {MOST_TEXT:,} bytes of text; write it as Parquet, or in parts")


def _undecodable(file: GivenFile) -> BadInputError:
    """The error for a file that is not text: the line and the byte in it, where these can be found."""
    with _opened(file, "surrogateescape") as text:
        if text.encoding == "utf-16":
            return file.refusal("begins as UTF-16 text, and goes on as something else; save it as UTF-8")
        for number, line in enumerate(_pieces(text), 1):
            found = _UNDECODED.search(line)
            if found:
                byte = len(line[: found.start()].encode())
                return file.refusal(f"is not UTF-8 text (byte {byte:,}); save the file as UTF-8", number)
    return file.refusal("is not UTF-8 text; save it as UTF-8")
