"""BMP, TIFF, JPEG 2000, AVIF and HEIC; and files that are named, not read."""

from __future__ import annotations

import contextlib
import io
import random
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, TiffImagePlugin, features

from synpain_hf.errors import PictureError
from synpain_hf.imaging.decoding import declared_pixels, decode
from synpain_hf.imaging.formats import refusal_of
from synpain_hf.imaging.limits import MAX_PIXELS_AVIF, MAX_SAMPLES_JPEG_2000, PIXELS_IN_BYTE
from tests.imaging.made import TURNS, Pixels, decoded, encoded, textured

WIDTH, HEIGHT = 48, 40
RGB = textured(WIDTH, HEIGHT)
GREY = np.repeat(RGB[..., :1], 3, axis=2)
DEEP = (np.arange(WIDTH * HEIGHT, dtype=np.uint16) * 34).reshape(HEIGHT, WIDTH)
HALF_CLEAR = np.dstack([RGB, np.full((HEIGHT, WIDTH), 128, np.uint8)])
ON_WHITE = (RGB.astype(int) * 128 + 255 * 127) / 255

needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow does not read AVIF")


def pixels_of(data: bytes) -> Pixels:
    raster = decode(data)
    return raster.pixels(raster.width)


def image_as(mode: str, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(RGB).convert(mode).save(file, format_, **options)
    return file.getvalue()


def tiff(pixels: npt.NDArray[Any] = RGB, tags: dict[int, Any] | None = None, **options: Any) -> bytes:
    """A TIFF with some more, or other, tags."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in (tags or {}).items():
        info[tag] = value
    return encoded(pixels, "TIFF", tiffinfo=info, **options)


def retagged(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian TIFF whose entry of a tag, a number in the entry itself, has another value."""
    (start,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, start)
    for position in range(start + 2, start + 2 + 12 * entries, 12):
        if struct.unpack_from("<H", data, position)[0] == tag:
            return data[: position + 8] + struct.pack("<I", value) + data[position + 12 :]
    raise AssertionError(tag)


def moved(data: bytes, start: int) -> bytes:
    """A BMP whose pixels begin elsewhere, as it says."""
    return data[:10] + struct.pack("<I", start) + data[14:]


EXACT = {
    "BMP": (encoded(RGB, "BMP"), RGB),
    "grey BMP": (encoded(RGB[..., 0], "BMP"), GREY),
    "palette BMP": (image_as("P", "BMP"), decoded(image_as("P", "BMP"))),
    "palette BMP whose header forgets the palette": (
        moved(image_as("P", "BMP"), 54), decoded(moved(image_as("P", "BMP"), 54)),
    ),
    "1-bit BMP": (image_as("1", "BMP"), decoded(image_as("1", "BMP"))),
    "TIFF": (tiff(), RGB),
    "big TIFF": (tiff(big_tiff=True), RGB),
    "TIFF, LZW": (tiff(compression="tiff_lzw"), RGB),
    "TIFF, deflate": (tiff(compression="tiff_adobe_deflate"), RGB),
    "TIFF, PackBits": (tiff(compression="packbits"), RGB),
    "TIFF, strips": (tiff(compression="tiff_lzw", strip_size=WIDTH * 3 * 7), RGB),
    "TIFF with much beside": (tiff(tags={700: bytes(200_000), 33723: b"abcd", 270: "A face."}), RGB),
    "grey TIFF": (tiff(RGB[..., 0]), GREY),
    "TIFF, 16-bit grey": (tiff(DEEP), np.repeat((DEEP >> 8).astype(np.uint8)[..., None], 3, axis=2)),
    "TIFF, 16-bit grey, big-endian": (
        encoded(DEEP.astype(">u2"), "TIFF"), np.repeat((DEEP >> 8).astype(np.uint8)[..., None], 3, axis=2),
    ),
    "palette TIFF": (image_as("P", "TIFF"), decoded(image_as("P", "TIFF"))),
    "CMYK TIFF": (image_as("CMYK", "TIFF"), decoded(image_as("CMYK", "TIFF"))),
    "JPEG 2000": (encoded(RGB, "JPEG2000"), RGB),
    "JPEG 2000 without boxes": (encoded(RGB, "JPEG2000", no_jp2=True), RGB),
    "JPEG 2000 of tiles": (encoded(RGB, "JPEG2000", tile_size=(16, 16)), RGB),
    "grey JPEG 2000": (encoded(RGB[..., 0], "JPEG2000"), GREY),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
def test_a_picture_is_read_exactly(name: str) -> None:
    data, expected = EXACT[name]
    np.testing.assert_array_equal(pixels_of(data), expected)
    assert declared_pixels(data) == WIDTH * HEIGHT


@needs_avif
def test_an_avif_is_read_as_pillow_reads_it() -> None:
    data = encoded(RGB, "AVIF")
    np.testing.assert_array_equal(pixels_of(data), decoded(data))
    assert declared_pixels(data) == WIDTH * HEIGHT


@pytest.mark.parametrize(
    ("format_", "options"),
    [("TIFF", {}), ("JPEG2000", {}), pytest.param("AVIF", {"quality": 100, "subsampling": "4:4:4"}, marks=needs_avif)],
)
def test_what_is_half_clear_is_laid_on_white(format_: str, options: dict[str, Any]) -> None:
    farthest = 6 if format_ == "AVIF" else 1
    difference = np.abs(pixels_of(encoded(HALF_CLEAR, format_, **options)) - ON_WHITE)
    assert np.percentile(difference, 95) <= farthest


_RESOLUTION_UNIT = 296
XMP = "<x:xmpmeta><rdf:Description tiff:Orientation={quote}{turn}{quote}/></x:xmpmeta>"


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("asked_by", ["tag", "xmp", "both", "both, in other quotes"])
def test_a_tiff_is_turned_once(turn: int, asked_by: str) -> None:
    quote = "'" if "other" in asked_by else '"'
    tags: dict[int, Any] = {} if asked_by == "xmp" else {274: turn}
    if asked_by != "tag":
        tags[700] = XMP.format(quote=quote, turn=turn).encode()
    np.testing.assert_array_equal(pixels_of(tiff(tags=tags)), TURNS[turn](RGB))


@needs_avif
@pytest.mark.parametrize("turn", TURNS)
def test_an_avif_is_turned_as_it_asks(turn: int) -> None:
    exif = Image.Exif()
    exif[274] = turn
    flat = decoded(encoded(RGB, "AVIF", quality=100))
    found = pixels_of(encoded(RGB, "AVIF", quality=100, exif=exif))
    assert np.abs(found.astype(int) - TURNS[turn](flat)).max() <= 2


@needs_avif
@pytest.mark.parametrize("box_asks", [1, 6])
@pytest.mark.parametrize("beside", ["exif", "xmp"])
def test_an_avif_is_turned_as_its_boxes_ask_whatever_stands_beside(box_asks: int, beside: str) -> None:
    exif = Image.Exif()
    exif[274], exif[_RESOLUTION_UNIT] = box_asks, 8
    data = encoded(RGB, "AVIF", quality=100, exif=exif, xmp=XMP.format(quote='"', turn=8 if beside == "xmp" else 1))
    if beside == "exif":
        entry = struct.Struct("<HHIH") if b"II*\0" in data else struct.Struct(">HHIH")
        asked = entry.pack(_RESOLUTION_UNIT, 3, 1, 8)
        assert data.count(asked) == 1
        data = data.replace(asked, entry.pack(274, 3, 1, 8))
    flat = decoded(encoded(RGB, "AVIF", quality=100))
    assert np.abs(pixels_of(data).astype(int) - TURNS[box_asks](flat)).max() <= 2


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("beside", ["exif", "xmp"])
def test_a_jpeg_2000_is_turned_as_its_metadata_ask(turn: int, beside: str) -> None:
    exif = Image.Exif()
    exif[274] = turn
    held = {
        "exif": b"JpgTiffExif->JP2" + exif.tobytes().removeprefix(b"Exif\0\0"),
        "xmp": bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + XMP.format(quote='"', turn=turn).encode(),
    }
    data = encoded(RGB, "JPEG2000") + box(b"uuid", held[beside])
    np.testing.assert_array_equal(pixels_of(data), TURNS[turn](RGB))


def test_a_heic_is_read_and_turned_where_its_library_is_installed() -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="the extra heic is not installed")
    exif = Image.Exif()
    exif[274] = 6
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(RGB)).save(file, quality=-1, chroma=444, exif=exif.tobytes())
    found = pixels_of(file.getvalue())
    assert found.shape == (WIDTH, HEIGHT, 3)
    assert np.abs(found.astype(int) - TURNS[6](RGB)).max() <= 4


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


