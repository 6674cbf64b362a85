"""The pictures that are learned from: made once, kept in files, and taken from there batch by batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from synpain_hf.errors import OutputError, PictureError, Problem
from synpain_hf.executor import Executor
from synpain_hf.generation.transfer.methods.learned.pixels import as_tensor
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
        pictures: Each field of `FIELDS`, shape (examples, size, size, channels), uint8, mapped from files.
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
        OutputError: If the disk is too small.
        OSError: If they cannot be written.
    """
    folder.mkdir(exist_ok=True, parents=True)
    if not (folder / _MADE).is_file():
        _make_all(folder, side, members, size, executor, progress)
    progress(f"{folder.name} pairs", len(members), len(members))
    reasons: dict[str, str] = parsed_json((folder / _MADE).read_text(encoding="utf-8"))
    usable = [member for member in members if member.pair_id not in reasons]
    pictures = {name: _mapped(folder / f"{name}.raw", (len(usable), size, size, deep)) for name, deep in FIELDS.items()}
    problems = [Problem(f"pairs/{pair_id}", reason, pair_id) for pair_id, reason in reasons.items()]
    return Examples([Example.of(member) for member in usable], pictures), problems


def _make_all(
    folder: Path, side: Side, members: Sequence[Member], size: int, executor: Executor, progress: Progress
) -> None:
    """Write the pictures of each field one after the other; a pair without pictures takes no place."""
    reasons = {}
    with ExitStack() as opened:
        files = {name: opened.enter_context((folder / f"{name}.raw").open("wb")) for name in FIELDS}
        _check_room(folder, len(members), size)
        # Not written through a mapping: where the disk is full, that would end the program without a word.
        results = opened.enter_context(closing(executor.run(make, _tasks(side, members, size), ordered=True)))
        for place, (member, made) in enumerate(zip(members, results, strict=True)):
            progress(f"{folder.name} pairs", place, len(members))
            if isinstance(made, PictureError):
                reasons[member.pair_id] = str(made)
                continue
            for name, file in files.items():
                file.write(np.ascontiguousarray(made[name]).data)
    write_atomically(folder / _MADE, json.dumps(reasons))


def _check_room(folder: Path, pairs: int, size: int) -> None:
    """Refuse to begin what the disk cannot hold."""
    needed, free = pairs * size**2 * sum(FIELDS.values()), disk_usage(folder).free
    if needed > free:
        raise OutputError(
            f"the pictures to learn from take {needed / 1e6:,.1f} MB, and {folder} has {free / 1e6:,.1f} MB free; make "
            "room, choose a smaller size, or give another place"
        )


def _mapped(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    return np.memmap(path, np.uint8, "r", shape=shape) if shape[0] else np.empty(shape, np.uint8)


def _tasks(side: Side, members: Sequence[Member], size: int) -> Iterator[Task]:
    for member in members:
        yield Task(side.place(member, "neutral"), side.place(member, "expressive"), size)
