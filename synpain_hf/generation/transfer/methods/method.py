"""What a method of transfer is: a small class that draws pictures, and says what it is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, get_args

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.generation.transfer.change import Points, transferred
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.imaging.png import Pixels
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import DEFAULT_STYLE, Precision

MOST_STEPS: Final = 1000
"""Of denoising: as many as there are of noising in training."""

DEVICE: Final = re.compile(r"auto|cpu|mps|cuda(:\d{1,3})?", re.ASCII)
"""What `Choices.device` may be."""


LACKS_MEMORY: Final = "has too little memory for this; give cpu, or a GPU with more, or end what else runs there"
"""What is said of a device that cannot hold a network and its pictures."""

OF_A_BASE: Final = ("base", "strength", "adapter", "no_safety_checker")
"""The choices that are for methods which steer a base."""

OF_A_NETWORK: Final = ("steps", "device", "precision")
"""The choices that are for methods with a network."""


@dataclass(frozen=True)
class Choices:
    """How a method is to draw.

    Attributes:
        weights: What it has learned: a folder that `train-transfer` left, or a name on the Hub.
        base: The model that a ControlNet steers: a folder, or a name on the Hub.
        seed: Draws the noise, together with the key of each request.
        steps: Of denoising; None for as many as are usual for the method.
        device: Where a network computes: `auto`, `cpu`, `cuda`, `cuda:1`.
        precision: With which numbers; `auto` is bf16 or fp16 on a GPU that has it, else fp32.
        strength: How much of the bent face a ControlNet may redraw, above 0 to 1; None for as much as is usual.
        adapter: An IP-Adapter that keeps the identity: a `.safetensors` file, or its place on the Hub; empty for none.
        no_safety_checker: Whether the safety checker of the base, which would look at all pictures, is left out.

    Raises:
        UsageError: If one cannot be right.
    """

    weights: str = ""
    base: str = ""
    seed: int = 0
    steps: int | None = None
    device: str = "auto"
    precision: Precision = "auto"
    strength: float | None = None
    adapter: str = ""
    no_safety_checker: bool = False

    def __post_init__(self) -> None:
        if self.steps is not None and not 1 <= self.steps <= MOST_STEPS:
            raise UsageError(f"is {self.steps}; give 1 to {MOST_STEPS:,}", "steps")
        if self.strength is not None and not 0 < self.strength <= 1:
            raise UsageError(f"is {self.strength:g}; give a number above 0, of at most 1", "strength")
        if not DEVICE.fullmatch(self.device):
            raise UsageError(f"is {shown(self.device)!r}; give auto, cpu, cuda, cuda:N or mps", "device")
        words = get_args(Precision)
        if self.precision not in words:
            near = did_you_mean(self.precision, words)
            raise UsageError(f"is {shown(self.precision)!r}{near}; give one of {', '.join(words)}", "precision")


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
        key: What tells it from all others: the new pair's id. Noise is drawn by it.
        groups: The groups of the identity, by column; None where unknown.
    """

    identity: Shot
    neutral: Shot
    expression: Shot
    units: Mapping[str, float]
    label: str
    drawing: Drawing | None = None
    key: str = ""
    groups: Mapping[str, str | None] = field(default_factory=dict)

    def target(self) -> Points:
        """Where the landmarks of the identity are to be, shape (478, 2), in pixels of its picture."""
        return transferred(self.identity.landmarks, self.neutral.landmarks, self.expression.landmarks)


class Method(ABC):
    """Draws expressions of one face on another.

    Making one checks what it is given and opens no network; the first picture does.

    Args:
        choices: How it is to draw.

    Attributes:
        name: What `--method` takes.
        version: Rises whenever the same faces would get other pixels.
        libraries: The packages that its pixels depend on, as pip names them.
        source_type: What the IPTC calls pictures that are made so: a term of its vocabulary `digitalsourcetype`.
        in_parallel: Whether each worker draws for itself; otherwise one process holds the network.
        batch: Pictures that are drawn at a time.
        needs_weights: Whether it needs `Choices.weights`.
        steers_base: Whether it steers another model, so that the choices in `OF_A_BASE` are for it.
        choices: How it is to draw.
        weights: The weights that it uses, by name and digest; empty where it uses none.
        settings: What of the choices decides its pixels, beside the weights and the seed.
        learned: The identities that its weights have learned from.
        learned_from: The release that these are of, and the fold that was left out, as `transfer.json` says it; None
            where there is none.

    Raises:
        UsageError: If a choice cannot be right, or the weights do not fit.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    libraries: ClassVar[Sequence[str]]
    source_type: ClassVar[str]
    in_parallel: ClassVar[bool] = True
    batch: ClassVar[int] = 1
    needs_weights: ClassVar[bool] = False
    steers_base: ClassVar[bool] = False

    def __init__(self, choices: Choices = Choices()) -> None:
        self.choices = choices
        self.weights = ""
        self.settings: Mapping[str, str | int] = {}
        self.learned: frozenset[str] = frozenset()
        self.learned_from: Mapping[str, Any] | None = None

    def prompt(
        self,
        units: Mapping[str, float],  # noqa: ARG002
        groups: Mapping[str, str | None],  # noqa: ARG002
        label: str,  # noqa: ARG002
    ) -> str | None:
        """The text that the method is given for a picture; None where it is given none.

        Args:
            units: The action units that are to be shown, as in `Request`.
            groups: The groups of the identity, likewise.
            label: What is to be shown, likewise.
        """
        return None

    @abstractmethod
    def draw(self, request: Request) -> Pixels:
        """Draw the identity with the driver's expression.

        Returns:
            Shape (height, width, 3), uint8, RGB: as large as the identity's picture.

        Raises:
            PictureError: If it cannot be drawn; the message is the reason.
        """

    def draw_all(self, requests: Sequence[Request]) -> list[Pixels | PictureError]:
        """Draw several pictures: the same ones as `draw` gives one after another.

        Args:
            requests: At most `batch`.

        Returns:
            Each picture, or why it cannot be drawn.
        """
        return [self._drawn(request) for request in requests]

    def _drawn(self, request: Request) -> Pixels | PictureError:
        try:
            return self.draw(request)
        except PictureError as error:
            return error
