"""The program that decodes a clip in a process of its own: what hangs or crashes there is ended, and a build goes on.

It reads a clip and requests, and answers with frames; `synpain_hf.imaging.clips` is the other end. FFmpeg is given
bytes, their format, and a short list of codecs, so that no clip can name another file or an old decoder.
"""

from __future__ import annotations

import io
import math
import resource
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import (
    MAX_DECODER_BYTES,
    MAX_FRAMES,
    MAX_PIXELS_CLIP,
    MAX_PIXELS_FRAME,
    MAX_SECONDS_CLIP,
    check_size_of_frames,
)

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

CODECS = frozenset(
    ("av1", "ffv1", "h264", "hevc", "libdav1d", "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "vp8", "vp9")
)
"""FFmpeg's decoders that may be used; it has hundreds, many for formats that nobody has met in years."""

SMALL = 128
"""About the longer side of the grey frames, in pixels."""

BLOCK = 8
"""The sides of grey frames are multiples of this."""

SIZE = struct.Struct("<Q")
"""How many bytes of a clip follow."""

REQUEST = struct.Struct("<q")
"""The number of a frame, from 0, in colour; or `ALL_GREY`, the frames that are left, small and grey."""

ANSWER = struct.Struct("<cQdIIi")
"""How an answer begins: its kind, the bytes that follow, and of a frame time, width, height, and turn in degrees."""

FRAME, END, REFUSAL = b"F", b"E", b"R"
ALL_GREY = -1

_THREADS = 4
_EXACT = "accurate_rnd+bitexact"
"""What makes FFmpeg's conversions the same on every processor."""


class Shown(NamedTuple):
    """A frame of a clip, and its time in seconds from the first one; NaN where that is not known."""

    frame: VideoFrame
    time: float


@dataclass(frozen=True)
class Form:
    """What frames are converted to.

    Attributes:
        scaling: The arguments of FFmpeg's scaler.
        pixels: FFmpeg's name of the pixels.
        channels: Bytes of a pixel.
    """

    scaling: str
    pixels: str
    channels: int


COLOUR = Form(f"flags=bicubic+full_chroma_int+full_chroma_inp+{_EXACT}", "rgb24", 3)


def small_grey(width: int, height: int) -> Form:
    """Small grey frames of a clip with frames of a size."""
    scale = SMALL / max(width, height) / BLOCK
    columns, rows = (max(1, round(side * scale)) * BLOCK for side in (width, height))
    return Form(f"{columns}:{rows}:flags=area+{_EXACT}", "gray", 1)


def serve(container: str, given: BinaryIO, answers: BinaryIO) -> None:
    """Decode a clip as it is asked for.

    Args:
        container: FFmpeg's name of its format.
        given: The clip, and the requests, each for a later frame than the one before.
        answers: The frames; and, where there are no more, that or why.
    """
    clip = given.read(*SIZE.unpack(given.read(SIZE.size)))
    try:
        _answer_all(frames_of(clip, container), given, answers)
        end = ANSWER.pack(END, 0, math.nan, 0, 0, 0)
    except PictureError as error:
        reason = str(error).encode()
        end = ANSWER.pack(REFUSAL, len(reason), math.nan, 0, 0, 0) + reason
    answers.write(end)
    answers.flush()


def _answer_all(frames: Iterator[Shown], given: BinaryIO, answers: BinaryIO) -> None:
    convert: _Converter | None = None
    wanted = _request(given)
    for number, shown in enumerate(frames):
        if wanted not in (number, ALL_GREY):
            continue
        size = shown.frame.width, shown.frame.height
        convert = convert or _Converter(shown.frame, small_grey(*size) if wanted == ALL_GREY else COLOUR)
        convert.write(shown, answers)
        answers.flush()
        wanted = ALL_GREY if wanted == ALL_GREY else _request(given)
        if wanted is None:
            return


def _request(given: BinaryIO) -> int | None:
    """The next request; None where there are no more."""
    read = given.read(REQUEST.size)
    return int(REQUEST.unpack(read)[0]) if len(read) == REQUEST.size else None


class _Converter:
    """Converts the frames of a clip, which are all alike.

    Args:
        frame: One of them.
        form: What they become.
    """

    def __init__(self, frame: VideoFrame, form: Form) -> None:
        from av.filter import Graph

        self._form, self._graph = form, Graph()
        filters = [
            self._graph.add_buffer(
                width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
            ),
            self._graph.add("scale", form.scaling),
            self._graph.add("format", form.pixels),
            self._graph.add("buffersink"),
        ]
        self._graph.link_nodes(*filters).configure()

    def write(self, shown: Shown, answers: BinaryIO) -> None:
        """Answer with a frame: its rows, without what stands between them in memory."""
        self._graph.push(shown.frame)
        converted = cast("VideoFrame", self._graph.pull())
        (plane,) = converted.planes
        row, stored, pixels = converted.width * self._form.channels, plane.line_size, memoryview(plane)
        turn = round(shown.frame.rotation) % 360
        answers.write(ANSWER.pack(FRAME, row * converted.height, shown.time, converted.width, converted.height, turn))
        answers.writelines(pixels[start : start + row] for start in range(0, stored * converted.height, stored))


def frames_of(clip: bytes, container: str) -> Iterator[Shown]:
    """Every frame of a clip, in the order in which they are shown.

    Raises:
        PictureError: If it cannot be decoded, is damaged, or goes beyond what is decoded.
    """
    import av

    try:
        with av.open(io.BytesIO(clip), format=container) as opened:
            yield from _decoded(opened, _stream_of(opened))
    except PictureError:
        raise
    except (av.error.FFmpegError, EOFError, ValueError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PictureError(f"does not decode ({reason}); fetch it again, or convert it to H.264") from error
    except MemoryError as error:
        raise PictureError("takes more memory than a decoder may have; scale it down") from error


def _stream_of(opened: InputContainer) -> VideoStream:
    """The first video stream, with limits."""
    if not opened.streams.video:
        raise PictureError("has no frames, only sound or text; leave it out")
    stream = opened.streams.video[0]
    codec = stream.codec_context
    name = "an unknown codec" if codec is None else codec.codec.name
    if name not in CODECS:
        raise PictureError(f"is coded as {name}, which is not decoded; convert it to H.264")
    check_size_of_frames(codec.width, codec.height)
    codec.options = {"max_pixels": str(MAX_PIXELS_FRAME)}
    codec.thread_type, codec.thread_count = "AUTO", _THREADS
    return stream


def _decoded(opened: InputContainer, stream: VideoStream) -> Iterator[Shown]:
    first: VideoFrame | None = None
    for number, frame in enumerate(opened.decode(stream)):
        first = first or frame
        if number == MAX_FRAMES:
            raise PictureError(f"has more than the {MAX_FRAMES:,} frames that are decoded; cut it into parts")
        if number * frame.width * frame.height > MAX_PIXELS_CLIP:
            raise PictureError(
                f"has more than the {MAX_PIXELS_CLIP:,} pixels that are decoded; scale it down, or cut it"
            )
        if frame.is_corrupt:
            raise PictureError(f"is damaged at frame {number:,}; fetch it again")
        if _kind(frame) != _kind(first):
            raise PictureError(
                f"changes from {_kind(first)} to {_kind(frame)} at frame {number:,}; convert it to frames of one kind"
            )
        yield Shown(frame, _time_of(number, frame, first, stream))


def _kind(frame: VideoFrame) -> str:
    return f"{frame.width} x {frame.height} {frame.format.name}"


def _time_of(number: int, frame: VideoFrame, first: VideoFrame, stream: VideoStream) -> float:
    if frame.pts is not None and first.pts is not None and frame.time_base:
        return float((frame.pts - first.pts) * frame.time_base)
    return float(number / stream.average_rate) if stream.average_rate else math.nan


def main() -> None:
    """Serve on the standard streams, within limits of memory and processor time."""
    seconds = round(MAX_SECONDS_CLIP) * _THREADS
    for limit, most in ((resource.RLIMIT_AS, MAX_DECODER_BYTES), (resource.RLIMIT_CPU, seconds)):
        with suppress(ValueError, OSError):  # less is allowed already, or this system has no such limit
            resource.setrlimit(limit, (most, most))
    serve(sys.argv[1], sys.stdin.buffer, sys.stdout.buffer)
