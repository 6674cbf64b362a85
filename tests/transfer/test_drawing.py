"""Faces are read from the files of a release as they are now."""

from __future__ import annotations

import shutil
from pathlib import Path

from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.drawing import bytes_of


def test_a_release_that_takes_the_place_of_another_is_read_anew(
    drawn: Release, members: list[Member], tmp_path: Path
) -> None:
    first, other = (next(one for one in members if one.label == label) for label in ("pain", "no_pain"))
    place = tmp_path / "faces.parquet"
    found = []
    for member in (first, other, first):
        shutil.copyfile(drawn.folder / member.file, place)
        found.append(bytes_of(place, (member.pair_id, "neutral")))
    assert found[0] == found[2] == bytes_of(drawn.folder / first.file, (first.pair_id, "neutral"))
    assert found[1] == bytes_of(drawn.folder / other.file, (other.pair_id, "neutral"))
