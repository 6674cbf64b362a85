"""Faces as the published PwCT was given them: warped onto a mean face, grey, evened out.

The picture is scaled to 320 columns, turned upright by three points, warped piece by piece so that 39 points come to
lie on those of the mean face, cut to its box, padded to a square, scaled to 160 x 160, and evened out in small tiles
(CLAHE). The published mean face is under its own terms; `read_points` takes its file, and ours is the default.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import Delaunay, QhullError

from synpain_hf.errors import MissingExtraError, PictureError, UsageError
from synpain_hf.imaging.alignment.landmarks import COUNT, Points, checked
from synpain_hf.imaging.alignment.transforms import apply, similarity_between
from synpain_hf.vocabulary import PWCT_SIDE

Grey = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

_WIDTH: Final = 320
_UPRIGHT_BY: Final = (36, 45, 57)
_UPRIGHT: Final = np.array([[110.0, 71], [210, 71], [160, 170]])
_ANCHORS: Final = (*range(31), 36, 39, 42, 45, 48, 51, 54, 57)
_LARGEST: Final = 155.0
_DOWN: Final = (0.0, 15.0)
_CLIP_LIMIT: Final = 2.0
_TILES: Final = (8, 8)
_AROUND: Final = 0.1
"""Share of a face's larger side that is smoothed beside it."""

_MOST_BYTES: Final = 2**16
_FARTHEST: Final = 1000.0
_LEAST_SIDE: Final = 16
_ON_A_LINE: Final = "has all its points about on a line; give those of a face"
_OURS: Final = Path(__file__).with_name("mean_face.json")


