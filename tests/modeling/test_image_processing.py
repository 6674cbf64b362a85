"""Pictures of any kind become the tensors that are compared, both faces alike."""

from __future__ import annotations

import io
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from transformers import AutoImageProcessor

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.modeling import PairwisePainImageProcessor
from synpain_hf.modeling.smoothing import evenly_smoothed
from tests.modeling.made import faces, on_backbone, picture, pwct
from tests.natural import natural

RGB: dict[str, Any] = {"size": {"height": 32, "width": 48}, "num_channels": 3}


def test_by_default_faces_become_what_pwct_takes() -> None:
    batch = PairwisePainImageProcessor()([picture(1), picture(2)], [picture(3), picture(4, mode="L")])
    assert list(batch) == ["pixel_values", "reference_pixel_values"]
    for pixels in batch.values():
        assert pixels.shape == (2, 1, 160, 160)
        assert pixels.dtype is torch.float32
        assert 0 <= pixels.min() < pixels.max() <= 1
    assert pwct().eval()(**batch).logits.isfinite().all()


def test_one_face_and_its_reference_are_a_batch_of_one() -> None:
    batch = PairwisePainImageProcessor(**RGB)(picture(1), picture(2))
    assert batch["pixel_values"].shape == batch["reference_pixel_values"].shape == (1, 3, 32, 48)


def test_several_references_have_a_dimension_of_their_own() -> None:
    processor = PairwisePainImageProcessor(**RGB)
    batch = processor([picture(1), picture(2)], [[picture(3), picture(4)], [picture(5), picture(6)]])
    assert batch["reference_pixel_values"].shape == (2, 2, 3, 32, 48)
    alone = processor(picture(2), picture(6))["reference_pixel_values"][0]
    assert torch.equal(batch["reference_pixel_values"][1, 1], alone)
    assert processor(picture(1), [picture(3), picture(4)])["reference_pixel_values"].shape == (1, 2, 3, 32, 48)


def test_at_the_right_size_pixels_are_kept() -> None:
    image = picture(1, 160, 160, "L")
    pixels = PairwisePainImageProcessor()(image, image)["pixel_values"]
    assert torch.equal(pixels[0, 0], torch.from_numpy(np.asarray(image).astype(np.float32)) / 255)


def test_the_same_pixels_come_from_every_kind_of_picture() -> None:
    processor = PairwisePainImageProcessor(**RGB)
    image = picture(1)
    array = np.asarray(image)
    kinds: list[Any] = [
        array,
        array.transpose(2, 0, 1),
        torch.from_numpy(array.copy()),
        torch.from_numpy(array.copy()).permute(2, 0, 1),
        array.astype(np.int64),
        array / 255,
        torch.from_numpy(array / 255).to(torch.float32),
    ]
    expected = processor(image, image)["pixel_values"]
    for kind in kinds:
        assert torch.equal(processor(kind, image)["pixel_values"], expected)


def test_a_batch_may_be_one_array_or_tensor() -> None:
    processor = PairwisePainImageProcessor(**RGB)
    arrays = np.stack([np.asarray(picture(seed)) for seed in range(4)])
    batch = processor(arrays[:2], torch.from_numpy(arrays[2:]).unsqueeze(1))
    assert batch["pixel_values"].shape == (2, 3, 32, 48)
    assert batch["reference_pixel_values"].shape == (2, 1, 3, 32, 48)


