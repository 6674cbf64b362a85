"""Tables of annotators for faces that were given the expressions of others, with what a report has to find in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from datasets import Features, Value
from datasets import Sequence as ListOf

from synpain_hf.assessment.lent import LentPair, opened
from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import features, write_rows
from synpain_hf.vocabulary import FACES

Plant = Callable[[LentPair, str], Mapping[str, Any]]
"""What stands in the row of a face."""

_KINDS = {
    "embedding": ListOf(Value("float32")),
    "landmarks": ListOf(Value("float32")),
    "made_with": Value("string"),
    "faces": Value("int32"),
}


def copy_of(release: Release, folder: Path) -> Release:
    """A copy that a test may change."""
    shutil.copytree(release.folder, folder)
    return Release.open(folder)


def planted(release: Release, name: str, plant: Plant) -> Release:
    """The release, with a table of an annotator."""
    (lent,), _ = opened([release.folder], None)
    known = features()
    rows = [
        {"pair_id": pair.pair_id, "face": code, "annotator": name, **plant(pair, face)}
        for pair in lent.pairs.values()
        for code, face in enumerate(FACES)
    ]
    kinds = {column: _KINDS.get(column, Value("float32")) for column in rows[0] if column not in known}
    columns = Features({**{column: known[column] for column in ("pair_id", "face", "annotator")}, **kinds})

    def write(path: Path) -> None:
        write_rows(path, rows, columns)

    return amend(release.folder, add={f"annotations/{name}.parquet": write})