@dataclass(frozen=True, eq=False)
class MeanFace:
    """The face that all faces are warped onto.

    Attributes:
        points: 68 points, shape (68, 2); the largest coordinate is 155, then 15 is added to y.
    """

    points: Points

    @classmethod
    def of(cls, points: npt.ArrayLike) -> MeanFace:
        """A mean face of any scale.

        Raises:
            PictureError: If these are not 68 finite points, or nothing can be warped onto them.
        """
        given = checked(points)
        if given.max() <= 0:
            raise PictureError("has no point to the right of and below (0, 0); give positions in a picture")
        face = cls(given / given.max() * _LARGEST + _DOWN)
        if np.abs(face.points).max() > _FARTHEST:
            raise PictureError("has points far to the left of or above (0, 0); give positions in a picture")
        left, top, right, bottom = face.box
        if min(right - left, bottom - top) < _LEAST_SIDE:
            raise PictureError(_ON_A_LINE)
        try:
            _ = face.mesh
        except QhullError as error:
            raise PictureError(_ON_A_LINE) from error
        return face

    @classmethod
    def given(cls, points: npt.ArrayLike | None) -> MeanFace:
        """The mean face of some points; ours where there are none.

        Raises:
            UsageError: If these are not 68 finite points.
        """
        if points is None:
            return our_mean_face()
        try:
            given = np.asarray(points, dtype=np.float64)
            return _mean_face_of(given.shape, given.tobytes())
        except (ValueError, TypeError) as error:
            raise UsageError(f"mean_face {error}") from error

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of its points, in whole pixels."""
        (left, top), (right, bottom) = np.rint(self.points.min(axis=0)), np.rint(self.points.max(axis=0))
        return int(left), int(top), int(right), int(bottom)

    @cached_property
    def pieces(self) -> tuple[npt.NDArray[np.signedinteger[Any]], Points]:
        """Within the box, which triangle of anchors a pixel is in (-1: none), and its barycentric coordinates there."""
        left, top, right, bottom = self.box
        x, y = np.meshgrid(np.arange(left, right), np.arange(top, bottom))
        pixels = np.stack([x, y], axis=-1).astype(np.float64)
        mesh = self.mesh
        found = mesh.find_simplex(pixels)
        affine = mesh.transform[found]
        first = np.einsum("...ij,...j->...i", affine[..., :2, :], pixels - affine[..., 2, :])
        return found, np.concatenate([first, 1 - first.sum(axis=-1, keepdims=True)], axis=-1)

    @cached_property
    def mesh(self) -> Delaunay:
        """The triangles between its anchors."""
        return Delaunay(self.points[list(_ANCHORS)])


@lru_cache(maxsize=4)
def _mean_face_of(shape: tuple[int, ...], content: bytes) -> MeanFace:
    """A mean face by the bytes of its points: every picture asks for it, and its triangles are computed once."""
    return MeanFace.of(np.frombuffer(content, np.float64).reshape(shape))


def read_points(path: Path) -> Points:
    """The points of the mean face in a file of NumPy, such as the published `standard_face_68.npy`.

    Returns:
        Shape (68, 2), of the scale that they have there.

    Raises:
        UsageError: If the file is not there, or holds something else.
    """
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is not a file")  # a pipe would be waited for
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError("it is too large")
        _check_shape(content)
        found = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
        if found.dtype.kind not in "iuf":
            raise ValueError(f"it holds no numbers, but {found.dtype}")
        MeanFace.of(found)
        return checked(found)
    except (OSError, ValueError, EOFError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("; ")[0]
        raise UsageError(
            f"is {str(path)!r}, which is no mean face ({cause}); give an .npy file with an array of shape ({COUNT}, 2)",
            "mean_face",
        ) from error


def _check_shape(content: bytes) -> None:
    """Refuse an array of another shape by its header, before memory is taken for it."""
    file = io.BytesIO(content)
    is_first = np.lib.format.read_magic(file) == (1, 0)
    header = np.lib.format.read_array_header_1_0 if is_first else np.lib.format.read_array_header_2_0
    shape, _, _ = header(file)
    if shape != (COUNT, 2):
        raise ValueError(f"it holds an array of shape {shape}")


@cache
def our_mean_face() -> MeanFace:
    """The mean face that the package carries."""
    return MeanFace.of(json.loads(_OURS.read_text(encoding="utf-8"))["points"])


def aligned(
    image: Image.Image,
    landmarks: npt.ArrayLike,
    mean_face: MeanFace | None = None,
    smooth: Callable[[Floats], Floats] | None = None,
) -> Image.Image:
    """A face as the published PwCT was given it.

    Args:
        image: Grey or RGB.
        landmarks: Its points, shape (68, 2) or (478, 2), in pixels.
        mean_face: What it is warped onto; None for ours.
        smooth: What happens to the part of the upright picture that the face is in, before it is warped and evened out;
            it is given floats from 0 to 255 of shape (height, width) or (height, width, 3). None for nothing, as
            published.

    Returns:
        160 x 160 pixels, grey; black where the face does not reach.

    Raises:
        PictureError: If nothing can be aligned by the landmarks.
        MissingExtraError: If OpenCV is not installed.
    """
    face = mean_face or our_mean_face()
    pixels, points = _scaled(np.asarray(image), checked(landmarks))
    pixels, points = _upright(pixels, points)
    if smooth is not None:
        part = _part_around(points)
        pixels[part] = smooth(pixels[part])
    warped = _squared(_warped(pixels, points, face))
    return Image.fromarray(_evened(_grey(_opencv().resize(warped, (PWCT_SIDE, PWCT_SIDE)))))


def _scaled(pixels: npt.NDArray[Any], points: Points) -> tuple[Floats, Points]:
    """The picture 320 columns wide, averaged over areas, and its points there."""
    height, width = pixels.shape[:2]
    size = (_WIDTH, max(1, int(height * _WIDTH / width)))
    cv2 = _opencv()
    scaled = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return scaled, points * size / (width, height)


def _upright(pixels: Floats, points: Points) -> tuple[Floats, Points]:
    """The picture turned so that the outer corners of the eyes are level and the lower lip is below them."""
    matrix = similarity_between(points[list(_UPRIGHT_BY)], _UPRIGHT)
    turned: Floats = _opencv().warpAffine(pixels, matrix, (_WIDTH, _WIDTH))
    return turned, apply(matrix, points)


def _part_around(points: Points) -> tuple[slice, slice]:
    """Rows and columns of the upright picture within which the face lies, with some more on all sides."""
    least, most = points.min(axis=0), points.max(axis=0)
    more = _AROUND * (most - least).max()
    first, last = (np.rint(each).clip(0, _WIDTH).astype(int) for each in (least - more, most + more))
    return slice(first[1], last[1]), slice(first[0], last[0])


def _warped(pixels: Floats, points: Points, face: MeanFace) -> Floats:
    """The picture within the box of the mean face, each triangle of anchors drawn on its counterpart there."""
    found, weights = face.pieces
    corners = points[list(_ANCHORS)][face.mesh.simplices[found]]
    sources = np.einsum("...i,...ij->...j", weights, corners)
    sources[found < 0] = -2.0  # beyond the border, where all is black
    cv2 = _opencv()
    x, y = (sources[..., axis].astype(np.float32) for axis in (0, 1))
    warped: Floats = cv2.remap(pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return warped


def _squared(pixels: Floats) -> Floats:
    """A picture with black on both sides of what is shorter."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    before = ((side - height) // 2, (side - width) // 2)
    after = (side - height - before[0], side - width - before[1])
    padding = [*zip(before, after, strict=True), (0, 0)][: pixels.ndim]
    return np.pad(pixels, padding)


def _grey(pixels: Floats) -> Grey:
    """Brightness in 8 bits, by the weights of ITU-R BT.601."""
    brightness = pixels if pixels.ndim == 2 else pixels @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.rint(np.clip(brightness, 0, 255)).astype(np.uint8)


def _evened(pixels: Grey) -> Grey:
    """Histograms equalised in tiles, with limited contrast (CLAHE)."""
    evened: Grey = _opencv().createCLAHE(clipLimit=_CLIP_LIMIT, tileGridSize=_TILES).apply(pixels)
    return evened


def library() -> str:
    """What computes the pixels, with its version.

    Raises:
        MissingExtraError: If OpenCV is not there.
    """
    return f"opencv {_opencv().__version__}"


def _opencv() -> Any:
    try:
        import cv2
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "alignment as PwCT has it needs OpenCV; run `pip install 'synpain-hf[annotate]'`"
        ) from error
    return cv2
