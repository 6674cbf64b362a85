"""A table of the report as Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from synpain_hf.experiments.report.table import Line, Table
from synpain_hf.text import latex
from synpain_hf.text.markdown import escaped, table, tidied

_FORMULA = re.compile(r"^(?=[=+\-@\t\r])")
"""How text begins that spreadsheets run."""


def as_markdown(of: Table, facts: Sequence[str]) -> str:
    """A table as Markdown, with what it says of itself."""
    grids = [table([*map(escaped, grid.header)], grid.rows, grid.numbers) for grid in of.grids]
    parts = [f"## {escaped(of.title)}", *grids]
    return tidied("\n\n".join([*parts, *map(escaped, (*of.notes, *facts))])) + "\n"


def as_latex(of: Table, facts: Sequence[str]) -> str:
    """A table as LaTeX, one float for each grid."""
    floats = [
        latex.table(grid.header, grid.rows, grid.numbers, " ".join((f"{of.title}.", *of.notes, *facts)), name)
        for grid, name in zip(of.grids, _names(of), strict=True)
    ]
    return "\n\n".join(["% needs \\usepackage{booktabs}", *floats]) + "\n"


def as_csv(of: Table) -> str:
    """The numbers of a table, a row each; what spreadsheets would take for a formula has a quote before it."""
    rows = [_flat(line) for line in of.lines]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _names(of: Table) -> list[str]:
    return [of.name if len(of.grids) == 1 else f"{of.name}-{number}" for number in range(1, len(of.grids) + 1)]


def _flat(line: Line) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, value in line.to_dict().items():
        if name == "interval":
            found |= {"low": value and value["low"], "high": value and value["high"]}
        elif name == "factors":
            found |= {f"factor_{factor}": level for factor, level in value.items()}
        elif name == "against":
            found[name] = value and value["condition"]
        else:
            found[name] = value
    return {name: _FORMULA.sub("'", value) if isinstance(value, str) else value for name, value in found.items()}
