"""The pictures that are learned from: made once, kept in files, and taken from there batch by batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from synpain_hf.errors import PictureError, Problem
from synpain_hf.executor import Executor
from synpain_hf.generation.transfer.methods.learned.unet import as_tensor
from synpain_hf.imaging.png import Pixels
from synpain_hf.progress import Progress
from synpain_hf.storage import write_atomically
from synpain_hf.text.documents import parsed_json
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.drawing import Place, shot_of
from synpain_hf.transferring.learning.couples import Example, pictures_of
from synpain_hf.transferring.learning.recipes.recipe import Batch
from synpain_hf.transferring.pictures import Side

FIELDS: Final = {"neutral": 3, "bent": 3, "control": 3, "target": 3, "mask": 1}
"""The pictures of an example, and their channels."""

_MADE: Final = "made.json"


@dataclass(frozen=True)
class Task:
    """The pictures of one example, to be made.

    Attributes:
        neutral: Its neutral face.
        expression: Its expression.
        size: Side of the pictures, in pixels.
    """

    neutral: Place
    expression: Place
    size: int


def make(task: Task) -> dict[str, Pixels] | PictureError:
    """The pictures of an example, or why there are none.

    Raises:
        ReleaseError: If the release is damaged.
    """
    try:
        return pictures_of(shot_of(task.neutral), shot_of(task.expression), task.size)
    except PictureError as error:
        return error


@dataclass(frozen=True)
class Examples:
    """Examples with their pictures.

    Attributes:
        known: What is known of each beside its pictures.
        pictures: Each field of `FIELDS`, shape (examples, size, size, channels), uint8, read from files as needed.
    """

    known: Sequence[Example]
    pictures: Mapping[str, npt.NDArray[np.uint8]]

    def __len__(self) -> int:
        return len(self.known)

    def batch(self, places: Sequence[int], mirrored: Sequence[bool], device: torch.device) -> Batch:
        """Some examples, on a device.

        Args:
            places: Which, at most as many as there are.
            mirrored: Whether each is seen in a mirror.
            device: The device.
        """
        turned = np.asarray(mirrored)[:, None, None, None]
        found = {}
        for name, pictures in self.pictures.items():
            some = pictures[list(places)]
            found[name] = as_tensor(np.where(turned, some[:, :, ::-1], some)).to(device)
        found["mask"] = (found["mask"] + 1) / 2
        return Batch(found, [self.known[place] for place in places], mirrored)


def examples_in(
    folder: Path, side: Side, members: Sequence[Member], size: int, executor: Executor, progress: Progress
) -> tuple[Examples, list[Problem]]:
    """Make the pictures of some pairs, or take those that an earlier call of the same training made.

    Args:
        folder: Where they are kept.
        side: The release, with its landmarks.
        members: The pairs.
        size: Side of the pictures, in pixels.
        executor: Makes them.
        progress: Called with the pairs that are ready.

    Returns:
        The examples, and the pairs that there are no pictures of.

    Raises:
        ReleaseError: If the release is damaged.
    """
    folder.mkdir(exist_ok=True, parents=True)
    if not (folder / _MADE).is_file():
        _make_all(folder, side, members, size, executor, progress)
    progress(f"{folder.name} pairs", len(members), len(members))
    reasons: dict[str, str] = parsed_json((folder / _MADE).read_text(encoding="utf-8"))
    usable = [place for place, member in enumerate(members) if member.pair_id not in reasons]
    stored = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in FIELDS}
    whole = len(usable) == len(members)
    pictures = stored if whole else {name: each[usable] for name, each in stored.items()}
    problems = [Problem(f"pairs/{pair_id}", reason, pair_id) for pair_id, reason in reasons.items()]
    return Examples([Example.of(members[place]) for place in usable], pictures), problems


def _make_all(
    folder: Path, side: Side, members: Sequence[Member], size: int, executor: Executor, progress: Progress
) -> None:
    stored = {name: _file(folder / f"{name}.npy", (len(members), size, size, deep)) for name, deep in FIELDS.items()}
    reasons = {}
    for place, made in enumerate(executor.run(make, _tasks(side, members, size), ordered=True)):
        progress(f"{folder.name} pairs", place, len(members))
        if isinstance(made, PictureError):
            reasons[members[place].pair_id] = str(made)
            continue
        for name, pictures in stored.items():
            pictures[place] = made[name]
    for pictures in stored.values():
        pictures.flush()
    write_atomically(folder / _MADE, json.dumps(reasons))


def _file(path: Path, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[np.uint8]]:
    return np.lib.format.open_memmap(path, "w+", np.uint8, shape)


def _tasks(side: Side, members: Sequence[Member], size: int) -> Iterator[Task]:
    for member in members:
        neutral, expression = (
            Place(side.release.folder / member.file, (member.pair_id, face), side.seen.landmarks[member.pair_id, face])
            for face in ("neutral", "expressive")
        )
        yield Task(neutral, expression, size)
