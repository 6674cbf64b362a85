"""What is planted in a release is found, and nothing is found where nothing is planted."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synpain_hf.executor import Executor
from synpain_hf.progress import silent
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.validation.checks.identities import identities
from synpain_hf.validation.checks.shortcuts import SHORTCUTS, told_by
from synpain_hf.validation.faces import Face, Faces, Seen, look
from synpain_hf.vocabulary import GROUPS
from tests.release.making import sealed
from tests.validation.annotating import Plant as PlantColumn
from tests.validation.annotating import Shown, with_annotations
from tests.validation.making import Pixels, Plant, checked, made, portrait


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return made(tmp_path_factory.mktemp("plain") / "set")


def limited(values: npt.NDArray[Any]) -> Pixels:
    pixels: Pixels = np.clip(values, 0, 255).astype(np.uint8)
    return pixels


def brighter(by: float) -> Plant:
    def brightened(pixels: Pixels, is_pain: bool) -> Pixels:
        return limited(pixels * (by if is_pain else 1))

    return brightened


def redder(pixels: Pixels, is_pain: bool) -> Pixels:
    return limited(pixels + np.array([9 * is_pain, 0, -5 * is_pain]))


def wider(pixels: Pixels, is_pain: bool) -> Pixels:
    return np.hstack([pixels, pixels[:, -4:]]) if is_pain else pixels


def white_columns(pixels: Pixels, is_pain: bool) -> Pixels:
    pixels = pixels.copy()
    pixels[:, :2] = 255
    return pixels


def test_nothing_is_found_where_nothing_is_planted(plain: Release) -> None:
    found = checked(plain)
    assert {name: (result.outcome, list(result.told)) for name, result in found.items()} == {
        name: ("passed", []) for name in found
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plant", "name"), [(brighter(1.15), "light"), (redder, "tint"), (wider, "size")], ids=["light", "tint", "size"]
)
def test_a_planted_shortcut_is_found_and_no_other(tmp_path: Path, plant: Plant, name: str) -> None:
    found = checked(made(tmp_path / "set", plant=plant))["shortcuts"]
    assert found.outcome == "failed"
    assert found.numbers["shortcuts"][name]["auroc"] > 0.8
    told = [sentence for sentence in found.told if SHORTCUTS[name].title in sentence]
    assert len(told) == 1
    assert SHORTCUTS[name].remedy in told[0]


def jpeg(pixels: Pixels, is_pain: bool) -> Pixels:
    if not is_pain:
        return pixels
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=80)
    return np.asarray(Image.open(file))


def grainy(pixels: Pixels) -> Pixels:
    """As photographs are; flat pictures show no blocks."""
    return limited(pixels + np.random.default_rng(pixels.sum()).normal(0, 4, pixels.shape))


def test_pain_that_was_stored_as_jpeg_is_found(tmp_path: Path) -> None:
    found = checked(made(tmp_path / "set", plant=lambda pixels, is_pain: jpeg(grainy(pixels), is_pain)))["shortcuts"]
    assert found.outcome == "failed"
    assert any("the trace of JPEG in the pixels alone tells the label" in sentence for sentence in found.told)


@pytest.mark.parametrize(("growth", "turn", "outcome"), [(0, 0, "passed"), (0.4, 0, "failed"), (0, 25, "warning")])
def test_the_annotated_size_and_pose_of_faces_are_looked_at(
    plain: Release, tmp_path: Path, growth: float, turn: float, outcome: str
) -> None:
    def landmarks(face: Shown, rng: np.random.Generator) -> list[float] | None:
        if face.number == 5:
            return None
        size = (40 + rng.normal(0, 3)) * (1 + growth * (face.condition == "pain"))
        return [float(place) for x in np.linspace(0, size, 9) for place in (x, rng.normal(), rng.normal())]

    shutil.copytree(plain.folder, tmp_path / "release")
    plants: dict[str, PlantColumn] = {
        "landmarks": landmarks,
        "yaw": lambda face, rng: rng.normal(turn * (face.condition == "pain"), 5),
        "pitch": lambda _, rng: rng.normal(0, 5),
        "roll": lambda _, rng: rng.normal(0, 5),
    }
    found = checked(with_annotations(Release.open(tmp_path / "release"), plants))["shortcuts"]
    assert found.outcome == outcome, found.told
    assert found.numbers["shortcuts"]["face_size"]["pairs"] == 79


def test_landmarks_and_angles_that_are_none_are_not_known(plain: Release, tmp_path: Path) -> None:
    shutil.copytree(plain.folder, tmp_path / "release")
    broken: dict[str, PlantColumn] = {
        "landmarks": lambda face, _: [[1.0, 2.0], [float("nan")] * 3, []][face.number % 3],
        "yaw": lambda *_: float("inf"),
    }
    found = checked(with_annotations(Release.open(tmp_path / "release"), broken))["shortcuts"].numbers["shortcuts"]
    assert (found["face_size"]["pairs"], found["pose"]["pairs"]) == (0, 0)


def test_sharper_pain_is_told_and_not_held_against_the_data(tmp_path: Path) -> None:
    def noisy(pixels: Pixels, is_pain: bool) -> Pixels:
        noise = np.random.default_rng(pixels.sum()).integers(-9, 10, pixels.shape)
        noise[:14] = noise[:, :12] = noise[:, -12:] = 0  # the background stays
        return limited(pixels + noise * is_pain)

    found = checked(made(tmp_path / "set", plant=noisy))["shortcuts"]
    assert found.outcome == "warning"
    assert any("sharpness" in sentence for sentence in found.told)


def seen(labels: list[bool], folds: list[int]) -> Faces:
    nothing = Face(1, None, "has no pixels")
    return Faces(
        [
            Seen(str(at), "", str(at), None, "pain" if is_pain else "no_pain", {}, fold, "", None, (nothing, nothing))
            for at, (is_pain, fold) in enumerate(zip(labels, folds, strict=True))
        ]
    )


def test_what_goes_with_a_person_and_not_with_pain_is_seldom_taken_for_a_shortcut() -> None:
    """Few persons with few to many frames, each with a share of pain and a light of their own."""
    rng = np.random.default_rng(1)
    persons = 25
    wrong = []
    for _ in range(60):
        who = np.repeat(np.arange(persons), np.r_[[300, 200, 3, 3, 3], np.full(20, 20)])
        labels = rng.random(len(who)) < rng.beta(1, 2, persons)[who]
        folds = (rng.permutation(persons) % 5)[who]
        light = rng.normal(size=(persons, 2))[who] + 0.3 * rng.normal(size=(len(who), 2))
        found = told_by(light, seen(labels.tolist(), folds.tolist()), who.astype(str), 1 - 0.05 / len(SHORTCUTS))
        wrong.append(found["interval"]["low"] > 0.5)
    assert np.mean(wrong) <= 0.02


@pytest.mark.parametrize(("pairs", "pain"), [(60, 0.5), (200, 0.1), (400, 0.5)])
def test_numbers_that_know_nothing_are_seldom_taken_for_a_shortcut(pairs: int, pain: float) -> None:
    rng = np.random.default_rng(0)
    wrong = []
    for _ in range(200):
        labels = (rng.permutation(pairs) < pairs * pain).tolist()
        faces = seen(labels, rng.integers(0, 5, pairs).tolist())
        names = np.arange(pairs).astype(str)
        interval = told_by(rng.normal(size=(pairs, 2)), faces, names, 0.95)["interval"]
        wrong.append(interval["low"] > 0.5)
    assert np.mean(wrong) <= 0.05


def test_a_shortcut_needs_pairs_to_be_learned_from() -> None:
    faces = seen([True, False] * 4, [0, 1, 2, 3, 4, 0, 1, 2])
    found = told_by(np.arange(8.0)[:, None], faces, np.arange(8).astype(str), 0.95)
    assert (found["auroc"], found["interval"]) == (None, None)
    assert "fewer than 5 pairs" in found["reason"]
    assert "same in all pairs" in told_by(np.ones((8, 1)), faces, np.arange(8).astype(str), 0.95)["reason"]


def test_a_small_release_says_that_shortcuts_were_not_looked_for(tmp_path: Path) -> None:
    assert checked(made(tmp_path / "set", pairs=8))["shortcuts"].outcome == "not made"


DAMAGES: dict[str, tuple[Plant, str]] = {
    "blank": (lambda pixels, _: np.full_like(pixels, 120), "show nothing"),
    "tiny": (lambda pixels, _: pixels[:40, :40], "fewer than 48 rows or columns"),
    "leftover": (white_columns, "white columns at the inner edge"),
}


@pytest.mark.parametrize(("plant", "told"), DAMAGES.values(), ids=DAMAGES.keys())
def test_faces_that_are_not_whole_are_named(tmp_path: Path, plant: Plant, told: str) -> None:
    def sometimes(pixels: Pixels, is_pain: bool) -> Pixels:
        return plant(pixels, is_pain) if np.array_equal(pixels, portrait(3, 1)) else pixels

    found = checked(made(tmp_path / "set", pairs=8, plant=sometimes))["damage"]
    assert found.outcome == "failed"
    assert [sentence for sentence in found.told if told in sentence and "p003" in sentence]


def test_a_white_background_is_no_leftover(tmp_path: Path) -> None:
    def on_white(pixels: Pixels, is_pain: bool) -> Pixels:
        pixels = pixels.copy()
        pixels[:, : pixels.shape[1] // 4] = 255
        return pixels

    assert checked(made(tmp_path / "set", pairs=8, plant=on_white))["damage"].outcome == "passed"


BALANCES: dict[str, tuple[dict[str, Callable[[int], Any]], str, str]] = {
    "one group is all pain": ({"label": lambda n: "pain" if n // 2 % 8 < 4 else "no_pain"}, "failed", "age_group"),
    "a little more pain": (
        {"label": lambda n: "pain" if n % 2 == 0 or (n // 2 % 8 < 4 and n % 10 == 1) else "no_pain"}, "passed", ""
    ),
    "a cell without pain": (
        {"label": lambda n: "pain" if n % 2 == 0 and n // 2 % 8 != 5 else "no_pain"}, "warning", "without pairs"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "outcome", "told"), BALANCES.values(), ids=BALANCES.keys())
def test_groups_with_other_shares_of_pain_are_named(
    tmp_path: Path, columns: dict[str, Callable[[int], Any]], outcome: str, told: str
) -> None:
    found = checked(made(tmp_path / "set", of_rows=columns))["balance"]
    assert found.outcome == outcome
    assert told in " ".join(found.told)


def test_where_no_groups_are_known_nothing_is_said_of_their_balance(tmp_path: Path) -> None:
    unknown = {column: lambda _: "" for column in GROUPS}
    assert checked(made(tmp_path / "set", pairs=8, of_rows=unknown))["balance"].outcome == "not made"


def rewritten(release: Release, change: Callable[[dict[str, Any]], None]) -> Release:
    """A release in which some rows were changed by hand, and `release.json` with them."""
    for file in release.files_of(base_table()):
        table = release.read(file)
        rows = table.to_pylist()
        for row in rows:
            change(row)
        pq.write_table(table.from_pylist(rows, table.schema), release.folder / file, write_page_index=True)
    return Release.open(sealed(release.folder))


def test_a_face_of_another_identity_is_found_though_the_release_is_whole(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=16)

    def same_neutral(row: dict[str, Any]) -> None:
        if row["pair_id"] == "p002":
            row["neutral"]["bytes"] = (tmp_path / "set" / "0-neutral.png").read_bytes()

    found = checked(rewritten(release, same_neutral))
    assert found["files"].outcome == "passed"
    assert found["copies"].outcome == "failed"
    assert all("shows the same picture as" in sentence for sentence in found["copies"].told)
    assert found["copies"].numbers["same_face"] == 2


def test_a_picture_that_does_not_decode_is_named_though_its_digest_fits(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=16)

    def damaged(row: dict[str, Any]) -> None:
        if row["pair_id"] == "p004":
            data = bytearray(row["expressive"]["bytes"])
            data[len(data) // 2] ^= 0xFF
            row["expressive"]["bytes"] = bytes(data)

    found = checked(rewritten(release, damaged))
    assert found["files"].outcome == "passed"
    assert found["damage"].outcome == "failed"
    assert found["damage"].numbers["damaged"] == 1
    assert found["damage"].told[0].startswith("the expressive face of pair p004 is ")


def test_files_that_were_changed_are_named(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=8)
    (release.folder / "CHANGELOG.md").write_text("other", encoding="utf-8")
    found = checked(release)["files"]
    assert found.outcome == "failed"
    assert "CHANGELOG.md" in found.told[0]


def test_an_identity_in_two_folds_is_named(plain: Release) -> None:
    faces = seen([True, False, True], [0, 1, 2])
    torn = Faces([*faces.pairs[:2], replace(faces.pairs[2], identity="1")])
    found = identities(plain, torn)
    assert found.outcome == "failed"
    assert "1 identity (1)" in found.told[0]


@pytest.mark.slow
def test_default_demo_faces_have_no_shortcut_and_any_number_of_workers_finds_the_same(tmp_path: Path) -> None:
    release = demo(tmp_path / "demo", pairs=60, seed=3, workers=2)
    assert release is not None
    opened = Release.open(tmp_path / "demo")
    assert checked(opened)["shortcuts"].outcome == "passed"
    assert look(opened, Executor(1), silent) == look(opened, Executor(2), silent)


def test_numbers_are_json(plain: Release) -> None:
    json.dumps({name: dict(found.numbers) for name, found in checked(plain).items()}, allow_nan=False)
