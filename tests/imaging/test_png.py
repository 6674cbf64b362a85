from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.png import FilteredPng, encode
from synpain_hf.imaging.png_chunks import SIGNATURE
from tests.imaging.made import (
    Pixels,
    chunk,
    decoded,
    encoded,
    filtered_png,
    filtered_rows,
    header,
    png,
    textured,
)

WIDTH, HEIGHT = 37, 33
SIZES = st.integers(32, 41)


def noise(width: int, height: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def parsed(data: bytes) -> FilteredPng:
    image = FilteredPng.parse(data)
    assert image is not None
    return image


def filters_of(seed: int, height: int) -> list[int]:
    return list(np.random.default_rng(seed).integers(0, 5, height))


def exif(**tags: Any) -> bytes:
    block = Image.Exif()
    block.update({0x0112: tags["orientation"]} if tags else {})
    return chunk(b"eXIf", block.tobytes().removeprefix(b"Exif\x00\x00"))


PIXELS = noise(WIDTH, HEIGHT)
PLAIN = filtered_png(PIXELS, filters_of(0, HEIGHT))
INFLATED = b"".join(filtered_rows(PIXELS, [2] * HEIGHT))


@settings(max_examples=150)
@given(SIZES, SIZES, st.integers(0, 999), st.data())
def test_a_crop_equals_the_crop_of_the_decoded_picture(width: int, height: int, seed: int, data: st.DataObject) -> None:
    pixels = noise(width, height, seed)
    filters = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    image = parsed(filtered_png(pixels, filters, idats=data.draw(st.integers(1, 3))))
    start = data.draw(st.integers(0, width - 1))
    stop = data.draw(st.integers(start + 1, width))
    left = image.pixels(stop)
    assert np.array_equal(left, pixels[:, :stop])
    assert np.array_equal(decoded(image.crop_png(start, stop, left[:, start])), pixels[:, start:stop])


@pytest.mark.parametrize("first", range(5))
@pytest.mark.parametrize("others", range(5))
def test_a_crop_is_right_for_every_filter_in_the_first_row_and_below(first: int, others: int) -> None:
    image = parsed(filtered_png(PIXELS, [first] + [others] * (HEIGHT - 1)))
    for start in (0, 1, WIDTH // 2, WIDTH - 1):
        assert np.array_equal(decoded(image.crop_png(start, WIDTH, PIXELS[:, start])), PIXELS[:, start:])


def test_every_crop_of_one_picture_is_right() -> None:
    image = parsed(PLAIN)
    for start in range(0, WIDTH, 5):
        for stop in range(start + 1, WIDTH + 1, 3):
            assert np.array_equal(decoded(image.crop_png(start, stop, PIXELS[:, start])), PIXELS[:, start:stop])


def test_a_crop_is_a_valid_png_of_its_own() -> None:
    cropped = parsed(PLAIN).crop_png(5, 20, PIXELS[:, 5])
    kinds = []
    position = len(SIGNATURE)
    while position < len(cropped):
        length, kind = struct.unpack_from(">I4s", cropped, position)
        body = cropped[position + 8 : position + 8 + length]
        assert cropped[position : position + 12 + length] == chunk(kind, body)
        kinds.append(kind)
        position += 12 + length
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


class TestWithoutMetadata:
    def test_a_file_of_pixels_alone_is_kept_as_it_is(self) -> None:
        for idats in (1, 3):
            data = filtered_png(PIXELS // 8, filters_of(0, HEIGHT), idats=idats)
            assert parsed(data).without_metadata(data) is data

    @pytest.mark.parametrize("extra", [chunk(b"tEXt", b"Author\0somebody"), chunk(b"tIME", b""), exif()])
    def test_metadata_are_left_out_and_the_compressed_pixels_kept(self, extra: bytes) -> None:
        plain = filtered_png(PIXELS // 8, filters_of(0, HEIGHT))
        for data in (plain[:33] + extra + plain[33:], plain[:-12] + extra + plain[-12:], plain + b"somebody"):
            assert parsed(data).without_metadata(data) == plain

    def test_pixels_that_are_hardly_compressed_are_not_kept(self) -> None:
        assert parsed(PLAIN).without_metadata(PLAIN) is None

    def test_what_stands_behind_the_pixels_is_not_kept(self) -> None:
        hidden = zlib.compress(b"".join(filtered_rows(PIXELS // 8, [2] * HEIGHT))) + b"somebody"
        data = png(header(WIDTH, HEIGHT), chunk(b"IDAT", hidden))
        assert parsed(data).without_metadata(data) is None


def test_a_parsed_png_knows_its_size() -> None:
    image = parsed(PLAIN)
    assert (image.width, image.height) == (WIDTH, HEIGHT)


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 999), st.sampled_from([2, 17, 255]))
def test_what_is_encoded_is_decoded_unchanged(width: int, height: int, seed: int, levels: int) -> None:
    pixels = noise(width, height, seed) % np.uint8(levels)
    assert np.array_equal(decoded(encode(pixels)), pixels)


def test_a_smooth_picture_becomes_small() -> None:
    pixels = textured(200, 150)
    assert len(encode(pixels)) < pixels.nbytes / 20


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encoded(PIXELS[..., 0]), id="grey"),
        pytest.param(encoded(textured(40, 40, channels=4)), id="RGBA"),
        pytest.param(filtered_png(PIXELS, [0] * HEIGHT, [chunk(b"tRNS", bytes(6))]), id="transparent colour"),
        pytest.param(filtered_png(PIXELS, [0] * HEIGHT, [chunk(b"acTL", bytes(8))]), id="animated"),
        pytest.param(filtered_png(PIXELS, [0] * HEIGHT, [exif(orientation=6)]), id="rotated"),
        pytest.param(png(header(40, 40, 16, 2, 0, 0, 0), chunk(b"IDAT", zlib.compress(bytes(40 * 241)))), id="16 bits"),
        pytest.param(png(header(40, 40, 8, 2, 0, 0, 1), chunk(b"IDAT", zlib.compress(bytes(9999)))), id="interlaced"),
    ],
)
def test_a_png_of_another_kind_is_left_to_another_reader(data: bytes) -> None:
    assert FilteredPng.parse(data) is None


@pytest.mark.parametrize(
    "extra",
    [
        exif(),
        exif(orientation=1),
        chunk(b"eXIf", b""),
        chunk(b"eXIf", b"MM\x00*\xff\xff\xff\xff"),
        chunk(b"eXIf", b"II*\x00\x08\x00\x00\x00\xff\xff\x12\x01"),
        chunk(b"eXIf", b"no EXIF at all"),
        chunk(b"tEXt", b"prompt\x00an old man"),
        chunk(b"iCCP", b"profile\x00\x00damaged"),
        chunk(b"gAMA", struct.pack(">I", 45455)),
    ],
)
def test_chunks_that_turn_nothing_change_nothing(extra: bytes) -> None:
    image = parsed(filtered_png(PIXELS, [4] * HEIGHT, [extra]))
    assert np.array_equal(image.pixels(WIDTH), PIXELS)


def right_or_refused(data: bytes, pixels: Pixels) -> None:
    try:
        raster = decode(data)
    except PictureError:
        return
    assert np.array_equal(raster.pixels(raster.width), pixels)


def interlaced_png() -> bytes:
    """Made of seven passes, each filtered by itself (Adam7)."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, across, down in passes:
        part = PIXELS[y::down, x::across]
        rows += b"".join(filtered_rows(part, [1] * part.shape[0]))
    return png(header(WIDTH, HEIGHT, 8, 2, 0, 0, 1), chunk(b"IDAT", zlib.compress(rows)))


GREY = PIXELS[..., :1].repeat(3, axis=2)
KINDS = {"plain": (PLAIN, PIXELS), "grey": (encoded(PIXELS[..., 0]), GREY), "interlaced": (interlaced_png(), PIXELS)}


@pytest.mark.parametrize("kind", KINDS)
def test_an_undamaged_png_of_each_kind_is_read(kind: str) -> None:
    data, pixels = KINDS[kind]
    raster = decode(data)
    assert np.array_equal(raster.pixels(raster.width), pixels)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(st.data())
def test_a_flipped_bit_never_changes_a_pixel(kind: str, data: st.DataObject) -> None:
    original, pixels = KINDS[kind]
    damaged = bytearray(original)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    right_or_refused(bytes(damaged), pixels)


@pytest.mark.parametrize("kind", KINDS)
def test_a_png_cut_short_anywhere_is_refused(kind: str) -> None:
    data, _ = KINDS[kind]
    for length in [*range(60), *range(60, len(data), 97), *range(len(data) - 13, len(data))]:
        with pytest.raises(PictureError):
            decode(data[:length])


@given(st.data())
def test_damage_with_a_right_checksum_never_changes_a_pixel_either(data: st.DataObject) -> None:
    body = bytearray(zlib.compress(INFLATED))
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    right_or_refused(png(header(WIDTH, HEIGHT), chunk(b"IDAT", bytes(body))), PIXELS)


def idat(inflated: bytes) -> bytes:
    return chunk(b"IDAT", zlib.compress(inflated))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(png(header(WIDTH, HEIGHT), idat(INFLATED + b"\0")), "damaged", id="a byte too many"),
        pytest.param(png(header(WIDTH, HEIGHT), idat(INFLATED * 9)), "damaged", id="nine times too many"),
        pytest.param(png(header(WIDTH, HEIGHT), idat(INFLATED[:-1])), "damaged", id="a byte too few"),
        pytest.param(png(header(WIDTH, HEIGHT), idat(b"")), "damaged", id="no pixels inflated"),
        pytest.param(png(header(WIDTH, HEIGHT), chunk(b"IDAT", b"")), "cannot be inflated", id="empty IDAT"),
        pytest.param(png(header(WIDTH, HEIGHT)), "a part is missing", id="no IDAT"),
        pytest.param(png(header(WIDTH, HEIGHT), chunk(b"IDAT", b"?" * 99)), "cannot be inflated", id="no zlib"),
        pytest.param(png(header(WIDTH, HEIGHT), idat(b"\5" + INFLATED[1:])), "unknown row filter", id="filter 5"),
        pytest.param(png(idat(INFLATED)), "no header", id="no IHDR"),
        pytest.param(SIGNATURE, "no header", id="signature alone"),
        pytest.param(PLAIN[:-12], "cut short", id="no IEND"),
        pytest.param(PLAIN[:-1], "cut short", id="half an IEND"),
        pytest.param(png(header(100_000, 100_000), idat(INFLATED)), r"100,000 x 100,000 .* scale it down", id="bomb"),
        pytest.param(png(header(100_000, 100_000, 8, 0, 0, 0, 0), idat(b"")), r"100,000 x 100,000", id="grey bomb"),
        pytest.param(png(header(2**32 - 1, 2**32 - 1), idat(b"")), "scale it down", id="greatest numbers"),
        pytest.param(png(header(0, 0), idat(b"")), r"0 x 0 pixels, a side under 32", id="nothing"),
        pytest.param(png(header(0, HEIGHT), idat(b"")), r"0 x 33 pixels", id="no columns"),
        pytest.param(png(header(WIDTH, 0), idat(b"")), r"37 x 0 pixels", id="no rows"),
        pytest.param(png(header(31, 400), idat(b"")), r"31 x 400 pixels, a side under 32", id="narrow"),
        pytest.param(
            png(header(40, 40, 16, 2, 0, 0, 0), chunk(b"tRNS", bytes(6)), idat(b"")), "16 bits", id="16-bit colour key"
        ),
        pytest.param(
            png(header(40, 40, 2, 0, 0, 0, 0), chunk(b"tRNS", bytes(2)), idat(b"")), "2 bits", id="2-bit colour key"
        ),
    ],
)
def test_a_png_that_cannot_be_right_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PictureError, match=reason):
        decode(data)


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param((header(1, 1), idat(INFLATED)), id="a second header"),
        pytest.param((idat(INFLATED), chunk(b"PLTE", bytes(6)), idat(INFLATED)), id="pixels in two places"),
        pytest.param((idat(INFLATED), chunk(b"PLTE", bytes(6))), id="a palette after the pixels"),
        pytest.param((chunk(b"NEED", b""), idat(INFLATED)), id="a part that must be understood, and is not"),
    ],
)
def test_a_png_whose_parts_are_not_in_their_places_is_refused(chunks: tuple[bytes, ...]) -> None:
    with pytest.raises(PictureError, match="a part is missing, unknown, or not in its place"):
        decode(png(header(WIDTH, HEIGHT), *chunks))


def test_many_packed_texts_of_a_png_are_not_unpacked() -> None:
    packed = zlib.compress(bytes(2**20))
    texts = (chunk(b"zTXt", f"Raw profile type {number}".encode() + bytes(2) + packed) for number in range(100))
    tracemalloc.start()
    try:
        assert parsed(png(header(WIDTH, HEIGHT), *texts, idat(INFLATED))).width == WIDTH
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    finally:
        tracemalloc.stop()


def test_what_stands_after_the_end_is_not_read() -> None:
    assert np.array_equal(parsed(PLAIN + b"left over" * 99).pixels(WIDTH), PIXELS)


@pytest.mark.parametrize(
    "order",
    [("PLTE", "IDAT", "tRNS"), ("tRNS", "PLTE", "IDAT"), ("PLTE", "PLTE", "IDAT"), ("PLTE", "tRNS", "tRNS", "IDAT")],
)
def test_a_palette_or_transparency_out_of_its_place_or_twice_is_refused(order: tuple[str, ...]) -> None:
    parts = {"PLTE": chunk(b"PLTE", bytes(6)), "tRNS": chunk(b"tRNS", bytes(2)), "IDAT": idat(bytes(41 * 40))}
    right = png(header(40, 40, 8, 3, 0, 0, 0), *(parts[kind] for kind in ("PLTE", "tRNS", "IDAT")))
    assert decode(right).width == 40
    with pytest.raises(PictureError, match="a part is missing, unknown, or not in its place"):
        decode(png(header(40, 40, 8, 3, 0, 0, 0), *(parts[kind] for kind in order)))


def test_a_palette_with_more_transparent_colours_than_colours_is_refused() -> None:
    chunks = (header(40, 40, 8, 3, 0, 0, 0), chunk(b"PLTE", bytes(6)), chunk(b"tRNS", bytes(3)), idat(bytes(41 * 40)))
    with pytest.raises(PictureError, match="more colours are transparent than there are"):
        decode(png(*chunks))


ROWS, COLUMNS = 40, 44
KINDS_OF_PIXELS = {
    "grey": (8, 0, 1), "grey of 1 bit": (1, 0, 1), "grey of 16 bits": (16, 0, 1), "RGB": (8, 2, 3),
    "RGB of 16 bits": (16, 2, 3), "palette": (8, 3, 1), "palette of 4 bits": (4, 3, 1), "grey and alpha": (8, 4, 2),
    "RGBA": (8, 6, 4),
}  # fmt: skip
PLTE = chunk(b"PLTE", bytes(range(48)) * 16)


def blank(depth: int, colour: int, channels: int, rows: int, *extra: bytes) -> bytes:
    """A PNG that promises 40 rows, and holds so many."""
    row = bytes(1 + -(-COLUMNS * depth * channels // 8))
    return png(header(COLUMNS, ROWS, depth, colour, 0, 0, 0), *extra, idat(row * rows))


@pytest.mark.parametrize("kind", KINDS_OF_PIXELS)
def test_rows_that_are_missing_are_missed_in_every_kind_of_png(kind: str) -> None:
    depth, colour, channels = KINDS_OF_PIXELS[kind]
    extra = [PLTE] if colour == 3 else []
    assert decode(blank(depth, colour, channels, ROWS, *extra)).height == ROWS
    for rows in (0, 10, ROWS - 1):
        with pytest.raises(PictureError, match=r"is a damaged PNG \([\d,]+ bytes of pixels, not [\d,]+\); fetch it"):
            decode(blank(depth, colour, channels, rows, *extra))


def test_rows_that_are_missing_are_missed_where_a_png_is_interlaced() -> None:
    whole = interlaced_png()
    assert decode(whole).height == HEIGHT
    pixels = zlib.decompress(whole[whole.index(b"IDAT") + 4 : -16])
    with pytest.raises(PictureError, match="bytes of pixels, not"):
        decode(png(header(WIDTH, HEIGHT, 8, 2, 0, 0, 1), idat(pixels[:-1])))


@pytest.mark.parametrize("extra", [[], [chunk(b"PLTE", b"")]], ids=["none", "empty"])
def test_a_palette_that_is_missing_is_missed(extra: list[bytes]) -> None:
    with pytest.raises(PictureError, match=r"is a damaged PNG \(its palette is missing\); fetch it again"):
        decode(blank(8, 3, 1, ROWS, *extra))


def test_an_unknown_colour_type_is_refused() -> None:
    with pytest.raises(PictureError, match="an unknown colour type, 5"):
        decode(blank(8, 5, 1, ROWS))


def test_a_large_picture_is_read_and_written_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = noise(300, 700)
    monkeypatch.setattr("synpain_hf.imaging.png.STRIP_PIXELS", 300 * 64)
    monkeypatch.setattr("synpain_hf.imaging.decoding.STRIP_PIXELS", 300 * 64)
    assert np.array_equal(decoded(encode(pixels)), pixels)
    plain = parsed(filtered_png(pixels, filters_of(0, 700)))
    assert np.array_equal(plain.pixels(300), pixels)
    assert np.array_equal(plain.pixels(211), pixels[:, :211])
    for data in (encoded(pixels, "WEBP", lossless=True), encoded(np.dstack([pixels, pixels[..., 0]]))):
        raster = decode(data)
        with Image.open(io.BytesIO(data)) as image:
            white = Image.new("RGBA", image.size, "white")
            expected = np.asarray(Image.alpha_composite(white, image.convert("RGBA")).convert("RGB"))
        assert np.array_equal(raster.pixels(300), expected)
