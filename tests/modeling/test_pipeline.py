"""The pipeline takes pairs in every form and gives labelled scores."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset, Features
from PIL import Image
from transformers import pipeline

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.modeling import (
    TASK,
    PairwisePainForImageClassification,
    PairwisePainImageProcessor,
    PairwisePainPipeline,
)
from synpain_hf.release.tables.pairs import features
from tests.modeling.made import SIDE, UNITS, on_backbone, picture

PROCESSOR = PairwisePainImageProcessor(size={"height": SIDE, "width": SIDE}, num_channels=3)


def judge_of(model: Any, **options: Any) -> PairwisePainPipeline:
    make: Any = pipeline  # whose overloads know the tasks of transformers only
    judge = make(TASK, model=model, device="cpu", **options)
    assert isinstance(judge, PairwisePainPipeline)
    return judge


def judge_with(**config: Any) -> PairwisePainPipeline:
    return judge_of(on_backbone(**config).eval(), image_processor=PROCESSOR)


@pytest.fixture
def judge() -> PairwisePainPipeline:
    return judge_with()


def test_a_pair_gets_labelled_scores_the_likeliest_first(judge: PairwisePainPipeline) -> None:
    scores = judge(image=picture(1), reference=picture(2))
    assert {score["label"] for score in scores} == {"pain", "no_pain"}
    assert sum(score["score"] for score in scores) == pytest.approx(1)
    assert scores[0]["score"] >= scores[1]["score"]
    assert all(score.keys() == {"label", "score"} for score in scores)


def test_scores_are_those_of_the_model(judge: PairwisePainPipeline) -> None:
    logits = judge.model(**PROCESSOR(picture(1), picture(2))).logits
    expected = dict(zip(("no_pain", "pain"), logits.softmax(-1)[0].tolist(), strict=True))
    found = {score["label"]: score["score"] for score in judge(image=picture(1), reference=picture(2))}
    assert found == pytest.approx(expected)


def test_pspi_and_action_units_are_given_where_the_model_has_them() -> None:
    scores = judge_with(pspi_head=True, action_units=UNITS)(image=picture(1), reference=picture(2))
    assert len(scores) == 2
    for score in scores:
        assert score["pspi"] >= 0
        assert list(score["action_units"]) == UNITS


def test_pairs_come_as_mappings_lists_or_a_stream(judge: PairwisePainPipeline) -> None:
    images, references = [picture(1), picture(2)], [picture(3), picture(4)]
    pairs = [{"image": one, "reference": other} for one, other in zip(images, references, strict=True)]
    expected = [judge(image=one, reference=other) for one, other in zip(images, references, strict=True)]

    def stream() -> Iterator[dict[str, Any]]:
        yield from pairs

    for found in (judge(pairs), judge(image=images, reference=references), list(judge(stream()))):
        assert [[score["score"] for score in scores] for scores in found] == [
            pytest.approx([score["score"] for score in scores]) for scores in expected
        ]
    assert judge(pairs[0]) == expected[0]


@pytest.fixture(scope="module")
def rows() -> Dataset:
    """Rows with columns of a release, and their faces."""
    faces = {face: [picture(seed + place) for seed in range(3)] for place, face in ((0, "expressive"), (9, "neutral"))}
    columns = {"pair_id": ["a", "b", "c"], **faces, "label": [0, 1, 0]}
    kept = {name: feature for name, feature in features().items() if name in columns}
    return Dataset.from_dict(columns, features=Features(kept))


def test_rows_of_the_data_set_are_pairs(judge: PairwisePainPipeline, rows: Dataset) -> None:
    expected = [judge(image=row["expressive"], reference=row["neutral"]) for row in rows]
    assert [judge(rows[0]), judge(rows[1]), judge(rows[2])] == expected
    assert judge(rows[:3]) == expected
    assert judge([rows[0], {"image": picture(1), "reference": picture(10)}]) == expected[:2]
    assert len({scores[0]["score"] for scores in expected}) == 3


@pytest.mark.parametrize("batch_size", [1, 2])
@pytest.mark.parametrize("kind", ["a data set", "a data set that streams", "a tuple"])
def test_a_data_set_is_judged_as_it_is_read(
    judge: PairwisePainPipeline, rows: Dataset, kind: str, batch_size: int
) -> None:
    kinds: dict[str, Any] = {
        "a data set": rows,
        "a data set that streams": rows.to_iterable_dataset(),
        "a tuple": tuple(rows),
    }
    found = list(judge(kinds[kind], batch_size=batch_size))
    assert [scores[0]["score"] for scores in found] == pytest.approx([judge(row)[0]["score"] for row in rows])


def test_a_mapping_of_lists_is_as_many_pairs(judge: PairwisePainPipeline) -> None:
    images, references = [picture(1), picture(2)], [picture(3), picture(4)]
    assert judge({"image": images, "reference": references}) == judge(image=images, reference=references)


def test_no_pairs_get_no_scores(judge: PairwisePainPipeline, rows: Dataset) -> None:
    assert judge([]) == judge(image=[], reference=[]) == list(judge(rows.select([]))) == []


@pytest.mark.parametrize("references", [1, 2])
def test_batches_give_the_same_scores(judge: PairwisePainPipeline, references: int) -> None:
    pairs = [
        {"image": picture(seed), "reference": [picture(9 + seed + more) for more in range(references)]}
        for seed in range(3)
    ]
    alone, together = judge(pairs), judge(pairs, batch_size=2)
    assert [scores[0]["score"] for scores in together] == pytest.approx([scores[0]["score"] for scores in alone])


def test_pspi_of_a_batch_belongs_to_its_pairs() -> None:
    judge = judge_with(pspi_head=True)
    with torch.no_grad():
        judge.model.get_parameter("head.bias")[2] = 3  # above 0, where nothing is clipped
    pairs = [{"image": Image.new("L", (40, 40), grey), "reference": picture()} for grey in (0, 100, 255)]
    together = [scores[0]["pspi"] for scores in judge(pairs, batch_size=3)]
    assert together == pytest.approx([judge(pair)[0]["pspi"] for pair in pairs], rel=1e-4)
    assert len({round(pspi, 2) for pspi in together}) == 3


def test_pictures_are_read_from_their_files(judge: PairwisePainPipeline, tmp_path: Path) -> None:
    picture(1).save(tmp_path / "pain.png")
    picture(2).save(tmp_path / "neutral.png")
    expected = judge(image=picture(1), reference=picture(2))
    assert judge(image=str(tmp_path / "pain.png"), reference=tmp_path / "neutral.png") == expected


def as_opened(folder: Path, data: bytes) -> Any:
    (folder / "open.png").write_bytes(data)
    return (folder / "open.png").open("rb")


FORMS: dict[str, Callable[[Path, bytes], Any]] = {
    "bytes": lambda _, data: data,
    "bytearray": lambda _, data: bytearray(data),
    "memoryview": lambda _, data: memoryview(data),
    "a file": as_opened,
    "a file in memory": lambda _, data: io.BytesIO(data),
    "bytes of a row": lambda _, data: {"bytes": data, "path": None},
    "a path of a row": lambda folder, data: {"bytes": None, "path": as_opened(folder, data).name},
    "base64": lambda _, data: base64.b64encode(data).decode(),
    "base64 in lines": lambda _, data: base64.encodebytes(data).decode(),
    "a data URL": lambda _, data: f"data:image/png;base64,{base64.b64encode(data).decode()}",
}


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_an_encoded_picture_comes_in_any_form(
    judge: PairwisePainPipeline, tmp_path: Path, form: Callable[[Path, bytes], Any], kind: str
) -> None:
    file = io.BytesIO()
    picture(1).save(file, kind)
    expected = judge(image=Image.open(file), reference=picture(2))
    assert judge(image=form(tmp_path, file.getvalue()), reference=picture(2)) == expected
    assert judge([{"expressive": form(tmp_path, file.getvalue()), "neutral": picture(2)}]) == [expected]


@pytest.mark.parametrize(
    ("face", "kind", "told"),
    [
        ("x" * 5000, PictureError, r"^x{199}…: cannot be read \(File name too long\); check the path$"),
        ("a\0b", PictureError, r"cannot be read \(embedded null byte\); check the path$"),
        ("iVBORw0KGgo" + "A" * 5001, PictureError, "^a picture given as base64: is a damaged PNG"),
        ("https://" + "x" * 5000, UsageError, r"^https://x{191}… is an address; download"),
        (b"x" * 5000, PictureError, r"^a picture given as bytes: is not a picture \(text\); give a PNG, JPEG or WebP"),
        ("iVBORw0KGgo.png", PictureError, r"^iVBORw0KGgo\.png: cannot be read"),
        (io.StringIO("x"), UsageError, "is a file opened as text; open it with 'rb'"),
        ({"x" * 5000: 1}, UsageError, r"^a picture is a mapping of x{199}…; give bytes, or a path, in it"),
        ({"bytes": 10**12}, UsageError, "give bytes, or a path, in it"),
        ({"bytes": b"x", "path": "y" * 5000}, PictureError, r"^y{199}…: is not a picture"),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, type) else None,
)
def test_what_is_told_of_a_picture_is_short(
    judge: PairwisePainPipeline, face: Any, kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told) as caught:
        judge(image=face, reference=picture())
    assert len(str(caught.value)) < 400


def test_the_number_of_labels_can_be_set(judge: PairwisePainPipeline) -> None:
    assert len(judge(image=picture(1), reference=picture(2), top_k=1)) == 1


def test_it_is_loaded_from_a_folder_and_saves_no_code(tmp_path: Path) -> None:
    judge = judge_with(pspi_head=True)
    judge.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
    }
    assert "custom_pipelines" not in (tmp_path / "config.json").read_text()
    again = judge_of(str(tmp_path))
    assert isinstance(again.model, PairwisePainForImageClassification)
    pair = {"image": picture(1), "reference": picture(2)}
    assert again(pair) == judge(pair)


def test_half_precision_gives_scores_too() -> None:
    model = on_backbone().bfloat16().eval()
    judge = judge_of(model, image_processor=PROCESSOR)
    assert sum(score["score"] for score in judge(image=picture(1), reference=picture(2))) == pytest.approx(1)


MISSING = "^reference is missing; give the neutral face of the same person as `reference`"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": picture()}, MISSING),
        ({"image": picture(), "reference": []}, MISSING),
        ({"inputs": {"image": picture()}}, MISSING),
        ({"inputs": [{"image": picture(), "reference": None}]}, MISSING),
        ({"reference": picture()}, "^image is missing; give the face to judge as `image`"),
        ({"inputs": {"train": [], "test": []}}, "^image is missing; .*in a row, `expressive`"),
        ({"inputs": {"expressive": picture(), "label": 1}}, "^reference is missing; .*in a row, `neutral`"),
        (
            {"inputs": {"expressive": picture(), "neutral": picture(), "image": picture()}},
            "^the pair has both image and expressive, which are one face; give one of the two$",
        ),
        (
            {"inputs": [{"image": picture(), "neutral": picture(), "reference": picture()}]},
            "^the pair has both reference and neutral",
        ),
        (
            {"inputs": [{"image": [picture()] * 2, "reference": [picture()] * 2}]},
            "is several pictures; give one pair for",
        ),
        (
            {"image": [picture()] * 2, "reference": [picture()]},
            r"differ in number \(2 and 1\); give each image the neutral",
        ),
        (
            {"image": [picture()], "reference": picture()},
            "^the images are several, but the references are not; give each",
        ),
        ({"image": [picture()]}, "^the images are several, but the references are not"),
        (
            {"inputs": picture()},
            "^the input is of type Image, which is not a pair; write image=…, reference=…, or give a map",
        ),
        ({"inputs": "face.png"}, "^the input is of type str, which is not a pair"),
        ({"inputs": np.zeros((40, 40))}, "^the input is of type ndarray, which is not a pair"),
        ({"inputs": {"image": 1, "reference": 2}, "image": picture()}, "pairs were given twice"),
        ({"image": "https://example.org/face.png", "reference": picture()}, "is an address; download the picture"),
        ({"image": picture(), "reference": picture(), "threshold": 1}, "threshold: no such option; this pipeline has"),
        (
            {"expressive": picture(), "neutral": picture()},
            "expressive, neutral: no such option; .* has image, reference",
        ),
    ],
)
def test_what_is_no_pair_is_refused(judge: PairwisePainPipeline, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        judge(**arguments)


def test_faces_without_names_are_refused(judge: PairwisePainPipeline) -> None:
    with pytest.raises(UsageError, match=r"^the faces of a pair have no names; write image=…, reference=…$"):
        judge("expressive.png", "neutral.png")


def test_a_face_that_is_too_small_is_told_whether_it_is_held_or_cropped(judge: PairwisePainPipeline) -> None:
    with pytest.raises(PictureError, match=r"^a face of the pair is 1 x 1 pixels, a side under 32; take it from the"):
        judge(image=picture(), reference=Image.new("RGB", (1, 1)))
    narrow = judge_of(judge.model, image_processor=PairwisePainImageProcessor(crop_box=[0.45, 0, 0.55, 1]))
    with pytest.raises(PictureError, match=r"^a face of the pair keeps 10 x 100 of its 90 x 100 pixels within"):
        narrow(image=picture(), reference=picture())


def test_a_batch_needs_equally_many_references(judge: PairwisePainPipeline) -> None:
    pairs = [{"image": picture(), "reference": [picture(1)] * count} for count in (1, 2)]
    with pytest.raises(UsageError, match="different numbers of references; give each the same number, or batch_size=1"):
        judge(pairs, batch_size=2)
    assert len(judge(pairs)) == 2


def test_a_file_that_cannot_be_used_is_named(judge: PairwisePainPipeline, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(PictureError, match=r"notes\.png: is not a picture \(text\); give a PNG, JPEG or WebP file"):
        judge(image=tmp_path / "notes.png", reference=picture())
    with pytest.raises(PictureError, match=r"none\.png: cannot be read \(No such file or directory\); check the path"):
        judge(image=picture(), reference=str(tmp_path / "none.png"))


def test_a_pipeline_without_image_processor_says_so() -> None:
    judge = PairwisePainPipeline(model=on_backbone().eval(), device=torch.device("cpu"))
    with pytest.raises(UsageError, match="save a PairwisePainImageProcessor beside the model"):
        judge(image=Image.new("RGB", (40, 40)), reference=Image.new("RGB", (40, 40)))