@pytest.mark.parametrize("shape", [(40, 50), (40, 50, 1), (1, 40, 50)])
def test_grey_becomes_rgb_of_equal_channels(shape: tuple[int, ...]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    pixels = PairwisePainImageProcessor(**RGB)(grey, grey)["pixel_values"][0]
    assert torch.equal(pixels[0], pixels[1])
    assert torch.equal(pixels[0], pixels[2])


def test_rgb_becomes_grey_by_the_usual_weights() -> None:
    image = Image.new("RGB", (160, 160), (200, 100, 50))
    pixels = PairwisePainImageProcessor()(image, image)["pixel_values"]
    assert pixels.unique().item() == pytest.approx((0.299 * 200 + 0.587 * 100 + 0.114 * 50) / 255, abs=1 / 255)


def test_what_is_transparent_is_laid_on_white() -> None:
    image = Image.new("RGBA", (160, 160), (0, 0, 0, 0))
    assert PairwisePainImageProcessor()(image, image)["pixel_values"].unique().tolist() == [1]


def test_sixteen_bits_are_scaled_not_clipped() -> None:
    image = Image.fromarray(np.full((160, 160), 0x8000, dtype=np.uint16))
    assert PairwisePainImageProcessor()(image, image)["pixel_values"].unique().item() == pytest.approx(0.5, abs=0.01)


def test_pictures_are_turned_as_their_exif_asks() -> None:
    image = Image.new("L", (160, 160))
    image.paste(255, (0, 0, 160, 80))
    exif = Image.Exif()
    exif[0x0112] = 3
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, quality=95)
    with Image.open(file) as turned:
        pixels = PairwisePainImageProcessor()(turned, image)
    assert pixels["pixel_values"][0, 0, :70].max() < 0.1
    assert pixels["reference_pixel_values"][0, 0, :70].min() > 0.9


def test_making_smaller_averages() -> None:
    stripes = Image.fromarray(np.tile(np.array([0, 255], np.uint8), (320, 160)))
    assert PairwisePainImageProcessor()(stripes, stripes)["pixel_values"].std() < 0.02


def test_a_crop_box_takes_the_same_part_of_both_faces() -> None:
    image = Image.new("L", (200, 100))
    image.paste(255, (50, 0, 150, 100))
    processor = PairwisePainImageProcessor(crop_box=[0.25, 0.25, 0.75, 0.75])
    batch = processor(image, image.resize((400, 200), Image.Resampling.NEAREST))
    assert batch["pixel_values"].unique().tolist() == [1]
    assert batch["reference_pixel_values"].unique().tolist() == [1]


@pytest.mark.parametrize("box", [None, [0.3, 0.3, 0.7, 0.7], [0.1, 0.3, 0.9, 0.7], [0.0, 0.2, 0.7, 0.8]])
@pytest.mark.parametrize("size", [(100, 200), (200, 100), (651, 736), (160, 160)])
@pytest.mark.parametrize("out", [{"height": 160, "width": 160}, {"height": 96, "width": 128}])
def test_a_circle_stays_one(box: list[float] | None, size: tuple[int, int], out: dict[str, int]) -> None:
    image = Image.new("L", size)
    middle, radius = (size[0] / 2, size[1] / 2), 0.15 * min(size)
    ImageDraw.Draw(image).ellipse([at + radius * side for side in (-1, 1) for at in middle], fill=255)
    (face,) = PairwisePainImageProcessor(size=out, crop_box=box)(image, image)["pixel_values"][:, 0]
    assert face.shape == (out["height"], out["width"])
    high, wide = (int((face.amax(dim=side) > 0.5).sum()) for side in (1, 0))
    assert abs(high - wide) <= 2
    assert high > 10


@pytest.mark.parametrize("size", [(32, 30_000), (30_000, 32)])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_long_strip_takes_no_more_memory_than_itself(size: tuple[int, int], channels: int) -> None:
    strip = Image.new("L" if channels == 1 else "RGB", size)
    processor = PairwisePainImageProcessor(num_channels=channels)
    tracemalloc.start()
    try:
        assert processor(strip, strip)["pixel_values"].shape == (1, channels, 160, 160)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()


