"""`LearnedFrom`: what the weights that drew the faces of a release have learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LearnedFrom:
    """What the weights that drew the faces of a release have learned from.

    Attributes:
        content: What tells the pairs of that release from any others.
        test_fold: The fold that they have learned nothing from, nor from the next one; None where that is not known.
    """

    content: str
    test_fold: int | None

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> LearnedFrom | None:
        """What `release.json` says of it; None where no weights drew its faces."""
        said = manifest["source"].get("transfer", {}).get("learned_from")
        return None if said is None else cls(str(said.get("content", "")), said.get("test_fold"))
