"""UNBC-McMaster's and 3DPain's folders, and the table of groups that their users may add."""

from __future__ import annotations

import json
import shutil
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.made_archives import write_3dpain, write_unbc
from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.pair import Clip, Pair
from synpain_hf.sources import open_source
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.groups import read_groups
from synpain_hf.sources.unbc.frames import spread
from synpain_hf.sources.unbc.labels import pspi_in, units_in

T = TypeVar("T")

SEQUENCE = "040-aa040/aa040t1aaaff"
FRAME = f"{SEQUENCE}/aa040t1aaaff"
PSPI, FACS = "Frame_Labels/PSPI", "Frame_Labels/FACS"
PAIN = "flame_sample_0000_pain_0"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both archives, never changed."""
    root = tmp_path_factory.mktemp("made")
    write_unbc(root / "unbc", persons=2)
    write_unbc(root / "aligned", persons=1, aligned=True)
    write_3dpain(root / "3dpain")
    return root


@pytest.fixture
def unbc(made: Path, tmp_path: Path) -> Path:
    """An archive of two persons that a test may damage."""
    return shutil.copytree(made / "unbc", tmp_path / "unbc")


@pytest.fixture
def pain3d(made: Path, tmp_path: Path) -> Path:
    """An archive of ten persons that a test may damage."""
    return shutil.copytree(made / "3dpain", tmp_path / "3dpain")


def entries_in(folder: Path, **choices: Any) -> list[Pair | Problem]:
    return [entry for entry in open_source([folder], choices=Choices(**choices)) if not isinstance(entry, Clip)]


def pairs_in(folder: Path, **choices: Any) -> dict[str, Pair]:
    return {entry.pair_id: entry for entry in entries_in(folder, **choices) if isinstance(entry, Pair)}


def problems_in(folder: Path, **choices: Any) -> list[str]:
    return [str(entry) for entry in entries_in(folder, **choices) if isinstance(entry, Problem)]


def refused_or(read: Callable[[bytes], T], data: bytes) -> T | None:
    """What is read; None if it is refused, with a remedy."""
    try:
        return read(data)
    except ValueError as error:
        _, _, remedy = str(error).partition("; ")
        return pytest.fail(f"has no remedy: {error}") if not remedy else None


class TestUnbc:
    def test_a_frame_is_compared_with_the_first_frame_of_its_person_that_shows_no_pain(self, made: Path) -> None:
        pairs = pairs_in(made / "unbc")
        pair = pairs["aa040t1aaaff006"]
        assert [picture.name for picture in pair.pictures] == [f"Images/{FRAME}001.png", f"Images/{FRAME}006.png"]
        assert (pair.identity, pair.clip, pair.frame) == ("040-aa040", "aa040t1aaaff", 6)
        assert (pair.label, pair.pspi, pair.source_label, pair.expression) == ("pain", 9.0, "PSPI 9", None)
        assert len(pairs) == 14
        assert "aa040t1aaaff001" not in pairs

    def test_a_frame_is_remembered_in_less_than_a_kilobyte(self, tmp_path: Path) -> None:
        frames = 2000
        for name, content in (
            (f"Images/{FRAME}{{:04d}}.png", b""),
            (f"{PSPI}/{FRAME}{{:04d}}_facs.txt", b"0"),
            (f"{FACS}/{FRAME}{{:04d}}_facs.txt", b"12 3 0 0"),
        ):
            (tmp_path / name).parent.mkdir(parents=True)
            for number in range(frames):
                (tmp_path / name.format(number)).write_bytes(content)
        open_source([tmp_path])  # so that everything is imported, and the interpreter's table of names is large enough
        tracemalloc.start()
        try:
            source = open_source([tmp_path])
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(source) == frames - 1
        assert held / frames < 1000

    def test_units_of_the_expressive_face_are_annotations(self, made: Path) -> None:
        (annotation,) = pairs_in(made / "unbc")["aa040t1aaaff006"].annotations
        assert (annotation.face, annotation.annotator, annotation.pspi) == ("expressive", "facs", 9.0)
        active = {unit: value for unit, value in annotation.units.items() if value}
        assert active == {"AU4": 3, "AU6": 2, "AU7": 3, "AU9": 2, "AU43": 1}

    def test_aligned_faces_are_read_in_place_of_frames(self, made: Path) -> None:
        pair = pairs_in(made / "aligned")["aa040t1aaaff006"]
        assert pair.pictures[1].name == f"aligned/{FRAME}006.jpg"

    @pytest.mark.parametrize(("pain_from", "pains"), [(None, 5), (1.5, 3), (4, 3), (9, 2), (16, 0)])
    def test_pain_begins_at_the_score_that_is_chosen(self, made: Path, pain_from: float | None, pains: int) -> None:
        found = pairs_in(made / "aligned", pain_from=pain_from).values()
        assert [pair.label for pair in found].count("pain") == pains

    def test_several_neutral_frames_are_used_in_turn_and_are_no_pairs(self, made: Path) -> None:
        pairs = pairs_in(made / "aligned", references=2)
        compared = {pair.pictures[1].name[-7:-4]: pair.pictures[0].name[-7:-4] for pair in pairs.values()}
        assert compared == {"003": "001", "004": "002", "005": "001", "006": "002", "007": "001", "008": "002"}

    @pytest.mark.parametrize("pain_from", [0, -1, 16.1, float("nan")])
    def test_a_score_that_would_call_all_or_nothing_pain_is_refused(self, made: Path, pain_from: float) -> None:
        for name in ("unbc", "3dpain"):
            with pytest.raises(UsageError, match=r"pain_from is .*; give a PSPI over 0 and up to 16"):
                open_source([made / name], choices=Choices(pain_from=pain_from))

    @pytest.mark.parametrize(
        ("label", "content", "reason"),
        [
            (PSPI, b"", "has 0 words instead of one number"),
            (PSPI, b"pain", "has 'pain' instead of a number"),
            (PSPI, b"nan", "has 'nan' instead of a number"),
            (PSPI, b"1 2", "has 2 words instead of one number"),
            (PSPI, b"\x00\xff\xfe", "is not a text file of numbers"),
            (PSPI, b"9" * 5000, "has more than the 4,096 bytes"),
            (PSPI, b"1.7e+01", "has PSPI 17, which is not from 0 to 16"),
            (PSPI, b"-1", "has PSPI -1, which is not from 0 to 16"),
            (PSPI, b"8", "has PSPI 8, and its units give 9; correct one of them"),
            (FACS, b"4 2\n", "has a line 1 that is not a unit and three more numbers"),
            (FACS, b"4 2 0 0\n4 2 0 0\n", "names AU4 twice"),
            (FACS, b"4 6 0 0\n", "has AU4 6, which is not from 0 to 5"),
            (FACS, b"43 2 0 0\n", "has AU43 2, which is either 0 or 1"),
            (FACS, b"4.5 2 0 0\n", "has a line 1 that is not a unit"),
        ],
    )
    def test_a_label_that_cannot_be_right_is_a_line_of_the_report(
        self, unbc: Path, label: str, content: bytes, reason: str
    ) -> None:
        (unbc / label / f"{FRAME}006_facs.txt").write_bytes(content)
        (problem,) = problems_in(unbc)
        assert problem.startswith(f"Images/{FRAME}006.png")
        assert reason in problem
        assert len(pairs_in(unbc)) == 13

    @pytest.mark.parametrize(
        ("lost", "reason"),
        [
            (f"Images/{FRAME}006.png", "has no picture in Images; add it, or remove the label"),
            (f"{PSPI}/{FRAME}006_facs.txt", "has no label in Frame_Labels/PSPI; add it, or remove the picture"),
            (f"{FACS}/{FRAME}006_facs.txt", "has no label in Frame_Labels/FACS; add it, or remove the picture"),
        ],
    )
    def test_a_label_without_its_picture_and_the_reverse_are_reported(self, unbc: Path, lost: str, reason: str) -> None:
        (unbc / lost).unlink()
        problems = problems_in(unbc)
        assert problems
        assert all("aaaff006" in problem for problem in problems)
        assert reason in problems[0]
        assert len(pairs_in(unbc)) == 13

    def test_a_person_without_a_neutral_frame_is_one_line(self, unbc: Path) -> None:
        for name in (2, 3, 8, 1):
            for folder, end in (("Images", ".png"), (PSPI, "_facs.txt"), (FACS, "_facs.txt")):
                (unbc / folder / f"{FRAME}00{name}{end}").unlink()
        (problem,) = problems_in(unbc)
        assert problem.startswith("040-aa040: has no frame with PSPI 0 that could be the neutral of its 4 frames; ")
        assert {pair.identity for pair in pairs_in(unbc).values()} == {"041-bb041"}

    def test_a_frame_that_is_there_twice_is_reported(self, unbc: Path) -> None:
        shutil.copy(unbc / f"Images/{FRAME}006.png", unbc / f"Images/{FRAME}006.jpg")
        (problem,) = problems_in(unbc)
        assert f"is the same frame as Images/{FRAME}006.jpg; keep one of the two" in problem

    def test_an_archive_without_coded_units_has_scores_alone(self, made: Path, unbc: Path) -> None:
        shutil.rmtree(unbc / FACS)
        pairs = pairs_in(unbc)
        assert {name: pair.pspi for name, pair in pairs.items()} == {
            name: pair.pspi for name, pair in pairs_in(made / "unbc").items()
        }
        assert not any(pair.annotations for pair in pairs.values())
        assert not problems_in(unbc)

    def test_frames_that_are_named_alike_in_every_sequence_are_told_apart(self, made: Path, unbc: Path) -> None:
        for path in [path for path in unbc.rglob("*") if path.is_file()]:
            path.rename(path.with_name(path.name.removeprefix(path.parent.name)))
        pairs = pairs_in(unbc)
        assert not problems_in(unbc)
        assert len(pairs) == len(pairs_in(made / "unbc"))
        assert "aa040t1aaaff-006" in pairs

    def test_a_link_out_of_the_folder_is_not_followed(self, unbc: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere.txt").write_text("9")
        label = unbc / PSPI / f"{FRAME}006_facs.txt"
        label.unlink()
        label.symlink_to(tmp_path / "elsewhere.txt")
        assert any("symbolic link that leaves the folder" in problem for problem in problems_in(unbc))

    @given(st.lists(st.integers(), min_size=1, unique=True), st.integers(1, 50))
    def test_neutral_frames_are_spread_over_all(self, frames: list[int], number: int) -> None:
        found = spread(frames, number)
        assert found[0] == frames[0]
        assert len(set(found)) == min(number, len(frames))
        gaps = {frames.index(later) - frames.index(one) for one, later in pairwise(found)}
        assert not gaps or max(gaps) - min(gaps) <= 1

    @given(st.binary(max_size=300) | st.text(alphabet="0123456789.e+- \n").map(str.encode))
    def test_any_bytes_are_a_label_or_refused(self, data: bytes) -> None:
        assert refused_or(pspi_in, data) is None or 0 <= pspi_in(data) <= 16
        units = refused_or(units_in, data)
        assert units is None or all(0 <= intensity <= 5 for intensity in units.values())


class TestPain3d:
    def test_a_picture_of_pain_is_compared_with_the_neutral_one_of_the_same_view(self, made: Path) -> None:
        pair = pairs_in(made / "3dpain")[f"{PAIN}_textured_view_002_inpainted"]
        assert pair.pictures[0].name == "meshes_inpainted/flame_sample_0000_neutral_textured_view_002_inpainted.png"
        assert (pair.identity, pair.label, pair.expression, pair.pspi) == ("flame_sample_0000", "pain", "pain", 4.0)
        assert pair.kept[0].value == "textured_view_002_inpainted"
        assert pair.annotations[0].units["AU4"] == 2

    def test_a_score_can_be_chosen_from_which_pain_begins(self, made: Path) -> None:
        labels = [pair.label for pair in pairs_in(made / "3dpain", pain_from=5).values()]
        assert (labels.count("pain"), labels.count("no_pain")) == (30, 30)

    def test_the_published_split_is_that_of_default(self, made: Path) -> None:
        folds = open_source([made / "3dpain"]).folds_file
        assert folds is not None
        assert not folds.problems
        persons = {pair_id[:17]: fold for pair_id, fold in folds.folds.items()}
        assert [persons[f"flame_sample_{number:04d}"] for number in range(10)] == [2, 3, 4, 2, 3, 4, 2, 1, 1, 0]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            (f"{PAIN},1", f"names {PAIN} again (line 2)"),
            ("someone,0", "is not a name such as flame_sample_0001_pain_2 and 0, 1 or 2"),
            ("flame_sample_0000_pain_7,3", "is not a name such as"),
        ],
    )
    def test_a_line_of_the_split_that_cannot_be_right_is_reported(self, pain3d: Path, line: str, reason: str) -> None:
        with (pain3d / "split.csv").open("a") as file:
            file.write(f"{line}\n")
        folds = open_source([pain3d]).folds_file
        assert folds is not None
        (problem,) = folds.problems
        assert str(problem).startswith("split.csv:22")
        assert reason in str(problem)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("", "it is not JSON"),
            ("[]", "it is not a JSON object"),
            ('{"AU4": 1}', "it lacks AU6, AU7, AU9, AU10, AU43"),
            (json.dumps(dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), "1")), "its AU4 is not a number"),
            (
                json.dumps({**dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), 1), "PSPI": 9}),
                "has PSPI 9, and its units give 4",
            ),
            (json.dumps(dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), 10**400)), "not a number from 0"),
            (json.dumps(dict.fromkeys(("AU4", "AU6", "AU7", "AU9", "AU10", "AU43"), 6)), "has AU4 6, which is not"),
            (" " * 5000, "it has more than the 4,096 bytes that are read"),
        ],
    )
    def test_annotations_that_cannot_be_right_are_lines_of_the_report(
        self, pain3d: Path, content: str, reason: str
    ) -> None:
        (pain3d / "annotations" / f"{PAIN}_annotations.json").write_text(content)
        problems = problems_in(pain3d)
        assert len(problems) == 3
        assert all(reason in problem for problem in problems)
        assert len(pairs_in(pain3d)) == 57

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (
                lambda folder: (
                    folder / f"meshes_inpainted/{PAIN[:17]}_neutral_textured_view_001_inpainted.png"
                ).unlink(),
                "has no neutral picture of flame_sample_0000 in view textured_view_001_inpainted; add it",
            ),
            (
                lambda folder: (folder / f"annotations/{PAIN}_annotations.json").unlink(),
                "has no file in annotations; add it, or remove the picture",
            ),
            (
                lambda folder: (folder / "annotations/flame_sample_0000_pain_9_annotations.json").write_text("{}"),
                "has no picture in meshes_inpainted; add it, or remove the annotations",
            ),
            (
                lambda folder: (folder / "meshes_inpainted/someone.png").write_bytes(b""),
                "is not named flame_sample_XXXX_pain_N_VIEW",
            ),
        ],
    )
    def test_what_is_missing_is_reported(self, pain3d: Path, change: Callable[[Path], object], reason: str) -> None:
        change(pain3d)
        problems = problems_in(pain3d)
        assert problems
        assert all(reason in problem for problem in problems)


class TestGroups:
    def test_what_is_known_of_a_person_is_in_all_pairs_of_it(self, made: Path, tmp_path: Path) -> None:
        table = tmp_path / "groups.csv"
        table.write_text("identity;gender;age\n040-aa040;F;34.5\n041-bb041;m;\n")
        pairs = pairs_in(made / "unbc", groups=table)
        assert {(pair.identity, pair.gender, pair.age) for pair in pairs.values()} == {
            ("040-aa040", "woman", 34.5),
            ("041-bb041", "man", None),
        }

    @pytest.mark.parametrize(
        ("lines", "place", "reason"),
        [
            ("040-aa040,man\n040-aa040,woman", "groups.csv:3", "the gender woman, and line 2 man; correct one"),
            ("040-aa040,man\n040-aa040,man", "groups.csv:3", "names identity 040-aa040 again (line 2)"),
            ("040-AA040,man", "groups.csv:2", "which the source does not have (did you mean '040-aa040'?)"),
            ("040-aa040,other", "groups.csv:2", "gender 'other' is unknown; use one of man, woman"),
            (",man", "groups.csv:2", "identity missing; fill in"),
        ],
    )
    def test_a_line_that_cannot_be_right_is_reported(
        self, made: Path, tmp_path: Path, lines: str, place: str, reason: str
    ) -> None:
        table = tmp_path / "groups.csv"
        table.write_text(f"identity,gender\n{lines}\n")
        problems = problems_in(made / "unbc", groups=table)
        assert problems[0].startswith(place)
        assert reason in problems[0]

    def test_of_a_person_who_stands_twice_nothing_is_taken_as_known(self, made: Path, tmp_path: Path) -> None:
        table = tmp_path / "groups.csv"
        table.write_text("identity,gender\n040-aa040,man\n040-aa040,woman\n041-bb041,man\n")
        pairs = pairs_in(made / "unbc", groups=table).values()
        assert {(pair.identity, pair.gender) for pair in pairs} == {("040-aa040", None), ("041-bb041", "man")}

    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            ("person,gender", "has no column 'identity'; add it"),
            ("identity,gendre", "has an unknown column 'gendre'"),
            ("identity,age,age", "names the column 'age' twice"),
        ],
    )
    def test_a_table_of_other_columns_is_refused(self, tmp_path: Path, header: str, reason: str) -> None:
        table = tmp_path / "groups.csv"
        table.write_text(f"{header}\na,b,c\n"[: -1 if header.count(",") > 1 else -3] + "\n")
        with pytest.raises(BadInputError) as error:
            read_groups(table)
        assert reason in str(error.value)


LINKED = [("unbc", place) for place in ("Images", "Frame_Labels", PSPI, FACS)]
LINKED += [("3dpain", place) for place in ("meshes_inpainted", "annotations")]


@pytest.mark.parametrize(("archive", "place"), LINKED)
def test_a_folder_that_is_a_link_out_of_the_archive_is_not_followed(
    made: Path, tmp_path: Path, archive: str, place: str
) -> None:
    folder = shutil.copytree(made / archive, tmp_path / "archive")
    (folder / place).rename(tmp_path / "private")
    (folder / place).symlink_to(tmp_path / "private")
    problems = problems_in(folder)
    assert problems
    assert all("is a symbolic link to a folder, which is not followed" in problem for problem in problems)
    assert not pairs_in(folder)
