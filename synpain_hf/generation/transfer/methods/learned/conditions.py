"""What a network is given of a request, in the square round the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from synpain_hf.generation.transfer.change import Points
from synpain_hf.generation.transfer.control import control_picture
from synpain_hf.generation.transfer.methods.learned.cropping import Square, face_mask
from synpain_hf.generation.transfer.methods.method import Request
from synpain_hf.generation.transfer.methods.warp import bent
from synpain_hf.imaging.png import Pixels

CONDITIONS: Final = ("neutral", "bent", "control")
"""The pictures that a network is given, by name, in this order."""


@dataclass(frozen=True)
class Conditions:
    """What a network is given of a request; nothing of the driver's picture is in it.

    Attributes:
        square: The square.
        faces: The landmarks of the identity, and where they are to be, in pixels of its picture.
        whole: The identity's picture, bent to where its landmarks are to be.
        neutral: The identity in the square, shape (size, size, 3).
        bent: The bent picture there.
        control: The lines of the landmarks to be.
        mask: Where the face is, 0 to 255, shape (size, size, 1).
    """

    square: Square
    faces: tuple[Points, Points]
    whole: Pixels
    neutral: Pixels
    bent: Pixels
    control: Pixels
    mask: Pixels


def conditions_of(request: Request, size: int) -> Conditions:
    """What a network is given of a request.

    Args:
        request: The request.
        size: The side of the square, in pixels of the network.

    Raises:
        PictureError: If landmarks are not finite, or span no face.
    """
    identity = request.identity
    own, target = identity.landmarks[:, :2].astype(np.float64), request.target()
    square = Square.around(own, size)
    whole = bent(identity, target)
    in_square = [square.points(points) for points in (own, target)]
    unit = Square(0, 0, size, size)
    mask = face_mask(in_square, unit, (0, 0, size, size))[..., None]
    return Conditions(
        square=square,
        faces=(own, target),
        whole=whole,
        neutral=square.cut(identity.pixels),
        bent=square.cut(whole),
        control=np.asarray(control_picture(in_square[1], (size, size))),
        mask=np.rint(255 * mask).astype(np.uint8),
    )
