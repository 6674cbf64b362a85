"""DeLong's interval of one AUROC: this metric, and pROC of R, on the same scores.

    python -m tests.benchmarks.proc [--scores N] [--rounds N]

R has to be here, with pROC: on Debian, `apt-get install r-cran-proc`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from tests.benchmarks.measuring import machine

AGREE = 1e-9
THEIRS = """
suppressMessages(library(pROC))
count <- as.integer(commandArgs(TRUE)[1])
labels <- readBin("labels", "integer", count)
scores <- readBin("scores", "double", count)
before <- proc.time()
found <- ci.auc(roc(labels, scores, levels = c(0, 1), direction = "<", quiet = TRUE), method = "delong")
taken <- proc.time() - before
cat(sprintf("[%.17g, %.17g, %.17g, %.17g, \\"%s\\"]", found[1], found[2], found[3], taken[1] + taken[2],
            packageVersion("pROC")))
"""


def ours(folder: Path) -> tuple[list[float], float]:
    """Low, AUROC and high, and processor seconds."""
    labels, scores = np.fromfile(folder / "labels", np.int32), np.fromfile(folder / "scores")
    before = time.process_time()
    overall = subgroup_auroc(references=labels, scores=scores, interval="delong")["overall"]
    seconds = time.process_time() - before
    return [overall["interval"]["low"], overall["auroc"], overall["interval"]["high"]], seconds


def theirs(folder: Path, count: int) -> tuple[list[float], float, str]:
    """The same of pROC, and its version."""
    command = ["Rscript", "-e", THEIRS, str(count)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    *found, seconds, version = json.loads(done.stdout)
    return found, seconds, version


def table(count: int, rounds: int) -> Iterator[str]:
    """What both take, as Markdown.

    Raises:
        SystemExit: If they disagree.
    """
    generator = np.random.default_rng(0)
    labels = generator.random(count) < 0.5
    own, other = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        labels.astype(np.int32).tofile(folder / "labels")
        (generator.normal(size=count) + labels).tofile(folder / "scores")
        for _ in range(rounds):
            mine, seconds = ours(folder)
            known, of_theirs, version = theirs(folder, count)
            if not np.allclose(mine, known, rtol=0, atol=AGREE):
                raise SystemExit(f"pROC disagrees: {known} and not {mine}")
            own.append(seconds)
            other.append(of_theirs)
    yield "| | scores | processor s | times ours |"
    yield "|---|--:|--:|--:|"
    yield f"| `subgroup_auroc`, AUROC, DeLong's interval, average precision | {count:,} | {median(own):.2f} | 1 |"
    yield f"| pROC {version}, `ci.auc(roc(…))` | {count:,} | {median(other):.2f} | {median(other) / median(own):.2f} |"
    yield ""
    yield f"AUROC and bounds agree to {AGREE:g}; median of {rounds} rounds, in turns."


def main() -> None:
    """Measure, and print the table; where R is not here, say so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=int, default=10_000_000, help="how many (10,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (3)")
    options = parser.parse_args()
    if shutil.which("Rscript") is None:
        sys.stdout.write("pROC was not measured: Rscript is not here; on Debian, apt-get install r-cran-proc\n")
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.stdout.write("\n".join([machine(), "", *table(options.scores, options.rounds), ""]))


if __name__ == "__main__":
    main()
