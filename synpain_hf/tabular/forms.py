"""Which form a table has: recognised by its content, and by the file's name where that is not enough."""

from __future__ import annotations

from typing import Literal

from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.text_lines import encoding_of

Form = Literal["delimited", "json_lines", "parquet"]

_PARQUET_STARTS = b"PAR1"
_JSON_STARTS = ("{", "[")
_ENOUGH_TO_TELL = 4096
_BY_SUFFIX: dict[str, Form] = {".jsonl": "json_lines", ".parquet": "parquet"}
_OTHERS = {
    b"PK\x03\x04": "is an Excel workbook, or another zip archive; save the table as CSV",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save the table as CSV",
    b"\x1f\x8b": "is compressed; unpack it first",
}


def form_of(file: GivenFile) -> Form:
    """Recognise the form of a table.

    Args:
        file: The file.

    Raises:
        BadInputError: If it is a workbook, or compressed.
        OSError: If it cannot be read.
    """
    with file.path.open("rb") as content:
        head = content.read(_ENOUGH_TO_TELL)
    for start, reason in _OTHERS.items():
        if head.startswith(start):
            raise file.refusal(reason)
    if head.startswith(_PARQUET_STARTS):
        return "parquet"
    text = head.decode(encoding_of(head), "ignore").lstrip()
    if text.startswith(_JSON_STARTS):
        return "json_lines"
    if not text or "\0" in text or _PARQUET_STARTS.startswith(head):
        return _BY_SUFFIX.get(file.path.suffix.lower(), "delimited")
    return "delimited"
