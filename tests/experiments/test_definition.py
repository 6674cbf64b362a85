"""An experiment is a data file; what is wrong with one is reported at once, all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.experiments.definition import Faces, names, read_definition, text_of

WANTED = {
    "ablation",
    "augmentation",
    "cross-validation",
    "factorial",
    "leave-one-ethnicity-out",
    "scarce",
    "stratified",
    "zero-shot",
}


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(BadInputError) as raised:
        read_definition(written(folder, text))
    return [str(problem) for problem in raised.value.problems]


def test_the_experiments_of_the_specification_are_there() -> None:
    assert set(names()) == WANTED


@pytest.mark.parametrize("name", sorted(WANTED))
def test_an_experiment_is_called_as_its_file(name: str) -> None:
    found = read_definition(name)
    assert found.name == name
    assert found.question.endswith("?")


@pytest.mark.parametrize("name", sorted(WANTED))
def test_the_file_of_an_experiment_can_be_used_as_ones_own(name: str, tmp_path: Path) -> None:
    assert read_definition(written(tmp_path, text_of(name))) == read_definition(name)


def test_which_data_sets_are_needed_follows_from_the_conditions() -> None:
    assert read_definition("cross-validation").given == ["main"]
    assert read_definition("augmentation").given == ["main", "synthetic"]
    assert read_definition("factorial").given == []


def test_a_model_is_judged_as_it_was_trained_unless_the_file_says_otherwise() -> None:
    by_name = {condition.name: condition for condition in read_definition("ablation").conditions}
    without = by_name["other's reference, trained and tested"]
    assert without.test_faces == without.faces == Faces(reference="other")
    swapped = by_name["other's reference in the test"]
    assert (swapped.faces, swapped.test_faces) == (Faces(), Faces(reference="other"))


def test_a_slip_in_a_name_is_recognised() -> None:
    with pytest.raises(UsageError, match=r"'strattified' is not an experiment \(did you mean 'stratified'\?\)"):
        read_definition("strattified")


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        read_definition(tmp_path / "none.yaml")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is larger than 128 kB"):
        read_definition(written(tmp_path, "x" * 2**18))


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        name: mine
        title: Mine
        question: What?
        turns: five
        conditions:
          - {name: one, faces: {reference: mine}}
          - {name: two, colour: red}
        tables: [{kind: bars, title: Bars}]
        """,
    )
    assert len(found) == 4
    assert all(problem.startswith("mine.yaml: ") for problem in found)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"conditions": [{"name": "a"}, {"name": "a"}]}, "names two conditions 'a'; name them apart"),
        ({"conditions": [{"name": "a", "data": "faces"}]}, "condition 'a' names the data 'faces'; use main, synthetic"),
        (
            {"conditions": [{"name": "a", "add": {"data": "sinthetic"}}]},
            "condition 'a' names the data 'sinthetic' (did you mean 'synthetic'?)",
        ),
        (
            {"conditions": [{"name": "a", "groups": {"age_group": ["olde"]}}]},
            "condition 'a' names age_group 'olde' (did you mean 'old'?); use young, old",
        ),
        (
            {"conditions": [{"name": "a", "each": ["gender"], "without_each": ["gender"]}]},
            "condition 'a' has each and without_each",
        ),
        ({"turns": "none", "amounts": [0.5]}, "trains nothing (turns: none), and yet says on what"),
        (
            {"tables": [{"kind": "changes", "title": "Change", "baseline": "b"}]},
            "table 'Change' has the baseline 'b'; use a",
        ),
    ],
)
def test_what_fits_the_schema_and_yet_contradicts_itself_is_reported(
    changed: dict[str, object], told: str, tmp_path: Path
) -> None:
    whole = {
        "name": "mine",
        "title": "Mine",
        "question": "What?",
        "conditions": [{"name": "a"}],
        "tables": [{"kind": "groups", "title": "AUROC"}],
        **changed,
    }
    (found,) = problems(tmp_path, yaml.safe_dump(whole))
    assert told in found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a list", "is no experiment"),
        ("name: [", "mine.yaml:1: is not YAML"),
        ("name: &x mine\ntitle: *x", "is not YAML"),
        ("when: 2026-02-31", "is not YAML"),
    ],
)
def test_what_is_no_experiment_is_reported_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, text)
    assert told in found


def test_the_example_in_the_documentation_is_an_experiment(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    found = read_definition(written(tmp_path, example))
    assert found.name == "women-first"
    assert all(name in page for name in names())
