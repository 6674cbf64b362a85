"""Tables as Markdown, as LaTeX, and as text for a terminal; no name can change the table or the page around it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from .cells import Name, TextTable

_SPACE = re.compile(r"\s+")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_SUPERSCRIPTS = str.maketrans("0123456789", _SUPERSCRIPTS)
_TO_DIGITS = str.maketrans(_SUPERSCRIPTS, "0123456789")

_MARKDOWN = re.compile(r"[\\`*\[\]{}<|~^$@#]|&(?=[#\w])|:(?=\S)|(?<=www)\.|(?<![^\W_])_|_(?![^\W_])", re.IGNORECASE)
"""What could be syntax; an underscore inside a word, or a lone ampersand, is none and stays readable."""

_LATEX = re.compile(rf"[{_SUPERSCRIPTS}]+|-(?=-)|[\\&%$#_{{}}~^<>|\"`–−…]")
_LATEX_OF = {
    **{special: f"\\{special}" for special in "&%$#_{}"},
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "|": "\\textbar{}",
    "`": "\\textasciigrave{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    '"': '\\string"{}',  # a command in babel's German, for one
    "-": "-{}",
    "–": "--",
    "−": "$-$",
    "…": "\\dots{}",
}

_INTERVAL = " ["
"""Where a cell and its header are parted, so that numbers stand below each other."""

_BEHIND = re.compile(rf"({re.escape(_INTERVAL)}.*|[{_SUPERSCRIPTS}]*)$")
"""What stands behind a number: its interval, or the mark of a footnote."""

_GAP = "  "
_ROOM_FOR_NAMES = 16


def one_line(name: str) -> str:
    """A name without line breaks, and without what would control a terminal."""
    printable = "".join(" " if _controls(letter) else letter for letter in name)
    return _SPACE.sub(" ", printable).strip() or "(blank)"


def shortened(name: str, limit: int) -> str:
    """A name on one line, of at most so many columns of a terminal; of a longer one, start and end are left."""
    text = one_line(name)
    if _width(text) <= limit:
        return text
    end = _start(text[::-1], (limit - 1) // 3)[::-1]
    start = _start(text, limit - 1 - _width(end))
    return f"{start.rstrip()}…{end.lstrip()}"


def as_markdown(table: TextTable) -> str:
    """A table of GitHub's Markdown, its caption above and its footnotes below."""
    header, blocks, words = _grid(table)
    rule = ["---"] * words + ["---:"] * (len(header) - words)
    rows = [header, rule, *(list(map(_in_markdown, row)) for block in blocks for row in block)]
    positive = _positive(_in_markdown(table.positive))
    lines = [f"**{table.title}.** {table.caption}{positive}", "", *(f"| {' | '.join(row)} |" for row in rows)]
    if table.notes:
        lines += ["", "; ".join(_in_markdown(note) for note in _marked(table.notes))]
    return "\n".join(lines)


def as_latex(table: TextTable, label: str) -> str:
    r"""A LaTeX table with booktabs' rules, scaled down where it is wider than the line.

    Args:
        table: The table.
        label: What `\ref` finds it by.
    """
    header, blocks, words = _grid(table)
    parted = [_INTERVAL in name for name in header]
    kinds = "".join("r@{ }l" if part else "l" if index < words else "r" for index, part in enumerate(parted))
    groups = ["\n".join(_latex_row(row, parted) for row in rows) for rows in ([header], *blocks)]
    positive = _positive(_in_latex(table.positive))
    lines = [
        "\\begin{table}",
        "\\centering",
        f"\\caption{{\\textbf{{{table.title}.}} {_in_latex(table.caption)}{positive}}}",
        f"\\label{{{label}}}\\smallskip",
        "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%",
        f"\\begin{{tabular}}{{{kinds}}}",
        "\\toprule",
        "\n\\midrule\n".join(groups),
        "\\bottomrule",
        "\\end{tabular}}",
    ]
    if table.notes:
        lines += ["\\par\\smallskip\\footnotesize", "; ".join(_in_latex(note) for note in _marked(table.notes))]
    return "\n".join([*lines, "\\end{table}"])


