"""A table of landmarks that a user brings: of each face 68 points, or the 478 of MediaPipe, in pixels of the release.

    pair_id,face,x_0,…,x_67,y_0,…,y_67             in any form that tables have, as OpenFace names its columns
    pair_id,face,landmarks                         Parquet or JSON Lines, a list of [x, y], or of all numbers, a face

A face without a row, or with an empty cell, has no landmarks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from synpain_hf.annotation.faces import Face
from synpain_hf.errors import BadInputError, PictureError, Problem, UsageError
from synpain_hf.imaging.alignment.landmarks import COUNT
from synpain_hf.tabular import parquet
from synpain_hf.tabular.columns import TableFile, read_columns
from synpain_hf.tabular.forms import form_of
from synpain_hf.tabular.given import GivenFile
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.training.data.landmark_values import COLUMNS, FACE, PAIR_ID, Points, RefusedValueError, reader_of
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.vocabulary import FACES, Alignment

MOST_NUMBERS = 2**27
"""In all lists of a table; those of 90,000 faces with 478 points, or of a million with 68."""

_MOST_PROBLEMS = 20


@dataclass(frozen=True)
class LandmarkTable:
    """The landmarks of a table.

    Attributes:
        name: The file, without its folder.
        points_of: Shape (68, 2), of each face that has some, by pair and face.
    """

    name: str
    points_of: Mapping[Face, Points]

    remedy = "add its landmarks to the table"

    def points(self, pair_id: str, face: str, picture: Image.Image) -> Points:
        """The landmarks of a face, shape (68, 2).

        Raises:
            PictureError: If it has none, or they are beside its picture.
        """
        if (pair_id, face) not in self.points_of:
            raise PictureError(f"has no landmarks in {self.name}")
        points = self.points_of[pair_id, face]
        middle = points.mean(axis=0)
        if not (0 <= middle[0] <= picture.width and 0 <= middle[1] <= picture.height):
            raise PictureError(
                f"has landmarks around ({middle[0]:.0f}, {middle[1]:.0f}), outside of its {picture.width} x "
                f"{picture.height} pixels"
            )
        return points

    def digest(self) -> str:
        """A digest of all of them, in whatever order they stand."""
        digest = hashlib.sha256()
        for (pair_id, face), points in sorted(self.points_of.items()):
            digest.update(f"{(pair_id, face)!r}\n".encode())
            digest.update(np.ascontiguousarray(points).data)
        return digest.hexdigest()

    def record(self) -> dict[str, str]:
        """What a training says of it."""
        return {"table": self.name, "digest": self.digest()}


def table_for(path: str | Path | None, pairs: Pairs, alignment: Alignment) -> LandmarkTable | None:
    """The table that is given for some pairs; None where none is.

    Args:
        path: Its file, or None.
        pairs: The pairs.
        alignment: How the model's faces are aligned.

    Raises:
        UsageError: If faces are not aligned, or there is no such file.
        BadInputError: If something is wrong with the table; lists all of it.
    """
    if path is None:
        return None
    check_aligned(alignment)
    return read_landmarks(Path(path).expanduser(), pairs)


def check_aligned(alignment: Alignment) -> None:
    """Refuse landmarks for faces that are not aligned.

    Raises:
        UsageError: If they are not.
    """
    if alignment == "box":
        raise UsageError(
            "is given, but faces are not aligned (alignment box), so that it would do nothing; leave it out, or train "
            "a model on aligned faces",
            "landmarks",
        )


def read_landmarks(path: Path, pairs: Pairs) -> LandmarkTable:
    """Read a table of landmarks.

    Args:
        path: Its file.
        pairs: Those whose faces it may name.

    Raises:
        UsageError: If there is no such file.
        BadInputError: If something is wrong with it; lists all of it.
    """
    if path.is_file():
        _check_size(GivenFile(path, str(path)))
    table = read_columns(path, COLUMNS)
    found: dict[Face, Points] = {}
    problems: list[Problem] = []
    wrong = 0
    for said in _rows(table, pairs):
        if isinstance(said, Problem):
            wrong += 1
            problems += [said] if wrong <= _MOST_PROBLEMS else []
        else:
            face, points = said
            found.update({} if points is None else {face: points})
    if wrong > len(problems):
        problems.append(
            Problem(table.name, f"has {wrong - len(problems):,} more rows that are wrong; correct these first")
        )
    if not found and not problems:
        problems.append(Problem(table.name, "has no landmarks of any face, only empty cells; fill them in"))
    if problems:
        raise BadInputError(problems)
    return LandmarkTable(path.name, found)


def _check_size(file: GivenFile) -> None:
    """Refuse a Parquet file that is much larger in memory; of text, the reader has limits."""
    with file.being_read():
        if form_of(file) != "parquet":
            return
    with parquet.opened(file) as table:
        groups = [table.metadata.row_group(number) for number in range(table.num_row_groups)]
    leaves = [group.column(number) for group in groups for number in range(group.num_columns)]
    taken = [leaf for leaf in leaves if leaf.path_in_schema.partition(".")[0] in COLUMNS]
    if sum(leaf.num_values for leaf in taken) > MOST_NUMBERS:
        raise file.refusal(f"has more than {MOST_NUMBERS:,} numbers; give {COUNT} points a face, of fewer faces")
    if sum(leaf.total_uncompressed_size for leaf in taken) > parquet.MOST_BYTES:
        raise file.refusal(f"has more than {parquet.MOST_BYTES:,} bytes once decompressed; give fewer faces")


def _rows(table: TableFile, pairs: Pairs) -> Iterator[tuple[Face, Points | None] | Problem]:
    """The face of each row, with its landmarks if it has some; or what is wrong with the row."""
    value_of = reader_of(table)
    for row, face in enumerate(_faces(table, pairs)):
        if isinstance(face, Problem):
            yield face
            continue
        try:
            yield face, value_of(row)
        except RefusedValueError as error:
            yield table.problem(row, error.cause, error.remedy)


def _faces(table: TableFile, pairs: Pairs) -> Iterator[Face | Problem]:
    """The face of each row, or what is wrong with how the row names it."""
    words, codes = table.coded(PAIR_ID)
    names, kinds = table.coded(FACE)
    classes = table.class_names.get(FACE, [])
    known = dict.fromkeys(pairs.table[PAIR_ID].to_pylist())
    seen: dict[Face, int] = {}
    for row, (code, kind) in enumerate(zip(codes.tolist(), kinds.tolist(), strict=True)):
        pair_id, face = words[code], _face_of(names[kind], classes)
        if pair_id not in known:
            cause = (
                f"is of the pair {shown(pair_id)!r}, which {pairs.title} does not have" if pair_id else "names no pair"
            )
            yield table.problem(row, cause, "correct its pair_id, or remove the row")
        elif face not in FACES:
            cause = f"is of the face {shown(face)!r}{did_you_mean(face, FACES)}" if face else "names no face"
            yield table.problem(row, cause, f"write {' or '.join(FACES)}")
        elif (pair_id, face) in seen:
            before = seen[pair_id, face]
            first = f"row {before}" if table.lines is None else f"line {table.lines[before]}"
            yield table.problem(row, f"names the {face} face of {pair_id} again, after {first}", "keep one of the two")
        else:
            seen[pair_id, face] = row
            yield pair_id, face


def _face_of(word: str | None, classes: Sequence[str]) -> str:
    """The name of a face, which `datasets` may have written as the number of a class."""
    word = (word or "").lower()
    return classes[int(word)] if word.isdecimal() and int(word) < len(classes) else word
