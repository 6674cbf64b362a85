"""Frames of a clip, decoded within limits by a process that is ended where it hangs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from types import TracebackType
from typing import IO, cast

import numpy as np

from synpain_hf.errors import MissingExtraError, PictureError
from synpain_hf.imaging.change import Change
from synpain_hf.imaging.clip_decoder import ALL_GREY, ANSWER, END, REFUSAL, REQUEST, SIZE
from synpain_hf.imaging.containers import container_of
from synpain_hf.imaging.limits import MAX_SECONDS_CLIP, MAX_SECONDS_FRAME
from synpain_hf.imaging.png import Pixels

_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv.pop(1))
from synpain_hf.imaging.clip_decoder import main
main()
"""
"""The decoder imports what this process would; what stands in the working folder is not looked at."""

_LEAST_FRAMES = 2
_NOTHING = (END, 0, math.nan, 0, 0, 0)


@dataclass(frozen=True)
class Frame:
    """A frame of a clip.

    Attributes:
        pixels: Shape (height, width, 3) in colour, or (height, width); uint8, upright.
        time: In seconds from the first frame; None where that is not known.
    """

    pixels: Pixels
    time: float | None


class ClipReader:
    """Reads frames of one clip, in rising order; a context that ends its decoder.

    Args:
        clip: The file.
        seconds_frame: Longest that the next frame may take.
        seconds_clip: Longest that all may take.

    Attributes:
        process: The decoder.
        seconds_frame: Longest that the next frame may take.
        next: The first frame that can still be read.

    Raises:
        PictureError: If it is not a video.
        MissingExtraError: If PyAV is not installed.
    """

    def __init__(
        self, clip: bytes, *, seconds_frame: float = MAX_SECONDS_FRAME, seconds_clip: float = MAX_SECONDS_CLIP
    ) -> None:
        container = container_of(clip)
        check_decoder()
        self.seconds_frame, self._left, self._hung = seconds_frame, seconds_clip, False
        self.process = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of our own
            [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), container.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._given, self._answers = (cast("IO[bytes]", pipe) for pipe in (self.process.stdin, self.process.stdout))
        self._write(SIZE.pack(len(clip)), clip)
        self.next = 0

    def __enter__(self) -> ClipReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the decoder, whatever it is at."""
        self.process.kill()
        self.process.communicate()

    def frame(self, number: int) -> Frame:
        """A frame in colour.

        Args:
            number: Counted from 0; not before `next`.

        Raises:
            PictureError: If there is no such frame, or the clip is damaged, too large, or takes too long.
        """
        self._write(REQUEST.pack(number))
        found = self._answer(channels=3)
        if found is None:
            raise PictureError(f"has no frame {number:,}; it was changed, so build again")
        self.next = number + 1
        return found

    def greys(self) -> Iterator[Frame]:
        """All frames, small and grey.

        Raises:
            PictureError: If the clip is damaged, too large, or takes too long.
        """
        self._write(REQUEST.pack(ALL_GREY))
        while found := self._answer(channels=1):
            yield found

    def _write(self, *parts: bytes) -> None:
        with self._watched():
            try:
                for part in parts:
                    self._given.write(part)
                self._given.flush()
            except BrokenPipeError:
                self.process.wait()  # the answer, or its lack, tells why

    def _answer(self, channels: int) -> Frame | None:
        """The next frame; None after the last."""
        with self._watched():
            head = self._answers.read(ANSWER.size)
            kind, size, seconds, width, height, turn = ANSWER.unpack(head) if len(head) == ANSWER.size else _NOTHING
            body = self._answers.read(size)
        if len(head) < ANSWER.size or len(body) < size:
            raise PictureError(self._why_it_ended())
        if kind == REFUSAL:
            raise PictureError(body.decode())
        if kind == END:
            return None
        shape = (height, width, channels) if channels > 1 else (height, width)
        upright = np.rot90(np.frombuffer(body, np.uint8).reshape(shape), turn // 90)
        return Frame(np.ascontiguousarray(upright), None if math.isnan(seconds) else seconds)

    def _why_it_ended(self) -> str:
        if self._hung:
            return "takes too long to decode, and was given up; convert it to H.264, or leave it out"
        status = self.process.wait()
        return f"made the decoder stop (status {status}); fetch it again, or convert it to H.264"

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End the decoder if this takes too long."""
        start = time.monotonic()
        watch = Timer(max(0, min(self.seconds_frame, self._left)), self._give_up)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            self._left -= time.monotonic() - start

    def _give_up(self) -> None:
        self._hung = True
        self.process.kill()


def check_decoder() -> None:
    """Refuse to decode where PyAV cannot be loaded.

    Raises:
        MissingExtraError: If it cannot be.
    """
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"videos are decoded with PyAV, which cannot be loaded ({error}); run `pip install 'synpain-hf[video]'`"
        ) from error


@dataclass(frozen=True)
class Survey:
    """What decoding a clip showed.

    Attributes:
        times: When each frame is shown, in seconds from the first; None where that is not known.
        peak: The number of the frame that has changed most from the first.
    """

    times: tuple[float | None, ...]
    peak: int


def survey(clip: bytes) -> Survey:
    """Decode a clip, from its first frame to its last, and find where it has changed most.

    Args:
        clip: The file.

    Raises:
        PictureError: If it cannot be decoded, or has one frame.
        MissingExtraError: If PyAV is not installed.
    """
    times: list[float | None] = []
    change: Change | None = None
    peak, most = 0, 0
    with ClipReader(clip) as reader:
        for number, frame in enumerate(reader.greys()):
            change = change or Change(frame.pixels)
            times.append(frame.time)
            if (changed := change.to(frame.pixels, most)) > most:
                peak, most = number, changed
    if len(times) < _LEAST_FRAMES:
        raise PictureError(f"has {len(times)} frame, and a neutral and an expressive one are needed; leave it out")
    return Survey(tuple(times), peak)
