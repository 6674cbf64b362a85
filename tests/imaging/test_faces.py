from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.faces import ENCODINGS, Encoding, join_pictures, split_composite
from synpain_hf.imaging.gutter import find_gutter
from synpain_hf.imaging.likeness import likeness_of
from tests.imaging.made import Pixels, Sketch, chunk, decoded, encoded, filtered_png, halves, textured

SMALL = halves()
GUTTER = find_gutter(SMALL, SMALL.shape[1])
SECRET = b"Ideogram AI"


def jpeg_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (43.0, 39.0, 11.0)
    return exif


def with_metadata(format_: str) -> bytes:
    """A composite that says who made it, where and how, in every way that its format knows."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, Any] = {"exif": jpeg_exif(), "icc_profile": profile}
    if format_ == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("prompt", SECRET.decode())
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{SECRET.decode()}</x:xmpmeta>")
    elif format_ == "JPEG":
        options["comment"] = SECRET
    return encoded(SMALL, format_, **options)


def same_pixels(data: bytes, pixels: Pixels) -> bool:
    return np.array_equal(decoded(data), pixels)


COMPOSITES = {
    "PNG": encoded(SMALL),
    "PNG of mixed filters": filtered_png(SMALL, [row % 5 for row in range(SMALL.shape[0])]),
    "grey PNG": encoded(SMALL[..., 0]),
    "JPEG": encoded(SMALL, "JPEG", quality=95),
    "lossless WebP": encoded(SMALL, "WEBP", lossless=True),
    "official size": encoded(Sketch(noise=4).draw()),
}


@pytest.mark.parametrize("encoding", ["png", "webp"])
@pytest.mark.parametrize("kind", COMPOSITES)
def test_the_faces_are_the_pixels_on_both_sides_of_the_gutter(kind: str, encoding: str) -> None:
    composite = COMPOSITES[kind]
    faces = split_composite(composite, Encoding(encoding))
    pixels = decoded(composite)
    assert faces.gutter == find_gutter(pixels, pixels.shape[1])
    assert faces.gutter is not None
    assert same_pixels(faces.neutral, pixels[:, : faces.gutter.start])
    assert same_pixels(faces.expressive, pixels[:, faces.gutter.stop :])


def test_the_faces_of_every_real_composite_are_its_pixels(sample: Path) -> None:
    for path in sorted(sample.glob("Images/*.jpg")):
        faces = split_composite(path.read_bytes(), Encoding(), size=(1312, 736))
        assert faces.gutter is not None
        pixels = decoded(path.read_bytes())
        assert same_pixels(faces.neutral, pixels[:, : faces.gutter.start])
        assert same_pixels(faces.expressive, pixels[:, faces.gutter.stop :])
        assert b"Ideogram" not in faces.neutral + faces.expressive


def test_a_jpeg_encoding_loses_little() -> None:
    faces = split_composite(COMPOSITES["PNG"], Encoding("jpeg"))
    with Image.open(io.BytesIO(faces.expressive)) as image:
        assert image.format == "JPEG"
    difference = decoded(faces.expressive).astype(int) - SMALL[:, GUTTER.stop :]
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_fixed_size_gives_squares_of_that_size(encoding: str) -> None:
    faces = split_composite(COMPOSITES["official size"], Encoding(encoding, size=64))
    for data in (faces.neutral, faces.expressive):
        with Image.open(io.BytesIO(data)) as image:
            assert (image.size, image.mode, image.format) == ((64, 64), "RGB", encoding.upper())


def test_a_fixed_size_takes_the_middle_of_a_face() -> None:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:, 198:202] = 255
    pixels[60:140, 70:130] = (200, 0, 0)
    neutral = decoded(split_composite(encoded(pixels), Encoding(size=100)).neutral)
    rows, columns = np.nonzero(neutral[..., 0] > 100)
    assert abs(rows.mean() - 49.5) < 1
    assert abs(columns.mean() - 50) < 2


@pytest.mark.parametrize("encoding", [Encoding(name, size) for name in ENCODINGS for size in (None, 64)], ids=str)
@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_no_metadata_reaches_a_face(format_: str, encoding: Encoding) -> None:
    data = with_metadata(format_)
    assert SECRET in data
    split, joined = split_composite(data, encoding), join_pictures(data, encoded(textured(40, 40)), encoding)
    for face in (split.neutral, split.expressive, joined.neutral):
        assert SECRET not in face
        for mark in (b"Exif", b"eXIf", b"EXIF", b"ICC", b"iCCP", b"tEXt", b"iTXt", b"xmp"):
            assert mark not in face
        with Image.open(io.BytesIO(face)) as image:
            assert not image.getexif()
            assert not {"exif", "icc_profile", "xmp", "comment", "prompt"} & image.info.keys()


def test_two_pictures_are_taken_as_they_are() -> None:
    neutral, expressive = textured(50, 40, 1), textured(60, 70, 2)
    faces = join_pictures(encoded(neutral), encoded(expressive, "WEBP", lossless=True), Encoding())
    assert faces.gutter is None
    assert same_pixels(faces.neutral, neutral)
    assert same_pixels(faces.expressive, expressive)


def test_the_same_composite_gives_the_same_bytes() -> None:
    composite = COMPOSITES["PNG of mixed filters"]
    assert split_composite(composite, Encoding()) == split_composite(composite, Encoding())


def test_a_face_is_told_by_its_pixels_whatever_its_file_and_role() -> None:
    halves_of_it = [np.ascontiguousarray(half) for half in (SMALL[:, : GUTTER.start], SMALL[:, GUTTER.stop :])]
    neutral, expressive = encoded(halves_of_it[0], "WEBP", lossless=True), encoded(halves_of_it[1], compress_level=9)
    expected = split_composite(encoded(SMALL), Encoding()).likenesses[:2]
    for encoding in map(Encoding, ENCODINGS):
        assert split_composite(encoded(SMALL, "WEBP", lossless=True), encoding).likenesses[:2] == expected
        assert join_pictures(neutral, expressive, encoding).likenesses == expected
    assert join_pictures(expressive, neutral, Encoding()).likenesses == expected[::-1]


def test_faces_that_differ_in_a_pixel_or_in_shape_alone_are_different() -> None:
    blank = np.zeros((40, 80, 3), np.uint8)
    dot = blank.copy()
    dot[39, 79, 2] = 1
    assert len({likeness_of(pixels) for pixels in (blank, dot, blank.reshape(80, 40, 3))}) == 3


@pytest.mark.parametrize("gutter", [0, 1, 4, 8])
def test_a_composite_of_twice_the_same_face_is_refused(gutter: int) -> None:
    face = np.random.default_rng(0).integers(0, 200, (200, 150, 3), np.uint8)
    data = encoded(np.hstack([face, np.full((200, gutter, 3), 255, np.uint8), face]))
    with pytest.raises(PictureError, match="has the same face twice; give a neutral face and an expressive one"):
        split_composite(data, Encoding())


def test_two_pictures_of_the_same_pixels_are_refused() -> None:
    face = textured(50, 60)
    with pytest.raises(PictureError, match="has the same face twice"):
        join_pictures(encoded(face), encoded(face, "WEBP", lossless=True), Encoding())


@pytest.mark.parametrize(
    ("data", "size", "reason"),
    [
        (encoded(SMALL), (1312, 736), r"is 160 x 96 pixels, not 1312 x 736 as an official composite is"),
        (encoded(textured(96, 160)), None, "not two faces side by side"),
        (encoded(textured(64, 50)), None, "not two faces side by side"),
        (b"", None, "is empty"),
        (encoded(SMALL)[:500], None, "is cut short"),
    ],
)
def test_a_composite_that_cannot_be_split_is_refused(data: bytes, size: tuple[int, int] | None, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        split_composite(data, Encoding(), size)


def test_a_composite_that_is_turned_by_exif_is_split_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    lying = np.ascontiguousarray(np.rot90(SMALL, -1))
    body = exif.tobytes().removeprefix(b"Exif\x00\x00")
    faces = split_composite(filtered_png(lying, [1] * lying.shape[0], [chunk(b"eXIf", body)]), Encoding())
    assert same_pixels(faces.neutral, SMALL[:, : GUTTER.start])
    assert same_pixels(faces.expressive, SMALL[:, GUTTER.stop :])


@pytest.mark.parametrize("which", ["neutral", "expressive"])
def test_the_one_of_two_pictures_that_is_bad_is_named(which: str) -> None:
    files = {"neutral": encoded(SMALL), "expressive": encoded(SMALL), which: b"text"}
    with pytest.raises(PictureError, match=f"^the {which} picture is not a picture"):
        join_pictures(files["neutral"], files["expressive"], Encoding())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"format": "gif"}, "unknown encoding 'gif'; choose one of png, webp, jpeg"),
        ({"size": 31}, "image size 31 is out of range; choose 32 to 4096 pixels"),
        ({"size": 4097}, "image size 4097 is out of range"),
    ],
)
def test_an_encoding_that_does_not_exist_is_refused(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Encoding(**options)
