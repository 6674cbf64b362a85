"""How fast a release is built, and in how much memory, beside the plain route. Linux only.

    python -m tests.benchmarks.build [--pairs N] [--rounds N] [--memory-pairs N N] [--markdown PATH]

Every contender reads the same composites, drawn once to a temporary folder (TMPDIR names another place), and runs in a
fresh process. The contenders take turns, and the median of their rounds counts.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median

from tests.benchmarks.composites import draw, vary
from tests.benchmarks.measuring import MEBIBYTE, Run, machine, run

Rounds = dict[str, list[Run]]

ROWS = {
    "codec Pillow": "codecs alone: Pillow",
    "codec Pillow level 1": "codecs alone: Pillow, `compress_level=1`",
    "codec synpain-hf": "codecs alone: synpain-hf",
    "plain 1": "plain route, 1 worker",
    "plain 2": "plain route, 2 workers",
    "build 1": "`synpain_hf.build`, 1 worker",
    "build 2": "`synpain_hf.build`, 2 workers",
}
"""The contenders, and what their rows are called."""

BASELINES = {
    "codec Pillow level 1": "codec Pillow",
    "codec synpain-hf": "codec Pillow",
    "build 1": "plain 1",
    "build 2": "plain 2",
}
"""What each contender is compared with."""

BUILDS = ("build 1", "build 2")
DRAWN_FOR_MEMORY = 100


def measure_speed(names: Sequence[str], source: Path, folder: Path, rounds: int) -> Rounds:
    """Run the contenders in turn, some times over."""
    measured: Rounds = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            measured[name].append(run(name, source, folder / "scratch"))
            _tell(f"round {turn + 1} of {rounds}: {ROWS[name]}: {measured[name][-1].speed:.2f} pairs/s")
    return measured


def measure_memory(counts: Sequence[int], folder: Path) -> dict[int, dict[str, Run]]:
    """Build releases of different sizes, once each.

    Raises:
        SystemExit: If the disk is too small.
    """
    drawn = draw(folder / "drawn", min(DRAWN_FOR_MEMORY, *counts))
    weight = mean(path.stat().st_size for path in (drawn / "Images").iterdir())
    needed, free = 2.2 * weight * max(counts), shutil.disk_usage(folder).free
    if needed > free:
        raise SystemExit(
            f"{max(counts):,} composites and their release take {needed / 1e9:.0f} GB, and {folder.parent} has "
            f"{free / 1e9:.0f} GB free; set TMPDIR to another place, or give smaller --memory-pairs"
        )
    measured: dict[int, dict[str, Run]] = {}
    for count in counts:
        source = vary(drawn, folder / "varied", count)
        measured[count] = {}
        for name in BUILDS:
            measured[count][name] = run(name, source, folder / "scratch")
            _tell(f"{count:,} pairs: {ROWS[name]}: {_mebibytes(measured[count][name].memory)}")
        shutil.rmtree(source.parent)
    return measured


def speed_table(rounds: Rounds) -> Iterator[str]:
    """The rows of the first table, as Markdown."""
    yield "| | pairs/s (least to most) | times | processor ms a pair | peak memory |"
    yield "|---|--:|--:|--:|--:|"
    for name, runs in rounds.items():
        speed, least, most = (pick(one.speed for one in runs) for pick in (median, min, max))
        baseline = BASELINES.get(name)
        times = f"**{speed / median(one.speed for one in rounds[baseline]):.1f}**" if baseline else ""
        processor = median(one.cpu_seconds / one.pairs for one in runs) * 1000
        memory = _mebibytes(median(one.memory for one in runs))
        yield f"| {ROWS[name]} | {speed:.2f} ({least:.2f} to {most:.2f}) | {times} | {processor:.0f} | {memory} |"


def memory_table(measured: dict[int, dict[str, Run]]) -> Iterator[str]:
    """The rows of the second table, as Markdown."""
    counts = sorted(measured)
    yield "| peak memory | " + " | ".join(f"{count:,} pairs" for count in counts) + " | times |"
    yield "|---|" + "--:|" * (len(counts) + 1)
    for name in BUILDS:
        memory = [measured[count][name].memory for count in counts]
        yield f"| {ROWS[name]} | {' | '.join(map(_mebibytes, memory))} | **{memory[-1] / memory[0]:.2f}** |"


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


def _mebibytes(size: float) -> str:
    return f"{size / MEBIBYTE:.0f} MiB"


def main() -> None:
    """Measure, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="composites for the speed (200)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument(
        "--memory-pairs", type=int, nargs="*", default=[500, 5000], help="sizes of the releases (500 5000)"
    )
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    report = [machine()]
    with tempfile.TemporaryDirectory(prefix="synpain-bench-") as temporary:
        folder = Path(temporary)
        source = draw(folder / "speed", options.pairs)
        weight = mean(path.stat().st_size for path in (source / "Images").iterdir())
        report.append(f"{options.pairs:,} composites of {weight / 1e6:.2f} MB; median of {options.rounds} rounds")
        _tell("\n".join(report))
        report += ["", *speed_table(measure_speed(list(ROWS), source, folder, options.rounds))]
        shutil.rmtree(source.parent)
        if options.memory_pairs:
            report += ["", *memory_table(measure_memory(options.memory_pairs, folder))]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
