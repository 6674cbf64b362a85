"""The pictures, by what their artists were given."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from sklearn.metrics import roc_curve

from synpain_hf.metrics.subgroup_auroc import InputError, Report, bootstrap, subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.forest import plot_gaps
from synpain_hf.metrics.subgroup_auroc.plots import plot_roc
from synpain_hf.metrics.subgroup_auroc.tables import ALL

Numbers = npt.NDArray[Any]

METRIC = Path(bootstrap.__file__).parent
EXAMPLE = Path(__file__).parents[2] / "examples" / "audit_predictions.py"
ROWS = 400


def rows(grain: float = 1000) -> dict[str, Any]:
    """Rows with a group of one class, one that is ranked perfectly, and one that is too small."""
    generator = np.random.default_rng(3)
    positive = generator.random(ROWS) < 0.4
    ethnicity = generator.choice(["black", "south_asian", "white"], ROWS).astype(object)
    scores = positive * np.where(ethnicity == "white", 0.0, 1.6) + generator.normal(size=ROWS)
    ethnicity[:4] = "tiny"
    ethnicity[4:34], positive[4:34] = "one class", True
    ethnicity[34:64], scores[34:64] = "perfect", positive[34:64] * 100.0
    return {
        "references": positive,
        "scores": np.round(scores * grain) / grain,
        "groups": {"ethnicity": ethnicity, "age": ["old", "young"] * (ROWS // 2)},
    }


@pytest.fixture(scope="module")
def report() -> Report:
    return subgroup_auroc(**rows(), depth=2)


@pytest.fixture(scope="module")
def forest(report: Report) -> Axes:
    return plot_gaps(report)


@pytest.fixture(scope="module")
def curves() -> Axes:
    return plot_roc(**rows(), attribute="ethnicity", ax=empty())


@pytest.fixture(scope="module")
def panels() -> list[Axes]:
    return all_of(plot_roc(**rows(), attribute="ethnicity", resamples=40))


def empty() -> Axes:
    """Axes to draw in, so that many curves are drawn together."""
    return Figure(layout="constrained").add_subplot()


def all_of(ax: Axes) -> list[Axes]:
    """The panels of a picture."""
    figure = ax.figure
    assert isinstance(figure, Figure)
    return figure.axes


def told_below(panels: list[Axes]) -> list[str]:
    """What the legend of a picture with panels says."""
    figure = panels[0].figure
    assert isinstance(figure, Figure)
    (found,) = figure.legends
    return [text.get_text() for text in (found.get_title(), *found.get_texts())]


def x_of(line: Any) -> Numbers:
    return np.asarray(line.get_xdata())


def y_of(line: Any) -> Numbers:
    return np.asarray(line.get_ydata())


def heights(ax: Axes) -> dict[str, int]:
    """On which height each name stands."""
    return {label.get_text(): int(place) for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}


def lines_at(ax: Axes, height: int) -> list[Any]:
    """What is drawn on a height: the line of an interval has two points, a marker one."""
    return [line for line in ax.lines if y_of(line).tolist() in ([height], [height, height])]


def words_at(ax: Axes, height: int) -> list[str]:
    def place(text: Any) -> float:
        where = text.xy if hasattr(text, "xy") else text.get_position()
        return float(where[1])

    return [text.get_text() for text in ax.texts if place(text) == height]


def legend(ax: Axes) -> dict[str, str]:
    found = ax.get_legend()
    assert found is not None
    return dict(text.get_text().split(": ", 1) for text in found.get_texts())


def roc_lines(ax: Axes) -> dict[str, Any]:
    """The lines of the curves by name; without the diagonal, which comes first."""
    names = [name for name, told in legend(ax).items() if told[0].isdigit()]
    return dict(zip(names, ax.lines[1:], strict=True))


def area(line: Any) -> float:
    x, y = x_of(line), y_of(line)
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def band(ax: Axes, index: int) -> tuple[Numbers, Numbers, Numbers]:
    """Where a band is: the false positive rates, its lower and its upper end."""
    corners = np.asarray(ax.collections[index].get_paths()[0].vertices)
    grid = np.unique(corners[:, 0])
    ends = [corners[corners[:, 0] == x, 1] for x in grid]
    return grid, np.array([end.min() for end in ends]), np.array([end.max() for end in ends])


def test_every_group_has_its_auroc_and_the_ends_of_its_interval(report: Report, forest: Axes) -> None:
    at = heights(forest)
    named = {ALL: report["overall"], **report["groups"]["ethnicity"], **report["groups"]["age"]}
    drawn = [name for name, entry in named.items() if entry["interval"] is not None]
    assert {"black", "white", "old", ALL} <= set(drawn)
    for name in drawn:
        interval, marker = lines_at(forest, at[name])
        assert x_of(interval).tolist() == [named[name]["interval"]["low"], named[name]["interval"]["high"]]
        assert x_of(marker).tolist() == [named[name]["auroc"]]
        low, high = forest.get_xlim()
        assert low < named[name]["interval"]["low"] < named[name]["interval"]["high"] < high


def test_groups_stand_in_blocks_below_their_attribute(report: Report, forest: Axes) -> None:
    expected = [ALL]
    for attribute, groups in report["groups"].items():
        expected += [attribute, *groups]
    assert list(heights(forest)) == expected
    bold = [label.get_text() for label in forest.get_yticklabels() if label.get_fontweight() == "bold"]
    assert bold == ["ethnicity", "age"]
    bottom, top = forest.get_ylim()
    assert bottom > top


def marked(ax: Axes) -> set[str]:
    """The names of the groups that are told to be the worst, by marker, word and colour alike."""
    at = heights(ax)
    markers = {name: lines_at(ax, height)[-1] for name, height in at.items() if lines_at(ax, height)}
    by_word = {name for name, height in at.items() if "worst" in words_at(ax, height)}
    by_marker = {name for name, marker in markers.items() if marker.get_marker() == "v"}
    usual = to_hex(markers["old"].get_color()) if "old" in markers else "#0072b2"
    by_colour = {name for name, marker in markers.items() if to_hex(marker.get_color()) != usual} - {ALL}
    assert by_word == by_marker == by_colour
    return by_word


def test_the_worst_group_is_marked_where_the_test_finds_a_gap_and_nowhere_else(report: Report, forest: Axes) -> None:
    ethnicity, age = (report["gaps"][attribute]["test"]["p_adjusted"] for attribute in ("ethnicity", "age"))
    assert ethnicity < 0.05 < age
    assert marked(forest) == {"white"} == {report["gaps"]["ethnicity"]["worst"]["name"]}
    sure = subgroup_auroc(**rows(), confidence=1 - ethnicity / 2)
    assert marked(plot_gaps(sure)) == set()


def test_a_worst_group_that_the_test_left_out_is_not_marked() -> None:
    given = rows()
    hopeless = given["groups"]["ethnicity"] == "perfect"
    given["scores"][hopeless] *= -1
    report = subgroup_auroc(**given, interval="delong")
    gap = report["gaps"]["ethnicity"]
    assert report["groups"]["ethnicity"]["perfect"]["auroc"] == 0
    assert "perfect" in gap["set_aside"]
    assert gap["test"]["p_adjusted"] < 0.05
    assert "perfect" not in marked(plot_gaps(report))


def test_a_group_without_auroc_is_listed_in_grey_with_its_reason(report: Report, forest: Axes) -> None:
    at = heights(forest)
    greys = {label.get_color() for label in forest.get_yticklabels()}
    for name in ("one class", "tiny"):
        assert not lines_at(forest, at[name])
        reason = report["groups"]["ethnicity"][name]["reasons"]["auroc"]
        assert f"not measured: {reason}" in words_at(forest, at[name])
        (label,) = (label for label in forest.get_yticklabels() if label.get_text() == name)
        assert label.get_color() != forest.get_yticklabels()[at["black"]].get_color()
    assert len(greys) > 1


def test_a_group_without_interval_has_a_hollow_marker_that_says_so() -> None:
    forest = plot_gaps(subgroup_auroc(**rows(), interval="delong"))
    height = heights(forest)["perfect"]
    (marker,) = lines_at(forest, height)
    assert x_of(marker).tolist() == [1.0]
    assert to_hex(marker.get_markerfacecolor()) != to_hex(marker.get_color())
    assert "no interval" in words_at(forest, height)


def upright(ax: Axes) -> dict[float, Any]:
    """The upright lines, by where they are."""
    return {float(x_of(line)[0]): line for line in ax.lines if line.get_linestyle() in (":", "--")}


def test_lines_mark_chance_and_all_rows_and_the_key_tells_which(report: Report, forest: Axes) -> None:
    styles = {x: line.get_linestyle() for x, line in upright(forest).items()}
    assert styles == {0.5: ":", report["overall"]["auroc"]: "--"}
    assert "dotted line: chance; dashed line: all rows" in [text.get_text() for text in forest.texts]
    assert forest.get_xlabel() == "AUROC [95% confidence interval]"


def test_no_upright_line_crosses_a_reason(forest: Axes) -> None:
    at = heights(forest)
    for line in upright(forest).values():
        pieces = list(pairwise(y_of(line)))
        crossed = {name for name, height in at.items() if any(low < height < high for low, high in pieces)}
        assert crossed == set(at) - {"one class", "tiny"}


def test_groups_in_a_row_share_a_reason_that_is_told_once(tmp_path: Path) -> None:
    report = subgroup_auroc(**rows(), min_group_size=ROWS)
    ax = plot_gaps(report)
    told = [text.get_text() for text in ax.texts if text.get_text().startswith("not measured")]
    assert told == [f"not measured: fewer rows than min_group_size, {ROWS}"] * 2
    at = heights(ax)
    assert all(f"{report['groups']['age'][name]['n']}" in words_at(ax, at[name]) for name in ("old", "young"))
    for line in upright(ax).values():
        assert np.nanmax(y_of(line)) == 0.5
    saved(ax, tmp_path / "gaps.png")


def test_every_group_has_its_n(report: Report, forest: Axes) -> None:
    at = heights(forest)
    for name, entry in (*report["groups"]["ethnicity"].items(), *report["groups"]["age"].items()):
        assert f"{entry['n']:,}" in words_at(forest, at[name])


def test_attributes_and_intersections_can_be_chosen(report: Report) -> None:
    ax = report.plot_gaps(["age", "ethnicity & age"])
    assert list(heights(ax)) == [
        ALL, "age", *report["groups"]["age"], "ethnicity & age", *report["intersections"]["ethnicity & age"]
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"no attribute 'gender'; it has ethnicity, age, ethnicity & age$"):
        report.plot_gaps(["gender"])


@pytest.mark.parametrize("labels", [[0, 1] * 20, [1] * 40])
def test_a_report_without_attributes_or_without_any_auroc_is_drawn(labels: list[int], tmp_path: Path) -> None:
    ax = subgroup_auroc(references=labels, scores=range(40)).plot_gaps()
    saved(ax, tmp_path / "gaps.png")
    assert list(heights(ax)) == [ALL]
    assert ("not measured: only positive rows" in words_at(ax, 0)) == (labels[0] == 1)


def saved(ax: Axes, path: Path) -> None:
    figure = ax.figure
    assert isinstance(figure, Figure)
    figure.savefig(path)
    assert path.stat().st_size > 5000


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_pictures_are_written(forest: Axes, curves: Axes, kind: str, tmp_path: Path) -> None:
    saved(forest, tmp_path / f"gaps.{kind}")
    saved(curves, tmp_path / f"roc.{kind}")


def test_axes_that_are_given_are_drawn_in_and_their_figure_keeps_its_size(report: Report) -> None:
    figure = Figure(figsize=(9, 4))
    left, right = figure.subplots(1, 2)
    assert plot_gaps(report, ax=left) is left
    assert plot_roc(**rows(), attribute="age", resamples=40, ax=right) is right
    assert figure.get_size_inches().tolist() == [9, 4]
    assert left.lines
    assert right.lines


def test_names_are_shown_as_they_are(tmp_path: Path) -> None:
    names = ["_a $x$ \\frac_^", "$", "_", "a name far too long for the margin, A"]
    generator = np.random.default_rng(0)
    labels, scores = generator.random(400) < 0.5, generator.normal(size=400)
    given: dict[str, Any] = {"references": labels, "scores": scores, "groups": {"_$\\q$": names * 100}}
    forest = subgroup_auroc(**given).plot_gaps()
    curves = plot_roc(**given, attribute="_$\\q$", ax=empty())
    apart = all_of(plot_roc(**given, attribute="_$\\q$", resamples=40))
    found = curves.get_legend()
    assert found is not None
    texts = [label.get_text() for label in forest.get_yticklabels()]
    told = [text.get_text() for text in found.get_texts()]
    for name in (*names[:3], "a name far too l…rgin, A"):
        assert name in texts
        assert [text for text in told if text.startswith(f"{name}: 0.")]
        assert [ax for ax in apart if ax.get_title().startswith(f"{name}\n0.")]
    assert found.get_title().get_text().startswith("_$\\q$: AUROC [95% CI]")
    saved(forest, tmp_path / "gaps.png")
    saved(curves, tmp_path / "roc.png")
    saved(apart[0], tmp_path / "panels.png")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("grain", [1, 1000])
def test_the_area_under_every_curve_is_the_reported_auroc(grain: float, weighted: bool) -> None:
    given = rows(grain)
    if weighted:
        given["sample_weight"] = np.random.default_rng(1).uniform(0.1, 3, ROWS)
    report = subgroup_auroc(**given)
    drawn = roc_lines(plot_roc(**given, attribute="ethnicity", ax=empty()))
    assert set(drawn) == {ALL, "black", "perfect", "south_asian", "white"}
    for name, line in drawn.items():
        entry = report["overall"] if name == ALL else report["groups"]["ethnicity"][name]
        assert area(line) == pytest.approx(entry["auroc"], abs=1e-12)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=60))
@settings(max_examples=50)
def test_a_curve_is_exact_and_has_no_point_that_a_straight_line_makes_needless(table: list[tuple[bool, int]]) -> None:
    labels, scores = [label for label, _ in table], [score for _, score in table]
    if len(set(labels)) < 2:
        labels[:2] = [True, False]
    ax = plot_roc(
        references=labels,
        scores=scores,
        groups={"g": ["x"] * len(table)},
        attribute="g",
        resamples=40,
        min_group_size=0,
    )
    line = roc_lines(ax)["x"]
    x, y = x_of(line), y_of(line)
    false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
    expected = set(zip(false.tolist(), true.tolist(), strict=True))
    assert set(zip(x.tolist(), y.tolist(), strict=True)) <= expected
    assert [x[0], y[0], x[-1], y[-1]] == [0, 0, 1, 1]
    assert np.interp(false + true, x + y, x) == pytest.approx(false)
    assert np.interp(false + true, x + y, y) == pytest.approx(true)
    turns = np.diff(x)[:-1] * np.diff(y)[1:] - np.diff(x)[1:] * np.diff(y)[:-1]
    assert (np.abs(turns) > 1e-9).all()


def test_very_many_rows_are_drawn_with_few_points_with_the_same_area_and_hardly_moved() -> None:
    generator = np.random.default_rng(0)
    labels = generator.random(200_000) < 0.3
    scores = labels + generator.normal(size=200_000)
    given: dict[str, Any] = {"references": labels, "scores": scores, "groups": {"g": np.zeros(200_000, int)}}
    line = roc_lines(plot_roc(**given, attribute="g", resamples=40))["0"]
    x, y = x_of(line), y_of(line)
    false, true, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert len(x) <= 4001 < len(false)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= 0).all()
    assert area(line) == pytest.approx(subgroup_auroc(**given)["overall"]["auroc"], abs=1e-12)
    for exact, drawn in ((false, x), (true, y)):
        assert np.abs(np.interp(false + true, x + y, drawn) - exact).max() <= 0.001


@pytest.mark.parametrize(
    "options", [{}, {"clusters": np.arange(ROWS) // 3}, {"sample_weight": np.arange(ROWS) % 3 + 1}]
)
def test_a_band_holds_the_true_positive_rates_of_the_resamples(options: dict[str, Any]) -> None:
    given = rows(3)
    ax = plot_roc(**given, **options, attribute="age", resamples=25, seed=7, confidence=0.8)
    old = np.asarray(given["groups"]["age"]) == "old"
    weights = options.get("sample_weight", np.ones(ROWS))
    found = []
    for counts in bootstrap.draw(given["references"], options.get("clusters"), 25, 7):
        inside = old & (counts > 0)
        false, true, _ = roc_curve(
            given["references"][inside], given["scores"][inside], sample_weight=(counts * weights)[inside]
        )
        found.append([rate_at(x, false, true) for x in band(ax, 0)[0]])
    grid, low, high = band(ax, 0)
    assert len(grid) == 201
    assert low == pytest.approx(np.quantile(found, 0.1, axis=0))
    assert high == pytest.approx(np.quantile(found, 0.9, axis=0))


def rate_at(wanted: float, false: Numbers, true: Numbers) -> float:
    """The true positive rate where the curve meets a false positive rate; the highest where it rises there."""
    reached = np.flatnonzero(false <= wanted + 1e-12)[-1]
    if reached == len(false) - 1:
        return 1.0
    share = (wanted - false[reached]) / (false[reached + 1] - false[reached])
    return float(true[reached] + max(share, 0) * (true[reached + 1] - true[reached]))


def test_a_band_lies_around_its_curve_and_follows_the_seed(panels: list[Axes]) -> None:
    for ax in panels:
        grid, low, high = band(ax, 0)
        x, y = x_of(ax.lines[-1]), y_of(ax.lines[-1])
        heights = np.array([rate_at(rate, x, y) for rate in grid])
        assert np.mean((low <= heights) & (heights <= high)) > 0.9
    again, other = (plot_roc(**rows(), attribute="ethnicity", resamples=40, seed=seed) for seed in (0, 1))
    assert (band(again, 0)[1] == band(panels[0], 0)[1]).all()
    assert (band(other, 0)[1] != band(panels[0], 0)[1]).any()


def test_more_than_two_groups_have_a_panel_each_with_the_others_in_grey(panels: list[Axes]) -> None:
    entries = subgroup_auroc(**rows())["groups"]["ethnicity"]
    drawn = [name for name, entry in entries.items() if entry["auroc"] is not None]
    assert [ax.get_title().split("\n")[0] for ax in panels] == drawn
    for name, ax in zip(drawn, panels, strict=True):
        _, *others, overall, own = ax.lines
        assert area(own) == pytest.approx(entries[name]["auroc"])
        assert area(overall) == pytest.approx(subgroup_auroc(**rows())["overall"]["auroc"])
        assert sorted(map(area, others)) == pytest.approx(
            sorted(entries[other]["auroc"] for other in drawn if other != name)
        )
        assert len({to_hex(line.get_color()) for line in others}) == 1
        assert len({to_hex(line.get_color()) for line in (others[0], overall, own)}) == 3
    title, band_told, all_told, *rest = told_below(panels)
    assert title == "ethnicity: AUROC [95% CI]"
    assert band_told == "the group, and its pointwise 95% band"
    assert all_told.startswith(f"{ALL}: 0.")
    assert rest == ["the other groups", "one class: only positive rows", "tiny: fewer rows than min_group_size, 10"]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 12])
def test_any_number_of_groups_is_drawn_without_overlap(count: int, tmp_path: Path) -> None:
    labels, scores = np.arange(240) % 2, np.random.default_rng(0).normal(size=240)
    groups = {"g": np.arange(240) // 2 % count}
    ax = plot_roc(references=labels, scores=scores, groups=groups, attribute="g", resamples=40)
    saved(ax, tmp_path / "roc.png")
    found = all_of(ax)
    assert len(found) == (count if count > 2 else 1)
    boxes = [box for box in (each.get_tightbbox() for each in found) if box is not None]
    assert not any(one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[:index])
    for each in found:
        assert each.get_window_extent().width == pytest.approx(each.get_window_extent().height)
        assert each.get_window_extent().width > 120


def test_together_only_up_to_two_groups_have_bands_and_the_title_says_which(curves: Axes) -> None:
    assert not curves.collections
    legend = plot_roc(**rows(), attribute="age", resamples=40, confidence=0.9).get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "age: AUROC [90% CI]; pointwise 90% bands of groups"
    bare = curves.get_legend()
    assert bare is not None
    assert bare.get_title().get_text() == "ethnicity: AUROC [95% CI]"


def test_a_group_that_many_resamples_leave_without_a_class_has_no_band() -> None:
    labels = np.arange(300) % 2 == 1
    groups = np.where(np.arange(300) < 20, "few", "many")
    labels[:20] = False
    labels[0] = True
    given: dict[str, Any] = {
        "references": labels,
        "scores": np.random.default_rng(0).normal(size=300),
        "groups": {"g": groups},
    }
    ax = plot_roc(**given, attribute="g", resamples=100)
    assert set(roc_lines(ax)) == {ALL, "few", "many"}
    assert not ax.collections[0].get_paths()
    assert np.isfinite(band(ax, 1)[1]).all()


@pytest.mark.parametrize("interval", ["delong", "bootstrap"])
def test_the_legend_has_the_reports_numbers_and_the_reasons_of_those_left_out(interval: str) -> None:
    options: dict[str, Any] = {"interval": interval, "resamples": 60, "seed": 2, "confidence": 0.9}
    report = subgroup_auroc(**rows(), **options)
    told = legend(plot_roc(**rows(), **options, attribute="ethnicity", ax=empty()))
    assert list(told) == [ALL, *report["groups"]["ethnicity"]]
    white = report["groups"]["ethnicity"]["white"]
    assert told["white"] == f"{white['auroc']:.3f} [{white['interval']['low']:.3f}, {white['interval']['high']:.3f}]"
    assert told["perfect"] == "1.000, no interval"
    assert told["one class"] == "only positive rows"
    assert told["tiny"] == "fewer rows than min_group_size, 10"


def test_curves_differ_in_style_and_in_colour(curves: Axes) -> None:
    drawn = list(roc_lines(curves).values())
    assert len({to_hex(line.get_color()) for line in drawn}) == len(drawn)
    assert len({(line.get_linestyle(), str(line._dash_pattern)) for line in drawn}) == len(drawn)
    diagonal = curves.lines[0]
    assert x_of(diagonal).tolist() == y_of(diagonal).tolist() == [0, 1]


def test_columns_name_weights_and_clusters_and_records_serve_as_groups() -> None:
    given = rows()
    columns = {"age": given["groups"]["age"], "person": np.arange(ROWS) // 2, "weight": np.arange(ROWS) % 2 + 1.0}
    options: dict[str, Any] = {"clusters": "person", "sample_weight": "weight"}
    by_column = plot_roc(**{**given, "groups": columns}, **options, attribute="age", resamples=40)
    records = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    by_record = plot_roc(**{**given, "groups": records}, **options, attribute="age", resamples=40)
    report = subgroup_auroc(**{**given, "groups": columns}, **options)
    assert legend(by_column) == legend(by_record)
    assert legend(by_column)["old"].startswith(f"{report['groups']['age']['old']['auroc']:.3f} [")
    assert (band(by_column, 1)[1] == band(by_record, 1)[1]).all()


def test_input_that_cannot_be_used_is_refused() -> None:
    with pytest.raises(InputError, match="which groups does not have; it has ethnicity, age"):
        plot_roc(**rows(), attribute="gender")
    with pytest.raises(InputError, match="confidence is 2"):
        plot_roc(**rows(), attribute="age", confidence=2)


COPIED = """
import sys
from elsewhere.compute import subgroup_auroc
from elsewhere.plots import plot_roc
assert "matplotlib" not in sys.modules and "pandas" not in sys.modules
given = {"references": [0, 1] * 40, "scores": list(range(80)), "groups": {"age": ["old", "old", "young", "young"] * 20}}
subgroup_auroc(**given).plot_gaps().figure.savefig("gaps.png")
plot_roc(**given, attribute="age", resamples=40).figure.savefig("roc.png")
assert "matplotlib.pyplot" not in sys.modules
assert not [name for name in sys.modules if name.startswith("synpain_hf")]
"""


def test_a_copy_of_the_folder_draws_alone_lazily_and_without_pyplot(tmp_path: Path) -> None:
    modules = [path for path in METRIC.glob("*.py") if path.name not in ("subgroup_auroc.py", "app.py")]
    (tmp_path / "elsewhere").mkdir()
    for path in modules:
        shutil.copy(path, tmp_path / "elsewhere")
    subprocess.run([sys.executable, "-W", "error", "-c", COPIED], cwd=tmp_path, check=True)
    assert (tmp_path / "gaps.png").stat().st_size
    assert (tmp_path / "roc.png").stat().st_size


WITHOUT = """
import sys
sys.modules["matplotlib"] = None  # as if it were not installed
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.plots import plot_roc
given = {"references": [0, 1] * 40, "scores": list(range(80)), "groups": {"age": ["old", "old", "young", "young"] * 20}}
report = subgroup_auroc(**given)
for draw in (report.plot_gaps, lambda: plot_roc(**given, attribute="age", resamples=40)):
    try:
        draw()
    except ImportError as error:
        print(error)
"""


def test_without_matplotlib_both_say_what_to_install() -> None:
    told = subprocess.check_output([sys.executable, "-c", WITHOUT], text=True)
    assert told.splitlines() == ["pictures need matplotlib; install it with: pip install matplotlib"] * 2


@pytest.mark.slow
def test_the_example_prints_the_table_and_writes_both_pictures(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(EXAMPLE), "--out", str(tmp_path / "pictures")]
    told = subprocess.check_output(command, cwd=tmp_path, env={**os.environ, "MPLBACKEND": "agg"}, text=True)
    assert "| language | German | Finnish |" in told
    written = sorted((tmp_path / "pictures").iterdir())
    assert [path.name for path in written] == ["subgroup_gaps.png", "subgroup_roc.png"]
    assert all(5_000 < path.stat().st_size < 150_000 for path in written)
