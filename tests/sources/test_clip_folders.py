"""Folders of clips whose names say who is shown and what: BioVid, and others by a pattern."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.pair import Clip
from synpain_hf.sources import open_source
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.wording import Wording

NAMES = ("071309_w_21-BL1-081", "071309_w_21-PA1-012", "071309_w_21-PA4-001", "080614_m_24-PA3-003")
PATTERN = r"(?P<identity>[a-z0-9]+)_(?P<gender>f|m)_(?P<label>[a-z]+)_.*"


def write(folder: Path, *names: str) -> Path:
    """Files that are no clips: what their names say is read before they are."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"a clip")
    return folder


@pytest.fixture
def biovid(tmp_path: Path) -> Path:
    return write(tmp_path / "biovid", *(f"{name.partition('-')[0]}/{name}.mp4" for name in NAMES), "readme.txt")


def clips_in(folder: Path, wording: Wording | None = None, **choices: Any) -> dict[str, Clip]:
    entries = open_source([folder], wording, Choices(**choices))
    return {entry.name: entry for entry in entries if isinstance(entry, Clip)}


def problems_in(folder: Path, wording: Wording | None = None, **choices: Any) -> list[str]:
    entries = open_source([folder], wording, Choices(**choices))
    return [str(entry) for entry in entries if isinstance(entry, Problem)]


def test_a_name_of_biovid_says_who_is_shown_and_how_much_heat_there_was(biovid: Path) -> None:
    clips = clips_in(biovid)
    assert tuple(clips) == NAMES
    clip = clips["071309_w_21-PA4-001"]
    assert (clip.identity, clip.gender, clip.age, clip.age_group) == ("071309_w_21", "woman", 21, None)
    assert (clip.label, clip.source_label) == ("pain", "PA4")
    assert clip.video.name == "071309_w_21/071309_w_21-PA4-001.mp4"
    assert open_source([biovid]).describe() == {"kind": "biovid", "pain_from": 1}
    assert len(open_source([biovid])) == len(NAMES)


def test_clips_of_biovid_in_one_folder_are_known_too(tmp_path: Path) -> None:
    assert tuple(clips_in(write(tmp_path, *(f"{name}.mp4" for name in NAMES)))) == NAMES


@pytest.mark.parametrize(
    ("pain_from", "pain"), [(None, [False, True, True, True]), (2, [False, False, True, True]), (4, [0, 0, 1, 0])]
)
def test_pain_begins_at_the_level_that_is_chosen(biovid: Path, pain_from: float | None, pain: list[bool]) -> None:
    clips = clips_in(biovid, pain_from=pain_from)
    assert [clip.label == "pain" for clip in clips.values()] == [bool(each) for each in pain]


@pytest.mark.parametrize("pain_from", [0, 5, float("nan")])
def test_a_level_that_would_call_all_or_nothing_pain_is_refused(biovid: Path, pain_from: float) -> None:
    with pytest.raises(UsageError, match=r"pain_from is .*; give a level from 1 to 4"):
        clips_in(biovid, pain_from=pain_from)


def test_groups_of_a_table_are_added(biovid: Path, tmp_path: Path) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("identity,ethnicity,age_group\n071309_w_21,white,young\n071309_w_2l,white,young\n")
    clips = clips_in(biovid, groups=table)
    assert (clips[NAMES[0]].ethnicity, clips[NAMES[0]].age_group) == ("white", "young")
    assert clips[NAMES[3]].ethnicity is None
    (problem,) = problems_in(biovid, groups=table)
    assert "names identity 071309_w_2l, which the source does not have (did you mean" in problem


@pytest.mark.parametrize("name", ["071309_w_21-PA5-001.mp4", "notes.avi", "071309_x_21-PA1-001.mp4"])
def test_a_clip_of_another_name_is_a_line_of_the_report(biovid: Path, name: str) -> None:
    write(biovid, name)
    (problem,) = problems_in(biovid)
    assert (
        problem
        == f"{name}: is not named as clips are here (071309_w_21-PA4-081.mp4); restore its name, or leave it out"
    )


