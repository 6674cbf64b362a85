"""Having diffusers and transformers say no more than what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from diffusers.utils import logging as of_diffusers
from transformers.utils import logging as of_transformers


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out warnings of these libraries, and their bars; errors are raised as ever."""
    libraries: tuple[Any, ...] = (of_diffusers, of_transformers)
    before = [(each.get_verbosity(), each.is_progress_bar_enabled()) for each in libraries]
    for each in libraries:
        each.set_verbosity_error()
        each.disable_progress_bar()
    try:
        yield
    finally:
        for each, (verbosity, had_bars) in zip(libraries, before, strict=True):
            each.set_verbosity(verbosity)
            if had_bars:
                each.enable_progress_bar()
