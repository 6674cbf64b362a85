"""Small tables as tools write them, and the faces of a release as annotators get them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.annotators.annotator import Annotator
from synpain_hf.annotation.faces import Face, faces_by_stem
from synpain_hf.annotation.models import place_of_model
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.release import Release
from synpain_hf.vocabulary import FACES

UNITS = (4, 6, 7, 9, 10, 43)

IDS = ("Ann", "ann", "a.b", "x-Y", "p_1", "0-neutral")
"""Of the pairs: two differ in case alone, others have what is special in names of files."""


def pictures(release: Release) -> list[str]:
    """The names that `faces` gives, sorted."""
    return sorted(f"{stem}.png" for stem in faces_by_stem(release))


def written(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> Path:
    """A file of these lines."""
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def facereader(folder: Path, cells: dict[str, list[str]], **how: str) -> Path:
    """A detailed log, with notes above it."""
    header = "\t".join(["Image", "Neutral", *(f"Action Unit {unit:02} - Any Name" for unit in UNITS)])
    notes = ["Video analysis detailed log", "", "Face Model:\tGeneral", "Date:\t1/1/2020", ""]
    rows = ["\t".join([f"C:\\faces\\{picture}", "0,5", *values]) for picture, values in cells.items()]
    return written(folder, "log.txt", *notes, header, *rows, **how)


def rows_of(release: Release, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of an annotator, by face."""
    rows = pq.read_table(release.folder / "annotations" / f"{name}.parquet").to_pylist()
    return {(row["pair_id"], FACES[row["face"]]): row for row in rows}


def opened(name: str) -> Annotator:
    """An annotator, with the models of the installed packages."""
    annotator = ANNOTATORS[name]
    return annotator([place_of_model(model, {}) for model in annotator.models])


def pixels_of(release: Release) -> dict[Face, Pixels]:
    """Every face of a release."""
    return {
        (row["pair_id"], face): _decoded(row[face]["bytes"])
        for partition in release.partitions
        for row in release.read(partition.path).to_pylist()
        for face in FACES
    }


def _decoded(data: bytes) -> Pixels:
    raster = decode(data)
    return np.ascontiguousarray(raster.pixels(raster.width))


def similarities(rows: Mapping[Face, Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    """The cosines of embeddings of faces of the same pair, and of different ones."""
    embeddings = {face: np.array(row["embedding"]) for face, row in rows.items() if row["embedding"]}
    same: list[float] = []
    others: list[float] = []
    for one, other in combinations(embeddings, 2):
        (same if one[0] == other[0] else others).append(float(embeddings[one] @ embeddings[other]))
    return same, others
