"""Faces are aligned by stored landmarks, in training and afterwards as the model was trained."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter
from transformers import pipeline

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.landmarks import Landmarks
from synpain_hf.errors import BadInputError, MissingExtraError, PictureError, UsageError
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.imaging.alignment import pwct
from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.modeling.pipeline_pairwise import TASK
from synpain_hf.release.build import build
from synpain_hf.release.install import install, load
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from synpain_hf.training.data.collation import ModelInputs, PairDataset
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.run.judging import predict
from synpain_hf.vocabulary import FACES
from tests.release.making import copied
from tests.sharing import Once
from tests.terminal import run
from tests.training.landmarked import landmarked, points_of
from tests.training.small import FACE, SIDE, tiny, trained

MEAN = pwct.our_mean_face().points.tolist()


@pytest.fixture(scope="module")
def known(once: Once, faces: Release) -> Release:
    """The faces, with landmarks."""

    def fill(folder: Path) -> None:
        landmarked(copied(faces.folder, folder / "release"), side=FACE)

    return Release.open(once("landmarked-faces", fill) / "release")


def processor_of(alignment: Any, side: int = SIDE) -> PairwisePainImageProcessor:
    return PairwisePainImageProcessor(size=side, alignment=alignment)


@pytest.mark.slow
@pytest.mark.parametrize("alignment", ["similarity", "pwct"])
def test_prepared_faces_are_those_of_the_processor(known: Release, tmp_path: Path, alignment: str) -> None:
    processor = processor_of(alignment)
    prepared = prepare(open_pairs(known.folder), processor, cache_dir=tmp_path)
    landmarks = Landmarks.read(known)
    install(known.folder)
    everything = load("all", "train").with_format(None)
    for row in everything.select(range(4)):
        place = prepared.pairs.table["pair_id"].to_pylist().index(row["pair_id"])
        points = {face: landmarks[row["pair_id"], face] for face in FACES}
        batch = processor(
            row["expressive"],
            row["neutral"],
            landmarks=points["expressive"],
            reference_landmarks=points["neutral"],
        )
        by_hand = torch.stack([batch["reference_pixel_values"][0], batch["pixel_values"][0]])
        assert np.array_equal(prepared.faces[place], np.rint(by_hand.numpy() * 255))
    boxed = prepare(open_pairs(known.folder), processor_of("box"), cache_dir=tmp_path)
    assert not np.array_equal(boxed.faces, prepared.faces)


@pytest.mark.parametrize(("alignment", "is_early"), [("similarity", False), ("pwct", True), ("box", False)])
def test_faces_are_prepared_smooth_only_where_their_contrast_is_evened_out_afterwards(
    known: Release, tmp_path: Path, alignment: Any, is_early: bool
) -> None:
    sharp, smooth = (
        PairwisePainImageProcessor(size=SIDE, alignment=alignment, smoothing=share) for share in (0.0, 0.02)
    )
    plain, prepared = (prepare(open_pairs(known.folder), one, cache_dir=tmp_path) for one in (sharp, smooth))
    assert (plain.folder != prepared.folder) is is_early
    assert (smooth.variance(*smooth.output_size) > 0) is not is_early
    found = PairDataset(prepared, "train")
    batch = ModelInputs(smooth)(found.__getitems__([0]))
    pair_id = found.rows["pair_id"][0].as_py()
    install(known.folder)
    everything = load("all", "train").with_format(None)
    row = everything[list(everything["pair_id"]).index(pair_id)]
    landmarks = Landmarks.read(known)
    expected = smooth(
        row["expressive"],
        row["neutral"],
        landmarks=landmarks[pair_id, "expressive"],
        reference_landmarks=landmarks[pair_id, "neutral"],
    )
    for name in ("pixel_values", "reference_pixel_values"):
        torch.testing.assert_close(batch[name], expected[name], atol=0.5 / 255, rtol=0)


def test_a_blur_is_next_to_gone_from_faces_for_pwct_that_are_smoothed() -> None:
    drawn = Image.fromarray(draw_composite(cast(1, 0)[0], 0))
    face = drawn.crop((0, 0, drawn.width // 2, drawn.height)).resize((256, 288))
    blurred = face.filter(ImageFilter.GaussianBlur(1))
    points = {name: np.add(MEAN, (50, 70)) for name in ("landmarks", "reference_landmarks")}
    sharp, smooth = (
        PairwisePainImageProcessor(alignment="pwct", smoothing=share)(blurred, face, **points) for share in (0.0, 0.01)
    )
    before, after = (
        (one["pixel_values"] - one["reference_pixel_values"]).square().mean().sqrt() for one in (sharp, smooth)
    )
    assert 0 < after < 0.4 * before


def test_other_landmarks_are_prepared_anew_and_the_same_ones_are_not(known: Release, tmp_path: Path) -> None:
    other = landmarked(copied(known.folder, tmp_path / "other"), side=FACE, first=1000)
    processor, cache = processor_of("similarity"), tmp_path / "cache"
    folders = [prepare(open_pairs(one.folder), processor, cache_dir=cache).folder for one in (known, other, known)]
    assert folders[0] == folders[2] != folders[1]


def test_a_face_without_landmarks_is_told(known: Release, tmp_path: Path) -> None:
    pair_id = open_pairs(known.folder, "all").table["pair_id"][0].as_py()
    lacking = landmarked(copied(known.folder, tmp_path / "lacking"), side=FACE, without=[(pair_id, "expressive")])
    with pytest.raises(BadInputError) as caught:
        prepare(open_pairs(lacking.folder), processor_of("pwct"), cache_dir=tmp_path / "cache")
    (problem,) = caught.value.problems
    assert problem.pair_id == pair_id
    cause, _, remedy = problem.reason.partition("; ")
    assert cause == f"pair {pair_id}: the expressive face has no landmarks, as nothing was found in it"
    assert remedy.endswith("or leave such pairs out (unaligned=leave_out)")


@pytest.fixture(scope="module")
def large(once: Once) -> Release:
    """Four pairs of demo faces in which a face can be found."""

    def fill(folder: Path) -> None:
        build(DemoSource(4, 0, ()), folder / "release", version="1.0.0", image_size=192)

    return Release.open(once("large-faces", fill) / "release")


@pytest.mark.slow
def test_landmarks_that_a_data_set_lacks_are_found_as_an_annotator_would(large: Release, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason="MediaPipe, of the extra annotate, is missing")
    processor = processor_of("similarity", 64)
    found = prepare(open_pairs(large.folder, "all"), processor, cache_dir=tmp_path)
    annotated = annotate(copied(large.folder, tmp_path / "annotated"), ["mediapipe"]).release
    stored = prepare(open_pairs(annotated.folder, "all"), processor, cache_dir=tmp_path)
    assert np.array_equal(found.faces, stored.faces)
    assert found.folder != stored.folder


def test_without_landmarks_and_without_what_finds_them_nothing_is_aligned(
    faces: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(MissingExtraError, match=r"has no landmarks, by which faces are aligned, and .*\[annotate\]"):
        prepare(open_pairs(faces.folder), processor_of("pwct"), cache_dir=tmp_path)
    done = run("train", faces.folder, tmp_path / "model", "--alignment", "similarity")
    assert done.exit_code == 2
    assert "has no landmarks" in done.stderr
    assert not (tmp_path / "model").exists()


@pytest.mark.slow
def test_what_is_trained_on_aligned_faces_is_used_on_aligned_faces(known: Release, tmp_path: Path) -> None:
    result = trained(known, tmp_path, model=tiny(tmp_path, alignment="similarity"), num_train_epochs=1)
    saved = json.loads((result.out / "preprocessor_config.json").read_text(encoding="utf-8"))
    assert saved["alignment"] == "similarity"
    assert "aligned by landmarks (similarity)" in (result.out / "README.md").read_text(encoding="utf-8")
    assert predict(result.out, known.folder).num_rows == 4
    judge: Any = pipeline(TASK, model=str(result.out))  # type: ignore[call-overload]
    face = Image.new("RGB", (FACE, FACE))
    with pytest.raises(PictureError, match="has no landmarks, and faces are aligned by them here"):
        judge(image=face, reference=face)
    points = points_of(0, FACE)
    pair = {"image": face, "reference": face, "landmarks": points, "reference_landmarks": points}
    alone, several = judge(pair), judge({name: [value] * 2 for name, value in pair.items()})
    assert [[one["label"] for one in each] for each in several] == [[one["label"] for one in alone]] * 2


def test_a_published_model_sees_faces_as_it_was_given_them(known: Release, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = PairwisePainForImageClassification(PairwisePainConfig(architecture="pwct", published_outputs=40))
    torch.save(network.pwct_state_dict(), tmp_path / "pwct.pt")
    found = predict(tmp_path / "pwct.pt", known.folder)
    order = [column.to_numpy().argsort().tolist() for column in (found["pspi"], found["score"])]
    assert found["pspi"].null_count == 0
    assert order[0] == order[1]


def test_several_references_have_landmarks_of_their_own() -> None:
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 256, (90, 80, 3), dtype=np.uint8)) for _ in range(4)]
    mean = pwct.our_mean_face().points / 2
    points = [mean + shift for shift in range(4)]
    processor = processor_of("similarity")
    batch = processor(
        pictures[:2], [pictures[2:], pictures[2:]], landmarks=points[:2], reference_landmarks=[points[2:], points[2:]]
    )
    assert batch["reference_pixel_values"].shape == (2, 2, 1, SIDE, SIDE)
    for place, (picture, at) in enumerate(zip(pictures[2:], points[2:], strict=True)):
        alone = processor(picture, picture, landmarks=at, reference_landmarks=at)
        assert torch.equal(batch["reference_pixel_values"][1, place], alone["pixel_values"][0])
    with pytest.raises(UsageError, match="there are 2 pictures and landmarks of 1; give those of each"):
        processor(pictures[:2], pictures[2:], landmarks=points[:1], reference_landmarks=points[2:])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"alignment": "eyes"}, "alignment is 'eyes'; give one of box, similarity, pwct"),
        ({"alignment": "pwct", "crop_box": [0, 0, 0.5, 0.5]}, "crop_box is given, but faces are aligned"),
        ({"alignment": "similarity", "size": {"shortest_edge": 64}}, "gives faces of several sizes"),
        ({"mean_face": MEAN}, "mean_face is given, and alignment is not pwct"),
        ({"alignment": "pwct", "mean_face": [[0, 0]]}, r"mean_face has landmarks of shape \(1, 2\)"),
        ({"alignment": "pwct", "mean_face": [["a"]]}, "mean_face"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        PairwisePainImageProcessor(**options)


def test_a_mean_face_of_ones_own_is_kept_with_the_processor(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (90, 80, 3), dtype=np.uint8))
    points = pwct.our_mean_face().points / 2
    wide = (pwct.our_mean_face().points * (1.2, 1)).tolist()
    own = PairwisePainImageProcessor(alignment="pwct", mean_face=wide)
    own.save_pretrained(tmp_path)
    again = PairwisePainImageProcessor.from_pretrained(tmp_path)
    faces = [
        one(picture, picture, landmarks=points, reference_landmarks=points)["pixel_values"]
        for one in (own, again, processor_of("pwct", 160))
    ]
    assert torch.equal(faces[0], faces[1])
    assert not torch.equal(faces[0], faces[2])
