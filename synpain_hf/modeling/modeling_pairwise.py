"""`PairwisePainForImageClassification`: is this face in pain, compared with the neutral face of the same person?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers.utils.generic import ModelOutput, can_return_tuple

from synpain_hf.errors import UsageError
from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.modeling.losses import class_loss, known_squared_error
from synpain_hf.modeling.pretrained import DamagedModelError, PairwisePainPreTrainedModel
from synpain_hf.modeling.pwct_checkpoint import read_published, write_published

MOST_INTENSE = 5.0
"""The highest intensity of an action unit."""


@dataclass
class PairwisePainModelOutput(ModelOutput):
    """Features of faces that were compared with their references.

    Attributes:
        last_hidden_state: Fused tokens of each face and reference; shape (batch, references, tokens, width). With the
            fusion `none` there is one reference here, whatever was given.
        pooler_output: What the last layer of the classifier takes; shape (batch, references, features); likewise.
        hidden_states: With `output_hidden_states`, what the backbone gives after each stage, of all faces: the faces
            to judge, then their references. Of `pwct` five: shared features of the faces to judge, those of the
            references, their pooled differences, and what comes after each further convolution. Of `linear` two:
            features of the faces to judge, and of the references. With the fusion `none`, no reference is among them.
        attentions: With `output_attentions`, the backbone's attention weights, in the same order of faces; None where
            it has none.
        cross_attentions: Likewise, of the fusion `cross_attention`, one tensor of shape (batch x references, heads,
            tokens of the face, tokens of the reference).
    """

    last_hidden_state: Tensor | None = None
    pooler_output: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None


@dataclass
class PairwisePainOutput(ModelOutput):
    """What the pairwise classifier gives.

    Attributes:
        loss: Scalar, the weighted sum of `loss_parts`; only with targets. This and all others are float32, in whatever
            type the model is computed.
        logits: Shape (batch, classes).
        pspi: Shape (batch,), at least 0; only of a model that predicts it.
        action_units: Shape (batch, units), 0 to 5, in the order of `config.action_units`; only of a model that
            predicts them.
        loss_parts: The unweighted losses `class`, `pspi` and `action_units`, where there are targets.
        hidden_states: As in `PairwisePainModelOutput`.
        attentions: As in `PairwisePainModelOutput`.
        cross_attentions: As in `PairwisePainModelOutput`.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    pspi: Tensor | None = None
    action_units: Tensor | None = None
    loss_parts: dict[str, Tensor] | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None


class PairwisePainModel(PairwisePainPreTrainedModel):
    """The network without its last layer, which gives features of pairs: what `AutoModel` loads.

    It loads what `PairwisePainForImageClassification` saves, and the other way round.

    Args:
        config: The configuration; weights are new.
    """

    _keys_to_ignore_on_load_unexpected = [r"^head\.", r"^(pwct|linear)\.output\."]  # noqa: RUF012 - as transformers declares it

    def __init__(self, config: PairwisePainConfig) -> None:
        super().__init__(config)

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        pixel_values: Tensor | None = None,
        reference_pixel_values: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
    ) -> PairwisePainModelOutput:
        """Give features of faces that are compared with their references.

        Args:
            pixel_values: The faces to judge; shape (batch, channels, height, width), from the image processor.
            reference_pixel_values: Neutral faces of the same people; the same shape, or (batch, references, channels,
                height, width) for several.
            output_attentions: Whether to give attention weights, which `attn_implementation="eager"` alone has.
            output_hidden_states: Whether to give features after each stage.

        Raises:
            UsageError: If a face is missing, or of a wrong shape, or (in evaluation, on the CPU, uncompiled) not
                finite; or if the attention implementation gives no weights.
        """
        found = self.compare(pixel_values, reference_pixel_values, output_attentions, output_hidden_states)
        return PairwisePainModelOutput(
            last_hidden_state=found.tokens,
            pooler_output=found.pooled,
            hidden_states=found.hidden_states,
            attentions=found.attentions,
            cross_attentions=found.cross_attentions,
        )


