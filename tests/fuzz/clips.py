"""Clips: whatever is in them, they are decoded or refused, and no decoder outlives its case."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from examples.made_archives import H264, write_clip
from synpain_hf.imaging.clips import survey
from tests.fuzz.damage import BYTES, Damage
from tests.fuzz.running import Files
from tests.imaging.made import textured

_NAME = "clip"
_KINDS = (
    ("clip.mp4", H264),
    ("clip.mov", ("mjpeg", "yuvj420p")),
    ("clip.mkv", H264),
    ("clip.webm", ("libvpx-vp9", "yuv420p")),
    ("clip.avi", ("mpeg4", "yuv420p")),
)


def make() -> Iterator[Files]:
    """A small clip in every container."""
    pictures = [Image.fromarray(textured(64, 48, seed=seed)) for seed in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        for name, codec in _KINDS:
            yield {_NAME: write_clip(Path(folder, name), pictures, codec=codec).read_bytes()}


def use(given: Path, _: Path) -> str:
    """Decode it."""
    found = survey((given / _NAME).read_bytes())
    return "decoded" if len(found.times) > 1 else "one frame"


DAMAGES: dict[str, tuple[Damage, ...]] = {_NAME: BYTES}
