"""What a training leaves: weights, what they are and whom they have learned from, and a card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from synpain_hf import __version__
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, LEARNED
from synpain_hf.release.release import Release
from synpain_hf.storage import sha256_of, write_atomically
from synpain_hf.text.templates import render
from synpain_hf.transferring.learning.couples import Example, Split
from synpain_hf.transferring.learning.loop import PICTURES
from synpain_hf.transferring.learning.recipes.recipe import Recipe
from synpain_hf.transferring.learning.request import Training

CARD: Final = "README.md"

_TEMPLATE: Final = Path(__file__).with_name("card.md.jinja")
_LIBRARIES: Final = ("torch", "diffusers", "accelerate")
_SUFFIXES: Final = (".json", ".safetensors")
_OF_TRAINING: Final = ("steps", "batch", "accumulate", "learning_rate", "denoising", "seed")


def leave(
    folder: Path,
    training: Training,
    recipe: Recipe,
    release: Release,
    split: Split,
    examples: Sequence[Example],
    errors: Mapping[str, float],
    looked_at: int,
) -> None:
    """Write everything beside the log and the pictures.

    Args:
        folder: The folder.
        training: What was asked for.
        recipe: What was trained.
        release: What it learned from.
        split: Whom it learned from.
        examples: The pairs that it learned.
        errors: In pairs of others, as in `TrainedTransfer`.
        looked_at: How many pairs these are.

    Raises:
        OSError: If something cannot be written.
    """
    recipe.save(folder)
    learned = {"pair_id": sorted(one.pair_id for one in examples), "identity": sorted(split.identities)}
    _write(folder / LEARNED, learned)
    about = {
        "method": training.method,
        "method_version": METHODS[training.method].version,
        "size": training.size,
        "steps": training.denoising,
        "network": recipe.described(),
        "base": recipe.base,
        "learned_from": {
            "name": release.name,
            "version": release.version,
            "kind": release.manifest["source"]["kind"],
            "content": release.manifest["content"],
            "shows_people": release.shows_people,
            "test_fold": split.test_fold,
            "validation_fold": split.validation_fold,
            "pairs": len(examples),
            "identities": len(split.identities),
        },
        "training": {
            **{name: getattr(training, name) for name in _OF_TRAINING},
            "precision": Device.chosen(training.device, training.precision).precision,
        },
        "files": {
            path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in sorted(folder.iterdir())
            if path.suffix in _SUFFIXES and path.name != ABOUT  # which a call that was killed may have left
        },
        "made_with": "; ".join([f"synpain-hf {__version__}", *(f"{name} {version(name)}" for name in _LIBRARIES)]),
    }
    _write(folder / ABOUT, about)
    last = max(path.name for path in (folder / PICTURES).iterdir())
    values = {"about": about, "errors": errors, "looked_at": looked_at, "picture": f"{PICTURES}/{last}"}
    write_atomically(folder / CARD, render(_TEMPLATE, values, escape=True))


def _write(path: Path, document: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(document, indent=2) + "\n")
