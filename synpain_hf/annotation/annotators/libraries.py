"""Loading the libraries of the extra `annotate`, of versions that can be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

from synpain_hf.errors import MissingExtraError

_EXTRA = "run `pip install 'synpain-hf[annotate]'`"


@dataclass(frozen=True)
class Library:
    """A library that annotators need.

    Attributes:
        title: What its makers call it.
        module: The module that has its version.
        least: The first version that can be used.
        below: The first version after it that cannot.
        reason: Why not.
    """

    title: str
    module: str
    least: tuple[int, ...]
    below: tuple[int, ...]
    reason: str

    def load(self) -> ModuleType:
        """Import it.

        Raises:
            MissingExtraError: If it cannot be loaded, or is of a version that cannot be used.
        """
        try:
            module = import_module(self.module)
        except (ImportError, OSError) as error:  # the second where a library of the system is missing
            raise MissingExtraError(f"{self.title} is needed, and cannot be loaded ({error}); {_EXTRA}") from error
        version = tuple(map(int, re.findall(r"\d+", module.__version__)[:3]))
        if not self.least <= version < self.below:
            raise MissingExtraError(
                f"{self.title} {module.__version__} cannot be used: {self.reason}; {_EXTRA}, which brings another"
            )
        return module


MEDIAPIPE = Library(
    title="MediaPipe",
    module="mediapipe",
    least=(0, 10, 30),
    below=(0, 10, 34),
    reason="versions from 0.10.35 on report to their maker what runs, and those before 0.10.30 are another library",
)
OPENCV = Library(
    title="OpenCV",
    module="cv2",
    least=(4, 11),
    below=(5,),
    reason="versions before 4.11 do not read the models, and version 5 breaks SFace",
)
