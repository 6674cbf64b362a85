"""Arguments have the documented defaults, fit together, and are what the parser and the record of a training show."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from argparse import ArgumentError, ArgumentTypeError
from dataclasses import MISSING, fields
from itertools import product
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from transformers import HfArgumentParser, TrainingArguments
from transformers.trainer_utils import HubStrategy, IntervalStrategy, SaveStrategy, SchedulerType
from transformers.training_args import OptimizerNames, trainer_log_levels

from synpain_hf.cli.training import train as command
from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainConfig
from synpain_hf.modeling.fusion import FUSIONS
from synpain_hf.training.data.augmentation import AugmentationStrengths
from synpain_hf.training.options import DataArguments, EverydayArguments, ModelArguments
from synpain_hf.training.run.arguments import RECIPE, PairwiseTrainingArguments
from synpain_hf.training.settings import OWN, known_settings, read_settings
from synpain_hf.vocabulary import DEFAULT_FUSION, Fusion
from tests.terminal import run


def parsed(*words: str) -> Any:
    kinds: Any = (DataArguments, ModelArguments, AugmentationStrengths, PairwiseTrainingArguments)
    return HfArgumentParser(kinds).parse_args_into_dataclasses(list(words))


@pytest.mark.parametrize(
    ("words", "found"), [([], None), (["--standardize", "false"], False), (["--standardize", "true"], True)]
)
def test_the_script_takes_faces_as_they_are_where_that_is_asked_for(words: list[str], found: bool | None) -> None:
    assert parsed("--dataset", "synpain", "--output_dir", "out", *words)[1].standardize is found


def test_the_docstring_names_every_default_that_differs(tmp_path: Path) -> None:
    usual, ours = TrainingArguments(output_dir=str(tmp_path)), PairwiseTrainingArguments(output_dir=str(tmp_path))
    changed = {option.name for option in fields(usual) if getattr(usual, option.name) != getattr(ours, option.name)}
    declared = {*EverydayArguments.__annotations__, *PairwiseTrainingArguments.__annotations__}
    told = set(re.findall(r"`(\w+)`", PairwiseTrainingArguments.__doc__ or ""))
    of_others = {"greater_is_better", "do_eval"}  # which TrainingArguments derives
    assert changed - of_others <= declared
    assert declared - {*OWN, "seed"} <= told


def test_defaults_on_a_machine_without_gpu(tmp_path: Path) -> None:
    args = PairwiseTrainingArguments(output_dir=str(tmp_path))
    assert (args.bf16, args.dataloader_pin_memory) == (False, False)
    assert (args.channels_last, args.tf32, args.cudnn_benchmark) == (True, None, None)
    assert (args.metric_for_best_model, args.greater_is_better, args.load_best_model_at_end) == ("auroc", True, True)


def test_a_choice_is_kept(tmp_path: Path) -> None:
    args = PairwiseTrainingArguments(output_dir=str(tmp_path), bf16=True, use_cpu=True, disable_tqdm=False)
    assert (args.bf16, args.disable_tqdm) == (True, False)


def test_without_evaluation_nothing_depends_on_it(tmp_path: Path) -> None:
    args = PairwiseTrainingArguments(output_dir=str(tmp_path), eval_strategy="no")
    assert (args.load_best_model_at_end, args.early_stopping_patience) == (False, None)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"early_stopping_patience": -1}, "early_stopping_patience is -1; give 1 or more"),
        ({"per_device_train_batch_size": 0}, "per_device_train_batch_size is 0; give 1 or more"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; give more than 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan; give more than 0"),
        ({"num_train_epochs": 0.0}, "num_train_epochs is 0, so that nothing is learned; give more than 0"),
        ({"metric_for_best_model": "f1"}, "metric_for_best_model is 'f1'; give one of auroc, accuracy, loss"),
        ({"label_smoothing_factor": 0.1}, "label_smoothing_factor cannot be chosen here: Trainer would pass over"),
        ({"dataloader_drop_last": True}, "dataloader_drop_last cannot be chosen here: every pair is learned from"),
        ({"push_to_hub": True}, "push_to_hub cannot be chosen here: .* `hf upload NAMESPACE/NAME OUT` publishes what"),
        ({"hub_token": "hf_secret"}, "hub_token cannot be chosen here: no token is kept"),
        ({"remove_unused_columns": True}, "remove_unused_columns cannot be chosen here: batches come ready"),
        (
            {"cudnn_benchmark": True, "full_determinism": True},
            "cudnn_benchmark is true, but .*; leave it out, or full_determinism",
        ),
        ({"tf32": True}, "do not fit together: .*tf32 requires Ampere"),
        ({"save_strategy": "steps"}, "do not fit together"),
        ({"learnign_rate": 1, "epochs": 2}, "unknown arguments of a training: epochs, learnign_rate;"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PairwiseTrainingArguments.of(output_dir=str(tmp_path), **changed)


@pytest.mark.parametrize("name", ["fusion", "class_weights"])
def test_a_choice_that_is_none_names_those_there_are(name: str) -> None:
    wrong: dict[str, Any] = {name: "average"}
    with pytest.raises(UsageError, match=f"{name} is 'average'; give one of"):
        ModelArguments(**wrong)


def test_the_recipe_is_json_without_paths(tmp_path: Path) -> None:
    args = PairwiseTrainingArguments(output_dir=str(tmp_path), seed=7)
    told = json.dumps(args.recipe())
    assert args.recipe()["seed"] == 7
    assert args.recipe()["processes"] == 1
    assert set(RECIPE) < set(args.recipe())
    assert str(tmp_path) not in told


@pytest.mark.parametrize(
    "changed",
    [
        {"load_best_model_at_end": False},
        {"torch_compile": True},
        {"full_determinism": True},
        {"eval_delay": 2},
        {"optim": "sgd"},
        {"adam_beta2": 0.99},
        {"tf32": False},
        {"channels_last": False},
        {"cudnn_benchmark": False},
        {"ignore_data_skip": True},
    ],
)
def test_whatever_changes_the_weights_is_in_the_recipe(tmp_path: Path, changed: dict[str, Any]) -> None:
    usual = PairwiseTrainingArguments(output_dir=str(tmp_path)).recipe()
    found = PairwiseTrainingArguments(output_dir=str(tmp_path), **changed).recipe()
    assert {name: value for name, value in found.items() if usual.get(name) != value}.keys() >= changed.keys()


@pytest.mark.parametrize(
    "changed", [{"logging_steps": 3}, {"dataloader_num_workers": 2}, {"run_name": "a"}, {"save_total_limit": 4}]
)
def test_what_changes_no_weight_is_not(tmp_path: Path, changed: dict[str, Any]) -> None:
    args = PairwiseTrainingArguments(output_dir=str(tmp_path), **changed)
    assert args.recipe() == PairwiseTrainingArguments(output_dir=str(tmp_path)).recipe()


WITHOUT_ACCELERATE = """
import sys
from importlib.machinery import PathFinder

