"""The report as data frames and as tables, in three formats."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from synpain_hf.metrics.subgroup_auroc import Report, subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.rendering import one_line
from synpain_hf.metrics.subgroup_auroc.tables import ALL

ROWS = 600
GROUP_COLUMNS = [
    "attribute", "group", "positive", "n", "positives", "negatives", "auroc", "low", "high", "standard_error",
    "average_precision", "f1", "bpsn_auroc", "bnsp_auroc", "reason",
]  # fmt: skip
COMPARISON_COLUMNS = ["baseline_auroc", "difference", "difference_low", "difference_high", "p_value", "p_adjusted"]
NAMES = st.text(st.characters(exclude_categories=[]), max_size=40)


def rows() -> dict[str, Any]:
    """Rows with a group that is too small, one of one class, one that is ranked perfectly, and missing values."""
    generator = np.random.default_rng(3)
    positive = generator.random(ROWS) < 0.4
    skill = generator.choice(["south_asian", "white", "black"], ROWS)
    scores = positive * np.where(skill == "white", 0.4, 1.6) + generator.normal(size=ROWS)
    ethnicity = skill.astype(object)
    ethnicity[:4] = "tiny"
    ethnicity[4:34], positive[4:34] = "one class", True
    ethnicity[34:64], scores[34:64] = "perfect", positive[34:64] * 100.0
    age: list[str | None] = ["old", "young", "young"] * (ROWS // 3)
    age[0] = None
    return {"references": positive, "scores": scores, "groups": {"ethnicity": ethnicity, "age": age}}


def baseline() -> Any:
    given = rows()
    return given["scores"] + np.random.default_rng(4).normal(size=ROWS)


@pytest.fixture(scope="module")
def report() -> Report:
    return subgroup_auroc(**rows(), depth=2)


@pytest.fixture(scope="module")
def compared() -> Report:
    return subgroup_auroc(**rows(), threshold=0.5, baseline_scores=baseline())


@pytest.fixture(scope="module")
def clustered() -> Report:
    """20 clusters, of which the site b has 8, and a site too small for an AUROC."""
    generator = np.random.default_rng(6)
    people, positive = np.repeat(np.arange(20), 6), np.tile([0, 1], 60)
    site = np.repeat(["a", "b", "tiny"], [66, 48, 6])
    scores = positive + generator.normal(size=20)[people] + generator.normal(size=120)
    groups = {"site": site, "hand": ["left", "right", "right"] * 40}
    return subgroup_auroc(references=positive, scores=scores, groups=groups, clusters=people)


@pytest.fixture(scope="module")
def plain() -> Report:
    """Everything known, to be given other names."""
    generator = np.random.default_rng(5)
    positive = generator.random(200) < 0.5
    groups = {"first": ["a", "b"] * 100, "second": ["c", "c", "d", "d"] * 50}
    return subgroup_auroc(references=positive, scores=positive + generator.normal(size=200), groups=groups)


def entries(report: Report) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "", ALL, report["overall"]
    for part in ("groups", "intersections"):
        for attribute, groups in report[part].items():
            for name, entry in groups.items():
                yield attribute, name, entry


def renamed(report: Report, names: list[str]) -> Report:
    """The report with other names for its first attribute and that one's groups."""
    attribute, *groups = names
    other: Report = copy.deepcopy(report)
    old = other["groups"].pop("first")
    other["groups"] = {attribute: dict(zip(groups, old.values(), strict=True)), **other["groups"]}
    gap = other["gaps"].pop("first")
    named = dict(zip(old, groups, strict=True))
    for end in ("best", "worst"):
        gap[end]["name"] = named[gap[end]["name"]]
    gap["compared"] = {named[name]: compared for name, compared in gap["compared"].items()}
    other["gaps"] = {attribute: gap, **other["gaps"]}
    return other


