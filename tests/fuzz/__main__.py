"""The program: see the package."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.fuzz.searching import prepare, report, search
from tests.fuzz.targets import SECRET, TARGETS


def main() -> None:
    """Fuzz a target, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=TARGETS, help="what is fuzzed")
    parser.add_argument("--seconds", type=float, default=60, help="how long; default 60")
    parser.add_argument("--cases", type=int, help="how many at most")
    parser.add_argument("--seed", type=int, default=0, help="draws the cases; default 0")
    parser.add_argument("--out", type=Path, help="where faults are written; by default a new folder")
    asked = parser.parse_args()
    target = TARGETS[asked.target]()
    prepare(target)
    counts, findings = search(target, asked.seed, seconds=asked.seconds, cases=asked.cases, secret=SECRET)
    out = asked.out or Path(tempfile.mkdtemp(prefix=f"fuzz-{asked.target.lower()}-"))
    print(report(counts, findings, out))  # noqa: T201
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
