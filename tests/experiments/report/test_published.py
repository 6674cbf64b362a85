"""Published values stand beside what asks the same, with their source, and beside nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from synpain_hf.experiments.report.judged import EVERYBODY, Cohort
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.report.published import Published, published
from synpain_hf.experiments.report.write import write_report
from synpain_hf.schemas import violations
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.experiments.report.making import Condition, document_of, rows_of, written

ARM = Arm("all groups", "all", "all", "pwct", "synpain", None, (), [])
OLD = Cohort("age_group", "old")


def of(experiment: str) -> Published:
    found = published("synpain", experiment)
    assert found is not None
    return found


def test_the_data_file_fits_its_schema_and_names_groups_that_there_are() -> None:
    document = dict(of("cross-validation").document)
    assert violations("published_results", document) == []
    known = {"all", "dementia", "healthy", *(name for group in GROUPS for name in CLASSES[group])}
    assert {each["tested_on"] for each in document["figures"]} <= known


def test_a_group_of_a_table_and_a_test_set_of_that_group_are_the_same() -> None:
    assert of("cross-validation").value(ARM, OLD, "auroc") == 0.692
    assert of("cross-validation").value(replace(ARM, tested_on="old"), EVERYBODY, "auroc") == 0.692
    assert of("cross-validation").value(replace(ARM, tested_on="old"), OLD, "auroc") == 0.692


@pytest.mark.parametrize(
    ("experiment", "arm", "cohort"),
    [
        ("ablation", ARM, OLD),
        ("cross-validation", replace(ARM, tested_on="young"), OLD),
        ("cross-validation", replace(ARM, trained_on="man"), OLD),
        ("cross-validation", replace(ARM, amount=0.1), OLD),
        ("augmentation", replace(ARM, condition="real + synthetic"), EVERYBODY),
    ],
)
def test_what_asks_something_else_has_no_published_value(experiment: str, arm: Arm, cohort: Cohort) -> None:
    assert of(experiment).value(arm, cohort, "auroc") is None


def test_the_gain_of_the_paper_follows_from_its_values() -> None:
    before, after = (of("augmentation").value(replace(ARM, condition=name), EVERYBODY, "ap")
                     for name in ("real", "real + synthetic old"))  # fmt: skip
    assert before is not None
    assert after is not None
    assert round(100 * (after - before), 1) == 2.4
    assert round(100 * (after / before - 1), 1) == 7.0


def test_a_report_names_the_source_and_what_was_tested_here(tmp_path: Path) -> None:
    rows = rows_of([Condition("all groups")], identities=60, groups=("age_group",))
    folder = written(tmp_path / "out", rows, document_of(name="cross-validation", reported="synpain"))
    write_report(folder)
    text = (folder / "tables" / "groups.tex").read_text(encoding="utf-8")
    for said in ("5-fold cross-validation", "arxiv.org/abs/2507.19673", "Here demo-faces was tested", "0.692"):
        assert said in text


def test_where_no_value_is_known_none_is_promised() -> None:
    (remark,) = of("leave-one-ethnicity-out").remarks(["demo-faces"])
    assert "not known here" in remark
    assert of("ablation").remarks(["demo-faces"]) == []
