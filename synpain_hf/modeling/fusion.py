"""How a face and its reference become one, from tokens of both to tokens of the pair; or how the face stays alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from synpain_hf.errors import UsageError
from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.vocabulary import Fusion

Fused = tuple[Tensor, Tensor | None]
"""Tokens of the pairs, shape (pairs, tokens, width), and the attention weights where these were computed."""


class Subtraction(nn.Module):
    """The reference's token at each place is taken from the target's, as PwCT does with its features.

    Args:
        width: Elements of a token.
    """

    def __init__(self, width: int, config: PairwisePainConfig) -> None:  # noqa: ARG002 - all are made alike
        super().__init__()
        self.mix = nn.Linear(width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Fused:
        """Fuse tokens of shape (pairs, tokens, width)."""
        return nn.functional.gelu(self.mix(target - reference)), None


class Concatenation(nn.Module):
    """The two tokens at each place are put side by side.

    Args:
        width: Elements of a token.
    """

    def __init__(self, width: int, config: PairwisePainConfig) -> None:  # noqa: ARG002 - all are made alike
        super().__init__()
        self.mix = nn.Linear(2 * width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Fused:
        """Fuse tokens of shape (pairs, tokens, width)."""
        return nn.functional.gelu(self.mix(torch.cat([target, reference], dim=-1))), None


class CrossAttention(nn.Module):
    """The target's tokens attend to the reference's, wherever they are (as in ViTPain, arXiv 2509.16727).

    Args:
        width: Elements of a token.
        config: Says how many heads, and which attention implementation.

    Raises:
        UsageError: If the heads do not divide the width.
    """

    def __init__(self, width: int, config: PairwisePainConfig) -> None:
        super().__init__()
        if width % config.fusion_heads:
            raise UsageError(
                f"{config.fusion_heads} heads do not divide the backbone's width of {width}; set fusion_heads to a "
                "number that does"
            )
        self.target_norm = nn.LayerNorm(width)
        self.reference_norm = nn.LayerNorm(width)
        self.attention = PairAttention(width, config)
        self.mix = nn.Linear(width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Fused:
        """Fuse tokens of shape (pairs, tokens, width)."""
        target, reference = self.target_norm(target), self.reference_norm(reference)
        found, weights = self.attention(target, reference)
        return nn.functional.gelu(self.mix(target + found)), weights


class Alone(nn.Module):
    """The target's tokens as they are: a baseline that looks at no reference.

    Args:
        width: Elements of a token.
    """

    def __init__(self, width: int, config: PairwisePainConfig) -> None:  # noqa: ARG002 - all are made alike
        super().__init__()
        self.mix = nn.Linear(width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Fused:  # noqa: ARG002 - all are called alike
        """Give tokens of shape (pairs, tokens, width)."""
        return nn.functional.gelu(self.mix(target)), None


class PairAttention(nn.Module):
    """Attention from one face's tokens to the other's, by whichever implementation the model is set to.

    Its weights have the names and the layout of `torch.nn.MultiheadAttention`, as models that were saved with that
    layer have them.

    Args:
        width: Elements of a token.
        config: Says how many heads, and which attention implementation.
    """

    is_causal = False

    def __init__(self, width: int, config: PairwisePainConfig) -> None:
        super().__init__()
        self.config = config
        self.head_width = width // config.fusion_heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, target: Tensor, reference: Tensor) -> Fused:
        """Attend; shapes (pairs, tokens, width)."""
        width = target.shape[-1]
        of_query, of_key_value = self.in_proj_weight.split([width, 2 * width])
        query_bias, key_value_bias = self.in_proj_bias.split([width, 2 * width])
        query = nn.functional.linear(target, of_query, query_bias)
        key, value = nn.functional.linear(reference, of_key_value, key_value_bias).chunk(2, dim=-1)
        attend = ALL_ATTENTION_FUNCTIONS.get_interface(self.config._attn_implementation, _eager_attention)
        found, weights = attend(
            self,
            *(self._by_head(tokens) for tokens in (query, key, value)),
            None,
            scaling=self.head_width**-0.5,
            dropout=0.0,
        )
        return self.out_proj(found.flatten(2)), weights

    def _by_head(self, tokens: Tensor) -> Tensor:
        by_head: Tensor = tokens.unflatten(-1, (-1, self.head_width))
        return by_head.transpose(1, 2)


def _eager_attention(
    module: nn.Module,  # noqa: ARG001 - as transformers calls it
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 - no token of a face is masked
    scaling: float,
    **_: object,
) -> tuple[Tensor, Tensor]:
    """Attention written out, which gives its weights, too; shapes (pairs, heads, tokens, width of a head)."""
    scores = torch.matmul(query, key.transpose(-1, -2)) * scaling
    weights = nn.functional.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), weights


FUSIONS: dict[Fusion, type[Subtraction | Concatenation | CrossAttention | Alone]] = {
    "subtraction": Subtraction,
    "concatenation": Concatenation,
    "cross_attention": CrossAttention,
    "none": Alone,
}
"""The ways by their names in `PairwisePainConfig.fusion`."""
