"""The report as a page of Markdown."""

from __future__ import annotations

from synpain_hf.cards.evidence import INTERVALS, Grid
from synpain_hf.cards.quantities import Document
from synpain_hf.text.markdown import Markdown, escaped, table, tidied
from synpain_hf.validation.report.page import (
    SHORTCUTS,
    Part,
    checks,
    overview,
    questions,
    unanswered,
    verdict,
)


def markdown(document: Document, title: str) -> str:
    """A report as Markdown.

    Args:
        document: The report, as `schemas/validation_report.schema.json` has it.
        title: What the release holds.
    """
    release, published = document["release"], document["published"]
    parts = [
        f"# Validation of {escaped(title)}, version {release['version']}",
        verdict(document),
        _grid(overview(document)),
    ]
    for part in checks(document):
        parts += [f"## {part.title}", *_part(part), *([SHORTCUTS] if part.grids else [])]
    found = list(questions(document))
    if found:
        note = f"What {published['by']} has is from {published['url']}. {published['note']}"
        parts += ["## What annotators measured", INTERVALS, escaped(note)]
    for question in found:
        parts.append(f"### {question.title}")
        for part in question.parts:
            parts += [f"**{escaped(part.title)}**: {part.outcome}", *_part(part)]
    rest = list(unanswered(document))
    if rest:
        parts += [
            "## Not known",
            "\n".join(f"- {title} {escaped(told[:1].upper() + told[1:])}." for title, told in rest),
        ]
    return tidied("\n\n".join(parts)) + "\n"


def _part(part: Part) -> list[str]:
    lines = []
    if part.told:
        lines.append("\n".join(f"- {escaped(sentence)}" for sentence in part.told))
    if part.numbers:
        lines.append("\n".join(f"- {name}: {number}" for name, number in part.numbers))
    return [*lines, *map(_grid, part.grids)]


def _grid(grid: Grid) -> Markdown:
    return table(grid.header, grid.rows, numbers=grid.numbers)