class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in ("accelerate", "peft") else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
from synpain_hf.errors import MissingExtraError
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
try:
    PairwiseTrainingArguments(output_dir="model")
except MissingExtraError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_missing_library_is_told() -> None:
    told = subprocess.run([sys.executable, "-c", WITHOUT_ACCELERATE], capture_output=True, text=True, check=True).stdout
    assert "accelerate" in told
    assert "run `pip install 'synpain-hf[train]'`" in told


def test_settings_are_read_as_their_type() -> None:
    words = ["warmup_steps=0.2", "bf16=false", "optim=adafactor", "report_to=none", "run_name=a=b", "label_names=x"]
    found = read_settings(words)
    assert found == {
        "warmup_steps": 0.2, "bf16": False, "optim": "adafactor", "report_to": "none", "run_name": "a=b",
        "label_names": ["x"],
    }  # fmt: skip
    assert read_settings([]) == {}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("warmup=3", r"warmup=3 is not a setting of a training \(did you mean 'warmup_steps'\?\); give NAME=VALUE"),
        ("learning_rat=1", r"did you mean 'learning_rate'\?"),
        ("output_dir=x", "output_dir=x is not a setting"),
        ("parallelism_config=x", "parallelism_config=x is not a setting"),
        ("seed", "seed is not a setting"),
        ("seed=x", "seed is 'x'; give a whole number"),
        ("weight_decay=much", "weight_decay is 'much'; give a number"),
        ("bf16=maybe", "bf16 is 'maybe'; give true or false"),
        ("eval_strategy=never", "eval_strategy is 'never'; give one of no, steps, epoch"),
        ("lr_scheduler_type=cosin", r"give one of linear, cosine, .* \(did you mean 'cosine'\?\)"),
        ("log_level=loud", "log_level is 'loud'; give one of detail, debug"),
        (f"seed={'x' * 300}", "seed is 'x{1,200}…"),
    ],
)
def test_settings_that_cannot_be_are_refused(word: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_settings([word])


WORDS = ("1", "0.5", "true", "no", "epoch", "{}")


def test_settings_are_the_arguments_that_transformers_has_and_are_read_as_its_parser_does() -> None:
    kinds: Any = PairwiseTrainingArguments
    parser = HfArgumentParser(kinds, allow_abbrev=False, exit_on_error=False)
    known = known_settings()
    names = {option.name for option in fields(kinds) if option.init}
    assert set(known) == names - {"output_dir", "parallelism_config"}
    for name, word in product(known.keys() - {"liger_kernel_config", "debug"}, WORDS):  # no text is parsed as these two
        theirs = parsed_as(parser, name, word)
        if theirs is None:
            with pytest.raises(UsageError, match=f"^{name} is '"):
                read_settings([f"{name}={word}"])
        else:
            assert known[name].choices or read_settings([f"{name}={word}"]) == theirs, (name, word)


def parsed_as(parser: HfArgumentParser, name: str, word: str) -> dict[str, Any] | None:
    """What the parser of transformers makes of a word; None where it refuses it."""
    try:
        return {name: vars(parser.parse_args([f"--{name}={word}"]))[name]}
    except (ArgumentError, ArgumentTypeError):
        return None


def test_choices_are_those_of_transformers() -> None:
    known = known_settings()
    enumerations: dict[str, Any] = {
        "eval_strategy": IntervalStrategy, "logging_strategy": IntervalStrategy, "save_strategy": SaveStrategy,
        "hub_strategy": HubStrategy, "lr_scheduler_type": SchedulerType, "optim": OptimizerNames,
    }  # fmt: skip
    for name, kind in enumerations.items():
        assert known[name].choices == tuple(one.value for one in kind)
    assert set(known["log_level"].choices) == set(trainer_log_levels)


def test_the_parser_reads_all_groups(tmp_path: Path) -> None:
    data, model, augmentation, args = parsed(
        *("--dataset", "synpain", "--config_name", "cv_3", "--output_dir", str(tmp_path)),
        *("--pspi_head", "--action_units", "AU4", "AU43", "--crop_box", "0.2", "0.1", "0.8", "0.9"),
        *("--rotation", "5", "--bf16", "false", "--early_stopping_patience", "2"),
    )
    assert (data.dataset, data.config_name) == ("synpain", "cv_3")
    assert (model.pspi_head, model.action_units, model.crop_box) == (True, ["AU4", "AU43"], [0.2, 0.1, 0.8, 0.9])
    assert augmentation.rotation == 5
    assert (args.bf16, args.early_stopping_patience) == (False, 2)


def test_the_parser_refuses_a_fusion_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--dataset", "synpain", "--fusion", "average")
    assert "invalid choice" in capsys.readouterr().err


def test_the_command_has_the_options_of_the_dataclasses() -> None:
    parameters, hints = inspect.signature(command).parameters, get_type_hints(command, include_extras=True)
    typed = {"num_train_epochs": "epochs", "per_device_train_batch_size": "batch_size"}
    for kind in (DataArguments, ModelArguments, EverydayArguments):
        kinds = get_type_hints(kind)
        for option in fields(kind):
            name = typed.get(option.name, option.name)
            taken, shown = get_args(hints[name])
            assert shown.help.startswith(option.metadata["help"])
            if option.default is not MISSING:
                assert parameters[name].default == option.default
            if get_origin(kinds[option.name]) is Literal:
                assert taken == kinds[option.name]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"image_size": 96}, "^image_size must be 160: this model does not take faces of 96 x 96"),
        ({"lora": True}, "^lora is for vision models, which pwct is not; leave it out, or choose another model"),
        ({"fusion": "subtraction"}, "^fusion is 'subtraction', but pwct always subtracts; leave it out"),
        ({"action_units": [""]}, "^action_units names none; give one or several, such as AU4,AU43, or all"),
        ({"model": "a/b", "crop_box": [0.5, 0.0, 0.4, 1.0]}, "^crop_box is .*: left must be less than right"),
    ],
)
def test_a_model_that_cannot_be_is_refused_at_once(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        ModelArguments(**options)


def test_fusions_are_one_table() -> None:
    assert tuple(FUSIONS) == get_args(Fusion)
    assert ModelArguments().fusion == PairwisePainConfig().fusion == DEFAULT_FUSION


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = sys.modules["transformers"] = None  # as if they were not installed
import synpain_hf
from synpain_hf.errors import MissingExtraError
from synpain_hf.training.options import ModelArguments
print(ModelArguments().model)
try:
    synpain_hf.train
except MissingExtraError as error:
    print(error)
"""


def test_options_need_no_torch_and_training_says_what_to_install() -> None:
    told = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True).stdout
    options, training = told.splitlines()
    assert options == "pwct"
    assert "run `pip install 'synpain-hf[train]'`" in training


@pytest.mark.parametrize("share", ["-0.01", "0.5", "nan"])
def test_a_smoothing_that_cannot_be_right_is_told_by_the_name_of_its_option(tmp_path: Path, share: str) -> None:
    result = run("train", tmp_path, tmp_path / "out", "--smoothing", share)
    assert result.exit_code == 2
    told = " ".join(result.output.split())
    assert f"--smoothing is {float(share)}; give a number from 0 to 0.1" in told
