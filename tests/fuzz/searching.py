"""Trying cases until the time is over, and shortening those that find something."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from random import Random

from tests.fuzz.damage import Damage
from tests.fuzz.running import Bounds, Files, Link, Outcome, Use, run, write

_MOST_DAMAGES = 3
_LINKS = 0.05
"""Share of damages that put a link in the place of a file."""


@dataclass(frozen=True)
class Target:
    """What is tried.

    Attributes:
        make: Gives good inputs.
        damages: What is done to files, by a pattern of their names; the first that fits counts.
        use: What is done with an input.
        links: Whether a file may also become a link out of its folder.
        preload: Modules that every process begins with, because the package imports them late.
        bounds: What a case may cost.
    """

    make: Callable[[], Iterator[Files]]
    damages: Mapping[str, Sequence[Damage]]
    use: Use
    links: bool = False
    preload: Sequence[str] = ()
    bounds: Bounds = field(default_factory=Bounds)


@dataclass(frozen=True)
class Step:
    """One damage to one file, drawn by a seed of its own, so that others can be left out."""

    file: str
    damage: Damage | None
    seed: int

    def __str__(self) -> str:
        return f"{'link' if self.damage is None else self.damage.__name__} {self.file} ({self.seed})"


@dataclass(frozen=True)
class Finding:
    """A case that found a fault, shortened."""

    outcome: Outcome
    files: Files
    steps: tuple[Step, ...]


def prepare(target: Target) -> None:
    """Have all processes begin with what the target needs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([target.use.__module__, *target.preload])


def search(
    target: Target, seed: int, *, seconds: float = float("inf"), cases: int | None = None, secret: bytes = b"secret"
) -> tuple[Counter[str], list[Finding]]:
    """Try cases.

    Args:
        target: What is tried.
        seed: Draws them.
        seconds: No case is begun after these.
        cases: How many at most.
        secret: What stands beside the folder of an input.

    Returns:
        How many cases ended in which way; and for each fault the first case that showed it, shortened.
    """
    ends = time.monotonic() + seconds
    inputs = list(target.make())
    counts: Counter[str] = Counter()
    found: dict[Outcome, Finding] = {}
    for files in inputs:
        outcome = run(files, target.use, target.bounds, secret, preload=target.preload)
        if outcome.is_fault:
            found.setdefault(outcome, Finding(outcome, files, ()))
        counts[f"good input: {outcome.kind}"] += 1
    number = 0
    while time.monotonic() < ends and (cases is None or number < cases):
        random = Random(f"{seed} {number}")
        number += 1
        files = random.choice(inputs)
        steps = tuple(_step(files, target, random) for _ in range(random.randint(1, _MOST_DAMAGES)))
        outcome = run(damaged(files, steps), target.use, target.bounds, secret, preload=target.preload)
        counts[outcome.kind] += 1
        if outcome.is_fault and outcome not in found:
            found[outcome] = _shortened(Finding(outcome, files, steps), target, secret)
    return counts, list(found.values())


def damaged(files: Files, steps: Sequence[Step]) -> Files:
    """An input after some damages."""
    changed = dict(files)
    for step in steps:
        content = changed[step.file]
        if step.damage is None:
            changed[step.file] = Link("../" * (step.file.count("/") + 2) + "beside/secret.png")
        elif isinstance(content, bytes):
            changed[step.file] = step.damage(content, Random(step.seed))
    return changed


def report(counts: Counter[str], findings: Sequence[Finding], out: Path) -> str:
    """What was found, in lines; each shortened case is written into a folder of its own.

    Args:
        counts: How many cases ended in which way.
        findings: The faults.
        out: Where the folders are made.
    """
    lines = [f"{count:7,} {kind}" for kind, count in sorted(counts.items())]
    for number, finding in enumerate(findings):
        folder = out / f"{finding.outcome.kind}-{number}"
        write(damaged(finding.files, finding.steps), folder / "in")
        steps = [str(step) for step in finding.steps]
        told = {"kind": finding.outcome.kind, "reason": finding.outcome.reason, "damage": steps}
        (folder / "found.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        lines.append(f"FAULT {finding.outcome.kind}: {finding.outcome.reason}; {', '.join(steps)}: {folder}")
    return "\n".join(lines)


def _step(files: Files, target: Target, random: Random) -> Step:
    file = random.choice(sorted(files))
    seed = random.randrange(2**32)
    if target.links and random.random() < _LINKS:
        return Step(file, None, seed)
    damages = next(damages for pattern, damages in target.damages.items() if fnmatch(file, pattern))
    return Step(file, random.choice(damages), seed)


def _shortened(finding: Finding, target: Target, secret: bytes) -> Finding:
    """The same fault with as few damages as show it."""
    steps = finding.steps
    for step in finding.steps:
        fewer = tuple(other for other in steps if other is not step)
        outcome = run(damaged(finding.files, fewer), target.use, target.bounds, secret, preload=target.preload)
        if outcome == finding.outcome:
            steps = fewer
    return Finding(finding.outcome, finding.files, steps)
