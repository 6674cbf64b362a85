"""Faces are aligned by a table of landmarks that a user brings, and a table that is wrong is told in one report."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError, SynpainError, UsageError
from synpain_hf.experiments.experiment import experiment
from synpain_hf.imaging.alignment.landmarks import AMONG_DENSE, COUNT
from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.release.release import Release
from synpain_hf.training.data.landmark_tables import read_landmarks, table_for
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.cross_validation import cross_validate
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.train import train
from synpain_hf.vocabulary import FACES
from tests.release.making import copied
from tests.sharing import Once
from tests.terminal import run
from tests.training.landmarked import landmarked, points_of
from tests.training.small import ARGUMENTS, FACE, SIDE, tiny, trained

HEAD = ["pair_id", "face", *(f"{axis}_{number}" for axis in "xy" for number in range(COUNT))]

Points = Mapping[tuple[str, str], Any]


@pytest.fixture(scope="module")
def pairs(faces: Release) -> Pairs:
    return open_pairs(faces.folder, "all")


@pytest.fixture(scope="module")
def known(once: Once, faces: Release) -> Release:
    """The faces, with landmarks in the release."""

    def fill(folder: Path) -> None:
        landmarked(copied(faces.folder, folder / "release"), side=FACE)

    return Release.open(once("faces-with-landmarks", fill) / "release")


def dense(pairs: Pairs) -> Points:
    """The landmarks that `landmarked` gives to the faces; shape (478, 3)."""
    faces = [(pair_id, face) for pair_id in pairs.table["pair_id"].to_pylist() for face in FACES]
    return {face: points_of(number, FACE) for number, face in enumerate(faces)}


def usual(points: Any) -> Any:
    return points[list(AMONG_DENSE), :2]


def cells(path: Path, points: Points) -> Path:
    """A table of cells; None for those of a face that has no landmarks."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        for (pair_id, face), at in points.items():
            numbers = [""] * (2 * COUNT) if at is None else [repr(float(each)) for each in at.T.ravel()]
            writer.writerow([pair_id, face, *numbers])
    return path


def lists(path: Path, points: Points, shape: Callable[[Any], Any] = lambda at: at.tolist()) -> Path:
    rows = [{"pair_id": pair, "face": face, "landmarks": shape(at)} for (pair, face), at in points.items()]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


FORMS: Mapping[str, Callable[[Path, Points], Path]] = {
    "cells": lambda folder, points: cells(folder / "a.csv", {face: usual(at) for face, at in points.items()}),
    "cells in Parquet": lambda folder, points: _cells_in_parquet(folder / "a.parquet", points),
    "lists of 68 points": lambda folder, points: lists(
        folder / "a.parquet", {face: usual(at) for face, at in points.items()}
    ),
    "lists of 478 points in space": lambda folder, points: lists(folder / "a.parquet", points),
    "flat lists of 478 x 3 numbers": lambda folder, points: lists(
        folder / "a.parquet", points, lambda at: at.ravel().tolist()
    ),
    "flat lists of 68 x 2 numbers": lambda folder, points: lists(
        folder / "a.parquet", points, lambda at: usual(at).ravel().tolist()
    ),
}


