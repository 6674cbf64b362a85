"""`PairwiseTrainer`: transformers' Trainer on prepared pairs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
)
from transformers.trainer_utils import EvalLoopOutput, TrainOutput

from synpain_hf.errors import UsageError
from synpain_hf.metrics.subgroup_auroc.roc import place, rank
from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.modeling.losses import known
from synpain_hf.progress import Progress, silent
from synpain_hf.training.data.augmentation import AugmentationStrengths, PairAugmentation
from synpain_hf.training.data.collation import ModelInputs, PairDataset, collate_pairs
from synpain_hf.training.data.together import TogetherDataset, WeightedSampler
from synpain_hf.training.run.adapters import load_adapters, narrow_frozen, save_adapters
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
from synpain_hf.training.run.callbacks import Bars, Clock, Lines, bars
from synpain_hf.training.run.folder import report_write_errors
from synpain_hf.training.run.speed import computing, lay_out_gradients
from synpain_hf.vocabulary import CLASSES

Floats = npt.NDArray[np.float64]

_TARGETS = ("labels", "pspi", "action_units")

_PAIN = CLASSES["label"].index("pain")


class PairwiseTrainer(Trainer):
    """Train a pairwise classifier on prepared pairs.

    Batches travel as 8-bit faces. On the device they are scaled, in training augmented, and normalised: without
    augmentation that is what the image processor gives. The random numbers of an augmentation depend on the seed, the
    step and the process alone, so that a training that is resumed draws what it would have drawn.

    Each loss of a step is the mean over all targets that are known in it, of all processes and accumulated batches
    together. On several GPUs, batch norms take their statistics over all of them; of several processes on a CPU, each
    takes its own.

    With low-rank updates, checkpoints hold all weights but the frozen ones; in bfloat16, so are these kept in training.

    Evaluation reports `eval_auroc` and `eval_accuracy`, each pair counted once however many processes there are.

    Args:
        model: The model; also the attribute `network`, whatever Trainer wraps around it.
        args: How to train.
        train_dataset: What it learns from; None only to evaluate.
        eval_dataset: What chooses the best model, and stops early.
        processing_class: The model's image processor, which is saved beside it.
        augmentation: How much pairs are changed in training; None for not at all.
        callbacks: Further callbacks.
        progress: Called for every step, instead of Trainer's bars.

    Raises:
        UsageError: If a split has pairs of one class only, or `eval_dataset` is needed and missing.

    Example:
        >>> trainer = PairwiseTrainer(model, args, train, validation, processor)  # doctest: +SKIP
        >>> trainer.train()  # doctest: +SKIP
    """

    args: PairwiseTrainingArguments

    def __init__(
        self,
        model: PairwisePainForImageClassification,
        args: PairwiseTrainingArguments,
        train_dataset: PairDataset | TogetherDataset | None = None,
        eval_dataset: PairDataset | None = None,
        processing_class: PairwisePainImageProcessor | None = None,
        augmentation: AugmentationStrengths | None = None,
        callbacks: list[TrainerCallback] | None = None,
        progress: Progress | None = None,
    ) -> None:
        if processing_class is None:
            raise UsageError("processing_class is missing; give the model's image processor")
        if train_dataset is not None and eval_dataset is None and args.eval_strategy != "no":
            raise UsageError("there is no validation split to choose the model by; give one, or eval_strategy='no'")
        for split, dataset in (("train", train_dataset), ("validation", eval_dataset)):
            _check_classes(split, dataset)
        if args.world_size > 1 and args.device.type == "cuda":
            torch.nn.SyncBatchNorm.convert_sync_batchnorm(model)
        if model.config.lora is not None and args.bf16:
            narrow_frozen(model)
        patience = args.early_stopping_patience
        stopping: list[TrainerCallback] = [EarlyStoppingCallback(patience)] if patience and eval_dataset else []
        super().__init__(
            model=model,
            args=args,
            data_collator=collate_pairs,
            train_dataset=train_dataset,
            eval_dataset=eval_dataset,
            processing_class=processing_class,
            compute_metrics=evaluation_metrics,
            callbacks=[Clock(), *stopping, *(callbacks or [])],
        )
        self.remove_callback(PrinterCallback if args.disable_tqdm else ProgressCallback)
        self.add_callback(Lines(progress or silent) if args.disable_tqdm else Bars)
        self.network, self.image_processor = model, processing_class
        self.model_accepts_loss_kwargs = True  # of this trainer, which counts what it hands over
        self._saves_adapters = False
        changes = None if augmentation is None else PairAugmentation(augmentation)
        channels_last = bool(args.channels_last) and model.is_convolutional
        if channels_last and args.world_size > 1:
            lay_out_gradients(model)
        self.to_model = ModelInputs(processing_class, changes, channels_last=channels_last).to(args.device)
        self._draws = torch.Generator()
        self._drawn_at = (-1, 0)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        """How the pairs of an epoch are drawn: of several data sets each as often as its weight says."""
        dataset = self.train_dataset if train_dataset is None else train_dataset
        if isinstance(dataset, TogetherDataset):
            return WeightedSampler(dataset.weights, self._seed, dataset.references)
        if isinstance(dataset, PairDataset) and dataset.references == "any":
            return WeightedSampler(np.ones(len(dataset)), self._seed, dataset.references)
        return super()._get_train_sampler(train_dataset)

    @property
    def drawn(self) -> int:
        """How many pairs an epoch draws."""
        dataset: Any = self.train_dataset
        is_joined = isinstance(dataset, TogetherDataset)
        return len(WeightedSampler(dataset.weights, self._seed)) if is_joined else len(dataset)

    @property
    def _seed(self) -> int:
        """What draws pairs and their changes."""
        return int(self.args.seed if self.args.data_seed is None else self.args.data_seed)

    def _prepare_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        training = self.network.training
        self.to_model.train(training)
        batch: dict[str, Any] = self.to_model(
            super()._prepare_inputs(inputs), self._seeded_draws() if training else None
        )
        return batch

    def train(self, *args: Any, **options: Any) -> TrainOutput:
        """Train; torch computes as the arguments say, and then as before."""
        with computing(tf32=self.args.tf32, cudnn_benchmark=self.args.cudnn_benchmark):
            return super().train(*args, **options)

    def end(self) -> None:
        """End at the very end of a script what connects the processes.

        What wraps the model goes first: if it went last, it would end gloo's threads while one of them may wait for
        Python, and hang.
        """
        self.model_wrapped = self.network
        self.accelerator.free_memory()
        super().end()

    def evaluation_loop(self, *args: Any, **options: Any) -> EvalLoopOutput:
        """Judge every pair, once; in every process by the model of the first, which is the one that is saved."""
        if self.args.world_size > 1:
            for buffer in self.network.buffers():  # such as the statistics of batch norms: each process has its own
                torch.distributed.broadcast(buffer, src=0)
        with computing(tf32=self.args.tf32, cudnn_benchmark=self.args.cudnn_benchmark):
            return super().evaluation_loop(*args, **options)

    def _seeded_draws(self) -> torch.Generator:
        """The generator of this batch's augmentation."""
        step, batch = self._drawn_at
        self._drawn_at = (step, batch + 1) if step == self.state.global_step else (self.state.global_step, 0)
        place_in_training = (self._seed, *self._drawn_at, self.args.process_index)
        (state,) = np.random.SeedSequence(place_in_training).generate_state(1, np.uint64)
        return self._draws.manual_seed(int(state))

    def get_batch_samples(
        self, epoch_iterator: Iterator[Any], num_batches: int, device: torch.device
    ) -> tuple[list[Any], Any]:
        """The batches of a step, and how many targets of each kind are known in them, in all processes together."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        names = [name for name in _TARGETS if batches and name in batches[0]]
        if not names:
            return batches, None
        counts = torch.stack([torch.stack([known(name, batch[name]) for name in names]) for batch in batches])
        counts = counts.sum(0).to(device, non_blocking=True)
        if self.args.world_size > 1:
            counts = self.accelerator.reduce(counts, reduction="sum")
        return batches, dict(zip(names, counts.unbind(), strict=True))

    def _get_num_items_in_batch(self, *_: Any) -> None:
        """Nothing, in evaluation: each batch is divided by what is known in it."""

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        self._saves_adapters = self.network.config.lora is not None
        try:
            with report_write_errors(str(self.args.output_dir), RuntimeError):  # which torch raises on a full disk
                super()._save_checkpoint(model, trial)
        finally:
            self._saves_adapters = False

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """Save the model and its image processor; no pickled arguments, which nothing reads and may hold a token."""
        if not self.args.should_save:
            return
        folder = str(output_dir or self.args.output_dir)
        with bars(not self.args.disable_tqdm), report_write_errors(folder):
            if self._saves_adapters and state_dict is None:
                save_adapters(self.network, Path(folder))
            else:
                if self.network.config.lora is not None:
                    self.network.float()  # frozen weights that were narrowed: a model is saved in one type
                # Under the names that the weights have in memory: Trainer loads a checkpoint without translating them,
                # and would pass over those that stand under the older names of a backbone.
                self.network.save_pretrained(folder, state_dict=state_dict, save_original_format=False)
        self.image_processor.save_pretrained(folder)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: torch.nn.Module | None = None) -> None:
        if not load_adapters(self.network, resume_from_checkpoint):
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_best_model(self) -> None:
        if not load_adapters(self.network, self.state.best_model_checkpoint):
            super()._load_best_model()


def pain_scores(logits: npt.NDArray[Any]) -> Floats:
    """The log-odds of pain: the logit of pain less that of no pain.

    Args:
        logits: Shape (pairs, 2).

    Returns:
        Shape (pairs,).

    Raises:
        UsageError: If the model gives NaN or infinity.
    """
    logits = np.asarray(logits, np.float64)
    if not np.isfinite(logits).all():
        raise UsageError("the model gives NaN or infinity: its training diverged; give a lower learning rate")
    scores: Floats = logits[:, _PAIN] - logits[:, 1 - _PAIN]
    return scores


def evaluation_metrics(predicted: EvalPrediction) -> dict[str, float]:
    """AUROC and accuracy of predictions, as Trainer asks for them.

    Args:
        predicted: `predictions` are logits of shape (pairs, 2), or a tuple that begins with them.

    Raises:
        UsageError: If the model gives NaN or infinity.
    """
    logits = predicted.predictions[0] if isinstance(predicted.predictions, tuple) else predicted.predictions
    scores = pain_scores(logits)
    positive = np.asarray(predicted.label_ids) == _PAIN
    everyone = np.zeros(len(scores), np.int64)
    auroc = place(rank(scores, everyone, np.argsort(scores, kind="stable")), positive, None).auroc
    return {"auroc": float(auroc[0]), "accuracy": float(np.mean((scores > 0) == positive))}


def _check_classes(split: str, dataset: PairDataset | TogetherDataset | None) -> None:
    if dataset is None:
        return
    found = sorted({CLASSES["label"][label] for label in dataset.rows["label"].to_pylist()})
    if len(found) < len(CLASSES["label"]):
        held = f"only {found[0]} pairs" if found else "no pairs"
        raise UsageError(f"{split} has {held}, and both classes are needed; choose another configuration")
