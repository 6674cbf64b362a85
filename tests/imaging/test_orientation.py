from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.orientation import orientation, upright
from synpain_hf.imaging.png import FilteredPng
from tests.imaging.made import Pixels, chunk, decoded, encoded, filtered_png, textured

RGB = textured(48, 40)
ATTRIBUTE = '<x:xmpmeta><rdf:Description tiff:Make="a" tiff:Orientation="{}"/></x:xmpmeta>'
ELEMENT = "<x:xmpmeta><rdf:Description>\n<tiff:Orientation>{}</tiff:Orientation></rdf:Description></x:xmpmeta>"


def exif(turn: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = turn
    return block.tobytes()


def raw_profile(body: bytes, kind: str) -> str:
    """Metadata as ImageMagick writes them into text."""
    digits = body.hex()
    lines = [digits[at : at + 72] for at in range(0, len(digits), 72)]
    return f"\n{kind}\n{len(body):8}\n" + "\n".join(lines) + "\n"


def png_text(keyword: str, text: str, *, international: bool = False, compress: bool = False) -> bytes:
    info = PngImagePlugin.PngInfo()
    if international:
        info.add_itxt(keyword, text, zip=compress)
    else:
        info.add_text(keyword, text, zip=compress)
    return encoded(RGB, pnginfo=info)


XMP_IN_PNG = "XML:com.adobe.xmp"
WAYS: dict[str, Callable[[int], bytes]] = {
    "XMP in a PNG": lambda turn: png_text(XMP_IN_PNG, ATTRIBUTE.format(turn), international=True),
    "XMP in a PNG, compressed": lambda turn: png_text(
        XMP_IN_PNG, ELEMENT.format(turn), international=True, compress=True
    ),
    "XMP in a JPEG": lambda turn: encoded(RGB, "JPEG", xmp=ATTRIBUTE.format(turn).encode()),
    "XMP in a JPEG, an element": lambda turn: encoded(RGB, "JPEG", xmp=ELEMENT.format(turn).encode()),
    "XMP in a WebP": lambda turn: encoded(RGB, "WEBP", lossless=True, xmp=ATTRIBUTE.format(turn).encode()),
    "raw EXIF profile": lambda turn: png_text("Raw profile type exif", raw_profile(exif(turn), "exif")),
    "raw EXIF profile, compressed": lambda turn: png_text(
        "Raw profile type exif", raw_profile(exif(turn), "exif"), compress=True
    ),
    "raw APP1 profile": lambda turn: png_text("Raw profile type APP1", raw_profile(exif(turn), "APP1")),
    "raw XMP profile": lambda turn: png_text(
        "Raw profile type xmp", raw_profile(ATTRIBUTE.format(turn).encode(), "xmp")
    ),
}
TURNS = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""Pillow's transposition for each orientation."""


def turned(data: bytes, turn: int) -> Pixels:
    """The pixels of a file, turned by Pillow."""
    method = TURNS[turn]
    image = Image.fromarray(decoded(data))
    return np.asarray(image if method is None else image.transpose(Image.Transpose(method)))


def pixels_of(data: bytes) -> Pixels:
    raster = decode(data)
    return raster.pixels(raster.width)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("way", WAYS)
def test_a_picture_is_turned_however_that_is_said(way: str, turn: int) -> None:
    data = WAYS[way](turn)
    expected = turned(data, turn)
    assert np.array_equal(pixels_of(data), expected)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(upright(image)), expected)


@pytest.mark.parametrize("way", [name for name in WAYS if "APP1" not in name and "raw XMP" not in name])
def test_what_pillow_has_turned_is_not_turned_again(way: str) -> None:
    with Image.open(io.BytesIO(WAYS[way](6))) as image:
        once = ImageOps.exif_transpose(image)
    assert np.array_equal(np.asarray(upright(once)), np.asarray(once))
    assert once.size == (40, 48)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(("by_exif", "by_xmp", "expected"), [(6, 3, 6), (1, 3, 1), (0, 3, 1), (None, 3, 3)])
def test_exif_comes_before_xmp_as_in_pillow(format_: str, by_exif: int | None, by_xmp: int, expected: int) -> None:
    options: dict[str, Any] = {} if by_exif is None else {"exif": exif(by_exif)}
    if format_ == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt(XMP_IN_PNG, ATTRIBUTE.format(by_xmp))
    else:
        options["xmp"] = ATTRIBUTE.format(by_xmp).encode()
    data = encoded(RGB, format_, **options)
    assert np.array_equal(pixels_of(data), turned(data, expected))
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(ImageOps.exif_transpose(image)), turned(data, expected))


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(chunk(b"iTXt", f"{XMP_IN_PNG}\0\0\0\0\0{ATTRIBUTE.format(1)}".encode()), id="upright"),
        pytest.param(chunk(b"iTXt", f"{XMP_IN_PNG}\0\0\0\0\0{ATTRIBUTE.format(9)}".encode()), id="no such turn"),
        pytest.param(chunk(b"iTXt", f"{XMP_IN_PNG}\0\1\0\0\0nothing compressed".encode()), id="damaged iTXt"),
        pytest.param(chunk(b"iTXt", XMP_IN_PNG.encode()), id="keyword alone"),
        pytest.param(chunk(b"zTXt", b"Raw profile type exif\0\0"), id="empty zTXt"),
        pytest.param(chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 4\nno digits"), id="no hexadecimal"),
        pytest.param(chunk(b"tEXt", f"comment\0{ATTRIBUTE.format(6)}".encode("latin-1")), id="another keyword"),
    ],
)
def test_text_that_asks_for_no_turn_leaves_a_png_as_it_is_stored(extra: bytes) -> None:
    data = filtered_png(RGB, [1] * 40, [extra])
    assert isinstance(decode(data), FilteredPng)
    assert np.array_equal(pixels_of(data), RGB)


def test_compressed_text_is_not_inflated_without_end() -> None:
    bomb = b"Raw profile type exif\0\0" + zlib.compress(bytes(200 * 2**20), 9)
    assert np.array_equal(pixels_of(filtered_png(RGB, [1] * 40, [chunk(b"zTXt", bomb)])), RGB)


def test_blanks_in_xmp_do_not_matter() -> None:
    assert orientation({"xmp": b"<tiff:Orientation>\n 6 \n</tiff:Orientation>"}) == 6
    assert orientation({"xmp": b"<rdf:Description tiff:Orientation = '8'/>"}) == 8


@pytest.mark.parametrize("value", [None, b"", "", b"tiff:Orientation", "tiff:Orientation='x'", b"\xff\xfe"])
def test_xmp_that_says_nothing_asks_for_no_turn(value: Any) -> None:
    assert orientation({"xmp": value}) == 1
