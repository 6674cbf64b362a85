"""The model does what users of transformers expect of any model: attention, offload, features, another head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import AutoModel, pipeline

from synpain_hf.errors import UsageError
from synpain_hf.modeling import (
    AutoModelForPairwisePainClassification,
    PairwisePainForImageClassification,
    PairwisePainImageProcessor,
    PairwisePainModel,
)
from synpain_hf.modeling.fusion import PairAttention
from tests.modeling.made import SIDE, UNITS, faces, of_kind, on_backbone, pwct

TOKENS = (SIDE // 8) ** 2 + 1
KINDS = ["pwct", "linear", "vit", "convnext"]


def test_the_fusion_attends_as_torchs_own_layer_with_the_same_weights() -> None:
    model = on_backbone(fusion="cross_attention", fusion_heads=4)
    ours = model.fusion.attention
    assert isinstance(ours, PairAttention)
    theirs = nn.MultiheadAttention(16, 4, batch_first=True)
    nn.init.normal_(theirs.in_proj_bias)
    ours.load_state_dict(theirs.state_dict())  # as models hold it that were saved with that layer
    target, reference = torch.randn(2, 3, 5, 16)
    expected, weights = theirs(target, reference, reference, average_attn_weights=False)
    for implementation in ("sdpa", "eager"):
        model.set_attn_implementation(implementation)
        found, given = ours(target, reference)
        torch.testing.assert_close(found, expected)
    torch.testing.assert_close(given, weights)


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_the_attention_implementation_that_is_asked_for_is_used_in_backbone_and_fusion(
    implementation: str, tmp_path: Path
) -> None:
    on_backbone(fusion="cross_attention").save_pretrained(tmp_path)
    model = PairwisePainForImageClassification.from_pretrained(tmp_path, attn_implementation=implementation)
    assert model.fusion.attention.config._attn_implementation == implementation
    assert model.backbone.config._attn_implementation == implementation


@pytest.mark.parametrize("lora", [None, {}])
@pytest.mark.parametrize("fusion", ["subtraction", "concatenation", "cross_attention"])
def test_weights_may_lie_on_a_disk(fusion: str, lora: dict[str, Any] | None, tmp_path: Path) -> None:
    model = on_backbone(fusion=fusion, lora=lora).eval()
    model.save_pretrained(tmp_path / "model")
    places = {name: "disk" for name, _ in model.named_children()}
    offloaded = PairwisePainForImageClassification.from_pretrained(
        tmp_path / "model", device_map=places, offload_folder=tmp_path / "weights"
    )
    assert {weight.device.type for weight in offloaded.parameters()} == {"meta"}
    both = faces(model)
    assert torch.equal(offloaded(*both).logits, model(*both).logits)


@pytest.mark.parametrize("kind", KINDS)
def test_features_come_from_what_the_classifier_saved_and_lead_to_its_scores(kind: str, tmp_path: Path) -> None:
    model = of_kind(kind, pspi_head=True).eval()
    model.save_pretrained(tmp_path)
    base, loading = AutoModel.from_pretrained(tmp_path, output_loading_info=True)
    assert isinstance(base, PairwisePainModel)
    assert not any(loading.values())
    both = faces(model, 2, 3)
    features = base(*both)
    assert features.last_hidden_state.shape[:2] == features.pooler_output.shape[:2] == (2, 3)
    head = model.head if model.network is None else model.network.output
    torch.testing.assert_close(head(features.pooler_output).mean(1)[:, :2], model(*both).logits)


def test_a_classifier_may_begin_with_the_features_of_another_model(tmp_path: Path) -> None:
    base = PairwisePainModel(on_backbone().config)
    base.save_pretrained(tmp_path)
    model, loading = PairwisePainForImageClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert set(loading["missing_keys"]) == {"head.weight", "head.bias"}
    assert torch.equal(model.fusion.mix.weight, base.fusion.mix.weight)


def test_attention_weights_are_given_of_backbone_and_fusion() -> None:
    model = on_backbone(fusion="cross_attention", fusion_heads=4).eval()
    model.set_attn_implementation("eager")
    output = model(*faces(model, 2, 3), output_attentions=True)
    assert [tuple(weights.shape) for weights in output.attentions] == [(2 + 2 * 3, 2, TOKENS, TOKENS)] * 2
    (crossed,) = output.cross_attentions
    assert crossed.shape == (2 * 3, 4, TOKENS, TOKENS)
    torch.testing.assert_close(crossed.sum(-1), torch.ones(6, 4, TOKENS))
    assert list(model(*faces(model))) == ["logits"]


def test_attention_weights_that_the_implementation_does_not_give_are_refused() -> None:
    model = on_backbone(fusion="cross_attention").eval()
    with pytest.raises(UsageError, match=r"^output_attentions cannot be given by .* 'sdpa'; call model.set_attn_impl"):
        model(*faces(model), output_attentions=True)


@pytest.mark.parametrize("kind", ["pwct", "linear", "convnext"])
def test_what_has_no_attention_gives_no_weights(kind: str) -> None:
    model = of_kind(kind, **({"fusion": "subtraction"} if kind == "convnext" else {}))
    output = PairwisePainModel(model.config).eval()(*faces(model), output_attentions=True)
    assert output.attentions is None
    assert output.cross_attentions is None


@pytest.mark.parametrize("by_configuration", [False, True])
@pytest.mark.parametrize(
    ("kind", "shapes"),
    [
        ("vit", [(6, TOKENS, 16)] * 3),
        ("convnext", [(6, 8, 8, 8), (6, 8, 8, 8), (6, 16, 4, 4)]),
        ("pwct", [(2, 64, 78, 78), (4, 64, 78, 78), (4, 64, 39, 39), (4, 128, 17, 17), (4, 128, 6, 6)]),
        ("linear", [(2, 1, 400), (2, 2, 400)]),
    ],
)
def test_features_after_each_stage_are_given(kind: str, shapes: list[tuple[int, ...]], by_configuration: bool) -> None:
    model = of_kind(kind).eval()
    if by_configuration:
        model.config.output_hidden_states = True
    output = model(*faces(model, 2, 2), **({} if by_configuration else {"output_hidden_states": True}))
    assert [tuple(features.shape) for features in output.hidden_states] == shapes
    assert model(*faces(model), output_hidden_states=False).hidden_states is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_model_takes_a_head_for_other_classes(kind: str, tmp_path: Path) -> None:
    model = of_kind(kind, class_weights=[1.0, 2.0], pspi_head=True, action_units=UNITS)
    model.save_pretrained(tmp_path)
    again = PairwisePainForImageClassification.from_pretrained(tmp_path, num_labels=3, ignore_mismatched_sizes=True)
    assert again.config.id2label == {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}
    assert again.config.class_weights is None
    assert again(*faces(again)).logits.shape == (2, 3)
    kept = [name for name, _ in PairwisePainModel(model.config).named_parameters()]
    assert bool(kept) is (kind != "linear")  # which is its last layer
    assert all(torch.equal(again.get_parameter(name), model.get_parameter(name)) for name in kept)


def test_other_classes_may_be_named(tmp_path: Path) -> None:
    pwct(class_weights=[1.0, 2.0]).save_pretrained(tmp_path)
    names = {0: "calm", 1: "hurt", 2: "unsure"}
    again = PairwisePainForImageClassification.from_pretrained(
        tmp_path, id2label=names, class_weights=[1.0, 2.0, 3.0], ignore_mismatched_sizes=True
    )
    assert again.config.label2id == {name: number for number, name in names.items()}
    assert again.config.class_weights == [1.0, 2.0, 3.0]


def test_as_many_classes_keep_their_names_and_weights(tmp_path: Path) -> None:
    pwct(class_weights=[1.0, 2.0]).save_pretrained(tmp_path)
    again = PairwisePainForImageClassification.from_pretrained(tmp_path, num_labels=2)
    assert again.config.id2label == {0: "no_pain", 1: "pain"}
    assert again.config.class_weights == [1.0, 2.0]


def test_the_pipeline_for_single_pictures_is_not_offered(tmp_path: Path) -> None:
    model = on_backbone()
    model.save_pretrained(tmp_path)
    PairwisePainImageProcessor(size={"height": SIDE, "width": SIDE}, num_channels=3).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="PairwisePainConfig"):
        pipeline("image-classification", model=str(tmp_path), device="cpu")
    assert type(AutoModelForPairwisePainClassification.from_pretrained(tmp_path)) is type(model)
