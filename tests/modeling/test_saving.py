"""A model comes back as it was saved, through every door of transformers."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModel,
    BertConfig,
    CLIPVisionConfig,
    CLIPVisionModel,
    MobileViTConfig,
    pipeline,
)

from synpain_hf.errors import SynpainError, UsageError
from synpain_hf.modeling import (
    TASK,
    AutoModelForPairwisePainClassification,
    PairwisePainConfig,
    PairwisePainForImageClassification,
    PairwisePainImageProcessor,
)
from tests.modeling.made import BACKBONES, SIDE, UNITS, faces, of_kind, on_backbone

KINDS = ["pwct", "linear", *BACKBONES]


@pytest.mark.parametrize("kind", KINDS)
def test_the_logits_are_the_same_after_saving_and_loading(kind: str, tmp_path: Path) -> None:
    model = of_kind(kind, pspi_head=True, action_units=UNITS).eval()
    model.save_pretrained(tmp_path)
    again = AutoModelForPairwisePainClassification.from_pretrained(tmp_path)
    assert isinstance(again, PairwisePainForImageClassification)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    of_backbone = {"_name_or_path", "backbone_config"}  # the backbone's says of itself what dtype it was loaded in
    assert {key: value for key, value in again.config.to_dict().items() if key not in of_backbone} == {
        key: value for key, value in model.config.to_dict().items() if key not in of_backbone
    }
    both = faces(model)
    for name, expected in model(*both).items():
        assert torch.equal(again(*both)[name], expected), name


def test_no_loaded_weight_is_missing_or_unexpected(tmp_path: Path) -> None:
    on_backbone("convnext", lora={}).save_pretrained(tmp_path)
    _, loading = PairwisePainForImageClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not loading["missing_keys"]
    assert not loading["unexpected_keys"]
    assert not loading["mismatched_keys"]


def test_classes_are_named_and_config_keeps_its_backbone(tmp_path: Path) -> None:
    on_backbone("convnext").save_pretrained(tmp_path)
    written = json.loads((tmp_path / "config.json").read_text())
    assert written["id2label"] == {"0": "no_pain", "1": "pain"}
    assert written["backbone_config"]["model_type"] == "convnext"
    assert written["architectures"] == ["PairwisePainForImageClassification"]
    assert "auto_map" not in written
    config = AutoConfig.from_pretrained(tmp_path)
    assert isinstance(config, PairwisePainConfig)
    assert type(config.backbone_config) is type(BACKBONES["convnext"]())


def test_three_classes_of_ones_own_are_kept(tmp_path: Path) -> None:
    names = {0: "none", 1: "mild", 2: "strong"}
    on_backbone(id2label=names, label2id={name: index for index, name in names.items()}).save_pretrained(tmp_path)
    again = PairwisePainForImageClassification.from_pretrained(tmp_path)
    assert again.config.id2label == names
    assert again(*faces(again)).logits.shape == (2, 3)


def test_tuples_are_given_on_demand() -> None:
    model = on_backbone(pspi_head=True)
    logits, pspi = model(*faces(model), return_dict=False)
    assert logits.shape == (2, 2)
    assert pspi.shape == (2,)


@pytest.mark.parametrize("kind", ["vit", "convnext"])
def test_a_backbone_comes_with_pretrained_weights(kind: str, tmp_path: Path) -> None:
    pretrained = AutoModel.from_config(BACKBONES[kind]())
    pretrained.save_pretrained(tmp_path)
    model = PairwisePainForImageClassification.from_backbone_pretrained(
        str(tmp_path), fusion="subtraction", pspi_head=True, hub_options={"local_files_only": True}
    )
    expected = pretrained.state_dict()
    shared = model.backbone.state_dict().keys() & expected.keys()
    assert len(shared) >= len(expected) - 2
    assert all(torch.equal(model.backbone.state_dict()[name], expected[name]) for name in shared)
    assert model.config.fusion == "subtraction"
    assert model(*faces(model)).pspi.shape == (2,)


def test_the_vision_half_of_another_model_is_a_backbone_too(tmp_path: Path) -> None:
    config = CLIPVisionConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=32, patch_size=8
    )
    CLIPVisionModel(config).save_pretrained(tmp_path)
    model = PairwisePainForImageClassification.from_backbone_pretrained(tmp_path)
    assert model(*faces(model)).logits.shape == (2, 2)


def test_the_width_of_tokens_is_found_whatever_its_name() -> None:
    config = MobileViTConfig(image_size=64, hidden_sizes=[16, 16, 16], neck_hidden_sizes=[8, 8, 8, 8, 8, 8, 24])
    model = PairwisePainForImageClassification(PairwisePainConfig(architecture="backbone", backbone_config=config))
    assert model.head.in_features == 24
    assert model(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64)).logits.shape == (2, 2)


def test_lora_trains_its_updates_and_the_new_layers_only(tmp_path: Path) -> None:
    model = on_backbone(lora={"r": 2, "target_modules": ["q_proj", "v_proj"]})
    updates = {
        f"backbone.layers.{layer}.attention.{name}.lora_{half}.default.weight"
        for layer in (0, 1)
        for name in ("q_proj", "v_proj")
        for half in "AB"
    }

    def trained(one: PairwisePainForImageClassification) -> set[str]:
        return {name for name, weight in one.named_parameters() if weight.requires_grad}

    new = {name for name, _ in model.named_parameters() if name.startswith(("fusion.", "head."))}
    assert trained(model) == updates | new
    with torch.no_grad():
        for name in updates:
            model.get_parameter(name).normal_()
    model.eval().save_pretrained(tmp_path)
    again = PairwisePainForImageClassification.from_pretrained(tmp_path)
    assert trained(again) == updates | new
    both = faces(model)
    assert torch.equal(again(*both).logits, model(*both).logits)


def test_lora_starts_where_the_pretrained_backbone_is(tmp_path: Path) -> None:
    AutoModel.from_config(BACKBONES["vit"]()).save_pretrained(tmp_path)
    answers = []
    choices: tuple[dict[str, Any] | None, ...] = (None, {})
    for lora in choices:
        torch.manual_seed(1)
        model = PairwisePainForImageClassification.from_backbone_pretrained(tmp_path, lora=lora).eval()
        torch.manual_seed(2)
        answers.append(model(*faces(model)).logits)
    torch.testing.assert_close(*answers)
    assert model.config.lora == {}


def test_a_backbone_without_linear_layers_takes_lora_where_it_is_told(tmp_path: Path) -> None:
    AutoModel.from_config(BACKBONES["resnet"]()).save_pretrained(tmp_path)
    with pytest.raises(UsageError, match=r"^lora finds no linear layers to update in ResNetBackbone; .* lora="):
        PairwisePainForImageClassification.from_backbone_pretrained(tmp_path, lora={})
    lora = {"target_modules": ["convolution"]}
    model = PairwisePainForImageClassification.from_backbone_pretrained(tmp_path, lora=lora)
    assert [name for name, weight in model.backbone.named_parameters() if weight.requires_grad]


@pytest.mark.parametrize(
    ("lora", "cause"),
    [
        ({"target_modules": ["qkv"]}, "not found in the base model"),
        ({"r": 0}, "`r` should be a positive integer"),
        ({"rank": 4}, "unexpected keyword argument 'rank'"),
    ],
)
def test_lora_that_peft_does_not_take_is_refused(lora: dict[str, Any], cause: str) -> None:
    remedy = "give what peft.LoraConfig takes, with target_modules that are layers of this backbone, or train without"
    with pytest.raises(UsageError, match=f"LoRA cannot be added to ViTModel with lora=.*{cause}.*; {remedy} LoRA"):
        on_backbone(lora=lora)


def test_nothing_that_is_saved_tells_of_this_machine(tmp_path: Path) -> None:
    AutoModel.from_config(BACKBONES["vit"]()).save_pretrained(tmp_path / "backbone")
    model = PairwisePainForImageClassification.from_backbone_pretrained(tmp_path / "backbone", lora={})
    model.save_pretrained(tmp_path / "model")
    PairwisePainImageProcessor().save_pretrained(tmp_path / "model")
    again = tmp_path / "again"
    PairwisePainForImageClassification.from_pretrained(tmp_path / "model").save_pretrained(again)
    PairwisePainImageProcessor.from_pretrained(tmp_path / "model").save_pretrained(again)
    files = [*(tmp_path / "model").iterdir(), *again.iterdir()]
    assert {file.name for file in files} == {"config.json", "model.safetensors", "preprocessor_config.json"}
    assert [file for file in files if str(tmp_path).encode() in file.read_bytes()] == []


@pytest.mark.skipif(os.name != "posix", reason="files have no modes on this system")
def test_who_may_read_a_models_configuration_may_read_its_weights(tmp_path: Path) -> None:
    other = tmp_path / "model" / "other.safetensors"
    other.parent.mkdir()
    other.touch(0o600)
    umask = os.umask(0o027)
    try:
        for _ in range(2):  # a model that is saved once more has new files
            on_backbone().save_pretrained(other.parent, max_shard_size="5KB")
    finally:
        os.umask(umask)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in other.parent.iterdir()}
    assert modes.pop(other) == 0o600
    assert len(modes) > 3
    assert set(modes.values()) == {0o640}


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit"])
def test_half_precision_is_saved_and_loaded(kind: str, tmp_path: Path) -> None:
    of_kind(kind).bfloat16().save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    assert torch.bfloat16 in {weight.dtype for weight in weights.values()}
    model = PairwisePainForImageClassification.from_pretrained(tmp_path).eval()
    assert model.dtype is torch.bfloat16
    assert model(*faces(model)).logits.isfinite().all()


def test_a_text_model_is_no_backbone() -> None:
    config = BertConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, vocab_size=9)
    with pytest.raises(UsageError, match=r"BertConfig .* choose a vision model, such as dinov3_vit or convnext"):
        PairwisePainForImageClassification(PairwisePainConfig(architecture="backbone", backbone_config=config))


def test_a_configuration_without_any_model_is_no_backbone() -> None:
    with pytest.raises(UsageError, match="no model for PairwisePainConfig that turns pixels into features"):
        PairwisePainForImageClassification(
            PairwisePainConfig(architecture="backbone", backbone_config=PairwisePainConfig())
        )


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: data[:0], lambda data: b"{}" + data]
)
def test_damaged_weights_are_one_clear_error(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    model = on_backbone()
    model.save_pretrained(tmp_path)
    PairwisePainImageProcessor(size={"height": SIDE, "width": SIDE}, num_channels=3).save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(damage(file.read_bytes()))
    doors: list[Callable[[], object]] = [
        lambda: PairwisePainForImageClassification.from_pretrained(tmp_path),
        lambda: AutoModelForPairwisePainClassification.from_pretrained(tmp_path),
        lambda: pipeline(TASK, model=str(tmp_path), device="cpu"),  # type: ignore[call-overload]
    ]
    for door in doors:
        with pytest.raises(SynpainError, match=r"^the weights of '.*' are damaged \(.*\); fetch the model again, or"):
            door()
