"""The layer that gives the scores, in float32 whatever the others are computed in."""

from __future__ import annotations

from torch import Tensor, nn
from transformers.utils.generic import maybe_autocast


class LastLayer(nn.Linear):
    """A linear layer in float32.

    Scores are ranked. Rounded to the 8 bits of bfloat16, many pairs would have the same; so autocast is left here, and
    weights that were loaded in another type are widened.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Give float32 scores; shape (..., outputs) of features of shape (..., width)."""
        with maybe_autocast(features.device.type, enabled=False):
            return nn.functional.linear(features.float(), self.weight.float(), self.bias.float())
