"""`judge`: the face in a photograph is found, aligned as the model was trained, and judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from examples.made_archives import write_clip
from synpain_hf.errors import PictureError, UsageError
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.imaging.alignment.landmarks import LEFT_EYE, RIGHT_EYE, checked, middle
from synpain_hf.imaging.alignment.pwct import our_mean_face
from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.modeling.pipeline_pairwise import PairwisePainPipeline
from synpain_hf.training.run.models import load_model
from synpain_hf.training.run.photographs import judge
from tests.sharing import Once
from tests.terminal import run
from tests.training.small import SIDE, VIT

pytest.importorskip("mediapipe", reason="MediaPipe, of the extra annotate, is missing")

from synpain_hf.annotation.finding import FaceFinder


@pytest.fixture(scope="module")
def photographs(once: Once) -> Path:
    """A neutral and an expressive face, the same small in a large frame, two faces beside each other, and none."""

    def draw(folder: Path) -> None:
        composite = Image.fromarray(draw_composite(cast(1, 0)[0], 0))
        width, height = composite.size
        faces = {
            "neutral": composite.crop((0, 0, width // 2 - 8, height)),
            "expressive": composite.crop((width // 2 + 8, 0, width, height)),
        }
        for name, face in faces.items():
            face.save(folder / f"{name}.png")
        wide = Image.new("RGB", (width, height), "grey")
        wide.paste(faces["expressive"].resize((width // 4, height // 2)), (width // 2, height // 4))
        wide.save(folder / "frame.png")
        composite.save(folder / "two.png")
        Image.new("RGB", (300, 300), "grey").save(folder / "none.png")

    return once("photographs", draw)


@pytest.fixture(scope="module", params=["box", "similarity"])
def model(request: pytest.FixtureRequest, once: Once) -> Path:
    """A tiny model with new weights."""

    def save(folder: Path) -> None:
        torch.manual_seed(0)
        config = PairwisePainConfig(architecture="backbone", backbone_config=VIT, pspi_head=True)
        PairwisePainForImageClassification(config).save_pretrained(folder)
        PairwisePainImageProcessor(size=SIDE, alignment=request.param).save_pretrained(folder)

    return once(f"photograph-model-{request.param}", save)


def is_aligning(model: Path) -> bool:
    return bool(json.loads((model / "preprocessor_config.json").read_text(encoding="utf-8"))["alignment"] != "box")


def scores(found: list[dict[str, Any]]) -> list[float]:
    return [one["score"] for one in found]


def test_several_photographs_are_judged_by_one_reference(model: Path, photographs: Path) -> None:
    images = [photographs / name for name in ("expressive.png", "neutral.png")]
    together = judge(images, photographs / "neutral.png", model=model)
    apart = [judge(one, photographs / "neutral.png", model=model)[0] for one in images]
    assert scores(together) == pytest.approx(scores(apart), abs=1e-5)
    assert [Path(one["image"]).name for one in together] == ["expressive.png", "neutral.png"]
    assert all(one["label"] in ("pain", "no_pain") and 0 <= one["score"] <= 1 and "pspi" in one for one in together)


def test_the_frame_matters_unless_faces_are_aligned(model: Path, photographs: Path) -> None:
    network, processor = load_model(str(model))
    pipeline = PairwisePainPipeline(model=network, image_processor=processor)
    neutral = photographs / "neutral.png"
    near, far = (
        pipeline.preprocess({"image": photographs / name, "reference": neutral}, finder=FaceFinder())["pixel_values"]
        for name in ("expressive.png", "frame.png")
    )
    assert (float((near - far).abs().mean()) < 0.05) == is_aligning(model)


def test_of_two_faces_the_larger_is_taken_and_that_is_told(model: Path, photographs: Path) -> None:
    (found,) = judge(photographs / "two.png", photographs / "neutral.png", model=model)
    told = [one for one in found["warnings"] if one.startswith("shows 2 faces; the largest was taken")]
    assert bool(told) == is_aligning(model)


def test_a_picture_without_a_face_is_refused_where_it_must_be_aligned(model: Path, photographs: Path) -> None:
    if is_aligning(model):
        with pytest.raises(PictureError, match=r"none\.png: shows no face that could be found"):
            judge(photographs / "none.png", photographs / "neutral.png", model=model)
    else:
        assert judge(photographs / "none.png", photographs / "neutral.png", model=model)


def test_every_picture_that_cannot_be_used_is_named(model: Path, photographs: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    bad = [tmp_path / "gone.png", tmp_path / "text.png"]
    with pytest.raises(PictureError) as told:
        judge([bad[0], photographs / "neutral.png", bad[1]], photographs / "neutral.png", model=model)
    assert [line.partition(": ")[0] for line in str(told.value).splitlines()] == list(map(str, bad))
    done = run("judge", model, *bad, "--reference", photographs / "neutral.png")
    lines = done.stderr.splitlines()
    assert (done.exit_code, lines[0]) == (1, "error: 2 pictures cannot be used:")
    assert [line.strip().partition(": ")[0] for line in lines[1:]] == list(map(str, bad))
    with pytest.raises(PictureError, match=r"gone\.png: .*\n.*text\.png: "):
        judge(photographs / "neutral.png", bad, model=model)


@pytest.mark.slow
def test_a_clip_gives_a_score_a_frame(model: Path, photographs: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV, of the extra video, is missing")
    with Image.open(photographs / "neutral.png") as neutral, Image.open(photographs / "expressive.png") as expressive:
        course = [neutral] * 3 + [expressive] * 3
        write_clip(tmp_path / "clip.mp4", [picture.resize((320, 360)) for picture in course], rate=10)
    found = judge(tmp_path / "clip.mp4", photographs / "neutral.png", model=model, every=2)
    assert [(one["frame"], one["time"]) for one in found] == [
        (0, 0.0),
        (2, pytest.approx(0.2)),
        (4, pytest.approx(0.4)),
    ]
    assert found[0]["score"] == pytest.approx(found[1]["score"], abs=0.02)
    assert abs(found[2]["pspi"] - found[0]["pspi"]) > abs(found[1]["pspi"] - found[0]["pspi"])
    done = run("judge", model, tmp_path / "clip.mp4", "--reference", photographs / "neutral.png", "--every", "3")
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == [
        f"{tmp_path / 'clip.mp4'}, frame 0 at 0.00 s",
        f"{tmp_path / 'clip.mp4'}, frame 3 at 0.30 s",
    ]
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "clip.mp4").read_bytes()[:-200])
    with pytest.raises(PictureError, match=r"cut\.mp4: is cut short"):
        judge(tmp_path / "cut.mp4", photographs / "neutral.png", model=model)


@pytest.mark.slow
def test_frames_without_a_face_have_no_score_and_the_others_theirs(
    model: Path, photographs: Path, tmp_path: Path
) -> None:
    pytest.importorskip("av", reason="PyAV, of the extra video, is missing")
    with Image.open(photographs / "neutral.png") as neutral:
        face = neutral.resize((320, 360))
    write_clip(tmp_path / "clip.mp4", [face, face, Image.new("RGB", face.size, "grey"), face], rate=10)
    command = ("judge", model, tmp_path / "clip.mp4", photographs / "neutral.png")
    done = run(*command, "--reference", photographs / "neutral.png")
    assert done.exit_code == 0, done.output
    said = [line.rpartition(": ")[2] for line in done.stdout.splitlines()]
    assert len(said) == 5
    assert [word == "no face" for word in said] == [False, False, is_aligning(model), False, False]
    as_json = json.loads(run(*command, "--reference", photographs / "neutral.png", "--json").stdout)["judged"]
    without = [one for one in as_json if one["label"] is None]
    assert [(one["frame"], one["score"]) for one in without] == [(2, None)] * is_aligning(model)
    assert all(one["warnings"] == ["shows no face that could be found"] for one in without)


def test_a_model_that_looks_for_no_face_says_so(model: Path, photographs: Path) -> None:
    (found,) = judge(photographs / "expressive.png", photographs / "neutral.png", model=model)
    assert any(told.startswith("judged as it is: ") for told in found["warnings"]) != is_aligning(model)


def test_the_command_prints_a_line_an_image(model: Path, photographs: Path) -> None:
    neutral, expressive = photographs / "neutral.png", photographs / "expressive.png"
    done = run("judge", model, expressive, neutral, "--reference", neutral)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [str(expressive), str(neutral)]
    assert all("(pain " in line and "PSPI" in line for line in lines)
    as_json = run("judge", model, expressive, "--reference", neutral, "--json")
    assert json.loads(as_json.stdout)["judged"][0]["image"] == str(expressive)
    missing = run("judge", model, photographs / "nothing.png", "--reference", neutral)
    assert missing.exit_code == 1
    assert "cannot be read" in missing.stderr


def test_published_weights_judge_photographs_with_the_mean_face_that_is_given(
    photographs: Path, tmp_path: Path
) -> None:
    pytest.importorskip("cv2", reason="OpenCV, of the extra annotate, is missing")
    torch.manual_seed(0)
    network = PairwisePainForImageClassification(PairwisePainConfig(architecture="pwct", published_outputs=40))
    torch.save(network.pwct_state_dict(), tmp_path / "pwct.pt")
    np.save(tmp_path / "mean.npy", our_mean_face().points * (1.3, 1))
    expressive, neutral = photographs / "expressive.png", photographs / "neutral.png"
    words: list[str | Path] = ["judge", tmp_path / "pwct.pt", expressive, "--reference", neutral, "--json"]
    ours, theirs = run(*words), run(*words, "--mean-face", tmp_path / "mean.npy")
    assert (ours.exit_code, theirs.exit_code) == (0, 0)
    (one,), (other,) = (json.loads(each.stdout)["judged"] for each in (ours, theirs))
    assert one["score"] != other["score"]


def test_pictures_must_be_given(model: Path, photographs: Path) -> None:
    with pytest.raises(UsageError, match="is missing; give at least one picture"):
        judge([], photographs / "neutral.png", model=model)
    with pytest.raises(UsageError, match="is missing; give at least one picture"):
        judge(photographs / "neutral.png", [], model=model)
    with pytest.raises(UsageError, match="is 0; give 1 for each frame, or more"):
        judge(photographs / "neutral.png", photographs / "neutral.png", model=model, every=0)


def test_the_finder_says_where_the_face_is(photographs: Path) -> None:
    with Image.open(photographs / "frame.png") as picture:
        found = FaceFinder()(picture)
        assert found.faces == 1
        x, y = found.middle
        assert 0.5 < x / picture.width < 0.75
        assert 0.25 < y / picture.height < 0.75
    eyes = [middle(checked(found.landmarks), which) for which in (RIGHT_EYE, LEFT_EYE)]
    assert eyes[0][0] < eyes[1][0]
    assert np.hypot(*(eyes[1] - eyes[0])) > 20