def _cells_in_parquet(path: Path, points: Points) -> Path:
    rows = [
        {"pair_id": pair, "face": face, **dict(zip(HEAD[2:], usual(at).T.ravel().tolist(), strict=True))}
        for (pair, face), at in points.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_the_same_landmarks_are_read_from_every_form(pairs: Pairs, tmp_path: Path, form: str) -> None:
    points = dense(pairs)
    table = read_landmarks(FORMS[form](tmp_path, points), pairs)
    assert set(table.points_of) == set(points)
    for face, at in table.points_of.items():
        np.testing.assert_allclose(at, usual(points[face]), rtol=1e-6)


@pytest.mark.parametrize("alignment", ["similarity", "pwct"])
def test_faces_are_prepared_by_a_table_as_by_the_same_landmarks_in_the_release(
    known: Release, faces: Release, tmp_path: Path, alignment: Any
) -> None:
    processor = PairwisePainImageProcessor(size=SIDE, alignment=alignment)
    stored = prepare(open_pairs(known.folder, "all"), processor, cache_dir=tmp_path / "stored")
    plain = open_pairs(faces.folder, "all")
    path = cells(tmp_path / "points.csv", {face: usual(at) for face, at in dense(plain).items()})
    table = table_for(path, plain, alignment)
    given_ = prepare(plain, processor, landmarks=table, cache_dir=tmp_path / "given")
    assert np.array_equal(given_.faces, stored.faces)


def test_another_table_is_prepared_anew_and_the_same_in_another_order_is_not(pairs: Pairs, tmp_path: Path) -> None:
    points = {face: usual(at) for face, at in dense(pairs).items()}
    turned = dict(reversed(points.items()))
    moved = {face: at + 1 for face, at in points.items()}
    processor = PairwisePainImageProcessor(size=SIDE, alignment="similarity")
    folders = []
    for name, each in (("one", points), ("turned", turned), ("moved", moved)):
        table = read_landmarks(cells(tmp_path / f"{name}.csv", each), pairs)
        folders.append(prepare(pairs, processor, landmarks=table, cache_dir=tmp_path / "cache").folder)
    assert folders[0] == folders[1] != folders[2]


@pytest.mark.parametrize("how", ["no row", "empty cells", "outside of the picture"])
def test_a_face_without_landmarks_is_refused_or_left_out(pairs: Pairs, tmp_path: Path, how: str) -> None:
    points: dict[tuple[str, str], Any] = {face: usual(at) for face, at in dense(pairs).items()}
    lost = (pairs.table["pair_id"][0].as_py(), "expressive")
    points[lost] = None if how == "empty cells" else points[lost] + 5000
    if how == "no row":
        del points[lost]
    table = read_landmarks(cells(tmp_path / "points.csv", points), pairs)
    processor = PairwisePainImageProcessor(size=SIDE, alignment="similarity")
    with pytest.raises(BadInputError) as caught:
        prepare(pairs, processor, landmarks=table, cache_dir=tmp_path / "cache")
    (problem,) = caught.value.problems
    assert problem.pair_id == lost[0]
    assert "the expressive face has " in problem.reason
    assert problem.reason.endswith("add its landmarks to the table, or leave such pairs out (unaligned=leave_out)")
    left = prepare(pairs, processor, unaligned="leave_out", landmarks=table, cache_dir=tmp_path / "cache")
    assert left.left_out["pair_id"].to_pylist() == [lost[0]]


def _changed(pair_id: str, **values: str) -> dict[str, str]:
    at = usual(points_of(0, FACE)).T.ravel().tolist()
    return {**dict(zip(HEAD, [pair_id, "neutral", *map(str, at)], strict=True)), **values}


WRONG: Mapping[str, tuple[Callable[[str], list[dict[str, str]]], str]] = {
    "unknown pair": (lambda _: [_changed("nobody")], "points.csv:2: is of the pair 'nobody', which "),
    "no pair": (lambda _: [_changed("")], "points.csv:2: names no pair; correct its pair_id"),
    "unknown face": (lambda pair: [_changed(pair, face="neutrl")], "points.csv:2: is of the face 'neutrl'"),
    "no face": (lambda pair: [_changed(pair, face="")], "points.csv:2: names no face; write neutral or expressive"),
    "twice": (lambda pair: [_changed(pair), _changed(pair)], "points.csv:3: names the neutral face of "),
    "a word": (lambda pair: [_changed(pair, x_3="left")], "points.csv:2: x_3 is 'left', not a finite number"),
    "not a number": (lambda pair: [_changed(pair, y_67="nan")], "not a finite number"),
    "infinite": (lambda pair: [_changed(pair, y_0="1e999")], "points.csv:2: has landmarks that are not finite"),
    "far away": (lambda pair: [_changed(pair, y_0="1e9")], "landmarks more than 1,000,000 pixels away"),
    "only empty": (lambda pair: [{**dict.fromkeys(HEAD, ""), "pair_id": pair, "face": "neutral"}], "no landmarks"),
    "a column less": (lambda pair: [{k: v for k, v in _changed(pair).items() if k != "x_7"}], "has no column x_7"),
    "no points": (lambda pair: [{"pair_id": pair, "face": "neutral"}], "has neither columns x_0 to x_67 and y_0"),
    "no face column": (lambda pair: [{k: v for k, v in _changed(pair).items() if k != "face"}], "has no column face"),
    "both": (lambda pair: [{**_changed(pair), "landmarks": "[]"}], "column landmarks and columns such as x_0"),
    "a list in a cell": (lambda pair: [{"pair_id": pair, "face": "neutral", "landmarks": "[1]"}], "give lists of"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_table_is_told_with_its_line(pairs: Pairs, tmp_path: Path, name: str) -> None:
    make, told = WRONG[name]
    rows = make(pairs.table["pair_id"][0].as_py())
    path = tmp_path / "points.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(BadInputError) as caught:
        read_landmarks(path, pairs)
    found = [f"{problem}" for problem in caught.value.problems]
    assert len(found) == 1
    assert told in found[0]
    assert "; " in found[0]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([[1.0, 2.0]] * 5, "has 5 points of 2 coordinates; give 68 points, or the 478 of MediaPipe"),
        ([1.0] * 100, "has 100 numbers; give 68 points"),
        ([[1.0, 2.0]] * 67 + [[1.0, 2.0, 3.0]], "has points with different numbers of coordinates"),
        ([[float("nan"), 2.0]] * 68, "has landmarks that are not finite"),
        (["a"] * 136, "give lists of numbers in a Parquet file"),
        ([[[1.0]]], "give lists of numbers in a Parquet file"),
    ],
)
def test_lists_that_are_no_landmarks_are_told(pairs: Pairs, tmp_path: Path, value: Any, told: str) -> None:
    path = lists(tmp_path / "a.parquet", {(pairs.table["pair_id"][0].as_py(), "neutral"): value}, lambda at: at)
    with pytest.raises(BadInputError) as caught:
        read_landmarks(path, pairs)
    assert told in str(caught.value)


def test_many_wrong_rows_are_counted(pairs: Pairs, tmp_path: Path) -> None:
    points = {(f"nobody-{number}", "neutral"): usual(points_of(0, FACE)) for number in range(50)}
    with pytest.raises(BadInputError) as caught:
        read_landmarks(cells(tmp_path / "points.csv", points), pairs)
    assert len(caught.value.problems) == 21
    assert "has 30 more rows that are wrong" in str(caught.value)


@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".parquet", ".jsonl"]))
def test_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pairs: Pairs, content: bytes, suffix: str
) -> None:
    path = tmp_path_factory.mktemp("any") / f"points{suffix}"
    path.write_bytes(content)
    with pytest.raises(SynpainError):
        read_landmarks(path, pairs)


