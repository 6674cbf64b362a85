"""The turn of a head in degrees."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class HeadPose(NamedTuple):
    """How a head is turned, in degrees; all 0 where it faces the camera upright.

    Attributes:
        yaw: To the side; above 0 where it faces the right edge of the picture.
        pitch: Up and down; above 0 where it looks up.
        roll: Tilted; above 0 where it is tilted clockwise, as one sees the picture.
    """

    yaw: float
    pitch: float
    roll: float


def head_pose(rotation: npt.NDArray[np.floating]) -> HeadPose:
    """The turn of a head from a matrix: first the yaw, then the pitch, then the roll, each about an axis of the head.

    Args:
        rotation: Shape (3, 3): from the head's axes to the camera's, which point to the right, up, and from the scene
            to the camera.
    """
    return HeadPose(
        yaw=math.degrees(math.atan2(rotation[0, 2], rotation[2, 2])),
        pitch=math.degrees(math.asin(np.clip(rotation[1, 2], -1, 1))),
        roll=-math.degrees(math.atan2(rotation[1, 0], rotation[1, 1])),
    )
