"""JSON Lines: one object per line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from synpain_hf.progress import Progress, silent
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.text_lines import lines
from synpain_hf.text.documents import parsed_json


def objects(file: GivenFile, progress: Progress = silent) -> Iterator[tuple[int, dict[str, Any]]]:
    """The line of each object, from 1, and the object.

    Args:
        file: The file.
        progress: Called with the bytes read, if there are many.

    Raises:
        BadInputError: If a line is neither blank nor a JSON object, or the file is not text.
        OSError: If it cannot be read.
    """
    for number, line in enumerate(lines(file, progress), 1):
        if line.strip():
            yield number, _object(file, number, line)


def _object(file: GivenFile, number: int, line: str) -> dict[str, Any]:
    try:
        found = parsed_json(line)
    except ValueError as error:
        raise file.refusal(f"is not valid JSON ({error}); write one object per line", number) from error
    if not isinstance(found, dict):
        raise file.refusal("is not a JSON object; write one, {…}, on each line, without a list around them", number)
    return found
