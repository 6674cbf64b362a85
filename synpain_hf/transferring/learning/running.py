"""A training from its pairs to the folder that it leaves; what needs torch begins here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from synpain_hf.errors import Problem
from synpain_hf.executor import Executor
from synpain_hf.generation.transfer.methods.learned.device import report_lack_of_memory
from synpain_hf.progress import Progress
from synpain_hf.transferring.learning.couples import Split, check_enough, to_look_at
from synpain_hf.transferring.learning.examples import examples_in
from synpain_hf.transferring.learning.leaving import leave
from synpain_hf.transferring.learning.loop import Loop, read_log
from synpain_hf.transferring.learning.recipes import recipe_for
from synpain_hf.transferring.learning.request import Training
from synpain_hf.transferring.learning.usual import USUAL
from synpain_hf.transferring.pictures import Side


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes:
        folder: What is to be its folder.
        pairs: How many pairs were learned.
        errors: In pairs of others, as in `TrainedTransfer`.
        problems: The pairs of which there are no pictures.
    """

    folder: Path
    pairs: int
    errors: Mapping[str, float]
    problems: Sequence[Problem]


def learned(
    training: Training, side: Side, split: Split, work: Path, executor: Executor, progress: Progress
) -> Outcome:
    """Train, from where an earlier call was, and write what there is to leave.

    Args:
        training: What was asked for.
        side: The release, with its landmarks.
        split: Who is learned from.
        work: The folder in which everything is kept meanwhile.
        executor: Makes the examples.
        progress: Called with what is done.

    Raises:
        BadInputError: If too little is left to learn from.
        UsageError: If this machine lacks the device, or that lacks memory, or the base cannot be used.
        OSError: If something cannot be written.
    """
    recipe = recipe_for(training)
    parts = {"train": split.train, "validation": to_look_at(split.validation, training.seed)}
    made = {
        name: examples_in(work / "examples" / name, side, members, training.size, executor, progress)
        for name, members in parts.items()
    }
    examples, validation = (made[name][0] for name in parts)
    problems = [problem for _, some in made.values() for problem in some]
    check_enough(side.release, len(examples), len(validation), problems)
    folder = work / "release"
    folder.mkdir(exist_ok=True)
    with enough_memory(training):
        Loop(training, recipe, examples, validation, folder, work / "checkpoints", progress).run()
    errors: Mapping[str, float] = next(line["errors"] for line in reversed(read_log(folder)) if "errors" in line)
    leave(folder, training, recipe, side.release, split, examples.known, errors, len(validation))
    return Outcome(folder, len(examples), errors, problems)


def enough_memory(training: Training) -> AbstractContextManager[None]:
    """Report memory that the device lacks, with what takes less.

    Args:
        training: What is asked for.

    Raises:
        UsageError: If the body of the `with` statement finds too little memory.
    """
    can_save = USUAL[training.method].needs_base and not training.gradient_checkpointing
    remedies = [
        *(["less, with {accumulate} for as large a step"] if training.batch > 1 else []),
        *(["{gradient_checkpointing}"] if can_save else []),
        "{device} cpu",
    ]
    return report_lack_of_memory(
        f"is {training.batch}, too large for the memory of the device; give {', or '.join(remedies)}",
        "batch",
        mentions=["accumulate", "gradient_checkpointing", "device"],
    )
