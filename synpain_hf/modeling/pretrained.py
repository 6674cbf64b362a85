"""What the models here have in common: the networks, how they are saved and loaded, and what of them is frozen."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import PreTrainedConfig, PreTrainedModel
from transformers import initialization as init

from synpain_hf.errors import SynpainError, UsageError
from synpain_hf.modeling.backbones import (
    add_lora,
    backbone_from_config,
    backbone_from_pretrained,
    channels_of,
    freeze_all_but_lora,
    is_convolutional,
    keep_statistics,
    tokens_of,
    width_of,
)
from synpain_hf.modeling.compared import Compared
from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.modeling.fusion import FUSIONS, PairAttention
from synpain_hf.modeling.inputs import check_faces, one_after_the_other
from synpain_hf.modeling.last_layer import LastLayer
from synpain_hf.modeling.linear import GAIN, LinearDifference, QuickLayer
from synpain_hf.modeling.pwct import PwCT
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import PWCT_SIDE

NETWORKS: dict[str, type[PwCT | LinearDifference]] = {"pwct": PwCT, "linear": LinearDifference}
"""Networks that are no backbone, by `PairwisePainConfig.architecture`; each takes grey faces of `PWCT_SIDE` pixels."""

_GREY = 1


class DamagedModelError(SynpainError, SafetensorError):
    """The weights of a saved model cannot be read."""


class PairwisePainPreTrainedModel(PreTrainedModel):
    """A network that compares a face with references, with or without its last layer.

    Gradient checkpointing is that of the backbone; PwCT, whose batch norms would count every batch twice, has none.

    With `lora`, the backbone is frozen but for its low-rank updates: its weights, and in training the statistics of its
    batch norms, too.

    Args:
        config: The configuration; weights are new.
        outputs: Outputs of the last layer; None for none.
    """

    config: PairwisePainConfig
    pwct: PwCT
    linear: LinearDifference
    config_class = PairwisePainConfig
    main_input_name = "pixel_values"
    accepts_loss_kwargs = False
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    _no_split_modules: list[str] = ["PwCT", *(fusion.__name__ for fusion in FUSIONS.values())]  # noqa: RUF012

    def __init__(self, config: PairwisePainConfig, outputs: int | None = None) -> None:
        super().__init__(config)
        if config.architecture in NETWORKS:
            network = NETWORKS[config.architecture](outputs, alone=config.fusion == "none")
            setattr(self, config.architecture, network)
        else:
            self.backbone = backbone_from_config(cast("PreTrainedConfig", config.backbone_config))
            width = width_of(self.backbone)
            self.fusion = FUSIONS[config.fusion](width, config)
            if outputs is not None:
                self.head = LastLayer(width, outputs)
            self.supports_gradient_checkpointing = self.backbone.supports_gradient_checkpointing
        self.post_init()
        if config.lora is not None:
            self._add_lora(config.lora)  # after `post_init`, which would initialise the updates as new layers

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Any:
        """Load a saved model, as every model of transformers; a backbone with LoRA is frozen again.

        With `num_labels=3, ignore_mismatched_sizes=True` the last layer is new, that of PSPI and action units, too.

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
    ) -> Any:
        """A model on a pretrained backbone; fusion and heads are new.

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

    def save_pretrained(self, save_directory: Any, *args: Any, **kwargs: Any) -> None:
        """Save the model, as every model of transformers; who may read its configuration may read its weights."""
        folder = Path(save_directory)
        before = _weight_files(folder)
        super().save_pretrained(save_directory, *args, **kwargs)
        # safetensors lets only the owner read what it writes, whatever the umask allows.
        for path, _ in _weight_files(folder) - before:
            with suppress(OSError):  # a disk without modes
                shutil.copymode(folder / "config.json", path)

    def train(self, mode: bool = True) -> Any:
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
            name = type(self.network or self.backbone).__name__
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
    def network(self) -> PwCT | LinearDifference | None:
        """The network that is no backbone; None of a backbone."""
        return getattr(self, self.config.architecture) if self.config.architecture in NETWORKS else None

    @property
    def num_channels(self) -> int:
        """The channels of a face."""
        return _GREY if self.network is not None else channels_of(self.backbone.config)

    @property
    def is_convolutional(self) -> bool:
        """Whether the network convolves from end to end, so that channels-last order suits it."""
        if self.network is not None:
            return isinstance(self.network, PwCT)
        return is_convolutional(self.backbone.config)

    def compare(
        self,
        target: Tensor | None,
        references: Tensor | None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
    ) -> Compared:
        """Compare faces with their references, up to the last layer.

        Args:
            target: `pixel_values`; shape (batch, channels, height, width).
            references: `reference_pixel_values`; the same shape, or (batch, references, channels, height, width).
            output_attentions: Whether to keep attention weights; None as the configuration says.
            output_hidden_states: Whether to keep features after each stage; None as the configuration says.

        Raises:
            UsageError: If a face is missing, or of a wrong shape, or (in evaluation, on the CPU, uncompiled) not
                finite; or if the attention implementation gives no weights.
        """
        wanted = {
            name: asked if asked is not None else bool(getattr(self.config, name))
            for name, asked in (
                ("output_attentions", output_attentions),
                ("output_hidden_states", output_hidden_states),
            )
        }
        network = self.network
        target, references = check_faces(
            target,
            references,
            self.num_channels,
            None if network is None else PWCT_SIDE,
            finite=not (self.training or torch.compiler.is_compiling()),
        )
        # Not `self.dtype`, which looks for parameters: a replica of `DataParallel` has none.
        dtype = self.fusion.mix.weight.dtype if network is None else network.dtype
        target, references = target.to(dtype), references.to(dtype)
        found = self._compare_tokens(target, references, wanted) if network is None else network(target, references)
        return cast("Compared", found if wanted["output_hidden_states"] else found._replace(hidden_states=None))

    def _compare_tokens(self, target: Tensor, references: Tensor, wanted: Mapping[str, bool]) -> Compared:
        if self.config.fusion == "none":
            references = references[:, :0]
        asked = {name: True for name, is_wanted in wanted.items() if is_wanted}
        output = self.backbone(torch.cat([target, one_after_the_other(references, target)]), **asked)
        tokens = tokens_of(output)
        pairs = (len(target), max(references.shape[1], 1))
        of_targets = tokens[: pairs[0]].repeat_interleave(pairs[1], dim=0)
        fused, weights = self.fusion(of_targets, tokens[pairs[0] :])
        attentions = output.get("attentions") if wanted["output_attentions"] else None
        if wanted["output_attentions"]:
            is_crossed = self.config.fusion == "cross_attention"
            if (is_crossed and weights is None) or any(each is None for each in attentions or ()):
                raise UsageError(
                    f"cannot be given by the attention implementation {self.config._attn_implementation!r}; call "
                    "model.set_attn_implementation('eager') before",
                    "output_attentions",
                )
        return Compared(
            tokens=fused.unflatten(0, pairs),
            pooled=fused.mean(1, dtype=torch.float32).unflatten(0, pairs),
            hidden_states=output.get("hidden_states"),
            attentions=attentions or None,
            cross_attentions=(weights,) if wanted["output_attentions"] and weights is not None else None,
        )

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if isinstance(module, PairAttention):
            init.xavier_uniform_(module.in_proj_weight)
            init.zeros_(module.in_proj_bias)
        if isinstance(module, QuickLayer):
            init.normal_(module.weight, std=self.config.initializer_range / GAIN)

    def _add_lora(self, lora: dict[str, Any]) -> None:
        add_lora(self.backbone, lora)
        self.train(self.training)


def _weight_files(folder: Path) -> set[tuple[Path, int]]:
    """Files of weights, each with its inode, which is another once it was written anew."""
    return {(path, path.stat().st_ino) for path in folder.glob("*.safetensors")}
