"""What makes a training quick changes no number beyond rounding, no file, and nothing after the training."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import TrainerCallback
from transformers.utils.import_utils import enable_tf32

from synpain_hf.training.data.collation import ModelInputs, PairDataset
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.speed import computing, precision_kept
from synpain_hf.training.run.trainer import PairwiseTrainer
from tests.modeling.made import faces, of_kind
from tests.training.small import arguments, configuration, tiny

RESNET: dict[str, Any] = {
    "model_type": "resnet",
    "embedding_size": 8,
    "hidden_sizes": [8, 16],
    "depths": [1, 1],
    "layer_type": "bottleneck",
}


def flags() -> tuple[Any, ...]:
    """All that says how a GPU computes in float32."""
    backends = torch.backends
    return (
        *(backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32, torch.get_float32_matmul_precision()),
        *(backends.cudnn.benchmark, getattr(backends, "fp32_precision", None)),
    )


@pytest.mark.parametrize("tf32", [True, False, None])
@pytest.mark.parametrize("benchmark", [True, False, None])
def test_settings_last_as_long_as_they_are_needed(tf32: bool | None, benchmark: bool | None) -> None:
    before = flags()
    with computing(tf32=tf32, cudnn_benchmark=benchmark):
        products, convolutions, _, tries, _ = flags()
        assert (products, convolutions) == (before[:2] if tf32 is None else (tf32, tf32))
        assert tries == (before[3] if benchmark is None else benchmark)
        with computing(tf32=not tf32, cudnn_benchmark=not benchmark):
            assert flags()[0] == (not tf32)
        assert flags()[0] == products
    assert flags() == before


def test_what_transformers_sets_for_good_is_set_back() -> None:
    before = flags()
    with precision_kept():
        enable_tf32.__wrapped__(True)  # beneath the cache, which would keep a second call from doing anything
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    assert flags() == before


class Looking(TrainerCallback):
    """Remembers the flags of each step and of each evaluation; may stop there."""

    def __init__(self, failing: bool = False) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self.failing = failing

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.seen.append(flags())
        if self.failing:
            raise RuntimeError("stopped")

    def on_prediction_step(self, *_: Any, **__: Any) -> None:
        self.seen.append(flags())


def trainer_of(
    pairs: Pairs, folder: Path, callbacks: list[TrainerCallback], model: ModelArguments | None = None, **changed: Any
) -> PairwiseTrainer:
    torch.manual_seed(0)
    network, processor = build_model(model or tiny(folder), pairs)
    prepared = prepare(pairs, processor, cache_dir=folder / "faces")
    train, validation = (PairDataset(prepared, name) for name in ("train", "validation"))
    args = arguments(folder / "model", **changed)
    return PairwiseTrainer(network, args, train, validation, processor, callbacks=callbacks)


@pytest.mark.parametrize("failing", [False, True])
def test_a_training_leaves_torch_as_it_was_even_where_it_fails(pairs: Pairs, tmp_path: Path, failing: bool) -> None:
    before = flags()
    looking = Looking(failing)
    trainer = trainer_of(pairs, tmp_path, [looking], tf32=False, cudnn_benchmark=True, max_steps=1)
    assert flags() == before
    if failing:
        with pytest.raises(RuntimeError, match="stopped"):
            trainer.train()
    else:
        trainer.train()
        trainer.evaluate()
    assert looking.seen
    assert all((seen[1], seen[3]) == (False, True) for seen in looking.seen)
    assert flags() == before


def test_nothing_is_set_for_a_training_on_a_cpu(pairs: Pairs, tmp_path: Path) -> None:
    before, looking = flags(), Looking()
    trainer_of(pairs, tmp_path, [looking], max_steps=1).train()
    assert set(looking.seen) == {before}


@pytest.mark.parametrize("kind", ["pwct", "resnet", "convnext"])
def test_channels_last_gives_the_same_scores_gradients_and_step(kind: str) -> None:
    torch.manual_seed(0)
    # In double precision: rounding of float32 may choose another of two pixels that are nearly the largest of a pool.
    usual = of_kind(kind).double().train()
    other = copy.deepcopy(usual)
    target, reference = (each.double() for each in faces(usual, 4))
    labels = torch.tensor([0, 1, 1, 0])
    losses, gradients, stepped = [], [], []
    for model, order in ((usual, torch.contiguous_format), (other, torch.channels_last)):
        given = (each.to(memory_format=order) for each in (target, reference))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # Adam makes steps of rounding, where there is no slope
        losses.append(model(*given, labels=labels))
        losses[-1].loss.backward()
        gradients.append(in_one_row(each.grad for each in model.parameters()))
        optimizer.step()
        stepped.append(in_one_row(model.parameters()))
    torch.testing.assert_close(losses[0].logits, losses[1].logits)
    assert all(weight.is_contiguous() for weight in other.parameters())
    for one, same in (gradients, stepped):
        torch.testing.assert_close(one, same)


def in_one_row(found: Iterable[Tensor | None]) -> Tensor:
    return torch.cat([each.detach().flatten() for each in found if each is not None])


def orders(model: torch.nn.Module) -> list[bool]:
    """Whether what each convolution gives, in a forward, is in channels-last order."""
    found: list[bool] = []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(
                lambda _, __, given: found.append(
                    given.is_contiguous(memory_format=torch.channels_last) and not given.is_contiguous()
                )
            )
    return found


@pytest.mark.parametrize("kind", ["pwct", "resnet", "convnext"])
def test_the_order_holds_from_the_first_convolution_to_the_last(kind: str) -> None:
    model = of_kind(kind).eval()
    found = orders(model)
    model(*(each.to(memory_format=torch.channels_last) for each in faces(model, 4)))
    assert found
    assert all(found)


@pytest.mark.parametrize(("kind", "expected"), [("pwct", True), ("resnet", True), ("vit", False), ("linear", False)])
def test_networks_that_convolve_from_end_to_end_are_known(kind: str, expected: bool) -> None:
    assert of_kind(kind).is_convolutional == expected


def test_faces_of_one_channel_are_laid_out_too(pairs: Pairs, tmp_path: Path) -> None:
    _, processor = build_model(tiny(tmp_path), pairs)
    prepared = prepare(pairs, processor, cache_dir=tmp_path / "faces")
    batch = PairDataset(prepared, "train").__getitems__([0, 1])
    usual, other = ModelInputs(processor)(batch), ModelInputs(processor, channels_last=True)(batch)
    for name in ("pixel_values", "reference_pixel_values"):
        assert torch.equal(usual[name], other[name])
        assert usual[name].stride()[1] > 1
        assert other[name].stride()[1] == 1


@pytest.mark.slow
def test_a_training_with_it_gives_what_one_without_gives_and_files_laid_out_alike(pairs: Pairs, tmp_path: Path) -> None:
    found = {}
    for name, chosen in (("with", True), ("without", False)):
        folder = tmp_path / name
        folder.mkdir()
        file = configuration(folder, **RESNET, num_channels=1)
        model = ModelArguments(model=str(file), fusion="subtraction")
        trainer = trainer_of(
            pairs, folder, [], model, channels_last=chosen, max_steps=2, learning_rate=1e-4, save_strategy="no",
            load_best_model_at_end=False,
        )  # fmt: skip
        order = orders(trainer.network)
        trainer.train()
        assert all(order) == chosen
        trainer.save_model()
        found[name] = folder / "model" / "model.safetensors"
    header = {
        name: path.read_bytes()[: int.from_bytes(path.read_bytes()[:8], "little")] for name, path in found.items()
    }
    assert header["with"] == header["without"]
    weights = {name: load_file(path) for name, path in found.items()}
    for name, weight in weights["with"].items():
        torch.testing.assert_close(weight, weights["without"][name], rtol=1e-2, atol=1e-3)
