"""PwCT, the pairwise network of the paper's baseline, from its published description."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from synpain_hf.modeling.compared import Compared
from synpain_hf.modeling.inputs import one_after_the_other
from synpain_hf.modeling.last_layer import LastLayer

_KERNEL = 5
_FLAT = 128 * 6 * 6
"""Elements of the flattened features; faces of `PWCT_SIDE` pixels alone have so many."""
_HIDDEN = 200


class PwCT(nn.Module):
    """A convolution shared by both faces, the difference of their features, and two convolutions that judge it.

    It has 1,538,760 parameters and 201 for each output: 1,539,162 with two outputs, 1,540,167 with seven, 1,546,800
    with forty.

    The published one was trained in two stages, the first of them contrastive, of which no details are known. Here
    there is one, which learns from labels, pain scores and action units.

    Args:
        outputs: Number of outputs of the last layer, `output`, which the classifier applies; None for none.
        alone: Whether nothing is subtracted, so that the face is judged without its references.
    """

    def __init__(self, outputs: int | None, *, alone: bool = False) -> None:
        super().__init__()
        self.alone = alone
        # Published state dicts hold the statistics of this layer, which the published network never applies: kept so
        # that a state dict comes out as it went in.
        self.unused_input_norm = nn.BatchNorm2d(2, affine=False)
        self.shared = _stage(1, 64, stride=2)
        self.pool = nn.MaxPool2d(2)
        self.middle = _stage(64, 128)
        self.deep = _stage(128, 128)
        self.hidden = nn.Linear(_FLAT, _HIDDEN)
        if outputs is not None:
            self.output = LastLayer(_HIDDEN, outputs)

    @property
    def dtype(self) -> torch.dtype:
        """The type that faces are computed in."""
        return self.hidden.weight.dtype

    def forward(self, target: Tensor, references: Tensor) -> Compared:
        """Compare a face with each of its references.

        Args:
            target: Shape (batch, 1, 160, 160), in [0, 1].
            references: Shape (batch, references, 1, 160, 160), in [0, 1].

        Returns:
            200 features and 36 tokens of 128 elements of each pair; and as hidden states the shared features of the
            targets, those of the references, the pooled differences, and what comes after each further convolution.
            Of a face alone, those of one pair, and no features of references.
        """
        if self.alone:
            return self._judged(self.shared(target), (*target.shape[:1], 1))
        pairs = references.shape[:2]
        # Each face by itself, as published: in training, batch norm takes the statistics of one kind of face at a time.
        of_targets = self.shared(target)
        of_references = self.shared(one_after_the_other(references, target))
        differences = of_targets.unsqueeze(1) - of_references.unflatten(0, pairs)
        return self._judged(differences.flatten(0, 1), pairs, of_targets, of_references)

    def _judged(self, compared: Tensor, pairs: tuple[int, ...], *shared: Tensor) -> Compared:
        features = self.pool(compared)
        middle = self.pool(self.middle(features))
        deep = self.pool(self.deep(middle))
        return Compared(
            tokens=deep.flatten(2).transpose(1, 2).unflatten(0, pairs),
            pooled=torch.relu(self.hidden(deep.flatten(1))).unflatten(0, pairs),
            hidden_states=(*shared, features, middle, deep),
        )


def _stage(channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        convolution=nn.Conv2d(channels, out_channels, _KERNEL, stride=stride),
        norm=nn.BatchNorm2d(out_channels),
        relu=nn.ReLU(),
    )
    return nn.Sequential(layers)
