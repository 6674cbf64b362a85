"""The arguments of `transformers.TrainingArguments` by name, and which values they may have; torch is not imported.

Importing transformers' own class takes seconds, since it imports torch. Names, types and choices are read from its
source instead, in the transformers that is installed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from synpain_hf.errors import MissingExtraError, UsageError
from synpain_hf.text.documents import parsed_json
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown

OWN = {"early_stopping_patience": "int", "channels_last": "bool", "cudnn_benchmark": "bool"}
"""The arguments that `PairwiseTrainingArguments` has beside those of transformers, and their kinds."""

_FIXED: dict[str, tuple[Any, str]] = {
    "remove_unused_columns": (False, "batches come ready"),
    "dataloader_drop_last": (False, "every pair is learned from, and judged"),
    "label_smoothing_factor": (0.0, "Trainer would pass over class weights and every head but the first"),
    "average_tokens_across_devices": (True, "a loss is the mean over all processes"),
    "neftune_noise_alpha": (None, "it is for language models"),
    "prediction_loss_only": (False, "the AUROC is measured on scores"),
    "batch_eval_metrics": (False, "the AUROC is measured on all scores together"),
    "push_to_hub": (False, "Trainer would publish half of it; `hf upload NAMESPACE/NAME OUT` publishes what came out"),
    "hub_token": (None, "no token is kept with a training; run `hf auth login`"),
}
"""The only values that some arguments may have, and why."""

_AT_LEAST = {
    "per_device_train_batch_size": 1,
    "per_device_eval_batch_size": 1,
    "gradient_accumulation_steps": 1,
    "early_stopping_patience": 1,
    "seed": 0,
}

_CHOOSING = ("auroc", "accuracy", "loss")

_SOURCES = ("training_args.py", "trainer_utils.py")
_CLASS = "TrainingArguments"

_NOT_TYPED = ("output_dir", "parallelism_config")
"""Arguments that are not typed as NAME=VALUE: the folder is the command's OUT, and the other is not a text."""

_LOG_LEVELS = ("detail", "debug", "info", "warning", "error", "critical", "passive")
"""What `log_level` takes, which its field computes."""

_TRUE, _FALSE = ("yes", "true", "t", "y", "1"), ("no", "false", "f", "n", "0")


@dataclass(frozen=True)
class Setting:
    """An argument of a training, as it may be typed.

    Attributes:
        kind: `bool`, `int`, `float`, `list` (of words), `dict` (a JSON object, or another text) or `str`.
        choices: The only words that it takes; empty where it takes any.
    """

    kind: str
    choices: tuple[str, ...] = ()

    def value_of(self, word: str) -> Any:
        """What a word stands for.

        Raises:
            ValueError: If it cannot be a value of this argument; says what can.
        """
        if self.choices and word not in self.choices:
            raise ValueError(f"one of {', '.join(self.choices)}{did_you_mean(word, self.choices)}")
        return _READ[self.kind](word)


def read_settings(words: Iterable[str]) -> dict[str, Any]:
    """Arguments from text, such as `warmup_steps=100`, each as its type.

    Raises:
        UsageError: If a name is unknown, or its argument does not take the value.
        MissingExtraError: If transformers is not installed.
    """
    found: dict[str, Any] = {}
    for word in words:
        known = known_settings()
        name, equals, value = word.partition("=")
        if not equals or name not in known:
            raise UsageError(
                f"{shown(word)} is not a setting of a training{did_you_mean(name, known)}; give NAME=VALUE, such as "
                "warmup_steps=100"
            )
        try:
            found[name] = known[name].value_of(value)
        except ValueError as error:
            raise UsageError(f"is {shown(value)!r}; give {error}", name) from None
    return found


