"""Faces that a build has more than once: the same pixels, or a copy of them.

Pairs of one identity may share a face, such as one neutral face beside several expressions; only both faces may not be
the same. What two identities share would be on both sides of a split.

Two faces are taken for copies where the root mean square of the differences of their thumbnails is at most four levels
of a colour, also when one is mirrored. Copies that were scaled, compressed (a JPEG down to quality 30), or cut three
columns farther from the gutter differ by up to 2.2; the closest faces of two identities by 22 in the official sample,
and by 9.6 among 600 demo faces. Faces whose thumbnails are nearly one colour are not compared: they tell too little.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from synpain_hf.configurations import CONFIGURATIONS, Partition
from synpain_hf.errors import Problem
from synpain_hf.imaging.likeness import SHAPE, SIDE
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
_AT_A_TIME = 2**10
"""Thumbnails that are held as numbers of eight bytes."""

_COMPARED = 2**12
"""Faces that a block of others is compared with at a time."""

Integers = npt.NDArray[np.int64]
Singles = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

T = TypeVar("T", bound=np.generic)


class _Face(NamedTuple):
    """A face, as a pair of its identity shows it.

    Attributes:
        row: That pair.
        partition: Where it is.
        key: The key of its likeness.
        thumbnail: The number of its thumbnail.
    """

    row: WrittenRow
    partition: Partition
    key: int
    thumbnail: int


def same_faces(written: Iterable[Written]) -> list[Problem]:
    """The pairs that share a picture, or the pixels of either face, whatever their files.

    Those of several identities, and those of one identity whose faces are both the same.
    """
    rows = [row for partition in written for row in partition.rows]
    apart = "keep the right one, so that no face is on both sides of a split"
    return [
        *_told(_of_several(rows), f"shows the same picture as {{}}; {apart}"),
        *_told(_again(rows), "shows the same two faces as {}; keep one of them"),
    ]


def _of_several(rows: Sequence[WrittenRow]) -> Iterable[Sequence[WrittenRow]]:
    """The rows of every picture and face that several identities have."""
    first: dict[str | int, str] = {}
    shared = {shown for row in rows for shown in _shown(row) if first.setdefault(shown, row.identity) != row.identity}
    users: dict[str | int, list[WrittenRow]] = defaultdict(list)
    for row in rows:
        for shown in shared.intersection(_shown(row)):
            users[shown].append(row)
    return users.values()


def _shown(row: WrittenRow) -> set[str | int]:
    """What tells the pictures and faces of a row from others."""
    return {*row.pictures, *row.faces}


def _again(rows: Sequence[WrittenRow]) -> Iterable[Sequence[WrittenRow]]:
    """The rows of one identity with the same two faces, where there are several."""
    shown = Counter(map(_both, rows))
    found: dict[tuple[str, int, int], list[WrittenRow]] = defaultdict(list)
    for row in rows:
        if shown[_both(row)] > 1:
            found[_both(row)].append(row)
    return found.values()


def _both(row: WrittenRow) -> tuple[str, int, int]:
    return row.identity, row.faces[0], row.faces[1]


def _told(groups: Iterable[Sequence[WrittenRow]], reason: str) -> Iterator[Problem]:
    """A problem for each row of some groups; `{}` in the reason is where the others are listed."""
    for rows in groups:
        places = sorted({row.listed_at for row in rows})
        yield from (Problem(row.listed_at, reason.format(_others(places, row.listed_at)), row.pair_id) for row in rows)


def copied_faces(written: Sequence[Written], thumbnails: Pixels) -> tuple[list[Problem], list[Problem]]:
    """The pairs with a face that looks like a copy of another identity's.

    Args:
        written: The partitions.
        thumbnails: Those of the faces of each partition in turn, mapped from a file where they are many.

    Returns:
        Those on both sides of a split, and those on one side of all splits.
    """
    across, within = set(), set()
    for faces in _groups_of_copies(written, thumbnails):
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


def _groups_of_copies(written: Iterable[Written], thumbnails: Pixels) -> list[list[_Face]]:
    """Faces of several identities that look alike, though their pixels are not the same."""
    faces = _faces(written)
    numbers = np.array([face.thumbnail for face in faces], int)
    is_compared = _by_parts(_contrasts, thumbnails)[numbers] >= LEAST_CONTRAST
    faces = [face for face, compared in zip(faces, is_compared, strict=True) if compared]
    if not faces:
        return []
    identities = _numbered([face.row.identity for face in faces])
    pixels = _numbered([face.key for face in faces])
    groups = np.arange(len(faces))
    for at, alike in _alike(thumbnails, numbers[is_compared], identities):
        copies = alike[pixels[alike] != pixels[at]]
        if copies.size:
            joined = np.unique(groups[np.append(copies, at)])
            groups[np.isin(groups, joined)] = joined[0]
    members: dict[int, list[_Face]] = defaultdict(list)
    for face, group in zip(faces, groups.tolist(), strict=True):
        members[group].append(face)
    return [found for found in members.values() if len(found) > 1]


def _faces(written: Iterable[Written]) -> list[_Face]:
    """Each face of an identity once."""
    found: dict[tuple[str, int], _Face] = {}
    first = 0
    for one in written:
        partition = Partition.of(one.path)
        numbers = {key: number for number, key in enumerate(one.faces(), first)}
        first += len(numbers)
        found |= {
            (row.identity, key): _Face(row, partition, key, numbers[key]) for row in one.rows for key in row.faces
        }
    return list(found.values())


def _numbered(things: Sequence[Hashable]) -> Integers:
    """A number for each thing, equal where the things are."""
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(things))}
    return np.array([numbers[thing] for thing in things])


def _alike(thumbnails: Pixels, numbers: Integers, identities: Integers) -> Iterator[tuple[int, Integers]]:
    """For every face, those of other identities that are as bright or brighter, and at most `FARTHEST` from it.

    They are compared by their thumbnails, as they are and mirrored. A face may come several times, each time with
    others.

    Mean brightness never differs by more than the root mean square of the differences, so that in the order of
    brightness only the next ones need be compared; and the squared difference of two sums over a patch is at most its
    number of cells times the sum of their squared differences, so that of those only the ones with near patches do.

    Args:
        thumbnails: Shape (thumbnails, 16, 16, 3).
        numbers: The thumbnail of each face; shape (faces,).
        identities: Whom each shows; shape (faces,).
    """
    brightness = _by_parts(_brightness, thumbnails)[numbers]
    order = np.argsort(brightness, kind="stable")
    brightness, identities, numbers = brightness[order], identities[order], numbers[order]
    patches = _by_parts(_patches, thumbnails)
    farthest = math.prod(SHAPE) * FARTHEST**2
    for start in range(0, len(order), _BLOCK):
        end = min(start + _BLOCK, len(order))
        stop = int(np.searchsorted(brightness, brightness[end - 1] + FARTHEST, "right"))
        for columns in _parts(np.arange(start, stop), _COMPARED):
            rows = np.arange(start, end)
            may_be = _squared(patches[numbers[rows]], patches[numbers[columns]]) <= farthest * _PATCH**2 * _ROUNDING
            may_be &= identities[rows, None] != identities[columns]
            rows, some = rows[may_be.any(axis=1)], columns[may_be.any(axis=0)]
            if rows.size:
                near = _squared(_signed(thumbnails[numbers[rows]]), _signed(thumbnails[numbers[some]])) <= farthest
                near &= identities[rows, None] != identities[some]
                for at in np.flatnonzero(near.any(axis=1)):
                    yield int(order[rows[at]]), order[some[near[at]]]


def _parts(things: npt.NDArray[T], most: int) -> Iterator[npt.NDArray[T]]:
    """The things, so many at a time; of none there is one part, which is empty."""
    return (things[start : start + most] for start in range(0, max(len(things), 1), most))


def _by_parts(function: Callable[[Pixels], npt.NDArray[T]], thumbnails: Pixels) -> npt.NDArray[T]:
    """What a function gives for each thumbnail."""
    return np.concatenate([function(some) for some in _parts(thumbnails, _AT_A_TIME)])


def _brightness(thumbnails: Pixels) -> Doubles:
    """The mean of each thumbnail."""
    means: Doubles = thumbnails.mean(axis=(1, 2, 3))
    return means


def _contrasts(thumbnails: Pixels) -> Doubles:
    """The standard deviation of each thumbnail, in levels of a colour."""
    deviations: Doubles = np.sqrt(thumbnails.var(axis=(1, 2)).mean(axis=1))
    return deviations


def _signed(thumbnails: Pixels) -> Singles:
    """Levels around 0: small enough for float32 to add their products exactly."""
    return thumbnails.astype(np.float32) - _MIDDLE


def _patches(thumbnails: Pixels) -> Singles:
    """The sums over patches of 4 x 4 cells; shape (faces, 4, 4, 3)."""
    side = SIDE // _PATCH
    sums: Singles = _signed(thumbnails).reshape(-1, side, _PATCH, side, _PATCH, 3).sum(axis=(2, 4))
    return sums


def _squared(some: Singles, others: Singles) -> Singles:
    """The sums of squared differences of some pictures from others, the less of plain and mirrored.

    Args:
        some: Shape (some, rows, columns, 3).
        others: Shape (others, rows, columns, 3).
    """
    plain, mirrored = (array.reshape(len(some), -1) for array in (some, some[:, :, ::-1]))
    others = others.reshape(len(others), -1)
    products: Singles = np.maximum(plain @ others.T, mirrored @ others.T)
    products *= -2
    products += np.square(plain).sum(axis=1)[:, None]
    products += np.square(others).sum(axis=1)
    return products
