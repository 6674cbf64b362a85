"""A linear baseline: what the plain difference of two small grey faces tells."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synpain_hf.modeling.compared import Compared
from synpain_hf.modeling.last_layer import LastLayer

_GRID = 20
"""Rows and columns of squares over which a face is averaged."""

GAIN = 40.0
"""By which outputs are multiplied: a learning rate that suits networks would hardly move single weights in an epoch."""


class QuickLayer(LastLayer):
    """A last layer of which a step of AdamW changes the outputs `GAIN` times as much."""

    def forward(self, features: Tensor) -> Tensor:
        """Give float32 scores; shape (..., outputs) of features of shape (..., width)."""
        return GAIN * super().forward(features)


class LinearDifference(nn.Module):
    """Grey faces averaged over 20 x 20 squares, the reference's taken from the target's: nothing else is learned from.

    With its last layer this is a logistic regression on 400 differences, whose weights can be looked at as a picture.

    Args:
        outputs: Number of outputs of the last layer, `output`, which the classifier applies; None for none.
        alone: Whether nothing is subtracted, so that the face is judged without its references.
    """

    dtype = torch.float32

    def __init__(self, outputs: int | None, *, alone: bool = False) -> None:
        super().__init__()
        self.alone = alone
        self.squares = nn.AdaptiveAvgPool2d(_GRID)
        if outputs is not None:
            self.output = QuickLayer(_GRID**2, outputs)

    def forward(self, target: Tensor, references: Tensor) -> Compared:
        """Compare a face with each of its references.

        Args:
            target: Shape (batch, 1, 160, 160).
            references: Shape (batch, references, 1, 160, 160).

        Returns:
            400 features of each pair, which are also its one token; as hidden states those of the targets and of the
            references, or, of a face alone, of the targets.
        """
        of_targets = self.squares(target).flatten(1).unsqueeze(1)
        if self.alone:
            return Compared(tokens=of_targets.unsqueeze(2), pooled=of_targets, hidden_states=(of_targets,))
        of_references = self.squares(references.flatten(0, 1)).flatten(1).unflatten(0, references.shape[:2])
        differences = of_targets - of_references
        return Compared(tokens=differences.unsqueeze(2), pooled=differences, hidden_states=(of_targets, of_references))
