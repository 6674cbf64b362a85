"""Train the pairwise classifier, and say how good it is by group.

python examples/train_pairwise.py --dataset demo-faces --output_dir my-model --pspi_head --action_units all

`--help` lists the arguments: these four groups, the last of which is transformers.TrainingArguments. examples/README.md
says what to type for demo faces on a CPU, for SynPAIN on a GPU, and for several GPUs.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import HfArgumentParser, set_seed

from synpain_hf.errors import SynpainError
from synpain_hf.training.data import unaligned
from synpain_hf.training.data.augmentation import AugmentationStrengths
from synpain_hf.training.data.collation import PairDataset
from synpain_hf.training.data.landmark_tables import table_for
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.options import DataArguments, ModelArguments
from synpain_hf.training.report.evaluation import figures, write_report
from synpain_hf.training.report.model_card import ModelCard, write_card
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
from synpain_hf.training.run.models import build_model, initial_weights, weigh_classes
from synpain_hf.training.run.prediction import judge
from synpain_hf.training.run.trainer import PairwiseTrainer


def main() -> None:
    """Open, prepare, train, predict, report."""
    kinds: Any = (DataArguments, ModelArguments, AugmentationStrengths, PairwiseTrainingArguments)
    data, chosen, augmentation, args = HfArgumentParser(kinds).parse_args_into_dataclasses()

    # 1. The pairs: labels, groups and splits. This also checks that no identity is in two splits.
    pairs = open_pairs(data.dataset, data.config_name, revision=data.revision)

    # 2. The model, with new or pretrained weights, and its image processor. Class weights come from the training pairs.
    set_seed(args.seed)
    model, processor = build_model(chosen, pairs, annotator=data.annotator)
    began_with = initial_weights(chosen, model)

    # 3. Every face is decoded and scaled once, into a file that later runs and other processes map into memory.
    landmarks = table_for(data.landmarks, pairs, processor.alignment)
    prepared = prepare(pairs, processor, unaligned=chosen.unaligned, landmarks=landmarks, cache_dir=data.cache_dir)
    pairs = prepared.pairs  # without those that are left out, if any
    weigh_classes(model, chosen, pairs)
    splits = {
        split: PairDataset(
            prepared,
            split,
            pspi=model.config.pspi_head,
            action_units=model.config.action_units,
            annotator=data.annotator,
            references=data.references,
        )
        for split in ("train", "validation", "test")
    }

    # 4. Training. After each epoch the validation AUROC decides which model is kept, and when to stop.
    trainer = PairwiseTrainer(
        model=model,
        args=args,
        train_dataset=splits["train"],
        eval_dataset=splits["validation"],
        processing_class=processor,
        augmentation=augmentation,
    )
    result = trainer.train(resume_from_checkpoint=args.resume_from_checkpoint)
    trainer.save_model()
    trainer.save_state()
    trainer.save_metrics("train", result.metrics)

    # 5. Predictions for every pair, by all processes together; then the first of them writes.
    validation = judge(trainer, splits["validation"], "validation")
    test = judge(trainer, splits["test"], "test")
    if trainer.is_world_process_zero():
        report = write_report(args.output_dir, test, validation)
        card = ModelCard(
            name="pairwise-pain",
            config=model.config,
            processor=processor,
            data={
                "title": pairs.title,
                "content": pairs.content,
                "config_name": data.config_name,
                "splits": {split: len(rows) for split, rows in splits.items()},
            },
            recipe=args.recipe(),
            augmentation=asdict(augmentation),
            outcome={"parameters": model.num_parameters(), "device": str(args.device)},
            made_with={"transformers": transformers.__version__, "torch": torch.__version__},
            base_model=chosen.base_model,
            initial_weights=began_with,
            references=data.references,
            unaligned=list(unaligned.by_group([(prepared.left_out, pairs)])),
            report=report,
            tables=report.to_markdown(),
            figures=list(figures(args.output_dir)),
        )
        write_card(args.output_dir, card)
        unaligned.write([(pairs.title, prepared.left_out)], Path(args.output_dir))
        print(report.to_text())
        print(f"\nmodel, predictions, figures and card: {args.output_dir}")
    trainer.accelerator.wait_for_everyone()  # a process that leaves right after an exchange may hang
    trainer.end()


if __name__ == "__main__":
    try:
        main()
    except SynpainError as error:
        sys.exit(f"error: {error}")
