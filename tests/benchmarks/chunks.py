"""How many of the Hub's chunks change when 1% of the pairs do.

    python -m tests.benchmarks.chunks [--pairs N] [--percent N] [--markdown PATH]

The Hub keeps files as chunks, cut where their content says, and stores and sends no chunk twice. Here hf_xet, the
library with which `huggingface_hub` uploads, cuts and compares them, against a store in a temporary folder (TMPDIR
names another place): first all files of a release, then those of each changed release. Every composite is drawn anew,
so that no two share a chunk. All pairs are of two groups, so that a partition has as many as in the official data set.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from examples.plain_composites import composite
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.benchmarks.measuring import machine

Row = dict[str, str]

_OFFICIAL_PAIRS_IN_A_PARTITION = 54
_ETHNICITIES = ("black", "white")


@dataclass(frozen=True)
class Measured:
    """What a release adds to the store.

    Attributes:
        chunks: Chunks of its partitions.
        new_chunks: Those that the store lacked.
        bytes: Bytes of its partitions.
        new_bytes: Those in chunks that the store lacked.
    """

    chunks: int
    new_chunks: int
    bytes: int
    new_bytes: int


def draw(folder: Path, count: int) -> list[Row]:
    """Draw composites and list them, one a pair."""
    (folder / "composites").mkdir(parents=True)
    return [_row(folder, number, number) for number in range(count)]


def _row(folder: Path, number: int, seed: int) -> Row:
    place = f"composites/{seed:05d}.png"
    if not (folder / place).exists():
        rng = np.random.default_rng(seed)
        pixels = composite(rng, pain=number % 2 == 0, old=False, ethnicity=number % 5, gutter=4, blended=1)
        Image.fromarray(pixels).save(folder / place, compress_level=1)
    return {
        "pair_id": f"{(number * 7919) % 100_003:06d}",  # in an order of its own: what is added is not added at the end
        "composite": place,
        "label": ("pain", "no_pain")[number % 2],
        "age_group": "young",
        "gender": "woman",
        "ethnicity": _ETHNICITIES[number // 2 % 2],
        "generator": "plain composites",
    }


def changes(folder: Path, rows: list[Row], some: int) -> dict[str, Callable[[], list[Row]]]:
    """What can happen to some pairs: its name, and the list of pairs that comes of it."""
    count = len(rows)
    chosen = set(np.random.default_rng(0).permutation(count)[:some].tolist())

    def each(change: Callable[[int, Row], Row]) -> list[Row]:
        return [change(number, row) if number in chosen else row for number, row in enumerate(rows)]

    def moved(row: Row) -> Row:
        return {**row, "ethnicity": _ETHNICITIES[row["ethnicity"] == _ETHNICITIES[0]]}

    return {
        "nothing": lambda: rows,
        "other faces": lambda: each(
            lambda number, row: {**row, "composite": _row(folder, number, 2 * count + number)["composite"]}
        ),
        "other labels": lambda: each(
            lambda _, row: {**row, "label": "pain" if row["label"] == "no_pain" else "no_pain"}
        ),
        "moved to another group": lambda: each(lambda _, row: moved(row)),
        "added": lambda: [*rows, *(_row(folder, count + number, count + number) for number in range(some))],
        "removed": lambda: [row for number, row in enumerate(rows) if number not in chosen],
        "another generator, of all": lambda: [{**row, "generator": "plain composites, renamed"} for row in rows],
    }


def release_of(folder: Path, rows: list[Row], out: Path, version: str, previous: Release | None) -> Release:
    """Build a release of some pairs."""
    manifest = folder / "pairs.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return build(manifest, out, version=version, workers=2, previous=previous.folder if previous else None)


def store(release: Release, chunks: Path) -> Measured:
    """Send the partitions of a release to a store, in a program of its own that remembers nothing of earlier ones."""
    files = [str(release.folder / partition.path) for partition in release.partitions]
    command = [sys.executable, "-c", _STORE, str(chunks), *files]
    home = {"HF_HOME": str(chunks.parent / "hf-home"), "HF_XET_TELEMETRY_ENABLED": "0"}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **home}).stdout
    return Measured(**json.loads(told))


_STORE = """
import json, sys
import hf_xet
chunks, *files = sys.argv[1:]
with hf_xet.XetSession().new_upload_commit(endpoint=f"local://{chunks}") as commit:
    handles = [commit.start_upload_file(file, sha256=hf_xet.SKIP_SHA256) for file in files]
found = [handle.result().dedup_metrics for handle in handles]
print(json.dumps({
    "chunks": sum(one.total_chunks for one in found), "new_chunks": sum(one.new_chunks for one in found),
    "bytes": sum(one.total_bytes for one in found), "new_bytes": sum(one.new_bytes for one in found),
}))
"""


def measure(folder: Path, pairs: int, percent: float) -> Iterator[tuple[str, Measured]]:
    """Build a release and its changed versions, and send them to a store."""
    some = max(1, round(pairs * percent / 100))
    rows = draw(folder, pairs)
    first = release_of(folder, rows, folder / "first", "1.0.0", None)
    chunks = folder / "chunks"
    yield "the first release", store(first, chunks)
    for name, changed in changes(folder, rows, some).items():
        later = release_of(folder, changed(), folder / "later", "2.0.0", first)
        copy = Path(shutil.copytree(chunks, folder / "copy" / "chunks"))
        yield name, store(later, copy)
        shutil.rmtree(later.folder)
        shutil.rmtree(copy.parent)


def table(measured: Iterator[tuple[str, Measured]]) -> Iterator[str]:
    """The measurements as Markdown."""
    yield "| what changed | chunks | new | share of chunks | share of bytes |"
    yield "|---|--:|--:|--:|--:|"
    for name, one in measured:
        shares = f"{one.new_chunks / one.chunks:.2%} | {one.new_bytes / one.bytes:.2%}"
        yield f"| {name} | {one.chunks:,} | {one.new_chunks:,} | {shares} |"


def main() -> None:
    """Measure, print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10 * _OFFICIAL_PAIRS_IN_A_PARTITION, help="pairs (540)")
    parser.add_argument("--percent", type=float, default=1, help="how many of them change, in percent (1)")
    parser.add_argument("--markdown", type=Path, help="a file to write the table to")
    options = parser.parse_args()
    lines = [machine(), f"{options.pairs:,} pairs in 10 partitions, of which {options.percent:g}% change", ""]
    sys.stdout.write("\n".join(lines) + "\n")
    with tempfile.TemporaryDirectory(prefix="synpain-chunks-") as folder:
        for line in table(measure(Path(folder), options.pairs, options.percent)):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            lines.append(line)
    if options.markdown:
        options.markdown.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
