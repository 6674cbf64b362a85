"""A frame of a clip as a picture of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from synpain_hf.pair import Archives, Picture


@dataclass(frozen=True)
class ClipFrame:
    """A frame of a clip, decoded when it is read.

    Attributes:
        clip: The clip.
        sha256: The digest of its file, when its frames were looked at.
        number: The frame, from 0.
    """

    clip: Picture
    sha256: str
    number: int

    @property
    def name(self) -> str:
        """The name of its clip."""
        return self.clip.name

    @property
    def is_verified(self) -> bool:
        """Whether the bytes of the clip are compared with a digest that came with it."""
        return self.clip.is_verified

    def stamp(self) -> object:
        """What changes with the clip, or with its decoder."""
        return self.clip.stamp(), version("av")

    def read(self, archives: Archives) -> bytes:
        """It, as a PNG."""
        return archives.frame(self.clip, self.sha256, self.number)
