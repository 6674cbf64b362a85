"""How long a release of many small frames takes to build, beside decoding and hashing each of them once. Linux only.

    python -m tests.benchmarks.frames [--frames N] [--rounds N] [--memory-frames N N] [--markdown PATH]

The frames are 320 x 240 PNG of 25 made persons in the folders of UNBC-McMaster, with pain scores and action units,
written once to a temporary folder (TMPDIR names another place). Every contender runs in a fresh process; they take
turns, and the median of their rounds counts.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from examples.plain_composites import composite
from synpain_hf.imaging.png import FilteredPng
from tests.benchmarks.measuring import MEBIBYTE, Run, machine, run

ROWS = {
    "decode 1": "decode and hash, 1 worker",
    "frames 1": "`synpain_hf.build`, 1 worker",
    "decode 2": "decode and hash, 2 workers",
    "frames 2": "`synpain_hf.build`, 2 workers",
}
"""The contenders, and what their rows are called."""

BASELINES = {"frames 1": "decode 1", "frames 2": "decode 2"}
"""What each contender is compared with."""

PERSONS = 25
WIDTH, HEIGHT = 320, 240

_DRAWN = 40
_FRAMES_IN_CLIP = 240
_GRAIN = 2.2
_SCORES = (0, 0, 0, 0, 0, 0, 0, 1, 2, 3)
_LAST_ROW_FIRST_PIXEL = np.s_[-1, 1:3]


def make(folder: Path, frames: int, workers: int = 2) -> Path:
    """Write an archive as UNBC-McMaster is.

    Args:
        folder: Where `Images` and `Frame_Labels` will be.
        frames: How many of all 25 persons together.
        workers: Processes that write them.

    Returns:
        The folder.
    """
    numbers = [frames // PERSONS + (person < frames % PERSONS) for person in range(PERSONS)]
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(partial(_write_person, folder), range(PERSONS), numbers))
    return folder


def _write_person(folder: Path, person: int, frames: int) -> None:
    """Write the frames of a person: forty are drawn, and the others are these with one more pixel changed."""
    code = f"{chr(97 + person) * 2}{person + 40:03d}"
    drawn = [FilteredPng.parse(picture) for picture in _drawn(person, min(frames, _DRAWN))]
    for frame in range(frames):
        sequence = f"{code}t{frame // _FRAMES_IN_CLIP + 1}aaaff"
        at = f"{person + 40:03d}-{code}/{sequence}/{sequence}{frame % _FRAMES_IN_CLIP + 1:03d}"
        picture, score = drawn[frame % len(drawn)], _SCORES[frame % len(_SCORES)]
        assert picture is not None, "what was drawn is 8-bit RGB"
        rows = picture.rows.copy()
        rows[_LAST_ROW_FIRST_PIXEL] += np.array(divmod(frame // len(drawn), 256), np.uint8)
        for name, content in (
            (f"Images/{at}.png", FilteredPng(rows).crop_png(0, WIDTH, rows[:, :0])),
            (f"Frame_Labels/PSPI/{at}_facs.txt", f"   {score:.7e}\n".encode()),
            (f"Frame_Labels/FACS/{at}_facs.txt", f"   4.0   {score:.7e}   0.0   0.0\n".encode() if score else b""),
        ):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def _drawn(person: int, frames: int) -> Iterator[bytes]:
    """Frames of a face with grain, under light that comes and goes, as Pillow writes them."""
    rng = np.random.default_rng((0, person))
    both = composite(rng, pain=False, old=bool(person % 2), ethnicity=person % 5, gutter=4, blended=1)
    face = np.asarray(Image.fromarray(both[:, :640]).resize((WIDTH, HEIGHT)), np.float32)
    for frame in range(frames):
        grain = rng.normal(4 * np.sin(frame / 7), _GRAIN, (HEIGHT, WIDTH, 3)).astype(np.float32)
        file = io.BytesIO()
        Image.fromarray(np.clip(face + grain, 0, 255).astype(np.uint8)).save(file, "PNG")
        yield file.getvalue()


def measure(names: Sequence[str], source: Path, scratch: Path, rounds: int) -> dict[str, list[Run]]:
    """Run the contenders in turn, some times over."""
    measured: dict[str, list[Run]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            measured[name].append(run(name, source, scratch))
            _tell(f"round {turn + 1} of {rounds}: {ROWS[name]}: {measured[name][-1].cpu_seconds:.1f} s of processor")
    return measured


def speed_table(measured: dict[str, list[Run]]) -> Iterator[str]:
    """The rows of the first table, as Markdown."""
    yield "| | processor ms a frame | times | ms a frame | times | peak memory |"
    yield "|---|--:|--:|--:|--:|--:|"
    for name, runs in measured.items():
        cells = []
        for column in ("cpu_seconds", "seconds"):
            here = _milliseconds(runs, column)
            than = _milliseconds(measured[BASELINES[name]], column) if name in BASELINES else 0
            cells += [f"{here:.2f}", f"**{here / than:.2f}**" if than else ""]
        yield f"| {ROWS[name]} | {' | '.join(cells)} | {median(one.memory for one in runs) / MEBIBYTE:.0f} MiB |"


def _milliseconds(runs: Sequence[Run], column: str) -> float:
    return 1000 * float(median(getattr(one, column) / one.pairs for one in runs))


def memory_table(counts: Sequence[int], folder: Path) -> Iterator[str]:
    """The rows of the second table, as Markdown: builds of different sizes, once each."""
    yield "| frames | peak memory | processor s | s |"
    yield "|--:|--:|--:|--:|"
    for frames in counts:
        source = make(folder / str(frames), frames)
        one = run("frames 2", source, folder / "scratch")
        yield f"| {frames:,} | {one.memory / MEBIBYTE:.0f} MiB | {one.cpu_seconds:.1f} | {one.seconds:.1f} |"


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


def main() -> None:
    """Measure, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=4800, help="frames for the speed (4800)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument(
        "--memory-frames", type=int, nargs="*", default=[4800, 48000], help="sizes of the releases (4800 48000)"
    )
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    report = [machine(), f"{options.frames:,} frames; median of {options.rounds} rounds", ""]
    with tempfile.TemporaryDirectory(prefix="synpain-bench-") as temporary:
        folder = Path(temporary)
        source = make(folder / "speed", options.frames)
        report += speed_table(measure(list(ROWS), source, folder / "scratch", options.rounds))
        if options.memory_frames:
            report += ["", *memory_table(options.memory_frames, folder)]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
