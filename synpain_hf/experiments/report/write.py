"""`write_report`: the report on what an experiment found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synpain_hf
from synpain_hf.experiments.report.changes import changes
from synpain_hf.experiments.report.curves import curves
from synpain_hf.experiments.report.effects import effects
from synpain_hf.experiments.report.files import as_csv, as_latex, as_markdown
from synpain_hf.experiments.report.groups import groups
from synpain_hf.experiments.report.html import html
from synpain_hf.experiments.report.matrix import matrix
from synpain_hf.experiments.report.result import Question, Result
from synpain_hf.experiments.report.table import Table
from synpain_hf.storage import remove_tree, report_write_errors, write_atomically
from synpain_hf.validation.statistics.estimate import LEVEL

PAGE, DOCUMENT = "report.html", "report.json"
TABLES, FIGURES = "tables", "figures"

KINDS: Mapping[str, Callable[[Question, Result], Table]] = {
    "groups": groups,
    "matrix": matrix,
    "changes": changes,
    "curves": curves,
    "effects": effects,
}
"""How the table of each kind is made."""


@dataclass(frozen=True)
class Report:
    """What an experiment found.

    Attributes:
        folder: Where it is written.
        document: `report.json`, as `schemas/experiment_report.schema.json` describes it.
        tables: Its tables.
    """

    folder: Path
    document: Mapping[str, Any]
    tables: Sequence[Table]

    def to_dict(self) -> dict[str, Any]:
        """The report as `schemas/experiment_report.schema.json` describes it."""
        return dict(self.document)


def write_report(folder: str | Path) -> Report:
    """Write tables, figures and the page of an experiment, from what its runs predicted.

    The mean of AUROC, AP and F1 over the models of a condition has an interval that holds for other identities and,
    where there are several trainings, for other trainings: `experiments/statistics/trainings.py`. F1 is at the
    thresholds that were chosen on validation pairs. P values of comparisons are corrected for their number in a table
    (Holm).

    Args:
        folder: Has `predictions.parquet` and `experiment.json`. `report.html`, `report.json` and the folders `tables`
            (Markdown, CSV, LaTeX) and `figures` (SVG) are written beside these; what stands there is replaced.

    Returns:
        What was found.

    Raises:
        BadInputError: If one of the two files is missing, or cannot be used.
        OutputError: If the folder cannot be written.
    """
    place = Path(folder).expanduser().absolute()
    result = Result.read(place)
    tables = [KINDS[question.kind](question, result) for question in result.questions]
    document = _document(result, tables)
    facts = [*result.cautions(), *result.facts(), *result.remarks()]
    with report_write_errors(place):
        for name in (TABLES, FIGURES):
            remove_tree(place / name)
            (place / name).mkdir()
        for table in tables:
            for suffix, text in (("md", as_markdown), ("tex", as_latex)):
                write_atomically(place / TABLES / f"{table.name}.{suffix}", text(table, facts))
            write_atomically(place / TABLES / f"{table.name}.csv", as_csv(table))
            for name, picture in table.pictures.items():
                write_atomically(place / FIGURES / f"{name}.svg", picture.svg)
        write_atomically(place / PAGE, html(result, tables))
        write_atomically(place / DOCUMENT, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return Report(place, document, tables)


def _document(result: Result, tables: Sequence[Table]) -> dict[str, Any]:
    return {
        "experiment": dict(result.document),
        "published": None if result.published is None else result.published.to_dict(),
        "tables": [table.to_dict() for table in tables],
        "cautions": result.cautions(),
        "level": LEVEL,
        "made_with": f"synpain-hf {synpain_hf.__version__}",
    }
