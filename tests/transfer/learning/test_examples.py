"""Pictures to learn from are kept in files: what cannot be made takes no place, and a full disk is told in a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synpain_hf.errors import OutputError
from synpain_hf.executor import Executor
from synpain_hf.progress import silent
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.learning.couples import pictures_of
from synpain_hf.transferring.learning.examples import FIELDS, Examples, examples_in
from synpain_hf.transferring.pictures import Side
from synpain_hf.transferring.seen import Seen
from tests.disks import files_of_at_most, small_disk
from tests.transfer.making import Shots

pytestmark = pytest.mark.slow

SIZE = 32
HERE = Executor(1, "processes")


def with_lost(drawn: Release, seen: Seen, *lost: Member) -> Side:
    """A release in which the expressions of some pairs span no face."""
    faces = list(seen.landmarks)
    points = np.stack([seen.landmarks[face] for face in faces])
    for member in lost:
        points[faces.index((member.pair_id, "expressive"))] = np.nan
    places = {face: place for place, face in enumerate(faces)}
    return Side(drawn, replace(seen, landmarks=type(seen.landmarks)(places, points)))


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_a_pair_without_pictures_is_told_and_the_others_stay_in_files(
    drawn: Release, seen: Seen, shots: Shots, members: list[Member], tmp_path: Path, lost: int
) -> None:
    side = with_lost(drawn, seen, *members[:lost])
    made, problems = examples_in(tmp_path / "made", side, members[:4], SIZE, HERE, silent)
    assert [problem.pair_id for problem in problems] == [one.pair_id for one in members[:lost]]
    assert [one.pair_id for one in made.known] == [one.pair_id for one in members[lost:4]]
    for place, member in enumerate(members[lost:4]):
        wanted = pictures_of(shots[member.pair_id, "neutral"], shots[member.pair_id, "expressive"], SIZE)
        assert all((made.pictures[name][place] == wanted[name]).all() for name in FIELDS)
    assert all(isinstance(one, np.memmap) for one in made.pictures.values()) == (lost < 4)

    def again(task: object, done: int, total: int) -> None:
        assert done == total, "made anew"

    same, _ = examples_in(tmp_path / "made", side, members[:4], SIZE, HERE, again)
    assert _shown(same) == _shown(made)


def _shown(examples: Examples) -> list[bytes]:
    batch = examples.batch(list(range(len(examples))), [False] * len(examples), torch.device("cpu"))
    return [one.numpy().tobytes() for one in batch.pictures.values()]


def test_a_disk_that_is_too_small_is_told_before_anything_is_made(
    drawn: Release, seen: Seen, members: list[Member], tmp_path: Path
) -> None:
    told = r"the pictures to learn from take 0\.2 MB, and .* has 0\.\d MB free; make room, choose a smaller size"
    with small_disk(tmp_path / "disk", "64k") as disk, pytest.raises(OutputError, match=told):
        examples_in(disk / "made", Side(drawn, seen), members, SIZE, HERE, silent)


def test_a_file_that_cannot_grow_ends_in_an_error(
    drawn: Release, seen: Seen, members: list[Member], tmp_path: Path
) -> None:
    side = Side(drawn, seen)
    with files_of_at_most(5000), pytest.raises(OSError, match="File too large"):
        examples_in(tmp_path / "made", side, members[:4], SIZE, HERE, silent)
    made, _ = examples_in(tmp_path / "made", side, members[:4], SIZE, HERE, silent)
    assert len(made) == 4
