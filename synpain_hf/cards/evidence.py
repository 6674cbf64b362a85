"""The tables of a validation report, cell by cell; the report's pages and the card show the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from synpain_hf.cards.quantities import Document, as_count, as_p, as_score, as_share
from synpain_hf.cards.words import group_words, measure_words, words

_FINE = ("quality", "confidence", "embedding")
"""Measures that are shown to a thousandth."""

_KEY = ("equal_error_rate", "threshold", "near_copies")
"""Statistics of a section as a whole."""

_QUARTILES = ("lower_quartile", "upper_quartile")
_COLUMNS = (("mean",), ("median",), _QUARTILES, ("missing",), ("share",))
_HEADINGS = {
    ("mean",): "mean",
    ("median",): "median",
    _QUARTILES: "quartiles",
    ("missing",): "share not found",
    ("share",): "share alike",
}
_EFFECTS = {
    "superiority": "greater in {}",
    "d": "d {}",
    "odds_ratio": "odds ratio {}",
}
_ByGroup = dict[tuple[str, ...], dict[str, Document]]
"""The rows of each group by their statistics."""

NONE = "–"
"""What stands in a cell without a number."""


INTERVALS = (
    "In brackets: 95% intervals, which know that faces of one identity belong together. Greater in: the share of "
    "comparisons of a face of the first group with one of the second in which the first has more; 50% by chance. P "
    "values are corrected by Holm's method for the comparisons of a table."
)
"""How to read the tables."""


@dataclass(frozen=True)
class Grid:
    """A table to be shown.

    Attributes:
        header: Its columns.
        rows: Its rows, in text.
        numbers: The first column of numbers.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: int


def title_of(section: Document) -> str:
    """What a section measures, and who measured it."""
    measure = measure_words(section["measure"])
    unit = " in degrees, to either side" if section["name"] == "pose" else ""
    return f"{measure[:1].upper()}{measure[1:]}{unit}, by {section['annotator'] or 'an annotator that is not named'}"


def key_numbers(section: Document) -> list[tuple[str, str]]:
    """The numbers of a section as a whole, with their names."""
    return [
        (words(row["statistic"]), _with_interval(section, row["statistic"], row))
        for row in section["rows"]
        if row["statistic"] in _KEY
    ]


def grids(section: Document, published_by: str) -> list[Grid]:
    """The tables of a section: its numbers by group, then its comparisons.

    Args:
        section: A section of `evidence` of a validation report.
        published_by: The heading of what was published.
    """
    if section["name"] == "units":
        return [_units(section)]
    numbers = [_numbers(section, by_group, published_by) for by_group in _alike(section)]
    return [*numbers, *([_comparisons(section, published_by)] if section["tests"] else [])]


def _alike(section: Document) -> list[_ByGroup]:
    """The rows of each group, those of groups that have the same statistics together."""
    by_group: _ByGroup = {}
    for row in section["rows"]:
        if row["statistic"] not in _KEY:
            by_group.setdefault(tuple(row["group"]), {})[row["statistic"]] = row
    found: dict[tuple[str, ...], _ByGroup] = {}
    for group, rows in by_group.items():
        found.setdefault(tuple(rows), {})[group] = rows
    return list(found.values())


def _numbers(section: Document, by_group: _ByGroup, published_by: str) -> Grid:
    columns = [each for each in _COLUMNS if any(each[0] in rows for rows in by_group.values())]
    has_band = any(row["band"] for rows in by_group.values() for row in rows.values())
    is_published = any(row["published"] is not None for rows in by_group.values() for row in rows.values())
    lines = []
    for group, rows in by_group.items():
        first = next(iter(rows.values()))
        line = [group_words(group), *(_cell(section, rows, column) for column in columns)]
        line += [first["band"] or NONE] if has_band else []
        line += [as_count(first["n"]), as_count(first["identities"])]
        line += ["; ".join(filter(None, (_published(section, rows, each) for each in columns))) or NONE] * is_published
        lines.append(line)
    of = "pairs" if section["measure"] == "embedding" else "faces"
    header = ["", *(_HEADINGS[column] for column in columns), *(["ACR band"] if has_band else []), of, "identities"]
    return Grid([*header, *([published_by] if is_published else [])], lines, 1)


