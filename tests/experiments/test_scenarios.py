"""Conditions, turns, amounts and seeds multiply; a scenario is plain data with a name in words."""

from __future__ import annotations

import json

import pytest

from synpain_hf.experiments.definition import Condition, read_definition
from synpain_hf.experiments.scenario import scenarios, turns_of
from synpain_hf.vocabulary import CLASSES
from tests.experiments.made import definition, only

FOLDS = [f"cv_{fold}" for fold in range(5)]
GROUPS = sum(len(words) for column, words in CLASSES.items() if column != "label")


@pytest.mark.parametrize(
    ("name", "for_each_seed"),
    [
        ("cross-validation", 5),
        ("stratified", 5 * (1 + GROUPS)),
        ("leave-one-ethnicity-out", 5 * (1 + 5)),
        ("augmentation", 5 * 3),
        ("scarce", 5 * 2 * 7),
        ("factorial", 5 * 4),
        ("ablation", 5 * 8),
    ],
)
def test_an_experiment_has_a_scenario_for_each_training(name: str, for_each_seed: int) -> None:
    found = read_definition(name)
    assert len(list(scenarios(found, [1, 2], turns_of(found, [])))) == 2 * for_each_seed


def test_a_finished_model_judges_once_whatever_the_seeds() -> None:
    found = read_definition("zero-shot")
    (scenario,) = scenarios(found, [1, 2, 3], turns_of(found, []))
    assert not scenario.trains
    assert scenario.fold is None


def test_persons_are_held_out_in_turn_where_the_file_says_so() -> None:
    mine = definition(turns="persons")
    found = list(scenarios(mine, [1], turns_of(mine, ["loso_ann", "loso_bob"])))
    assert [(one.turn, one.fold) for one in found] == [("loso_ann", 0), ("loso_bob", 1)]
    assert str(found[1]) == "all groups, bob, seed 1"


def test_a_training_on_each_group_is_named_after_it() -> None:
    mine = definition(Condition("one", each=["gender"]), Condition("rest", without_each=["age_group"]))
    found = list(scenarios(mine, [1], ["cv_2"]))
    assert [one.trained_on for one in found] == ["man", "woman", "without young", "without old"]
    assert found[2].groups == {"age_group": ("old",)}
    assert str(found[0]) == "one, trained on man, fold 2, seed 1"


def test_a_scenario_tells_its_amount() -> None:
    found = list(scenarios(definition(amounts=[0.05, 1]), [7], ["cv_0"]))
    assert [str(one) for one in found] == [
        "all groups, 5% of the pairs, fold 0, seed 7",
        "all groups, 100% of the pairs, fold 0, seed 7",
    ]


def test_a_scenario_is_json() -> None:
    scenario = only(Condition("old", groups={"age_group": ["old"]}, factors={"generator": "fair"}))
    said = json.loads(json.dumps(scenario.to_dict()))
    assert said["groups"] == {"age_group": ["old"]}
    assert said["factors"] == {"generator": "fair"}
    assert said["trained_on"] == "old"
