"""Tables of annotators, with differences and likenesses planted in them that a report has to find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from datasets import Features, Value
from datasets import Sequence as ListOf

from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import features, write_rows
from synpain_hf.vocabulary import CLASSES, FACES, GROUPS

_LISTS = ("embedding", "landmarks")

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shown:
    """A face, as an annotator's column is planted for it."""

    number: int
    pair_id: str
    identity: str
    face: str
    label: str
    groups: Mapping[str, str | None]

    @property
    def condition(self) -> str:
        return "neutral" if self.face == "neutral" else self.label


Plant = Callable[[Shown, np.random.Generator], Any]
"""What stands in a column of a face; the generator is one for each column."""


def shown_in(release: Release) -> list[Shown]:
    """The faces of a release, by pair."""
    columns = ["pair_id", "label", *GROUPS, *(["identity"] if "identity" in first_columns(release) else [])]
    rows = [row for file in release.files_of(base_table()) for row in release.read(file, columns).to_pylist()]
    rows.sort(key=lambda row: row["pair_id"])
    words: dict[str, Any]
    found: list[Shown] = []
    for row in rows:
        words = {column: None if row[column] is None else names[row[column]] for column, names in CLASSES.items()}
        for face in FACES:
            groups = {column: words[column] for column in GROUPS}
            identity = row.get("identity") or row["pair_id"]
            found.append(Shown(len(found), row["pair_id"], identity, face, words["label"], groups))
    return found


def first_columns(release: Release) -> set[str]:
    return set(release.features_in(release.files_of(base_table())[0]))


def with_annotations(
    release: Release, plants: Mapping[str, Plant], annotator: str = "a tool", seed: int = 0, name: str = "tool"
) -> Release:
    """The release, with a table of an annotator whose columns are planted."""
    fixed = features()
    kinds: dict[str, Any] = {
        column: ListOf(Value("float32")) if column in _LISTS else Value("string" if column == "reason" else "float32")
        for column in plants
    }
    columns = Features(
        {**{column: fixed[column] for column in ("pair_id", "face")}, **kinds, "annotator": fixed["annotator"]}
    )
    generators = {column: np.random.default_rng((seed, number)) for number, column in enumerate(plants)}
    rows = [
        {
            "pair_id": shown.pair_id,
            "face": FACES.index(shown.face),
            **{column: plant(shown, generators[column]) for column, plant in plants.items()},
            "annotator": annotator,
        }
        for shown in shown_in(release)
    ]
    writer: Callable[[Path], None] = partial(write_rows, rows=rows, columns=columns)
    return amend(release.folder, add={f"annotations/{name}.parquet": writer})


def embeddings(own: Mapping[str, Floats], noise: float, seed: int = 0) -> Plant:
    """Each face's embedding: that of its identity, and noise."""

    def planted(shown: Shown, rng: np.random.Generator) -> list[float]:
        vector = own[shown.identity]
        return list(vector + rng.normal(0, noise, vector.shape))

    return planted
