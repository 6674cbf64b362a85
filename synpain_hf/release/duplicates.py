"""Faces that a build has more than once: the same pixels, or a copy of them.

Pairs of one identity may share a face, such as one neutral face beside several expressions; only both faces may not be
the same. What two identities share would be on both sides of a split.

Two faces are taken for copies where the root mean square of the differences of their thumbnails is at most four levels
of a colour, also when one is mirrored. Copies that were scaled, compressed (a JPEG down to quality 30), or cut three
columns farther from the gutter differ by up to 2.2; the closest faces of two identities by 22 in the official sample,
and by 9.6 among 600 demo faces. Faces whose thumbnails are nearly one colour are not compared: they tell too little.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from synpain_hf.configurations import CONFIGURATIONS, Partition
from synpain_hf.errors import Problem
from synpain_hf.imaging.likeness import SIDE, Likeness, thumbnails_of
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.partition import Written, WrittenRow

FARTHEST = 4.0
"""Greatest difference of the thumbnails of copies, in levels of a colour."""

LEAST_CONTRAST = 8.0
"""Least standard deviation of a thumbnail that is compared, in levels of a colour."""

_MIDDLE = 128
_BLOCK = 256
_PATCH = 4
"""Rows and columns of cells that are summed for a first comparison."""

_ROUNDING = 1.02
"""More than the rounding of those sums' products can come to, in their greatest difference."""

_NAMED = 5
_AT_A_TIME = 2**12

Integers = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class _Face:
    row: WrittenRow
    partition: Partition
    likeness: Likeness


def same_faces(written: Iterable[Written]) -> list[Problem]:
    """The pairs that share a picture, or the pixels of either face, whatever their files.

    Those of several identities, and those of one identity whose faces are both the same.
    """
    rows = [row for partition in written for row in partition.rows]
    identities: dict[str | Likeness, set[str]] = defaultdict(set)
    alike: dict[tuple[str, Likeness, Likeness], list[WrittenRow]] = defaultdict(list)
    for row in rows:
        alike[row.identity, row.likenesses[0], row.likenesses[1]].append(row)
        for picture in _shown(row):
            identities[picture].add(row.identity)
    shared = {picture for picture, found in identities.items() if len(found) > 1}
    users: dict[str | Likeness, list[WrittenRow]] = defaultdict(list)
    for row in rows:
        for picture in shared.intersection(_shown(row)):
            users[picture].append(row)
    again = [found for found in alike.values() if len(found) > 1]
    apart = "keep the right one, so that no face is on both sides of a split"
    return [
        *_told(users.values(), f"shows the same picture as {{}}; {apart}"),
        *_told(again, "shows the same two faces as {}; keep one of them"),
    ]


def _shown(row: WrittenRow) -> set[str | Likeness]:
    """What tells the pictures and faces of a row from others."""
    return {*row.pictures, *row.likenesses}


def _told(groups: Iterable[Sequence[WrittenRow]], reason: str) -> Iterator[Problem]:
    """A problem for each row of some groups; `{}` in the reason is where the others are listed."""
    for rows in groups:
        places = sorted({row.listed_at for row in rows})
        yield from (Problem(row.listed_at, reason.format(_others(places, row.listed_at)), row.pair_id) for row in rows)


def copied_faces(written: Iterable[Written]) -> tuple[list[Problem], list[Problem]]:
    """The pairs with a face that looks like a copy of another identity's.

    Returns:
        Those on both sides of a split, and those on one side of all splits.
    """
    across, within = set(), set()
    for faces in _groups_of_copies(written):
        apart = _are_apart({face.partition for face in faces})
        places = sorted({face.row.listed_at for face in faces})
        for row in (face.row for face in faces):
            cause = f"has a face that looks like a copy of one in {_others(places, row.listed_at)}"
            if apart:
                reason = f"{cause}; keep the right one, so that no face is on both sides of a split"
                across.add(Problem(row.listed_at, reason, row.pair_id))
            else:
                within.add(Problem(row.listed_at, f"{cause}; check whether it is one", row.pair_id))
    return sorted(across), sorted(within)


def _others(places: Sequence[str], place: str) -> str:
    """The first of some sorted places that are not this one, and how many more there are."""
    others = [other for other in places[: _NAMED + 1] if other != place][:_NAMED] or [place]
    more = len(places) - 1 - len(others)
    return ", ".join(others) + (f" and {more:,} more" if more > 0 else "")


def _are_apart(partitions: set[Partition]) -> bool:
    """Whether some of these are trained on and others not, in any configuration that has a test split."""
    return len({partition.person for partition in partitions}) > 1 or any(
        sum(any(partition in selection for partition in partitions) for selection in splits.values()) > 1
        for splits in CONFIGURATIONS.values()
        if "test" in splits
    )