HEIC = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0" * 40)


def test_a_heic_is_named_where_its_library_is_not_installed() -> None:
    try:
        import pillow_heif  # noqa: F401
    except ImportError:
        with pytest.raises(PictureError, match=r"is a HEIC, .* pip install 'synpain-hf\[heic\]', or save .* as PNG"):
            decode(HEIC)
    else:
        pytest.skip("pillow-heif is installed")


def pages(format_: str) -> bytes:
    first, second = (Image.fromarray(textured(WIDTH, HEIGHT, seed)) for seed in (0, 1))
    file = io.BytesIO()
    first.save(file, format_, save_all=True, append_images=[second])
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(pages("TIFF"), "is a TIFF of several pages; give each page as a file of its own", id="pages"),
        pytest.param(tiff(tags={254: 1}), "is a camera's raw file, or a preview; develop it", id="preview"),
        pytest.param(tiff(tags={50706: b"\1\4\0\0"}), "is a camera's raw file", id="DNG"),
        pytest.param(image_as("LAB", "TIFF"), r"of colours that are not read \(8\); save it as RGB", id="LAB"),
        pytest.param(image_as("YCbCr", "TIFF"), r"colours that are not read \(6\)", id="YCbCr"),
        pytest.param(image_as("F", "TIFF"), "is a TIFF of 32 bits, which are not read; save it as RGB", id="F"),
        pytest.param(retagged(tiff(DEEP), 262, 0), "is a TIFF of 16 bits in which white is 0", id="white is 0"),
        pytest.param(tiff(RGB[..., 0], {339: 2}), "is a TIFF of signed or real numbers", id="signed"),
        pytest.param(retagged(tiff(), 259, 34925), r"that is not read \(34925\); save it with LZW", id="lzma"),
        pytest.param(retagged(tiff(), 279, 100), "100 bytes of pixels, not 5,760", id="too few bytes"),
        pytest.param(retagged(tiff(), 273, 10_000), "its pixels end beyond the file", id="beyond"),
        pytest.param(retagged(tiff(), 256, 100_000), "is 100,000 x 40 pixels|bytes of pixels", id="wide"),
        pytest.param(
            encoded(RGB, "BMP")[:18] + struct.pack("<ii", 100_000, 100_000) + encoded(RGB, "BMP")[26:],
            "is 100,000 x 100,000 pixels, more than the", id="large BMP",
        ),
        pytest.param(moved(encoded(RGB[..., 0], "BMP"), 128), "cannot begin at byte 128", id="in the palette"),
        pytest.param(moved(encoded(RGB, "BMP"), 60), "its pixels cannot begin at byte 60", id="late"),
        pytest.param(moved(encoded(RGB, "BMP"), 0), "its pixels cannot begin at byte 0", id="at the beginning"),
        pytest.param(
            tiff(big_tiff=True)[:8] + b"\xff" * 8 + tiff(big_tiff=True)[16:], "its description is beyond the file",
            id="described beyond",
        ),
        pytest.param(encoded(RGB, "BMP")[:-40], "is cut short or damaged .5,774 of 5,814 bytes", id="short BMP"),
        pytest.param(encoded(RGB, "JPEG2000")[:-2], "its box 'jp2c' ends beyond the file", id="short JPEG 2000"),
        pytest.param(encoded(RGB, "JPEG2000", no_jp2=True)[:-2], "is cut short or damaged", id="short codes"),
        pytest.param(pages("AVIF") if features.check("avif") else b"", "is animated|is empty", id="animated AVIF"),
    ],
)  # fmt: skip
def test_what_would_be_read_in_part_or_wrongly_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        decode(data)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_jpeg_2000_of_very_many_pixels_is_refused_before_it_is_decoded(channels: int) -> None:
    side = int((MAX_SAMPLES_JPEG_2000 // channels) ** 0.5) + 1
    data = encoded(HALF_CLEAR[..., :channels], "JPEG2000")
    at = data.index(b"\xff\x4f\xff\x51") + 8
    data = (
        data[:at] + struct.pack(">II", side, side) + data[at + 8 :] + box(b"free", bytes(side * side // PIXELS_IN_BYTE))
    )
    with pytest.raises(PictureError, match=rf"of a JPEG 2000 of {channels} channels that are read; save it as PNG"):
        decode(data)


@needs_avif
def test_an_avif_of_very_many_pixels_is_refused_before_it_is_decoded() -> None:
    side = int(MAX_PIXELS_AVIF**0.5) + 1
    data = encoded(RGB, "AVIF")
    size = struct.pack(">II", WIDTH, HEIGHT)
    assert data.count(b"ispe\0\0\0\0" + size) == 1
    wide = data.replace(size, struct.pack(">II", side, side)) + box(b"free", bytes(side * side // PIXELS_IN_BYTE))
    with pytest.raises(PictureError, match=r"more than the 24,000,000 of an AVIF that are read; save it as PNG"):
        decode(wide)


DAMAGED = ["BMP", "TIFF", "big TIFF", "TIFF, LZW", "TIFF, deflate", "JPEG 2000", "JPEG 2000 without boxes"]


@pytest.mark.parametrize("name", [*DAMAGED, pytest.param("AVIF", marks=needs_avif)])
def test_a_file_that_is_cut_short_is_refused_wherever_it_is_cut(name: str) -> None:
    data = encoded(RGB, "AVIF") if name == "AVIF" else EXACT[name][0]
    for length in range(1, len(data), max(1, len(data) // 60)):
        with pytest.raises(PictureError):
            decode(data[:length])


@pytest.mark.parametrize("name", [*DAMAGED, pytest.param("AVIF", marks=needs_avif)])
def test_damage_gives_a_picture_or_an_error_of_ours(name: str) -> None:
    data, rng = encoded(RGB, "AVIF") if name == "AVIF" else EXACT[name][0], random.Random(0)
    for _ in range(60):
        bad, at = bytearray(data), rng.randrange(min(len(data), 600))
        bad[at] ^= 1 << rng.randrange(8)
        with contextlib.suppress(PictureError):
            pixels_of(bytes(bad))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GIF89a", "is a GIF, which is not read; save the picture as PNG"),
        (b"8BPS\0\1", "is a Photoshop file, which is not read; export the picture as PNG"),
        (b"%PDF-1.7", "is a PDF, which is not read; export the picture as PNG"),
        (b"<?xml version='1.0'?>\n<svg>", "is an SVG, which is not read; export the picture as PNG"),
        (b"<svg>", "is an SVG, which is not read; export the picture as PNG"),
        (box(b"ftyp", b"crx \0\0\0\1crx isom"), "is a camera's raw file, which is not read; develop it to PNG or JPEG"),
        (box(b"ftyp", b"isom\0\0\0\1isomavc1"), "is a video, which is not read; take a still picture from it"),
        (b"FUJIFILMCCD-RAW", "is a camera's raw file"),
        (bytes(128) + b"DICM", "is a DICOM file, which is not read"),
        (b"\xff\x0a", "is a JPEG XL, which is not read; save the picture as PNG"),
        (b"BMI of the subjects, in the order", "is not a picture (text); give a PNG, JPEG or WebP file"),
        (b"<html>", "is not a picture (a web page)"),
    ],
)
def test_what_is_not_read_is_named_with_a_remedy(data: bytes, reason: str) -> None:
    assert refusal_of(data).startswith(reason)
    with pytest.raises(PictureError):
        decode(data)


def test_a_deflated_tiff_with_a_hole_is_refused_wherever_it_is() -> None:
    pixels = textured(320, 240)
    data = encoded(pixels, "TIFF", compression="tiff_adobe_deflate")
    for at in range(8, len(data) - 1000, len(data) // 20):
        bad = data[:at] + bytes(512) + data[at + 512 :]
        with pytest.raises(PictureError):
            decode(bad)
