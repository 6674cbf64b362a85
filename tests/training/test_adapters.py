"""A frozen backbone with low-rank updates is saved without its frozen weights, resumed, and whole in the end."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import ViTConfig, ViTModel

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.release.release import Release
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.adapters import ADAPTERS, load_adapters, save_adapters
from synpain_hf.training.run.trainer import PairwiseTrainer
from tests.modeling.made import SIDE, on_backbone
from tests.modeling.made import faces as noise
from tests.training.small import VIT, arguments, same, stopping_at, trained, weights


@pytest.fixture
def low_rank(tmp_path: Path) -> ModelArguments:
    """Low-rank updates of a tiny pretrained backbone."""
    ViTModel(ViTConfig(**VIT), add_pooling_layer=False).save_pretrained(tmp_path / "backbone")  # type: ignore[arg-type]
    return ModelArguments(model=str(tmp_path / "backbone"), lora=True)


def frozen(name: str) -> bool:
    return name.startswith("backbone.") and "lora_" not in name


@pytest.mark.slow
def test_checkpoints_hold_no_frozen_weight_and_the_model_all(
    faces: Release, tmp_path: Path, low_rank: ModelArguments
) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, model=low_rank, progress=stopping_at(4))
    (checkpoint,) = (tmp_path / "model").glob("checkpoint-*")
    assert {path.name for path in checkpoint.glob("*.safetensors")} == {ADAPTERS}
    saved = load_file(checkpoint / ADAPTERS)
    assert not any(map(frozen, saved))
    with pytest.raises(OSError, match=r"no file named model\.safetensors"):
        PairwisePainForImageClassification.from_pretrained(checkpoint)
    trained(faces, tmp_path, model=low_rank)
    whole = weights(tmp_path / "model")
    assert whole.keys() - saved.keys() == set(filter(frozen, whole))
    model = PairwisePainForImageClassification.from_pretrained(tmp_path / "model")
    assert same(dict(model.state_dict()), whole)


@pytest.mark.slow
def test_an_interrupted_training_gives_the_weights_of_one_that_was_not(
    faces: Release, tmp_path: Path, low_rank: ModelArguments
) -> None:
    trained(faces, tmp_path, "whole", model=low_rank)
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, "model", model=low_rank, progress=stopping_at(5))
    assert list((tmp_path / "model").glob("checkpoint-*"))
    trained(faces, tmp_path, "model", model=low_rank)
    assert same(weights(tmp_path / "model"), weights(tmp_path / "whole"))


def test_the_best_model_is_that_of_its_checkpoint(tmp_path: Path) -> None:
    model = on_backbone(lora={})
    processor = PairwisePainImageProcessor(size=SIDE, num_channels=3)
    trainer = PairwiseTrainer(model, arguments(tmp_path, eval_strategy="no"), processing_class=processor)
    best = {name: weight.clone() for name, weight in model.state_dict().items()}
    save_adapters(model, tmp_path / "checkpoint-1")
    with torch.no_grad():
        for weight in model.parameters():
            if weight.requires_grad:
                weight.add_(1)
    trainer.state.best_model_checkpoint = str(tmp_path / "checkpoint-1")
    trainer._load_best_model()
    assert same(dict(model.state_dict()), best)


@pytest.mark.slow
def test_in_bfloat16_frozen_weights_are_narrow_in_training_and_the_model_is_saved_in_one_type(
    faces: Release, tmp_path: Path, low_rank: ModelArguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, torch.dtype] = {}
    forward = PairwisePainForImageClassification.forward

    @wraps(forward)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.training:
            seen.update({name: weight.dtype for name, weight in self.named_parameters()})
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(PairwisePainForImageClassification, "forward", watched)
    trained(faces, tmp_path, model=low_rank, bf16=True)
    assert {name for name, dtype in seen.items() if dtype is torch.bfloat16} == set(filter(frozen, seen))
    assert any(map(frozen, seen))
    assert {weight.dtype for weight in weights(tmp_path / "model").values()} == {torch.float32}
    model = PairwisePainForImageClassification.from_pretrained(tmp_path / "model")
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    for name, weight in model.state_dict().items():
        if frozen(name):
            assert torch.equal(weight, weight.bfloat16().float())


def test_the_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    model = on_backbone(lora={"r": 2})
    save_adapters(model, tmp_path)
    again = on_backbone(lora={"r": 2})
    again.backbone.load_state_dict(model.backbone.state_dict())
    assert load_adapters(again, tmp_path)
    both = noise(model)
    assert torch.equal(again.eval()(*both).logits, model.eval()(*both).logits)
    with pytest.raises(UsageError, match=r"adapters\.safetensors holds the weights of another model; remove the check"):
        load_adapters(on_backbone(lora={"r": 4}), tmp_path)
    assert not load_adapters(on_backbone(), tmp_path)
    assert not load_adapters(on_backbone(lora={}), None)