def _comparisons(section: Document, published_by: str) -> Grid:
    is_published = any(test["published"] is not None for test in section["tests"])
    has_effect = any(test["effect"] is not None for test in section["tests"])
    rows = [
        [
            _compared(test),
            *([_effect(test)] if has_effect else []),
            _p(test),
            *([NONE if test["published"] is None else as_score(test["published"])] if is_published else []),
        ]
        for test in section["tests"]
    ]
    return Grid(
        ["compared", *(["effect"] if has_effect else []), "p", *([published_by] if is_published else [])], rows, 1
    )


def _units(section: Document) -> Grid:
    """The means of each unit by condition, and how often pain has more of it than another expression."""
    means: dict[str, dict[str, Document]] = {}
    for row in section["rows"]:
        unit, *condition = row["group"]
        means.setdefault(unit, {})[group_words(condition)] = row
    conditions = list(dict.fromkeys(condition for of_unit in means.values() for condition in of_unit))
    tests = {test["groups"][0][0]: test for test in section["tests"]}
    rows = []
    for unit, of_unit in means.items():
        shown = [_cell(section, {"mean": of_unit[each]}, ("mean",)) if each in of_unit else NONE for each in conditions]
        test = tests.get(unit)
        rows.append([unit, *shown, *([_effect(test, "{}"), _p(test)] if test else [NONE, NONE])])
    return Grid(["mean of", *conditions, "pain greater in", "p"], rows, 1)


def _cell(section: Document, rows: Mapping[str, Document], column: Sequence[str]) -> str:
    if any(statistic not in rows for statistic in column):
        return NONE
    if column == _QUARTILES:
        return " to ".join(shown(section, statistic, rows[statistic]["value"]) for statistic in column)
    return _with_interval(section, column[0], rows[column[0]])


def _published(section: Document, rows: Mapping[str, Document], column: Sequence[str]) -> str:
    values = [rows[statistic]["published"] for statistic in column if statistic in rows]
    if not values or any(value is None for value in values):
        return ""
    return " to ".join(shown(section, statistic, value) for statistic, value in zip(column, values, strict=True))


def _with_interval(section: Document, statistic: str, row: Document) -> str:
    value = shown(section, statistic, row["value"])
    return value if row["low"] is None or row["high"] is None else f"{value} ({_range(section, statistic, row)})"


def _range(section: Document, statistic: str, row: Document) -> str:
    return " to ".join(shown(section, statistic, row[end]) for end in ("low", "high"))


def shown(section: Document, statistic: str, value: float | None) -> str:
    """A number of a section as text."""
    if value is None:
        return NONE
    if statistic in ("missing", "share", "equal_error_rate"):
        return as_share(value)
    if statistic == "near_copies":
        return as_count(value)
    return f"{value:.3f}" if section["measure"] in _FINE else as_score(value)


def _p(test: Document) -> str:
    return NONE if test["corrected_p"] is None else as_p(test["corrected_p"])


def _effect(test: Document, wording: str = "") -> str:
    if test["effect"] is None or test["value"] is None:
        return NONE
    form = as_share if test["effect"] == "superiority" else as_score
    ends = [NONE if test[end] is None else form(test[end]) for end in ("low", "high")]
    interval = "" if NONE in ends else f" ({' to '.join(ends)})"
    return (wording or _EFFECTS[test["effect"]]).format(f"{form(test['value'])}{interval}")


def _compared(test: Document) -> str:
    names = [group_words([part for part in group if part not in test["among"]]) for group in test["groups"]]
    among = "" if test["among"] == ["all"] else f"{group_words(test['among'])}: "
    return f"{among}{' against '.join(names) if len(names) == 2 else _listed(names)}"


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}"
