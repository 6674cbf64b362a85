"""`Request`: what a user asks of an experiment beside its definition."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from synpain_hf import __version__
from synpain_hf.errors import UsageError
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.storage import sha256_of
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.training.options import WHOLE, EverydayArguments, ModelArguments
from synpain_hf.training.settings import check_values, known_settings

Engine = Literal["processes", "ray"]

_FILES_OF_MODELS = ("*.safetensors", "pytorch_model*.bin", "*.json")
"""What decides a model in a folder: its weights, in either form that transformers reads, and its configurations."""


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        model: Which model is trained, or judges.
        options: Arguments of `PairwiseTrainingArguments` by name.
        augmentation: Whether pairs are changed at random in training.
        cache_dir: Where prepared faces are kept; None for the usual place.
    """

    model: ModelArguments = field(default_factory=ModelArguments)
    options: Mapping[str, Any] = field(default_factory=dict)
    augmentation: bool = True
    cache_dir: str | Path | None = None

    def __post_init__(self) -> None:
        if "seed" in self.options:
            raise UsageError("is given, but an experiment has several; give {seeds}", "seed", mentions=["seeds"])
        unknown = sorted(self.options.keys() - known_settings().keys())
        if unknown:
            near = did_you_mean(unknown[0], known_settings())
            raise UsageError(f"{shown(unknown[0])} is not a setting of a training{near}; leave it out")
        check_values({**asdict(EverydayArguments()), **self.options})

    def model_of(self, changed: Mapping[str, Any]) -> ModelArguments:
        """The model, with the options that a condition changes.

        Raises:
            UsageError: If the model does not let them be changed.
        """
        return replace(self.model, **changed)

    def training_options(self) -> dict[str, Any]:
        """Arguments of `train`, but for the seed."""
        return {**self.options, **({} if self.augmentation else {"augmentation": None})}


def digest_of(document: Mapping[str, Any]) -> str:
    """The digest of a document: of the version of this package, too, so that no other version's runs are taken."""
    text = json.dumps({**document, "package": __version__}, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()


def model_record(model: ModelArguments, weights: str) -> dict[str, Any]:
    """What tells a model from any other, without any path of this machine.

    Args:
        model: The model.
        weights: What `weights_of` says of it.
    """
    return {**asdict(model), "model": weights}


def weights_of(name: str) -> str:
    """What tells the model of a name from any other: the name, its commit on the Hub, or a digest of its files.

    Raises:
        UsageError: If it is a folder without a model, or the Hub cannot be reached.
    """
    if name in WHOLE:
        return name
    place = Path(name).expanduser()
    if place.is_file():
        return sha256_of(place)
    if place.is_dir():
        files = sorted(file for pattern in _FILES_OF_MODELS for file in place.glob(pattern))
        if not files:
            raise UsageError(f"is {shown(name)!r}, a folder without a model; give one that `train` has made", "model")
        return sha256("".join(f"{file.name} {sha256_of(file)}\n" for file in files).encode()).hexdigest()
    if REPO_ID.fullmatch(name):
        from transformers.utils.hub import cached_file

        found = None
        with suppress(OSError):  # the repository is not there, or the Hub is not reached
            found = cached_file(name, "config.json", _raise_exceptions_for_missing_entries=False)
        if found is None:
            fault = f"is {name!r}, of which the Hub gives no configuration"
            raise UsageError(f"{fault}; correct the name, go online, or give a folder", "model")
        return f"{name}@{Path(found).parent.name}"
    return name


def seeds_of(text: str) -> Sequence[int]:
    """Seeds as they are typed: `1,2,3`.

    Raises:
        UsageError: If they are none, or one is given twice.

    Example:
        >>> seeds_of("1,2,3")
        [1, 2, 3]
    """
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) < 2**32 for word in words) or len(set(map(int, words))) < len(words):
        raise UsageError(f"is {shown(text)!r}; give whole numbers, each once, with commas between: 1,2,3", "seeds")
    return [int(word) for word in words]
