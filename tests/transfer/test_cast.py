"""What is read of the pairs of a release."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import Features, Value

from synpain_hf.generation.transfer.methods.method import Drawing
from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import features, write_rows
from synpain_hf.transferring.cast import Member, members_of, persons
from tests.release.making import copied

UNITS = "annotations/action_units.parquet"


def test_demo_faces_are_known_by_how_they_were_drawn(members: list[Member]) -> None:
    for member in members:
        age_group, gender, ethnicity = map(str, member.groups.values())
        assert member.drawing == Drawing(int(member.pair_id[5:9]), age_group, gender, ethnicity, seed=5)
        assert set(member.annotations) == {"neutral", "expressive"}


@pytest.mark.slow
def test_pairs_of_other_sources_are_not_drawn(release: Release) -> None:
    found = members_of(release)
    assert len(found) == release.manifest["pairs"]["out"]
    assert {member.drawing for member in found} == {None}
    assert all(member.annotations == {} for member in found)


def test_units_of_another_tool_are_taken_where_the_source_knows_none(drawn: Release, tmp_path: Path) -> None:
    copy = copied(drawn.folder, tmp_path / "copy")
    first = members_of(drawn)[0].pair_id
    columns = Features({**features(), "AU4": Value("float32")})
    rows = [
        {"pair_id": first, "face": 1, "annotator": "coder", "AU4": 2.5, "pspi": 7.0},
        {"pair_id": first, "face": 0, "annotator": "coder"},
    ]
    write_rows(tmp_path / "coder.parquet", rows, columns)
    amend(copy, add={"annotations/coder.parquet": tmp_path / "coder.parquet"})
    assert members_of(Release.open(copy))[0].annotations["expressive"].annotator.startswith("truth of")
    amend(copy, remove=[UNITS])
    known = members_of(Release.open(copy))[0].annotations
    assert set(known) == {"expressive"}  # what was not measured is not known
    assert known["expressive"].units == pytest.approx({"AU4": 2.5})
    assert known["expressive"].annotator == "coder"


def test_persons_have_all_their_pairs(members: list[Member]) -> None:
    assert persons([members[0], members[1], members[0]]) == {
        members[0].identity: [members[0], members[0]],
        members[1].identity: [members[1]],
    }
