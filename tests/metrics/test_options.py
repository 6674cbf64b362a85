"""Every option of the metric stands once: whoever takes it has its default, its meaning and its values from there."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any, get_args, get_type_hints

import pytest

import synpain_hf
from synpain_hf.cli.metric import evaluate as command
from synpain_hf.metrics.subgroup_auroc import InputError, Options, plot_reliability, plot_roc, subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.estimates import ANALYTIC, RESAMPLED
from synpain_hf.metrics.subgroup_auroc.inference import CORRECTIONS
from synpain_hf.resources import resource

DEFAULTS = {option.name: option.default for option in fields(Options)}
ABOUT = {option.name: option.metadata for option in fields(Options)}
TAKEN_BY: dict[Callable[..., Any], set[str]] = {
    subgroup_auroc: set(DEFAULTS),
    synpain_hf.evaluate: set(DEFAULTS),
    plot_roc: set(DEFAULTS)
    - {"depth", "threshold", "threshold_rule", "calibration", "bins", "max_fpr", "specificity"}
    - {"correction", "min_class_size", "margin"},
    plot_reliability: {"bins", "confidence", "min_group_size", "missing"},
}


@pytest.mark.parametrize("function", TAKEN_BY, ids=lambda function: function.__name__)
def test_a_function_takes_options_with_their_defaults_and_says_what_they_mean(function: Callable[..., Any]) -> None:
    parameters = inspect.signature(function).parameters
    told = " ".join((inspect.getdoc(function) or "").split())
    assert DEFAULTS.keys() & parameters.keys() == TAKEN_BY[function]
    for name in TAKEN_BY[function]:
        assert parameters[name].default == DEFAULTS[name]
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"{name}: {ABOUT[name]['help']} Give {ABOUT[name]['values']}." in told


def test_the_command_has_the_same_options() -> None:
    parameters, hints = inspect.signature(command).parameters, get_type_hints(command, include_extras=True)
    for name, about in ABOUT.items():
        kind, shown = get_args(hints[name])
        assert parameters[name].default == DEFAULTS[name]
        assert (shown.help, shown.min) == (about["help"], about.get("least"))
        assert about.get("choices", get_args(kind)) == get_args(kind)


def test_what_can_be_chosen_is_what_can_be_computed_and_reported() -> None:
    choices = {name: set(about["choices"]) for name, about in ABOUT.items() if "choices" in about}
    assert choices["interval"] == {*ANALYTIC, *RESAMPLED}
    assert choices["correction"] == set(CORRECTIONS)
    schema = json.loads(resource("schemas/metric_report.schema.json").read_text(encoding="utf-8"))
    reported = schema["properties"]["options"]["properties"]
    assert {name: set(reported[name]["enum"]) for name in choices} == choices


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"depth": 0}, "depth is 0; give a whole number, 1 or more"),
        ({"bins": 10**12}, "bins is 1000000000000; give a whole number from 2 to 1,000"),
        ({"resamples": 2.0}, "resamples is 2.0; give a whole number, 2 or more"),
        ({"confidence": 1}, "confidence is 1; give a number between 0 and 1, such as 0.95"),
        ({"threshold": float("inf")}, "threshold is inf; give a finite number"),
        ({"correction": "tukey"}, "correction is 'tukey'; give one of holm, bonferroni, benjamini_hochberg, none"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_refused_with_those_it_can(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        Options(**wrong)
    assert str(refused.value) == message
    with pytest.raises(InputError):
        replace(Options(), **wrong)


def test_options_stay_as_they_were_checked() -> None:
    with pytest.raises(FrozenInstanceError):
        Options().depth = 0  # type: ignore[misc]
