"""Faces as they stand in a sheet: scaled down, of one format, without anything that tells where they come from."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence

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
        faces: The faces.
        side: Columns and rows at most.

    Yields:
        Each face, and its picture.

    Raises:
        ReleaseError: If a file is damaged, or a picture does not decode.
    """
    of_files: dict[str, set[FaceId]] = defaultdict(set)
    for face in faces:
        of_files[face.file].add(face.id)
    for file, wanted in sorted(of_files.items()):
        with undamaged(release.folder / file), pq.ParquetFile(release.folder / file) as table:
            for group in range(table.num_row_groups):
                ids = table.read_row_group(group, [PAIR_ID])[PAIR_ID].to_pylist()
                if {pair_id for pair_id, _ in wanted} & set(ids):
                    for number, pair in enumerate(table.read_row_group(group, list(FACES)).to_pylist()):
                        for name in FACES:
                            if (ids[number], name) in wanted:
                                yield (ids[number], name), _address(pair[name]["bytes"], side, file, ids[number])


def _address(data: bytes, side: int, file: str, pair_id: str) -> str:
    try:
        raster = decode(data)
        image = Image.fromarray(raster.pixels(raster.width))
    except PictureError as error:
        raise ReleaseError(
            "the release has a picture that cannot be shown; build it again", [Problem(file, str(error), pair_id)]
        ) from error
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "jpeg", quality=_QUALITY, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(written.getvalue()).decode()}"