def as_text(table: TextTable, width: int) -> str:
    """Text for a terminal; columns that have no room beside the others stand below them.

    Args:
        table: The table.
        width: Of the terminal, in columns.
    """
    rows = [row for block in table.blocks for row in block.rows]
    columns = [
        _column([name, *(row[index] for row in rows)], width // 4 if index < table.words else None)
        for index, name in enumerate(table.header)
    ][1:]
    indents = ["", *(_GAP if block.title else "" for block in table.blocks for _ in block.rows)]
    names = [table.header[0], *(row[0] for row in rows)]
    longest = max(len(indent) + _width(one_line(name)) for indent, name in zip(indents, names, strict=True))
    room = width - sum(map(_taken, columns))
    limit = min(longest, room if room >= min(longest, _ROOM_FOR_NAMES) else width // 3)
    keys = [
        _left(indent + shortened(name, limit - len(indent)), limit) for indent, name in zip(indents, names, strict=True)
    ]
    positive = _positive(one_line(table.positive) if table.positive else "")
    lines = _wrapped(f"{table.title}. {table.caption}{positive}", width)
    for part in _side_by_side(columns, width - limit):
        body = (_GAP.join(cells).rstrip() for cells in zip(keys, *part, strict=True))
        lines += ["", next(body)]
        for block in table.blocks:
            lines += [shortened(block.title, width)] * bool(block.title)
            lines += [next(body) for _ in block.rows]
    if table.notes:
        lines += ["", *(line for note in _marked(table.notes) for line in _wrapped(note, width))]
    return "\n".join(lines)


def _positive(name: str) -> str:
    """The end of a caption: what the positive class is called, as the format writes it."""
    return f" Positive class: {name}." if name else ""


def _grid(table: TextTable) -> tuple[list[str], list[list[list[str]]], int]:
    """Header, rows by block, and the number of columns of words; a block's title stands in its first row."""
    if not table.titles:
        return table.header, [block.rows for block in table.blocks], table.words
    blocks = [
        [[block.title if number == 0 else "", *row] for number, row in enumerate(block.rows)] for block in table.blocks
    ]
    return [table.titles, *table.header], blocks, table.words + 1


def _marked(notes: Sequence[str]) -> Iterator[Name]:
    for number, note in enumerate(notes, 1):
        yield Name(f"{str(number).translate(_TO_SUPERSCRIPTS)} {note}")


def _in_markdown(cell: str) -> str:
    if not isinstance(cell, Name):
        return cell
    return _MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", one_line(cell))


def _in_latex(cell: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        found = match[0]
        known = _LATEX_OF.get(found)
        return f"\\textsuperscript{{{found.translate(_TO_DIGITS)}}}" if known is None else known

    return _LATEX.sub(replaced, one_line(cell) if isinstance(cell, Name) else cell)


def _latex_row(row: Sequence[str], parted: Sequence[bool]) -> str:
    cells = []
    for cell, part in zip(map(_in_latex, row), parted, strict=True):
        number, mark, interval = cell.partition(_INTERVAL) if part else (cell, "", "")
        cells += [number, f"{mark.strip()}{interval}"] if part else [number]
    line = f"{' & '.join(cells)} \\\\"
    return f"{{}}{line}" if line[0] in "[*" else line  # after a row's end these would be arguments of it


def _column(cells: Sequence[str], limit: int | None) -> list[str]:
    """Cells of one width: words shortened to the limit, on the left; numbers without one, point below point."""
    if limit is not None:
        words = [shortened(cell, limit) for cell in cells]
        widest = max(map(_width, words))
        return [_left(word, widest) for word in words]
    parts = [_BEHIND.split(cell, 1)[:2] for cell in cells]
    before, after = (max(map(_width, part)) for part in zip(*parts, strict=True))
    return [f"{_right(number, before)}{_left(behind, after)}" for number, behind in parts]


def _side_by_side(columns: Sequence[list[str]], room: int) -> Iterator[list[list[str]]]:
    """Columns in parts that each have room; a column too wide for any has a part of its own."""
    part: list[list[str]] = []
    for column in columns:
        if part and sum(map(_taken, part)) + _taken(column) > room:
            yield part
            part = []
        part.append(column)
    yield part


def _taken(column: Sequence[str]) -> int:
    return len(_GAP) + _width(column[0])


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width))
    return [line for line in lines if line]


def _start(text: str, limit: int) -> str:
    """As much of a text as has so many columns."""
    return text[: bisect_right(list(accumulate(map(_width, text))), limit)]


def _left(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _right(text: str, width: int) -> str:
    return " " * (width - _width(text)) + text


def _controls(letter: str) -> bool:
    """Whether a letter is not text; joiners are text, which many scripts cannot do without."""
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs"} and letter not in "\u200c\u200d"


def _width(text: str) -> int:
    """Columns of a terminal."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(
        0 if unicodedata.category(letter) in {"Mn", "Me", "Cf"} else 1 + (unicodedata.east_asian_width(letter) in "FW")
        for letter in text
    )
