"""Frames of a clip: their pixels and times, what is refused, and decoders that hang or fall."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from examples.made_archives import COURSE, H264, LOSSLESS, person, picture, write_clip
from synpain_hf.errors import MissingExtraError, PictureError
from synpain_hf.imaging import clip_decoder, png
from synpain_hf.imaging.change import Change
from synpain_hf.imaging.clip_decoder import ALL_GREY, ANSWER, FRAME, REFUSAL, REQUEST, SIZE, frames_of, serve
from synpain_hf.imaging.clips import ClipReader, survey
from synpain_hf.imaging.png import Pixels

FRAMES = 8


def noise(number: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """A picture that no other number gives."""
    width, height = size
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8))


def pictures() -> list[Image.Image]:
    return [noise(number) for number in range(FRAMES)]


@pytest.fixture(scope="module")
def lossless(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of eight pictures that loses nothing, two a second."""
    path = tmp_path_factory.mktemp("lossless") / "clip.mkv"
    return write_clip(path, pictures(), rate=2, codec=LOSSLESS).read_bytes()


@pytest.fixture(scope="module")
def h264(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip as most are."""
    path = tmp_path_factory.mktemp("h264") / "clip.mp4"
    return write_clip(path, map(smooth, range(FRAMES))).read_bytes()


def smooth(number: int) -> Image.Image:
    return noise(number, (8, 6)).resize((64, 48), Image.Resampling.BICUBIC)


def test_a_lossless_clip_gives_the_pixels_of_its_pictures(lossless: bytes) -> None:
    with ClipReader(lossless) as reader:
        for number, shown in enumerate(pictures()):
            frame = reader.frame(number)
            assert np.array_equal(frame.pixels, np.asarray(shown))
            assert frame.time == number / 2


def test_frames_between_are_passed_over(lossless: bytes) -> None:
    with ClipReader(lossless) as reader:
        assert np.array_equal(reader.frame(1).pixels, np.asarray(pictures()[1]))
        assert reader.next == 2
        assert np.array_equal(reader.frame(7).pixels, np.asarray(pictures()[7]))


def test_a_frame_after_the_last_is_refused(lossless: bytes) -> None:
    with ClipReader(lossless) as reader, pytest.raises(PictureError, match="has no frame 8; it was changed"):
        reader.frame(FRAMES)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("clip.mp4", H264),
        ("clip.mov", ("mpeg4", "yuv420p")),
        ("clip.avi", ("mpeg4", "yuv420p")),
        ("clip.avi", ("mjpeg", "yuvj420p")),
        ("clip.webm", ("libvpx-vp9", "yuv420p")),
        ("clip.mkv", ("libx265", "yuv420p10le")),
    ],
)
def test_clips_of_every_container_are_read(tmp_path: Path, name: str, codec: tuple[str, str]) -> None:
    clip = write_clip(tmp_path / name, map(smooth, range(3)), codec=codec).read_bytes()
    with ClipReader(clip) as reader:
        for number in range(3):
            difference = reader.frame(number).pixels.astype(int) - np.asarray(smooth(number))
            assert np.abs(difference).mean() < 12


def tagged(tmp_path: Path, matrix: int) -> Pixels:
    """What is decoded of a clip of one colour whose YUV is said to be of a standard."""
    path = tmp_path / f"{matrix}.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5, options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.colorspace = matrix
        for _ in range(2):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane, level in zip(frame.planes, (100, 90, 180), strict=True):
                plane.update(bytes([level]) * plane.buffer_size)
            frame.colorspace = matrix
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with ClipReader(path.read_bytes()) as reader:
        return reader.frame(0).pixels


@pytest.mark.parametrize(("matrix", "red", "blue"), [(1, 1.793, 2.112), (5, 1.596, 2.017), (2, 1.596, 2.017)])
def test_colours_are_those_of_the_standard_that_a_clip_names_or_else_of_bt_601(
    tmp_path: Path, matrix: int, red: float, blue: float
) -> None:
    found = tagged(tmp_path, matrix)[20, 20].astype(float)
    luma = 1.164 * (100 - 16)
    assert abs(found[0] - min(255, luma + red * (180 - 128))) <= 2
    assert abs(found[2] - (luma + blue * (90 - 128))) <= 2


def turned(clip: bytes) -> bytes:
    """A clip whose header asks for a quarter turn, as telephones write."""
    at = clip.index(b"tkhd") + 4 + 40
    one, quarter = (1 << 16).to_bytes(4, "big"), (-(1 << 16)).to_bytes(4, "big", signed=True)
    nothing, whole = bytes(4), (1 << 30).to_bytes(4, "big")
    assert clip[at : at + 4] == one
    matrix = b"".join([nothing, one, nothing, quarter, nothing, nothing, nothing, nothing, whole])
    return clip[:at] + matrix + clip[at + 36 :]


def test_a_clip_is_turned_upright(h264: bytes) -> None:
    with ClipReader(h264) as plain, ClipReader(turned(h264)) as reader:
        expected, found = plain.frame(2).pixels, reader.frame(2).pixels
    assert found.shape == (64, 48, 3)
    assert np.array_equal(found, np.rot90(expected, -1))


def sound(path: Path) -> bytes:
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        frame.rate = 8000
        container.mux(stream.encode(frame))
    return path.read_bytes()


def of_two_sizes(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number, size in enumerate(((64, 48), (48, 64))):
            encoder: Any = av.CodecContext.create("mjpeg", "w")
            encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = *size, "yuvj420p", Fraction(1, 5)
            frame = av.VideoFrame.from_ndarray(np.asarray(noise(1, size)), "rgb24").reformat(format="yuvj420p")
            for packet in encoder.encode(frame):
                packet.stream, packet.pts, packet.dts = stream, number, number
                container.mux(packet)
    return path.read_bytes()


def png_file(path: Path) -> bytes:
    return png.encode(np.asarray(noise(0)))


BAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "nothing": (lambda _: b"", r"is not a video \(empty\); give an MP4"),
    "text": (lambda _: b"no video\n", r"is not a video \(text\); give an MP4"),
    "a play list": (lambda _: b"#EXTM3U\nfile:///etc/passwd\n", r"is not a video \(text\)"),
    "a picture": (png_file, r"is not a video \(a picture\)"),
    "sound": (sound, "has no frames, only sound or text; leave it out"),
    "no codec that is used": (
        lambda path: write_clip(path.with_suffix(".avi"), pictures(), codec=("rawvideo", "yuv420p")).read_bytes(),
        "is coded as rawvideo, which is not decoded; convert it to H.264",
    ),
    "frames that are too small": (
        lambda path: write_clip(path.with_suffix(".mp4"), [noise(0, (16, 64))] * 2).read_bytes(),
        "is 16 x 64 pixels, a side under 32",
    ),
    "frames that are too large": (
        lambda path: write_clip(
            path.with_suffix(".avi"), [Image.new("RGB", (4096, 2192))] * 2, codec=("mpeg4", "yuv420p")
        ).read_bytes(),
        "has frames of 4,096 x 2,192 pixels, more than the 8,912,896 that are decoded; scale it down",
    ),
    "frames of two sizes": (
        lambda path: of_two_sizes(path.with_suffix(".mkv")),
        "changes from 64 x 48 yuvj420p to 48 x 64 yuvj420p at frame 1; convert it",
    ),
    "no frames that are described": (
        lambda path: write_clip(path.with_suffix(".mp4"), pictures()).read_bytes()[:32],
        r"does not decode \(.*\); fetch it again, or convert it to H.264",
    ),
    "one frame": (
        lambda path: write_clip(path.with_suffix(".mp4"), [noise(0)]).read_bytes(),
        "has 1 frame, and a neutral and an expressive one are needed; leave it out",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_clip_that_cannot_be_used_is_refused_with_a_remedy(tmp_path: Path, kind: str) -> None:
    made, reason = BAD[kind]
    with pytest.raises(PictureError, match=reason):
        survey(made(tmp_path / "clip"))


@pytest.mark.slow
def test_damage_to_any_frame_is_told(h264: bytes) -> None:
    start = h264.index(b"mdat")
    reasons = []
    for at in range(start + 800, len(h264) - 10, 97):
        damaged = bytearray(h264)
        damaged[at : at + 4] = bytes(4)
        try:
            survey(bytes(damaged))
        except PictureError as error:
            reasons.append(str(error))
    assert any("is damaged at frame" in reason for reason in reasons), reasons


@pytest.mark.parametrize("codec", [H264, ("mpeg4", "yuv420p")])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi"])
@pytest.mark.parametrize("lost", [1, 900])
def test_a_clip_that_is_cut_short_is_told(tmp_path: Path, name: str, codec: tuple[str, str], lost: int) -> None:
    clip = write_clip(tmp_path / name, map(smooth, range(FRAMES)), codec=codec).read_bytes()
    with pytest.raises(PictureError, match=f"is cut short after {len(clip) - lost:,} bytes; fetch it again"):
        ClipReader(clip[:-lost])


def test_a_clip_of_unknown_length_is_read(tmp_path: Path, lossless: bytes) -> None:
    """As a camera leaves it that wrote while it recorded."""
    segment = lossless.index(b"\x18S\x80g") + 4
    unknown = lossless[:segment] + b"\x01" + b"\xff" * 7 + lossless[segment + 8 :]
    assert len(survey(unknown).times) == FRAMES
    avi = write_clip(tmp_path / "clip.avi", map(smooth, range(3)), codec=("mpeg4", "yuv420p")).read_bytes()
    assert len(survey(avi[:4] + bytes(4) + avi[8:]).times) == 3


@pytest.mark.parametrize(("limit", "most", "of"), [("MAX_FRAMES", 5, "frames"), ("MAX_PIXELS_CLIP", 9_999, "pixels")])
def test_more_than_is_decoded_is_refused(
    h264: bytes, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, of: str
) -> None:
    monkeypatch.setattr(clip_decoder, limit, most)
    with pytest.raises(PictureError, match=f"has more than the {most:,} {of} that are decoded; .*cut it"):
        list(frames_of(h264, "mov"))


def test_a_decoder_that_hangs_is_given_up(h264: bytes) -> None:
    with ClipReader(h264) as reader:
        reader.frame(0)
        reader.seconds_frame = 0.2  # not from the start: this machine may be busy
        os.kill(reader.process.pid, signal.SIGSTOP)
        with pytest.raises(PictureError, match="takes too long to decode, and was given up"):
            reader.frame(1)
    assert reader.process.returncode == -signal.SIGKILL


def test_all_frames_together_may_not_take_longer_than_a_clip_may(h264: bytes) -> None:
    with ClipReader(h264, seconds_clip=0) as reader, pytest.raises(PictureError, match="takes too long to decode"):
        list(reader.greys())


def test_a_decoder_that_falls_is_told(h264: bytes) -> None:
    with ClipReader(h264) as reader:
        reader.frame(0)
        os.kill(reader.process.pid, signal.SIGSEGV)
        reader.process.wait()
        with pytest.raises(PictureError, match=r"made the decoder stop \(status -11\); fetch it again"):
            reader.frame(1)


def test_without_pyav_the_extra_is_named(h264: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'synpain-hf\[video\]'"):
        survey(h264)


def answers_to(clip: bytes, *requests: int) -> list[tuple[bytes, int, int]]:
    """Kind, width and height of each answer of the program that decodes."""
    given = io.BytesIO(SIZE.pack(len(clip)) + clip + b"".join(map(REQUEST.pack, requests)))
    answers = io.BytesIO()
    serve("mov", given, answers)
    answers.seek(0)
    found = []
    while head := answers.read(ANSWER.size):
        kind, size, _, width, height, _ = ANSWER.unpack(head)
        assert len(answers.read(size)) == size
        found.append((kind, width, height))
    return found


def test_the_program_answers_each_request_and_then_ends(h264: bytes) -> None:
    assert [kind for kind, _, _ in answers_to(h264, 0, 3)] == [FRAME, FRAME, b"E"]
    assert answers_to(h264, ALL_GREY)[0] == (FRAME, 128, 96)
    assert len(answers_to(h264, ALL_GREY)) == FRAMES + 1
    assert answers_to(b"", 0)[0][0] == REFUSAL


def face(units: float, shift: float = 0.0, light: float = 1.0) -> Image.Image:
    """A face with some share of an expression of pain, elsewhere, or in other light."""
    shown = {unit: value * units for unit, value in COURSE[6].items() if unit != "AU43"}
    pixels = np.asarray(picture(person(3), shown, shift)).astype(np.float64) * light
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def test_the_peak_is_where_an_expression_is_greatest_whatever_light_and_motion_do(tmp_path: Path) -> None:
    expressions = [0, 0, 0.2, 0.5, 0.8, 1.0, 0.7, 0.3, 0, 0]
    shifts = [0, 10, 14, 8, 4, 2, 0, 0, 26, 20]
    lights = [1, 1, 0.98, 0.96, 0.94, 0.92, 0.9, 0.85, 0.8, 0.8]
    frames = [face(*each) for each in zip(expressions, shifts, lights, strict=True)]
    clip = write_clip(tmp_path / "clip.mkv", frames, codec=LOSSLESS).read_bytes()
    greys = np.array([np.asarray(frame.convert("L"), float) for frame in frames])
    assert np.abs(greys - greys[0]).mean(axis=(1, 2)).argmax() != 5  # plain differences are misled
    assert survey(clip).peak == 5


def test_a_frame_that_only_moved_has_changed_less_than_one_with_another_face() -> None:
    grey = [np.asarray(face(*each).convert("L").resize((128, 128))) for each in ((0,), (0, 20), (1,))]
    change = Change(grey[0])
    assert change.to(grey[0]) == 0
    assert 0 < change.to(grey[1]) < change.to(grey[2])
    assert change.to(grey[1], at_least=change.to(grey[1]) - 1) == change.to(grey[1])
    assert change.to(grey[1], at_least=change.to(grey[2])) <= change.to(grey[2])


def test_a_survey_has_the_time_of_each_frame(lossless: bytes) -> None:
    assert survey(lossless).times == tuple(number / 2 for number in range(FRAMES))


@pytest.mark.slow
def test_the_official_videos_peak_where_they_are_seen_to(sample: Path) -> None:
    """The old woman has her eyes shut and her nose wrinkled from frame 78 to 118; the young man smiles from 30 on."""
    for name, first, last in (("1111317410_Pain_woman_Old", 78, 118), ("1000235030_NoPain_man_Young", 30, 121)):
        found = survey((sample / "Videos" / f"{name}.mp4").read_bytes())
        assert len(found.times) == 122
        assert first <= found.peak <= last
        assert found.times[24] == 1.0


def test_memory_does_not_grow_with_the_frames(tmp_path: Path) -> None:
    """A reader holds one frame: it stops the decoder where nobody takes what that has decoded."""
    clip = write_clip(tmp_path / "clip.mp4", (smooth(number % 9) for number in range(400))).read_bytes()
    with ClipReader(clip) as reader:
        assert len(list(islice(reader.greys(), 3))) == 3
        assert reader.process.poll() is None
