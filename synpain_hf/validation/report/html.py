"""The report as one page of HTML that needs nothing beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

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

_TEMPLATES = Path(__file__).parent


def environment(*more: Path) -> Environment:
    """What makes pages of templates: `base.html.jinja` is a page, `macros.html.jinja` its tables; values are escaped.

    Args:
        more: Folders of further templates.
    """
    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        loader=FileSystemLoader([_TEMPLATES, *more]),
    )  # fmt: skip


def html(document: Document, title: str) -> str:
    """A report as a page of HTML, with its figures inside.

    Args:
        document: The report, as `schemas/validation_report.schema.json` has it.
        title: What the release holds.
    """
    pages = environment()
    pages.filters["picture"] = partial(picture_of, published_by=document["published"]["by"])
    return pages.get_template("report.html.jinja").render(
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
