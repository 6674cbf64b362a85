"""The report as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from synpain_hf.cards.evidence import INTERVALS
from synpain_hf.cards.quantities import Document
from synpain_hf.validation.report.figures import picture_of
from synpain_hf.validation.report.page import (
    SHORTCUTS,
    checks,
    overview,
    questions,
    unanswered,
    verdict,
)

_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def html(document: Document, title: str) -> str:
    """A report as a page of HTML, with its figures inside.

    Args:
        document: The report, as `schemas/validation_report.schema.json` has it.
        title: What the release holds.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["picture"] = partial(picture_of, published_by=document["published"]["by"])
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        title=title,
        document=document,
        release=document["release"],
        published=document["published"],
        verdict=verdict(document),
        overview=overview(document),
        checks=list(checks(document)),
        questions=list(questions(document)),
        unanswered=list(unanswered(document)),
        shortcuts=SHORTCUTS,
        intervals=INTERVALS,
    )
