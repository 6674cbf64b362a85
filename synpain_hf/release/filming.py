"""Clips before a release is written: each is decoded once, and becomes pairs of its frames, a row of `videos`, or both.

A clip is looked at by itself, so that many are at a time, and an interrupted build looks at none again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Protocol

import synpain_hf
from synpain_hf.errors import PictureError, Problem
from synpain_hf.executor import Executor
from synpain_hf.imaging.clips import check_decoder, survey
from synpain_hf.pair import Clip, Pair
from synpain_hf.progress import Progress
from synpain_hf.sources.choices import Choices
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


class Journal(Protocol):
    """What remembers what clips showed."""

    @property
    def seen(self) -> Mapping[str, Seen]:
        """What is known, by its key."""

    def add_seen(self, seen: Seen) -> None:
        """Remember what a clip showed."""


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


@dataclass(frozen=True)
class Filmed:
    """What became of the clips of a source.

    Attributes:
        for_table: Those that become rows of their own.
        options: What was done with them, as a `release.json` says; nothing where there are none.
    """

    for_table: Sequence[Film] = ()
    options: Mapping[str, object] = field(default_factory=dict)


def look_through(
    entries: Sequence[Pair | Clip | Problem], choices: Choices, executor: Executor, journal: Journal, progress: Progress
) -> tuple[list[Pair | Problem], Filmed]:
    """Decode every clip among the entries of a source that an earlier build did not.

    Args:
        entries: The entries.
        choices: What becomes of clips, and which of their frames become expressive faces.
        executor: What decodes them.
        journal: What remembers what was seen.
        progress: Called after every clip.

    Returns:
        The other entries, with pairs of frames, and why a clip cannot be used; and what became of the clips.

    Raises:
        MissingExtraError: If there are clips, and PyAV is not installed.
    """
    clips = [entry for entry in entries if isinstance(entry, Clip)]
    others = [entry for entry in entries if not isinstance(entry, Clip)]
    if not clips:
        return others, Filmed()
    check_decoder()
    uses = choices.videos or "frames"
    moments = None if uses == "table" else choices.moments
    looked = _looked_at(clips, moments, executor, journal, progress)
    films = [film for film in looked if isinstance(film, Film)]
    others += [problem for problem in looked if isinstance(problem, Problem)]
    others += [pair for film in films for pair in film.pairs()]
    options = {"videos": uses, **({"at": str(moments)} if moments else {})}
    return others, Filmed([] if uses == "frames" else films, options)


def _looked_at(
    clips: Sequence[Clip], moments: Moments | None, executor: Executor, journal: Journal, progress: Progress
) -> list[Film | Problem]:
    """Every clip with what was seen, or why it cannot be used."""
    seen = {place: Seen("", reason) for place, reason in _named_twice(clips)}
    waiting = []
    for clip in clips:
        known = journal.seen.get(_key(clip, moments))
        if known:
            seen.setdefault(clip.listed_at, known)
        elif clip.listed_at not in seen:
            waiting.append(clip)
    progress("clips", len(seen), len(clips))
    with closing(executor.run(partial(_look_at, moments=moments), waiting)) as looked:
        for place, found in looked:
            journal.add_seen(found)
            seen[place] = found
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
