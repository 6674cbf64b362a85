"""A page that computes the metric on a table, pasted or uploaded; it runs where this folder is a Space's root."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import fields
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Any

import evaluate
import gradio as gr
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

MOST_BYTES, MOST_ROWS = 2_000_000, 20_000
MOST_ATTRIBUTES, MOST_GROUPS, MOST_CROSSED = 10, 50, 500
"""Attributes, groups of one of them, and groups of all intersections together."""
RESAMPLES = 500

GUESSES = {
    "label": ("label", "reference", "target", "class", "y"),
    "score": ("score", "prediction", "probability", "prob"),
    "clusters": ("person", "subject", "patient", "identity"),
}
"""What columns are usually called."""

INTRODUCTION = f"""
# AUROC by group

How well do a model's scores tell two classes apart in every group of the data, how sure is that, and how far do the
groups lie apart? Paste or upload a table of predictions, one row each: the label, the score (higher for positive), and
any attributes. At most {MOST_ROWS:,} rows and {MOST_BYTES // 1_000_000} MB.
"""

STYLE = "#tables {overflow-x: auto} #tables :is(td, th) {white-space: nowrap; padding: 0.3em 0.6em}"

metric = evaluate.load(str(Path(__file__).with_name("subgroup_auroc.py")))
INTERVALS = next(list(option.metadata["choices"]) for option in fields(metric.Options) if option.name == "interval")


def example() -> str:
    """Made-up predictions as CSV: 120 people with two rows each, scored better when young."""
    draw = np.random.default_rng(3)
    rows = ["person,label,score,age_group,gender"]
    for person in range(120):
        age, gender = draw.choice(["young", "old"]), draw.choice(["man", "woman"])
        strength = 2.2 if age == "young" else 0.9
        for label, centre in (("no_pain", -strength / 2), ("pain", strength / 2)):
            score = 1 / (1 + np.exp(-draw.normal(centre, 1)))
            rows.append(f"p{person:03},{label},{score:.3f},{age},{gender}")
    return "\n".join(rows) + "\n"


def read(file: str | None, text: str) -> pd.DataFrame:
    """The table, every cell a text, and missing where it is empty.

    Args:
        file: The path of an uploaded file, which goes before the text.
        text: What was pasted.

    Raises:
        gradio.Error: If it is too large, or not a table.
    """
    given = Path(file).read_bytes() if file else text.encode()
    if len(given) > MOST_BYTES:
        raise _error(f"the table has {len(given):,} bytes; give at most {MOST_BYTES:,}")
    first_line = given.partition(b"\n")[0].decode("latin-1")
    separator = max(",;\t", key=first_line.count)
    try:
        table = pd.read_csv(
            io.BytesIO(given), sep=separator, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig"
        )
    except ValueError as error:
        message = f"this is not a CSV table in UTF-8: {error}; give a header line, then one row per prediction"
        raise _error(message) from None
    if len(table) > MOST_ROWS:
        raise _error(f"the table has {len(table):,} rows; give at most {MOST_ROWS:,}")
    return table


def columns(file: str | None, text: str) -> list[Any]:
    """What can be chosen in a table: label, score, attributes, clusters; with a guess at each."""
    table = read(file, text)
    names = list(table.columns)
    guess = {what: next((name for name in names if name.lower() in usual), None) for what, usual in GUESSES.items()}
    rest = [name for name in names if name not in guess.values()]
    few = [name for name in rest if table[name].nunique() <= MOST_GROUPS // 5]
    return [
        gr.update(choices=names, value=guess["label"]),
        gr.update(choices=names, value=guess["score"]),
        gr.update(choices=names, value=few),
        gr.update(choices=["", *names], value=guess["clusters"] or ""),
        classes(file, text, guess["label"]),
    ]


def classes(file: str | None, text: str, label: str | None) -> Any:
    """The values of the label, of which the last one is taken for positive."""
    table = read(file, text)
    found = sorted(table[label].dropna().unique()) if label in table else []
    return gr.update(choices=found[:MOST_GROUPS], value=found[-1] if found else None)


def report(
    file: str | None,
    text: str,
    label: str | None,
    positive: str | None,
    score: str | None,
    groups: Sequence[str] | None,
    clusters: str | None,
    depth: float,
    interval: str,
    confidence: float,
    min_group_size: float,
    threshold: str | None,
) -> tuple[str, Figure, Figure | None, str]:
    """The metric of a table.

    Args:
        file: The path of an uploaded CSV file, which goes before the text.
        text: CSV.
        label: The column of labels.
        positive: The positive label.
        score: The column of scores.
        groups: The columns of attributes.
        clusters: The column of what rows belong to; empty for none.
        depth: As in the metric's options, like the others.
        interval: One of `INTERVALS`.
        confidence: Of the intervals.
        min_group_size: Of the smallest group that is measured.
        threshold: Of F1, as text; empty for no F1.

    Returns:
        The tables in Markdown, the forest plot, the ROC curves of the first attribute, and the report as JSON.
    """
    table, chosen = read(file, text), list(groups or [])
    needed: dict[str, list[Any]] = {
        "label": [label],
        "score": [score],
        "groups": chosen,
        "clusters": [clusters] if clusters else [],
    }
    for what, names in needed.items():
        if not set(names) <= set(table):
            raise _error(f"choose the column of the {what}; the table has {', '.join(table.columns)}")
    _bound(table, chosen, int(depth))
    given: dict[str, Any] = {
        "references": table[label].tolist(),
        "scores": table[score].tolist(),
        "groups": table,
        "positive": positive,
        "clusters": clusters or None,
        "interval": interval,
        "confidence": confidence,
        "resamples": RESAMPLES,
        "min_group_size": int(min_group_size),
    }
    cut = _number(threshold)
    try:
        found = metric.compute(**given, attributes=chosen, depth=int(depth), threshold=cut)
        curves = metric.plot_roc(**given, attribute=chosen[0]).figure if chosen else None
    except ValueError as error:
        raise _error(str(error)) from None
    forest = metric.plot_gaps(found, attributes=[*found["groups"], *found["intersections"]]).figure
    return found.to_markdown(), forest, curves, json.dumps(found, indent=2, ensure_ascii=False)


def _bound(table: pd.DataFrame, groups: Sequence[str], depth: int) -> None:
    """Refuse what would take the page too long."""
    counts = {name: table[name].nunique(dropna=False) for name in groups}
    for name, count in counts.items():
        if count > MOST_GROUPS:
            raise _error(f"the column {name} has {count:,} values; choose groups of at most {MOST_GROUPS}")
    if len(groups) > MOST_ATTRIBUTES:
        raise _error(f"{len(groups)} attributes are chosen; choose at most {MOST_ATTRIBUTES}")
    crossed = sum(prod(sizes) for size in range(2, depth + 1) for sizes in combinations(counts.values(), size))
    if crossed > MOST_CROSSED:
        raise _error(f"{crossed:,} groups would be crossed; choose fewer attributes, or a lower depth")


def _number(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise _error(f"the threshold of F1 is {text!r}; give a number, or leave it empty") from None


def _error(message: str) -> gr.Error:
    return gr.Error(message[0].upper() + message[1:] + ".", duration=None, print_exception=False)


def _choice(**arguments: Any) -> gr.Dropdown:
    return gr.Dropdown(allow_custom_value=True, **arguments)  # what there is to choose follows from the table


def page() -> gr.Blocks:
    """The page; it opens with the example and its report."""
    usual = metric.Options()
    with gr.Blocks(title="AUROC by group", analytics_enabled=False, fill_width=True) as blocks:
        gr.Markdown(INTRODUCTION)
        with gr.Row():
            with gr.Column(scale=1, min_width=360):
                text = gr.Textbox(
                    example(), label="CSV, with a header line (here: made-up predictions)", lines=8, max_lines=8
                )
                file = gr.File(
                    label="… or a file, which goes before the text", file_types=[".csv", ".tsv", ".txt"], height=160
                )
                with gr.Row():
                    label = _choice(label="Label", info="Two values", min_width=120)
                    positive = _choice(label="Positive label", info="One of them", min_width=120)
                    score = _choice(label="Score", info="Higher for positive", min_width=120)
                groups = _choice(label="Attributes", info="Whose groups are compared", multiselect=True)
                clusters = _choice(
                    label="Clusters", info="Rows with the same value depend on each other, such as those of one person"
                )
                with gr.Accordion("Options", open=False):
                    depth = gr.Radio(
                        [1, 2, 3], value=usual.depth, label="Depth", info="2 crosses pairs of attributes, too"
                    )
                    interval = gr.Radio(INTERVALS, value=usual.interval, label="Intervals")
                    confidence = gr.Slider(0.5, 0.99, value=usual.confidence, step=0.01, label="Confidence")
                    min_group_size = gr.Number(usual.min_group_size, precision=0, minimum=0, label="Smallest group")
                    threshold = gr.Textbox(
                        label="Threshold of F1", info="A score of at least this is positive; empty for no F1"
                    )
                button = gr.Button("Compute", variant="primary")
            with gr.Column(scale=2, min_width=480):
                with gr.Tab("Tables"):
                    tables = gr.Markdown(elem_id="tables")
                with gr.Tab("Forest plot"):
                    forest = gr.Plot(show_label=False, format="png")
                with gr.Tab("ROC curves"):
                    curves = gr.Plot(label="Of the first attribute", format="png")
                with gr.Tab("JSON"):
                    document = gr.Code(language="json", show_label=False, max_lines=30)
        table = [file, text]
        chosen = [label, score, groups, clusters, positive]
        given = [*table, label, positive, score, groups, clusters, depth, interval, confidence, min_group_size]
        asked = {"fn": report, "inputs": [*given, threshold], "outputs": [tables, forest, curves, document]}
        button.click(**asked, api_name="report")
        blocks.load(columns, table, chosen, api_name=False).then(**asked, api_name=False)
        gr.on([file.change, text.blur], columns, table, chosen, api_name="columns")
        label.input(classes, [*table, label], positive, api_name=False)
    return blocks


if __name__ == "__main__":
    page().launch(max_file_size=MOST_BYTES, show_error=True, css=STYLE)
