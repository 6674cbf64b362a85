"""The folder of one training: written by one at a time, and gone on with by the same training alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError

from synpain_hf.errors import OutputError, SynpainError, UsageError
from synpain_hf.training.run.arguments import PairwiseTrainingArguments

RECORD, RESULT, STATE, LEARNED = "training.json", "result.json", "trainer_state.json", "learned.json"
CHECKPOINTS = "checkpoint-*"

_LOCK = ".lock"
_SHOWN = 3


@contextmanager
def claim(out: Path, record: Mapping[str, Any], args: PairwiseTrainingArguments) -> Iterator[str | None]:
    """Keep a folder for this training alone; gives the checkpoint to continue from, if there is one.

    Raises:
        UsageError: If the folder holds something else.
        OutputError: If it cannot be written, or is being written.
    """
    lock = FileLock(out / _LOCK)
    try:
        with report_write_errors(out), args.main_process_first(local=False):
            _check_folder(out, record)
            if args.should_save:
                out.mkdir(exist_ok=True)
                _take(lock, out)
                write_json(out / RECORD, record)
        given = args.resume_from_checkpoint
        if given:
            check_same(Path(given).parent, record)
        yield given or _last_checkpoint(out)
    finally:
        if lock.is_locked:
            if {path.name for path in out.iterdir()} <= {RECORD, _LOCK}:
                (out / RECORD).unlink(missing_ok=True)
            (out / _LOCK).unlink(missing_ok=True)
            lock.release()
            if not any(out.iterdir()):
                out.rmdir()


def _take(lock: FileLock, out: Path) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"{out} is being written by another training; wait for it, or give another place") from error


@contextmanager
def report_write_errors(folder: str | Path, *kinds: type[Exception]) -> Iterator[None]:
    """Report what cannot be written.

    Args:
        folder: Where to.
        kinds: Further errors that writing raises.

    Raises:
        OutputError: If it cannot.
    """
    refused: tuple[type[Exception], ...] = (OSError, SafetensorError, *kinds)
    try:
        yield
    except (SynpainError, torch.OutOfMemoryError, torch.distributed.DistError):
        raise
    except refused as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise OutputError(
            f"{folder} could not be written ({reason}); make room, and give the same command again, or give another "
            "place"
        ) from error


def _last_checkpoint(out: Path) -> str | None:
    """The last checkpoint that is whole: a training that was killed may have left a part of one."""
    whole = {int(path.parent.name.rpartition("-")[2]): path.parent for path in out.glob(f"{CHECKPOINTS}/{STATE}")}
    return str(whole[max(whole)]) if whole else None


def _check_folder(out: Path, record: Mapping[str, Any]) -> None:
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is not a folder; create it first")
    if (out / RESULT).is_file():
        raise UsageError(f"{out} holds a trained model; remove it, or give another place")
    if (out / RECORD).is_file():
        check_same(out, record)
    elif os.path.lexists(out) and not (out.is_dir() and all(path.name == _LOCK for path in out.iterdir())):
        raise UsageError(f"{out} exists; remove it, or give another place")


def check_same(folder: Path, record: Mapping[str, Any]) -> None:
    """Refuse to go on with a training of something else.

    Raises:
        UsageError: If the folder holds another training, or none.
    """
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} has no {RECORD} that says what was trained; remove it, or start afresh") from error
    was, now = dict(_flat(found)), dict(_flat(record))
    names = [name for name in {**was, **now} if not name.startswith("made_with") and was.get(name) != now.get(name)]
    if names:
        told = [f"{name} was {was.get(name)}, and is {now.get(name)}" for name in names[:_SHOWN]]
        more = f", and {len(names) - _SHOWN} more" * (len(names) > _SHOWN)
        raise UsageError(
            f"{folder} holds another training ({'; '.join(told)}{more}); give the same arguments to go on with it, "
            "remove it, or give another place"
        )


def _flat(document: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested mappings, by names with dots."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from _flat(value, f"{name}.{key}" if name else key)
    else:
        yield name, document


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a file that is whole or not there."""
    partial_path(path).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    partial_path(path).rename(path)


def partial_path(path: Path) -> Path:
    """Where a file is written before it is moved to its place."""
    return path.with_name(f".{path.name}.partial")