def check_values(values: Mapping[str, Any]) -> None:
    """Refuse values of arguments that cannot be right.

    Args:
        values: By name; those that are left out are as usual.

    Raises:
        UsageError: If one is not right.
    """
    for name, (needed, reason) in _FIXED.items():
        if values.get(name, needed) != needed:
            raise UsageError(f"cannot be chosen here: {reason}; leave it out", name)
    for name, least in _AT_LEAST.items():
        value = values.get(name)
        if value is not None and not value >= least:
            raise UsageError(f"is {value}; give {least} or more", name)
    if not values["learning_rate"] > 0:
        raise UsageError(f"is {values['learning_rate']}; give more than 0, such as 5e-4", "learning_rate")
    if values.get("cudnn_benchmark") and values.get("full_determinism"):
        raise UsageError(
            "is true, but what is fastest in one run may not be in the next; leave it out, or {full_determinism}",
            "cudnn_benchmark",
            mentions=["full_determinism"],
        )
    epochs, choosing = values["num_train_epochs"], values.get("metric_for_best_model", _CHOOSING[0])
    if not (epochs > 0 or values.get("max_steps", 0) > 0):
        raise UsageError(f"is {epochs:g}, so that nothing is learned; give more than 0", "num_train_epochs")
    if str(choosing).removeprefix("eval_") not in _CHOOSING:
        raise UsageError(f"is {choosing!r}; give one of {', '.join(_CHOOSING)}", "metric_for_best_model")


@cache
def known_settings() -> dict[str, Setting]:
    """Every argument of a training but the folder, by name.

    Raises:
        MissingExtraError: If transformers is not installed.
    """
    package = find_spec("transformers")
    if package is None or package.origin is None:
        raise MissingExtraError("training needs transformers; run `pip install 'synpain-hf[train]'`")
    folder = Path(package.origin).parent
    classes = {
        node.name: node
        for file in _SOURCES
        for node in ast.parse((folder / file).read_bytes()).body
        if isinstance(node, ast.ClassDef)
    }
    choices = {name: _members(node) for name, node in classes.items() if _is_enumeration(node)}
    found = {
        node.target.id: _setting(ast.unparse(node.annotation), choices, _own_choices(node.value))
        for node in classes[_CLASS].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    log_level = Setting("str", _LOG_LEVELS)
    of_ours = {name: Setting(kind) for name, kind in OWN.items()}
    levels = {"log_level": log_level, "log_level_replica": log_level}
    return {**{name: found[name] for name in found if name not in _NOT_TYPED}, **of_ours, **levels}


def _setting(annotation: str, enumerations: Mapping[str, tuple[str, ...]], own_choices: tuple[str, ...]) -> Setting:
    names = re.findall(r"\w+", annotation)
    choices = next((enumerations[name] for name in names if name in enumerations), own_choices)
    if names[0] in ("dict", "list"):
        return Setting(names[0], choices)
    return Setting(next((kind for kind in ("bool", "float", "int") if kind in names), "str"), choices)


def _own_choices(default: ast.expr | None) -> tuple[str, ...]:
    """The choices that a field names beside its help, where they are written out."""
    for node in ast.walk(default) if default else ():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "choices" and isinstance(value, ast.List):
                    return _words(value.elts)
    return ()


def _is_enumeration(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base) == "ExplicitEnum" for base in node.bases)


def _members(node: ast.ClassDef) -> tuple[str, ...]:
    return _words(each.value for each in node.body if isinstance(each, ast.Assign))


def _words(nodes: Iterable[ast.expr]) -> tuple[str, ...]:
    return tuple(str(node.value) for node in nodes if isinstance(node, ast.Constant))


def _bool(word: str) -> bool:
    if word.lower() not in (*_TRUE, *_FALSE):
        raise ValueError("true or false")
    return word.lower() in _TRUE


def _int(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise ValueError("a whole number") from None


def _float(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError("a number") from None


def _dict(word: str) -> str:
    """The text itself: transformers parses it."""
    if word.startswith("{"):
        try:
            parsed_json(word)
        except ValueError as error:
            raise ValueError(f"a JSON object ({error})") from None
    return word


_READ: Mapping[str, Callable[[str], Any]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "list": lambda word: [word],
    "dict": _dict,
    "str": str,
}
