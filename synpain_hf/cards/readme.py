"""The text of a card, from the template, the facts and the statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synpain_hf.cards import tables
from synpain_hf.cards.evidence import INTERVALS, grids, key_numbers, title_of
from synpain_hf.cards.facts import Facts
from synpain_hf.cards.figures import Figure
from synpain_hf.cards.metadata import metadata_of
from synpain_hf.cards.planted import planted_in
from synpain_hf.cards.quantities import Document, as_share, comparisons
from synpain_hf.cards.statistics import PairCounts, Statistics
from synpain_hf.cards.words import is_unknown, somebody, words
from synpain_hf.configurations import EACH_PERSON
from synpain_hf.release.layout import CHANGELOG
from synpain_hf.release.metadata import dumped
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table, table_of
from synpain_hf.release.transfers import transfer_in
from synpain_hf.resources import resource
from synpain_hf.text.markdown import Markdown, as_is, code, escaped, table, tidied
from synpain_hf.text.plurals import count, noun_after, plural
from synpain_hf.text.templates import render
from synpain_hf.vocabulary import GROUPS

_TEMPLATE = "dataset_card/README.md.jinja"


def readme(
    release: Release,
    facts: Facts,
    statistics: Statistics,
    meanings: Mapping[str, Mapping[str, str]],
    figures: Sequence[Figure],
    validated: Document | None = None,
) -> str:
    """The whole of `README.md`.

    Args:
        release: The release.
        facts: What is known of its data set.
        statistics: What was computed from it.
        meanings: What each column means, by file.
        figures: The figures that stand beside it.
        validated: The validation report that its card has numbers from.

    Raises:
        BadInputError: If the facts compare a quantity that does not exist.
    """
    text = render(resource(_TEMPLATE), _context(release, facts, statistics, meanings, figures, validated), escape=True)
    head, _, body = text.partition("\n---\n")
    return f"{head}\n---\n{tidied(body)}\n"


def _context(
    release: Release,
    facts: Facts,
    statistics: Statistics,
    meanings: Mapping[str, Mapping[str, str]],
    figures: Sequence[Figure],
    validated: Document | None,
) -> dict[str, Any]:
    manifest, pairs = release.manifest, statistics.pairs
    compared = comparisons(statistics, facts, validated)
    names = list(release.configurations())
    optional = dict.fromkeys(("repo_id", "reported"))
    shown = facts.shown
    return {
        "metadata": Markdown(dumped(metadata_of(release, facts))),
        "facts": {**optional, **shown, "licence": {"name": None, **shown["licence"]}},
        "not_stated": facts.not_stated,
        "name": as_is(release.name),
        "version": as_is(release.version),
        "source": manifest["source"],
        "planted": planted_in(release),
        "transfer": transfer_in(release),
        "options": manifest["options"],
        "at": as_is(manifest["options"].get("at", "")),
        "folds": {"file": None, **manifest["folds"]},
        "offered": manifest["pairs"]["in"],
        "rejected": manifest["pairs"]["rejected"],
        "content": manifest["content"],
        "made_with": manifest["made_with"],
        "statistics": statistics,
        "faces": pairs.faces,
        "identities": len(pairs.shown),
        "unknown": " or ".join(
            column.replace("_", " ") for column in GROUPS if any(map(is_unknown, pairs.groups(column)))
        ),
        "has_persons": EACH_PERSON in names,
        "example": as_is("by_ethnicity" if "by_ethnicity" in names else names[-1]),
        "gutters": tables.gutters(pairs) if pairs.gutters else "",
        "balance": _balance(pairs),
        "measured": list(_measured(statistics)),
        "figures": {"pspi": None, **{_stem(figure): _shown(figure) for figure in figures}},
        "tables": {
            "configurations": tables.configurations(release),
            "cells": tables.cells(pairs),
            "groups": tables.groups(pairs),
            "folds": tables.folds(pairs),
            "sizes": tables.sizes(pairs),
            "generators": tables.generators(pairs),
            "comparison": tables.comparison(compared, facts["reported"]["by"]) if facts["reported"] else "",
            **_columns(statistics, meanings),
        },
        "validation": None if validated is None else _validation(validated),
        "not_compared": ", ".join(dict.fromkeys(each.of for each in compared if not each.here)),
        "cited": as_is("\n\n".join(reference.text for reference in facts.cited)),
        "further": facts.further,
        "changes": list(_changes(release)),
    }


def _validation(report: Document) -> dict[str, Any]:
    """What a validation found: every question with its outcome, what is to be looked at, and the numbers."""
    answered = [*report["checks"], *(section for section in report["evidence"] if section["measure"] is not None)]
    return {
        "overview": table(
            ["question", "outcome"],
            [
                (each["title"] + (f" ({title_of(each)})" if "measure" in each else ""), each["outcome"])
                for each in answered
            ],
        ),
        "told": [
            sentence for each in answered if each["outcome"] in ("failed", "warning") for sentence in each["told"]
        ],
        "measured": [
            {
                "title": f"{section['title']} {title_of(section)}",
                "numbers": key_numbers(section),
                "tables": [
                    table(grid.header, grid.rows, numbers=grid.numbers)
                    for grid in grids(section, report["published"]["by"])
                ],
            }
            for section in report["evidence"]
            if section["rows"]
        ],
        "made_with": report["made_with"],
        "intervals": INTERVALS,
    }


def _columns(statistics: Statistics, meanings: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    shown = {name: tables.columns(features, meanings[name]) for name, features in statistics.features.items()}
    return {"columns": shown.pop(base_table().name), "other_columns": [(_title(file), shown[file]) for file in shown]}


def _title(file: str) -> Markdown:
    """What the columns are of that a file of another table than the pairs has."""
    table = table_of(file)
    named = [code(name) for name in table.configurations] if table else []
    configurations = f"The {noun_after(len(named), 'configuration')} {' and '.join(named)}"
    return Markdown(f"{configurations}, {code(file)}" if table and table.columns_may_differ else configurations)


def _measured(statistics: Statistics) -> Iterator[Mapping[str, Any]]:
    for found in statistics.annotations:
        annotator = found.annotator or "annotator not named"
        yield {
            "title": annotator[0].upper() + annotator[1:],
            "file": found.file,
            "unit": found.unit,
            "units": plural(found.unit),
            "measures": list(tables.measures(found)),
            "together": list(tables.together(found)),
        }


def _balance(pairs: PairCounts) -> dict[str, dict[str, str]]:
    """The extremes of the numbers of pairs, and of the shares of pain among them; each with the groups that have it."""
    sizes = {somebody(*group): pairs.of(*group) for group in pairs.demographic()}
    shares = {
        words(name): pairs.of(name, "pain") / total
        for column in GROUPS
        for name in pairs.groups(column)
        if (total := pairs.of(name))
    }
    return {
        "pairs": _extremes({name: count(number, "pair") for name, number in sizes.items()}, sizes),
        "pain": _extremes({name: as_share(share) for name, share in shares.items()}, shares),
    }


def _extremes(shown: Mapping[str, str], numbers: Mapping[str, float]) -> dict[str, str]:
    """The least and the greatest of some numbers as they are shown, with who has it; `all` where it is the same."""
    least, greatest = (shown[extreme(numbers, key=numbers.__getitem__)] for extreme in (min, max))
    return {
        "all": least if least == greatest else "",
        "least": f"{least} ({_having(shown, least)})",
        "greatest": f"{greatest} ({_having(shown, greatest)})",
    }


def _having(shown: Mapping[str, str], wanted: str) -> str:
    first, *others = [name for name, number in shown.items() if number == wanted]
    return f"{first}, and {count(len(others), 'other')}" if others else first


def _stem(figure: Figure) -> str:
    return figure.name.rpartition("/")[2].partition(".")[0]


def _shown(figure: Figure) -> Markdown:
    return Markdown(f"![{escaped(figure.alternative)}]({figure.name})")


def _changes(release: Release) -> Iterator[str]:
    """What the change log says of this version."""
    log = release.text_of(CHANGELOG) if CHANGELOG in release.files else ""
    of_this = False
    for line in log.splitlines():
        if line.startswith("## "):
            of_this = line == f"## {release.version}"
        elif of_this and line.startswith("- "):
            yield line.removeprefix("- ")
