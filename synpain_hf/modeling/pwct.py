"""PwCT, the pairwise network of the paper's baseline, from its published description."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from synpain_hf.modeling.last_layer import LastLayer

PWCT_CHANNELS = 1

_KERNEL = 5
_FLAT = 128 * 6 * 6
"""Elements of the flattened features; faces of `PWCT_SIDE` pixels alone have so many."""
_HIDDEN = 200


class PwCT(nn.Module):
    """A convolution shared by both faces, the difference of their features, and two convolutions that judge it.

    It has 1,538,760 parameters and 201 for each output: 1,539,162 with two outputs, 1,540,167 with seven, 1,546,800
    with forty.

    Args:
        outputs: Number of outputs.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        # Published state dicts hold the statistics of this layer, which the published network never applies: kept so
        # that a state dict comes out as it went in.
        self.unused_input_norm = nn.BatchNorm2d(2, affine=False)
        self.shared = _stage(PWCT_CHANNELS, 64, stride=2)
        self.pool = nn.MaxPool2d(2)
        self.middle = _stage(64, 128)
        self.deep = _stage(128, 128)
        self.hidden = nn.Linear(_FLAT, _HIDDEN)
        self.output = LastLayer(_HIDDEN, outputs)

    def forward(self, target: Tensor, references: Tensor) -> Tensor:
        """Compare a face with each of its references.

        Args:
            target: Shape (batch, 1, 160, 160), in [0, 1].
            references: Shape (batch, references, 1, 160, 160), in [0, 1].

        Returns:
            Shape (batch, references, outputs), float32.
        """
        pairs = references.shape[:2]
        # Each face by itself, as published: in training, batch norm takes the statistics of one kind of face at a time.
        of_target = self.shared(target).unsqueeze(1)
        of_references = self.shared(references.flatten(0, 1)).unflatten(0, pairs)
        features = self.pool((of_target - of_references).flatten(0, 1))
        features = self.pool(self.middle(features))
        features = self.pool(self.deep(features))
        outputs: Tensor = self.output(torch.relu(self.hidden(features.flatten(1)))).unflatten(0, pairs)
        return outputs


def _stage(channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        convolution=nn.Conv2d(channels, out_channels, _KERNEL, stride=stride),
        norm=nn.BatchNorm2d(out_channels),
        relu=nn.ReLU(),
    )
    return nn.Sequential(layers)
