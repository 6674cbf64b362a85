"""What `train-transfer` leaves, and how it is opened: nothing in the folder is believed before it is checked.

DIR/transfer_model.json                      what it is (`schemas/transfer_model.schema.json`), and digests of its files
DIR/learned.json                             the pairs and identities that it has learned from
DIR/diffusion_pytorch_model.safetensors      its weights, with config.json, as diffusers stores them
DIR/README.md                                its card

No network is imported here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.hubclient.downloads import download_files
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.schemas import strict_json, violations
from synpain_hf.storage import sha256_of
from synpain_hf.text.values import shown

ABOUT: Final = "transfer_model.json"
LEARNED: Final = "learned.json"
WEIGHTS: Final = "diffusion_pytorch_model.safetensors"

_MOST_ABOUT: Final = 2**20
_MOST_LEARNED: Final = 2**28
"""Bytes that are read of each."""

_OF_LEARNED: Final = ("name", "version", "kind", "content", "shows_people", "test_fold")
_ANEW: Final = "copy the folder again, or train again"


@dataclass(frozen=True)
class TransferModel:
    """What a method of transfer has learned.

    Attributes:
        folder: Where it is.
        about: What it is, as `schemas/transfer_model.schema.json` says.
        digest: SHA-256 of that, which has the digest of every other file.
    """

    folder: Path
    about: Mapping[str, Any]
    digest: str

    @classmethod
    def open(cls, name: str, method: str, version: int) -> TransferModel:
        """Open what was learned, and check that it is whole.

        Args:
            name: Its folder, or `NAMESPACE/NAME` on the Hub.
            method: The method that it has to be for.
            version: The method's version.

        Raises:
            UsageError: If it is nowhere, or of another method.
            BadInputError: If a file is missing or damaged.
            DownloadError: If the Hub does not send it.
        """
        folder = _found(name)
        data = _read(folder, ABOUT, _MOST_ABOUT)
        try:
            about = strict_json(data)
            wrong = violations("transfer_model", about) if isinstance(about, dict) else ["it is not a JSON object"]
        except ValueError as error:
            wrong = [str(error)]
        if wrong:
            raise BadInputError([Problem(f"{name}/{ABOUT}", f"cannot be used ({'; '.join(wrong)}); {_ANEW}")])
        if (about["method"], about["method_version"]) != (method, version):
            was = f"{about['method']} {about['method_version']}"
            raise UsageError(
                f"is {shown(name)!r}, trained for {was}, not for {method} {version}; give another", "weights"
            )
        problems = list(_damage(name, folder, about["files"]))
        if problems:
            raise BadInputError(problems)
        return cls(folder, about, hashlib.sha256(data).hexdigest())

    @property
    def title(self) -> str:
        """What it is called in the provenance of pictures: its name, and its digest."""
        return f"{self.folder.name} sha256:{self.digest}"

    @property
    def learned_from(self) -> Mapping[str, Any]:
        """The release that it has learned from, as `transfer.json` names releases, and the fold that was left out."""
        return {name: self.about["learned_from"][name] for name in _OF_LEARNED}

    def file(self, name: str) -> Path:
        """One of its files, which was found whole.

        Raises:
            BadInputError: If it has no such file.
        """
        if name not in self.about["files"]:
            raise BadInputError([Problem(f"{self.folder.name}/{name}", f"is missing; {_ANEW}")])
        return self.folder / name

    def identities(self) -> frozenset[str]:
        """The identities that it has learned from, with those that these are derived from.

        Raises:
            BadInputError: If the list is damaged.
        """
        try:
            said = strict_json(_read(self.file(LEARNED).parent, LEARNED, _MOST_LEARNED))
            names = said["identity"]
            if not all(isinstance(name, str) for name in names):
                raise ValueError("a name is no text")
        except (ValueError, LookupError, TypeError) as error:
            reason = f"cannot be used ({error}); {_ANEW}"
            raise BadInputError([Problem(f"{self.folder.name}/{LEARNED}", reason)]) from error
        return frozenset(names)


def _found(name: str) -> Path:
    place = Path(name).expanduser()
    if place.is_dir():
        if not (place / ABOUT).is_file():
            raise UsageError(f"is {shown(name)!r}, which has no {ABOUT}; give a folder of train-transfer", "weights")
        return place.resolve()
    if REPO_ID.fullmatch(name) and not place.exists():
        folder = download_files(name, ["*.json", "*.safetensors"], kind="model")
        if not (folder / ABOUT).is_file():
            raise UsageError(f"is {shown(name)!r} on the Hub, which has no {ABOUT}; give another", "weights")
        return folder
    raise UsageError(
        f"is {shown(name)!r}, neither a folder nor a name on the Hub; give the folder that train-transfer left",
        "weights",
    )


def _read(folder: Path, name: str, most: int) -> bytes:
    try:
        with (folder / name).open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); {_ANEW}"
        raise BadInputError([Problem(f"{folder.name}/{name}", reason)]) from error
    if len(data) > most:
        raise BadInputError([Problem(f"{folder.name}/{name}", f"has more than {most:,} bytes; {_ANEW}")])
    return data


def _damage(name: str, folder: Path, files: Mapping[str, Any]) -> Iterable[Problem]:
    """What is wrong with the files of a folder; the length of each is looked at before its content."""
    for file, record in files.items():
        path = folder / file
        if not path.is_file():
            yield Problem(f"{name}/{file}", f"is missing; {_ANEW}")
        elif path.stat().st_size != record["bytes"]:
            yield Problem(f"{name}/{file}", f"has {path.stat().st_size:,} bytes, not {record['bytes']:,}; {_ANEW}")
        elif sha256_of(path) != record["sha256"]:
            yield Problem(f"{name}/{file}", f"is not as it was written; {_ANEW}")
