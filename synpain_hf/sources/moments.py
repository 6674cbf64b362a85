"""At which moments of a clip its expressive faces are taken."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from synpain_hf.errors import UsageError
from synpain_hf.imaging.clips import Survey
from synpain_hf.imaging.limits import MAX_FRAMES
from synpain_hf.text.suggestions import did_you_mean

PEAK = "peak"
_EVERY = re.compile(r"every:([0-9]{1,9})", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", re.ASCII)
_FORMS = "peak, seconds such as 0.5,1.5, or every:N"


@dataclass(frozen=True)
class Moments:
    """The moments of a clip at which its face is compared with that of the first frame.

    Attributes:
        peak: Whether one is where it has changed most.
        every: Every how many frames one is; 0 for none of these.
        seconds: Those that are given by their time from the first frame.
    """

    peak: bool = True
    every: int = 0
    seconds: tuple[float, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Moments:
        """The moments that a text means: one or several of `peak`, seconds and `every:N`, with commas between.

        Raises:
            UsageError: If it means none.

        Example:
            >>> Moments.parse("0.5,peak")
            Moments(peak=True, every=0, seconds=(0.5,))
        """
        peak, every, seconds = False, 0, list[float]()
        for word in (part.strip().lower() for part in text.split(",")):
            if word == PEAK:
                peak = True
            elif _SECONDS.fullmatch(word) and float(word) > 0:
                seconds.append(float(word))
            elif (match := _EVERY.fullmatch(word)) and 0 < int(match[1]) < MAX_FRAMES and not every:
                every = int(match[1])
            else:
                raise UsageError(f"names {word!r}{did_you_mean(word, (PEAK,))}; give {_FORMS}", "at")
        return cls(peak, every, tuple(sorted(set(seconds))))

    def __str__(self) -> str:
        seconds = [repr(moment).removesuffix(".0") for moment in self.seconds]
        return ",".join([*([PEAK] if self.peak else []), *([f"every:{self.every}"] if self.every else []), *seconds])

    def in_clip(self, survey: Survey) -> list[int]:
        """The frames of a clip at these moments, in their order, without the first one.

        The frame of a time is the one that is on the screen then.

        Raises:
            ValueError: If the clip has none at one of them; cause, then remedy.
        """
        chosen = {survey.peak} if self.peak else set[int]()
        if self.every:
            chosen.update(range(self.every, len(survey.times), self.every))
        chosen.update(_shown_at(moment, survey.times) for moment in self.seconds)
        chosen.discard(0)
        if not chosen:
            raise ValueError(
                f"has no frame but the first at {self} ({len(survey.times):,} frames); choose other moments (--at)"
            )
        return sorted(chosen)


def _shown_at(moment: float, times: Sequence[float | None]) -> int:
    known = [time for time in times if time is not None]
    if len(known) < len(times):
        raise ValueError("does not say when its frames are shown; choose peak or every:N (--at)")
    last = known[-1]
    if moment >= last + last / (len(known) - 1):  # the last frame is on the screen as long as the others are
        raise ValueError(f"has no frame at {moment:g} s, but {len(known):,} up to {last:g} s; choose another (--at)")
    return max((time, number) for number, time in enumerate(known) if time <= moment)[1]
