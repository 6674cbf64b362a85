"""The report as a page of Markdown, and as one page of HTML that needs nothing beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Final

from synpain_hf.assessment.numbers import Document, grids, named_units, overview
from synpain_hf.assessment.picture import Picture
from synpain_hf.cards.evidence import Grid
from synpain_hf.text.markdown import Markdown, escaped, shortened, table, tidied
from synpain_hf.validation.report.html import environment

_TEMPLATE: Final = "transfer.html.jinja"
TITLE: Final = "Expressions on other faces, judged"
READ_SO: Final = (
    "In brackets: 95% intervals, for other identities and other drivers. Neutral face: what a method would get that "
    "changes nothing. Drivers: their own expressions, which change a cosine, too. Errors of landmarks are in percent "
    "of the face's width. The change of an action unit is from the neutral to the expressive face, 0 to 5; "
    "who measures it errs, with the oracle as with any method. What raters say is for other raters, too, from three on."
)
"""How to read the numbers."""

PRIVATE: Final = "The pictures show people, or parts of them: keep this report to yourself."


def markdown(document: Document, picture: str) -> str:
    """The report as Markdown.

    Args:
        document: The report, as `schemas/transfer_report.schema.json` has it.
        picture: The file of the picture, beside the page.
    """
    parts: list[str] = [
        f"# {TITLE}",
        *([PRIVATE] if document["shows_people"] else []),
        _table(overview(document)),
        READ_SO,
    ]
    if document["told"]:
        parts.append(_list(document["told"]))
    for section in document["sections"]:
        parts += [f"## {section['title']}", _list(_sentences(section))]
        for above, grid in grids(section):
            parts += [above, _table(grid)]
    parts += ["## Faces to look at", _table(_examples(document))] if document["examples"] else []
    parts += ["## Faces", f"![{_ALTERNATIVE}]({picture})", _table(legend(document))]
    return tidied("\n\n".join(part for part in parts if part)) + "\n"


_ALTERNATIVE: Final = (
    "Identities in rows, drivers in columns, and in each cell what the methods draw, one below the other; grey: no "
    "such pair"
)


def html(document: Document, picture: Picture) -> str:
    """The report as HTML, with the picture inside.

    Args:
        document: The report, as `schemas/transfer_report.schema.json` has it.
        picture: The picture.
    """
    sections = [(section["title"], _sentences(section), list(grids(section))) for section in document["sections"]]
    return (
        environment(Path(__file__).parent)
        .get_template(_TEMPLATE)
        .render(
            title=TITLE,
            document=document,
            private=PRIVATE if document["shows_people"] else "",
            overview=overview(document),
            read_so=READ_SO,
            sections=sections,
            examples=_examples(document),
            address=f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode('ascii')}",
            alternative=_ALTERNATIVE,
            legend=legend(document),
        )
    )


def legend(document: Document) -> Grid:
    """Who is who in the picture."""
    shown = document["picture"]
    rows = [[f"identity {ascii_uppercase[at]}", shortened(name)] for at, name in enumerate(shown["identities"])]
    rows += [[f"driver {at}", shortened(name)] for at, name in enumerate(shown["drivers"], 1)]
    return Grid(["in the picture", "in the release"], rows, 2)


def _examples(document: Document) -> Grid:
    rows = [[one["method"], shortened(one["pair_id"]), one["reason"]] for one in document["examples"]]
    return Grid(["method", "pair", "why"], rows, 3)


def _sentences(section: Document) -> list[str]:
    return [*section["missing"], *(named_units(section) if section["name"] == "units" else ())]


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {escaped(sentence[:1].upper() + sentence[1:])}." for sentence in sentences)


def _table(grid: Grid) -> Markdown:
    return table(grid.header, grid.rows, numbers=grid.numbers)
