"""How many faces a second annotators measure, beside their own loop over single pictures, and in how much memory.

    python -m tests.benchmarks.annotators [--pairs N] [--rounds N] [--memory-pairs N N] [--markdown PATH]

The faces are demo faces, drawn to a temporary folder (TMPDIR names another place). Every contender runs in a fresh
process, and they take turns; the median of the rounds counts. A loop has its pictures as files; `annotate` reads a
release, checks it, starts its workers, and writes a new one.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from synpain_hf.release.demo import demo
from tests.benchmarks.annotating import CONTENDERS, LOOPS, write_faces
from tests.benchmarks.measuring import MEBIBYTE, Run, machine, run

_MODULE = "tests.benchmarks.annotating"


def speed(release: Path, folder: Path, rounds: int) -> Iterator[str]:
    """Run the contenders in turn, some times over; the rows of a table."""
    measured: dict[str, list[Run]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            measured[name].append(run(name, release, folder / "scratch", _MODULE))
            sys.stderr.write(f"{name}: {measured[name][-1].speed:.1f} faces/s\n")
    yield "| | faces/s (least to most) | times | processor ms a face | peak memory |"
    yield "|---|--:|--:|--:|--:|"
    for annotator in LOOPS:
        alone = median(one.speed for one in measured[f"{annotator} alone"])
        for name, runs in measured.items():
            if name.split()[0] == annotator:
                speeds = [one.speed for one in runs]
                times = "" if name.endswith("alone") else f"**{median(speeds) / alone:.2f}**"
                processor = median(one.cpu_seconds / one.pairs for one in runs) * 1000
                memory = f"{median(one.memory for one in runs) / MEBIBYTE:.0f} MiB"
                told = f"{median(speeds):.1f} ({min(speeds):.1f} to {max(speeds):.1f})"
                yield f"| {_title(name)} | {told} | {times} | {processor:.0f} | {memory} |"


def memory(folder: Path, sizes: Sequence[int]) -> Iterator[str]:
    """Annotate releases of different sizes, once each; the rows of a table."""
    found: dict[int, list[Run]] = {}
    for pairs in sizes:
        release = demo(folder / "large", pairs=pairs, workers=2).folder
        found[pairs] = [run(f"{name} 2", release, folder / "scratch", _MODULE) for name in LOOPS]
        shutil.rmtree(release)
    yield f"| peak memory, 2 workers | {' | '.join(f'{2 * pairs:,} faces' for pairs in sizes)} | times |"
    yield "|---|" + "--:|" * (len(sizes) + 1)
    for place, name in enumerate(LOOPS):
        peaks = [found[pairs][place].memory for pairs in sizes]
        cells = " | ".join(f"{peak / MEBIBYTE:.0f} MiB" for peak in peaks)
        yield f"| `annotate --with {name}` | {cells} | **{peaks[-1] / peaks[0]:.2f}** |"


def _title(contender: str) -> str:
    annotator, how, *engine = contender.split()
    if how == "alone":
        return f"{annotator}, its own loop over single pictures"
    return f"`annotate --with {annotator}`, {how} worker{'s' * (how != '1')}{', '.join(['', *engine])}"


def main() -> None:
    """Measure, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="pairs for the speed (200)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument("--memory-pairs", type=int, nargs="*", default=[300, 3000], help="sizes of releases (300 3000)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    report = [machine(), f"{2 * options.pairs:,} demo faces; median of {options.rounds} rounds", ""]
    with tempfile.TemporaryDirectory(prefix="synpain-annotators-") as temporary:
        folder = Path(temporary)
        (folder / "speed").mkdir()
        release = demo(folder / "speed" / "release", pairs=options.pairs, workers=2).folder
        write_faces(release)
        report += speed(release, folder, options.rounds)
        shutil.rmtree(release.parent)
        if options.memory_pairs:
            report += ["", *memory(folder, options.memory_pairs)]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
