"""`PairwiseTrainingArguments`: how a pairwise classifier is trained."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from transformers import TrainingArguments
from transformers.utils.import_utils import is_torch_tf32_available

from synpain_hf.errors import MissingExtraError, UsageError
from synpain_hf.training.options import EverydayArguments
from synpain_hf.training.run.speed import precision_kept
from synpain_hf.training.settings import OWN, check_values

RECIPE = (
    *("num_train_epochs", "max_steps", "per_device_train_batch_size", "gradient_accumulation_steps"),
    *("learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps", "max_grad_norm"),
    *("optim", "optim_args", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon"),
    *("bf16", "fp16", "tf32", "channels_last", "cudnn_benchmark", "seed", "data_seed"),
    *("early_stopping_patience", "metric_for_best_model", "greater_is_better"),
    *("eval_strategy", "eval_steps", "save_strategy", "save_steps", "load_best_model_at_end"),
)
"""Arguments that the record of every training has; it has others only where they differ from their defaults."""

_WITHOUT_EFFECT = (
    *("output_dir", "run_name", "project", "debug", "disable_tqdm", "local_rank", "resume_from_checkpoint", "use_cpu"),
    *("activation_checkpointing", "gradient_checkpointing"),
    *("logging_", "log_", "report_to", "trackio_", "hub_", "do_", "ddp_", "dataloader_", "accelerator_config"),
    *("per_device_eval_", "eval_accumulation_steps", "eval_use_gather", "eval_do_concat", "include_", "skip_memory_"),
    *("save_total_limit", "save_only_model", "save_on_each", "enable_jit_checkpoint", "restore_callback_"),
)
"""What the names of arguments begin with that do not change which weights come out."""


@dataclass
class PairwiseTrainingArguments(EverydayArguments, TrainingArguments):
    """How a pairwise classifier is trained: the arguments of `transformers.TrainingArguments`, and a few more.

    These defaults differ from those of `TrainingArguments`:

    - `num_train_epochs`: 20 instead of 3; early stopping usually ends it before.
    - `per_device_train_batch_size` and `per_device_eval_batch_size`: 32 and 64 instead of 8.
    - `learning_rate`: 5e-4 instead of 5e-5, for a network with new weights. For a pretrained backbone take 1e-4 with
      LoRA, and 5e-5 without.
    - `lr_scheduler_type`: `cosine` instead of `linear`, with `warmup_steps` of a tenth of all.
    - `weight_decay`: 0.05 instead of 0.
    - `eval_strategy`, `save_strategy`, `logging_strategy`: `epoch`.
    - `metric_for_best_model`: `auroc`; `load_best_model_at_end`: True; `save_total_limit`: 1. With
      `eval_strategy="no"`, the last model is taken, and there is no early stopping.
    - `bf16`: True on a GPU that has it, instead of False.
    - `tf32`: True on a GPU that has it (Ampere or newer), without `full_determinism`, instead of as torch is set, which
      is True of convolutions alone. In bfloat16 it matters for what stays in float32, such as the last layer; with
      `bf16=False` for the whole network. The process is left as it was: it holds in training and evaluation alone.
    - `restore_callback_states_from_checkpoint`: True, so that early stopping continues its count.
    - `logging_nan_inf_filter`: False, so that a loss of NaN is seen, and no step waits to look for one.
    - `remove_unused_columns`: False, since batches come ready.
    - `dataloader_pin_memory`: True on a GPU alone; `accelerator_config`: there with `non_blocking`.
    - `ddp_find_unused_parameters`: False: weights that training cannot reach are frozen before.
    - `use_cpu`: True where there is nothing else, so that `torchrun` works there, too.
    - `disable_tqdm`: True where standard error is not a terminal.

    Without `torchrun` or `accelerate launch`, one GPU is used, however many there are.

    Args:
        early_stopping_patience: Stop after so many evaluations without a better validation AUROC; None never does.
        channels_last: Give faces to a network that convolves from end to end (PwCT, or a backbone such as ResNet) with
            the channels of a pixel side by side. None: True on a CPU, where it was found to help, and on a GPU in
            bfloat16 or float16, for whose tensor cores torch recommends it. Weights and files stay as they are.
        cudnn_benchmark: Let cuDNN try which algorithm is fastest, once for each size of a batch, of which there are
            few: the whole ones, and the last of an epoch. It may choose otherwise in the next run, so that the last
            digits differ. None: True on a GPU, without `full_determinism`. The process is left as it was.

    Raises:
        UsageError: If arguments contradict each other.
    """

    per_device_eval_batch_size: int = field(default=64, metadata={"help": "Pairs at a time, in evaluation."})
    lr_scheduler_type: str = field(default="cosine", metadata={"help": "How the learning rate changes."})
    warmup_steps: float = field(default=0.1, metadata={"help": "Steps, or below 1 their share of all."})
    weight_decay: float = field(default=0.05, metadata={"help": "Of AdamW; biases and layer norms have none."})
    eval_strategy: str = field(default="epoch", metadata={"help": "When the validation split is evaluated."})
    save_strategy: str = field(default="epoch", metadata={"help": "When checkpoints are saved."})
    logging_strategy: str = field(default="epoch", metadata={"help": "When the training loss is reported."})
    metric_for_best_model: str | None = field(default="auroc", metadata={"help": "Chooses the model."})
    load_best_model_at_end: bool = field(default=True, metadata={"help": "Take the best model, not the last."})
    save_total_limit: int | None = field(default=1, metadata={"help": "Checkpoints kept, beside the best."})
    bf16: bool | None = field(  # type: ignore[assignment]
        default=None, metadata={"help": "Train in bfloat16; by default on a GPU that has it."}
    )
    restore_callback_states_from_checkpoint: bool = field(
        default=True, metadata={"help": "Continue the count of early stopping from a checkpoint."}
    )
    logging_nan_inf_filter: bool = field(default=False, metadata={"help": "Hide a loss of NaN or infinity."})
    remove_unused_columns: bool = field(default=False, metadata={"help": "Leave this as it is."})
    dataloader_pin_memory: bool | None = field(  # type: ignore[assignment]
        default=None, metadata={"help": "Keep batches where a GPU copies them from; by default where there is one."}
    )
    ddp_find_unused_parameters: bool | None = field(
        default=False, metadata={"help": "Look in each step for weights that had no gradient."}
    )
    use_cpu: bool = field(default=False, metadata={"help": "Use no GPU; by default where there is none."})
    disable_tqdm: bool | None = field(
        default=None, metadata={"help": "Lines instead of bars; by default where there is no terminal."}
    )
    early_stopping_patience: int | None = field(
        default=5, metadata={"help": "Stop after so many evaluations without a better validation AUROC."}
    )
    tf32: bool | None = field(
        default=None,
        metadata={"help": "Round float32 to TF32 in products and convolutions; by default on a GPU that has it."},
    )
    channels_last: bool | None = field(
        default=None,
        metadata={"help": "Lay faces out for convolutions; by default on a CPU, and on a GPU in bfloat16 or float16."},
    )
    cudnn_benchmark: bool | None = field(
        default=None,
        metadata={"help": "Try which algorithms are fastest; by default on a GPU, without full_determinism."},
    )

    def __post_init__(self) -> None:
        """Fill in what depends on the machine, and check that all fit together."""
        check_values(vars(self))
        self._choose_for_device()
        if self.disable_tqdm is None:
            self.disable_tqdm = not sys.stderr.isatty()
        if self.eval_strategy == "no":
            self.load_best_model_at_end, self.early_stopping_patience = False, None
        try:
            with precision_kept():  # which transformers sets for good, `PairwiseTrainer` for as long as it computes
                super().__post_init__()
        except ImportError as error:
            raise MissingExtraError(
                f"training needs a library that cannot be loaded ({error}); run `pip install 'synpain-hf[train]'`"
            ) from error
        except (ValueError, RecursionError) as error:
            raise UsageError(f"the training arguments do not fit together: {error}") from error
        self._n_gpu = min(self.n_gpu, 1)

    def _choose_for_device(self) -> None:
        """Choose what was left open, and depends on the device."""
        self.use_cpu = self.use_cpu or not _has_accelerator()
        on_gpu = torch.cuda.is_available() and not self.use_cpu
        if self.bf16 is None:
            self.bf16 = on_gpu and not self.fp16 and torch.cuda.is_bf16_supported(including_emulation=False)
        if self.tf32 is None and on_gpu:
            self.tf32 = is_torch_tf32_available() and not self.full_determinism
        if self.channels_last is None:
            self.channels_last = self.use_cpu or (on_gpu and (self.bf16 or self.fp16))
        if self.cudnn_benchmark is None and on_gpu:
            self.cudnn_benchmark = not self.full_determinism
        if self.dataloader_pin_memory is None:
            self.dataloader_pin_memory = on_gpu
        if self.accelerator_config is None and on_gpu:
            self.accelerator_config = {"non_blocking": True}

    @classmethod
    def of(cls, **arguments: Any) -> PairwiseTrainingArguments:
        """Arguments by name.

        Raises:
            UsageError: If a name is unknown, or arguments contradict each other.
        """
        known = {option.name for option in fields(cls) if option.init}
        unknown = sorted(arguments.keys() - known)
        if unknown:
            raise UsageError(
                f"unknown arguments of a training: {', '.join(unknown)}; give those of transformers.TrainingArguments, "
                f"or {', '.join(OWN)}"
            )
        return cls(**arguments)

    def recipe(self) -> dict[str, Any]:
        """What changes the weights that come out, ready for JSON."""
        everything, cls = self.to_dict(), type(self)
        usual = {option.name: option.default for option in fields(cls)}
        others = {
            name: value
            for name, value in everything.items()
            if name not in RECIPE and value != usual.get(name, value) and not name.startswith(_WITHOUT_EFFECT)
        }
        return {**{name: everything[name] for name in RECIPE}, **others, "processes": self.world_size}


def _has_accelerator() -> bool:
    return torch.cuda.is_available() or torch.backends.mps.is_available() or torch.xpu.is_available()
