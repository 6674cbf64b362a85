"""The trainer learns, augments training alone, draws anew for each batch, and measures AUROC as the metric does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import EvalPrediction, TrainerCallback

from synpain_hf.errors import UsageError
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.training.data.augmentation import AugmentationStrengths
from synpain_hf.training.data.collation import Batch, PairDataset
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.trainer import PairwiseTrainer, evaluation_metrics, pain_scores
from tests.imaging.made import encoded, halves
from tests.training.small import arguments, configuration, tiny, with_pictures


def trainer_of(pairs: Pairs, folder: Path, augmentation: Any = None, model: Any = None, **changed: Any) -> Any:
    """A trainer of a tiny backbone, with validation where the pairs have it."""
    torch.manual_seed(0)
    network, processor = build_model(model or tiny(folder), pairs)
    prepared = prepare(pairs, processor, cache_dir=folder / "faces")
    config = network.config
    splits = {
        name: PairDataset(prepared, name, pspi=config.pspi_head, action_units=config.action_units)
        for name in pairs.splits
    }
    return PairwiseTrainer(
        network,
        arguments(folder / "model", **changed),
        splits["train"],
        splits.get("validation"),
        processor,
        augmentation,
    )


def of_eight(pairs: Pairs) -> Pairs:
    """Eight pairs, half of them in pain, to train on."""
    labels = pairs.table["label"].to_numpy()
    rows = np.concatenate([np.flatnonzero(labels == label)[:4] for label in (0, 1)])
    return replace(pairs, splits={"train": rows})


@pytest.mark.slow
def test_the_loss_of_eight_pairs_falls_to_near_zero(pairs: Pairs, tmp_path: Path) -> None:
    trainer = trainer_of(
        of_eight(pairs),
        tmp_path,
        model=ModelArguments(model=str(configuration(tmp_path, hidden_dropout_prob=0.0)), fusion="concatenation"),
        max_steps=200,
        per_device_train_batch_size=8,
        learning_rate=1e-2,
        **dict.fromkeys(("eval_strategy", "save_strategy"), "no"),
        logging_strategy="steps",
        logging_steps=20,
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert losses[0] > 0.3
    assert losses[-1] < 0.05


class Watching(TrainerCallback):
    """Remembers what the model is given."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.given: list[tuple[bool, Batch]] = []
        model.register_forward_pre_hook(
            lambda module, _, inputs: self.given.append((module.training, inputs)), with_kwargs=True
        )

    def of(self, training: bool) -> Iterator[Batch]:
        return (batch for was_training, batch in self.given if was_training == training)


def faces_given(pairs: Pairs, folder: Path, augmentation: Any, **changed: Any) -> tuple[list[Batch], list[Batch]]:
    """What the model is given in two epochs of training, and in evaluation."""
    trainer = trainer_of(pairs, folder, augmentation, save_strategy="no", load_best_model_at_end=False, **changed)
    watching = Watching(trainer.network)
    trainer.train()
    return list(watching.of(True)), list(watching.of(False))


@pytest.mark.slow
def test_training_alone_is_augmented_and_differently_each_time(pairs: Pairs, tmp_path: Path) -> None:
    strengths = AugmentationStrengths(probability=1)
    plain_train, plain_eval = faces_given(pairs, tmp_path, None)
    train, evaluation = faces_given(pairs, tmp_path, strengths)
    again, _ = faces_given(pairs, tmp_path, strengths)
    other, _ = faces_given(pairs, tmp_path, strengths, data_seed=5)
    face = "pixel_values"
    assert all(torch.equal(one[face], plain[face]) for one, plain in zip(evaluation, plain_eval, strict=True))
    assert not any(torch.equal(one[face], plain[face]) for one, plain in zip(train, plain_train, strict=True))
    assert all(torch.equal(one[face], same[face]) for one, same in zip(train, again, strict=True))
    assert not any(torch.equal(one[face], changed[face]) for one, changed in zip(train, other, strict=True))


@pytest.mark.slow
def test_batches_of_one_step_and_of_several_are_changed_apart(tmp_path: Path) -> None:
    face = encoded(halves(80, 48, seed=1), "png")
    train, _ = faces_given(
        with_pictures(*[(face, face)] * 8),
        tmp_path,
        AugmentationStrengths(probability=1),
        eval_strategy="no",
        per_device_train_batch_size=1,
        gradient_accumulation_steps=2,
    )
    given = {batch["pixel_values"].numpy().tobytes() for batch in train}
    assert len(train) == 2 * 8
    assert len(given) == len(train)


@pytest.mark.slow
def test_heads_are_learned_and_do_not_disturb_the_metrics(pairs: Pairs, tmp_path: Path) -> None:
    model = tiny(tmp_path, pspi_head=True, action_units=["AU4"])
    trainer = trainer_of(pairs, tmp_path, model=model)
    before = {name: value.clone() for name, value in trainer.network.head.named_parameters()}
    trainer.train()
    assert all(
        (before[name][row] != value[row]).any()
        for name, value in trainer.network.head.named_parameters()
        for row in range(4)
    )
    assert 0 <= trainer.evaluate()["eval_auroc"] <= 1


def test_auroc_is_that_of_the_metric(pairs: Pairs) -> None:
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(200, 2)).round(1), rng.integers(0, 2, 200)
    found = evaluation_metrics(EvalPrediction(predictions=logits, label_ids=labels))
    expected = subgroup_auroc(references=labels, scores=pain_scores(logits))["overall"]["auroc"]
    assert found["auroc"] == pytest.approx(expected, abs=1e-12)
    assert found["accuracy"] == np.mean((logits[:, 1] > logits[:, 0]) == labels)
    with_heads: Any = (logits, labels)
    assert evaluation_metrics(EvalPrediction(predictions=with_heads, label_ids=labels)) == found


def test_a_training_that_went_astray_is_told() -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(UsageError, match="gives NaN or infinity: its training diverged; give a lower"):
            pain_scores(np.array([[0.0, 1.0], [bad, 0.0]]))


def test_what_is_missing_is_told(pairs: Pairs, tmp_path: Path) -> None:
    network, processor = build_model(tiny(tmp_path), pairs)
    dataset = PairDataset(prepare(pairs, processor, cache_dir=tmp_path / "faces"), "train")
    with pytest.raises(UsageError, match="processing_class is missing"):
        PairwiseTrainer(network, arguments(tmp_path), dataset)
    with pytest.raises(UsageError, match="no validation split to choose the model by"):
        PairwiseTrainer(network, arguments(tmp_path), dataset, processing_class=processor)


@pytest.mark.slow
@pytest.mark.parametrize("bars", [False, True])
def test_what_is_measured_is_told_on_standard_error(
    pairs: Pairs, tmp_path: Path, capsys: pytest.CaptureFixture[str], bars: bool
) -> None:
    trainer_of(pairs, tmp_path, disable_tqdm=not bars).train()
    told = capsys.readouterr()
    assert not told.out
    for line in ("epoch 1 of 2: training loss 0.", "epoch 2 of 2: validation loss 0.", "validation AUROC 0."):
        assert line in told.err
    assert ("%|" in told.err) == bars


def test_a_checkpoint_holds_the_weights_under_the_names_in_memory(pairs: Pairs, tmp_path: Path) -> None:
    trainer = trainer_of(pairs, tmp_path)
    trainer.train()
    for checkpoint in (tmp_path / "model").glob("checkpoint-*"):
        names = {path.name for path in checkpoint.iterdir()}
        assert {"model.safetensors", "preprocessor_config.json", "optimizer.pt"} <= names
        assert "training_args.bin" not in names
