"""`synpain-hf evaluate`: what it prints, where, and its exit status."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from typer.testing import CliRunner, Result

import synpain_hf
from synpain_hf.cli import app
from synpain_hf.schemas import violations
from tests.terminal import COLUMNS, run_on_terminal

PROGRAM = [sys.executable, "-m", "synpain_hf"]


@pytest.fixture(scope="module")
def predictions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred rows of two models; read-only by agreement."""
    generator = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("predictions") / "predictions.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["identity", "label", "score", "other", "weight", "age_group", "gender"])
        for row in range(300):
            pain = generator.random() < 0.5
            scores = generator.normal(pain, 1, 2).round(3).tolist()
            groups = [generator.choice(names) for names in (["young", "old"], ["man", "woman", ""])]
            table.writerow([row // 2, "pain" if pain else "no_pain", *scores, 1 + row % 3, *groups])
    return path


def run(*arguments: str | Path) -> Result:
    """The command, in this process; whatever it raised but its exit status is raised here."""
    result = CliRunner(env={"COLUMNS": str(COLUMNS)}).invoke(app, ["evaluate", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert not any(line != line.rstrip() for line in result.stdout.splitlines())
    return result


class TestPrinted:
    def test_it_is_the_reports_text(self, predictions: Path) -> None:
        result = run(predictions)
        assert result.exit_code == 0
        assert result.stdout == f"{synpain_hf.evaluate(predictions).to_text(80)}\n"
        assert result.stderr == ""
        assert max(map(len, result.stdout.splitlines())) <= COLUMNS

    @pytest.mark.slow
    def test_on_a_terminal_it_fits_and_stays_as_it_is(self, predictions: Path) -> None:
        status, written = run_on_terminal([*PROGRAM, "evaluate", predictions.name], predictions.parent)
        assert status == 0
        assert written == run(predictions).stdout

    @pytest.mark.slow
    @pytest.mark.parametrize("form", ["markdown", "latex"])
    def test_other_forms_are_whole_lines_also_on_a_terminal(self, predictions: Path, form: str) -> None:
        report = synpain_hf.evaluate(predictions)
        text = f"{report.to_markdown() if form == 'markdown' else report.to_latex()}\n"
        assert run(predictions, "--format", form).stdout == text
        command = [*PROGRAM, "evaluate", predictions.name, "--format", form]
        assert run_on_terminal(command, predictions.parent) == (0, text)

    def test_json_is_the_report(self, predictions: Path) -> None:
        result = run(predictions, "--json")
        assert result.exit_code == 0
        report = json.loads(result.stdout)
        assert report == synpain_hf.evaluate(predictions)
        assert violations("metric_report", report) == []

    @pytest.mark.parametrize("form", ["text", "markdown", "latex"])
    def test_no_name_controls_the_terminal(self, form: str, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("label,score,gender\n1,0.9,\x1b[31mred\n0,0.1,[bold]x\n")
        result = run(path, "--format", form)
        assert "\x1b" not in result.stdout
        assert "31mred" in result.stdout
        assert "bold" in result.stdout

    @pytest.mark.slow
    def test_a_stream_that_lacks_a_letter_shows_its_escape(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("label,score,gender\n1,0.9,顔\n0,0.1,顔\n", encoding="utf-8")
        done = subprocess.run(
            [*PROGRAM, "evaluate", str(path)], env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True,
            text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0
        assert r"\u9854" in done.stdout


class TestOptions:
    def test_every_option_reaches_the_function(self, predictions: Path, tmp_path: Path) -> None:
        rows = pandas.read_csv(predictions)[:100]
        rows["other"] += 0.0004
        validation = tmp_path / "validation.csv"
        rows.to_csv(validation, index=False)
        options = [
            "--label", "label", "--score", "other", "--positive", "no_pain", "--clusters", "identity",
            "--weights", "weight", "--baseline", "score", "--groups", "gender", "--groups", "age_group,gender",
            "--depth", "2", "--interval", "bootstrap", "--confidence", "0.9", "--resamples", "30", "--seed", "7",
            "--validation", str(validation), "--min-group-size", "20", "--correction", "benjamini_hochberg",
        ]  # fmt: skip
        expected = synpain_hf.evaluate(
            predictions, label="label", score="other", positive="no_pain", clusters="identity", weights="weight",
            baseline="score", groups=["gender", "age_group"], depth=2, interval="bootstrap", confidence=0.9,
            resamples=30, seed=7, validation=validation, min_group_size=20, correction="benjamini_hochberg",
        )  # fmt: skip
        result = run(predictions, "--json", *options)
        assert result.exit_code == 0
        assert json.loads(result.stdout) == expected
        assert run(predictions, *options).exit_code == 0

    def test_groups_that_overlap_are_named_as_others_are(self, predictions: Path, tmp_path: Path) -> None:
        rows = pandas.read_csv(predictions).assign(glasses=[True, False, False] * 100, beard=[0.6, 0.4] * 150)
        rows.to_csv(tmp_path / "p.csv", index=False)
        report = json.loads(run(tmp_path / "p.csv", "--overlapping", "glasses,beard", "--json").stdout)
        assert report == synpain_hf.evaluate(tmp_path / "p.csv", overlapping=["glasses", "beard"])
        assert [group["n"] for group in report["overlapping"]["groups"].values()] == [100, 150]
        assert list(report["groups"]) == ["age_group", "gender"]
        assert (
            "Overlapping groups."
            in run(tmp_path / "p.csv", "--overlapping", "glasses", "--overlapping", "beard").stdout
        )

    def test_a_threshold_is_an_option_too(self, predictions: Path) -> None:
        report = json.loads(run(predictions, "--threshold", "0.25", "--json").stdout)
        assert report["options"]["threshold"] == 0.25

    def test_every_family_of_measures_has_its_option(self, predictions: Path, tmp_path: Path) -> None:
        table = pandas.read_csv(predictions)
        table["score"] = 1 / (1 + np.exp(-table["score"]))
        table.to_csv(tmp_path / "p.csv", index=False)
        (tmp_path / "own.py").write_text(
            "def brier(labels, scores, weights):\n    return ((labels - scores) ** 2).mean()\n"
        )
        options = [
            "--groups", "gender", "--control", "age_group", "--validation", str(tmp_path / "v.csv"), "--resamples", "5",
            "--threshold-rule", "specificity=0.8", "--calibration", "--bins", "4", "--max-fpr", "0.3",
            "--specificity", "0.9", "--metric", f"{tmp_path / 'own.py'}:brier",
        ]  # fmt: skip
        table[:100].assign(score=table["score"][:100] * 0.9).to_csv(tmp_path / "v.csv", index=False)
        expected = synpain_hf.evaluate(
            tmp_path / "p.csv", groups="gender", control="age_group", validation=tmp_path / "v.csv", resamples=5,
            threshold_rule="specificity=0.8", calibration=True, bins=4, max_fpr=0.3, specificity=0.9,
            metrics={"brier": lambda labels, scores, _: ((labels - scores) ** 2).mean()},
        )  # fmt: skip
        result = run(tmp_path / "p.csv", "--json", *options, "--out", tmp_path / "out")
        assert json.loads(result.stdout) == expected
        assert set(expected["options"]["measures"]) > {"true_positive_rate", "calibration_slope", "brier"}
        written = {path.name for path in (tmp_path / "out").iterdir()}
        assert {"measures.csv", "reliability_gender.png"} <= written
        frame = pandas.read_csv(tmp_path / "out" / "measures.csv")
        assert set(frame.measure) == set(expected["options"]["measures"])

    @pytest.mark.parametrize(
        ("metric", "reported"),
        [
            ("brier", "--metric is 'brier'; give MODULE:FUNCTION or FILE.py:FUNCTION"),
            ("no_such_module:brier", "ModuleNotFoundError"),
            ("math:brier", "math has no function brier; name one that it has"),
            (
                "none/brier.py:brier",
                "--metric none/brier.py:brier: there is no file none/brier.py; name one that is there",
            ),
        ],
    )
    def test_a_metric_that_is_not_there_is_told(self, metric: str, reported: str, predictions: Path) -> None:
        result = run(predictions, "--metric", metric)
        assert result.exit_code == 2
        assert reported in " ".join(result.stderr.split())

    @pytest.mark.parametrize("late", [False, True])
    def test_a_file_may_import_what_stands_beside_it(self, late: bool, predictions: Path, tmp_path: Path) -> None:
        beside = f"beside_{late}".lower()
        (tmp_path / f"{beside}.py").write_text("HALF = 0.5\n")
        imports, body = ("", f"import {beside}; ") if late else (f"import {beside}\n", "")
        (tmp_path / "own.py").write_text(f"{imports}def half(*_):\n    {body}return {beside}.HALF\n")
        table = pandas.read_csv(predictions)[:60]
        table.to_csv(tmp_path / "few.csv", index=False)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "path", [*sys.path])
            result = run(
                tmp_path / "few.csv", "--metric", f"{tmp_path / 'own.py'}:half", "--resamples", "5", "--json",
                "--groups", "gender",
            )  # fmt: skip
        assert result.exit_code == 0, result.stderr
        assert "half" in json.loads(result.stdout)["options"]["measures"]

    @pytest.mark.parametrize("leaves", ["raise SystemExit", "import sys; sys.exit('use: brier.py FILE')", "1 / 0"])
    def test_a_file_that_ends_while_it_is_read_is_told(self, leaves: str, predictions: Path, tmp_path: Path) -> None:
        (tmp_path / "brier.py").write_text(f"def brier(*_):\n    return 0.25\n{leaves}\n")
        result = run(predictions, "--metric", f"{tmp_path / 'brier.py'}:brier")
        assert result.exit_code == 2
        assert "name a module or a file that can be imported" in " ".join(result.stderr.split())

    def test_out_is_written_and_its_files_are_named_beside_the_result(self, predictions: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        result = run(predictions, "--out", out, "--resamples", "20", "--format", "markdown")
        assert result.exit_code == 0
        assert result.stdout == (out / "table.md").read_text()
        *progress, last = result.stderr.splitlines()
        assert progress == ["figures: 1 of 3", "figures: 3 of 3"]
        names = "gaps.png, groups.csv, report.json, roc_age_group.png, roc_gender.png, table.md, table.tex"
        assert last == f"{out}: {names}"

    def test_out_is_beside_json_without_a_word(self, predictions: Path, tmp_path: Path) -> None:
        result = run(predictions, "--out", tmp_path / "out", "--resamples", "20", "--json")
        assert json.loads(result.stdout) == json.loads((tmp_path / "out" / "report.json").read_text())


class TestStatus:
    @pytest.mark.parametrize(
        ("arguments", "reported"),
        [
            ([], "Missing argument 'PREDICTIONS'"),
            (["{tmp}/no.csv"], "no.csv does not exist; give a table (CSV"),
            (["{tmp}"], "is a folder; give a table (CSV"),
            (["{p}", "--interval", "wald"], "wald"),
            (["{p}", "--missing", "drop"], "drop"),
            (["{p}", "--correction", "tukey"], "tukey"),
            (["{p}", "--format", "html"], "html"),
            (["{p}", "--depth", "0"], "--depth"),
            (["{p}", "--resamples", "1"], "--resamples"),
            (["{p}", "--min-group-size", "-1"], "--min-group-size"),
            (["{p}", "--seed", "-1"], "--seed"),
            (["{p}", "--threshold", "half"], "--threshold"),
            (["{p}", "--confidence", "95"], "error: --confidence is 95"),
            (["{p}", "--threshold", "0.5", "--validation", "{v}"], "--threshold and --validation are both given"),
            (["{p}", "--validation", "{p}"], "the validation set is the set that is reported on"),
            (["{p}", "--metric", "math:sqrt", "--metric", "cmath:sqrt"], "--metric names 'sqrt' twice; name each once"),
            (["{p}", "--reference", "gender=man", "--reference", "gender=woman"], "--reference names 'gender' twice"),
            (["{p}", "--score", "label"], "--score names the column 'label', which serves as something else"),
            (["{p}", "--control", "gender,score"], "--control names the column 'score', which serves as something"),
            (["{p}", "--positive", "yes"], "but not yes; say which is positive (--positive)"),
            (["{p}", "--out", "{tmp}"], "exists; remove it, or give another place"),
            (["{p}", "--no-such"], "No such option: --no-such"),
        ],
    )
    def test_it_is_2_where_the_command_line_is_at_fault(
        self, arguments: list[str], reported: str, predictions: Path, tmp_path: Path
    ) -> None:
        validation = tmp_path / "v.csv"
        validation.write_text("label,score\npain,0.5\nno_pain,0.1\n")
        result = run(*(argument.format(p=predictions, tmp=tmp_path, v=validation) for argument in arguments))
        assert result.exit_code == 2
        assert reported in " ".join(result.stderr.split())
        assert result.stdout == ""

    def test_it_is_1_where_a_column_to_control_for_lacks_a_value(self, predictions: Path) -> None:
        result = run(predictions, "--groups", "age_group", "--control", "gender", "--missing", "error")
        assert result.exit_code == 1
        assert "gender is missing; fill it in" in " ".join(result.stderr.split())

    def test_it_is_1_where_the_data_are_and_every_line_is_named(self, predictions: Path, tmp_path: Path) -> None:
        path, out = tmp_path / "p.csv", tmp_path / "out"
        lines = predictions.read_text().splitlines()
        path.write_text("\n".join([*lines[:3], lines[3].replace("pain", ""), "7,pain,high,0,1,young,man"]))
        result = run(path, "--out", out)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.splitlines()[0] == "error: 2 problems, and nothing was written:"
        assert (
            f"  {path}:5: score is 'high', not a number; correct it, or leave the row out" in result.stderr.splitlines()
        )
        assert not out.exists()

    def test_json_lists_every_problem(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("label,scor,gender\n1,0.5,man\n")
        result = run(path, "--json")
        assert result.exit_code == 1
        (problem,) = json.loads(result.stdout)["problems"]
        assert problem["file"] == str(path)
        assert problem["reason"].startswith("has no column 'score'; did you mean 'scor'? name the right one (score); ")
