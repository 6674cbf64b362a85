from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.decoding import declared_pixels, decode
from tests.imaging.made import Pixels, decoded, encoded, textured

FACE = np.random.default_rng(0).integers(0, 256, (20, 32, 3), np.uint8).repeat(5, axis=0).repeat(5, axis=1)
KINDS = {
    "baseline": encoded(FACE, "JPEG"),
    "progressive": encoded(FACE, "JPEG", progressive=True),
    "restart markers": encoded(FACE, "JPEG", restart_marker_rows=1),
    "RGB": encoded(FACE, "JPEG", keep_rgb=True),
    "grey": encoded(FACE[..., 0], "JPEG"),
}


def pixels_of(data: bytes) -> Pixels:
    raster = decode(data)
    return raster.pixels(raster.width)


def coded(data: bytes) -> int:
    """Where the codes of the first scan begin."""
    scan = data.index(b"\xff\xda")
    return scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big")


def zeroed(data: bytes, at: int) -> bytes:
    return data[:at] + bytes(256) + data[at + 256 :]


def left_over(data: bytes, at: int) -> bytes:
    return data[:-2] + bytes(8) + data[-2:]


def cut_out(data: bytes, at: int) -> bytes:
    return data[:at] + data[at + 200 :]


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_jpeg_is_read(kind: str) -> None:
    assert np.array_equal(pixels_of(KINDS[kind]), decoded(KINDS[kind]))


@pytest.mark.parametrize("damage", [zeroed, left_over, cut_out])
@pytest.mark.parametrize("kind", KINDS)
def test_damage_to_codes_is_mostly_found(kind: str, damage: Callable[[bytes, int], bytes]) -> None:
    data = KINDS[kind]
    found = 0
    places = range(coded(data) + 64, len(data) - 300, (len(data) - coded(data)) // 10)
    for at in places:
        damaged = damage(data, at)
        try:
            decode(damaged)
        except PictureError:
            found += 1
    assert found > len(places) / 2, "some damage leaves codes that are right"


def test_colours_that_are_sampled_in_a_rare_way_are_left_to_pillow() -> None:
    data = bytearray(encoded(FACE[..., 0], "JPEG"))
    frame = data.index(b"\xff\xc0")
    assert data[frame + 11] == 0x11
    data[frame + 11] = 0x13
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(pixels_of(bytes(data)), expected)


def many_scans(scans: int, width: int = 1312, height: int = 736) -> bytes:
    """A progressive JPEG whose last scans add a bit that is zero to every block, in 13 bytes each."""
    data = encoded(np.zeros((height, width), np.uint8), "JPEG", progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x3f\x3f\x10" + b"\x00\x00\x00"
    return data[:-2] + scan * scans + data[-2:]


def test_a_jpeg_of_scans_without_end_is_refused_before_it_is_decoded() -> None:
    data = many_scans(60_000)
    assert len(data) < 10**6
    with pytest.raises(PictureError, match=r"is a JPEG of 60,\d\d\d scans over 1,312 x 736 pixels"):
        decode(data)


def test_what_looks_like_scans_in_a_thumbnail_or_comment_does_not_count() -> None:
    data = encoded(textured(1312, 736), "JPEG", comment=b"\xff\xda\x00\x02" * 10_000)
    assert pixels_of(data).shape == (736, 1312, 3)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0"}])
def test_the_pixels_of_a_picture_are_known_before_it_is_decoded(format_: str, options: dict[str, object]) -> None:
    data = encoded(textured(300, 41), format_, **options)
    assert declared_pixels(data) == 300 * 41
    for length in range(0, 60, 7):
        assert declared_pixels(data[:length]) in (0, 300 * 41)


def test_what_is_no_picture_declares_no_pixels() -> None:
    assert declared_pixels(b"text") == declared_pixels(b"RIFF\0\0\0\0WAVEfmt ") == declared_pixels(b"") == 0
