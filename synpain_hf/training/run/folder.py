"""The folder of one training: written by one at a time, and gone on with by the same training alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import torch
from safetensors import SafetensorError, safe_open

from synpain_hf import storage
from synpain_hf.errors import UsageError
from synpain_hf.text.documents import parsed_json
from synpain_hf.training.layout import CHECKPOINTS, LOCK, RECORD, RESULT, STATE, check_place
from synpain_hf.training.run.arguments import PairwiseTrainingArguments

_SHOWN = 3
_OF_TORCH = (".pt", ".pth")


@contextmanager
def claim(out: Path, record: Mapping[str, Any], args: PairwiseTrainingArguments) -> Iterator[str | None]:
    """Keep a folder for this training alone; gives the checkpoint to continue from, if there is one.

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
        yield given or _last_checkpoint(out)


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


def _last_checkpoint(out: Path) -> str | None:
    """The last checkpoint that is whole: a killed training may have left a part of one, a full disk a damaged one."""
    found = {int(path.parent.name.rpartition("-")[2]): path.parent for path in out.glob(f"{CHECKPOINTS}/{STATE}")}
    return next((str(found[step]) for step in sorted(found, reverse=True) if not _damaged_file(found[step])), None)


def _damaged_file(checkpoint: Path) -> str | None:
    """The name of a file of a checkpoint that is cut short or cannot be read; None where all are whole."""
    return next((path.name for path in sorted(checkpoint.iterdir()) if not _is_whole(path)), None)


def _is_whole(path: Path) -> bool:
    try:
        if path.suffix == ".json":
            parsed_json(path.read_text(encoding="utf-8"))
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


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a JSON document that is whole or not there."""
    storage.write_atomically(path, json.dumps(document, indent=2) + "\n")
