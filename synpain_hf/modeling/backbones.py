"""Any vision backbone of transformers, as a source of tokens."""

from __future__ import annotations

import inspect
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import AutoConfig, PreTrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_BACKBONE_MAPPING, MODEL_MAPPING
from transformers.utils.generic import ModelOutput

from synpain_hf.errors import MissingExtraError, UsageError
from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.text.values import shown

LORA_DEFAULTS = {"r": 8, "lora_alpha": 16, "lora_dropout": 0.1, "target_modules": "all-linear"}
"""Rank, scale and dropout as in ViTPain (arXiv 2509.16727), which adapts the attention's projections.

Their names differ from backbone to backbone: every linear layer is adapted unless `target_modules` says which.
"""


_ANY_SIDE = 224

_MOST = {"layers": 1_000, "depth": 1_000, "heads": 4_096, "size": 65_536, "dim": 65_536, "channels": 65_536}
"""Far more than any backbone has, by what the name of a setting holds: building it would take hours, or all memory."""


_CONVOLUTIONAL = (
    *("bit", "convnext", "convnextv2", "dinov3_convnext", "efficientnet", "focalnet"),
    *("mobilenet_v1", "mobilenet_v2", "mobilevitv2", "poolformer", "regnet", "resnet"),
)
"""Types of backbones that convolve from end to end, and take pictures in channels-last order.

Vision transformers convolve once, to cut patches. Some that mix both, such as CvT, refuse that order.
"""


_WIDTHS: dict[tuple[type[PreTrainedModel], str], int] = {}
"""The elements of a token by class and configuration, where they had to be found."""


def backbone_from_config(config: PreTrainedConfig) -> PreTrainedModel:
    """A backbone with new weights.

    Where transformers has a backbone class, its last feature map is used, which is normalised; elsewhere the base
    model, without a pooling layer that would never be trained.

    Raises:
        UsageError: If transformers has no vision model of this configuration.
    """
    model_class = _model_class(config)
    model: PreTrainedModel = model_class._from_config(config, **_options(model_class))
    return model


def backbone_from_pretrained(name_or_path: str, **hub_options: Any) -> PreTrainedModel:
    """A backbone with pretrained weights, in float32.

    Args:
        name_or_path: A model on the Hub, or a folder.
        hub_options: Options of `from_pretrained`, such as `revision`, `token` or `local_files_only`.

    Raises:
        UsageError: If transformers has no vision model of its configuration.
    """
    config = AutoConfig.from_pretrained(name_or_path, trust_remote_code=False, **hub_options)
    model_class = _model_class(config)
    model: PreTrainedModel = model_class.from_pretrained(
        name_or_path, config=config, dtype=torch.float32, **_options(model_class), **hub_options
    )
    return model


def width_of(backbone: PreTrainedModel) -> int:
    """The elements of a token.

    Configurations name them in many ways; where there is no backbone class to ask, a twin without weights is run, once
    for each configuration.
    """
    channels: Any = getattr(backbone, "channels", None)
    if channels:
        return int(channels[-1])
    key = type(backbone), backbone.config.to_json_string()
    if key not in _WIDTHS:
        _WIDTHS[key] = _width_of_twin(backbone)
    return _WIDTHS[key]


def _width_of_twin(backbone: PreTrainedModel) -> int:
    config: Any = backbone.config
    side = getattr(config, "image_size", _ANY_SIDE)
    height, width = (side, side) if isinstance(side, int) else side
    with torch.device("meta"), torch.no_grad():
        twin = type(backbone)(config, **_options(type(backbone))).eval()
        return tokens_of(twin(torch.zeros(1, channels_of(config), height, width))).shape[-1]


def channels_of(config: PreTrainedConfig) -> int:
    """The channels of a picture that a backbone takes."""
    return int(getattr(config, "num_channels", 3))


def is_convolutional(config: PreTrainedConfig) -> bool:
    """Whether a backbone convolves from end to end, so that channels-last order suits it."""
    return config.model_type in _CONVOLUTIONAL


def tokens_of(output: ModelOutput) -> Tensor:
    """A backbone's output as tokens of shape (batch, tokens, width); of feature maps the last one."""
    features: Tensor = output["feature_maps"][-1] if "feature_maps" in output else output["last_hidden_state"]
    return features.flatten(2).transpose(1, 2) if features.dim() == 4 else features


def add_lora(backbone: PreTrainedModel, lora: dict[str, Any]) -> None:
    """Freeze the weights of a backbone, and add low-rank updates that are trained.

    Args:
        backbone: The backbone; changed in place.
        lora: Arguments of `peft.LoraConfig` that differ from `LORA_DEFAULTS`.

    Raises:
        MissingExtraError: If peft is not installed.
        UsageError: If it lacks the layers that are to be updated, or peft does not take the arguments.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise MissingExtraError(f"LoRA needs peft ({error}); run `pip install 'synpain-hf[train]'`") from error
    arguments = {**LORA_DEFAULTS, **lora}
    name = type(backbone).__name__
    if arguments["target_modules"] == "all-linear" and not any(isinstance(m, nn.Linear) for m in backbone.modules()):
        raise UsageError(
            f"finds no linear layers to update in {name}; leave it out, or, in Python, name other layers, such as its "
            "convolutions: lora={'target_modules': [...]}",
            "lora",
        )
    try:
        inject_adapter_in_model(LoraConfig(**arguments), backbone)
    except (TypeError, ValueError) as error:  # an unknown argument; a wrong value, or target_modules that match nothing
        raise UsageError(
            f"LoRA cannot be added to {name} with lora={lora} ({error}); give what peft.LoraConfig takes, with "
            "target_modules that are layers of this backbone, or train without LoRA"
        ) from error


def freeze_all_but_lora(backbone: PreTrainedModel) -> None:
    """Train nothing of a backbone but its low-rank updates."""
    for name, parameter in backbone.named_parameters():
        parameter.requires_grad_("lora_" in name)


def keep_statistics(backbone: PreTrainedModel) -> None:
    """Keep the running statistics of a backbone's batch norms, which training would change though they are frozen."""
    for module in backbone.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.eval()


def _check_bounds(config: PreTrainedConfig) -> None:
    for name, value in config.to_dict().items():
        most = next((most for part, most in _MOST.items() if part in name and "vocab" not in name), None)
        numbers = value if isinstance(value, (list, tuple)) else [value]
        if most and any(isinstance(number, (int, float)) and number > most for number in numbers):
            raise UsageError(f"the backbone's {name} is {shown(str(value))}, over {most:,}; check its configuration")


def _model_class(config: PreTrainedConfig) -> type[PreTrainedModel]:
    _check_bounds(config)
    for mapping in (MODEL_FOR_BACKBONE_MAPPING, MODEL_MAPPING):
        if type(config) in mapping:
            model_class = cast("type[PreTrainedModel]", mapping[type(config)])
            is_pairwise = config.model_type == PairwisePainConfig.model_type
            if model_class.main_input_name == "pixel_values" and not is_pairwise:
                return model_class
    raise UsageError(
        f"transformers has no model for {type(config).__name__} that turns pixels into features; choose a vision "
        "model, such as dinov3_vit or convnext"
    )


def _options(model_class: type[nn.Module]) -> dict[str, Any]:
    can_leave_out = "add_pooling_layer" in inspect.signature(model_class.__init__).parameters
    return {"add_pooling_layer": False} if can_leave_out else {}