@given(st.lists(st.one_of(st.none(), st.floats(), st.text(max_size=5), st.just("12.5")), min_size=136, max_size=136))
def test_whatever_the_cells_hold_they_are_landmarks_none_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pairs: Pairs, cells_: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("any") / "points.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerow([pairs.table["pair_id"][0].as_py(), "neutral", *cells_])
    try:
        table = read_landmarks(path, pairs)
    except BadInputError:
        return
    (points,) = table.points_of.values()
    assert points.shape == (COUNT, 2)
    assert np.isfinite(points).all()


def test_a_table_is_no_use_where_faces_are_not_aligned(pairs: Pairs, faces: Release, tmp_path: Path) -> None:
    path = cells(tmp_path / "points.csv", {face: usual(at) for face, at in dense(pairs).items()})
    for refused in (
        lambda: table_for(path, pairs, "box"),
        lambda: prepare(
            pairs, PairwisePainImageProcessor(), landmarks=read_landmarks(path, pairs), cache_dir=tmp_path / "cache"
        ),
        lambda: trained(faces, tmp_path, landmarks=path),
    ):
        with pytest.raises(UsageError, match=r"^landmarks is given, but faces are not aligned"):
            refused()
    with pytest.raises(UsageError, match=r"^landmarks is given, but is of one data set, and several are trained on"):
        trained(faces, tmp_path, model=tiny(tmp_path, alignment="similarity"), landmarks=path, also=[faces.folder])


@pytest.mark.slow
def test_training_folds_and_predicting_go_by_the_table_and_say_so(pairs: Pairs, faces: Release, tmp_path: Path) -> None:
    path = cells(tmp_path / "points.csv", {face: usual(at) for face, at in dense(pairs).items()})
    options: dict[str, Any] = {
        "model": tiny(tmp_path, alignment="similarity"),
        "landmarks": path,
        "cache_dir": tmp_path / "faces",
        **ARGUMENTS,
    }
    one = train(faces.folder, out=tmp_path / "one", **options)
    record = json.loads((one.out / "training.json").read_text(encoding="utf-8"))
    assert record["landmarks"] == read_landmarks(path, pairs).record()
    found = predict(one.out, faces.folder, landmarks=path, cache_dir=tmp_path / "faces")
    assert found["score"].null_count == 0
    folds = cross_validate(faces.folder, out=tmp_path / "folds", **options)
    for fold in folds.folds:
        assert json.loads((fold.out / "training.json").read_text(encoding="utf-8"))["landmarks"] == record["landmarks"]
    assert len(list((tmp_path / "faces").glob(f"{SIDE}x{SIDE}*"))) == 1


