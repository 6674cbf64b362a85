"""The pictures of new pairs: which there are to be, and those that are not there yet drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.annotation.faces import picture_kind, picture_stem
from synpain_hf.errors import Problem
from synpain_hf.executor import Executor
from synpain_hf.generation.transfer.methods.method import Method
from synpain_hf.progress import Progress
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.choosing import Couple
from synpain_hf.transferring.drawing import Picture, Place, Task, bytes_of, draw
from synpain_hf.transferring.manifest import NewPair, pair_id_of
from synpain_hf.transferring.notes import generator_of
from synpain_hf.transferring.seen import Seen

_IN_A_TASK = 4
_ALONE = Executor(1, "processes")
"""This process alone, in which a network is kept."""


@dataclass(frozen=True)
class Side:
    """A release, and what was found in its faces.

    Attributes:
        release: The release.
        seen: What was found.
    """

    release: Release
    seen: Seen

    def place(self, member: Member, face: str) -> Place:
        """Where a face of one of its pairs is, `neutral` or `expressive`, and its landmarks."""
        key = member.pair_id, face
        return Place(self.release.folder / member.file, key, self.seen.landmarks[key])

    def digest(self) -> list[str]:
        """What tells its faces, what is known of them, and their landmarks from others."""
        return [self.release.manifest["content"], self.release.content_of(ANNOTATIONS), self.seen.landmarks.digest()]


def neutrals_written(folder: Path, release: Release, couples: Iterable[Couple], method: Method) -> list[NewPair]:
    """The new pairs, once their neutral pictures are written, with the bytes that the release has.

    Args:
        folder: Where they are written.
        release: The release of the identities.
        couples: Whose neutral face and whose expression each pair has.
        method: What will draw the other pictures.

    Raises:
        ReleaseError: If the release is damaged.
    """
    names: dict[str, str] = {}
    pairs = []
    for couple in couples:
        member = couple.identity
        if member.pair_id not in names:
            data = bytes_of(release.folder / member.file, (member.pair_id, "neutral"))
            kind = picture_kind(data) or "png"
            names[member.pair_id] = f"neutral/{picture_stem(member.pair_id, 'neutral')}.{kind}"
            (folder / names[member.pair_id]).write_bytes(data)
        expressive = f"expressive/{picture_stem(pair_id_of(couple), 'expressive')}.png"
        prompt = method.prompt(units_of(couple.driver), member.groups, couple.driver.label)
        pairs.append(NewPair(couple, names[member.pair_id], expressive, prompt))
    return pairs


def picture_of(pair: NewPair, folder: Path, whose: Side, whence: Side, notes: Mapping[str, Any]) -> Picture:
    """The picture of a new pair that is to be drawn.

    Args:
        pair: The pair.
        folder: Where it is written.
        whose: The release of the identity.
        whence: The release of the driver.
        notes: How it is made.
    """
    identity, driver = pair.couple.identity, pair.couple.driver
    return Picture(
        pair_id=pair.pair_id,
        place=folder / pair.expressive,
        identity=whose.place(identity, "neutral"),
        neutral=whence.place(driver, "neutral"),
        expression=whence.place(driver, "expressive"),
        units=units_of(driver),
        label=driver.label,
        drawing=identity.drawing,
        groups=identity.groups,
        text=f"{generator_of(notes)}; the expression is that of {driver.pair_id} in {notes['drivers']['name']}",
    )


def units_of(driver: Member) -> Mapping[str, float]:
    """The action units of a driver's expression; empty where they are not known."""
    shown = driver.annotations.get("expressive")
    return shown.units if shown else {}


def draw_all(pictures: Sequence[Picture], method: Method, executor: Executor, progress: Progress) -> list[Problem]:
    """Draw the pictures that are not there yet.

    Args:
        pictures: All pictures.
        method: What draws them.
        executor: Runs it, where each worker can draw for itself.
        progress: Called with the pictures that are there.

    Returns:
        Those that could not be drawn.
    """
    missing = [picture for picture in pictures if not picture.place.is_file()]
    done, problems = len(pictures) - len(missing), list[Problem]()
    progress("pictures", done, len(pictures))
    size = max(_IN_A_TASK, method.batch)
    tasks = (Task(method.name, method.choices, method.weights, tuple(some)) for some in _in_parts(missing, size))
    with closing((executor if method.in_parallel else _ALONE).run(draw, tasks)) as results:
        for drawn in results:
            done += drawn.pictures
            problems += drawn.problems
            progress("pictures", done, len(pictures))
    return problems


def _in_parts(pictures: Sequence[Picture], size: int) -> Iterator[Sequence[Picture]]:
    return (pictures[start : start + size] for start in range(0, len(pictures), size))
