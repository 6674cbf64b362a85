"""`curves`: AUROC against the share of the training pairs, for every condition, and differences from a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synpain_hf.cards.evidence import NONE, Grid
from synpain_hf.experiments.report.comparing import baseline, comparisons, corrected, partners
from synpain_hf.experiments.report.judged import EVERYBODY, Term
from synpain_hf.experiments.report.labels import labels, share_words
from synpain_hf.experiments.report.learning import Point, learning_curves
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.report.result import Question, Result
from synpain_hf.experiments.report.table import SE, SPREADS, Line, Table, p_words, parts_of, shown
from synpain_hf.experiments.statistics.worth import AUROC

NOTE = (
    "Differences are from the baseline with the same share of the pairs. Their intervals know that both were tested on "
    "the same identities."
)


def curves(question: Question, result: Result) -> Table:
    """The table of every condition at every amount.

    Args:
        question: The table as the experiment asks for it; its `baseline` is a condition, the first where none is named.
        result: What was predicted.

    Raises:
        BadInputError: If there is no such condition.
    """
    judged = result.judged
    arms = sorted(judged.predictions.arms, key=lambda arm: 1.0 if arm.amount is None else arm.amount)
    of = baseline(question, judged.predictions.arms)
    values = [
        Line("value", AUROC, arm, EVERYBODY, judged.mean(arm, AUROC), judged.counts(arm, EVERYBODY)) for arm in arms
    ]
    differences = corrected(
        [
            Line(
                what="difference",
                measure=AUROC,
                arm=arm,
                cohort=EVERYBODY,
                mean=judged.sum(AUROC, [Term(1, arm), Term(-1, partner)]),
                counts=judged.counts(arm, EVERYBODY),
                against=partner,
            )
            for arm, partner in partners(arms, of)
            if partner is not None
        ]
    )
    names = dict(zip(arms, labels(arms, without=["amount"]), strict=True))
    by_name: dict[str, list[Line]] = {}
    for arm in judged.predictions.arms:
        by_name.setdefault(names[arm], [])
    for line in values:
        by_name[names[line.arm]].append(line)
    points = {
        name: [Point(1.0 if line.arm.amount is None else line.arm.amount, line.mean) for line in lines]
        for name, lines in by_name.items()
    }
    return Table(
        name=question.name,
        kind=question.kind,
        title=question.title,
        lines=[*values, *differences],
        grids=[_grid(by_name, {line.arm: line for line in differences})],
        notes=[f"Baseline: {of}.", SPREADS, NOTE, comparisons(differences)],
        pictures={question.name: learning_curves(points, question.name)},
    )


def _grid(by_name: Mapping[str, Sequence[Line]], differences: Mapping[Arm, Line]) -> Grid:
    """A row for each condition and amount."""
    rows = []
    for name, lines in by_name.items():
        for line in lines:
            apart = differences.get(line.arm)
            rows.append(
                [
                    name,
                    share_words(line.arm.amount),
                    shown(line.mean),
                    parts_of(line.mean),
                    NONE if apart is None else shown(apart.mean, signed=True),
                    NONE if apart is None else p_words(apart),
                ]
            )
    return Grid(["condition", "share of the pairs", "AUROC", SE, "difference", "p"], rows, 2)