def test_beyond_its_edges_a_picture_goes_on_as_it_is_there() -> None:
    image = Image.new("L", (40, 80), 50)
    image.paste(200, (30, 0, 40, 80))
    face = PairwisePainImageProcessor(size=80)(image, image)["pixel_values"][0, 0] * 255
    assert face[:, :40].unique().tolist() == [50]
    assert (face[:, 55:] - 200).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("box", "kept"),
    [([0.4, 0, 0.55, 1], "15 x 100"), ([0, 0.5, 1, 0.65], "100 x 15"), ([0.5, 0, 0.501, 1], "0 x 100")],
)
def test_a_crop_box_that_leaves_next_to_nothing_is_refused(box: list[float], kept: str) -> None:
    image = picture(1, 100, 100)
    message = f"^keeps {kept} of its 100 x 100 pixels within the crop, a side under 16; widen the crop, or take"
    with pytest.raises(PictureError, match=message):
        PairwisePainImageProcessor(crop_box=box)(image, image)
    enough = [0.4, 0.4, 0.56, 0.56]
    assert PairwisePainImageProcessor(crop_box=enough)(image, image)["pixel_values"].shape == (1, 1, 160, 160)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_a_fourth_channel_is_laid_on_white_as_in_a_file(moved: bool, kind: type[Any]) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 50, 4), dtype=np.uint8)
    given = pixels if kind is np.uint8 else (pixels / 255).astype(np.float32)
    given = np.moveaxis(given, -1, 0) if moved else given
    processor = PairwisePainImageProcessor(**RGB)
    expected = processor(Image.fromarray(pixels), picture())["pixel_values"]
    assert torch.equal(processor(given, picture())["pixel_values"], expected)
    assert torch.equal(processor(torch.from_numpy(given.copy()), picture())["pixel_values"], expected)


def test_channels_are_normalised() -> None:
    image = Image.new("RGB", (48, 32), (255, 0, 51))
    processor = PairwisePainImageProcessor(**RGB, image_mean=[0.5, 0.5, 0.2], image_std=[0.5, 0.25, 1])
    assert processor(image, image)["pixel_values"].mean((0, 2, 3)).tolist() == pytest.approx([1, -2, 0], abs=1e-6)


def test_arrays_are_given_on_demand() -> None:
    batch = PairwisePainImageProcessor()(picture(), picture(1), return_tensors="np")
    assert isinstance(batch["pixel_values"], np.ndarray)


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    processor = PairwisePainImageProcessor(
        **RGB, crop_box=(0.1, 0, 0.9, 1), resample=2, image_mean=(0.5, 0.5, 0.5), image_std=(0.2, 0.2, 0.2)
    )
    processor.save_pretrained(tmp_path)
    on_backbone().save_pretrained(tmp_path)
    again = AutoImageProcessor.from_pretrained(tmp_path)
    assert isinstance(again, PairwisePainImageProcessor)
    assert again.to_dict() == processor.to_dict()
    batch = again(picture(1), picture(2))
    assert torch.equal(batch["pixel_values"], processor(picture(1), picture(2))["pixel_values"])


