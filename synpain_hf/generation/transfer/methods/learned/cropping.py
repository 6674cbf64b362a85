"""The square round a face in which networks draw, and how what they drew comes back into the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.change import Points
from synpain_hf.generation.transfer.contours import OVAL
from synpain_hf.generation.transfer.masks import Box, filled
from synpain_hf.generation.transfer.sampling import Floats, smoothed
from synpain_hf.imaging.parts import part_of
from synpain_hf.imaging.png import Pixels

_OF_FACE: Final = 1.3
"""The side of the square, as a share of the face's larger side: a mouth that opens stays in it."""

_SOFT: Final = 0.03
"""How softly a mask ends, as a share of the square's side."""

_RIM: Final = (0.05, 0.6)
"""Between which values of a mask colours are matched."""


@dataclass(frozen=True)
class Square:
    """A square of a picture, which a network sees resampled.

    Attributes:
        left: Its edge, in pixels of the picture, from the outer edge of the first pixel; it may be outside.
        top: Likewise.
        side: Its side, in pixels of the picture.
        size: Its side, in pixels of the network.
    """

    left: float
    top: float
    side: float
    size: int

    @classmethod
    def around(cls, landmarks: npt.NDArray[np.floating[Any]], size: int) -> Square:
        """The square round a face.

        Args:
            landmarks: Shape (478, 2) or (478, 3), in pixels.
            size: Its side, in pixels of the network.

        Raises:
            PictureError: If the landmarks are not finite, or all in one place.
        """
        points = np.asarray(landmarks, np.float64)[:, :2] + 0.5
        low, high = points.min(axis=0), points.max(axis=0)
        side = _OF_FACE * float((high - low).max())
        if not 1 <= side < np.inf:
            raise PictureError("has landmarks that span no face; find them again")
        left, top = ((low + high - side) / 2).tolist()
        return cls(left, top, side, size)

    @property
    def matrix(self) -> Points:
        """From the picture to the square, shape (2, 3); both from the outer edge of the first pixel."""
        scale = self.size / self.side
        return np.array([[scale, 0, -self.left * scale], [0, scale, -self.top * scale]])

    def points(self, landmarks: Points) -> Points:
        """Landmarks in pixels of the square.

        Args:
            landmarks: Shape (478, 2), in pixels of the picture.
        """
        moved: Points = (landmarks + 0.5 - (self.left, self.top)) * (self.size / self.side) - 0.5
        return moved

    def cut(self, pixels: Pixels) -> Pixels:
        """What a picture shows in the square; beyond its edge as at the edge.

        Args:
            pixels: Shape (height, width, 3).

        Returns:
            Shape (size, size, 3).
        """
        first, last = np.floor([self.left, self.top]) - 1, np.ceil([self.left + self.side, self.top + self.side]) + 1
        (x, y), (right, bottom) = first.astype(int).tolist(), last.astype(int).tolist()
        part = Image.fromarray(part_of(pixels, x, y, right, bottom))
        box = (self.left - x, self.top - y, self.left - x + self.side, self.top - y + self.side)
        return np.asarray(part.resize((self.size, self.size), Image.Resampling.LANCZOS, box=box))

    def box(self, size: tuple[int, int]) -> Box:
        """The pixels of a picture that are wholly in the square.

        Args:
            size: Width and height of the picture.
        """
        left, top = (max(0, int(np.ceil(edge))) for edge in (self.left, self.top))
        ends = zip((self.left, self.top), size, strict=True)
        right, bottom = (min(limit, int(np.floor(edge + self.side))) for edge, limit in ends)
        return left, top, max(right, left), max(bottom, top)

    def spread(self, values: Floats, box: Box) -> Floats:
        """Values of the square, resampled to pixels of the picture.

        Args:
            values: Shape (size, size, channels).
            box: Which pixels; as `box` gives it.

        Returns:
            Shape (height, width, channels) of the box.
        """
        left, top, right, bottom = box
        scale = self.size / self.side
        how = (scale, 0.0, (left - self.left) * scale, 0.0, scale, (top - self.top) * scale)
        channels = [
            Image.fromarray(np.ascontiguousarray(values[..., channel], np.float32)).transform(
                (right - left, bottom - top), Image.Transform.AFFINE, how, Image.Resampling.BICUBIC
            )
            for channel in range(values.shape[-1])
        ]
        return np.stack([np.asarray(channel, np.float32) for channel in channels], axis=-1)


def face_mask(faces: Sequence[Points], square: Square, box: Box) -> Floats:
    """Where a face is in a picture, 1, or was, with a soft edge; 0 at the edge of the square.

    Args:
        faces: The landmarks of the face before and after, each of shape (478, 2), in pixels of the picture.
        square: The square that is drawn.
        box: What of the picture is meant.

    Returns:
        As large as the box.
    """
    inside = np.maximum.reduce([filled(points, [OVAL], box) for points in faces])
    soft = _SOFT * square.side
    found: Floats = np.clip(2 * smoothed(inside, soft), 0, 1)
    left, top, right, bottom = box
    x, y = np.arange(left, right) + 0.5 - square.left, np.arange(top, bottom) + 0.5 - square.top
    across, down = (np.clip(np.minimum(at, square.side - at) / soft, 0, 1) for at in (x, y))
    found *= (across * down[:, None]).astype(np.float32)
    return found


def put_back(picture: Pixels, square: Square, drawn: Pixels, faces: Sequence[Points]) -> Pixels:
    """A picture with what was drawn in a square; what is not face keeps its pixels.

    Colours are shifted to those of the picture at the rim, so that no seam is seen.

    Args:
        picture: Shape (height, width, 3).
        square: The square.
        drawn: What was drawn in it, shape (size, size, 3).
        faces: The landmarks of the face before and after, each of shape (478, 2), in pixels of the picture.

    Returns:
        As large as the picture.
    """
    height, width = picture.shape[:2]
    box = square.box((width, height))
    left, top, right, bottom = box
    mask = face_mask(faces, square, box)[..., None]
    before = picture[top:bottom, left:right].astype(np.float32)
    after = square.spread(drawn.astype(np.float32), box)
    rim = ((mask > _RIM[0]) & (mask < _RIM[1]))[..., 0]
    if rim.any():
        after += (before[rim] - after[rim]).mean(axis=0)
    whole: Pixels = picture.copy()
    whole[top:bottom, left:right] = np.clip(np.rint(before + mask * (after - before)), 0, 255).astype(np.uint8)
    return whole
