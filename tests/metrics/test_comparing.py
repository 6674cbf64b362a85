"""`compare`: two files of predictions for the same rows, whatever their order and form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synpain_hf
from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from tests.terminal import run

ROWS = 60


def judged(rng: np.random.Generator, rows: int = ROWS) -> Any:
    labels = np.arange(rows) % 2
    return pd.DataFrame(
        {
            "pair_id": [f"p{row:02}" for row in range(rows)],
            "label": np.where(labels, "pain", "no_pain"),
            "age_group": np.where(rng.uniform(size=rows) < 0.5, "young", "old"),
            "score": labels + rng.normal(size=rows),
            "other": labels + rng.normal(size=rows),
        }
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), form=st.sampled_from(["csv", "parquet"]))
def test_rows_are_matched_by_their_names(tmp_path: Path, seed: int, form: str) -> None:
    rng = np.random.default_rng(seed)
    table = judged(rng)
    table.to_csv(tmp_path / "a.csv", index=False)
    other = table.assign(score=table["other"])[["label", "score", "pair_id"]].sample(frac=1, random_state=seed)
    write = {"csv": lambda path: other.to_csv(path, index=False), "parquet": other.to_parquet}[form]
    write(tmp_path / f"b.{form}")
    report = synpain_hf.compare(tmp_path / "a.csv", tmp_path / f"b.{form}", min_group_size=1)
    expected = subgroup_auroc(
        references=(table["label"] == "pain").astype(int),
        scores=table["score"],
        positive=1,
        groups={"age_group": table["age_group"]},
        baseline_scores=table["other"],
        min_group_size=1,
    )
    assert report["overall"] == expected["overall"]
    assert report["groups"] == expected["groups"]


def without_a_row(table: Any) -> Any:
    return table.drop(index=3)


def with_a_row_more(table: Any) -> Any:
    return pd.concat([table, table.iloc[:1].assign(pair_id="p99")])


def with_a_row_twice(table: Any) -> Any:
    return pd.concat([table, table.iloc[:1]])


def with_another_label(table: Any) -> Any:
    return table.assign(label=table["label"].mask(table["pair_id"] == "p02", "pain"))


def without_a_name(table: Any) -> Any:
    return table.assign(pair_id=table["pair_id"].mask(table["pair_id"] == "p02", ""))


def without_names(table: Any) -> Any:
    return table.drop(columns="pair_id")


def with_a_word_for_a_score(table: Any) -> Any:
    return table.assign(score=table["score"].astype(object).mask(table["pair_id"] == "p02", "high"))


FAULTS = [
    (without_a_row, "b.csv: lacks 1 of the rows (p03); let both models judge the same rows"),
    (with_a_row_more, "a.csv: lacks 1 of the rows (p99); let both models judge the same rows"),
    (with_a_row_twice, "b.csv:62: pair_id 'p00' occurs twice; name a column that tells rows apart"),
    (with_another_label, "b.csv:4: label of 'p02' differs from that in"),
    (without_a_name, "b.csv:4: pair_id is missing; fill it in, or leave the row out"),
    (without_names, "b.csv: has no column 'pair_id'"),
    (with_a_word_for_a_score, "b.csv:4: score is 'high', not a number"),
]


@pytest.mark.parametrize(("damage", "told"), FAULTS, ids=lambda value: getattr(value, "__name__", None))
def test_files_that_do_not_match_are_refused(tmp_path: Path, damage: Callable[[Any], Any], told: str) -> None:
    table = judged(np.random.default_rng(0))
    table.to_csv(tmp_path / "a.csv", index=False)
    damage(table).to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(BadInputError) as caught:
        synpain_hf.compare(tmp_path / "a.csv", tmp_path / "b.csv", min_group_size=1)
    lines = [str(problem) for problem in caught.value.problems]
    assert any(told in line for line in lines), lines


def test_a_baseline_comes_from_one_place(tmp_path: Path) -> None:
    judged(np.random.default_rng(0)).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(UsageError, match="are both given"):
        synpain_hf.compare(tmp_path / "a.csv", tmp_path / "a.csv", baseline="other")


def test_the_command_prints_and_writes_what_differs(tmp_path: Path) -> None:
    table = judged(np.random.default_rng(0))
    table.to_csv(tmp_path / "a.csv", index=False)
    table.assign(score=table["other"]).to_csv(tmp_path / "b.csv", index=False)
    printed = run("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--out", tmp_path / "report", "--json")
    assert json.loads(printed.stdout)["overall"]["comparison"]["difference"] is not None
    assert (tmp_path / "report" / "report.json").is_file()
    assert "Difference" in run("compare", tmp_path / "a.csv", tmp_path / "b.csv").stdout
    wrong = run("compare", tmp_path / "a.csv", tmp_path / "c.csv")
    assert wrong.exit_code == 2
    assert "does not exist; give a table" in " ".join(wrong.stderr.split())


def test_names_of_rows_are_not_read_where_nothing_is_compared(tmp_path: Path) -> None:
    table = judged(np.random.default_rng(0))
    lines = table.to_csv(index=False).replace("other", "pair_id", 1)
    (tmp_path / "a.csv").write_text(lines, encoding="utf-8")
    assert synpain_hf.evaluate(tmp_path / "a.csv", min_group_size=1)["overall"]["n"] == ROWS
    with pytest.raises(BadInputError, match="pair_id"):
        synpain_hf.compare(tmp_path / "a.csv", tmp_path / "a.csv", min_group_size=1)
