"""`train_transfer`: what a method of transfer learns from a release, as a folder that `transfer --weights` takes.

.OUT.partial/lock            held by the program that trains
.OUT.partial/record.json     what is trained on what; another training is not gone on with
.OUT.partial/landmarks-…/    what was found in the faces, where a release has no landmarks
.OUT.partial/examples/       the pictures that are learned from
.OUT.partial/checkpoints/    the last of them
.OUT.partial/release/        what will be OUT: the log and validation pictures are there from the beginning
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synpain_hf.errors import MissingExtraError, Notice, Problem, UsageError, in_order, warn_of
from synpain_hf.executor import Executor
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.methods.learned.base import check_size, find_base
from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.storage import move, refuse_undecodable, remove_tree, report_write_errors, write_atomically
from synpain_hf.storage.folders import resumable_folder, work_folder_of
from synpain_hf.text.documents import parsed_json
from synpain_hf.transferring.learning.couples import split_of
from synpain_hf.transferring.learning.request import Training
from synpain_hf.transferring.pictures import Side
from synpain_hf.transferring.seen import seen_in
from synpain_hf.transferring.transfer import usable_drivers
from synpain_hf.vocabulary import Precision

_RECORD = "record.json"
_LIBRARIES = ("torch", "diffusers", "transformers", "accelerate")


@dataclass(frozen=True)
class TrainedTransfer:
    """What `train_transfer` did.

    Attributes:
        folder: The folder, which `transfer --weights` takes.
        steps: The steps of the training.
        pairs: How many pairs were learned.
        identities: How many identities these show or are derived from.
        errors: The root mean square error within the face, of 255, in pairs of others: of what was `drawn`, of the face
            that is only `bent`, and of the `neutral` face.
        problems: Pairs that were not learned, and why.
    """

    folder: Path
    steps: int
    pairs: int
    identities: int
    errors: Mapping[str, float]
    problems: Sequence[Problem]


def train_transfer(
    release: str | Path,
    out: str | Path,
    *,
    method: str = "unet",
    base: str | Path = "",
    size: int | None = None,
    steps: int | None = None,
    batch: int | None = None,
    accumulate: int = 1,
    learning_rate: float | None = None,
    denoising: int | None = None,
    seed: int = 0,
    test_fold: int = 0,
    checkpoint_every: int = 500,
    validate_every: int = 500,
    device: str = "auto",
    precision: Precision = "auto",
    gradient_checkpointing: bool = False,
    models: Sequence[str | Path] = (),
    workers: int = 1,
    progress: Progress = silent,
    notice: Notice = warn_of,
) -> TrainedTransfer:
    """Train a method of transfer on the pairs of a release.

    From the neutral face of each pair, and the landmarks of its expression, the expression itself is learned. Nobody of
    the test fold is learned from, nor of the next one, of which validation pictures are drawn. A call that was killed
    goes on at its last checkpoint when the same call is made again; on a CPU it comes to the same weights.

    Args:
        release: The release.
        out: The folder to write; it must not exist.
        method: What is trained: `unet` or `controlnet`.
        base: The model that a ControlNet steers: a folder, or a name on the Hub.
        size: Side of the square that is drawn, in pixels; by default what is usual for the method, as for those below.
        steps: Steps of training.
        batch: Pairs that are computed together.
        accumulate: So many batches make a step.
        learning_rate: Of AdamW, at its highest.
        denoising: Steps of denoising, where pictures are drawn.
        seed: Draws everything.
        test_fold: The fold that nothing is learned from, 0 to 4.
        checkpoint_every: Steps between checkpoints.
        validate_every: Steps between validation pictures.
        device: Where the network computes: `auto`, `cpu`, `cuda` or `mps`.
        precision: With which numbers: `auto`, `fp32`, `bf16` or `fp16`.
        gradient_checkpointing: Save memory by computing parts of the networks twice; for `controlnet`.
        models: MediaPipe's model file, or a folder that has it, for a release without landmarks.
        workers: Examples made at a time.
        progress: Called with the faces and pairs that are ready, and the steps that are done.
        notice: Told, in one list, what was not learned.

    Returns:
        What was done.

    Raises:
        UsageError: If an argument cannot be right, or another training is in the way.
        BadInputError: If too little is left to learn from.
        ReleaseError: If it is not a complete release.
        DownloadError: If the base is on the Hub, and cannot be fetched.
        MissingExtraError: If a library of the extra `transfer` is not there.
        OutputError: If `out` cannot be written.

    Example:
        >>> faces = "synpain-1.0.0"
        >>> synpain_hf.train_transfer(faces, "refiner", steps=5000)  # doctest: +SKIP
        >>> synpain_hf.transfer(faces, faces, "lent", method="unet", weights="refiner")  # doctest: +SKIP
    """
    training = Training.asked(
        method, base=str(base), size=size, steps=steps, batch=batch, accumulate=accumulate, learning_rate=learning_rate,
        denoising=denoising, seed=seed, test_fold=test_fold, checkpoint_every=checkpoint_every,
        validate_every=validate_every, device=device, precision=precision,
        gradient_checkpointing=gradient_checkpointing,
    )  # fmt: skip
    executor = Executor(workers, "processes")
    opened = Release.open(Path(release).expanduser().resolve())
    place = Path(out).expanduser().absolute()
    _check_free(place)
    _check_libraries()
    steered = find_base(training.base) if training.base else None
    if steered:
        check_size(steered, training.size)  # before faces are looked at, which takes a while
    from synpain_hf.transferring.learning.running import learned

    busy = f"{place} is being written by another program; wait for it, or give another place"
    with report_write_errors(place), resumable_folder(work_folder_of(place), busy=busy) as work:
        _check_free(place)
        check(opened, of=[base_table(), ANNOTATIONS], progress=progress)
        found = seen_in(opened, work / f"landmarks-{opened.manifest['content']}", executor, progress, models)
        side = Side(opened, found)
        usable, unusable = usable_drivers(side, called="pairs")
        split = split_of(opened, usable, training.test_fold)
        version = METHODS[training.method].version
        record = {"release": side.digest(), "version": version, **training.record()}
        if steered:
            record["base"] = steered.title  # its name alone may come to mean other weights
        _check_same(work, place, record)
        outcome = learned(training, side, split, work, executor, progress)
        move(outcome.folder, place)
        for left in work.iterdir():
            if left.is_dir():
                remove_tree(left)
        (work / _RECORD).unlink()
    problems = in_order([*unusable, *outcome.problems])
    if problems:
        notice(problems)
    return TrainedTransfer(place, training.steps, outcome.pairs, len(split.identities), outcome.errors, problems)


def _check_free(place: Path) -> None:
    refuse_undecodable(place)
    if os.path.lexists(place):
        raise UsageError(f"{place} exists; remove it, or give another place")
    if not place.parent.is_dir():
        raise UsageError(f"{place.parent} is not a folder; create it first")


def _check_libraries() -> None:
    """Refuse to begin without the extra.

    Raises:
        MissingExtraError: If a library of it is missing.
    """
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise MissingExtraError(f"training needs {' and '.join(missing)}; run `pip install 'synpain-hf[transfer]'`")


def _check_same(work: Path, place: Path, record: Mapping[str, Any]) -> None:
    """Refuse to go on with another training; note what is trained, where nothing is.

    Raises:
        UsageError: If there is another.
    """
    file = work / _RECORD
    if not file.is_file():
        write_atomically(file, json.dumps(record))
        return
    try:
        known = parsed_json(file.read_text(encoding="utf-8"))
        names = [name for name in record if known.get(name) != record[name]]
    except (OSError, ValueError, AttributeError):
        names = ["everything"]
    if names:
        told = f"an unfinished training for {place} was of other arguments ({', '.join(names)})"
        raise UsageError(f"{told}; give the same ones to go on with it, or remove {work}, or give another place")
