from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.decoding import DecodedPicture, decode
from synpain_hf.imaging.limits import FREE_PIXELS, MAX_BYTES, check_size
from synpain_hf.imaging.orientation import orientation
from synpain_hf.imaging.png import FilteredPng
from tests.imaging.made import TURNS, Pixels, chunk, decoded, encoded, header, png, textured

RGB = textured(48, 40)
GREY = RGB[..., 0]
DEEP = np.random.default_rng(0).integers(0, 2**16, (40, 48, 3), np.uint16)


def pixels_of(data: bytes) -> Pixels:
    raster = decode(data)
    pixels = raster.pixels(raster.width)
    assert pixels.shape == (raster.height, raster.width, 3)
    return pixels


def grey_as_rgb(grey: Pixels) -> Pixels:
    return np.stack([grey] * 3, axis=2)


def deep_png(samples: np.ndarray, colour_type: int, *extra: bytes) -> bytes:
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    return png(header(width, height, 16, colour_type, 0, 0, 0), *extra, chunk(b"IDAT", zlib.compress(rows)))


def palette_png(transparent: int | None = None) -> bytes:
    image = Image.fromarray(GREY // 64, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    file = io.BytesIO()
    image.save(file, "PNG", **({} if transparent is None else {"transparency": transparent}))
    return file.getvalue()


PALETTE = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (9, 9, 9)], np.uint8)
WITHOUT_BLUE = np.array([(255, 0, 0), (0, 255, 0), (255, 255, 255), (9, 9, 9)], np.uint8)
HALF_CLEAR = np.dstack([RGB, np.full((40, 48), 128, np.uint8)])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(encoded(RGB), RGB, id="RGB PNG"),
        pytest.param(encoded(GREY), grey_as_rgb(GREY), id="grey PNG"),
        pytest.param(encoded(np.dstack([GREY, GREY * 0])), grey_as_rgb(GREY * 0 + 255), id="clear grey PNG"),
        pytest.param(deep_png(DEEP[..., 0], 0), grey_as_rgb((DEEP[..., 0] >> 8).astype(np.uint8)), id="grey 16-bit"),
        pytest.param(deep_png(DEEP, 2), (DEEP >> 8).astype(np.uint8), id="RGB 16-bit"),
        pytest.param(palette_png(), PALETTE[GREY // 64], id="palette"),
        pytest.param(palette_png(2), WITHOUT_BLUE[GREY // 64], id="palette with transparency"),
        pytest.param(encoded(RGB, "WEBP", lossless=True), RGB, id="WebP"),
    ],
)
def test_a_picture_is_read_exactly(data: bytes, expected: Pixels) -> None:
    assert np.array_equal(pixels_of(data), expected)


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_what_is_half_clear_is_laid_on_white(format_: str) -> None:
    options: dict[str, Any] = {"lossless": True, "exact": True} if format_ == "WEBP" else {}
    expected = (RGB.astype(int) * 128 + 255 * 127) / 255
    assert np.abs(pixels_of(encoded(HALF_CLEAR, format_, **options)) - expected).max() <= 1


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"quality": 30}])
def test_a_jpeg_is_read_as_pillow_reads_it(options: dict[str, Any]) -> None:
    data = encoded(RGB, "JPEG", **options)
    assert np.array_equal(pixels_of(data), decoded(data))


def test_a_grey_jpeg_is_read() -> None:
    data = encoded(GREY, "JPEG")
    assert np.array_equal(pixels_of(data), decoded(data))


def test_a_cmyk_jpeg_is_read_as_rgb() -> None:
    file = io.BytesIO()
    Image.new("CMYK", (48, 40), (0, 255, 255, 0)).save(file, "JPEG", quality=95)
    red = pixels_of(file.getvalue())
    assert (red[..., 0] > 200).all()
    assert (red[..., 1:] < 60).all()


def rotated(format_: str, turn: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    return encoded(RGB, format_, exif=exif, **({"lossless": True} if format_ == "WEBP" else {}))


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_turned_as_its_exif_asks(format_: str, turn: int) -> None:
    data = rotated(format_, turn)
    assert np.array_equal(pixels_of(data), TURNS[turn](decoded(data)))


def test_exif_behind_the_pixels_of_a_png_counts() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    body = exif.tobytes().removeprefix(b"Exif\x00\x00")
    data = encoded(RGB)[:-12] + chunk(b"eXIf", body) + chunk(b"IEND", b"")
    assert np.array_equal(pixels_of(data), RGB[::-1, ::-1])


@pytest.mark.parametrize("order", ["<", ">"])
def test_an_orientation_is_found_among_other_tags_in_both_byte_orders(order: str) -> None:
    mark = b"II*\x00" if order == "<" else b"MM\x00*"
    entries = [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(f"{order}HH", 8, 0))]
    table = b"".join(struct.pack(f"{order}HHI", *entry[:3]) + entry[3] for entry in entries)
    assert orientation({"exif": mark + struct.pack(f"{order}IH", 8, len(entries)) + table}) == 8


