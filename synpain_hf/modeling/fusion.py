"""How a face and its reference become one: three ways, from tokens of both to tokens of the pair."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synpain_hf.errors import UsageError
from synpain_hf.vocabulary import Fusion


class Subtraction(nn.Module):
    """The reference's token at each place is taken from the target's, as PwCT does with its features.

    Args:
        width: Elements of a token.
    """

    def __init__(self, width: int, heads: int) -> None:  # noqa: ARG002 - the three are made alike
        super().__init__()
        self.mix = nn.Linear(width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Tensor:
        """Fuse tokens of shape (pairs, tokens, width)."""
        return nn.functional.gelu(self.mix(target - reference))


class Concatenation(nn.Module):
    """The two tokens at each place are put side by side.

    Args:
        width: Elements of a token.
    """

    def __init__(self, width: int, heads: int) -> None:  # noqa: ARG002 - the three are made alike
        super().__init__()
        self.mix = nn.Linear(2 * width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Tensor:
        """Fuse tokens of shape (pairs, tokens, width)."""
        return nn.functional.gelu(self.mix(torch.cat([target, reference], dim=-1)))


class CrossAttention(nn.Module):
    """The target's tokens attend to the reference's, wherever they are (as in ViTPain, arXiv 2509.16727).

    Args:
        width: Elements of a token.
        heads: Attention heads.

    Raises:
        UsageError: If the heads do not divide the width.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise UsageError(
                f"{heads} heads do not divide the backbone's width of {width}; set fusion_heads to a number that does"
            )
        self.target_norm = nn.LayerNorm(width)
        self.reference_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mix = nn.Linear(width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Tensor:
        """Fuse tokens of shape (pairs, tokens, width)."""
        target, reference = self.target_norm(target), self.reference_norm(reference)
        found, _ = self.attention(target, reference, reference, need_weights=False)
        return nn.functional.gelu(self.mix(target + found))


FUSIONS: dict[Fusion, type[Subtraction | Concatenation | CrossAttention]] = {
    "subtraction": Subtraction,
    "concatenation": Concatenation,
    "cross_attention": CrossAttention,
}
"""The ways by their names in `PairwisePainConfig.fusion`."""
