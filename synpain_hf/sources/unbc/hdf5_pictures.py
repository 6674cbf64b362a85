"""The frames of UNBC-McMaster as HDF5, which stores pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import check_size
from synpain_hf.pair import Archives
from synpain_hf.sources.hdf5 import Array, Column, open_hdf5
from synpain_hf.sources.paths import stamp_of

if TYPE_CHECKING:
    import h5py

IMAGE = "image"

_COLOUR, _GREY = 3, 1


def images_in(file: h5py.File) -> Column:
    """The frames of a file.

    Raises:
        ValueError: If it has none that can be read; cause, then remedy.
    """
    images = Column(file, IMAGE, "uif", range(3, 5))
    _, height, width, *channels = images.shape
    if channels and channels[0] not in (_COLOUR, _GREY):
        raise ValueError(f"has frames of the shape {images.shape[1:]}; write them as height x width x 3")
    try:
        check_size(width, height)
    except PictureError as error:
        raise ValueError(f"has frames, each of which {error}") from error
    return images


@contextmanager
def _opened_images(path: Path) -> Iterator[Column]:
    with open_hdf5(path) as file:
        yield images_in(file)


@dataclass(frozen=True, slots=True)
class Hdf5Picture:
    """A frame in an HDF5 file.

    Attributes:
        name: What it is called: the file, and its place there.
        path: The file.
        row: Its row.
        is_verified: Whether its chunk ends with a checksum.
    """

    name: str
    path: Path
    row: int
    is_verified: bool

    def stamp(self) -> object:
        """The size of its file, and when it was changed; None where it is gone: reading it will say so."""
        return stamp_of(self.path)

    def read(self, archives: Archives) -> bytes:
        """Its pixels as a BMP, which are the same bytes whatever the version of any library."""
        try:
            pixels = _as_bytes(archives.open(self.path, _opened_images).row(self.row))
        except ValueError as error:
            raise PictureError(str(error)) from error
        file = io.BytesIO()
        Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (_GREY,) else pixels).save(file, "BMP")
        return file.getvalue()


def _as_bytes(pixels: Array) -> Array:
    """Pixels as whole numbers of 8 bits."""
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    with np.errstate(invalid="ignore"):
        whole = pixels.astype(np.uint8)
    if not np.array_equal(whole, pixels):
        raise ValueError("has pixels that are no whole numbers from 0 to 255; write them as uint8")
    return whole
