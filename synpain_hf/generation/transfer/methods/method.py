"""What a method of transfer is: a small class that draws one picture at a time, and says what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from synpain_hf.generation.transfer.change import Points, transferred
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.imaging.png import Pixels
from synpain_hf.vocabulary import DEFAULT_STYLE


@dataclass(frozen=True)
class Drawing:
    """Whom a demo face shows, and how it was drawn.

    Attributes:
        number: The subject's place in its set.
        age_group: `young` or `old`.
        gender: `man` or `woman`.
        ethnicity: As in the vocabulary.
        seed: The set's.
        biases: What is planted in the set, as `release.json` has it.
        style: How the set is drawn, likewise.
    """

    number: int
    age_group: str
    gender: str
    ethnicity: str
    seed: int
    biases: tuple[Mapping[str, Any], ...] = ()
    style: str = DEFAULT_STYLE


@dataclass(frozen=True)
class Request:
    """One expression that is to be shown by another face.

    Attributes:
        identity: The neutral face that is to show it.
        neutral: The neutral face of the driver.
        expression: The expression of the driver.
        units: The intensity of each action unit of the driver's expression, 0 to 5; empty where they are not known.
        label: What the driver's expression shows, `pain` or `no_pain`.
        drawing: How the identity's face was drawn, where it is a demo face.
    """

    identity: Shot
    neutral: Shot
    expression: Shot
    units: Mapping[str, float]
    label: str
    drawing: Drawing | None = None

    def target(self) -> Points:
        """Where the landmarks of the identity are to be, shape (478, 2), in pixels of its picture."""
        return transferred(self.identity.landmarks, self.neutral.landmarks, self.expression.landmarks)


class Method(ABC):
    """Draws expressions of one face on another.

    Attributes:
        name: What `--method` takes.
        version: Rises whenever the same faces would get other pixels.
        libraries: The packages that its pixels depend on, as pip names them.
        weights: The weights that it needs, by name and digest; empty where it needs none.
        source_type: What the IPTC calls pictures that are made so: a term of its vocabulary `digitalsourcetype`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    libraries: ClassVar[Sequence[str]]
    weights: ClassVar[str] = ""
    source_type: ClassVar[str]

    @abstractmethod
    def draw(self, request: Request) -> Pixels:
        """Draw the identity with the driver's expression.

        Returns:
            Shape (height, width, 3), uint8, RGB: as large as the identity's picture.

        Raises:
            PictureError: If it cannot be drawn; the message is the reason.
        """
