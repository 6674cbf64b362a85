"""What tables are made of: captions, columns, cells with footnotes, and words that several tables have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
"""What a report says of a group, or of an attribute's gap."""

_CORRECTED = {
    "holm": "corrected by Holm's method",
    "bonferroni": "corrected by Bonferroni's method",
    "benjamini_hochberg": "corrected by Benjamini and Hochberg's method",
    "none": "not corrected",
}

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Name(str):
    """A cell that holds what came with the data, so that every format has to escape it."""

    __slots__ = ()


@dataclass(frozen=True)
class Block:
    """Rows that belong together.

    Attributes:
        title: The attribute that they are of; empty for none.
        rows: Their cells.
    """

    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class TextTable:
    """A table in no format.

    Attributes:
        title: What it is.
        caption: How it was made.
        titles: What the blocks' titles are; empty where they have none.
        header: One name a column.
        words: How many columns, from the first on, hold words and not numbers.
        blocks: The rows.
        notes: The footnotes, numbered from 1.
        positive: A `Name`, what the positive class is called; empty where the table does not say it.
    """

    title: str
    caption: str
    titles: str
    header: list[str]
    words: int
    blocks: list[Block]
    notes: list[str]
    positive: str = ""


def level(options: Mapping[str, Any]) -> str:
    """The confidence, such as `95%`."""
    return f"{100 * options['confidence']:.10g}%"


def fixed(value: float, digits: int) -> str:
    """A number with so many digits after the point, and a proper minus."""
    text = f"{value:.{digits}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


def estimate(value: float, interval: Mapping[str, float], digits: int) -> str:
    """A number and its interval: `0.728 [0.706, 0.749]`."""
    return f"{fixed(value, digits)} [{fixed(interval['low'], digits)}, {fixed(interval['high'], digits)}]"


class Cells:
    """Numbers as cells; a dash and a footnote for one that is not known."""

    def __init__(self, digits: int):
        self._digits = digits
        self._numbers: dict[str, int] = {}

    @property
    def notes(self) -> list[str]:
        """The footnotes, in the order of their numbers."""
        return list(self._numbers)

    def dash(self, reason: str) -> str:
        """A value that is not known."""
        return self.marked("–", reason)

    def marked(self, text: str, reason: str) -> str:
        """A text with a footnote; the same footnote stands once."""
        number = self._numbers.setdefault(reason, len(self._numbers) + 1)
        return text + str(number).translate(_SUPERSCRIPTS)

    def number(self, value: float | None, reason: str) -> str:
        """A number, or a dash."""
        return self.dash(reason) if value is None else fixed(value, self._digits)

    def estimate(
        self, value: float | None, interval: Mapping[str, float] | None, reason: str, caution: str = ""
    ) -> str:
        """A number with its interval, either of which can be a dash."""
        if value is None:
            return self.dash(reason)
        if interval is None:
            return f"{fixed(value, self._digits)} [{self.dash(reason)}]"
        text = estimate(value, interval, self._digits)
        return self.marked(text, caution) if caution else text

    def p_value(self, value: float | None, reason: str, caution: str = "") -> str:
        """A p value, which is never shown as 0."""
        smallest = 10.0**-self._digits
        small = value is not None and value < smallest
        text = f"<{smallest:.{self._digits}f}" if small else self.number(value, reason)
        return self.marked(text, caution) if caution else text


def cautions_of(report: Mapping[str, Any]) -> dict[tuple[str | None, str | None, str], str]:
    """The texts of all warnings, by attribute, group, and what they are about."""
    texts: dict[tuple[str | None, str | None, str], list[str]] = {}
    for each in report["warnings"]:
        texts.setdefault((each["attribute"], each["group"], each["about"]), []).append(each["text"])
    return {key: "; ".join(of_key) for key, of_key in texts.items()}


def p_header(options: Mapping[str, Any]) -> str:
    """What a column of p values is called."""
    return "p" if options["correction"] == "none" else "Adj. p"


def p_values(options: Mapping[str, Any], count: int) -> str:
    """The end of a sentence; empty where nothing was compared."""
    comparisons = f"{count:,} comparison{'s' * (count != 1)}"
    return "" if not count else f"; {corrected(options)} for {comparisons}"


def corrected(options: Mapping[str, Any]) -> str:
    """How p values are corrected, in words."""
    return f"p values are {_CORRECTED[options['correction']]}"
