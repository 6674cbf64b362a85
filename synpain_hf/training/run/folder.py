"""The folder of one training: written by one at a time, and gone on with by the same training alone."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import pyarrow.parquet as pq
import torch
from safetensors import SafetensorError, safe_open

from synpain_hf import storage
from synpain_hf.errors import InputWarning, UsageError
from synpain_hf.text.documents import parsed_json
from synpain_hf.training.layout import CHECKPOINTS, LOCK, RECORD, RESULT, STATE, check_place
from synpain_hf.training.run.arguments import PairwiseTrainingArguments

_SHOWN = 3
_WEIGHTS = "*.safetensors"
_OF_TORCH = (".pt", ".pth")


Warn = Callable[[str], None]
"""Called with what was found damaged, and is passed over."""


def warn_by_python(message: str) -> None:
    """Warn the caller of `train`, as Python does."""
    warnings.warn(message, InputWarning, stacklevel=6)


@contextmanager
def claim(
    out: Path, record: Mapping[str, Any], args: PairwiseTrainingArguments, warn: Warn = warn_by_python
) -> Iterator[str | None]:
    """Keep a folder for this training alone; gives the checkpoint to continue from, if there is one.

    Args:
        out: The folder.
        record: What is trained on what.
        args: How.
        warn: Called with the checkpoints that are passed over.

    Raises:
        UsageError: If the folder holds something else.
        OutputError: If it cannot be written, or is being written.
    """
    with ExitStack() as held:
        with report_write_errors(out), args.main_process_first(local=False):
            _check_folder(out, record)
            if args.should_save:
                held.enter_context(_held(out))
                write_json(out / RECORD, record)
        given = args.resume_from_checkpoint
        if given:
            check_same(Path(given).parent, record)
            damaged = _damaged_file(Path(given)) if Path(given).is_dir() else None
            if damaged:
                raise UsageError(f"is {given}, whose {damaged} is damaged; give another one", "resume_from_checkpoint")
        yield given or _last_checkpoint(out, warn if args.should_save else None)


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold a folder, and leave none in which nothing was trained."""
    out.mkdir(exist_ok=True)
    busy = f"{out} is being written by another training; wait for it, or give another place"
    with storage.locked(out / LOCK, busy=busy):
        try:
            yield
        finally:
            if {path.name for path in out.iterdir()} <= {RECORD, LOCK}:
                (out / RECORD).unlink(missing_ok=True)
            (out / LOCK).unlink(missing_ok=True)
            if not any(out.iterdir()):
                out.rmdir()


def report_write_errors(folder: str | Path, *kinds: type[Exception]) -> AbstractContextManager[None]:
    """Report what cannot be written.

    Args:
        folder: Where to.
        kinds: Further errors that writing raises.

    Raises:
        OutputError: If it cannot.
    """
    return storage.report_write_errors(
        folder,
        "make room, and give the same command again, or give another place",
        kinds=(OSError, SafetensorError, *kinds),
        but=(torch.OutOfMemoryError, torch.distributed.DistError),
    )


def check_finished(out: Path, record: Mapping[str, Any]) -> None:
    """Refuse a finished training that is another one, or is not whole.

    Raises:
        UsageError: If it is.
    """
    check_same(out, record)
    damaged = _damaged_file(out) if any(out.glob(_WEIGHTS)) else _WEIGHTS.replace("*", "model")
    if damaged:
        raise UsageError(
            f"{out} holds a finished training, but {damaged} in it is missing or damaged; remove the folder, and train "
            "again"
        )


def is_trained(out: Path, warn: Warn | None) -> bool:
    """Whether a folder holds a trained model that can be read."""
    if not (out / STATE).is_file():
        return False
    damaged = next((path.name for path in sorted(out.glob(_WEIGHTS)) if not _is_whole(path)), None)
    if damaged and warn:
        warn(f"{damaged} in {out} is damaged; it is trained again")
    return damaged is None


def _last_checkpoint(out: Path, warn: Warn | None) -> str | None:
    """The last checkpoint that is whole: a killed training may have left a part of one, a full disk a damaged one."""
    steps = {path: path.name.rpartition("-")[2] for path in out.glob(CHECKPOINTS)}
    found = {int(step): path for path, step in steps.items() if step.isdecimal()}
    damaged = {}
    for step in sorted(found, reverse=True):
        file = _damaged_file(found[step]) if (found[step] / STATE).is_file() else STATE
        if file is None:
            break
        damaged[step] = file
    last = max(found.keys() - damaged.keys(), default=None)
    if damaged and warn:
        told = " and ".join(f"{found[step].name} (its {file})" for step, file in damaged.items())
        goes_on = "begins anew" if last is None else f"goes on from {found[last].name}"
        warn(f"{told} in {out} is damaged and passed over; training {goes_on}")
    return None if last is None else str(found[last])


def _damaged_file(folder: Path) -> str | None:
    """The name of a file in a folder that is cut short or cannot be read; None where all are whole."""
    return next((path.name for path in sorted(folder.rglob("*")) if path.is_file() and not _is_whole(path)), None)


def _is_whole(path: Path) -> bool:
    try:
        if path.suffix == ".json":
            parsed_json(path.read_text(encoding="utf-8"))
        elif path.suffix == ".parquet":
            pq.read_metadata(path)
        elif path.suffix == ".safetensors":
            with safe_open(path, "pt"):
                return True
        return path.suffix not in _OF_TORCH or is_zipfile(path)
    except (OSError, ValueError, SafetensorError):
        return False


def _check_folder(out: Path, record: Mapping[str, Any]) -> None:
    check_place(out, RECORD)
    if (out / RESULT).is_file():
        raise UsageError(f"{out} holds a trained model; remove it, or give another place")
    if (out / RECORD).is_file():
        check_same(out, record)


def check_same(folder: Path, record: Mapping[str, Any]) -> None:
    """Refuse to go on with a training of something else.

    Raises:
        UsageError: If the folder holds another training, or none.
    """
    try:
        found = parsed_json((folder / RECORD).read_text(encoding="utf-8"))
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


def read_json(path: Path, *keys: str) -> dict[str, Any]:
    """A JSON document that a finished training left.

    Args:
        path: Its file.
        keys: What it must have.

    Raises:
        UsageError: If it is damaged.
    """
    try:
        found = parsed_json(path.read_text(encoding="utf-8"))
        missing = [key for key in keys if key not in found] if isinstance(found, dict) else keys
        if missing:
            raise ValueError(f"it has no {', '.join(missing)}")
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read ({error}); remove the training's folder, and train again") from error
    document: dict[str, Any] = found
    return document


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document that is whole or not there."""
    storage.write_atomically(path, json.dumps(document, indent=2) + "\n")
