"""Groups that overlap: the metrics of Borkan et al. 2019 from their definitions, and the competition's final score."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import evaluate as evaluate_library
import numpy as np
import numpy.typing as npt
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

import synpain_hf
from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.metrics import subgroup_auroc as module
from synpain_hf.metrics.subgroup_auroc import InputError, Options, subgroup_auroc
from synpain_hf.schemas import violations

NAMES = ["female", "male", "muslim"]
ROWS = 400
GENERATOR = np.random.default_rng(8)
LABELS = GENERATOR.random(ROWS) < 0.3
MEMBER = {name: GENERATOR.random(ROWS) < share for name, share in zip(NAMES, (0.4, 0.3, 0.15), strict=True)}
SCORES = np.round(LABELS + GENERATOR.normal(size=ROWS) + 0.5 * MEMBER["muslim"], 1)
ROW: dict[str, Any] = {"references": LABELS, "scores": SCORES, "positive": True}
LISTS = [[name for name in NAMES if MEMBER[name][row]] for row in range(ROWS)]

Mask = npt.NDArray[np.bool_]


def beats(first: npt.NDArray[Any], second: npt.NDArray[Any], weights: npt.NDArray[Any]) -> float:
    """The chance that a row of the first ranks above one of the second, ties half, over all pairs."""
    wins = (SCORES[first][:, None] > SCORES[second]) + 0.5 * (SCORES[first][:, None] == SCORES[second])
    return float(np.average(wins, weights=np.outer(weights[first], weights[second])))


def by_definition(member: Mask, weights: npt.NDArray[Any] | None = None) -> dict[str, float]:
    """Section 3 of the paper, for a group g and its background: all rows outside g."""
    weights = np.ones(ROWS) if weights is None else weights
    in_group, background = (
        {kind: np.flatnonzero(inside & chosen) for kind, chosen in (("+", LABELS), ("-", ~LABELS))}
        for inside in (member, ~member)
    )
    return {
        "subgroup_auroc": beats(in_group["+"], in_group["-"], weights),
        "bpsn_auroc": beats(background["+"], in_group["-"], weights),
        "bnsp_auroc": beats(in_group["+"], background["-"], weights),
        "positive_aeg": 0.5 - beats(background["+"], in_group["+"], weights),
        "negative_aeg": 0.5 - beats(background["-"], in_group["-"], weights),
    }


def mean_of(values: list[float]) -> float:
    """Equation 5 with p = -5."""
    return float((sum(value**-5 for value in values) / len(values)) ** (-1 / 5))


def values_of(entry: dict[str, Any]) -> dict[str, float]:
    return {name: each["value"] for name, each in entry.items() if isinstance(each, dict) and "value" in each}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("interval", ["score", "delong", "bootstrap"])
def test_metrics_and_scores_are_those_of_the_definitions(weighted: bool, interval: str) -> None:
    weights = GENERATOR.uniform(0.2, 3, ROWS) if weighted else None
    report = subgroup_auroc(
        **ROW, groups=MEMBER, overlapping=NAMES, sample_weight=weights, interval=interval, resamples=50
    )
    found = report["overlapping"]
    expected = {name: by_definition(MEMBER[name], weights) for name in NAMES}
    for name in NAMES:
        assert values_of(found["groups"][name]) == pytest.approx(expected[name], abs=1e-12)
        for metric in expected[name]:
            low, high = (found["groups"][name][metric]["interval"][end] for end in ("low", "high"))
            assert low < expected[name][metric] < high
    means = {metric: mean_of([expected[name][metric] for name in NAMES]) for metric in found["generalised_mean"]}
    assert set(means) == {"subgroup_auroc", "bpsn_auroc", "bnsp_auroc"}
    assert found["generalised_mean"] == pytest.approx(means, abs=1e-12)
    overall = report["overall"]["auroc"]
    assert found["final_score"] == pytest.approx(0.25 * overall + 0.75 * sum(means.values()) / 3, abs=1e-12)
    assert violations("metric_report", report) == []
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_metrics_agree_with_other_libraries() -> None:
    found = subgroup_auroc(**ROW, groups=MEMBER, overlapping=NAMES)["overlapping"]["groups"]["muslim"]
    member = MEMBER["muslim"]
    for metric, chosen in (
        ("subgroup_auroc", member),
        ("bpsn_auroc", member != LABELS),
        ("bnsp_auroc", member == LABELS),
    ):
        assert found[metric]["value"] == pytest.approx(roc_auc_score(LABELS[chosen], SCORES[chosen]), abs=1e-12)
    for metric, chosen in (("positive_aeg", LABELS), ("negative_aeg", ~LABELS)):
        outside, inside = SCORES[chosen & ~member], SCORES[chosen & member]
        statistic = mannwhitneyu(outside, inside).statistic
        assert found[metric]["value"] == pytest.approx(0.5 - statistic / (len(outside) * len(inside)), abs=1e-12)
    assert found["negative_aeg"]["value"] > 0, "the scores of this group were raised"


def test_groups_that_do_not_overlap_have_the_values_of_an_attribute() -> None:
    names = np.where(MEMBER["male"], "a", np.where(MEMBER["female"], "b", "c"))
    groups = {"one": names, "list": [[name] for name in names]}
    report = subgroup_auroc(**ROW, groups=groups, overlapping="list")
    assert list(report["groups"]) == ["one"]
    for name, entry in report["groups"]["one"].items():
        own = report["overlapping"]["groups"][name]
        assert own["subgroup_auroc"] == {
            "value": pytest.approx(entry["auroc"]),
            "interval": pytest.approx(entry["interval"]),
        }
        assert own["bpsn_auroc"]["value"] == pytest.approx(entry["bpsn_auroc"])
        assert own["bnsp_auroc"]["value"] == pytest.approx(entry["bnsp_auroc"])
        assert (own["n"], own["effective"]) == (entry["n"], entry["effective"])


SHARES = {name: np.where(MEMBER[name], 0.5, 0.49) for name in NAMES}
MISSING = {name: np.where(MEMBER[name], 1.0, np.nan) for name in NAMES}
FORMS: dict[str, Callable[[], Any]] = {
    "booleans": lambda: MEMBER,
    "whole numbers": lambda: {name: MEMBER[name].astype(np.int8) for name in NAMES},
    "shares": lambda: SHARES,
    "missing values": lambda: MISSING,
    "lists of booleans": lambda: {name: MEMBER[name].tolist() for name in NAMES},
    "lists with None": lambda: {name: [True if each else None for each in MEMBER[name]] for name in NAMES},
    "a pandas frame": lambda: pandas.DataFrame(MEMBER),
    "pandas with missing values": lambda: pandas.DataFrame(MEMBER).astype("boolean").replace(False, pandas.NA),
    "a polars frame": lambda: polars.DataFrame(MEMBER),
    "records": lambda: pandas.DataFrame(MEMBER).to_dict("records"),
    "lists of names": lambda: {"ids": LISTS},
    "tuples, sets and missing values": lambda: {
        "ids": [(tuple, set, list)[row % 3](names) if names else None for row, names in enumerate(LISTS)]
    },
    "lists in pandas": lambda: pandas.DataFrame({"ids": LISTS}),
    "lists in polars": lambda: polars.DataFrame({"ids": LISTS}),
    "lists in pyarrow": lambda: pyarrow.table({"ids": LISTS}),
    "lists in a data set": lambda: datasets.Dataset.from_dict({"ids": LISTS}),
    "arrays in lists": lambda: {"ids": [np.array(names, object) for names in LISTS]},
}


@pytest.mark.parametrize("form", FORMS)
def test_groups_that_overlap_come_in_any_form(form: str) -> None:
    groups = FORMS[form]()
    names = (
        ["ids"] if "ids" in str(list(getattr(groups, "column_names", getattr(groups, "columns", groups)))) else NAMES
    )
    expected = subgroup_auroc(**ROW, groups=MEMBER, overlapping=NAMES)["overlapping"]
    assert subgroup_auroc(**ROW, groups=groups, overlapping=names)["overlapping"] == expected


def test_rows_of_a_list_may_be_added_bit_by_bit() -> None:
    metric = evaluate_library.load(str(Path(module.__file__).parent), overlapping=["ids"], positive=True)
    for part in (slice(0, 150), slice(150, ROWS)):
        metric.add_batch(references=LABELS[part], scores=SCORES[part], groups={"ids": LISTS[part]})
    assert metric.compute() == subgroup_auroc(**ROW, groups={"ids": LISTS}, overlapping="ids")


def test_clusters_make_intervals_wider() -> None:
    together = np.repeat(np.arange(ROWS // 4), 4)
    scores = SCORES + 2 * np.random.default_rng(0).normal(size=ROWS // 4)[together]
    rows = {**ROW, "scores": scores, "groups": MEMBER, "overlapping": NAMES}
    alone, clustered = (subgroup_auroc(**rows, clusters=each)["overlapping"] for each in (None, together))
    widths = [
        [np.ptp(list(group["negative_aeg"]["interval"].values())) for group in found["groups"].values()]
        for found in (alone, clustered)
    ]
    assert np.mean(widths[1]) > np.mean(widths[0])
    assert clustered["groups"]["male"]["clusters"] == len(set(together[MEMBER["male"]]))


@settings(max_examples=60)
@given(data=st.data())
def test_any_groups_give_a_report_that_fits_its_schema(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 25))
    column = st.lists(st.booleans(), min_size=count, max_size=count)
    report = subgroup_auroc(
        references=data.draw(column), positive=True,
        scores=data.draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)),
        groups={"a": data.draw(column), "b": data.draw(column)}, overlapping=["a", "b"],
        min_group_size=data.draw(st.integers(0, 4)), min_class_size=2,
        clusters=data.draw(st.none() | st.lists(st.integers(0, 5), min_size=count, max_size=count)),
    )  # fmt: skip
    assert violations("metric_report", report) == []
    json.dumps(report, allow_nan=False)
    for write in (report.to_text, report.to_markdown, report.to_latex):
        assert "verlapping groups" in write()
    for entry in report["overlapping"]["groups"].values():
        missing = {name for name, each in values_of(entry).items() if each is None}
        assert missing <= set(entry["reasons"]) <= set(values_of(entry))


def test_a_group_of_too_few_rows_is_shown_and_takes_no_part_in_the_means() -> None:
    few = np.zeros(ROWS, np.bool_)
    few[np.append(np.flatnonzero(LABELS)[:3], np.flatnonzero(~LABELS)[:20])] = True
    nobody = np.zeros(ROWS, np.bool_)
    groups = {**MEMBER, "few": few, "nobody": nobody, "everybody": ~nobody}
    found = subgroup_auroc(**ROW, groups=groups, overlapping=[*NAMES, "few", "nobody", "everybody"])["overlapping"]
    assert found["set_aside"] == {
        "few": f"3 positive rows, fewer than min_class_size, {Options.min_class_size}",
        "nobody": "fewer rows than min_group_size, 10",
        "everybody": "no positive rows outside the group",
    }
    without = subgroup_auroc(**ROW, groups=MEMBER, overlapping=NAMES)["overlapping"]
    assert found["generalised_mean"] == without["generalised_mean"]
    alone = subgroup_auroc(**ROW, groups={"few": few}, overlapping="few")["overlapping"]
    assert (alone["final_score"], alone["reasons"]["final_score"]) == (None, "no group can take part in a mean")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such column": (
        {"overlapping": ["gay"]},
        "overlapping names the column 'gay', which groups does not have; it has",
    ),
    "words": (
        {"groups": {"a": ["yes", "no"] * (ROWS // 2)}, "overlapping": "a"},
        "the column 'a', which holds 'yes' in row 0; give lists of names, true and false, or shares from 0 to 1",
    ),
    "no share": (
        {"groups": {"a": [0, 1, 7, 1] * (ROWS // 4)}, "overlapping": "a"},
        "the column 'a', which holds 7 in row 2; give true and false, or shares",
    ),
    "no list": (
        {"groups": {"a": [["x"], "x"] * (ROWS // 2)}, "overlapping": "a"},
        "the column 'a', which holds lists, and 'x' in row 1; give lists only",
    ),
    "one name for two": (
        {"groups": {"a": [["b"]] * ROWS, "b": [True] * ROWS}, "overlapping": ["a", "b"]},
        "overlapping has the group 'b' twice",
    ),
    "ids": (
        {"groups": {"a": [[row] for row in range(ROWS)]}, "overlapping": "a"},
        "overlapping has 400 groups, more than 300; leave out columns that are ids",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_says_no_groups_is_refused(case: str) -> None:
    arguments, message = WRONG[case]
    with pytest.raises(InputError, match=message):
        subgroup_auroc(**{**ROW, "groups": MEMBER, **arguments})


def written(path: Path, form: str) -> Path:
    columns = {"label": LABELS.astype(int), "score": SCORES, **MEMBER}
    frame = pandas.DataFrame(columns)
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "shares":
        frame.assign(**SHARES).to_csv(path, index=False, sep=";", decimal=",")
    else:
        lists = frame.drop(columns=NAMES).assign(ids=LISTS)
        lists.to_json(path, orient="records", lines=True) if form == "jsonl" else lists.to_parquet(path)
    return path


@pytest.mark.parametrize("form", ["csv", "shares", "jsonl", "parquet"])
def test_a_file_gives_the_same_as_arrays(form: str, tmp_path: Path) -> None:
    path = written(tmp_path / "predictions", form)
    names = "female, male,muslim" if form in ("csv", "shares") else ["ids"]
    report = synpain_hf.evaluate(path, overlapping=names, out=tmp_path / "out")
    assert report["overlapping"] == subgroup_auroc(**ROW, groups=MEMBER, overlapping=NAMES)["overlapping"]
    frame = pandas.read_csv(tmp_path / "out" / "overlapping.csv")
    pandas.testing.assert_frame_equal(frame.drop(columns="reason"), report.overlapping_frame().drop(columns="reason"))


def test_a_file_with_other_values_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("label,score,a\n0,0.1,yes\n1,0.9,TRUE\n0,0.2,\n1,0.7,1.5\n")
    with pytest.raises(BadInputError) as refused:
        synpain_hf.evaluate(path, overlapping="a")
    what = "neither true or false nor a share from 0 to 1; correct it"
    assert [
        f"p.csv:{line}: a is {word!r}, {what}" in str(refused.value) for line, word in ((2, "yes"), (5, "1.5"))
    ] == [True] * 2
    with pytest.raises(UsageError, match="name the column 'a', which has another use; give it one"):
        synpain_hf.evaluate(path, overlapping="a", groups="a")
