"""The tables and sentences of a transfer report, made from its document alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from synpain_hf.assessment.people import DIFFERENCE
from synpain_hf.assessment.section import SOURCE, UNTOUCHED
from synpain_hf.cards.evidence import NONE, Grid
from synpain_hf.text.numbers import as_number

Document = Mapping[str, Any]
"""A report or a part of it, as `schemas/transfer_report.schema.json` has it."""

NAMED: Final = {"AU4": "brows lowered", "AU43": "eyes closed"}
"""The units of pain that are hardest to transfer, in words."""

_COSINES: Final = {"own": "cosine to own neutral face", "others": "to those of others", "driver": "to driver's"}
_RECOGNISED: Final = {"nearest": "own neutral face is nearest", "equal_error_rate": "equal error rate"}
_PIXELS: Final = {"rmse": "root mean square, of 255", "ssim": "structural similarity", "lpips": "LPIPS"}
_OF_UNITS: Final = {
    "correlation": "Correlation of the change with",
    "error": "Mean absolute error of the change, against",
}
_AGAINST: Final = {"target": "the landmarks that were asked for", "oracle": "those found in the oracle's picture"}
_SEEN: Final = {"realism": "realism, 1 to 5", "identity": "the same person, 1 to 5"}
_PERCENT: Final = ("nearest", "equal_error_rate", "failed")


def cell(row: Document | None) -> str:
    """A number with its interval; `–` where there is none."""
    if row is None or row["value"] is None:
        return NONE
    is_share = row["measure"] in _PERCENT
    scale, unit = (100, "%") if is_share else (1, "")
    places = 1 if is_share or row["measure"] == "rmse" else 2
    value, low, high = (
        None if row[name] is None else as_number(row[name] * scale, digits=places) for name in ("value", "low", "high")
    )
    return f"{value}{unit}" if low is None or high is None else f"{value}{unit} ({low} to {high})"


def overview(document: Document) -> Grid:
    """A column a method, with what is to be known first."""
    found = {section["name"]: section["rows"] for section in document["sections"]}
    asked: list[tuple[str, str, dict[str, str]]] = [
        *((words, "people", {"measure": measure}) for measure, words in _SEEN.items()),
        ("cosine to own neutral face", "identity", {"measure": "own"}),
        ("lips, error in % of the face's width", "landmarks", {"measure": "error", "of": "lips", "against": "target"}),
        *(
            (f"{unit}, {words}: correlation", "units", {"measure": "correlation", "of": unit})
            for unit, words in NAMED.items()
        ),
        ("pixels, error of 255", "pixels", {"measure": "rmse"}),
        ("no usable face", "failures", {"measure": "failed"}),
    ]
    labels = [one["label"] for one in document["methods"]]
    rows = [["pairs", *(f"{one['pairs']:,}" for one in document["methods"])]]
    rows += [
        [words, *(cell(_one(found[name], label, **wanted)) for label in labels)]
        for words, name, wanted in asked
        if name in found
    ]
    return Grid(["", *labels], rows, 1)


def grids(section: Document) -> Iterator[tuple[str, Grid]]:
    """The tables of a section, each with what stands above it."""
    if section["rows"]:
        yield from _GRIDS[section["name"]](section["rows"])


def _of_people(rows: Sequence[Document]) -> Iterator[tuple[str, Grid]]:
    yield "", _by_method(rows, _SEEN, "measure")
    apart = [row for row in rows if row["measure"] == DIFFERENCE]
    if apart:
        yield "Of the same pairs, by the same raters:", _apart(apart)


def _of_identity(rows: Sequence[Document]) -> Iterator[tuple[str, Grid]]:
    yield "", _by_method(rows, _COSINES, "measure")
    yield "", _by_method(rows, _RECOGNISED, "measure")


def _of_landmarks(rows: Sequence[Document]) -> Iterator[tuple[str, Grid]]:
    for against in _every(rows, "against"):
        some = [row for row in rows if row["against"] == against]
        yield f"Against {_AGAINST[against]}:", _by_method(some, {part: part for part in _every(some, "of")}, "of")


def _of_units(rows: Sequence[Document]) -> Iterator[tuple[str, Grid]]:
    for against, by in dict.fromkeys((row["against"], row["by"]) for row in rows):
        for measure, words in _OF_UNITS.items():
            some = [row for row in rows if (row["against"], row["by"], row["measure"]) == (against, by, measure)]
            yield f"{words} {_driver(against, by)}:", _units(some)


def _of_pixels(rows: Sequence[Document]) -> Iterator[tuple[str, Grid]]:
    yield "", _by_method(rows, _PIXELS, "measure")


def _of_failures(rows: Sequence[Document]) -> Iterator[tuple[str, Grid]]:
    yield "", _by_method(rows, {"failed": "no usable face"}, "measure")


_GRIDS: Final[Mapping[str, Callable[[Sequence[Document]], Iterator[tuple[str, Grid]]]]] = {
    "people": _of_people,
    "identity": _of_identity,
    "landmarks": _of_landmarks,
    "units": _of_units,
    "pixels": _of_pixels,
    "failures": _of_failures,
}


def named_units(section: Document) -> Iterator[str]:
    """What is to be known of the units that are hardest to transfer, a sentence each."""
    rows = section["rows"]
    if not rows:
        return
    against, by = rows[0]["against"], rows[0]["by"]
    some = [row for row in rows if (row["against"], row["by"]) == (against, by)]
    for unit, words in NAMED.items():
        for method in _every(some, "method"):
            found, error = (_one(some, method, measure=name, of=unit) for name in _OF_UNITS)
            if error is not None and method != UNTOUCHED:
                nothing = cell(_one(some, UNTOUCHED, measure="error", of=unit))
                yield (
                    f"{unit} ({words}) by {method}: correlation {cell(found)}, error {cell(error)}, where a face that "
                    f"stays neutral has {nothing}; against {_driver(against, by)}"
                )


def _driver(against: str, by: str) -> str:
    if against == SOURCE:
        return f"what the drivers' source knows, measured by {by}"
    return f"that of the driver, both measured by {by}"


def _apart(rows: Sequence[Document]) -> Grid:
    """A line for each two methods."""
    questions = {name: words for name, words in _SEEN.items() if any(row["of"] == name for row in rows)}
    couples = dict.fromkeys((row["method"], row["against"]) for row in rows)
    table = [
        [f"{first} less {second}", *(cell(_one(rows, first, against=second, of=name)) for name in questions)]
        for first, second in couples
    ]
    return Grid(["", *questions.values()], table, 1)


def _by_method(rows: Sequence[Document], columns: Mapping[str, str], key: str) -> Grid:
    """A line a method; columns of which nothing is known are left out."""
    known = {name: words for name, words in columns.items() if any(row[key] == name for row in rows)}
    table = [
        [
            method,
            f"{max(row['n'] for row in rows if row['method'] == method):,}",
            *(cell(_one(rows, method, **{key: name})) for name in known),
        ]
        for method in _every([row for row in rows if row[key] in known], "method")
    ]
    return Grid(["", "faces", *known.values()], table, 1)


def _units(rows: Sequence[Document]) -> Grid:
    """A line a unit, those that are hardest first."""
    methods = _every(rows, "method")
    units = sorted(_every(rows, "of"), key=lambda unit: (unit not in NAMED, int(unit[2:])))
    table = [
        [
            f"{unit}, {NAMED[unit]}" if unit in NAMED else unit,
            *(cell(_one(rows, method, of=unit)) for method in methods),
        ]
        for unit in units
    ]
    return Grid(["action unit", *methods], table, 1)


def _one(rows: Sequence[Document], method: str, **wanted: str) -> Document | None:
    asked = {"method": method, **wanted}
    return next((row for row in rows if all(row[name] == value for name, value in asked.items())), None)


def _every(rows: Sequence[Document], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows))
