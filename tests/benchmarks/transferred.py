"""What transferred pairs are worth where real ones are few, on demo faces, with one command.

    python -m tests.benchmarks.transferred OUT [--real N] [--identities N] [--per-identity N] [--drawn N]
                                           [--seeds 1,2] [--model linear] [--steps N]

Sketched demo faces stand in for real people. Their expressions are transferred to other demo faces, and a model learns
from few or many of the real pairs, alone, with the transferred ones, and with drawn ones, by `transferred.yaml`.
It goes on where it was interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import synpain_hf
from synpain_hf.errors import Problem
from synpain_hf.training.options import ModelArguments

CROP = [0.2, 0.2, 0.8, 0.85]
"""Most of the background of a demo face is cut away."""

REAL, IDENTITIES = 2, 13
"""Seeds: no pair of the one set, as large as it is by default, is called as one of the other."""


def main() -> None:
    """Draw, transfer, train and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=int, default=200)
    parser.add_argument("--identities", type=int, default=80)
    parser.add_argument("--per-identity", type=int, default=5)
    parser.add_argument("--drawn", type=int, default=240)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--model", default="linear")
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    real, lent = sets(given.out, given.real, given.identities, given.per_identity)
    every = max(1, given.steps // 5)
    done = synpain_hf.experiment(
        Path(__file__).with_suffix(".yaml"),
        real,
        synthetic=lent,
        pairs=given.drawn,
        out=given.out / "report",
        runs=given.out / "runs",
        cache_dir=given.out / "prepared",
        model=ModelArguments(model=given.model, crop_box=CROP),
        seeds=[int(seed) for seed in given.seeds.split(",")],
        progress=told,
        max_steps=given.steps,
        per_device_train_batch_size=16,
        eval_strategy="steps",
        save_strategy="steps",
        logging_strategy="no",
        eval_steps=every,
        save_steps=every,
        early_stopping_patience=5,
    )
    sys.stdout.write(f"{done.summary()}\n")


def sets(out: Path, real: int, identities: int, per_identity: int) -> tuple[Path, Path]:
    """The release that stands in for real people, and that of the transferred pairs.

    Args:
        out: Where they are made, or are already.
        real: How many pairs the former has.
        identities: How many other faces get expressions of these.
        per_identity: How many expressions each gets.
    """
    places = {name: out / name for name in ("real", "identities", "pictures", "lent-1.0.0")}
    if not places["real"].exists():
        synpain_hf.demo(places["real"], pairs=real, seed=REAL, style="sketch", name="stand_in", progress=told)
    if not places["identities"].exists():
        synpain_hf.demo(places["identities"], pairs=identities, seed=IDENTITIES, progress=told)
    if not places["pictures"].exists():
        synpain_hf.transfer(
            places["identities"], places["real"], places["pictures"], per_identity=per_identity, progress=told,
            notice=counted,
        )  # fmt: skip
    if not places["lent-1.0.0"].exists():
        synpain_hf.build(places["pictures"], places["lent-1.0.0"], version="1.0.0", name="lent", progress=told)
    return places["real"], places["lent-1.0.0"]


def counted(problems: Sequence[Problem]) -> None:
    """Tell how many faces could not be used; rejected.jsonl, beside the pictures, says why."""
    sys.stderr.write(f"{len(problems)} problems with faces or couples; see rejected.jsonl\n")


def told(what: str, done: int, total: int) -> None:
    """Show how far it is, in some of the steps."""
    if done == total or done % 100 == 0:
        sys.stderr.write(f"{what}: {done} of {total}\n")


if __name__ == "__main__":
    main()
