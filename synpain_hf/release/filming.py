"""Clips before a release is written: each is decoded once, and becomes pairs of its frames, a row of `videos`, or both.

A clip is looked at by itself, so that many are at a time, and an interrupted build looks at none again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

import synpain_hf
from synpain_hf.errors import PictureError, Problem
from synpain_hf.executor import Executor
from synpain_hf.imaging.clips import check_decoder, survey
from synpain_hf.pair import Clip, Pair
from synpain_hf.progress import Progress
from synpain_hf.sources.clip_frames import ClipFrame
from synpain_hf.sources.files import OpenArchives
from synpain_hf.sources.moments import Moments

_SHARED = ("label", "identity", "age_group", "gender", "ethnicity", "source_label", "age", "part", "generator")
"""What a pair takes over from its clip."""


@dataclass(frozen=True)
class Seen:
    """What decoding a clip showed, or why it cannot be used.

    Attributes:
        key: What it depends on.
        problem: Why the clip cannot be used; empty where it can.
        sha256: Of its file.
        bytes: Of its file.
        frames: How many it has.
        duration: In seconds; None where that is not known.
        peak: The number of the frame that has changed most, and its time.
        chosen: The numbers and times of the frames that become expressive faces.
    """

    key: str
    problem: str = ""
    sha256: str = ""
    bytes: int = 0
    frames: int = 0
    duration: float | None = None
    peak: tuple[int, float | None] = (0, None)
    chosen: tuple[tuple[int, float | None], ...] = ()


@dataclass(frozen=True)
class Film:
    """A clip that was decoded.

    Attributes:
        clip: The clip.
        seen: What it showed.
        fold: 0 to 4; None until it is assigned.
    """

    clip: Clip
    seen: Seen
    fold: int | None = None

    def pairs(self) -> Iterator[Pair]:
        """A pair of its first frame with each of those that were chosen."""
        clip, sha256 = self.clip, self.seen.sha256
        first = ClipFrame(clip.video, sha256, 0)
        for number, time in self.seen.chosen:
            yield Pair(
                pair_id=f"{clip.name}-{number:04d}",
                pictures=(first, replace(first, number=number)),
                listed_at=f"{clip.listed_at}:{number}",
                clip=clip.name,
                frame=number,
                time=time,
                origins=(sha256, sha256),
                **{name: getattr(clip, name) for name in _SHARED},
            )

    def stand_in(self) -> Pair:
        """A pair without pictures that shows whom it shows: it gets a fold as a pair does."""
        clip = self.clip
        known = {name: getattr(clip, name) for name in _SHARED}
        return Pair(pair_id=clip.name, pictures=(), listed_at=clip.listed_at, **known)


def look_through(
    clips: Sequence[Clip],
    moments: Moments | None,
    executor: Executor,
    known: Mapping[str, Seen],
    remember: Callable[[Seen], None],
    progress: Progress,
) -> list[Film | Problem]:
    """Decode every clip that an earlier build did not.

    Args:
        clips: The clips.
        moments: Which frames become expressive faces; None for no frame.
        executor: What decodes them.
        known: What was seen before, by its key.
        remember: Called with what is seen now.
        progress: Called after every clip.

    Returns:
        In the order of the clips, each with what was seen, or why it cannot be used.

    Raises:
        MissingExtraError: If PyAV is not installed.
    """
    if not clips:
        return []
    check_decoder()
    twice = dict(_named_twice(clips))
    seen = {clip.listed_at: Seen("", twice[clip.listed_at]) for clip in clips if clip.listed_at in twice}
    waiting = []
    for clip in clips:
        if clip.listed_at not in seen:
            found = known.get(_key(clip, moments))
            if found:
                seen[clip.listed_at] = found
            else:
                waiting.append(clip)
    progress("clips", len(seen), len(clips))
    with closing(executor.run(partial(_look_at, moments=moments), waiting)) as looked:
        for listed_at, found in looked:
            remember(found)
            seen[listed_at] = found
            progress("clips", len(seen), len(clips))
    return [_told(clip, seen[clip.listed_at]) for clip in clips]


def _told(clip: Clip, seen: Seen) -> Film | Problem:
    return Problem(clip.listed_at, seen.problem) if seen.problem else Film(clip, seen)


def _named_twice(clips: Iterable[Clip]) -> Iterator[tuple[str, str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        places[clip.name].append(clip.listed_at)
    for name, here in places.items():
        for place in here[: len(here) if len(here) > 1 else 0]:
            other = next(other for other in here if other != place)
            yield place, f"is called {name} as {other} is; keep the right one, or rename it"


def _key(clip: Clip, moments: Moments | None) -> str:
    """A digest of all that decides what is seen of a clip."""
    parts = (clip.listed_at, clip.video, clip.video.stamp(), str(moments), synpain_hf.__version__, version("av"))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _look_at(clip: Clip, moments: Moments | None) -> tuple[str, Seen]:
    key = _key(clip, moments)  # before it is read: one that changes meanwhile is read again by the next build
    try:
        with OpenArchives() as archives:
            content = clip.video.read(archives)
        found = survey(content)
        chosen = moments.in_clip(found) if moments else []
    except (PictureError, ValueError) as error:
        return clip.listed_at, Seen(key, str(error))
    times, last = found.times, found.times[-1]
    return clip.listed_at, Seen(
        key,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        frames=len(times),
        duration=None if last is None else last * len(times) / (len(times) - 1),
        peak=(found.peak, times[found.peak]),
        chosen=tuple((number, times[number]) for number in chosen),
    )
