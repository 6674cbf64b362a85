"""Manifests in which persons have several expressions each, and faces that no two of them share."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.imaging.made import encoded

Row = dict[str, Any]

SIDE = 40


def person(name: str, expressions: int, **values: Any) -> list[Row]:
    """The lines of a person with one neutral face, every second one in pain."""
    return [
        {
            "pair_id": f"{name}-{number:03d}",
            "identity": name,
            "label": ("no_pain", "pain")[number % 2],
            "neutral": f"faces/{name}.png",
            "expressive": f"faces/{name}-{number:03d}.png",
            **values,
        }
        for number in range(expressions)
    ]


def some_persons() -> list[Row]:
    """Eight persons: one has many lines, and what is known of their groups differs."""
    groups: list[Mapping[str, Any]] = [
        {"age_group": "old", "gender": "man", "ethnicity": "white"},
        {"age_group": "young", "gender": "woman", "ethnicity": "black"},
        {"age_group": "old", "gender": "woman"},
        {"gender": "man"},
    ]
    return [
        row
        for number in range(8)
        for row in person(f"p{number}", 12 if number == 0 else 3, **groups[number % len(groups)])
    ]


@cache
def face(name: str) -> bytes:
    """A PNG of noise, another for every name."""
    rng = np.random.default_rng(list(name.encode()))
    return encoded(rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))


def written(folder: Path, rows: Iterable[Row]) -> Path:
    """A CSV manifest of these lines, and the faces that it names and that are not there yet."""
    table = list(rows)
    columns = list(dict.fromkeys(column for row in table for column in row))
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "pairs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(table)
    for name in {row[column] for row in table for column in ("neutral", "expressive")}:
        place = folder / name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(face(name))
    return folder / "pairs.csv"
