"""What a user chooses where a source leaves open how its pairs are made."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_args

from synpain_hf.errors import UsageError
from synpain_hf.sources.moments import Moments
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import Uses


@dataclass(frozen=True)
class Choices:
    """How pairs are made; None where nothing was said.

    Attributes:
        groups: A table of the groups of each identity, which the source itself does not have.
        pain_from: The least pain score, or level, that is called pain.
        references: How many neutral faces of an identity stand beside its other faces.
        videos: What becomes of clips: a word of `Uses`.
        at: At which moments of a clip its expressive faces are taken.
        clip_names: A regular expression that the names of clips match, with groups that say what is known of each.
    """

    groups: Path | None = None
    pain_from: float | None = None
    references: int | None = None
    videos: Uses | None = None
    at: str | None = None
    clip_names: str | None = None

    def __post_init__(self) -> None:
        if self.references is not None and self.references < 1:
            raise UsageError(f"asks for {self.references} neutral faces; give 1 or more", "references")
        known = get_args(Uses)
        if self.videos not in (None, *known):
            near = did_you_mean(str(self.videos), known)
            raise UsageError(f"is {self.videos!r}{near}; choose one of {', '.join(known)}", "videos")
        if self.videos == "table" and self.at is not None:
            fault = "says which frames become pairs, and none do; omit it, or give {videos} both"
            raise UsageError(fault, "at", mentions=["videos"])
        if self.at is not None:
            Moments.parse(self.at)

    @property
    def moments(self) -> Moments:
        """At which moments of a clip its expressive faces are taken; where it peaks, if nothing was said."""
        return Moments() if self.at is None else Moments.parse(self.at)

    def given(self) -> list[str]:
        """The names of what was chosen."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]

    def check(self, known: Collection[str], source: str) -> None:
        """Refuse what a source does not leave open.

        Args:
            known: What it leaves open.
            source: What it is called.

        Raises:
            UsageError: If anything else was chosen.
        """
        others = [name for name in self.given() if name not in known]
        if others:
            raise UsageError(f"cannot be used with {source}; omit {'it' if len(others) == 1 else 'them'}", *others)
