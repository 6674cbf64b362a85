"""The losses of the heads; a target that is missing is left out, never taken for 0."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from synpain_hf.errors import UsageError

NO_LABEL = -100
"""The label of a row whose class is not known, as everywhere in torch."""


def known(name: str, targets: Tensor) -> Tensor:
    """How many targets are known; a scalar.

    Args:
        name: `labels`, where -100 stands for unknown, or another, where NaN does.
        targets: Of any shape.
    """
    return ((targets != NO_LABEL) if name == "labels" else ~torch.isnan(targets)).sum()


def class_loss(
    logits: Tensor, labels: Tensor, weights: Sequence[float] | None, count: Tensor | int | None = None
) -> Tensor:
    """Cross-entropy, times the weight of the row's class; the mean over the rows that have a label.

    It is divided by the number of those rows, not by the sum of their weights: a row weighs the same whatever else is
    in its batch, so that small batches, accumulated steps and several processes add up to what one large batch gives.
    Weights whose mean over all rows is 1, such as pairs / (classes x pairs of the class), keep the scale of the loss.

    Args:
        logits: Shape (batch, classes).
        labels: Shape (batch,), integers; -100 where not known.
        weights: One weight per class; None for equal ones.
        count: By how many rows to divide, where these are not all; None for those that have a label.

    Returns:
        A scalar; 0 where no row has a label.

    Raises:
        UsageError: If the labels have another shape or type.
    """
    if labels.shape != logits.shape[:1] or labels.is_floating_point():
        raise UsageError(
            f"labels has shape {tuple(labels.shape)} and type {labels.dtype}; give one integer per pair: "
            f"shape ({len(logits)},), and {NO_LABEL} where it is not known"
        )
    labels = labels.long()
    losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none", ignore_index=NO_LABEL)
    if weights is not None:
        # Numbers, not a tensor of them, which would have to travel to the device in every step.
        losses = losses * sum(weight * (labels == index) for index, weight in enumerate(weights))
    return losses.sum() / _at_least_one(known("labels", labels) if count is None else count)


def known_squared_error(name: str, predicted: Tensor, wanted: Tensor, count: Tensor | int | None = None) -> Tensor:
    """Mean squared error over the targets that are known.

    Args:
        name: What it is, for messages.
        predicted: Any shape.
        wanted: The same shape; NaN where not known.
        count: By how many targets to divide, where these are not all; None for those that are known.

    Returns:
        A scalar; 0 where no target is known.

    Raises:
        UsageError: If the shapes differ.
    """
    if wanted.shape != predicted.shape:
        raise UsageError(
            f"{name} has shape {tuple(wanted.shape)}, but the model predicts {tuple(predicted.shape)}; "
            "give one number for each, and NaN where it is not known"
        )
    errors = torch.where(torch.isnan(wanted), 0.0, predicted.float() - wanted.float())
    return errors.square().sum() / _at_least_one(known(name, wanted) if count is None else count)


def _at_least_one(count: Tensor | int) -> Tensor | int:
    return count.clamp(min=1) if isinstance(count, Tensor) else max(count, 1)