def test_clips_alone_cannot_be_a_table_alone(biovid: Path) -> None:
    with pytest.raises(UsageError, match="videos is table, and here are clips alone, of which pairs have to be made"):
        clips_in(biovid, videos="table")


def test_a_pattern_says_what_names_mean_and_words_what_its_words_mean(tmp_path: Path) -> None:
    folder = write(tmp_path, "s1_f_hurt_1.mov", "deep/s2_m_calm_2.mkv")
    wording = Wording({"label": {"hurt": "pain", "calm": "no_pain"}})
    clips = clips_in(folder, wording, clip_names=PATTERN)
    known = {name: (clip.identity, clip.gender, clip.label, clip.source_label) for name, clip in clips.items()}
    assert known == {
        "s1_f_hurt_1": ("s1", "woman", "pain", "hurt"),
        "s2_m_calm_2": ("s2", "man", "no_pain", "calm"),
    }
    assert open_source([folder], wording, Choices(clip_names=PATTERN)).describe() == {
        "kind": "clips",
        "clip_names": PATTERN,
    }


def test_a_pattern_may_be_of_the_folders_too(tmp_path: Path) -> None:
    folder = write(tmp_path, "s1/pain/1.mp4", "s1/no_pain/1.mp4")
    clips = clips_in(folder, clip_names=r"(?P<identity>[^/]+)/(?P<label>[^/]+)/\d+")
    assert {name: clip.label for name, clip in clips.items()} == {"s1-pain-1": "pain", "s1-no_pain-1": "no_pain"}
    assert {clip.source_label for clip in clips.values()} == {None}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "s1_f_hurt_1.mp4",
            "label 'hurt' is unknown; use one of no_pain, pain, or say what it means in a file (--map)",
        ),
        ("s1_x_pain_1.mp4", "is not named as clips are here"),
        ("s1_f_pain_ü.mp4", "is not named in letters, digits, dots, - and _ (90 at most); rename it"),
        (f"s1_f_pain_{'x' * 90}.mp4", "is not named in letters, digits, dots, - and _ (90 at most); rename it"),
    ],
)
def test_a_name_that_says_what_cannot_be_is_a_line_of_the_report(tmp_path: Path, name: str, reason: str) -> None:
    (problem,) = problems_in(write(tmp_path, name), clip_names=PATTERN)
    assert reason in problem


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", r"clip_names is not a regular expression \(.*\); correct it"),
        ("(?P<identity>.)", r"clip_names has no group \(\?P<label>…\); add what tells it"),
        (".*", r"has no group \(\?P<identity>…\) and no \(\?P<label>…\)"),
        ("(?P<identty>.)(?P<label>.)", r"has a group 'identty' \(did you mean 'identity'\?\); choose from age,"),
    ],
)
def test_a_pattern_that_cannot_be_right_is_refused(tmp_path: Path, pattern: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        clips_in(write(tmp_path, "a.mp4"), clip_names=pattern)


def test_a_folder_without_clips_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        BadInputError, match=re.escape("has no clips (.avi, .m4v, .mkv, .mov, .mp4, .webm); give another")
    ):
        clips_in(write(tmp_path, "a.txt"), clip_names=PATTERN)


@pytest.mark.parametrize(
    ("choices", "wording", "reason"),
    [
        ({"references": 2}, Wording(), "references cannot be used with a folder of clips; omit it"),
        ({"pain_from": 2}, Wording(), "pain_from asks for a level, and the names of these clips say none; omit it"),
        ({}, Wording(dropped=("mood",)), "drop and keep say how a table is written, and this source is not one"),
    ],
)
def test_what_does_not_fit_clips_is_refused(
    tmp_path: Path, choices: dict[str, Any], wording: Wording, reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        clips_in(write(tmp_path, "s1_f_pain_1.mp4"), wording, clip_names=PATTERN, **choices)
