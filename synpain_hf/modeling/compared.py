"""What a network gives of faces and their references, before any head."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Compared(NamedTuple):
    """Faces compared with their references.

    Attributes:
        tokens: Features of each pair; shape (batch, references, tokens, width).
        pooled: What the last layer takes; shape (batch, references, features).
        hidden_states: Features after each stage, where they are kept.
        attentions: The backbone's attention weights, where these are asked for and it has any.
        cross_attentions: Attention weights from each face to its references, likewise.
    """

    tokens: Tensor
    pooled: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None
