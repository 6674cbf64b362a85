"""A configuration is right, or says what contradicts what."""

from __future__ import annotations

from pathlib import Path
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
            "no network is published with published_outputs=7 and architecture='backbone'",
        ),
        ({"published_outputs": 7, "num_labels": 3}, "leave num_labels, pspi_head and action_units as they are"),
        ({"published_outputs": 40, "pspi_head": True}, "leave num_labels, pspi_head and action_units as they are"),
        (
            {"published_outputs": 7, "published_pspi_outputs": 8},
            "published_pspi_outputs is 8, of 7 outputs; give 3, as",
        ),
        (
            {"published_outputs": 7, "published_pspi_outputs": 0},
            "published_pspi_outputs is 0, of 7 outputs; give 3, as",
        ),
        ({"class_weights": [1.0, 2.0, 3.0]}, "class_weights has 3 weights for 2 classes; give one per class"),
        ({"pspi_scale": 0}, "pspi_scale is 0, and PSPI is divided by it; give 16 or 20"),
        ({"num_labels": 1}, "num_labels is 1, which leaves nothing to tell apart; name 2 classes or more"),
        ({"num_labels": 0}, "num_labels is 0, which leaves nothing to tell apart"),
        ({"id2label": {0: "calm"}}, "num_labels is 1, which leaves nothing to tell apart"),
        ({"id2label": {}}, "num_labels is 0, which leaves nothing to tell apart"),
        ({"label2id": {"calm": 0, "hurt": 0}}, "label2id .* does not fit id2label .*; number each class once"),
        ({"label2id": {"calm": 1, "hurt": 2}}, "give each a name of its own, and number them 0, 1"),
        ({"id2label": {0: "calm", 1: "calm"}}, "the classes are {0: 'calm', 1: 'calm'}; give each a name of its own"),
        (
            {"id2label": {0: "calm", 1: "hurt"}, "label2id": {"calm": 1, "hurt": 0}},
            "label2id {'calm': 1, 'hurt': 0} does not fit id2label {0: 'calm', 1: 'hurt'}; .* and give one",
        ),
        ({"num_labels": 3, "label2id": {"calm": 0, "hurt": 1}}, "num_labels is 3, but 2 classes are named; leave num_"),
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


@pytest.mark.parametrize(
    "named",
    [
        {"label2id": {"calm": 0, "hurt": 1}},
        {"label2id": {"hurt": "1", "calm": "0"}},
        {"id2label": {0: "calm", 1: "hurt"}},
        {"id2label": {"0": "calm", "1": "hurt"}, "label2id": {"calm": 0, "hurt": 1}, "num_labels": 2},
    ],
)
def test_either_way_of_naming_the_classes_gives_the_other(named: dict[str, Any]) -> None:
    config = PairwisePainConfig(**named)
    assert list((config.id2label or {}).items()) == [(0, "calm"), (1, "hurt")]
    assert config.label2id == {"calm": 0, "hurt": 1}


@pytest.mark.parametrize(
    ("counted", "names"),
    [
        ({}, ["no_pain", "pain"]),
        ({"num_labels": 2}, ["no_pain", "pain"]),
        ({"num_labels": 3}, ["LABEL_0", "LABEL_1", "LABEL_2"]),
    ],
)
def test_classes_that_are_only_counted_have_plain_names(counted: dict[str, Any], names: list[str]) -> None:
    config = PairwisePainConfig(**counted)
    assert config.id2label == dict(enumerate(names))
    assert config.label2id == {name: index for index, name in enumerate(names)}


@pytest.mark.parametrize(
    ("place", "kept"),
    [("maker/vit-small.v2", "maker/vit-small.v2"), ("/home/someone/vit", ""), ("./vit", ""), ("folder/vit", "")],
)
def test_only_the_hub_is_named_as_the_place_of_a_backbone(
    place: str, kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder" / "vit").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    backbone = ConvNextConfig()
    backbone.name_or_path = place
    for given in (backbone, {**BACKBONE, "_name_or_path": place}):
        config = PairwisePainConfig(architecture="backbone", backbone_config=given)
        assert isinstance(config.backbone_config, ConvNextConfig)
        assert config.backbone_config.name_or_path == kept
    assert backbone.name_or_path == place


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
