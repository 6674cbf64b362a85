from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.pair import Pair
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.wording import Words, read_wording

OURS = "pair_id,label,age_group,gender,ethnicity,composite"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A manifest in the words of other data sets, and its picture."""
    (tmp_path / "a.png").touch()
    path = tmp_path / "pairs.csv"
    path.write_text(
        "subject,pain,age,gender,race,file\n"
        "anna,PA4,67,F,Indian,a.png\n"
        "bob,BL1,20-29,1,Latino_Hispanic,a.png\n"
        "cleo,1.0,old,woman,Asian,a.png\n",
        encoding="utf-8",
    )
    return path


MAP = """\
columns: {subject: pair_id, pain: label, age: age_group, race: ethnicity, file: composite}
label: {PA4: pain, BL1: no_pain, 1: Pain}
age_group: {67: old, 20-29: Younger}
gender: {1: man}
ethnicity: {indian: south_asian, Latino_Hispanic: white, asian: East Asian}
"""


def groups_of(source: Source) -> list[tuple[str | None, ...]]:
    pairs = [entry for entry in source if isinstance(entry, Pair)]
    assert len(pairs) == len(source), list(source)
    return [(pair.pair_id, pair.label, pair.age_group, pair.gender, pair.ethnicity) for pair in pairs]


def test_a_file_says_what_the_words_and_columns_of_a_table_mean(table: Path, tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text(MAP)
    assert groups_of(open_source([table], read_wording(tmp_path / "map.yaml", ()))) == [
        ("anna", "pain", "old", "woman", "south_asian"),
        ("bob", "no_pain", "young", "man", "white"),
        ("cleo", "pain", "old", "woman", "east_asian"),
    ]


def test_python_says_it_as_a_mapping(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        '{"pair_id": "a", "label": true, "age_group": 1, "gender": 0.0, "ethnicity": "no", "composite": "a.png"}'
    )
    words: dict[str, dict[Any, str]] = {
        "label": {True: "pain"}, "age_group": {1: "old"}, "gender": {0: "man"}, "ethnicity": {"No": "white"},
    }  # fmt: skip
    assert groups_of(open_source([path], read_wording(words, ()))) == [("a", "pain", "old", "man", "white")]


def test_yes_and_no_are_words_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "pairs.csv").write_text(f"{OURS}\na,yes,old,man,white,a.png\nb,no,old,man,white,a.png\n")
    (tmp_path / "map.yaml").write_text("label:\n  yes: pain\n  no: no_pain\n")
    source = open_source([tmp_path / "pairs.csv"], read_wording(tmp_path / "map.yaml", ()))
    assert [groups[1] for groups in groups_of(source)] == ["pain", "no_pain"]


def test_a_word_that_may_mean_several_groups_is_refused_with_each_of_them(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "pairs.csv").write_text(f"{OURS}\na,pain,old,man,Asian,a.png\n")
    (problem,) = open_source([tmp_path / "pairs.csv"])
    assert problem == Problem(
        "pairs.csv:2", "ethnicity 'Asian' may be south_asian or east_asian; write which of them it is", "a"
    )


@pytest.mark.parametrize("column", ["mood", "", "Unnamed: 0"])
def test_a_column_that_is_not_wanted_is_left_out_by_its_name(tmp_path: Path, column: str) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "pairs.csv").write_text(f"{column},{OURS}\n0,a,pain,old,man,white,a.png\n")
    with pytest.raises(BadInputError, match="leave it out"):
        open_source([tmp_path / "pairs.csv"])
    source = open_source([tmp_path / "pairs.csv"], read_wording(None, [column]))
    assert groups_of(source) == [("a", "pain", "old", "man", "white")]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        ("composit", r"'composit' \(did you mean 'composite'\?\); keep it \(--keep composit\), leave it out"),
        (
            "mood",
            r"'mood'; keep it \(--keep mood\), leave it out \(--drop mood\), or rename it to one of age, age_group, ",
        ),
    ],
)
def test_an_unknown_column_is_told_with_the_known_one_that_is_similar(tmp_path: Path, column: str, reason: str) -> None:
    (tmp_path / "pairs.csv").write_text(f"{OURS},{column}\n")
    with pytest.raises(BadInputError, match=reason):
        open_source([tmp_path / "pairs.csv"])


def test_a_column_that_is_not_there_cannot_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text(f"{OURS},mood\n")
    with pytest.raises(BadInputError, match=r"no column 'mod' that could be left out \(did you mean 'mood'\?\); corr"):
        open_source([tmp_path / "pairs.csv"], read_wording(None, ["mood", "mod"]))


@pytest.mark.parametrize("columns", ["file_name", "neutral_file_name,expressive_file_name"])
def test_columns_may_be_named_as_in_the_metadata_of_an_image_folder(tmp_path: Path, columns: str) -> None:
    files = "a.png,b.png" if "," in columns else "a.png"
    for name in ("a.png", "b.png"):
        (tmp_path / name).touch()
    (tmp_path / "metadata.csv").write_text(
        f"{columns},pair_id,label,age_group,gender,ethnicity\n{files},a,pain,old,man,white\n"
    )
    for place in (tmp_path, tmp_path / "metadata.csv"):
        (pair,) = open_source([place])
        assert isinstance(pair, Pair)
        assert ",".join(picture.name for picture in pair.pictures) == files


def test_a_folder_with_two_manifests_is_not_guessed_at(tmp_path: Path) -> None:
    for name in ("pairs.csv", "metadata.jsonl"):
        (tmp_path / name).write_text("")
    with pytest.raises(UsageError, match=r"holds several manifests \(metadata.jsonl, pairs.csv\); name one of them"):
        open_source([tmp_path])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("etnicity: {a: white}", r"maps the column 'etnicity' \(did you mean 'ethnicity'\?\); choose from label, age"),
        ("ethnicity: white", "gives ethnicity no list of words; write each as `their word: ours`"),
        ("ethnicity: {Asian: asian}", "maps the ethnicity 'Asian' to 'asian'.*; choose from black, south_asian"),
        ("label: {PA4: pian}", r"maps the label 'PA4' to 'pian' \(did you mean 'pain'\?\); choose from no_pain, pain"),
        ("label: {PA4: [pain]}", "maps the label 'PA4' to"),
        ("columns: {race: etnicity}", r"calls the column 'race' 'etnicity' \(did you mean 'ethnicity'\?\)"),
        ("- a", "has no columns; begin with a line such as `ethnicity:`"),
        ("", "has no columns"),
        ("a: [", r"is not valid YAML \(.*\); correct it"),
        ("[" * 100_000, "is not valid YAML"),
        ("{a: " * 3_000, "is not valid YAML"),
        ("\x00", "is not valid YAML"),
    ],
)
def test_a_file_that_does_not_say_it_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(UsageError, match=rf"words .*{reason}"):
        read_wording(tmp_path / "map.yaml", ())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"which cannot be read \(No such file or directory\); give another"):
        read_wording(tmp_path / "map.yaml", ())


@pytest.mark.parametrize(("words", "drop"), [({"label": {"a": "pain"}}, ()), (None, ["mood"])])
def test_the_official_data_set_has_no_other_words(tmp_path: Path, words: Words | None, drop: list[str]) -> None:
    with pytest.raises(UsageError, match="--map, --drop and --keep say how a manifest is written"):
        open_source([tmp_path], read_wording(words, drop))
