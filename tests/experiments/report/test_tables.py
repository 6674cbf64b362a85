"""Each kind of table finds what was planted, and says how sure it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synpain_hf.errors import BadInputError
from synpain_hf.experiments.report.write import write_report
from synpain_hf.validation.statistics.comparisons import holm
from tests.experiments.report.making import Condition, document_of, rows_of, written

REAL, MORE = Condition("real", 0.7), Condition("real + synthetic old", 0.9)
FACTORIAL = [
    Condition(f"{generator}, {few}", 0.85, old=-0.1 * (generator == "biased") - 0.1 * (few == "few"),
              factors={"generator": generator, "training_set": few})
    for generator in ("fair", "biased")
    for few in ("balanced", "few")
]  # fmt: skip
LEVELS = {"generator": ["fair", "biased"], "training_set": ["balanced", "few"]}


def reported(
    folder: Path, rows: Sequence[Mapping[str, Any]], table: Mapping[str, Any], **changed: Any
) -> dict[str, Any]:
    """The table of a report."""
    written(folder, rows, document_of({"title": "T", **table}, **changed))
    write_report(folder)
    (found,) = json.loads((folder / "report.json").read_text(encoding="utf-8"))["tables"]
    return dict(found)


def of(table: Mapping[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    return [line for line in table["lines"] if all(line[name] == value for name, value in wanted.items())]


def markdown(folder: Path, name: str) -> list[list[str]]:
    """The cells of the tables of a page."""
    lines = (folder / "tables" / f"{name}.md").read_text(encoding="utf-8").splitlines()
    return [re.split(r" \| ", line.strip("| ")) for line in lines if line.startswith("| ")]


def test_a_gain_is_found_in_points_and_percent_with_its_interval(tmp_path: Path) -> None:
    rows = rows_of([REAL, MORE], identities=200, seeds=(0, 1, 2), groups=())
    table = reported(tmp_path / "out", rows, {"kind": "changes", "baseline": "real"})
    (points,), (percent,) = (of(table, what=what, measure="auroc") for what in ("difference", "growth"))
    assert points["against"]["condition"] == "real"
    assert 0.1 < points["interval"]["low"] < points["value"] < points["interval"]["high"] < 0.3
    assert percent["value"] == pytest.approx(points["value"] / 0.7, rel=0.15)
    assert points["p_corrected"] < 0.001
    assert percent["p_corrected"] is None


def test_p_values_are_corrected_for_the_number_of_comparisons_which_is_said(tmp_path: Path) -> None:
    rows = rows_of([REAL, Condition("a", 0.72), Condition("b", 0.75)], identities=120, groups=("age_group",))
    table = reported(tmp_path / "out", rows, {"kind": "changes"})
    tested = of(table, what="difference")
    assert table["comparisons"] == len(tested) == 12
    assert [line["p_corrected"] for line in tested] == pytest.approx(holm([line["p"] for line in tested]))
    assert any("12 comparisons" in note for note in table["notes"])


def test_published_changes_stand_beside(tmp_path: Path) -> None:
    rows = rows_of([REAL, MORE], identities=80, groups=())
    for row in list(rows):
        rows.append({**row, "tested_on": "dementia"})
    table = reported(tmp_path / "out", rows, {"kind": "changes"}, reported="synpain")
    (gain,) = of(table, what="difference", measure="ap", tested_on="all")
    assert gain["published"] == pytest.approx(0.024)
    cells = {(row[1], row[-1]) for row in markdown(tmp_path / "out", "changes")}
    assert {("all", "+2.4, +7.0%"), ("dementia", "+2.3, +5.8%")} <= cells


def test_a_condition_without_a_partner_is_named_and_left_out(tmp_path: Path) -> None:
    rows = rows_of([REAL, MORE], identities=60, groups=()) + [
        {**row, "amount": 0.5} for row in rows_of([Condition("half")], identities=60, groups=())
    ]
    table = reported(tmp_path / "out", rows, {"kind": "changes", "baseline": "real"})
    assert {line["condition"] for line in table["lines"]} == {"real + synthetic old"}
    assert any("Without a partner in the baseline" in note and "half" in note for note in table["notes"])


def test_where_nothing_can_be_compared_it_is_said(tmp_path: Path) -> None:
    table = reported(tmp_path / "out", rows_of([REAL], identities=60), {"kind": "changes"})
    assert table["lines"] == []
    assert "Nothing could be compared." in table["notes"]


def test_only_folds_and_seeds_that_both_sides_have_are_compared(tmp_path: Path) -> None:
    rows = rows_of([REAL, MORE], identities=150, folds=5, groups=())
    rows = [row for row in rows if (row["condition"], row["fold"]) != ("real", 3)]
    table = reported(tmp_path / "out", rows, {"kind": "changes"})
    (points,) = of(table, what="difference", measure="auroc")
    assert (points["models"], points["models_left_out"], points["folds"]) == (8, 2, 4)


def test_an_unknown_baseline_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="did you mean 'real'"):
        reported(tmp_path / "out", rows_of([REAL, MORE], identities=30), {"kind": "changes", "baseline": "rael"})


def test_a_matrix_has_every_training_on_every_test_beside_the_paper(tmp_path: Path) -> None:
    conditions = [
        Condition("all groups"),
        *(Condition("one group", 0.7, trained_on=group) for group in ("old", "young")),
    ]
    rows = rows_of(conditions, identities=100, tested_on=("age_group",))
    table = reported(tmp_path / "out", rows, {"kind": "matrix"}, name="stratified", reported="synpain")
    assert len(table["lines"]) == 9
    assert {(line["trained_on"], line["tested_on"]): line["published"] for line in table["lines"]} == {
        ("all", "all"): None, ("all", "young"): 0.755, ("all", "old"): 0.692,
        ("young", "all"): None, ("young", "young"): 0.752, ("young", "old"): 0.695,
        ("old", "all"): None, ("old", "young"): None, ("old", "old"): 0.643,
    }  # fmt: skip
    header, _, *square = markdown(tmp_path / "out", "matrix")[:5]
    assert header == ["trained on / tested on (the paper)", "all", "young", "old"]
    assert [row[0] for row in square] == ["all", "old", "young"]
    assert square[1][3].endswith("(0.643)")


def test_a_matrix_of_one_test_set_has_a_column_for_each_group_and_gaps_where_nothing_was_tested(tmp_path: Path) -> None:
    rows = rows_of(
        [Condition("a", trained_on="old"), Condition("a", trained_on="young")], identities=60, groups=("gender",)
    )
    rows = [row for row in rows if row["trained_on"] != "old" or row["gender"] == "man"]
    reported(tmp_path / "out", rows, {"kind": "matrix"})
    header, _, *square = markdown(tmp_path / "out", "matrix")[:4]
    assert header[1:] == ["all", "man", "woman"]
    assert square[0][3] == "–"


def test_learning_curves_rise_and_are_compared_at_every_amount(tmp_path: Path) -> None:
    conditions = [Condition(name, auroc, amount=amount) for name, more in (("real", 0.0), ("more", 0.1))
                  for amount, auroc in ((1.0, 0.8 + more / 2), (0.1, 0.6 + more))]  # fmt: skip
    rows = rows_of(conditions, identities=150, seeds=(0, 1, 2), groups=())
    table = reported(tmp_path / "out", rows, {"kind": "curves", "baseline": "real"})
    assert [line["amount"] for line in of(table, what="value", condition="real")] == [0.1, 1.0]
    differences = of(table, what="difference")
    assert [(line["condition"], line["amount"], line["against"]["amount"]) for line in differences] == [
        ("more", 0.1, 0.1), ("more", 1.0, 1.0),
    ]  # fmt: skip
    assert table["comparisons"] == 2
    assert [row[:2] for row in markdown(tmp_path / "out", "curves")[2:]] == [
        ["real", "10%"], ["real", "100%"], ["more", "10%"], ["more", "100%"],
    ]  # fmt: skip


def test_planted_effects_on_the_gap_are_found_and_their_interaction_is_not(tmp_path: Path) -> None:
    rows = rows_of(FACTORIAL, identities=400, seeds=(0, 1, 2), groups=("age_group",))
    table = reported(tmp_path / "out", rows, {"kind": "effects", "attribute": "age_group", "factors": LEVELS})
    on_gap = of(table, what="effect_on_gap")
    assert [line["name"] for line in on_gap] == [
        "generator: biased, not fair", "training set: few, not balanced", "generator x training set",
    ]  # fmt: skip
    for line, truth in zip(on_gap, (0.1, 0.1, 0.0), strict=True):
        assert line["interval"]["low"] < truth < line["interval"]["high"]
    assert [line["p_corrected"] < 0.01 for line in on_gap] == [True, True, False]
    (whole,) = of(table, what="effect", name="generator: biased, not fair")
    assert whole["value"] == pytest.approx(-0.05, abs=0.03)
    assert any("Gap: AUROC on young less AUROC on old" in note for note in table["notes"])


def test_effects_are_the_contrasts_of_means_over_the_cells(tmp_path: Path) -> None:
    rows = rows_of(FACTORIAL, identities=60, groups=())
    table = reported(tmp_path / "effects", rows, {"kind": "effects"})
    values = reported(tmp_path / "groups", rows, {"kind": "groups"})
    cell = {tuple(line["factors"].values()): line["value"] for line in of(values, measure="auroc")}
    lines = {line["name"]: line["value"] for line in table["lines"]}
    assert lines["generator: biased, not fair"] == pytest.approx(
        np.mean([cell["biased", few] - cell["fair", few] for few in ("balanced", "few")])
    )
    assert lines["generator x training set"] == pytest.approx(
        cell["biased", "few"] - cell["fair", "few"] - cell["biased", "balanced"] + cell["fair", "balanced"]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"factors": {"generater": ["fair", "biased"]}}, "did you mean 'generator'"),
        ({"factors": {"generator": ["fair", "odd"]}}, "give two of fair, biased"),
        ({"factors": {"generator": ["fair", "biased"]}}, "balanced and fair, few have the same level of generator"),
        ({"attribute": "ethnicity"}, "does not have two groups"),
    ],
)
def test_factors_and_groups_that_do_not_fit_are_refused(options: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=said):
        reported(tmp_path / "out", rows_of(FACTORIAL, identities=30), {"kind": "effects", **options})


@pytest.mark.parametrize(
    ("conditions", "said"),
    [(FACTORIAL[:3], "not every combination of the factors generator, training_set"), ([REAL], "needs factors")],
)
def test_a_design_with_empty_cells_is_refused(conditions: list[Condition], said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=said):
        reported(tmp_path / "out", rows_of(conditions, identities=30), {"kind": "effects"})


def test_two_tables_of_a_kind_have_files_of_their_own(tmp_path: Path) -> None:
    tables = [{"kind": "groups", "title": "one"}, {"kind": "groups", "title": "two"}]
    folder = written(tmp_path / "out", rows_of(identities=30, groups=()), document_of(*tables))
    assert [table.name for table in write_report(folder).tables] == ["groups-1", "groups-2"]
    assert "## two" in (folder / "tables" / "groups-2.md").read_text(encoding="utf-8")