@pytest.mark.slow
def test_the_commands_take_a_table_and_a_mean_face(pairs: Pairs, faces: Release, tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="OpenCV, of the extra annotate, is missing")
    path = cells(tmp_path / "points.csv", {face: usual(at) for face, at in dense(pairs).items()})
    mean = usual(points_of(3, 160))
    np.save(tmp_path / "mean.npy", mean)
    out = tmp_path / "model"
    words = [
        "train", faces.folder, out, "--alignment", "pwct", "--mean-face", tmp_path / "mean.npy", "--landmarks", path,
        "--epochs", 1, "--batch-size", 4, "--cache-dir", tmp_path / "faces",
    ]  # fmt: skip
    result = run(*map(str, words))
    assert result.exit_code == 0, result.output
    processor = PairwisePainImageProcessor.from_pretrained(out)
    np.testing.assert_allclose(np.array(processor.mean_face), mean, rtol=1e-6)
    asked = ["predict", out, faces.folder, "--out", tmp_path / "scores.csv", "--landmarks", path]
    refused = run(*map(str, [*asked, "--mean-face", tmp_path / "mean.npy"]))
    assert refused.exit_code != 0
    assert "--mean-face is given, but" in " ".join(refused.output.split())
    predicted = run(*map(str, [*asked, "--cache-dir", tmp_path / "faces"]))
    assert predicted.exit_code == 0, predicted.output


@pytest.mark.slow
def test_published_weights_are_used_with_the_mean_face_that_is_given(
    pairs: Pairs, faces: Release, tmp_path: Path
) -> None:
    pytest.importorskip("cv2", reason="OpenCV, of the extra annotate, is missing")
    path = cells(tmp_path / "points.csv", {face: usual(at) for face, at in dense(pairs).items()})
    np.save(tmp_path / "mean.npy", usual(points_of(3, 160)))
    weights = tmp_path / "pwct.pt"
    torch.save(
        PairwisePainForImageClassification(
            PairwisePainConfig(architecture="pwct", published_outputs=40)
        ).pwct_state_dict(),
        weights,
    )
    shared: dict[str, Any] = {"landmarks": path, "cache_dir": tmp_path / "faces"}
    ours = predict(weights, faces.folder, **shared)
    theirs = predict(weights, faces.folder, mean_face=tmp_path / "mean.npy", **shared)
    assert ours["score"].to_pylist() != theirs["score"].to_pylist()


def test_a_mean_face_is_of_one_alignment_and_of_no_trained_model(faces: Release, tmp_path: Path) -> None:
    np.save(tmp_path / "mean.npy", usual(points_of(3, 160)))
    with pytest.raises(UsageError, match="mean_face is given, but only alignment pwct warps faces onto it"):
        tiny(tmp_path, alignment="similarity", mean_face=str(tmp_path / "mean.npy"))
    model = PairwisePainForImageClassification(PairwisePainConfig())
    model.save_pretrained(tmp_path / "model")
    PairwisePainImageProcessor(alignment="pwct").save_pretrained(tmp_path / "model")
    with pytest.raises(UsageError, match=r"^mean_face is given, but .* is no published state dict"):
        predict(tmp_path / "model", faces.folder, mean_face=tmp_path / "mean.npy")


def test_a_trained_model_keeps_its_mean_face(pairs: Pairs, tmp_path: Path) -> None:
    first, second = usual(points_of(3, 160)), usual(points_of(4, 160))
    for name, points in (("own", first), ("other", second)):
        np.save(tmp_path / f"{name}.npy", points)
    place = str(tmp_path / "model")
    PairwisePainForImageClassification(PairwisePainConfig()).save_pretrained(place)
    PairwisePainImageProcessor(alignment="pwct", mean_face=first.tolist()).save_pretrained(place)

    def built(name: str) -> PairwisePainImageProcessor:
        mean_face = str(tmp_path / f"{name}.npy")
        chosen = ModelArguments(model=place, alignment="pwct", mean_face=mean_face, class_weights="none")
        return build_model(chosen, pairs)[1]

    assert built("own").mean_face == first.tolist()
    with pytest.raises(UsageError, match=r"^mean_face cannot be changed in "):
        built("other")


def test_a_parquet_file_with_too_many_numbers_is_refused(
    pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synpain_hf.training.data.landmark_tables.MOST_NUMBERS", 100)
    rows = [{"pair_id": pairs.table["pair_id"][0].as_py(), "face": "neutral", "landmarks": [1.0] * (2 * COUNT)}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "points.parquet")
    with pytest.raises(BadInputError, match="has more than 100 numbers; give 68 points a face"):
        read_landmarks(tmp_path / "points.parquet", pairs)


def test_an_experiment_takes_no_mean_face(faces: Release, tmp_path: Path) -> None:
    chosen = ModelArguments(alignment="pwct", mean_face="mean.npy")
    with pytest.raises(UsageError, match=r"^mean_face is not for experiments"):
        experiment("cross-validation", faces.folder, out=tmp_path / "out", model=chosen)
