"""`train`: from a data set's name to a trained model with predictions, report and card.

OUT/config.json, model.safetensors, preprocessor_config.json   the model, as `pipeline` loads it
OUT/README.md, report/, predictions*.parquet                    what it is worth
OUT/also-1/ …                                                   what it is worth on each further set with a test split
OUT/training.json                                               what is trained on what, written first
OUT/checkpoint-N/                                               while it is trained
OUT/learned.json                                                the pairs and identities that it has learned
OUT/unaligned.csv                                               pairs in which no face was found to align, if any
OUT/trainer_state.json                                          what Trainer measured, written once it is trained
OUT/result.json                                                 written last
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from transformers import TrainerState, set_seed

from synpain_hf.errors import MissingExtraError, SynpainError, UsageError
from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.progress import Progress, silent
from synpain_hf.storage import replacing_file
from synpain_hf.training.data import unaligned
from synpain_hf.training.data.augmentation import AugmentationStrengths
from synpain_hf.training.data.collation import PairDataset
from synpain_hf.training.data.landmark_tables import table_for
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import PreparedPairs, prepare
from synpain_hf.training.data.several import TEST, TRAIN, TrainingSet
from synpain_hf.training.data.together import TogetherDataset
from synpain_hf.training.layout import CHECKPOINTS, LEARNED, RESULT, STATE, UNALIGNED
from synpain_hf.training.options import ModelArguments, References
from synpain_hf.training.report.evaluation import figures, judge_heads, write_report
from synpain_hf.training.report.model_card import ModelCard, write_card
from synpain_hf.training.request import check_landmarks, check_references, check_splits, open_also
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
from synpain_hf.training.run.callbacks import SECONDS
from synpain_hf.training.run.described import describe, describe_joined, sizes_of
from synpain_hf.training.run.folder import (
    Warn,
    check_finished,
    claim,
    is_trained,
    report_write_errors,
    warn_by_python,
    write_json,
)
from synpain_hf.training.run.learned import Learned, learned_by
from synpain_hf.training.run.models import build_model, initial_weights, is_pairwise, weigh_classes
from synpain_hf.training.run.prediction import judge
from synpain_hf.training.run.result import TrainingResult
from synpain_hf.training.run.trainer import PairwiseTrainer

ALSO = "also-{}"
"""The folders of what the model is worth on the data sets beside the first."""

_WRITTEN_BY = "transformers_version"  # of a configuration; it stands in `made_with`, too
_LIBRARIES = ("synpain-hf", "transformers", "accelerate", "torch", "datasets", "pillow")


def train(
    dataset: str | Path | Loaded | Pairs,
    *,
    out: str | Path,
    also: Sequence[str | Path | Loaded | Pairs | TrainingSet] = (),
    config_name: str = "default",
    revision: str | None = None,
    annotator: str | None = None,
    references: References = "own",
    landmarks: str | Path | None = None,
    cache_dir: str | Path | None = None,
    model: str | ModelArguments = "pwct",
    augmentation: AugmentationStrengths | None = AugmentationStrengths(),  # noqa: B008 - frozen
    keep_finished: bool = False,
    progress: Progress = silent,
    warn: Warn = warn_by_python,
    **arguments: Any,
) -> TrainingResult:
    """Train a pairwise classifier, predict, and say how good it is by group.

    The same call continues a training that was interrupted. With `torchrun` or `accelerate launch`, each process makes
    the call, and the first of them writes.

    Args:
        dataset: A release's folder; `synpain`, for the installed release; a data set's id on the Hub; or what is
            loaded: a `DatasetDict`, a `Dataset` with a column `split`, or `Pairs` that are open.
        out: The folder to write; it must not exist, unless the same training was interrupted there.
        also: Data sets that are trained on beside it: their split `train` is learned from, and their split `test`, if
            they have one, is judged apart. `dataset` alone chooses and tests the model. Pairs that would have a person
            trained and judged on are left out of these sets.
        config_name: A configuration with the splits `train` and `validation`, and better `test`.
        revision: Of a data set on the Hub.
        annotator: Whose annotations are learned, where there are several.
        references: `own`, each pair's neutral face; or `any`: in training one of those that its person has in the
            split, drawn each time, and when the finished model is judged the mean over all of them, at most 16.
            Meanwhile the model is chosen by each pair's own.
        landmarks: A table of landmarks by which the faces of `dataset` are aligned (CSV or Parquet), in place of those
            that it has; `DataArguments.landmarks` says what stands in it.
        cache_dir: Where prepared faces are kept; None for `HF_HOME/synpain-hf/faces`.
        model: What `ModelArguments.model` takes, or all of these.
        augmentation: How much pairs are changed in training; None for not at all.
        keep_finished: Return the result where the same training is finished, instead of refusing the folder.
        progress: Called for preparation, steps and figures; without it, Trainer shows its own bars.
        warn: Called with what an interrupted training left damaged, and is passed over, and with how many pairs of
            further data sets are left out; by default a Python warning.
        arguments: Of `PairwiseTrainingArguments`, such as `num_train_epochs=5` or `seed=1`.

    Returns:
        What came of it.

    Raises:
        UsageError: If an argument cannot be right, or a split is missing or has one class only, or `out` is in use, or
            holds a training of something else.
        SynpainError: What `open_pairs` and `prepare` raise.
        OutputError: If `out` cannot be written.
    """
    check_references(references)
    check_landmarks(landmarks, also)
    folder = Path(out).expanduser().absolute()
    args = PairwiseTrainingArguments.of(output_dir=str(folder), **arguments)
    if progress is not silent:
        args.disable_tqdm = True
    chosen = ModelArguments(model=model) if isinstance(model, str) else model
    pairs = open_pairs(dataset, config_name, revision=revision, progress=progress)
    check_splits(pairs, config_name, chooses=args.eval_strategy != "no")
    asked = [one if isinstance(one, TrainingSet) else TrainingSet(one) for one in also]
    joined = open_also(pairs, asked, progress)
    set_seed(args.seed)
    network, processor = build_model(chosen, pairs, annotator=annotator, also=joined)
    table = table_for(landmarks, pairs, processor.alignment)
    record = {
        "data": describe(dataset, pairs, config_name, revision),
        **({"also": [describe_joined(one) for one in joined]} if joined else {}),
        "model": {name: value for name, value in network.config.to_diff_dict().items() if name != _WRITTEN_BY},
        "base_model": chosen.base_model,
        "goes_on": is_pairwise(chosen.model),
        "initial_weights": initial_weights(chosen, network),
        "annotator": annotator,
        **({"references": references} if references != "own" else {}),
        "processor": processor.to_dict(),
        **({"landmarks": table.record()} if table else {}),
        **({"unaligned": chosen.unaligned} if chosen.unaligned != "refuse" else {}),
        "augmentation": None if augmentation is None else asdict(augmentation),
        "recipe": args.recipe(),
        "made_with": {name: version(name) for name in _LIBRARIES},
    }
    record = json.loads(json.dumps(record, default=str))
    if keep_finished and (folder / RESULT).is_file():
        check_finished(folder, record)
        return TrainingResult.read(folder)
    for one in joined:
        if one.told() and args.should_save:
            warn(one.told())
    with claim(folder, record, args, warn) as checkpoint:
        told = progress if args.should_save else silent
        prepared = [
            prepare(one, processor, unaligned=chosen.unaligned, landmarks=table, cache_dir=cache_dir, progress=told)
            for one in (pairs, *(each.pairs for each in joined))
        ]
        for each in prepared:
            if each.left_out.num_rows and args.should_save:
                warn(f"of {each.pairs.title}, {unaligned.told(each.left_out)}; {UNALIGNED} will name them")
        _check_left(prepared, chooses=args.eval_strategy != "no")
        if any(each.left_out.num_rows for each in prepared):
            kept = [replace(one, pairs=each.pairs) for one, each in zip(joined, prepared[1:], strict=True)]
            weigh_classes(network, chosen, prepared[0].pairs, kept)
        run = _Run(
            folder=folder,
            record=record,
            args=args,
            prepared=prepared,
            weights=[1.0, *(one.asked.weight for one in joined)],
            model=network,
            processor=processor,
            augmentation=augmentation,
            annotator=annotator,
            references=references,
            learned_before=learned_by(chosen.model) if record["goes_on"] else Learned(),
            progress=progress,
        )
        return run(checkpoint, is_trained(folder, warn if args.should_save else None))


@dataclass(frozen=True)
class _Run:
    """A training in a folder that it has to itself."""

    folder: Path
    record: Mapping[str, Any]
    args: PairwiseTrainingArguments
    prepared: Sequence[PreparedPairs]
    weights: Sequence[float]
    model: PairwisePainForImageClassification
    processor: PairwisePainImageProcessor
    augmentation: AugmentationStrengths | None
    annotator: str | None
    references: References
    learned_before: Learned
    progress: Progress

    def __call__(self, checkpoint: str | None, trained: bool) -> TrainingResult:
        first, others = self.prepared[0], self.prepared[1:]
        splits = {name: self._dataset(first, name) for name in ("validation", TEST) if name in first.pairs.splits}
        train = self._training()
        with _report_refused_arguments():
            trainer = PairwiseTrainer(
                PairwisePainForImageClassification.from_pretrained(self.folder) if trained else self.model,
                self.args,
                train,
                splits.get("validation") if self.args.eval_strategy != "no" else None,
                self.processor,
                self.augmentation,
                progress=self.progress,
            )
        if not trained:
            with _report_what_lacks():
                trainer.train(resume_from_checkpoint=checkpoint)
            trainer.save_model()
            if self.args.should_save:
                trainer.state.best_model_checkpoint = None  # a path of this machine, which will be removed
                with report_write_errors(self.folder), replacing_file(self.folder / STATE) as partial:
                    trainer.state.save_to_json(str(partial))
            trainer.accelerator.wait_for_everyone()
        predicted = {name: judge(trainer, rows, name) for name, rows in splits.items()}
        apart = [judge(trainer, self._dataset(one, TEST), TEST) if TEST in one.pairs.splits else None for one in others]
        if self.args.should_save:
            with report_write_errors(self.folder):
                self._finish(trainer, predicted, self._judge_apart(apart), trainer.drawn)
        trainer.accelerator.wait_for_everyone()
        trainer.accelerator.free_memory()
        return TrainingResult.read(self.folder)

    def _training(self) -> PairDataset | TogetherDataset:
        parts = [self._dataset(one, TRAIN) for one in self.prepared]
        return TogetherDataset(parts, self.weights) if len(parts) > 1 else parts[0]

    def _dataset(self, prepared: PreparedPairs, split: str) -> PairDataset:
        config = self.model.config
        return PairDataset(
            prepared,
            split,
            pspi=config.pspi_head,
            action_units=config.action_units,
            annotator=self.annotator,
            references=self.references,
            where_known=True,
        )

    def _judge_apart(self, predicted: Sequence[pa.Table | None]) -> list[dict[str, Any]]:
        """What the model is worth on the test split of each further set, with a folder of its own for each."""
        judged = []
        of_each = zip(self.record.get("also", []), self.prepared[1:], predicted, strict=True)
        for number, (said, prepared, table) in enumerate(of_each, 1):
            overall: Mapping[str, Any] = {}
            if table is not None:
                place = self.folder / ALSO.format(number)
                place.mkdir(exist_ok=True)
                overall = write_report(place, table, progress=self.progress)["overall"]
            judged.append(
                {
                    **said,
                    **sizes_of(prepared.pairs),
                    "auroc": overall.get("auroc"),
                    "interval": overall.get("interval"),
                }
            )
        return judged

    def _finish(
        self,
        trainer: PairwiseTrainer,
        predicted: Mapping[str, Any],
        also: Sequence[Mapping[str, Any]],
        drawn: int,
    ) -> None:
        """Write the report, the card and, last of all, the result."""
        report = None
        if "test" in predicted:
            report = write_report(self.folder, predicted["test"], predicted.get("validation"), progress=self.progress)
        heads = judge_heads(predicted["test"]) if "test" in predicted else []
        outcome = self._outcome(TrainerState.load_from_json(str(self.folder / STATE)), trainer, drawn)
        write_card(
            self.folder,
            ModelCard(
                name=self.folder.name,
                config=self.model.config,
                processor=self.processor,
                data={**self.record["data"], **sizes_of(self.prepared[0].pairs)},
                recipe=self.record["recipe"],
                augmentation=self.record["augmentation"],
                outcome=outcome,
                made_with=self.record["made_with"],
                base_model=self.record["base_model"],
                initial_weights=self.record["initial_weights"],
                report=report,
                heads=heads,
                goes_on=self.record["goes_on"],
                references=self.references,
                also=also,
                unaligned=list(unaligned.by_group((one.left_out, one.pairs) for one in self.prepared)),
                learned_before=self.learned_before.sets,
                tables="" if report is None else report.to_markdown(),
                figures=list(figures(self.folder)) if report is not None else [],
            ),
        )
        learned = self.learned_before
        for one in self.prepared:
            learned = learned.and_of(one.pairs, one.pairs.positions(TRAIN))
        write_json(self.folder / LEARNED, learned.to_dict())
        overall = {} if report is None else report["overall"]
        result = {
            "config_name": self.record["data"]["config_name"],
            "splits": sizes_of(self.prepared[0].pairs)["splits"],
            "auroc": overall.get("auroc"),
            "interval": overall.get("interval"),
            "heads": heads,
            **outcome,
            **({"also": list(also)} if also else {}),
        }
        for path in self.folder.glob(CHECKPOINTS):
            shutil.rmtree(path)
        unaligned.write([(one.pairs.title, one.left_out) for one in self.prepared], self.folder)
        lost = Counter(split for one in self.prepared for split in one.left_out["split"].to_pylist())
        if lost:
            result["unaligned"] = lost
        write_json(self.folder / RESULT, result)

    def _outcome(self, state: TrainerState, trainer: PairwiseTrainer, drawn: int) -> dict[str, Any]:
        logged: dict[str, Any] = {name: value for entry in state.log_history for name, value in entry.items()}
        kept = state.best_global_step if self.args.load_best_model_at_end else state.global_step
        of_kept = {name: value for entry in state.log_history if entry["step"] == kept for name, value in entry.items()}
        is_cuda = self.args.device.type == "cuda"
        device = torch.cuda.get_device_name(self.args.device) if is_cuda else self.args.device.type
        seconds, epochs = logged[SECONDS], float(state.epoch or 0)
        return {
            "validation_auroc": of_kept.get("eval_auroc"),
            "best_epoch": of_kept.get("epoch") if self.args.load_best_model_at_end else None,
            "epochs": epochs,
            "seconds": seconds,
            "pairs_per_second": epochs * drawn / seconds,
            "parameters": trainer.network.num_parameters(),
            "device": f"{self.args.world_size} x {device}" if self.args.world_size > 1 else device,
        }


def _check_left(prepared: Sequence[PreparedPairs], *, chooses: bool) -> None:
    """Refuse a training for which no pairs are left."""
    for one in prepared:
        unaligned.check_left(one.pairs, one.left_out, TRAIN)
    if chooses:
        unaligned.check_left(prepared[0].pairs, prepared[0].left_out, "validation")


@contextmanager
def _report_refused_arguments() -> Iterator[None]:
    """Report why Trainer does not take arguments."""
    try:
        yield
    except SynpainError:
        raise
    except (ImportError, NotImplementedError, RuntimeError, ValueError) as error:
        raise UsageError(f"transformers' Trainer does not take these arguments: {_first_line(error)}") from error


@contextmanager
def _report_what_lacks() -> Iterator[None]:
    """Report memory or a library that training lacks."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise UsageError(
            "is too large for the device's memory; give less, with {gradient_accumulation_steps} for as large a step",
            "per_device_train_batch_size",
            mentions=["gradient_accumulation_steps"],
        ) from error
    except ImportError as error:
        raise MissingExtraError(
            f"training needs a library that cannot be loaded ({_first_line(error)}); install it, or choose otherwise"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