@pytest.mark.parametrize(
    ("images", "references", "message"),
    [
        (picture(), None, "^references is missing; give the neutral face of the same person as `references`$"),
        (
            [picture()] * 2,
            [picture()],
            r"^images and references differ in number \(2 and 1\); give each image the neutral",
        ),
        ([picture()] * 2, picture(), "^the images are several, but the references are not; give each image"),
        ([], [], "images is empty; give at least one face and its reference"),
        ([picture()], [[]], "different numbers of references, or none"),
        ([picture()] * 2, [[picture()], [picture()] * 2], r"different numbers of references, or none \(\[1, 2\]\)"),
        ([picture()] * 2, [[picture()], picture()], "different numbers of references"),
        ("face.png", picture(), "a picture is a path; give a PIL image, an array or a tensor"),
        (picture(), {"neutral": 1}, "a picture is dict"),
    ],
)
def test_faces_that_do_not_fit_together_are_refused(images: Any, references: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PairwisePainImageProcessor()(images, references)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.full((40, 40), math.nan), "holds NaN or infinity; check how it was decoded"),
        (torch.full((1, 40, 40), math.inf), "holds NaN or infinity"),
        (np.full((40, 40), 1.5), "holds values from 1.5 to 1.5; give integers from 0 to 255 or floats from 0 to 1"),
        (torch.full((40, 40), -1.0), "holds values from -1 to -1"),
        (np.full((40, 40), 256), "holds values from 256 to 256"),
        (np.zeros((40, 40), dtype=bool), "holds bool; give integers"),
        (np.zeros((40, 40), dtype=complex), "holds complex128; give integers"),
        (np.zeros((5, 40, 40)), r"has shape \(5, 40, 40\); give \(height, width\)"),
        (np.zeros((40,)), r"has shape \(40,\)"),
        (np.zeros((0, 40)), r"has shape \(0, 40\)"),
        (Image.new("L", (0, 40)), "is 0 x 40 pixels, a side under 32; take it from the original, larger picture"),
        (Image.new("L", (1, 1)), "is 1 x 1 pixels, a side under 32"),
        (np.zeros((3, 50, 31)), "is 31 x 50 pixels, a side under 32"),
    ],
)
def test_what_is_no_picture_is_refused(image: Any, message: str) -> None:
    with pytest.raises(PictureError, match=message):
        PairwisePainImageProcessor()(image, picture())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_channels": 4}, "num_channels is 4; give 1 for grey or 3 for RGB"),
        ({"size": {"height": 0, "width": 9}}, "give a height and a width in pixels"),
        ({"size": {"height": 224}}, r"size is {'height': 224}; give a height and a width in pixels, or shortest_edge"),
        ({"size": {"longest_edge": 224}}, "give a height and a width in pixels"),
        ({"size": {"height": 9.5, "width": 9}}, "give a height and a width in pixels"),
        ({"size": "large"}, "size is 'large'; give a height and a width in pixels"),
        ({"do_normalize": True}, "do_normalize is True without image_mean and image_std; give these, too"),
        ({"image_mean": [0.5]}, "only one of image_mean and image_std is given; give both"),
        ({"image_mean": [0.5] * 3, "image_std": [0.5] * 3}, "image_mean has 3 values for 1 channels"),
        ({"image_mean": [0.5], "image_std": [0.0]}, "image_std is .*give positive values"),
        ({"crop_box": [0, 0, 1]}, "crop_box is .*give left, top, right and bottom as .*: there must be four numbers$"),
        ({"crop_box": []}, "there must be four numbers$"),
        ({"crop_box": [0.5, 0, 0.5, 1]}, r"crop_box is \[0.5, 0.0, 0.5, 1.0\]; .*: left must be less than right$"),
        ({"crop_box": [0.2, 0.8, 0.8, 0.2]}, "top must be less than bottom$"),
        ({"crop_box": [0, 0, 200, 200]}, "all must be from 0 to 1$"),
        ({"crop_box": [-0.1, 0, 1, 1]}, "all must be from 0 to 1$"),
        ({"crop_box": [0, math.nan, 1, 1]}, "all must be from 0 to 1$"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PairwisePainImageProcessor(**arguments)


def test_an_unknown_option_is_refused() -> None:
    remedy = "give images and references, and of the options size, num_channels, crop_box, "
    with pytest.raises(UsageError, match=f"do_pad: no such option; {remedy}"):
        PairwisePainImageProcessor()(picture(), picture(), do_pad=False)
    with pytest.raises(UsageError, match=f"reference: no such option; {remedy}"):
        PairwisePainImageProcessor()(picture(), reference=picture())


@pytest.mark.parametrize(
    "options",
    [
        {"size": {"height": 40, "width": 50}},
        {"size": 64},
        {"size": {"shortest_edge": 48}},
        {"num_channels": 1, "image_mean": None, "image_std": None},
        {"crop_box": [0.1, 0.2, 0.9, 0.8]},
        {"resample": 0},
        {"image_mean": [0.1] * 3, "image_std": [0.3] * 3},
        {"do_resize": False},
        {"do_rescale": False},
        {"do_normalize": False},
        {"do_standardize": True},
        {"smoothing": 0.02},
    ],
)
def test_every_option_may_be_given_for_one_call(options: dict[str, Any]) -> None:
    usual = {**RGB, "image_mean": [0.5] * 3, "image_std": [0.2] * 3}
    processor = PairwisePainImageProcessor(**usual)
    before = processor.to_dict()
    found = processor(picture(1), picture(2), **options)
    expected = PairwisePainImageProcessor(**{**usual, **options})(picture(1), picture(2))
    for name, pixels in expected.items():
        assert torch.equal(found[name], pixels)
        plain = processor(picture(1), picture(2))[name]
        assert plain.shape != pixels.shape or not torch.equal(plain, pixels)
    assert processor.to_dict() == before


def test_a_mean_that_is_given_for_one_call_is_used() -> None:
    image = Image.new("L", (160, 160), 255)
    found = PairwisePainImageProcessor()(image, image, image_mean=[0.5], image_std=[0.25])
    assert found["pixel_values"].unique().tolist() == [2]


def test_without_normalising_or_rescaling_pixels_are_as_they_were() -> None:
    image = picture(1, 160, 160, "L")
    processor = PairwisePainImageProcessor(image_mean=[0.5], image_std=[0.2], do_normalize=False)
    pixels = torch.from_numpy(np.asarray(image).astype(np.float32))
    assert torch.equal(processor(image, image)["pixel_values"][0, 0], pixels / 255)
    assert torch.equal(processor(image, image, do_rescale=False)["pixel_values"][0, 0], pixels)


def test_without_resizing_faces_keep_their_size() -> None:
    processor = PairwisePainImageProcessor(do_resize=False)
    assert processor(picture(1, 90, 100), picture(2, 90, 100))["pixel_values"].shape == (1, 1, 100, 90)


@pytest.mark.parametrize(
    ("size", "width", "height", "expected"),
    [
        ({"shortest_edge": 64}, 200, 100, (64, 128)),
        ({"shortest_edge": 64}, 100, 200, (128, 64)),
        ({"shortest_edge": 64, "longest_edge": 96}, 200, 100, (48, 96)),
        ({"height": 50, "width": 60}, 200, 100, (50, 60)),
        (40, 200, 100, (40, 40)),
        ((50, 60), 200, 100, (50, 60)),
    ],
)
def test_sizes_mean_what_they_mean_in_transformers(
    size: Any, width: int, height: int, expected: tuple[int, int]
) -> None:
    image = picture(1, width, height)
    processor = PairwisePainImageProcessor(size=size)
    assert processor(image, image)["pixel_values"].shape == (1, 1, *expected)
    assert PairwisePainImageProcessor.from_dict(processor.to_dict()).size == processor.size


def test_faces_of_several_sizes_are_given_one_by_one_alone() -> None:
    processor = PairwisePainImageProcessor(size={"shortest_edge": 64})
    images = [picture(1, 200, 100), picture(2, 100, 100)]
    with pytest.raises(
        UsageError, match=r"in several sizes \(64 x 64, 64 x 128\), which make no batch; give size with"
    ):
        processor(images, images)
    found = processor(images, [[image, image] for image in images], return_tensors=None)
    assert [face.shape for face in found["pixel_values"]] == [(1, 64, 128), (1, 64, 64)]
    assert [[face.shape for face in each] for each in found["reference_pixel_values"]] == [
        [(1, 64, 128)] * 2,
        [(1, 64, 64)] * 2,
    ]


def test_without_a_type_of_tensors_arrays_are_listed() -> None:
    found = PairwisePainImageProcessor()([picture()] * 2, [picture(1)] * 2, return_tensors=None)
    expected = PairwisePainImageProcessor()([picture()] * 2, [picture(1)] * 2, return_tensors="np")
    for name, faces_of_batch in found.items():
        assert isinstance(faces_of_batch, list)
        assert all(isinstance(face, np.ndarray) for face in faces_of_batch)
        assert np.array_equal(np.stack(faces_of_batch), expected[name])


def test_a_processor_that_was_saved_without_later_options_does_what_it_did() -> None:
    saved = {"size": {"height": 40, "width": 50}, "num_channels": 1, "image_mean": [0.5], "image_std": [0.2]}
    again = PairwisePainImageProcessor.from_dict({**saved, "crop_box": None, "resample": 3})
    assert (again.do_resize, again.do_rescale, again.do_normalize, again.do_standardize) == (True, True, True, False)
    assert again.smoothing == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_light_contrast_and_tint_are_gone_from_standardised_faces(channels: int) -> None:
    face = np.random.default_rng(0).integers(40, 160, (160, 160, 3), dtype=np.uint8)
    if channels == 1:
        face[...] = face[..., :1]
    tint = np.array([1.5, 1.2, 0.8]) if channels == 3 else np.full(3, 1.5)
    lit = np.rint(face * tint + 10).clip(0, 255).astype(np.uint8)
    processor = PairwisePainImageProcessor(num_channels=channels, do_standardize=True)
    batch = processor(lit, face)
    assert (batch["pixel_values"] - batch["reference_pixel_values"]).abs().max() < 0.05
    assert batch["pixel_values"].mean((0, 2, 3)).abs().max() < 1e-5
    assert torch.allclose(batch["pixel_values"].std((0, 2, 3), correction=0), torch.ones(channels))


@pytest.mark.parametrize("size", [{"height": 160, "width": 160}, {"height": 64, "width": 96}, {"shortest_edge": 100}])
def test_a_face_is_smoothed_by_a_share_of_the_side_it_comes_out_with(size: dict[str, int]) -> None:
    face = (natural(1, 300, 300)[0, 0].clamp(0, 1) * 255).round().byte().numpy()
    smooth, plain = (PairwisePainImageProcessor(size=size, smoothing=share)(face, face) for share in (0.03, 0.0))
    expected = evenly_smoothed(plain["pixel_values"], (0.03 * min(size.values())) ** 2)
    assert torch.equal(smooth["pixel_values"], expected)
    assert torch.equal(smooth["reference_pixel_values"], expected)


@pytest.mark.parametrize("share", [-0.01, 0.11, float("nan")])
def test_a_smoothing_that_cannot_be_right_is_told(share: float) -> None:
    with pytest.raises(UsageError, match=f"^smoothing is {share}; give a number from 0 to 0.1"):
        PairwisePainImageProcessor(smoothing=share)


def test_a_face_of_one_colour_is_next_to_zero_once_standardised() -> None:
    image = Image.new("L", (160, 160), 77)
    pixels = PairwisePainImageProcessor(do_standardize=True)(image, image)["pixel_values"]
    assert pixels.abs().max() < 1e-4


def test_its_tensors_are_what_the_model_names() -> None:
    model = on_backbone()
    prepared = PairwisePainImageProcessor(size={"height": 32, "width": 32}, num_channels=3)(picture(), picture(1))
    assert model(**prepared).logits.shape == model(*faces(model, 1)).logits.shape


@settings(max_examples=60)
@given(st.data())
def test_any_array_is_prepared_or_refused_in_words(data: st.DataObject) -> None:
    sides = st.integers(0, 6) | st.integers(30, 40)
    shape = data.draw(st.lists(sides, min_size=1, max_size=3))
    dtype = data.draw(st.sampled_from(["uint8", "int16", "float32", "float16", "bool"]))
    low, high = data.draw(st.sampled_from([(0, 1), (0, 255), (-1, 1), (0, 300)]))
    array = np.random.default_rng(0).uniform(low, high, shape).astype(dtype)
    try:
        pixels = PairwisePainImageProcessor()(array, array)["pixel_values"]
    except PictureError:
        return
    assert pixels.shape == (1, 1, 160, 160)
    assert 0 <= pixels.min() <= pixels.max() <= 1