EXIF = Image.Exif()
EXIF[0x0112] = 6


@pytest.mark.parametrize("length", range(len(EXIF.tobytes())))
def test_exif_cut_short_asks_for_a_turn_or_none(length: int) -> None:
    assert orientation({"exif": EXIF.tobytes()[:length]}) in (1, 6)


@pytest.mark.parametrize("value", [0, 9, 274, 65535])
def test_an_orientation_that_does_not_exist_asks_for_none(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    assert orientation({"exif": exif.tobytes()}) == 1


def test_a_plain_rgb_png_is_not_decoded_before_it_is_asked_for_pixels() -> None:
    assert isinstance(decode(encoded(RGB)), FilteredPng)
    assert isinstance(decode(encoded(RGB, "WEBP")), DecodedPicture)


def animated(format_: str) -> bytes:
    file = io.BytesIO()
    frames = [Image.fromarray(textured(48, 40, seed)) for seed in (1, 2)]
    frames[0].save(file, format_, save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize("format_", ["PNG", "WEBP"])
def test_an_animated_picture_is_refused(format_: str) -> None:
    with pytest.raises(PictureError, match=r"is animated \(2 frames\); give a still picture"):
        decode(animated(format_))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        pytest.param(b"not a picture\n", "text", id="text named jpg"),
        pytest.param(b"<!DOCTYPE html><title>404</title>", "a web page", id="web page"),
        pytest.param(b"<html><body>Rate limited</body></html>", "a web page", id="another web page"),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "git lfs pull", id="Git LFS"
        ),
        pytest.param(bytes(4096), "unknown format", id="zeros"),
        pytest.param(b"\xff\xd8", "unknown format", id="two bytes of a JPEG"),
    ],
)
def test_what_is_no_picture_is_refused_by_what_it_is(data: bytes, what: str) -> None:
    with pytest.raises(PictureError, match=rf"is not a picture \(.*{what}.*\); give a PNG, JPEG or WebP file"):
        decode(data)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(PictureError, match=r"is empty \(0 bytes\)"):
        decode(b"")


@pytest.mark.parametrize(("format_", "options"), [("JPEG", {}), ("JPEG", {"progressive": True}), ("WEBP", {})])
def test_a_picture_cut_short_is_refused(format_: str, options: dict[str, Any]) -> None:
    data = encoded(RGB, format_, **options)
    for length in [3, 12, 20, 40, *range(50, len(data) - 12, 53)]:
        with pytest.raises(PictureError, match=r"is cut short or damaged|is not a picture"):
            decode(data[:length])


@pytest.mark.parametrize("format_", ["JPEG", "WEBP"])
def test_damage_anywhere_raises_nothing_but_a_picture_error(format_: str) -> None:
    data = encoded(RGB, format_)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(250):
        damaged = bytearray(data)
        for position in rng.integers(0, len(data), 3):
            damaged[position] ^= 1 << int(rng.integers(8))
        try:
            decode(bytes(damaged))
        except PictureError:
            refused += 1
    assert refused


def enlarged(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header declares another size."""
    start = data.index(b"\xff\xc0") + 5
    return data[:start] + struct.pack(">HH", height, width) + data[start + 4 :]


@pytest.mark.parametrize(("width", "height"), [(8_001, 8_000), (10_000, 10_000), (65_500, 65_500)])
def test_a_jpeg_that_declares_too_many_pixels_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(
        PictureError, match=f"more than the {FREE_PIXELS:,} that are decoded from a file of .* bytes; scale it down"
    ):
        decode(enlarged(encoded(RGB, "JPEG"), width, height))


@pytest.mark.parametrize(
    ("size", "width", "height"), [(10, 6_000, 4_000), (2_000_000, 8_000, 6_000), (10**8, 8_000, 8_000)]
)
def test_the_more_bytes_a_file_has_the_larger_a_picture_may_be(size: int, width: int, height: int) -> None:
    check_size(width, height, size)
    with pytest.raises(PictureError, match="more than the"):
        check_size(width, height + 1, size)


def test_a_webp_that_declares_too_many_pixels_is_refused() -> None:
    data = bytearray(encoded(RGB, "WEBP", lossless=True))
    assert data[12:16] == b"VP8L"
    data[21:25] = struct.pack("<I", (16_383 - 1) | (16_383 - 1) << 14)
    with pytest.raises(PictureError, match=r"that are decoded from a file of .* bytes; scale it down"):
        decode(bytes(data))


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_a_picture_with_a_side_under_32_pixels_is_refused(format_: str) -> None:
    with pytest.raises(PictureError, match=r"is 31 x 400 pixels, a side under 32"):
        decode(encoded(textured(31, 400), format_))
    assert pixels_of(encoded(textured(32, 400), format_)).shape == (400, 32, 3)


def test_a_file_with_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(PictureError, match="bytes, more than the 268,435,456 that are read; scale it down"):
        decode(bytes(MAX_BYTES + 1))
