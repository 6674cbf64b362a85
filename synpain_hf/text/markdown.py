"""Markdown from data: escaped, so that no name of a file or generator can change the page around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*{}\[\]<>#|!~$&@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=//)|(?<=www)\.", re.IGNORECASE)
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u2028\u2029]+")
_LONGEST = 200
_BLANK_LINES = re.compile(r"\n{3,}")


class Markdown(str):
    """Text that is Markdown already, and not to be escaped."""

    __slots__ = ()

    def __html__(self) -> str:
        """What a template that escapes its values inserts."""
        return self


def escaped(value: object) -> Markdown:
    """A value as text on one line, whatever it holds; Markdown that was made here stays as it is.

    Punctuation becomes HTML entities, which no Markdown reader takes for syntax, in a table or elsewhere.
    """
    if isinstance(value, Markdown):
        return value
    text = _SPACE.sub(" ", str(value)).strip()
    return Markdown(_SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text))


def shortened(text: str) -> str:
    """A name that somebody else gave, shortened to fit in a table."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def code(value: str) -> Markdown:
    """A name of this project as code; only for names without special characters, such as those of columns."""
    return Markdown(f"`{value}`")


def as_is(text: str) -> Markdown:
    """Text that its author wrote as Markdown, on lines of its own."""
    return Markdown(text.strip())


def in_cell(text: str) -> Markdown:
    """Text that its author wrote as Markdown, for a cell of a table."""
    return Markdown(_SPACE.sub(" ", text).strip().replace("|", "&#124;"))


def table(header: Sequence[str], rows: Iterable[Sequence[object]], numbers: int | None = None) -> Markdown:
    """A table; cells are escaped.

    Args:
        header: Its columns.
        rows: Its rows.
        numbers: The first column of numbers, which are aligned right; None if there are none.
    """
    first = len(header) if numbers is None else numbers
    rule = ["---"] * first + ["---:"] * (len(header) - first)
    lines = [header, rule, *([escaped(cell) for cell in row] for row in rows)]
    return Markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))


def tidied(text: str) -> str:
    """A page without the blank lines that omitted parts leave behind: none at its ends, and no two together."""
    return _BLANK_LINES.sub("\n\n", text).strip()
