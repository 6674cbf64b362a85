"""Several processes take the same step as one, whatever is missing in their batches."""

from __future__ import annotations

import json
import math
import os
import warnings
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.multiprocessing.spawn import spawn

from synpain_hf.release.release import Release
from synpain_hf.training.data.collation import Batch, Drawn, PairDataset
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.trainer import PairwiseTrainer
from tests.training.small import VIT, arguments

EIGHT = 8
LABELLED, SCORED, MEASURED = (0, 1, 2, 5), (1, 6, 7), (0, 4, 5, 6, 7)
"""The pairs of which label, PSPI and the action unit are known: other numbers in each half, and in each quarter."""

PLAIN = {
    "max_steps": 1,
    "optim": "sgd",
    "learning_rate": 0.5,
    "lr_scheduler_type": "constant",
    "weight_decay": 0.0,
    "max_grad_norm": 0.0,
    **dict.fromkeys(("eval_strategy", "save_strategy", "logging_strategy"), "no"),
}


class WithGaps(PairDataset):
    """Eight pairs, of which much is not known."""

    def __len__(self) -> int:
        return EIGHT

    def __getitems__(self, indices: Sequence[int | Drawn]) -> Batch:
        batch = super().__getitems__(indices)
        for at, item in enumerate(indices):
            if item not in LABELLED:
                batch["labels"][at] = -100
            if item not in SCORED:
                batch["pspi"][at] = math.nan
            if item not in MEASURED:
                batch["action_units"][at] = math.nan
        return batch


class OneStep(PairwiseTrainer):
    """Takes the pairs in order, so that every process has other ones."""

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return torch.utils.data.SequentialSampler(train_dataset)


def take_a_step(rank: int, processes: int, release: str, folder: str, **changed: Any) -> None:
    """Train for a step, as one of several processes, and write the weights."""
    place = Path(folder)
    if processes > 1:
        os.environ.update(
            RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(processes), MASTER_ADDR="localhost", MASTER_PORT="0"
        )
        torch.distributed.init_process_group(
            "gloo", init_method=(place / "meet").as_uri(), rank=rank, world_size=processes
        )
    torch.manual_seed(0)
    pairs = open_pairs(release)
    chosen = ModelArguments(
        model=str(place / "tiny.json"), fusion="concatenation", pspi_head=True, action_units=["AU4"]
    )
    model, processor = build_model(chosen, pairs)
    prepared = prepare(pairs, processor, cache_dir=place / "faces")
    train = WithGaps(prepared, "train", pspi=True, action_units=["AU4"])
    args = arguments(place / f"out-{rank}", **{**PLAIN, **changed})
    trainer = OneStep(model, args, train, processing_class=processor)
    trainer.train()
    assert args.world_size == processes
    if rank == 0:
        save_file(model.state_dict(), place / f"{processes}.safetensors")
    if processes > 1:
        trainer.accelerator.wait_for_everyone()
        wrapped = weakref.ref(trainer.model_wrapped)
        trainer.end()
        assert wrapped() is None, "it would end the threads of gloo, and may hang"


def change(folder: Path, name: str, before: dict[str, Tensor]) -> Tensor:
    """How the weights changed, all in one row."""
    after = load_file(folder / f"{name}.safetensors")
    return torch.cat([(after[weight] - before[weight]).flatten() for weight in sorted(before)])


CONVNEXT: dict[str, Any] = {
    "model_type": "convnext",
    "num_channels": 1,
    "num_stages": 2,
    "hidden_sizes": [8, 16],
    "depths": [1, 1],
    "layer_scale_init_value": 0.1,
}
"""A network that convolves from end to end, without batch norms."""


@pytest.mark.slow
@pytest.mark.parametrize("accumulated", [1, 2])
@pytest.mark.parametrize("network", [{**VIT, "hidden_dropout_prob": 0.0}, CONVNEXT], ids=["vit", "convnext"])
def test_two_processes_take_the_step_of_one(
    faces: Release, tmp_path: Path, network: dict[str, Any], accumulated: int
) -> None:
    (tmp_path / "tiny.json").write_text(json.dumps(network), encoding="utf-8")
    torch.manual_seed(0)
    chosen = ModelArguments(
        model=str(tmp_path / "tiny.json"), fusion="concatenation", pspi_head=True, action_units=["AU4"]
    )
    before = build_model(chosen, open_pairs(faces.folder))[0].state_dict()
    take_a_step(0, 1, str(faces.folder), str(tmp_path), per_device_train_batch_size=EIGHT)
    of_each = EIGHT // 2 // accumulated
    changed = {
        "per_device_train_batch_size": of_each,
        "gradient_accumulation_steps": accumulated,
        "channels_last": network is CONVNEXT,
    }
    spawn(_spawned, args=(2, str(faces.folder), str(tmp_path), changed), nprocs=2)
    alone, together = (change(tmp_path, name, before) for name in ("1", "2"))
    assert alone.norm() > 1e-2
    assert (together - alone).norm() < 1e-5 * alone.norm()


def _spawned(rank: int, processes: int, release: str, folder: str, changed: dict[str, Any]) -> None:
    warnings.simplefilter("error")  # such as of gradients that are laid out otherwise than they are sent
    take_a_step(rank, processes, release, folder, **changed)
