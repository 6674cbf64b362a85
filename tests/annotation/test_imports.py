"""Tables of tools become annotations, and nothing in them is invented or lost."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf import card, info
from synpain_hf.annotation.imports.importing import Imported, import_annotations
from synpain_hf.annotation.imports.reading import Measured, open_table
from synpain_hf.annotation.imports.tools import TOOLS
from synpain_hf.errors import BadInputError, InputWarning, Problem, UsageError
from synpain_hf.pspi import pspi_of
from synpain_hf.release.release import Release
from synpain_hf.tabular.given import GivenFile
from tests.annotation.making import UNITS, facereader, pictures, rows_of, written
from tests.cards.making import write_facts
from tests.terminal import run

ANN = "=41nn-neutral.png"


def taken(release: Release, path: Path, **options: str) -> Imported:
    return import_annotations(release.folder, path, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_log_of_facereader_below_its_notes_with_decimal_commas(
    release: Release, tmp_path: Path, encoding: str
) -> None:
    cells = {name: ["0,5", "0,1", "0,3", "0", "0,2", "1"] for name in pictures(release)}
    cells[ANN] = ["FIT_FAILED"] * 6
    cells["ann-neutral.png"] = ["FIND_FAILED"] * 6
    cells["ann-expressive.png"] = ["B", "NotActive", "E", "a", "C", "D"]
    done = taken(release, facereader(tmp_path, cells, encoding=encoding))
    rows = rows_of(done.release, "facereader")
    assert (done.tool, done.faces, done.failed, done.absent) == ("facereader", 12, 2, 0)
    assert (rows["Ann", "neutral"]["reason"], rows["Ann", "neutral"]["AU4"]) == ("no face model fitted", None)
    assert (rows["ann", "neutral"]["reason"], rows["ann", "neutral"]["pspi"]) == ("no face found", None)
    letters = rows["ann", "expressive"]
    assert [letters[f"AU{unit}"] for unit in UNITS] == [2, 0, 5, 1, 3, 4]
    assert (letters["scale"], letters["pspi"], letters["reason"]) == ("A-E", 2 + 5 + 3 + 4, None)
    numbers = rows["a.b", "neutral"]
    assert (numbers["scale"], numbers["pspi"]) == ("0-1", pytest.approx(5 * (0.5 + 0.3 + 0.2 + 1)))


def test_openface_has_no_eyes_closed_so_no_pain_score(release: Release, tmp_path: Path) -> None:
    table = written(
        tmp_path, "of.csv",
        "input, face, confidence, success, AU04_r, AU06_r, AU07_r, AU09_r, AU10_r, AU45_r, AU04_c",
        f"/x/{ANN}, 0, 0.98, 1, 1.5, 2.0, 0.0, 0.0, 0.0, 5.0, 1",
        "/x/ann-neutral.png, 0, 0.21, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0",
    )  # fmt: skip
    done = taken(release, table)
    rows = rows_of(done.release, "openface")
    assert rows["Ann", "neutral"].items() >= {"AU4": 1.5, "AU45": 5.0, "AU4_present": 1.0, "scale": "0-5"}.items()
    assert rows["Ann", "neutral"]["pspi"] is None
    assert "AU43" not in rows["Ann", "neutral"]
    failed = rows["ann", "neutral"]
    assert (failed["AU4"], failed["AU4_present"], failed["reason"]) == (None, None, "no face found")
    assert failed["confidence"] == pytest.approx(0.21)
    assert done.absent == 10


@pytest.mark.parametrize("failed", ["0.0,,,", ",,,", "nan,nan,nan,nan", "0.9,,,"])
def test_py_feat_says_a_failure_by_empty_cells(release: Release, tmp_path: Path, failed: str) -> None:
    header = "FaceScore,AU04,AU43,anger,input,frame"
    table = written(tmp_path, "f.csv", header, f"1.0,0.5,0.2,0.1,/x/{ANN},0", f"{failed},/x/ann-neutral.png,0")
    rows = rows_of(taken(release, table).release, "py_feat")
    assert rows["Ann", "neutral"].items() >= {"AU4": 2.5, "AU43": 1.0, "scale": "0-1", "pspi": None}.items()
    assert "anger" not in rows["Ann", "neutral"]
    assert (rows["ann", "neutral"]["AU4"], rows["ann", "neutral"]["reason"]) == (None, "no face found")


def test_evidence_stays_evidence(release: Release, tmp_path: Path) -> None:
    table = written(
        tmp_path, "facet.txt",
        "#Study : Faces", "#Version : 6.1", "",
        "StimulusName\tNoOfFaces\tAU4 Evidence\tAU43 Evidence\tJoy Evidence",
        "=41nn-neutral\t1\t-1.25\t2.5\t0", "ann-neutral\t0\t\t\t",
    )  # fmt: skip
    rows = rows_of(taken(release, table).release, "imotions_facet")
    assert rows["Ann", "neutral"].items() >= {"AU4_evidence": -1.25, "AU43_evidence": 2.5, "scale": "evidence"}.items()
    assert not {"AU4", "pspi"} & rows["Ann", "neutral"].keys()
    assert rows["ann", "neutral"]["reason"] == "no face found"


@pytest.mark.parametrize("header", ["image,score", "path,quality", "FILE,Score"])
def test_a_score_of_quality(release: Release, tmp_path: Path, header: str) -> None:
    done = taken(release, written(tmp_path, "q.csv", header, *(f"{name},0.8" for name in pictures(release))))
    rows = rows_of(done.release, "dsl_fiqa")
    assert len(rows) == 12
    assert all(row["quality"] == pytest.approx(0.8) for row in rows.values())


def test_a_table_of_ones_own_by_face_or_by_file(release: Release, tmp_path: Path) -> None:
    by_face = written(tmp_path, "a.csv", "pair_id;face;AU4;valence", "Ann;Neutral;2,5;-3", "ann;expressive;;")
    rows = rows_of(taken(release, by_face, annotator="Coder 1").release, "coder_1")
    assert rows["Ann", "neutral"].items() >= {"AU4": 2.5, "valence": -3.0, "annotator": "Coder 1"}.items()
    assert rows["ann", "expressive"]["reason"] == "no values in the table"
    by_file = written(tmp_path, "b.csv", "file,AU4", f"{ANN},2.5")
    done = taken(release, by_file, annotator="Coder 2")
    assert rows_of(done.release, "coder_2")["Ann", "neutral"]["AU4"] == 2.5
    assert done.release.version == "1.0.2"


def test_tables_of_one_picture_each_are_named_by_it(release: Release, tmp_path: Path) -> None:
    folder = tmp_path / "each"
    folder.mkdir()
    for name in pictures(release):
        written(folder, name.replace(".png", ".csv"), "face, confidence, AU04_r", "0, 0.9, 3.0", "1, 0.95, 1.0")
    done = taken(release, folder)
    assert (done.faces, done.repeated) == (12, 12)
    assert {row["AU4"] for row in rows_of(done.release, "openface").values()} == {1.0}  # of the surest


def test_the_note_of_a_log_names_its_picture(release: Release, tmp_path: Path) -> None:
    table = written(tmp_path, "log.txt", f"Filename:\tC:\\x\\{ANN}", "", "Time\tAction Unit 43 - Eyes Closed", "0\t0.5")
    assert rows_of(taken(release, table).release, "facereader")["Ann", "neutral"]["AU43"] == 2.5


def test_of_several_rows_the_one_with_a_face_counts_then_the_surest(release: Release, tmp_path: Path) -> None:
    rows = [f"{score},{unit},{ANN}" for score, unit in (("0", ""), ("0.5", "0.1"), ("0.9", "0.2"), ("0.9", "0.4"))]
    done = taken(release, written(tmp_path, "f.csv", "FaceScore,AU04,input", *rows))
    assert rows_of(done.release, "py_feat")["Ann", "neutral"]["AU4"] == 1.0
    assert done.repeated == 3


def test_a_row_without_a_face_does_not_count_however_sure_the_tool_is(release: Release, tmp_path: Path) -> None:
    lines = ("file, confidence, success, AU04_r", f"{ANN}, 0.9, 0, 0.0", f"{ANN}, 0.5, 1, 3.0")
    done = taken(release, written(tmp_path, "o.csv", *lines))
    assert rows_of(done.release, "openface")["Ann", "neutral"]["AU4"] == 3.0


def test_the_case_of_a_pictures_name_and_its_ending_make_no_difference(release: Release, tmp_path: Path) -> None:
    done = taken(release, written(tmp_path, "q.csv", "image,score", f"{ANN.upper().replace('.PNG', '.JPG')},1"))
    assert rows_of(done.release, "dsl_fiqa").keys() == {("Ann", "neutral")}


def test_two_tools_stand_side_by_side_and_the_card_follows(release: Release, tmp_path: Path) -> None:
    taken(release, written(tmp_path, "o.csv", "file, confidence, AU04_r", f"{ANN}, 0.9, 3.0"))
    done = taken(release, written(tmp_path, "f.csv", "FaceScore,AU04,input", f"0.9,0.5,{ANN}"))
    assert (info(release.folder, verify=True)["version"], done.release.version) == ("1.0.2", "1.0.2")
    assert {"annotations/openface.parquet", "annotations/py_feat.parquet"} <= done.release.files.keys()
    assert "Py-Feat" in card(release.folder, facts=write_facts(tmp_path / "facts")).text_of("README.md")


def test_importing_again_replaces_what_the_annotator_said(release: Release, tmp_path: Path) -> None:
    taken(release, written(tmp_path, "a.csv", "image,score", f"{ANN},0.1"))
    done = taken(release, written(tmp_path, "a.csv", "image,score", "ann-neutral.png,0.5"))
    assert rows_of(done.release, "dsl_fiqa").keys() == {("ann", "neutral")}


BAD = [
    ("image,score\nstranger.png,0.5", "1 row of no face of this release (stranger.png)"),
    (f"image,score\n{ANN},1.5", "t.csv:2: score is 1.5, not 0 to 1"),
    (f"image,score\n{ANN},=1+1", "t.csv:2: score is '=1+1', which is no number"),
    (f"image,score\n{ANN},1_0", "score is '1_0', which is no number"),
    (f"image,score\n{ANN},1e999", "score is '1e999', which is no number"),
    (f"image,score,quality\n{ANN},1,1", "has score and quality, which mean the same"),
    ("pair_id,face,AU4\nAnn,left,1", "of no face of this release (Ann left)"),
    ("pair_id,face,AU4\nAnn,neutral,1\nAnn,neutral,2", "t.csv:3: is a second row for the neutral face of Ann"),
    ("pair_id,face,AU4,pspi\nAnn,neutral,1,2", "has a column pspi, which the import writes itself"),
    ("pair_id,face,AU4,größe\nAnn,neutral,1,2", "has a column 'größe'; call it"),
    ("pair_id,face\nAnn,neutral", "has no column of numbers"),
    ("hello,world\n1,2", "has no columns of a known tool"),
    ("", "has no columns of a known tool"),
    ('{"pair_id": "Ann"}', "is json lines, not text with commas"),
    (f"Image\tAction Unit 04\tAction Unit 06\n{ANN}\tB\t0.5", "has units on the scales 0-1 and A-E"),
    (f"file,AU4\n{ANN},1,2,3", "has 4 cells between commas, not 2"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=[said[:40] for _, said in BAD])
def test_what_cannot_be_used_is_said_and_nothing_is_written(
    release: Release, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadInputError) as raised:
        taken(release, written(tmp_path, "t.csv", text))
    assert said in str(raised.value)
    assert Release.open(release.folder).version == "1.0.0"


def test_wrong_rows_are_left_out_where_that_is_asked_for(release: Release, tmp_path: Path) -> None:
    rows = [f"{ANN},0.5", *["ann-neutral.png,9"] * 30, *(f"{number}.png,0.5" for number in range(9))]
    table = written(tmp_path, "q.csv", "image,score", *rows)
    with pytest.warns(InputWarning, match=r"has 9 rows of no face of this release \(0.png, 1.png, 2.png\)"):
        done = taken(release, table, on_error="skip")
    assert (done.faces, done.left_out) == (1, 39)
    with pytest.raises(BadInputError, match="has 10 more rows that are wrong"):
        taken(release, table)


def test_rows_of_strangers_alone_are_an_error_even_where_they_may_be_skipped(release: Release, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="has no row of a face of this release; check which release it is"):
        taken(release, written(tmp_path, "q.csv", "image,score", "x.png,1"), on_error="skip")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tool": "openfaec"}, r"tool is 'openfaec' \(did you mean 'openface'"),
        ({"on_error": "stop"}, "on_error is 'stop'"),
        ({"annotator": "../x"}, "annotator is '../x'"),
        ({"annotator": "Action units"}, "'Action units' would be taken for what the source itself knows"),
        ({"annotator": "dsl fiqa"}, "'dsl fiqa' would replace annotations/dsl_fiqa.parquet, which is of 'DSL-FIQA'"),
    ],
)
def test_an_argument_that_cannot_be_right_is_refused(
    release: Release, tmp_path: Path, options: dict[str, str], said: str
) -> None:
    table = written(tmp_path, "q.csv", "image,score", f"{ANN},1")
    taken(release, table)
    with pytest.raises(UsageError, match=said):
        taken(release, table, **options)


def test_a_folder_without_tables_or_of_two_tools_is_refused(release: Release, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    with pytest.raises(UsageError, match="file has no table"):
        taken(release, folder)
    written(folder, "a.csv", "image,score", f"{ANN},1")
    written(folder, "b.csv", "file,AU4", f"{ANN},1")
    with pytest.raises(UsageError, match="file are of different tools"):
        taken(release, folder)


def test_another_tool_can_be_named_than_the_columns_say(release: Release, tmp_path: Path) -> None:
    table = written(tmp_path, "t.csv", "file,AU4,score", f"{ANN},3,0.5")
    assert taken(release, table).tool == "plain"
    assert taken(release, table, tool="dsl-fiqa").tool == "dsl-fiqa"


def test_the_command_says_what_it_did(release: Release, tmp_path: Path) -> None:
    table = written(tmp_path, "f.csv", "FaceScore,AU04,input", f"0.9,0.5,{ANN}", f"0.8,0.5,{ANN}", ",,ann-neutral.png")
    done = run("annotate", release.folder, "--import", table)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines() == [
        "annotations/py_feat.parquet: 2 faces annotated by Py-Feat, version 1.0.1",
        "nothing was measured in 1 face of them: see the column reason",
        "10 faces of the release without a row",
        "1 further row did not count: the most confident of a face does, or the first",
    ]
    written(tmp_path, "f.csv", "FaceScore,AU04,input", f"0.9,0.5,{ANN}", "1,1,x.png")
    failed = run("annotate", release.folder, "--import", table)
    assert failed.exit_code == 1
    assert "f.csv: has 1 row of no face of this release (x.png)" in failed.stderr
    skipped = run("annotate", release.folder, "--import", table, "--on-error", "skip")
    assert "1 row left out" in skipped.stdout
    assert "warning: 1 problem to look at" in skipped.stderr


CELLS = st.one_of(st.none(), st.floats(0, 1, width=32))


@given(rows=st.lists(st.tuples(*[CELLS] * len(UNITS)), max_size=12), comma=st.booleans())
def test_every_number_is_that_of_the_table_and_none_is_invented(
    rows: list[tuple[float | None, ...]], comma: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def cell(value: float | None) -> str:
        text = "" if value is None else f"{value:.9f}"
        return text.replace(".", ",") if comma else text

    folder = tmp_path_factory.mktemp("made")
    path = facereader(folder, {f"{number}.png": list(map(cell, row)) for number, row in enumerate(rows)})
    read = list(open_table(GivenFile(path, "log.txt"), TOOLS).measured())
    assert len(read) == len(rows)
    for measured, row in zip(read, rows, strict=True):
        assert isinstance(measured, Measured)
        for unit, value in zip(UNITS, row, strict=True):
            found = measured.values[f"AU{unit}"]
            assert (found is None) == (value is None)
            assert found is None or math.isclose(found, 5 * (value or 0), abs_tol=1e-8)
        assert (pspi_of(measured.values) is None) == (None in row)
        assert bool(measured.reason) == all(value is None for value in row)


HEADERS = (
    "image,score", "pair_id,face,AU4", "file,AU4", "FaceScore,AU04,input", "file, confidence, AU04_r, AU04_c",
    "StimulusName\tAU4 Evidence", "Image\tAction Unit 04 - Brow Lowerer",
)  # fmt: skip
JUNK = st.text(st.sampled_from("0123456789.,;\t\"'=-+eE \nABnNaÅ\x00#"), max_size=60)


@given(header=st.sampled_from(HEADERS), before=JUNK, after=st.lists(JUNK, max_size=4))
def test_junk_is_a_reading_or_a_problem_and_never_a_crash(
    header: str, before: str, after: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.mktemp("junk"), "junk.csv", before, header, *after)
    with suppress(BadInputError):
        for row in open_table(GivenFile(path, "junk.csv"), TOOLS).measured():
            values = [] if isinstance(row, Problem) else [value for value in row.values.values() if value is not None]
            assert all(map(math.isfinite, values))
