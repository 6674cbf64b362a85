"""Which of MediaPipe's 478 landmarks draw the parts of a face.

The numbers are those of MediaPipe's face mesh (Kartynnik et al., 'Real-time facial surface geometry from monocular
video on mobile GPUs', 2019), with the irises behind them. Right and left are the person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""The outline of the face, from the top of the forehead by the person's left, closed."""


SKULL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 234, 127, 162, 21, 54, 103, 67, 109,
    151, 108, 69, 104, 68, 71, 139, 34, 227, 337, 299, 333, 298, 301, 368, 264, 447,
)  # fmt: skip
"""The upper outline and the line within it: skin on bone, which an expression leaves where it is."""


@dataclass(frozen=True)
class Opening:
    """An eye, or the inside of the mouth: two lines between the same corners.

    Attributes:
        upper: From corner to corner.
        lower: Likewise; each point is below the one of the same place in `upper`.
        beyond: The next line above the upper one, without corners; empty where it does not move with it.
    """

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    beyond: tuple[int, ...] = ()

    @property
    def corners(self) -> tuple[int, int]:
        """Where both lines end."""
        return self.upper[0], self.upper[-1]

    @property
    def contour(self) -> tuple[int, ...]:
        """All its points, once around."""
        return self.upper + self.lower[-2:0:-1]


RIGHT_EYE: Final = Opening(
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (247, 30, 29, 27, 28, 56, 190),
)
LEFT_EYE: Final = Opening(
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
    (467, 260, 259, 257, 258, 286, 414),
)
EYES: Final = (RIGHT_EYE, LEFT_EYE)
INNER_MOUTH: Final = Opening(
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)
LIPS: Final = Opening(
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
)
"""The lips outside."""

BROWS: Final = (
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300),
)
"""The right and the left brow, each once around."""

IRISES: Final = ((469, 470, 471, 472), (474, 475, 476, 477))
"""The rims of the right and the left iris."""

NOSE_BRIDGE: Final = (168, 6, 197, 195, 5, 4, 1)
NOSE_BASE: Final = (64, 98, 97, 2, 326, 327, 294)
NOSTRILS: Final = ((64, 240, 97, 2, 326, 460, 294, 4),)
"""Around what is dark below the nose."""

STABLE: Final[Sequence[int]] = (
    33, 133, 362, 263,  # the corners of the eyes
    168, 6, 197,  # the bridge of the nose
    10, 109, 67, 103, 338, 297, 332, 151,  # the forehead
    162, 127, 234, 389, 356, 454,  # the temples and ears
)  # fmt: skip
"""What expressions move least: by these, faces are laid upon each other."""
