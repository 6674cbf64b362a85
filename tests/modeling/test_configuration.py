"""A configuration is right, or says what contradicts what."""

from __future__ import annotations

from typing import Any

import pytest
from huggingface_hub.errors import StrictDataclassFieldValidationError
from transformers import ConvNextConfig

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainConfig
from tests.modeling.made import on_backbone

BACKBONE = {"model_type": "convnext", "hidden_sizes": [8, 8, 8, 8], "depths": [1, 1, 1, 1]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"architecture": "backbone"}, "needs a backbone_config, such as transformers.ConvNextConfig"),
        ({"backbone_config": BACKBONE}, "backbone_config belongs to architecture='backbone', and this one is 'pwct'"),
        ({"lora": {}}, "lora belongs to architecture='backbone'"),
        ({"published_outputs": 8}, "published PwCT networks have 7 or 40 outputs"),
        (
            {"published_outputs": 7, "architecture": "backbone", "backbone_config": BACKBONE},
            "published_outputs=7 with architecture='backbone' is not known",
        ),
        ({"published_outputs": 7, "num_labels": 3}, "leave num_labels, pspi_head and action_units as they are"),
        ({"published_outputs": 40, "pspi_head": True}, "leave num_labels, pspi_head and action_units as they are"),
        ({"class_weights": [1.0, 2.0, 3.0]}, "class_weights has 3 weights for 2 classes; give one a class"),
        ({"pspi_scale": 0}, "pspi_scale is 0, and PSPI is divided by it; give 16 or 20"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PairwisePainConfig(**arguments)


@pytest.mark.parametrize(
    "arguments", [{"fusion": "sum"}, {"architecture": "cnn"}, {"pspi_head": "yes"}, {"class_weights": ["1", "2"]}]
)
def test_an_unknown_choice_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(StrictDataclassFieldValidationError, match=f"for field '{next(iter(arguments))}'"):
        PairwisePainConfig(**arguments)


def test_whole_numbers_do_as_weights() -> None:
    assert PairwisePainConfig(class_weights=[1, 4], pspi_scale=20, pspi_loss_weight=1).class_weights == [1, 4]


def test_a_backbone_may_be_a_dictionary() -> None:
    config = PairwisePainConfig(architecture="backbone", backbone_config=BACKBONE)
    assert isinstance(config.backbone_config, ConvNextConfig)
    assert config.backbone_config.hidden_sizes == [8, 8, 8, 8]


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(UsageError, match="5 heads do not divide the backbone's width of 16; set fusion_heads"):
        on_backbone(fusion_heads=5)


@pytest.mark.parametrize(
    ("arguments", "outputs", "has_pspi"),
    [
        ({}, 2, False),
        ({"num_labels": 4}, 4, False),
        ({"pspi_head": True, "action_units": ("AU4", "AU6")}, 5, True),
        ({"published_outputs": 40}, 40, True),
    ],
)
def test_outputs_follow_from_the_heads(arguments: dict[str, Any], outputs: int, has_pspi: bool) -> None:
    config = PairwisePainConfig(**arguments)
    assert config.num_outputs == outputs
    assert config.has_pspi is has_pspi
