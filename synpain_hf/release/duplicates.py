"""Faces that a build has more than once: the same pixels, or a copy of them.

Two faces are taken for copies where the root mean square of the differences of their thumbnails is at most three levels
of luma, also when one is mirrored. Copies that were compressed or scaled differ by under two; the closest faces of two
identities, by over twenty in the official sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synpain_hf.configurations import CONFIGURATIONS, Partition
from synpain_hf.errors import Problem
from synpain_hf.imaging.likeness import SIDE, Likeness
from synpain_hf.release.partition import Written, WrittenRow

FARTHEST = 3.0
"""Greatest difference of the thumbnails of copies, in levels of luma."""

_CELLS = SIDE * SIDE
_BLOCK = 256
_NAMED = 5

Integers = npt.NDArray[np.int64]
Thumbnails = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Face:
    row: WrittenRow
    partition: Partition
    likeness: Likeness


def same_faces(written: Iterable[Written]) -> list[Problem]:
    """The pairs that share a picture, or the pixels of a face, whichever it is and whatever their files."""
    users: dict[str, dict[str, str]] = defaultdict(dict)
    for partition in written:
        for row in partition.rows:
            for picture in {*row.pictures, *(likeness.pixels for likeness in row.likenesses)}:
                users[picture][row.pair_id] = row.listed_at
    return [
        Problem(
            place,
            f"shows the same picture as {_others(places.values(), place)}; "
            "keep the right one, so that no face is on both sides of a split",
            pair_id,
        )
        for places in users.values()
        if len(places) > 1
        for pair_id, place in places.items()
    ]


def copied_faces(written: Iterable[Written]) -> tuple[list[Problem], list[Problem]]:
    """The pairs with a face that looks like a copy of another pair's.

    Returns:
        Those on both sides of a split, and those on one side of all splits.
    """
    across, within = set(), set()
    for faces in _groups_of_copies(written):
        apart = _are_apart({face.partition for face in faces})
        places = [face.row.listed_at for face in faces]
        for row in (face.row for face in faces):
            cause = f"has a face that looks like a copy of one in {_others(places, row.listed_at)}"
            if apart:
                reason = f"{cause}; keep the right one, so that no face is on both sides of a split"
                across.add(Problem(row.listed_at, reason, row.pair_id))
            else:
                within.add(Problem(row.listed_at, f"{cause}; check whether it is one", row.pair_id))
    return sorted(across), sorted(within)


def _others(places: Iterable[str], place: str) -> str:
    others = sorted(set(places) - {place}) or [place]
    more = len(others) - _NAMED
    return ", ".join(others[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _are_apart(partitions: set[Partition]) -> bool:
    """Whether some of these are trained on and others not, in any configuration that has a test split."""
    return any(
        sum(any(partition in selection for partition in partitions) for selection in splits.values()) > 1
        for splits in CONFIGURATIONS.values()
        if "test" in splits
    )


def _groups_of_copies(written: Iterable[Written]) -> list[list[_Face]]:
    """Faces of several pairs that look alike, though their pixels are not the same."""
    faces = [
        _Face(row, Partition.of(partition.path), likeness)
        for partition in written
        for row in partition.rows
        for likeness in row.likenesses
    ]
    if not faces:
        return []
    thumbnails = np.frombuffer(bytes.fromhex("".join(face.likeness.thumbnail for face in faces)), np.uint8)
    pairs = _numbered([face.row.pair_id for face in faces])
    pixels = _numbered([face.likeness.pixels for face in faces])
    groups = np.arange(len(faces))
    for at, alike in _alike(thumbnails.reshape(-1, SIDE, SIDE).astype(np.float32)):
        copies = alike[(pairs[alike] != pairs[at]) & (pixels[alike] != pixels[at])]
        if copies.size:
            joined = np.unique(groups[np.append(copies, at)])
            groups[np.isin(groups, joined)] = joined[0]
    members: dict[int, list[_Face]] = defaultdict(list)
    for face, group in zip(faces, groups.tolist(), strict=True):
        members[group].append(face)
    return [found for found in members.values() if len(found) > 1]


def _numbered(names: Sequence[str]) -> Integers:
    """A number for each name, equal where the names are."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names])


def _alike(thumbnails: Thumbnails) -> Iterator[tuple[int, Integers]]:
    """For every thumbnail, those that are at most `FARTHEST` from it, as they are or mirrored.

    Mean brightness never differs by more than the root mean square of the differences, so that in the order of
    brightness only the next ones need be compared.

    Args:
        thumbnails: Shape (faces, 16, 16), whole numbers from 0 to 255, whose products float32 holds exactly.
    """
    brightness = thumbnails.mean(axis=(1, 2))
    order = np.argsort(brightness, kind="stable")
    brightness = brightness[order]
    plain = thumbnails[order].reshape(-1, _CELLS)
    mirrored = thumbnails[order][:, :, ::-1].reshape(-1, _CELLS)
    squares = np.square(plain).sum(axis=1)
    for start in range(0, len(order), _BLOCK):
        end = min(start + _BLOCK, len(order))
        stop = int(np.searchsorted(brightness, brightness[end - 1] + FARTHEST, "right"))
        apart = squares[start:end, None] + squares[start:stop]
        products = np.maximum(plain[start:end] @ plain[start:stop].T, plain[start:end] @ mirrored[start:stop].T)
        near = apart - 2 * products <= _CELLS * FARTHEST**2
        for at in np.flatnonzero(near.sum(axis=1) > 1):
            yield int(order[start + at]), order[start + np.flatnonzero(near[at])]
