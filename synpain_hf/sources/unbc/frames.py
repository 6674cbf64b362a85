"""Frames of a person's videos with their pain scores, and the pairs that are made of them."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from synpain_hf.errors import Problem
from synpain_hf.pair import Annotation, Pair, Picture
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.facs import check_pain_from
from synpain_hf.sources.groups import Groups
from synpain_hf.text.plurals import count

T = TypeVar("T")

Said = dict[object, tuple[Annotation, ...]]
"""What is known of frames, by their codes: those that are coded alike have one and the same annotation."""

ANNOTATOR = "facs"

_NUMBER = re.compile(r"(\d{1,15})$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Frame:
    """A labelled frame.

    Attributes:
        identity: The person.
        clip: The video; empty where it is not known.
        name: What the frame is called.
        picture: Its picture, not read yet.
        pspi: Its pain score, 0 to 16.
        units: The intensity of each coded unit, 0 to 5; None where they are not known.
    """

    identity: str
    clip: str
    name: str
    picture: Picture
    pspi: float
    units: Mapping[str, float] | None

    @property
    def number(self) -> int | None:
        """Its number, as its name ends in one."""
        match = _NUMBER.search(self.name)
        return int(match[1]) if match else None


@dataclass(frozen=True)
class Rules:
    """How frames become pairs.

    Attributes:
        pain_from: The least pain score that is called pain.
        references: How many neutral frames of a person the others are compared with.

    Raises:
        UsageError: If no frame, or every frame, would be called pain.
    """

    pain_from: float = 1.0
    references: int = 1

    def __post_init__(self) -> None:
        check_pain_from(self.pain_from)

    @classmethod
    def of(cls, choices: Choices) -> Rules:
        """The rules that were chosen, or else the usual ones."""
        given = {"pain_from": choices.pain_from, "references": choices.references}
        return cls(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]

    def describe(self) -> dict[str, object]:
        """What a `release.json` says of them."""
        return {"pain_from": self.pain_from, "references": self.references}


def pairs_of(frames: Iterable[Frame], rules: Rules, groups: Groups) -> Iterator[Pair | Problem]:
    """Compare every frame of a person with a neutral frame of the same person, one with PSPI 0.

    Neutral frames are spread evenly over all those of the person; the first of them alone is one. The other frames get
    them in turn, in the order of clips and numbers. A neutral frame is not compared with another.

    Args:
        frames: Frames of any persons.
        rules: How they become pairs.
        groups: What is known of the persons.

    Yields:
        A pair for every frame that is not a neutral one; a problem for each person without a neutral frame.
    """
    shown: dict[str, list[Frame]] = defaultdict(list)
    said: Said = {}
    for frame in frames:
        shown[frame.identity].append(frame)
    for identity in sorted(shown):
        ordered = sorted(shown[identity], key=lambda frame: (frame.clip, frame.number or 0, frame.name))
        neutrals = spread([frame for frame in ordered if frame.pspi == 0], rules.references)
        if not neutrals:
            has = f"has no frame with PSPI 0 that could be the neutral of its {count(len(ordered), 'frame')}"
            yield Problem(identity, f"{has}; add one, or leave this person out")
            continue
        chosen = {(frame.clip, frame.name) for frame in neutrals}
        others = [frame for frame in ordered if (frame.clip, frame.name) not in chosen]
        if not others:
            yield Problem(identity, "has no frame beside the neutral one; add one, or leave this person out")
        for at, frame in enumerate(others):
            yield _pair(frame, neutrals[at % len(neutrals)], rules, groups, said)


def spread(frames: Sequence[T], number: int) -> list[T]:
    """Some frames, spread evenly from the first on; all of them where there are no more."""
    most = min(number, len(frames))
    return [frames[at * len(frames) // most] for at in range(most)]


def _pair(frame: Frame, neutral: Frame, rules: Rules, groups: Groups, said: Said) -> Pair:
    known: tuple[Annotation, ...] = ()
    if frame.units is not None:
        known = (Annotation("expressive", None, frame.units, frame.pspi, ANNOTATOR),)
        known = said.setdefault((frame.pspi, *frame.units.items()), known)
    return Pair(
        pair_id=frame.name if frame.name.startswith(frame.clip) else f"{frame.clip}-{frame.name}",
        label="pain" if frame.pspi >= rules.pain_from else "no_pain",
        pictures=(neutral.picture, frame.picture),
        listed_at=frame.picture.name,
        identity=frame.identity,
        source_label=sys.intern(f"PSPI {frame.pspi:g}"),
        pspi=frame.pspi,
        clip=frame.clip or None,
        frame=frame.number,
        annotations=known,
        **groups.of(frame.identity),
    )
