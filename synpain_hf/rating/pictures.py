"""Faces as they stand in a sheet: scaled down, of one format, without anything that tells where they come from."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from PIL import Image

from synpain_hf.errors import PictureError, Problem, ReleaseError
from synpain_hf.imaging.decoding import decode
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import FACES

_QUALITY = 92


def pictures_of(release: Release, faces: Sequence[Face], side: int) -> Iterator[tuple[FaceId, str]]:
    """The pictures of some faces, as addresses that hold them (`data:`); no other picture is read.

    Args:
        release: The release.
        faces: Some of its faces.
        side: Columns and rows at most.

    Yields:
        Each face, and its picture.

    Raises:
        ReleaseError: If a file is damaged, or a picture does not decode.
    """
    of_files: dict[str, dict[tuple[str, str], FaceId]] = defaultdict(dict)
    for face in faces:
        of_files[face.file][face.id.pair_id, face.id.face] = face.id
    for file, wanted in sorted(of_files.items()):
        for which, data in _stored(release.folder / file, wanted):
            yield wanted[which], _address(data, side, file, wanted[which])


def _stored(path: Path, wanted: Collection[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], bytes]]:
    """Some faces of a file, as it holds them; groups of rows without any of them are not read."""
    pair_ids = {pair_id for pair_id, _ in wanted}
    with undamaged(path), pq.ParquetFile(path) as table:
        for group in range(table.num_row_groups):
            ids = table.read_row_group(group, [PAIR_ID])[PAIR_ID].to_pylist()
            if pair_ids & set(ids):
                rows = table.read_row_group(group, list(FACES)).to_pylist()
                yield from (
                    ((pair_id, face), row[face]["bytes"])
                    for pair_id, row in zip(ids, rows, strict=True)
                    for face in FACES
                    if (pair_id, face) in wanted
                )


def _address(data: bytes, side: int, file: str, face: FaceId) -> str:
    try:
        raster = decode(data)
        image = Image.fromarray(raster.pixels(raster.width))
    except PictureError as error:
        wrong = Problem(file, f"the {face.face} face {error}", face.pair_id)
        raise ReleaseError("the release has a picture that cannot be shown; build it again", [wrong]) from error
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "jpeg", quality=_QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
