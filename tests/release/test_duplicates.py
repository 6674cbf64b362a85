"""The same face is in a release once, whichever side of a pair it is on, and copies are told."""

from __future__ import annotations

import json
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synpain_hf.errors import BadInputError, InputWarning, Problem
from synpain_hf.release.build import build
from synpain_hf.release.duplicates import FARTHEST, copied_faces
from synpain_hf.release.partition import Written, WrittenRow
from tests.imaging.made import Pixels, encoded
from tests.release.making import Row
from tests.terminal import run

SAME = "shows the same picture as pairs.jsonl:{}; keep the right one, so that no face is on both sides of a split"
COPY = SAME.replace("shows the same picture as", "has a face that looks like a copy of one in")
DOUBTFUL = "has a face that looks like a copy of one in pairs.jsonl:{}; check whether it is one"


def face(number: int, width: int = 120) -> Pixels:
    """A picture of large soft spots that no other number gives."""
    spots = np.random.default_rng(number).integers(0, 256, (6, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(spots).resize((width, 140), Image.Resampling.BICUBIC))


def composite(neutral: Pixels, expressive: Pixels, gutter: int = 8) -> Pixels:
    return np.hstack([neutral, np.full((len(neutral), gutter, 3), 255, np.uint8), expressive])


def write_pairs(folder: Path, files: Mapping[str, bytes], folds: Mapping[int, int]) -> Path:
    """A manifest of four pairs of two pictures each, in different groups, with some of their files replaced."""
    rows = []
    for number in range(4):
        row: Row = {"pair_id": f"p{number}", "label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white"}
        row |= {"fold": folds.get(number, number)}
        row |= {"neutral": f"{number}-neutral", "expressive": f"{number}-expressive"}
        rows.append(row)
        for at, side in enumerate(("neutral", "expressive")):
            (folder / row[side]).write_bytes(encoded(face(10 * number + at)))
    for name, data in files.items():
        (folder / name).write_bytes(data)
        if name.endswith("-composite"):
            row = rows[int(name[0])]
            del row["neutral"], row["expressive"]
            row["composite"] = name
    manifest = folder / "pairs.jsonl"
    manifest.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return manifest


FIRST, SECOND = face(0), face(1)
"""The faces of the first pair."""

AGAIN: dict[str, dict[str, bytes]] = {
    "neutral, in another file": {"1-neutral": encoded(FIRST, compress_level=0)},
    "expressive, as WebP": {"1-expressive": encoded(SECOND, "WEBP", lossless=True)},
    "neutral as expressive": {"1-expressive": encoded(FIRST, compress_level=0)},
    "expressive as neutral": {"1-neutral": encoded(SECOND, "WEBP", lossless=True)},
    "both in a composite": {"1-composite": encoded(composite(FIRST, SECOND))},
    "expressive in a composite": {"1-composite": encoded(composite(face(77), SECOND))},
    "both in a composite the other way round": {"1-composite": encoded(composite(SECOND, FIRST))},
}
COPIES: dict[str, Callable[[Pixels], bytes]] = {
    "JPEG": lambda pixels: encoded(pixels, "JPEG", quality=60),
    "mirrored": lambda pixels: encoded(pixels[:, ::-1]),
    "mirrored JPEG": lambda pixels: encoded(np.ascontiguousarray(pixels[:, ::-1]), "JPEG"),
    "half the size": lambda pixels: encoded(np.asarray(Image.fromarray(pixels).resize((60, 70)))),
    "a column less": lambda pixels: encoded(pixels[:, :-1]),
}


@pytest.mark.parametrize("folds", [{}, {1: 0}], ids=["other fold", "same fold"])
@pytest.mark.parametrize("name", AGAIN)
def test_the_same_face_in_two_pairs_is_refused(tmp_path: Path, name: str, folds: dict[int, int]) -> None:
    manifest = write_pairs(tmp_path, AGAIN[name], folds)
    with pytest.raises(BadInputError) as caught:
        build(manifest, tmp_path / "release", version="1.0.0")
    assert [problem for problem in caught.value.problems if problem.reason.startswith("shows")] == [
        Problem("pairs.jsonl:1", SAME.format(2), "p0"),
        Problem("pairs.jsonl:2", SAME.format(1), "p1"),
    ]
    assert {problem.pair_id for problem in caught.value.problems} == {"p0", "p1"}


@pytest.mark.parametrize("side", ["neutral", "expressive"])
@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_refused_where_it_crosses_a_split(tmp_path: Path, kind: str, side: str) -> None:
    manifest = write_pairs(tmp_path, {f"2-{side}": COPIES[kind](FIRST)}, {})
    with pytest.raises(BadInputError) as caught:
        build(manifest, tmp_path / "release", version="1.0.0")
    assert caught.value.problems == [
        Problem("pairs.jsonl:1", COPY.format(3), "p0"),
        Problem("pairs.jsonl:3", COPY.format(1), "p2"),
    ]


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_on_one_side_of_every_split_is_told_and_released(tmp_path: Path, kind: str) -> None:
    manifest = write_pairs(tmp_path, {"2-expressive": COPIES[kind](FIRST)}, {2: 0})
    told: list[Problem] = []
    release = build(manifest, tmp_path / "release", version="1.0.0", notice=told.extend)
    assert told == [
        Problem("pairs.jsonl:1", DOUBTFUL.format(3), "p0"),
        Problem("pairs.jsonl:3", DOUBTFUL.format(1), "p2"),
    ]
    assert release.manifest["pairs"] == {"in": 4, "out": 4, "rejected": 0}


def test_a_copy_in_another_group_crosses_the_split_that_leaves_the_group_out(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, {"2-neutral": COPIES["JPEG"](FIRST)}, {2: 0})
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    rows[2]["ethnicity"] = "black"
    manifest.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(BadInputError, match="so that no face is on both sides of a split"):
        build(manifest, tmp_path / "release", version="1.0.0")


def test_copies_of_pairs_that_are_skipped_anyway_are_not_told(tmp_path: Path) -> None:
    files = {"2-neutral": COPIES["JPEG"](FIRST), "0-expressive": b"text"}
    told: list[Problem] = []
    build(
        write_pairs(tmp_path, files, {2: 0}), tmp_path / "release", version="1.0.0", on_error="skip", notice=told.extend
    )
    assert not told


def test_python_warns_of_copies_and_the_command_prints_them(tmp_path: Path) -> None:
    manifest = write_pairs(tmp_path, {"2-neutral": COPIES["JPEG"](FIRST)}, {2: 0})
    with pytest.warns(
        InputWarning, match=r"2 pairs to look at:\n  pairs.jsonl:1: has a face that looks like"
    ) as caught:
        build(manifest, tmp_path / "release", version="1.0.0")
    assert caught[0].filename == __file__
    done = run("build", manifest, tmp_path / "again", "--version", "1.0.0", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["pairs"]["out"] == 4
    assert "warning: 2 pairs to look at:\n  pairs.jsonl:1: has a face" in done.stderr


def test_faces_that_differ_are_not_told(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(write_pairs(tmp_path, {}, {}), tmp_path / "release", version="1.0.0")


def test_pictures_of_nearly_one_colour_are_not_taken_for_copies(tmp_path: Path) -> None:
    grain = np.random.default_rng(0)
    files = {
        f"{number}-{side}": encoded(grain.integers(120, 130, (140, 120, 3), np.uint8))
        for number in range(4)
        for side in ("neutral", "expressive")
    }
    release = build(write_pairs(tmp_path, files, {}), tmp_path / "release", version="1.0.0")
    assert release.manifest["pairs"]["out"] == 4


def test_many_copies_are_named_briefly(tmp_path: Path) -> None:
    rows = []
    for number in range(9):
        (tmp_path / f"{number}.jpg").write_bytes(
            encoded(composite(FIRST, face(50 + number)), "JPEG", quality=70 + number)
        )
        cell = {"label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white", "fold": number % 5}
        rows.append({"pair_id": f"p{number}", **cell, "composite": f"{number}.jpg"})
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        build(tmp_path / "pairs.jsonl", tmp_path / "release", version="1.0.0")
    assert len(caught.value.problems) == 9
    assert all("pairs.jsonl:5 and 3 more; keep" in str(one) or "pairs.jsonl:6 and 3 more; keep" in str(one)
               for one in caught.value.problems)  # fmt: skip


def thumbnails(rng: np.random.Generator, faces: int) -> Pixels:
    """Soft thumbnails, some of them nearly another, mirrored or not, in light or dark places of it."""
    made: list[Pixels] = []
    for at in range(faces):
        spots = rng.integers(0, 256, (4, 4, 3), np.uint8)
        new = np.asarray(Image.fromarray(spots).resize((16, 16), Image.Resampling.BICUBIC)).astype(int)
        if made and rng.random() < 0.6:
            new = made[rng.integers(at)].astype(int)[:, :: rng.choice([1, -1])]
            noise = rng.normal(0, rng.choice([2.0, 3.5, 4.0, 4.3, 6.0]), (16, 16, 3))
            new = new + noise.round().astype(int) + rng.integers(-3, 4)
        made.append(np.clip(new, 0, 255).astype(np.uint8))
    return np.stack(made)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_copies_are_those_of_their_definition_whatever_is_compared_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shown = thumbnails(rng, 300)
    identities = rng.integers(0, 40, len(shown))
    rows = [WrittenRow(str(at), str(who), f"at {at}", "", (), (at,), ()) for at, who in enumerate(identities)]
    partition = Written("", "data/fold-0/old-man-white.parquet", 0, "", "", tuple(rows), ())
    across, within = copied_faces([partition], shown)
    wanted = set()
    for at, one in enumerate(shown.astype(float)):
        for other in range(at):
            apart = min(np.square(one - turned).mean() for turned in (shown[other], shown[other][:, ::-1]))
            if identities[at] != identities[other] and apart <= FARTHEST**2:
                wanted |= {str(at), str(other)}
    assert len(wanted) > 20
    assert {problem.pair_id for problem in (*across, *within)} == wanted


@pytest.mark.slow
def test_thumbnails_that_are_looked_through_stay_in_their_file(tmp_path: Path) -> None:
    rng, faces = np.random.default_rng(0), 20_000
    light = rng.integers(40, 216, (faces, 1, 1, 1), np.uint8)
    (light + rng.integers(0, 40, (faces, 16, 16, 3), np.uint8)).tofile(tmp_path / "thumbnails")
    mapped = np.memmap(tmp_path / "thumbnails", np.uint8, "r").reshape(-1, 16, 16, 3)
    rows = tuple(WrittenRow(str(at), str(at % 25), f"at {at}", "", (), (at,), ()) for at in range(faces))
    partition = Written("", "data/fold-0/old-man-white.parquet", 0, "", "", rows, ())
    tracemalloc.start()
    try:
        assert copied_faces([partition], mapped) == ([], [])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak / faces < 1500
