"""Sheets: which faces they show, in which order, and that they give nothing away."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from synpain_hf.errors import OutputError, ReleaseError, UsageError
from synpain_hf.rating import sheet
from synpain_hf.rating.choosing import balanced
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.order import APART, nearest, order_of
from synpain_hf.rating.pictures import pictures_of
from synpain_hf.rating.sheet import Sheets, rate
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.schemas import violations
from tests.rating.making import all_of, page_of
from tests.release.making import copied, replace
from tests.release.persons import some_persons, written
from tests.terminal import run


@pytest.mark.parametrize("number", [3, 12, 24, 32, 40])
def test_a_sample_has_about_as_many_of_each_answer(rated: Release, number: int) -> None:
    faces = list(all_of(rated).values())
    sample = balanced(faces, number, np.random.default_rng(0))
    assert len({face.id for face in sample}) == len(sample) == min(number, len(faces))
    for question in ("gender", "age"):
        counts = Counter(face.shows[question] for face in sample)
        assert max(counts.values()) - min(counts.values()) <= 2
    if number == 24:
        of_expressions = Counter(face.shows["expression"] for face in sample)
        assert sorted(of_expressions, key=str) == ["neutral", "no_pain", "pain"]
        assert min(of_expressions.values()) >= 7


def test_a_sample_takes_other_persons_before_it_takes_one_twice() -> None:
    faces = [
        Face(FaceId("x", f"p{number}", "expressive"), f"person-{number % 20}", "", "", "", {}, {})
        for number in range(60)
    ]
    sample = balanced(faces, 30, np.random.default_rng(0))
    assert sorted(Counter(face.identity for face in sample).values()) == [1] * 10 + [2] * 10


def test_a_neutral_face_that_pairs_share_is_one_face(tmp_path: Path) -> None:
    release = build(written(tmp_path / "persons", some_persons()), tmp_path / "release", version="1.0.0")
    pairs, persons = 33, 8
    sheets = rate(release.folder, out=tmp_path / "rating", faces=500, repeats=0)
    assert sheets.faces == pairs + persons
    shown = [(pair_id.partition("-")[0], face) for _, pair_id, face in sheets.key.faces.values()]
    assert Counter(face for _, face in shown) == {"neutral": persons, "expressive": pairs}
    assert len({person for person, face in shown if face == "neutral"}) == persons


@given(st.lists(st.integers(0, 60), min_size=4, max_size=60, unique=True), st.integers(0, 60), st.integers(0, 99))
def test_an_order_has_every_trial_once_and_nobody_twice_in_a_row(persons: list[int], twice: int, seed: int) -> None:
    identities = [str(person) for person in (*persons, *persons[:twice])]
    order = order_of(identities, np.random.default_rng(seed))
    assert sorted(order) == list(range(len(identities)))
    assert nearest([identities[trial] for trial in order]) > 1


def test_the_usual_sheet_has_ten_faces_between_two_of_a_person() -> None:
    identities = [str(number) for number in range(100)] + [str(number) for number in range(20)]
    orders = [order_of(identities, np.random.default_rng(seed)) for seed in range(20)]
    assert min(nearest([identities[trial] for trial in order]) for order in orders) >= APART
    assert len({tuple(order) for order in orders}) == 20


def test_any_place_may_be_that_of_a_face_that_comes_twice() -> None:
    identities = [str(number) for number in range(60)] + ["0"]
    generator = np.random.default_rng(0)
    first = [min(order.index(0), order.index(60)) for order in (order_of(identities, generator) for _ in range(300))]
    assert min(first) < 5
    assert np.mean(first) == pytest.approx(61 / 3, abs=3)  # the lesser of two random places


def test_nothing_in_a_page_tells_the_answers(rated: Release, sheets: Sheets) -> None:
    around, data = page_of(sheets)
    assert set(data) == {"sheet", "questions", "trials", "pictures", "checks", "beside"}
    assert list(data["pictures"]) == sorted(set(data["trials"]))
    text = around + json.dumps({**data, "pictures": list(data["pictures"])})
    given_away = [
        *(pair_id for _, pair_id, _ in sheets.key.faces.values()),
        "expressive",
        "person-",
        ".png",
        rated.name,
    ]
    assert [word for word in given_away if word in text] == []
    assert [each["name"] for each in data["questions"]] == ["gender", "age", "ethnicity", "expression"]
    assert all(each["answers"][-1][0] == "cannot_say" for each in data["questions"])


def test_a_picture_is_the_face_without_anything_beside_its_pixels(rated: Release, sheets: Sheets) -> None:
    _, data = page_of(sheets)
    for token, which in sheets.key.faces.items():
        _, pair_id, face = which
        kind, _, text = data["pictures"][token].partition(",")
        assert kind == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            shown = np.asarray(picture).astype(float)
        file = all_of(rated)[which].file
        (row,) = (row for row in rated.read(file).to_pylist() if row["pair_id"] == pair_id)
        with Image.open(io.BytesIO(row[face]["bytes"])) as stored:
            assert np.abs(np.asarray(stored) - shown).mean() < 4


def test_larger_pictures_are_scaled_down_to_the_size_that_was_asked_for(rated: Release, tmp_path: Path) -> None:
    _, data = page_of(rate(rated.folder, out=tmp_path / "out", faces=1, repeats=0, image_size=40))
    (address,) = data["pictures"].values()
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
        assert max(picture.size) == 40


def test_a_picture_that_does_not_decode_is_told_by_file_and_pair(rated: Release, tmp_path: Path) -> None:
    copy = Release.open(copied(rated.folder, tmp_path / "copy"))
    face = next(iter(all_of(copy).values()))
    rows = copy.read(face.file)
    pictures = [{"bytes": picture["bytes"][:-50], "path": None} for picture in rows[face.id.face].to_pylist()]
    at = rows.column_names.index(face.id.face)
    damaged = rows.set_column(at, rows.schema.field(at), pa.array(pictures, rows.schema.field(at).type))
    (copy.folder / face.file).unlink()
    pq.write_table(damaged, copy.folder / face.file)
    with pytest.raises(ReleaseError, match=f"{face.file}: the {face.id.face} face is cut short") as refused:
        list(pictures_of(copy, [face], 64))
    assert refused.value.problems[0].pair_id == face.id.pair_id


def test_every_rater_has_an_order_of_their_own_of_the_same_faces(sheets: Sheets) -> None:
    first, second = sheets.key.sheets.values()
    assert first != second
    assert sorted(first) == sorted(second)
    assert sorted(Counter(first).values()) == [1, 1, 1, 1, 2, 2]
    assert (sheets.faces, sheets.trials) == (6, 8)
    for number, name in enumerate(sheets.key.sheets):
        assert page_of(sheets, number)[1]["sheet"] == name


def test_the_same_seed_gives_the_same_files(rated: Release, sheets: Sheets, tmp_path: Path) -> None:
    again = rate(rated.folder, out=tmp_path / "again", faces=6, repeats=2)
    other = rate(rated.folder, out=tmp_path / "other", faces=6, repeats=2, seed=1)
    for name in ("key.json", *sheets.files):
        assert (again.folder / name).read_bytes() == (sheets.folder / name).read_bytes()
        assert (other.folder / name).read_bytes() != (sheets.folder / name).read_bytes()
    assert not set(other.key.faces) & set(sheets.key.faces)


def test_the_key_fits_its_schema_and_is_not_beside_the_pages(sheets: Sheets) -> None:
    written = json.loads((sheets.folder / "key.json").read_text(encoding="utf-8"))
    assert violations("rating_key", written) == []
    assert sorted(path.relative_to(sheets.folder).as_posix() for path in sheets.folder.rglob("*.*")) == [
        "key.json", "sheets/sheet-1.html", "sheets/sheet-2.html",
    ]  # fmt: skip


def test_only_what_is_asked_for_is_asked(rated: Release, tmp_path: Path) -> None:
    done = run(
        "rate", rated.folder, "--out", tmp_path / "out", "--faces", "3", "--repeats=0", "--questions", "expression, age"
    )
    assert done.exit_code == 0, done.output
    page = (tmp_path / "out" / "sheets" / "sheet-1.html").read_text(encoding="utf-8")
    assert "Is this person young or old?" in page
    assert "Which gender" not in page


def test_a_smaller_release_gives_all_of_its_faces(rated: Release, tmp_path: Path) -> None:
    done = run("rate", rated.folder, "--out", tmp_path / "out", "--json", "--raters", "1")
    told = json.loads(done.stdout)
    assert told == {
        "out": str(tmp_path / "out"), "sheets": ["sheets/sheet-1.html"], "faces": 32, "trials": 42,
    }  # fmt: skip


def test_the_command_says_what_is_for_whom(rated: Release, tmp_path: Path) -> None:
    done = run("rate", rated.folder, "--out", tmp_path / "out", "--faces", "4", "--repeats", "1")
    assert done.stdout.splitlines() == [
        f"{tmp_path / 'out'}: 2 sheets of 4 faces, 5 trials with those that come twice",
        "send each rater a page of sheets/, and keep key.json to yourself: it has the answers",
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--faces", "0"], "--faces is 0; give 1 to 5000"),
        (["--raters", "0"], "--raters is 0; give 1 to 100"),
        (["--repeats", "7", "--faces", "6"], "--repeats is 7; give 0 to the number of faces, 6"),
        (["--image-size", "5"], "--image-size is 5; give 32 to 2048"),
        (["--seed", "-1"], "--seed is -1; give 0 or more"),
        (["--questions", "gendre"], "--questions has 'gendre' (did you mean 'gender'?); give some of gender, age"),
    ],
)
def test_an_argument_that_cannot_be_right_is_refused(
    rated: Release, tmp_path: Path, options: list[str], told: str
) -> None:
    done = run("rate", rated.folder, "--out", tmp_path / "out", *options)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_page_that_no_browser_opens_gladly_is_refused(
    rated: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MOST_BYTES", 2000)
    done = run("rate", rated.folder, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "give a smaller --image-size, or fewer --faces" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []


def test_a_place_that_is_taken_is_refused(rated: Release, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="exists; remove it"):
        rate(rated.folder, out=tmp_path / "out")


def test_a_place_that_cannot_be_written_is_refused(rated: Release) -> None:
    with pytest.raises((OutputError, UsageError)):
        rate(rated.folder, out="/proc/rating")


def test_a_damaged_release_is_refused_and_nothing_is_left(rated: Release, tmp_path: Path) -> None:
    copy = copied(rated.folder, tmp_path / "copy")
    file = copy / rated.files_of(base_table())[0]
    replace(file, file.read_bytes()[:-9])
    with pytest.raises(ReleaseError):
        rate(copy, out=tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == []
