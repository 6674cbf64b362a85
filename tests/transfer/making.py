"""Faces with their landmarks, requests made of them, and what a picture differs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from synpain_hf.generation.transfer.methods.method import Request
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.differences import box_of, root_mean_square
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.drawing import bytes_of
from synpain_hf.transferring.seen import Seen
from synpain_hf.vocabulary import CLASSES, GROUPS

Shots = Mapping[tuple[str, str], Shot]


def shots_of(release: Release, members: Sequence[Member], seen: Seen) -> dict[tuple[str, str], Shot]:
    """Both faces of some pairs."""
    found = {}
    for member in members:
        for face in ("neutral", "expressive"):
            key = member.pair_id, face
            found[key] = Shot(pixels_of(bytes_of(release.folder / member.file, key)), seen.landmarks[key])
    return found


def pixels_of(data: bytes) -> Pixels:
    """The pixels of a picture."""
    raster = decode(data)
    return np.ascontiguousarray(raster.pixels(raster.width))


def request(shots: Shots, identity: Member, driver: Member) -> Request:
    """An expression of a driver for an identity."""
    neutral, expression = (shots[driver.pair_id, face] for face in ("neutral", "expressive"))
    units = driver.annotations["expressive"].units if driver.annotations else {}
    return Request(shots[identity.pair_id, "neutral"], neutral, expression, units, driver.label, identity.drawing)


def difference(one: Pixels, other: Pixels, shot: Shot) -> float:
    """The root mean square difference of two pictures within the box of a face."""
    return root_mean_square(one, other, box_of(shot.landmarks, shot.size))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def person(number: int, fold: int = 0, label: str = "pain", **groups: str | None) -> Member:
    """A pair of a person of their own."""
    known = {column: groups.get(column, CLASSES[column][0]) for column in GROUPS}
    return Member(f"p{number}", f"person-{number}", "data/x.parquet", fold, label, known, {})
