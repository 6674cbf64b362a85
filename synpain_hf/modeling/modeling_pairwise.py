"""`PairwisePainForImageClassification`: is this face in pain, compared with the neutral face of the same person?"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.utils.generic import ModelOutput, can_return_tuple

from synpain_hf.errors import SynpainError, UsageError
from synpain_hf.modeling.backbones import (
    add_lora,
    backbone_from_config,
    backbone_from_pretrained,
    channels_of,
    freeze_all_but_lora,
    keep_statistics,
    tokens_of,
    width_of,
)
from synpain_hf.modeling.configuration_pairwise import PUBLISHED_PSPI_OUTPUTS, PairwisePainConfig
from synpain_hf.modeling.fusion import FUSIONS
from synpain_hf.modeling.inputs import check_faces
from synpain_hf.modeling.last_layer import LastLayer
from synpain_hf.modeling.losses import class_loss, known_squared_error
from synpain_hf.modeling.pwct import PWCT_CHANNELS, PwCT
from synpain_hf.modeling.pwct_checkpoint import read_published, write_published
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import PWCT_SIDE

MOST_INTENSE = 5.0
"""The highest intensity of an action unit."""


class DamagedModelError(SynpainError, SafetensorError):
    """The weights of a saved model cannot be read."""


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
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    pspi: Tensor | None = None
    action_units: Tensor | None = None
    loss_parts: dict[str, Tensor] | None = None


class PairwisePainForImageClassification(PreTrainedModel):
    """Classify a face by its difference from one or more reference faces of the same person.

    With `architecture="pwct"` this is the published network. It takes grey faces of 160 x 160 in [0, 1]; with a
    published state dict (`from_pwct_checkpoint`) its `pspi` is the published score, and, as such a network has no
    classes, the logits are 0 and `pspi - config.pspi_threshold`. Otherwise classes, PSPI and action units are outputs
    of its last layer.

    With `architecture="backbone"`, one backbone of transformers turns each face into tokens, the reference's are fused
    with the target's, the mean over the fused tokens and over the references goes into one linear layer.

    Gradient checkpointing is that of the backbone; PwCT, whose batch norms would count every batch twice, has none.

    With `lora`, the backbone is frozen but for its low-rank updates: its weights, and in training the statistics of its
    batch norms, too.

    Args:
        config: The configuration; weights are new.
    """

    config: PairwisePainConfig
    config_class = PairwisePainConfig
    main_input_name = "pixel_values"
    accepts_loss_kwargs = False
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _no_split_modules: list[str] = ["PwCT", *(fusion.__name__ for fusion in FUSIONS.values())]  # noqa: RUF012

    def __init__(self, config: PairwisePainConfig) -> None:
        super().__init__(config)
        if config.architecture == "pwct":
            self.pwct = PwCT(config.num_outputs)
        else:
            self.backbone = backbone_from_config(cast("PreTrainedConfig", config.backbone_config))
            width = width_of(self.backbone)
            self.fusion = FUSIONS[config.fusion](width, config.fusion_heads)
            self.head = LastLayer(width, config.num_outputs)
            self.supports_gradient_checkpointing = self.backbone.supports_gradient_checkpointing
        self.post_init()
        if config.lora is not None:
            self._add_lora(config.lora)  # after `post_init`, which would initialise the updates as new layers

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Any:
        """Load a saved model, as every model of transformers; a backbone with LoRA is frozen again.

        Raises:
            DamagedModelError: If its weights are cut short or damaged.
        """
        try:
            loaded = super().from_pretrained(*args, **kwargs)
        except SafetensorError as error:
            name = args[0] if args else kwargs.get("pretrained_model_name_or_path")
            raise DamagedModelError(
                f"the weights of {shown(str(name))!r} are damaged ({error}); fetch the model again, or train it again"
            ) from error
        model = loaded[0] if isinstance(loaded, tuple) else loaded
        if model.config.lora is not None:
            freeze_all_but_lora(model.backbone)  # loading makes every weight one that is trained
        return loaded

    @classmethod
    def from_backbone_pretrained(
        cls, name_or_path: str | Path, *, hub_options: Mapping[str, Any] | None = None, **config: Any
    ) -> PairwisePainForImageClassification:
        """A classifier on a pretrained backbone; fusion and heads are new.

        Once it is saved, `from_pretrained` loads it without the backbone's own repository.

        Args:
            name_or_path: A vision model on the Hub, such as `facebook/dinov3-vitl16-pretrain-lvd1689m`, or a folder.
            hub_options: Options of the download, such as `revision` or `token`.
            config: Arguments of `PairwisePainConfig`, such as `fusion` or `lora`.

        Raises:
            UsageError: If arguments contradict each other, or it is not a vision model.
        """
        backbone = backbone_from_pretrained(str(name_or_path), **(hub_options or {}))
        lora = config.pop("lora", None)
        model = cls(PairwisePainConfig(architecture="backbone", backbone_config=backbone.config, **config))
        model.backbone.load_state_dict(backbone.state_dict())
        if lora is not None:
            model.config.lora = lora
            model._add_lora(lora)
        return model

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

    def save_pretrained(self, save_directory: Any, *args: Any, **kwargs: Any) -> None:
        """Save the model, as every model of transformers; who may read its configuration may read its weights."""
        folder = Path(save_directory)
        before = _weight_files(folder)
        super().save_pretrained(save_directory, *args, **kwargs)
        # safetensors lets only the owner read what it writes, whatever the umask allows.
        for path, _ in _weight_files(folder) - before:
            with suppress(OSError):  # a disk without modes
                shutil.copymode(folder / "config.json", path)

    def train(self, mode: bool = True) -> PairwisePainForImageClassification:
        """Train or evaluate; batch norms of a frozen backbone always evaluate."""
        super().train(mode)
        if self.config.lora is not None:
            keep_statistics(self.backbone)
        return self

    def gradient_checkpointing_enable(
        self, gradient_checkpointing_kwargs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Save memory in training by computing parts of the backbone twice.

        Also what `activation_checkpointing_enable` does, as newer transformers call it.

        Args:
            gradient_checkpointing_kwargs: Arguments of `torch.utils.checkpoint.checkpoint`, by default
                `use_reentrant=False`.
            kwargs: Further arguments of transformers.

        Raises:
            UsageError: If there is nothing to checkpoint, or no gradient would reach the low-rank updates.
        """
        if not self.supports_gradient_checkpointing:
            name = "PwCT" if self.config.architecture == "pwct" else type(self.backbone).__name__
            raise UsageError(f"{name} has no gradient checkpointing; leave it out")
        arguments = {"use_reentrant": False, **(gradient_checkpointing_kwargs or {})}
        if self.config.lora is not None and arguments["use_reentrant"]:
            raise UsageError(
                "reentrant gradient checkpointing passes no gradient to low-rank updates of a frozen backbone; leave "
                "use_reentrant out, or set it to False"
            )
        # Newer transformers warn of the older name, even where it is an override of it that calls.
        enable = getattr(super(), "_activation_checkpointing_enable", super().gradient_checkpointing_enable)
        enable(arguments, **kwargs)

    @property
    def num_channels(self) -> int:
        """The channels of a face."""
        return PWCT_CHANNELS if self.config.architecture == "pwct" else channels_of(self.backbone.config)

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        pixel_values: Tensor | None = None,
        reference_pixel_values: Tensor | None = None,
        labels: Tensor | None = None,
        pspi: Tensor | None = None,
        action_units: Tensor | None = None,
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

        Raises:
            UsageError: If a face is missing, or of a wrong shape, or (in evaluation, uncompiled) not finite; or if
                there is a target without a head for it.
        """
        target, references = check_faces(
            pixel_values,
            reference_pixel_values,
            self.num_channels,
            PWCT_SIDE if self.config.architecture == "pwct" else None,
            finite=not (self.training or torch.compiler.is_compiling()),
        )
        # Not `self.dtype`, which looks for parameters: a replica of `DataParallel` has none.
        dtype = (self.pwct.output if self.config.architecture == "pwct" else self.head).weight.dtype
        outputs = self._outputs(target.to(dtype), references.to(dtype))
        logits, raw_pspi, score, units = self._heads(outputs)
        parts: dict[str, Tensor] = {}
        if labels is not None:
            parts["class"] = class_loss(logits, labels, self.config.class_weights)
        if pspi is not None:
            if raw_pspi is None:
                raise UsageError("pspi is given, but this model has no head for it; set pspi_head=True or leave it out")
            scale = self.config.pspi_scale
            parts["pspi"] = known_squared_error("pspi", raw_pspi / scale, pspi / scale)
        if action_units is not None:
            if units is None:
                raise UsageError(
                    "action_units is given, but this model has no head for them; name them in "
                    "PairwisePainConfig(action_units=[...]) or leave it out"
                )
            parts["action_units"] = known_squared_error("action_units", units, action_units / MOST_INTENSE)
        return PairwisePainOutput(
            loss=self._total(parts) if parts else None,
            logits=logits,
            pspi=score,
            action_units=None if units is None else (units * MOST_INTENSE).clamp(0, MOST_INTENSE),
            loss_parts=parts or None,
        )

    def _add_lora(self, lora: dict[str, Any]) -> None:
        add_lora(self.backbone, lora)
        self.train(self.training)

    def _outputs(self, target: Tensor, references: Tensor) -> Tensor:
        """Outputs of the last layer; shape (batch, references, outputs), of a backbone with one mean reference."""
        if self.config.architecture == "pwct":
            return cast("Tensor", self.pwct(target, references))
        pairs = references.shape[:2]
        tokens = tokens_of(self.backbone(torch.cat([target, references.flatten(0, 1)])))
        of_target = tokens[: pairs[0]].repeat_interleave(pairs[1], dim=0)
        fused: Tensor = self.fusion(of_target, tokens[pairs[0] :])
        mean = fused.mean(1, dtype=torch.float32).unflatten(0, pairs).mean(1, keepdim=True)
        return cast("Tensor", self.head(mean))

    def _heads(self, outputs: Tensor) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor | None]:
        """The logits, PSPI as it is learned and as it is given, and action units as they are learned."""
        if self.config.published_outputs is not None:
            heads = outputs[..., -PUBLISHED_PSPI_OUTPUTS[self.config.published_outputs] :]
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


def _weight_files(folder: Path) -> set[tuple[Path, int]]:
    """Files of weights, each with its inode, which is another once it was written anew."""
    return {(path, path.stat().st_ino) for path in folder.glob("*.safetensors")}


__all__ = ["DamagedModelError", "PairwisePainForImageClassification", "PairwisePainOutput"]