def _groups_of_copies(written: Iterable[Written]) -> list[list[_Face]]:
    """Faces of several identities that look alike, though their pixels are not the same."""
    faces = list(
        {
            (row.identity, likeness): _Face(row, Partition.of(partition.path), likeness)
            for partition in written
            for row in partition.rows
            for likeness in row.likenesses
        }.values()
    )
    thumbnails = thumbnails_of([face.likeness for face in faces])
    is_compared = _contrasts(thumbnails) >= LEAST_CONTRAST
    thumbnails, faces = thumbnails[is_compared], list(itertools.compress(faces, is_compared))
    if not faces:
        return []
    identities = _numbered([face.row.identity for face in faces])
    pixels = _numbered([face.likeness for face in faces])
    groups = np.arange(len(faces))
    for at, alike in _alike(thumbnails, identities):
        copies = alike[pixels[alike] != pixels[at]]
        if copies.size:
            joined = np.unique(groups[np.append(copies, at)])
            groups[np.isin(groups, joined)] = joined[0]
    members: dict[int, list[_Face]] = defaultdict(list)
    for face, group in zip(faces, groups.tolist(), strict=True):
        members[group].append(face)
    return [found for found in members.values() if len(found) > 1]


def _numbered(things: Sequence[Hashable]) -> Integers:
    """A number for each thing, equal where the things are."""
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(things))}
    return np.array([numbers[thing] for thing in things])


def _alike(thumbnails: Pixels, identities: Integers) -> Iterator[tuple[int, Integers]]:
    """For every thumbnail, those of other identities that are at most `FARTHEST` from it, as they are or mirrored.

    Mean brightness never differs by more than the root mean square of the differences, so that in the order of
    brightness only the next ones need be compared; and the squared difference of two sums over a patch is at most its
    number of cells times the sum of their squared differences, so that of those only the ones with near patches do.

    Args:
        thumbnails: Shape (faces, 16, 16, 3).
        identities: Whom each shows; shape (faces,).
    """
    brightness = thumbnails.mean(axis=(1, 2, 3))
    order = np.argsort(brightness, kind="stable")
    brightness, identities, thumbnails = brightness[order], identities[order], thumbnails[order]
    coarse = _Compared.of(np.concatenate([_patches(_signed(some)) for some in _parts(thumbnails)]))
    farthest = thumbnails[0].size * FARTHEST**2
    for start in range(0, len(order), _BLOCK):
        end = min(start + _BLOCK, len(order))
        stop = int(np.searchsorted(brightness, brightness[end - 1] + FARTHEST, "right"))
        rows, columns = np.arange(start, end), np.arange(start, stop)
        may_be = coarse.squared(rows, columns) <= farthest * _PATCH**2 * _ROUNDING
        may_be &= identities[rows, None] != identities[columns]
        rows, columns = rows[may_be.any(axis=1)], columns[may_be.any(axis=0)]
        for some in _parts(columns) if rows.size else ():
            near = _squared(thumbnails[rows], thumbnails[some]) <= farthest
            near &= identities[rows, None] != identities[some]
            for at in np.flatnonzero(near.any(axis=1)):
                yield int(order[rows[at]]), order[some[near[at]]]


def _parts(things: npt.NDArray[T]) -> Iterator[npt.NDArray[T]]:
    """The things, some thousand at a time, so that not all of them are held as numbers of four or eight bytes.

    Of none there is one part, which is empty.
    """
    return (things[start : start + _AT_A_TIME] for start in range(0, max(len(things), 1), _AT_A_TIME))


def _contrasts(thumbnails: Pixels) -> Doubles:
    """The standard deviation of each thumbnail, in levels of a colour."""
    return np.concatenate([np.sqrt(some.var(axis=(1, 2)).mean(axis=1)) for some in _parts(thumbnails)])


def _signed(thumbnails: Pixels) -> Singles:
    """Levels around 0: small enough for float32 to add their products exactly."""
    return thumbnails.astype(np.float32) - _MIDDLE


def _squared(some: Pixels, others: Pixels) -> Singles:
    """The sums of squared differences of some thumbnails from others, the less of plain and mirrored."""
    both = _Compared.of(_signed(np.concatenate([some, others])))
    return both.squared(np.arange(len(some)), np.arange(len(some), len(some) + len(others)))


def _patches(thumbnails: Singles) -> Singles:
    """The sums over patches of 4 x 4 cells; shape (faces, 4, 4, 3)."""
    side = SIDE // _PATCH
    sums: Singles = thumbnails.reshape(-1, side, _PATCH, side, _PATCH, 3).sum(axis=(2, 4))
    return sums


@dataclass(frozen=True)
class _Compared:
    """Pictures that are compared with each other as they are, and with one of them mirrored.

    Attributes:
        plain: As they are; shape (faces, values).
        mirrored: Mirrored.
        squares: The sum of the squares of each.
    """

    plain: Singles
    mirrored: Singles
    squares: Singles

    @classmethod
    def of(cls, pictures: Singles) -> _Compared:
        """Those of shape (faces, rows, columns, 3)."""
        plain, mirrored = (array.reshape(len(pictures), -1) for array in (pictures, pictures[:, :, ::-1]))
        return cls(plain, mirrored, np.square(plain).sum(axis=1))

    def squared(self, rows: Integers, columns: Integers) -> Singles:
        """The sums of squared differences of some from others, the less of plain and mirrored."""
        some = self.plain[rows]
        products: Singles = np.maximum(some @ self.plain[columns].T, some @ self.mirrored[columns].T)
        products *= -2
        products += self.squares[rows, None]
        products += self.squares[columns]
        return products
