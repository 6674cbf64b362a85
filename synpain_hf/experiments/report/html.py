"""The report as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import synpain_hf
from synpain_hf.experiments.report.result import Result
from synpain_hf.experiments.report.table import Table
from synpain_hf.validation.report.html import environment

_TEMPLATE = Path(__file__).with_name("experiment.html.jinja")


def html(result: Result, tables: Sequence[Table]) -> str:
    """The page: what was asked, its limits, then every table with its figures.

    Args:
        result: What the experiment wrote.
        tables: Its tables.
    """
    pages = environment(_TEMPLATE.parent)
    pages.filters["groups"] = _groups
    return pages.get_template(_TEMPLATE.name).render(
        document=result.document,
        tables=tables,
        cautions=result.cautions(),
        facts=result.facts(),
        remarks=result.remarks(),
        version=synpain_hf.__version__,
    )


def _groups(rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, list[Sequence[str]]]]:
    """Rows below what they have in common: their first cell."""
    for heading, some in groupby(rows, key=lambda row: row[0]):
        yield heading, list(some)
