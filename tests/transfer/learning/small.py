"""A training that takes seconds."""

from __future__ import annotations

from typing import Any, Final

SMALL: Final[dict[str, Any]] = {
    "size": 32, "steps": 6, "batch": 2, "denoising": 2, "checkpoint_every": 2, "validate_every": 3, "device": "cpu",
}  # fmt: skip
