"""What the pages of a report show, part by part; Markdown and HTML are made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synpain_hf.cards.evidence import Grid, grids, key_numbers, title_of
from synpain_hf.cards.quantities import Document


@dataclass(frozen=True)
class Part:
    """A part of a page.

    Attributes:
        title: The question, or who measured what.
        outcome: How it ended.
        told: What was found, a sentence each.
        numbers: Numbers of the whole part, with their names.
        grids: Its tables.
        section: What a figure is drawn from; None for a part without one.
    """

    title: str
    outcome: str
    told: Sequence[str]
    numbers: Sequence[tuple[str, str]] = ()
    grids: Sequence[Grid] = ()
    section: Document | None = None


@dataclass(frozen=True)
class Question:
    """A question to what annotators measured, with what each annotator's measures say to it."""

    title: str
    parts: Sequence[Part]


def verdict(document: Document) -> str:
    """What is to be known first of a report."""
    outcomes = [each["outcome"] for each in (*document["checks"], *document["evidence"])]
    failed, warned, unknown = (outcomes.count(name) for name in ("failed", "warning", "not made"))
    first = (
        f"{failed} of {len(outcomes)} answers would mislead a user" if failed else "Nothing that would mislead a user"
    )
    rest = [f"{warned} to look at"] * bool(warned) + [f"{unknown} not known"] * bool(unknown)
    return f"{'; '.join([first, ', '.join(rest)] if rest else [first])}."


def overview(document: Document) -> Grid:
    """Every question with its outcome, that of the worst where several annotators answer."""
    rows = [[check["title"], check["outcome"]] for check in document["checks"]]
    order = ["failed", "warning", "passed", "not made"]
    for title, sections in _by_question(document).items():
        rows.append([title, min((section["outcome"] for section in sections), key=order.index)])
    return Grid(["question", "outcome"], rows, 2)


def checks(document: Document) -> Iterator[Part]:
    """The checks that found something."""
    for check in document["checks"]:
        measured = check["numbers"].get("shortcuts") if check["name"] == "shortcuts" else None
        if check["told"] or measured:
            yield Part(
                check["title"], check["outcome"], check["told"], grids=[_shortcuts(measured)] if measured else []
            )


def questions(document: Document) -> Iterator[Question]:
    """The questions that annotators' measurements answer."""
    by = document["published"]["by"]
    for title, sections in _by_question(document).items():
        if sections[0]["measure"] is not None:
            parts = [
                Part(title_of(each), each["outcome"], each["told"], key_numbers(each), grids(each, by), each)
                for each in sections
            ]
            yield Question(title, parts)


def unanswered(document: Document) -> Iterator[tuple[str, str]]:
    """The questions that nobody measured, and what would."""
    for section in document["evidence"]:
        if section["measure"] is None:
            yield section["title"], section["told"][0]


def _by_question(document: Document) -> Mapping[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for section in document["evidence"]:
        found.setdefault(section["title"], []).append(section)
    return found


def _shortcuts(measured: Mapping[str, Mapping[str, Any]]) -> Grid:
    """How well each shortcut tells the label of pairs that were not learned from."""
    rows = []
    for name, one in measured.items():
        interval = one["interval"]
        told = f"{one['auroc']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})" if interval else one["reason"]
        rows.append([name.replace("_", " "), told])
    return Grid(["label told by", "AUROC"], rows, 1)


SHORTCUTS = (
    "AUROC with which the label of pairs that were not learned from is told, and intervals that hold for all shortcuts "
    "together; .5 is chance."
)
