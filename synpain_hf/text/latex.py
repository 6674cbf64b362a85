"""LaTeX from data: escaped, so that no name can change the document around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u2028\u2029]+")
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r'\string"{}',  # a command in babel's German, for one
    "-": "-{}",
    "[": "{[}",  # would be an option of the line before
    "*": "{*}",  # likewise
    "`": r"\textasciigrave{}",
    "−": r"\ensuremath{-}",
    "–": "--",
    "…": r"\dots{}",
}
_SPECIAL = re.compile(rf"-(?=-)|[{re.escape(''.join(_ESCAPES.keys() - {'-'}))}]")
"""What stands for something else in LaTeX; a hyphen before another one would make a dash of them."""


def escaped(value: object) -> str:
    r"""A value as text on one line, whatever it holds.

    Example:
        >>> print(escaped("50% of A_B"))
        50\% of A\_B
    """
    text = _SPACE.sub(" ", str(value)).strip()
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]], numbers: int, caption: str, label: str) -> str:
    r"""A table in a float, with rules of the package `booktabs`; header, cells and caption are escaped.

    Args:
        header: Its columns.
        rows: Its rows.
        numbers: The first column of numbers, which are aligned right.
        caption: What stands above it.
        label: What `\ref` calls it: lower-case letters, digits and hyphens.
    """
    columns = "l" * numbers + "r" * (len(header) - numbers)
    lines = [[escaped(cell) for cell in line] for line in (header, *rows)]
    first, *rest = (f"{' & '.join(line)} \\\\" for line in lines)
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escaped(caption)}}}",
            rf"\label{{tab:{label}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            first,
            r"\midrule",
            *rest,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )
