"""The report says what the predictions say, in every form alike, and nobody's words change its pages."""

from __future__ import annotations

import base64
import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from markdown_it import MarkdownIt
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from synpain_hf.experiments.report.write import write_report
from synpain_hf.schemas import violations
from tests.experiments.report.making import Condition, document_of, rows_of, written
from tests.html_page import Page

HOSTILE = '=<script>alert("1")</script> | $x_1$ & 50% \\input{x} ^~`a`'


def lines_of(folder: Path, table: str = "groups") -> list[dict[str, Any]]:
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return next(each["lines"] for each in document["tables"] if each["name"] == table)


def line_of(lines: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    (found,) = [line for line in lines if all(line[name] == value for name, value in wanted.items())]
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a table of each kind, and names that nobody should give."""
    factors = [("fair", "balanced"), ("fair", "few"), ("biased", "balanced"), ("biased", "few")]
    conditions = [
        Condition(f"{HOSTILE} {number}", 0.8 - 0.03 * number, factors={"generator": one, "training_set": two})
        for number, (one, two) in enumerate(factors)
    ]
    tables = [
        {"kind": kind, "title": f"{kind} {HOSTILE}"} for kind in ("groups", "matrix", "changes", "curves", "effects")
    ]
    document = document_of(*tables, title=HOSTILE, question=HOSTILE, notes=[HOSTILE], reported="synpain", model=HOSTILE)
    document["data"][0]["name"] = HOSTILE
    rows = rows_of(conditions, identities=60, dataset=HOSTILE, groups=("age_group",))
    folder = written(tmp_path_factory.mktemp("out") / "everything", rows, document)
    write_report(folder)
    return folder


def test_the_values_are_means_over_models_of_what_scikit_learn_says(tmp_path: Path) -> None:
    rows = rows_of(identities=60, seeds=(0, 1, 2), rounded=True, groups=("age_group",))
    folder = written(tmp_path / "out", rows)
    write_report(folder)
    for group in (None, "old"):
        expected: dict[str, list[float]] = {"auroc": [], "ap": [], "f1": []}
        for seed in (0, 1, 2):
            mine = [row for row in rows if row["seed"] == seed and group in (None, row["age_group"])]
            label, score = np.array([row["label"] for row in mine]), np.array([row["score"] for row in mine])
            expected["auroc"].append(roc_auc_score(label, score))
            expected["ap"].append(average_precision_score(label, score))
            expected["f1"].append(f1_score(label, score >= 0.7))
        for measure, values in expected.items():
            line = line_of(lines_of(folder), measure=measure, group=group)
            assert line["value"] == pytest.approx(np.mean(values))
            assert (line["models"], line["seeds"], line["folds"]) == (3, 3, 0)
            assert line["interval"]["low"] < line["value"] < line["interval"]["high"]


def test_the_document_fits_its_schema(everything: Path) -> None:
    document = json.loads((everything / "report.json").read_text(encoding="utf-8"))
    assert violations("experiment_report", document) == []
    assert [table["kind"] for table in document["tables"]] == ["groups", "matrix", "changes", "curves", "effects"]


def test_every_table_is_there_in_each_form_and_every_figure_as_a_file(everything: Path) -> None:
    document = json.loads((everything / "report.json").read_text(encoding="utf-8"))
    names = [table["name"] for table in document["tables"]]
    assert {path.name for path in (everything / "tables").iterdir()} == {
        f"{name}.{suffix}" for name in names for suffix in ("md", "csv", "tex")
    }
    figures = {f"{name}.svg" for table in document["tables"] for name in table["figures"]}
    assert {path.name for path in (everything / "figures").iterdir()} == figures
    assert len(figures) == 6


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not here")
@pytest.mark.slow
def test_pdflatex_takes_every_table(everything: Path, tmp_path: Path) -> None:
    tables = "\n".join(path.read_text(encoding="utf-8") for path in sorted((everything / "tables").glob("*.tex")))
    source = f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}\n{tables}\n\\end{{document}}"
    (tmp_path / "tables.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "tables.pdf").stat().st_size


def test_the_page_needs_nothing_beside_it_and_shows_names_as_text(everything: Path) -> None:
    text = (everything / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "form"} == set()
    used = [str(attributes[name]) for _, attributes in page.tags for name in ("src", "href") if name in attributes]
    assert {address.partition(",")[0] for address in used} == {"data:image/svg+xml;base64"}
    assert HOSTILE in page.text


def test_every_figure_is_described_and_is_svg(everything: Path) -> None:
    page = Page((everything / "report.html").read_text(encoding="utf-8"))
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 6
    for picture in pictures:
        assert ElementTree.fromstring(base64.b64decode(str(picture["src"]).partition(",")[2])).tag.endswith("svg")
        assert len(str(picture["alt"])) > 40


def test_markdown_shows_names_as_text_and_every_row_has_its_cells(everything: Path) -> None:
    for path in (everything / "tables").glob("*.md"):
        page = Page(MarkdownIt("commonmark").enable("table").render(path.read_text(encoding="utf-8")))
        assert "script" not in {tag for tag, _ in page.tags}
        rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
        assert {line.count("|") for line in rows[:3]} == {rows[0].count("|")}
        assert HOSTILE in page.text


def test_csv_has_every_number_and_no_formula(everything: Path) -> None:
    with (everything / "tables" / "groups.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = lines_of(everything)
    assert [float(row["value"]) for row in rows] == [line["value"] for line in lines]
    assert [row["low"] for row in rows] == [str(line["interval"]["low"]) if line["interval"] else "" for line in lines]
    assert {row["dataset"] for row in rows} == {f"'{HOSTILE}"}
    assert rows[0]["factor_generator"] == "fair"


def test_latex_has_no_command_of_a_name(everything: Path) -> None:
    for path in (everything / "tables").glob("*.tex"):
        text = path.read_text(encoding="utf-8")
        assert r"\input" not in text
        assert "$" not in text.replace(r"\$", "")
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") >= 1


def test_the_same_predictions_give_the_same_bytes_in_any_order_of_rows(tmp_path: Path) -> None:
    rows = rows_of([Condition("a"), Condition("b", 0.7)], identities=30, seeds=(0, 1, 2), groups=())
    document = document_of({"kind": "groups", "title": "G"}, {"kind": "changes", "title": "C"})
    found = []
    for name, given in (("one", rows), ("two", [*rows[:30][::-1], *rows[30:]])):
        folder = written(tmp_path / name, given, document)
        write_report(folder)
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "predictions.parquet"]
        found.append({path.relative_to(folder): path.read_bytes() for path in paths})
    assert found[0] == found[1]


def test_a_second_report_replaces_the_first(tmp_path: Path) -> None:
    rows = rows_of(identities=30)
    folder = written(tmp_path / "out", rows, document_of({"kind": "matrix", "title": "M"}))
    write_report(folder)
    written(folder, rows)
    report = write_report(folder)
    assert {path.stem for path in (folder / "tables").iterdir()} == {"groups"}
    assert report.to_dict() == json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_every_table_says_data_version_model_seeds_and_folds(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=60, folds=3), document_of(notes=["These faces are drawn."]))
    write_report(folder)
    for text in ((folder / "tables/groups.md").read_text(), (folder / "tables/groups.tex").read_text()):
        for said in ("demo-faces 1.0.0", "120 pairs", "abababababab", "Model: pwct", "2 seeds (0, 1)", "3 folds", "95"):
            assert said in text
    assert "These faces are drawn." in Page((folder / "report.html").read_text(encoding="utf-8")).text


def test_one_model_alone_is_said_to_be_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=60, seeds=(0,)))
    report = write_report(folder)
    assert report.document["cautions"][0].startswith("real: one model alone")
    assert {line["of_trainings"] for line in lines_of(folder)} == {None}


def test_two_trainings_and_missing_models_are_said(tmp_path: Path) -> None:
    conditions = [Condition("full", seeds=(0, 1, 2)), Condition("short", seeds=(0, 1))]
    report = write_report(written(tmp_path / "out", rows_of(conditions, identities=60)))
    assert [caution[:17] for caution in report.document["cautions"]] == ["short: two traini", "short: fewer mode"]


def test_a_group_that_lacks_a_class_has_no_value_and_says_why(tmp_path: Path) -> None:
    rows = [row for row in rows_of(identities=60) if row["gender"] != "man" or row["label"]]
    folder = written(tmp_path / "out", rows)
    write_report(folder)
    line = line_of(lines_of(folder), measure="auroc", group="man")
    assert (line["value"], line["interval"], line["reason"]) == (None, None, "no model has a value")
    assert line["pairs"] == line["pairs_with_pain"] > 0
    assert "| man | – | –, – | – |" in (folder / "tables/groups.md").read_text(encoding="utf-8")


def test_pairs_without_groups_count_for_all_alone(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=60, groups=("gender",)))
    write_report(folder)
    assert {line["attribute"] for line in lines_of(folder)} == {None, "gender"}
    written(folder, rows_of(identities=60, groups=()))
    write_report(folder)
    assert {line["attribute"] for line in lines_of(folder)} == {None}


def test_without_thresholds_there_is_no_f1_and_it_is_said(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=60, threshold=None))
    report = write_report(folder)
    assert line_of(lines_of(folder), measure="f1", group=None)["value"] is None
    assert any("no threshold was chosen" in note for note in report.document["tables"][0]["notes"])


@pytest.mark.parametrize(("folds", "is_said"), [(0, False), (5, True)])
def test_ap_from_few_pairs_with_pain_is_said_to_be_biased(folds: int, is_said: bool, tmp_path: Path) -> None:
    rows = rows_of(identities=60, folds=folds, groups=())
    report = write_report(written(tmp_path / "out", rows))
    assert any("biased upwards" in note for note in report.document["tables"][0]["notes"]) == is_said


def test_several_expressions_of_an_identity_widen_the_interval(tmp_path: Path) -> None:
    rows = rows_of(identities=20, pairs_each=6)
    alone = [{**row, "identity": row["pair_id"]} for row in rows]
    widths = []
    for name, given in (("together", rows), ("alone", alone)):
        folder = written(tmp_path / name, given)
        write_report(folder)
        line = line_of(lines_of(folder), measure="auroc", group=None)
        widths.append((line["identities"], line["degrees_of_freedom"]))
    assert [width[0] for width in widths] == [20, 120]
    assert widths[0][1] < widths[1][1]