def markdown_tables(text: str) -> list[list[list[str]]]:
    """Every table's rows of cells, as a reader of Markdown shows them."""
    found: list[list[list[str]]] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for before, token in pairwise(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif before.type in ("th_open", "td_open"):
            parts = token.children or []
            assert {part.type for part in parts} <= {"text", "text_special"}, token.content
            found[-1][-1].append("".join(part.content for part in parts))
    return found


LATEX = {
    r"\&": "&", r"\%": "%", r"\$": "$", r"\#": "#", r"\_": "_", r"\{": "{", r"\}": "}", "$-$": "−",
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textbar{}": "|",
    r"\textasciigrave{}": "`", r"\textless{}": "<", r"\textgreater{}": ">", '\\string"{}': '"', r"\dots{}": "…",
    "-{}": "-", "--": "–", "{}": "",
}  # fmt: skip
LATEX_TOKEN = re.compile("|".join(map(re.escape, LATEX)) + r"|\\textsuperscript\{(\d+)\}")


def typeset(cell: str) -> str:
    """What a cell of LaTeX shows; fails on what would be a command or a special character."""
    assert not re.search(r"[\\&%$#_{}~^<>|\"`]", LATEX_TOKEN.sub("", cell)), cell
    raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    return LATEX_TOKEN.sub(lambda match: match[1].translate(raised) if match[1] else LATEX[match[0]], cell)


def latex_tables(text: str) -> list[list[list[str]]]:
    """Every table's rows of cells as they show; checks that rows have as many cells as the table has columns."""
    found = []
    for kinds, body in re.findall(
        r"\\begin\{tabular\}\{([^\n]*)\}\n\\toprule\n(.*?)\n\\bottomrule\n\\end\{tabular\}\}\n", text, re.DOTALL
    ):
        lines = [line for line in body.split("\n") if line != "\\midrule"]
        assert all(line.endswith(" \\\\") for line in lines)
        assert not any(line.startswith(("[", "*")) for line in lines)  # \\ would take it for an argument
        cells = [re.split(r"(?<!\\)&", line.removesuffix("\\\\")) for line in lines]
        assert {len(row) for row in cells} == {len(re.findall("[lr]", kinds))}, kinds
        found.append([[typeset(cell.strip()) for cell in row] for row in cells])
    return found


def test_the_frame_has_the_reports_values_row_by_row(report: Report, compared: Report) -> None:
    for made in (report, compared):
        frame = made.to_frame()
        rows = frame.to_dict("records")
        assert [(row["attribute"], row["group"]) for row in rows] == [(of, name) for of, name, _ in entries(made)]
        for row, (_, _, entry) in zip(rows, entries(made), strict=True):
            interval = entry["interval"] or {"low": None, "high": None}
            comparison = entry.get("comparison") or {}
            expected = {
                **entry, **interval, **{name: comparison.get(name) for name in COMPARISON_COLUMNS},
                **{f"difference_{end}": value for end, value in (comparison.get("interval") or {}).items()},
            }  # fmt: skip
            for name in set(frame.columns) - {"attribute", "group", "positive", "reason"}:
                wanted = expected.get(name)
                assert math.isnan(row[name]) if wanted is None else row[name] == wanted, name


def test_the_frame_has_the_columns_it_promises_and_those_of_a_comparison_only_then(
    report: Report, compared: Report
) -> None:
    assert list(report.to_frame().columns) == GROUP_COLUMNS
    assert list(compared.to_frame().columns) == [*GROUP_COLUMNS[:-1], *COMPARISON_COLUMNS, "reason"]
    numbers = report.to_frame().drop(columns=["attribute", "group", "positive", "reason"])
    assert all(pd.api.types.is_numeric_dtype(kind) for kind in numbers.dtypes)


def test_a_reason_names_what_is_not_known_and_f1_only_where_it_was_asked_for(report: Report, compared: Report) -> None:
    def reasons(made: Report) -> dict[str, str]:
        frame = made.to_frame()
        return dict(zip(frame[frame.attribute.isin(["", "ethnicity"])].group, frame.reason, strict=False))

    unasked, asked = reasons(report), reasons(compared)
    assert unasked[ALL] == unasked["white"] == asked["white"] == ""
    assert unasked["tiny"] == (
        "auroc, standard_error, interval, average_precision, bpsn_auroc, bnsp_auroc: fewer rows than min_group_size, 10"
    )
    assert "f1" in asked["tiny"]
    assert unasked["one class"] == (
        "auroc, standard_error, interval, average_precision: only positive rows; "
        "bpsn_auroc: no negative rows in the group"
    )


def test_the_gaps_frame_has_a_row_for_each_attribute_and_intersection(report: Report) -> None:
    frame = report.gaps_frame()
    assert frame.attribute.tolist() == ["ethnicity", "age", "ethnicity & age"]
    for row in frame.to_dict("records"):
        gap = report["gaps"][row["attribute"]]
        assert (row["best"], row["best_auroc"]) == (gap["best"]["name"], gap["best"]["auroc"])
        assert (row["worst"], row["worst_auroc"]) == (gap["worst"]["name"], gap["worst"]["auroc"])
        assert (row["difference"], row["ratio"]) == (gap["difference"], gap["ratio"])
        for name in ("statistic", "degrees_of_freedom", "denominator_degrees_of_freedom", "p_value", "p_adjusted"):
            assert row[name] == gap["test"][name]
        for name, mean in gap["generalised_mean"].items():
            assert row[f"mean_{name}"] == mean
    age = frame.set_index("attribute").loc["age"]
    assert {"low": age.low, "high": age.high} == report["gaps"]["age"]["difference_interval"]
    assert age.detectable == report["gaps"]["age"]["detectable"]
    assert age.equivalence_p_value == report["gaps"]["age"]["equivalence"]["p_value"]


def test_the_comparisons_frame_has_a_row_for_each_group_that_is_compared(report: Report) -> None:
    frame = report.comparisons_frame()
    expected = [(attribute, name) for attribute, gap in report["gaps"].items() for name in gap["compared"]]
    assert list(zip(frame.attribute, frame.group, strict=True)) == expected
    for row in frame.to_dict("records"):
        compared = report["gaps"][row["attribute"]]["compared"][row["group"]]
        assert {"low": row["low"], "high": row["high"]} == compared["interval"]
        for name in ("difference", "p_value", "p_adjusted"):
            assert row[name] == compared[name]


def test_a_gap_that_is_not_known_is_missing_in_the_frame_and_a_dash_in_tables() -> None:
    report = subgroup_auroc(references=[0, 1] * 20, scores=list(range(40)), groups={"only": ["one"] * 40})
    row = report.gaps_frame().iloc[0]
    known = {"attribute", "mean_subgroup_auroc", "reason"}
    assert set(row.index[row.notna()]) == known
    assert row.reason.endswith(": 1 group can be compared, and two are needed")
    _, (header, cells) = markdown_tables(report.to_markdown())
    assert header[-1] == "Mean AUROC"
    assert cells[1:-1] == ["–¹"] * 8
    assert "¹ 1 group can be compared, and two are needed" in report.to_markdown()


def test_without_attributes_there_is_one_row_and_no_table_of_gaps() -> None:
    report = subgroup_auroc(references=[0, 1] * 20, scores=list(range(40)))
    assert report.to_frame().group.tolist() == [ALL]
    assert len(report.gaps_frame()) == 0
    assert "mean_bnsp_auroc" in report.gaps_frame().columns
    assert "Gaps" not in report.to_markdown() + report.to_latex() + report.to_text()


def test_a_report_that_was_json_copied_or_pickled_gives_the_same_tables(compared: Report) -> None:
    for other in (
        Report(**json.loads(json.dumps(compared))),
        copy.deepcopy(compared),
        pickle.loads(pickle.dumps(compared)),
    ):
        assert type(other) is Report
        assert other == compared
        pd.testing.assert_frame_equal(other.to_frame(), compared.to_frame())
        pd.testing.assert_frame_equal(other.gaps_frame(), compared.gaps_frame())
        for write in (Report.to_markdown, Report.to_latex, Report.to_text):
            assert write(other) == write(compared)


def test_markdown_has_the_reports_values(compared: Report) -> None:
    groups, gaps, *_ = markdown_tables(compared.to_markdown())
    assert groups[0] == [
        "Attribute", "Group", "n", "Pos.", "AUROC [95% CI]", "AP", "F1", "BPSN", "BNSP", "Baseline",
        "Difference [95% CI]", "Adj. p",
    ]  # fmt: skip
    found = {row[1]: row for row in groups[1:] if row[1] != "(missing)"}
    assert [row[0] for row in groups[1:]] == ["", "ethnicity", "", "", "", "", "", "age", "", ""]
    white, comparison = compared["groups"]["ethnicity"]["white"], compared["groups"]["ethnicity"]["white"]["comparison"]
    assert found["white"][2:] == [
        str(white["n"]),
        str(white["positives"]),
        f"{white['auroc']:.3f} [{white['interval']['low']:.3f}, {white['interval']['high']:.3f}]",
        *(f"{white[metric]:.3f}" for metric in ("average_precision", "f1", "bpsn_auroc", "bnsp_auroc")),
        f"{comparison['baseline_auroc']:.3f}",
        f"{comparison['difference']:.3f} [{comparison['interval']['low']:.3f}, "
        f"{comparison['interval']['high']:.3f}]".replace("-", "−"),
        f"{comparison['p_adjusted']:.3f}",
    ]
    assert found[ALL][7:9] == ["", ""]
    assert found["black"][-1] == "<0.001"
    gap = compared["gaps"]["age"]
    assert gaps[2] == [
        "age", gap["best"]["name"], gap["worst"]["name"],
        f"{gap['difference']:.3f} [{gap['difference_interval']['low']:.3f}, "
        f"{gap['difference_interval']['high']:.3f}]".replace("-", "−"),
        f"{gap['ratio']:.3f}",
        f"{gap['test']['statistic']:.2f} (1.0, {gap['test']['denominator_degrees_of_freedom']:.0f})",
        f"{gap['test']['p_adjusted']:.3f}",
        f"{gap['equivalence']['p_value']:.3f}",
        f"{gap['detectable']:.3f}",
        *(f"{mean:.3f}" for mean in gap["generalised_mean"].values()),
    ]  # fmt: skip


def test_what_is_not_known_is_a_dash_whose_footnote_says_why(compared: Report) -> None:
    _, table, notes, *_ = compared.to_markdown().split("\n\n")
    cells = {row[1]: row for row in markdown_tables(compared.to_markdown())[0]}
    reasons = dict(note.split(" ", 1) for note in notes.split("; "))
    assert {reasons[cell.removeprefix("–")] for cell in cells["tiny"][4:]} == {"fewer rows than min_group_size, 10"}
    assert reasons[cells["one class"][4].removeprefix("–")] == "only positive rows"
    assert reasons[cells["one class"][7].removeprefix("–")] == "no negative rows in the group"
    assert set(re.findall("([⁰¹²³⁴⁵⁶⁷⁸⁹]+)", table)) == set(reasons)


def test_clusters_are_counted_in_frame_and_tables_where_there_are_clusters(clustered: Report, plain: Report) -> None:
    counts = {ALL: 20, "a": 11, "b": 8, "tiny": 1, "left": 20, "right": 20}
    frame = clustered.to_frame()
    assert dict(zip(frame.group, frame.clusters, strict=True)) == counts
    groups = markdown_tables(clustered.to_markdown())[0]
    assert groups[0][:6] == ["Attribute", "Group", "n", "Pos.", "Cl.", "AUROC [95% CI]"]
    assert {row[1]: row[4] for row in groups[1:]} == {name: str(count) for name, count in counts.items()}
    assert "Cl.: clusters" in clustered.to_markdown()
    assert "clusters" not in plain.to_frame()
    assert "Cl." not in plain.to_markdown() + plain.to_latex() + plain.to_text()


def test_intervals_and_tests_from_few_clusters_are_warned_of(clustered: Report) -> None:
    wide = "clusters with positive rows: it is wide, and holds the truth more often than it says"
    of_test = (
        "a group has fewer than 20 clusters with rows of a class: where the test counts on them, it can miss a gap"
    )
    assert clustered["warnings"] == [
        {"attribute": "site", "group": "b", "about": "interval", "text": f"the interval is from 8 {wide}"},
        {"attribute": "site", "group": None, "about": "test", "text": of_test},
    ]
    few = subgroup_auroc(references=[0, 1] * 8, scores=[row % 7 for row in range(16)], clusters=np.arange(16) // 2)
    text = f"the interval is from 8 {wide}"
    assert few["warnings"] == [{"attribute": None, "group": None, "about": "interval", "text": text}]
    assert re.search(r"\(all rows\).*\]¹", few.to_markdown())


def test_a_test_of_few_rows_of_a_class_is_warned_of_and_one_of_many_is_not(plain: Report) -> None:
    assert plain["warnings"] == []
    positive = np.repeat([1, 0, 1, 0], [19, 181, 100, 100])
    groups = {"age": np.repeat(["few", "many"], 200), "hand": ["left", "right"] * 200}
    scores = np.random.default_rng(7).normal(size=400)
    report = subgroup_auroc(references=positive, scores=scores, groups=groups)
    text = "a group has fewer than 20 rows of a class: where the test counts on them, it can miss a gap"
    assert report["warnings"] == [{"attribute": "age", "group": None, "about": "test", "text": text}]
    positive[:10] = 0
    report = subgroup_auroc(references=positive, scores=scores, groups=groups)
    of_interval = "the interval is from 9 positive rows: it is wide, and holds the truth more often than it says"
    assert report["warnings"] == [
        {"attribute": "age", "group": "few", "about": "interval", "text": of_interval},
        {"attribute": "age", "group": None, "about": "test", "text": text},
    ]


def test_a_warning_is_a_footnote_once_to_the_numbers_it_is_about(clustered: Report) -> None:
    groups, gaps, _ = markdown_tables(clustered.to_markdown())
    assert [row[1] for row in groups if row[5].endswith("]¹")] == ["b"]
    assert [row[0] for row in gaps if row[6].endswith("¹")] == ["site"]
    for text in (clustered.to_markdown(), clustered.to_latex(), clustered.to_text()):
        for warning in {warning["text"] for warning in clustered["warnings"]}:
            assert " ".join(text.split()).count(warning) == 1
    assert max(map(len, clustered.to_text().split("\n"))) <= 80


def test_a_column_without_any_value_is_left_out(report: Report, compared: Report) -> None:
    assert "F1" not in report.to_markdown()
    assert "F1" in compared.to_markdown()
    assert "Baseline" not in report.to_markdown()
    given: dict[str, Any] = {"references": [1] * 30, "scores": range(30), "groups": {"age": ["old", "young"] * 15}}
    (groups,) = markdown_tables(subgroup_auroc(**given, baseline_scores=range(30)).to_markdown())
    assert groups[:2] == [["Attribute", "Group", "n", "Pos.", "AUROC [95% CI]"], ["", ALL, "30", "30", "–¹"]]


def test_a_table_of_gaps_that_would_hold_dashes_alone_is_left_out_with_a_sentence() -> None:
    given: dict[str, Any] = {"references": [0, 1] * 10, "scores": range(20), "groups": {"age": ["old", "young"] * 10}}
    report = subgroup_auroc(**given, min_group_size=11)
    for text in (report.to_markdown(), report.to_latex(), report.to_text(200)):
        assert "Gaps between groups are left out, as no attribute has two groups that can be compared." in text.replace(
            "\n", " "
        )
        assert "Ratio" not in text
        assert "comparison" not in text


def test_without_a_comparison_no_correction_is_told() -> None:
    given: dict[str, Any] = {
        "references": [0, 1] * 10, "scores": [1] * 20, "groups": {"age": ["old", "old", "young", "young"] * 5}
    }  # fmt: skip
    report = subgroup_auroc(**given, min_group_size=0, baseline_scores=[1] * 20)
    assert report["options"]["comparisons"] == 0
    for text in (report.to_markdown(), report.to_latex(), report.to_text()):
        assert "corrected" not in text


def test_all_rows_without_an_interval_have_the_reason_in_every_table() -> None:
    report = subgroup_auroc(references=[0, 0, 1], scores=[0.5, 0.6, 0.1])
    for text in (report.to_markdown(), report.to_text(), report.to_latex()):
        assert "0.000 " in text or "0.000 &" in text
        assert report["overall"]["reasons"]["interval"] in text


def test_digits_count_after_the_point_everywhere(compared: Report) -> None:
    for text in (compared.to_markdown(2), compared.to_latex(2), compared.to_text(digits=2)):
        overall = compared["overall"]
        assert re.search(rf"\b{overall['auroc']:.2f}\b", text)
        assert not re.search(r"0\.\d{3}", text)
        assert "0.01" in text  # p values below it
    assert f"{compared['overall']['auroc']:.5f} [" in compared.to_markdown(5)


def test_a_difference_that_rounds_to_zero_has_no_sign() -> None:
    labels, scores = [0, 1] * 300, np.random.default_rng(1).normal(size=600)
    nearly = scores.copy()
    lower, upper = np.sort(scores[::2])[[150, 151]]
    nearly[np.flatnonzero(scores == lower)], nearly[np.flatnonzero(scores == upper)] = upper, lower
    report = subgroup_auroc(references=labels, scores=nearly - 1e-9, baseline_scores=scores)
    assert abs(report["overall"]["comparison"]["difference"]) < 0.0005
    assert "−0.000 [" not in report.to_markdown()


@pytest.mark.parametrize(
    ("options", "sentences"),
    [
        (
            {},
            [
                "95% confidence intervals by the score method, from DeLong's variance with half a row added",
                "corrected by Holm's method for 2 comparisons",
            ],
        ),
        (
            {"interval": "bootstrap", "resamples": 1200, "seed": 9, "confidence": 0.9},
            [
                "90% confidence intervals by the BCa bootstrap (1,200 resamples of rows, seed 9)",
                "(90% confidence interval, which holds 0 where the test finds no gap)",
            ],
        ),
        (
            {"interval": "bootstrap", "resamples": 50, "clusters": np.arange(ROWS) // 2},
            ["(50 resamples of clusters, seed 0), with Student's t."],
        ),
        ({"clusters": np.arange(ROWS) // 2}, ["and Student's t, in Obuchowski's form for clusters."]),
        ({"interval": "delong"}, ["95% confidence intervals by DeLong's method."]),
        ({"correction": "none"}, ["p values are not corrected for 2 comparisons"]),
        ({"correction": "benjamini_hochberg"}, ["Benjamini and Hochberg's method for 2 comparisons"]),
        ({"correction": "bonferroni", "attributes": ["age"]}, ["Bonferroni's method for 1 comparison."]),
        ({"sample_weight": np.linspace(1, 2, ROWS)}, ["n: rows, weighted in all but these counts"]),
        ({"threshold": 0.25}, ["F1: at the threshold 0.25."]),
        (
            {"validation": {"references": [0, 1, 1], "scores": [0.1, 0.5, 0.9]}},
            ["F1: at the threshold 0.5, chosen on a validation set."],
        ),
    ],
)
def test_the_captions_say_how_it_was_done(options: dict[str, Any], sentences: list[str]) -> None:
    report = subgroup_auroc(**rows(), **options)
    unwrapped = report.to_text().replace("\n", " ")
    for sentence in sentences:
        assert sentence in report.to_markdown()
        assert sentence in unwrapped
        assert sentence.replace("%", "\\%") in report.to_latex()


def test_the_number_of_compared_groups_stands_in_the_caption(compared: Report) -> None:
    with_p = [entry for *_, entry in entries(compared) if (entry["comparison"] or {}).get("p_value") is not None]
    assert f"on the same rows; p values are corrected by Holm's method for {len(with_p)} comparisons" in (
        compared.to_markdown()
    )


@given(st.lists(NAMES, min_size=3, max_size=3, unique=True))
@example(["a|b", "[x](y) <b> &amp; :tada: **z**", "_ $x$ `c` www.a.b"])
def test_markdown_shows_any_name_as_it_is(plain: Report, names: list[str]) -> None:
    text = renamed(plain, names).to_markdown()
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.count("|") in (9, 13, 7)
    groups, gaps, compared = markdown_tables(text)
    assert {len(row) for row in groups} == {8}
    assert {len(row) for row in gaps} == {12}
    shown = [one_line(name) for name in names]
    assert [groups[2][0], groups[2][1], groups[3][1]] == shown
    assert gaps[1][0] == shown[0]
    assert {gaps[1][1], gaps[1][2]} == set(shown[1:])
    assert [compared[1][0], compared[1][1], compared[2][1]] == shown


@pytest.mark.parametrize("name", ["south_asian", "old & man", "65+", "(missing)", "under 18", "non-binary"])
def test_ordinary_names_stay_readable_in_markdown(plain: Report, name: str) -> None:
    assert f"| {name} |" in renamed(plain, [name, "b", "c"]).to_markdown()


@given(st.lists(NAMES, min_size=3, max_size=3, unique=True))
@example(["*", "[a]", '--- `"x"`'])
@example(["[3pt]", "\\\\", "a\nb & c"])
def test_latex_shows_any_name_as_it_is(plain: Report, names: list[str]) -> None:
    groups, gaps, _ = latex_tables(renamed(plain, names).to_latex())
    shown = [one_line(name) for name in names]
    assert [groups[2][0], groups[2][1], groups[3][1]] == shown
    assert [gaps[1][0], {gaps[1][1], gaps[1][2]}] == [shown[0], set(shown[1:])]


def test_latex_has_the_cells_of_markdown(compared: Report) -> None:
    for theirs, ours in zip(latex_tables(compared.to_latex()), markdown_tables(compared.to_markdown()), strict=True):
        for row, expected in zip(theirs, ours, strict=True):
            assert " ".join(filter(None, row)) == " ".join(filter(None, expected))


def test_latex_has_captions_labels_and_footnotes(compared: Report) -> None:
    text = compared.to_latex(label="mine")
    assert text.count("\\begin{table}") == text.count("\\end{table}") == text.count("\\caption{") == 5
    assert "\\label{tab:mine}" in text
    assert "\\label{tab:mine-gaps}" in text
    assert "\\label{tab:mine-compared}" in text
    for reason in ("only positive rows", "fewer rows than min\\_group\\_size, 10"):
        assert re.search(rf"\\textsuperscript{{\d}} {re.escape(reason)}[;\n]", text)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not here")
def test_pdflatex_takes_it_without_complaint(plain: Report, compared: Report, tmp_path: Path) -> None:
    special = renamed(plain, ["[&%$#_{}~^\\]", '*|<a>`b`"c"', "[3pt] --- à-côté? \u2026"])
    packages = "\\usepackage{booktabs}\\usepackage{graphicx}"
    pages = f"{compared.to_latex()}\n\n{special.to_latex(label='special')}"
    source = f"\\documentclass{{article}}{packages}\\begin{{document}}\n{pages}\n\\end{{document}}"
    (tmp_path / "tables.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "tables.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout
    assert (tmp_path / "tables.pdf").stat().st_size


def columns(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(letter) in "FW" for letter in text)
    return len(text) + wide - sum(unicodedata.category(letter) in {"Mn", "Me", "Cf"} for letter in text)


@given(st.lists(NAMES, min_size=3, max_size=3, unique=True), st.integers(48, 120))
@example(["\u202ereversed", "\x1b[31mred\x07", "\u2066\ud800"], 80)
def test_text_keeps_to_the_width_and_lets_no_name_control_the_terminal(
    plain: Report, names: list[str], width: int
) -> None:
    text = renamed(plain, names).to_text(width)
    assert max(map(columns, text.split("\n"))) <= width
    assert not [letter for letter in text if unicodedata.category(letter) in {"Cc", "Cs"} and letter != "\n"]
    assert not set(text) & {"\u202e", "\u2066"}


@pytest.mark.parametrize("width", [10, 40, 60, 80, 200])
def test_text_shows_every_value_at_any_width(compared: Report, width: int) -> None:
    text = compared.to_text(width)
    assert max(map(columns, text.split("\n"))) <= max(width, 48)
    for table in markdown_tables(compared.to_markdown()):
        for value in [cell for row in table[1:] for cell in row if re.match("[<\\d−]", cell)]:
            for part in value.split(" [") if " [" in value else [value]:
                assert part in text


def test_text_puts_point_below_point(compared: Report) -> None:
    lines = compared.to_text(200).split("\n")
    table = [line for line in lines if re.search(r"0\.\d{3} \[", line)][:6]
    assert len({line.index(".") for line in table}) == 1
    assert len({line.index("[") for line in table}) == 1


def test_text_puts_point_below_point_where_a_number_has_a_footnote(clustered: Report) -> None:
    lines = clustered.to_text(200).split("\n")
    header = next(line for line in lines if line.startswith("Attribute "))
    rows = lines[lines.index(header) + 1 :][:2]
    assert "¹" in rows[0]
    assert "¹" not in rows[1]
    points = [[place for place, letter in enumerate(row) if letter == "."] for row in rows]
    assert points[0] == points[1]


def test_text_shortens_long_names_but_not_to_the_same_and_counts_wide_letters_twice(plain: Report) -> None:
    long = "a group with a name that goes on and on and on"
    lines = renamed(plain, ["東アジア", f"{long}, one", f"{long}, two"]).to_text().split("\n")
    one, two = (next(line for line in lines if line.startswith("  a group") and end in line) for end in ("one", "two"))
    assert re.match(r"  a group with.*….*, one {2,}\d", one)
    assert one.index(".") == two.index(".")
    names = ["a", "東アジア", "b"]
    lines = renamed(plain, names).to_text().split("\n")
    shown = [line for line in lines if line.startswith(("  東アジア", "  b", "  c"))][:3]
    places = {columns(line[: line.index(".")]) for line in shown}
    assert len(places) == 1


def test_text_fits_a_terminal_in_one_part_where_it_can(report: Report) -> None:
    text = subgroup_auroc(**rows(), threshold=0.5).to_text()
    assert len([line for line in text.split("\n") if line.startswith("Group ") and "AUROC" in line]) == 1


def test_text_has_its_reasons_below(report: Report) -> None:
    groups, *_ = report.to_text().split("\n\nGaps between groups.")
    notes = re.split(r"\n(?=[¹²³⁴⁵⁶⁷⁸])", groups.split("\n\n")[-1])
    assert [note[0] for note in notes] == list("¹²³⁴⁵⁶⁷"[: len(notes)])
    assert {"only positive rows", "fewer rows than min_group_size, 10"} <= {note[2:] for note in notes}


def test_a_blank_name_is_still_seen(plain: Report) -> None:
    for text in (write(renamed(plain, ["", " \n", "b"])) for write in (Report.to_markdown, Report.to_text)):
        assert text.count("(blank)") >= 2
