"""Bounds on what is decoded, checked before any pixel is decoded."""

from __future__ import annotations

from synpain_hf.errors import PictureError, UsageError

MAX_BYTES = 256 * 2**20
"""Largest encoded picture read, in bytes."""

MAX_PIXELS = 64_000_000
"""Largest picture decoded, in pixels: an official composite has one million."""

FREE_PIXELS, PIXELS_IN_BYTE = 24_000_000, 24
"""A picture of more than 6000 x 4000 pixels has at most so many for each byte of its file: small files cost little."""

SHARES = 8
"""Into how many shares `MAX_PIXELS` are divided; over all workers of a build, so much of large pictures is decoded."""

MAX_SAMPLES_JPEG_2000 = 60_000_000
"""Largest JPEG 2000 decoded, in pixels times channels: OpenJPEG holds every sample in four bytes, several times."""

MAX_PIXELS_AVIF = 24_000_000
"""Largest AVIF decoded, in pixels: libavif and Pillow hold it in several forms at once."""

MAX_PIXELS_OF_RUNS = 4_000_000
"""Largest BMP of runs decoded, in pixels: Pillow's decoder of these is written in Python."""

STRIP_PIXELS = 4_000_000
"""Pixels that are converted at a time, so that a large picture is not held in several forms at once."""

MAX_SCANNED = 1_000_000_000
"""Most pixels that the scans of a JPEG may pass over: fifteen times the largest picture."""

MOST_SMOOTHING = 0.1
"""Standard deviation of the Gaussian by which faces are smoothed at most, as a share of their side."""

MIN_SIDE = 32
"""Smallest side of a face, in pixels."""

MAX_PIXELS_FRAME = 8_912_896
"""Largest frame of a clip decoded, in pixels: 4096 x 2176, of which a decoder holds two dozen; official ones have one
million."""

MAX_FRAMES = 20_000
"""Most frames of a clip: eleven minutes at 30 a second."""

MAX_PIXELS_CLIP = 40_000_000_000
"""Most pixels of all frames of a clip together: those of so many frames in full HD."""

MAX_DECODER_BYTES = 4 * 2**30
"""Most addresses that a decoder of clips may ask for, in bytes; one of the largest frames has half a GiB."""

MAX_SECONDS_FRAME, MAX_SECONDS_CLIP = 60.0, 1800.0
"""Longest that a decoder may take for the next frame, and for all frames of a clip; an official clip takes one."""


def check_size(width: int, height: int, size: int | None = None) -> None:
    """Refuse a picture by its declared size.

    Args:
        width: Its columns.
        height: Its rows.
        size: Of its file, in bytes; None where it is decoded already.

    Raises:
        PictureError: If it has more than `MAX_PIXELS` pixels, or very many for its file, or a side under `MIN_SIDE`.
    """
    most = MAX_PIXELS if size is None else min(MAX_PIXELS, max(FREE_PIXELS, PIXELS_IN_BYTE * size))
    if width * height > most:
        of_so_few = f" from a file of {size:,} bytes" if most < MAX_PIXELS else ""
        raise PictureError(
            f"is {width:,} x {height:,} pixels, more than the {most:,} that are decoded{of_so_few}; scale it down"
        )
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"is {width} x {height} pixels, a side under {MIN_SIDE}; take it from the original, larger picture"
        )


def check_size_of_kind(width: int, height: int, most: int, kind: str) -> None:
    """Refuse a picture of a kind whose decoder takes much memory.

    Args:
        width: Its columns.
        height: Its rows.
        most: How many pixels it may have.
        kind: What it is, in a few words.

    Raises:
        PictureError: If it has more.
    """
    if width * height > most:
        raise PictureError(
            f"is {width:,} x {height:,} pixels, more than the {most:,} of {kind} that are read; save it as PNG, or "
            "scale it down"
        )


def check_size_of_frames(width: int, height: int) -> None:
    """Refuse a clip by the size of its frames.

    Raises:
        PictureError: If they have more than `MAX_PIXELS_FRAME` pixels, or a side under `MIN_SIDE`.
    """
    if width * height > MAX_PIXELS_FRAME:
        raise PictureError(
            f"has frames of {width:,} x {height:,} pixels, more than the {MAX_PIXELS_FRAME:,} that are decoded; "
            "scale it down"
        )
    check_size(width, height)


def check_crop_box(box: list[float]) -> None:
    """Refuse a part of a picture: left, top, right and bottom, as shares of its sides.

    Raises:
        UsageError: If it is not within the picture, or empty.
    """
    rules = (
        ("there must be four numbers", len(box) == 4),
        ("all must be from 0 to 1", all(0 <= share <= 1 for share in box)),
        ("left must be less than right", box[:1] < box[2:3]),
        ("top must be less than bottom", box[1:2] < box[3:4]),
    )
    broken = next((rule for rule, is_kept in rules if not is_kept), None)
    if broken:
        raise UsageError(f"is {box}; give left, top, right and bottom as shares of a picture: {broken}", "crop_box")


def check_smoothing(share: float) -> None:
    """Refuse a standard deviation by which faces are smoothed, as a share of their side.

    Raises:
        UsageError: If it is less than nothing, or so large that little is left of a face.
    """
    if not 0 <= share <= MOST_SMOOTHING:
        raise UsageError(f"is {share}; give a number from 0 to {MOST_SMOOTHING}", "smoothing")