class PairwisePainForImageClassification(PairwisePainPreTrainedModel):
    """Classify a face by its difference from one or more reference faces of the same person.

    With `architecture="pwct"` this is the published network. It takes grey faces of 160 x 160 in [0, 1]; with a
    published state dict (`from_pwct_checkpoint`) its `pspi` is the published score, and, as such a network has no
    classes, the logits are 0 and `pspi - config.pspi_threshold`. Otherwise classes, PSPI and action units are outputs
    of its last layer.

    With `architecture="linear"` it is a logistic regression on the difference of the two faces, both grey and averaged
    over 20 x 20 squares: a baseline that a model worth having beats.

    With `architecture="backbone"`, one backbone of transformers turns each face into tokens, the reference's are fused
    with the target's, the mean over the fused tokens goes into one linear layer.

    Each of them averages what several references give; and each, with `fusion="none"`, looks at no reference, though it
    takes one: the baseline that says what the reference is worth.

    Args:
        config: The configuration; weights are new.
    """

    def __init__(self, config: PairwisePainConfig) -> None:
        super().__init__(config, config.num_outputs)

    @classmethod
    def from_pwct_checkpoint(
        cls, checkpoint: str | Path | Mapping[str, Any], **config: Any
    ) -> PairwisePainForImageClassification:
        """The published network with published weights, ready to judge.

        Args:
            checkpoint: A published state dict of 7 or 40 outputs: its file, or its content.
            config: Further arguments of `PairwisePainConfig`, such as `pspi_threshold`.

        Raises:
            BadInputError: If it is not a published state dict; lists everything that is wrong.
        """
        state = read_published(checkpoint)
        model = cls(PairwisePainConfig(architecture="pwct", published_outputs=len(state["output.bias"]), **config))
        model.pwct.load_state_dict(state)
        model.eval()
        return model

    def pwct_state_dict(self) -> dict[str, Tensor]:
        """The weights of a `pwct` under the published names, for the published code.

        Raises:
            UsageError: If the architecture is another.
        """
        if self.config.architecture != "pwct":
            raise UsageError(f"this model is a {self.config.architecture!r}; only 'pwct' has published names")
        return write_published(self.pwct)

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        pixel_values: Tensor | None = None,
        reference_pixel_values: Tensor | None = None,
        labels: Tensor | None = None,
        pspi: Tensor | None = None,
        action_units: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        num_items_in_batch: Mapping[str, Tensor | int] | None = None,
    ) -> PairwisePainOutput:
        """Compare faces with their references.

        `pixel_values` and `reference_pixel_values` come from `images` and `references` of the image processor, which
        are `image` and `reference` in the pipeline.

        Args:
            pixel_values: The faces to judge; shape (batch, channels, height, width), from the image processor.
            reference_pixel_values: Neutral faces of the same people; the same shape, or (batch, references, channels,
                height, width) for several, which are averaged.
            labels: Classes; shape (batch,), integers, -100 where not known.
            pspi: PSPI; shape (batch,), NaN where not known.
            action_units: Intensities, 0 to 5; shape (batch, units), NaN where not known.
            output_attentions: Whether to give attention weights, which `attn_implementation="eager"` alone has.
            output_hidden_states: Whether to give features after each stage.
            num_items_in_batch: How many of `labels`, `pspi` and `action_units` are known in everything that makes one
                step together, such as the batches of several processes. Each loss is divided by that, so that the sum
                over these batches is the mean over all; None to divide by what is known in this batch.

        Raises:
            UsageError: If a face is missing, or of a wrong shape, or (in evaluation, on the CPU, uncompiled) not
                finite; if the attention implementation gives no weights; or if there is a target without a head for it.
        """
        found = self.compare(pixel_values, reference_pixel_values, output_attentions, output_hidden_states)
        head = self.head if self.network is None else self.network.output
        logits, raw_pspi, score, units = self._heads(head(found.pooled))
        counts = num_items_in_batch or {}
        parts: dict[str, Tensor] = {}
        if labels is not None:
            parts["class"] = class_loss(logits, labels, self.config.class_weights, counts.get("labels"))
        if pspi is not None:
            if raw_pspi is None:
                raise UsageError("pspi is given, but this model has no head for it; set pspi_head=True or leave it out")
            scale = self.config.pspi_scale
            parts["pspi"] = known_squared_error("pspi", raw_pspi / scale, pspi / scale, counts.get("pspi"))
        if action_units is not None:
            if units is None:
                raise UsageError(
                    "action_units is given, but this model has no head for them; name them in "
                    "PairwisePainConfig(action_units=[...]) or leave it out"
                )
            wanted = action_units / MOST_INTENSE
            parts["action_units"] = known_squared_error("action_units", units, wanted, counts.get("action_units"))
        return PairwisePainOutput(
            loss=self._total(parts) if parts else None,
            logits=logits,
            pspi=score,
            action_units=None if units is None else (units * MOST_INTENSE).clamp(0, MOST_INTENSE),
            loss_parts=parts or None,
            hidden_states=found.hidden_states,
            attentions=found.attentions,
            cross_attentions=found.cross_attentions,
        )

    def _heads(self, outputs: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]:
        """The logits, PSPI as it is learned and as it is given, and action units as they are learned.

        Args:
            outputs: Of the last layer; shape (batch, references, outputs).
        """
        if self.config.published_outputs is not None:
            heads = outputs[..., -self.config.published_pspi_outputs :]
            score = heads.clamp(min=0).mean((1, 2))
            logits = torch.stack([torch.zeros_like(score), score - self.config.pspi_threshold], dim=-1)
            return logits, heads.mean((1, 2)), score, None
        sizes = [self.config.num_labels, int(self.config.pspi_head), len(self.config.action_units)]
        logits, pspi, units = outputs.mean(1).split(sizes, dim=-1)
        if not self.config.pspi_head:
            return logits, None, None, units if sizes[2] else None
        raw = pspi.squeeze(-1) * self.config.pspi_scale
        return logits, raw, raw.clamp(min=0), units if sizes[2] else None

    def _total(self, parts: Mapping[str, Tensor]) -> Tensor:
        weights = {
            "class": 1.0,
            "pspi": self.config.pspi_loss_weight,
            "action_units": self.config.action_unit_loss_weight,
        }
        return torch.stack([weights[name] * part for name, part in parts.items()]).sum()


__all__ = [
    "DamagedModelError",
    "PairwisePainForImageClassification",
    "PairwisePainModel",
    "PairwisePainModelOutput",
    "PairwisePainOutput",
]
