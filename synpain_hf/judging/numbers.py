"""The tables of a transfer report, cell by cell, made from its document alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from synpain_hf.cards.evidence import NONE, Grid

Document = Mapping[str, Any]
"""A report or a part of it, as `schemas/transfer_report.schema.json` has it."""

NAMED: Final = {"AU4": "brows lowered", "AU43": "eyes closed"}
"""The units that pain needs and transfer finds hardest, in words."""

_IDENTITY: Final = {
    "own": "cosine to own neutral face",
    "others": "to others'",
    "driver": "to driver's",
    "nearest": "own is nearest",
    "equal_error_rate": "equal error rate",
}
_PIXELS: Final = {"rmse": "root mean square, of 255", "ssim": "structural similarity"}
_PERCENT: Final = ("nearest", "equal_error_rate", "failed")
_AGAINST: Final = {"target": "the landmarks that were asked for", "oracle": "those found in the oracle's picture"}


def cell(row: Document | None, digits: int = 2) -> str:
    """A number with its interval; `–` where there is none."""
    if row is None or row["value"] is None:
        return NONE
    scale, unit = (100, "%") if row["measure"] in _PERCENT else (1, "")
    places = 1 if unit or row["measure"] == "rmse" else digits
    value, low, high = (
        None if row[name] is None else f"{row[name] * scale:.{places}f}" for name in ("value", "low", "high")
    )
    shown = f"{value}{unit}" if low is None or high is None else f"{value}{unit} ({low} to {high})"
    return shown.replace("-", "−")


def grids(section: Document) -> Iterator[tuple[str, Grid]]:
    """The tables of a section, each with what stands above it."""
    rows = section["rows"]
    if section["name"] == "identity":
        yield "", _by_method(rows, {key: name for key, name in _IDENTITY.items() if _has(rows, key)}, "measure")
    elif section["name"] == "landmarks":
        for against in _every(rows, "against"):
            some = [row for row in rows if row["against"] == against]
            yield f"Against {_AGAINST[against]}:", _by_method(some, {part: part for part in _every(some, "of")}, "of")
    elif section["name"] == "units":
        for against in _every(rows, "against"):
            yield f"Against {against}:", _units([row for row in rows if row["against"] == against])
    elif section["name"] == "pixels":
        yield "", _by_method(rows, _PIXELS, "measure")
    else:
        yield "", _by_method(rows, {"failed": "no usable face"}, "measure")


def overview(document: Document) -> Grid:
    """A line a method, with what is to be known first."""
    found = {section["name"]: section["rows"] for section in document["sections"]}
    rows = []
    for one in document["methods"]:
        label = one["label"]
        numbers = [
            _one(found["identity"], label, "own"),
            _one(found["landmarks"], label, "error", of="lips", against="target"),
            *(_one(found["units"], label, "correlation", of=unit) for unit in NAMED),
            _one(found["pixels"], label, "rmse"),
            _one(found["failures"], label, "failed"),
        ]
        rows.append([label, f"{one['pairs']:,}", *map(cell, numbers)])
    columns = ["method", "pairs", "cosine to own face", "lips, error in %", *(f"{unit}, r" for unit in NAMED)]
    return Grid([*columns, "pixels, of 255", "no face"], rows, 1)


def _one(rows: Sequence[Document], method: str, measure: str, **wanted: str) -> Document | None:
    asked = {"method": method, "measure": measure, **wanted}
    return next((row for row in rows if all(row[name] == value for name, value in asked.items())), None)


def _by_method(rows: Sequence[Document], columns: Mapping[str, str], key: str) -> Grid:
    table = [
        [
            method,
            f"{max(row['n'] for row in rows if row['method'] == method):,}",
            *(cell(next((row for row in rows if row["method"] == method and row[key] == name), None)) for name in columns),
        ]
        for method in _every(rows, "method")
    ]
    return Grid(["", "faces", *columns.values()], table, 1)


def _units(rows: Sequence[Document]) -> Grid:
    keys = [(method, measure) for method in _every(rows, "method") for measure in ("correlation", "error")]
    keys = [(method, measure) for method, measure in keys if any((row["method"], row["measure"]) == (method, measure) for row in rows)]
    units = sorted(_every(rows, "of"), key=lambda unit: (unit not in NAMED, int(unit[2:])))
    table = [
        [
            f"{unit}, {NAMED[unit]}" if unit in NAMED else unit,
            *(cell(_one(rows, method, measure, of=unit)) for method, measure in keys),
        ]
        for unit in units
    ]
    return Grid(["unit", *(f"{method}, {_WORDS[measure]}" for method, measure in keys)], table, 1)


_WORDS: Final = {"correlation": "r", "error": "error"}


def _every(rows: Sequence[Document], key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows))


def _has(rows: Sequence[Document], measure: str) -> bool:
    return any(row["measure"] == measure for row in rows)
