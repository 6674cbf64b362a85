"""What an annotator is: a small class that measures one face at a time, and says what it writes and needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from synpain_hf.annotation.models import ModelFile
from synpain_hf.imaging.png import Pixels

if TYPE_CHECKING:
    from typing_extensions import Self

NO_FACE = "no face was found"

Measured = Mapping[str, object]
"""What was measured, by column; a `reason` where nothing was."""


class Annotator(ABC):
    """Measures faces, one at a time.

    Args:
        models: Where the files of `models` are.

    Attributes:
        name: What `--with` takes, and the name of its file in `annotations/`.
        title: What the column `annotator` says.
        version: Rises whenever the same faces would get other values.
        models: The model files that it needs, in the order in which it takes them.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int]
    models: ClassVar[Sequence[ModelFile]] = ()

    @abstractmethod
    def __init__(self, models: Sequence[Path]) -> None: ...

    @classmethod
    def library(cls) -> str:
        """The library that it needs, with its version; empty where it needs none.

        Raises:
            MissingExtraError: If it cannot be loaded, or is of a version that cannot be used.
        """
        return ""

    @classmethod
    def made_with(cls) -> str:
        """All that its values depend on beside the faces, in a few words.

        Raises:
            MissingExtraError: If its library cannot be used.
        """
        return ", ".join(filter(None, (f"{cls.name} {cls.version}", cls.library(), *map(str, cls.models))))

    @classmethod
    @abstractmethod
    def columns(cls) -> Mapping[str, Any]:
        """The columns that it writes, as `datasets` types, without those that every annotator has."""

    @abstractmethod
    def measure(self, pixels: Pixels) -> Measured:
        """Measure a face.

        Args:
            pixels: Shape (height, width, 3), uint8, RGB; contiguous.

        Returns:
            Values by column. Where it finds no face, `faces` is 0, `reason` says so, and there is nothing else.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing that must be closed
        """Let go of the models; it cannot be used any more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
