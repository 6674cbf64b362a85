"""How each method that learns is trained: each recipe a module, with the interface of `Recipe`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

from synpain_hf.transferring.learning.recipes.recipe import Recipe
from synpain_hf.transferring.learning.request import Training

_PLACES: Final[Mapping[str, str]] = {"unet": "unet", "controlnet": "controlnet"}
"""The module of each method, with a function `recipe`; it is imported when it is needed."""


def recipe_for(training: Training) -> Recipe:
    """The recipe of a training.

    Raises:
        UsageError: If the base cannot be used.
        MissingExtraError: If a library is missing.
    """
    import torch

    module = import_module(f"{__name__}.{_PLACES[training.method]}")
    with torch.random.fork_rng():
        torch.manual_seed(training.seed)  # draws the weights that a network begins with
        return cast("Recipe", module.recipe(training))
