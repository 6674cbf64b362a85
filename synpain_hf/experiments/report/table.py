"""`Table`: a table of the report, as numbers and as it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synpain_hf.cards.evidence import NONE, Grid
from synpain_hf.cards.quantities import as_p
from synpain_hf.cards.words import words
from synpain_hf.experiments.report.judged import EVERYBODY, Cohort, Counts
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.statistics.trainings import Mean
from synpain_hf.experiments.statistics.worth import AP, AUROC, F1
from synpain_hf.text.numbers import as_number
from synpain_hf.validation.report.svg import Picture

SE = "SE"
SPREADS = (
    "In brackets: 95% intervals, for other identities and, where there are several trainings, other trainings. SE: the "
    "standard error of the AUROC for other identities, then the one for other trainings."
)
"""How to read a table of values."""

MEASURE_WORDS = {AUROC: "AUROC", AP: "AP", F1: "F1"}


@dataclass(frozen=True)
class Line:
    """A number of a table.

    Attributes:
        what: `value`, `difference`, `growth` (as a share of what it is compared with), `effect`, or
            `effect_on_gap`.
        name: What it is called where that does not follow from the rest, such as the effect of a factor.
        measure: `auroc`, `ap` or `f1`.
        arm: Whose number it is.
        against: With which it is compared; None for a value.
        cohort: The pairs.
        mean: The number with its interval.
        counts: What it was computed from.
        published: The published number; None where there is none.
        p: The p value corrected for all comparisons of the table; None where nothing is compared.
    """

    what: str
    measure: str
    arm: Arm
    cohort: Cohort
    mean: Mean
    counts: Counts
    against: Arm | None = None
    name: str = ""
    published: float | None = None
    p: float | None = None

    @property
    def compares(self) -> bool:
        """Whether it is a difference."""
        return self.what != "value"

    def to_dict(self) -> dict[str, Any]:
        """The line as JSON-ready fields; what is not known is null."""
        mean = self.mean
        has_interval = not np.isnan(mean.low)
        return {
            "what": self.what,
            "name": self.name,
            "measure": self.measure,
            **self.arm.to_dict(),
            "against": None if self.against is None else self.against.to_dict(),
            "attribute": self.cohort.attribute or None,
            "group": self.cohort.group or None,
            "value": _known(mean.value),
            "interval": {"low": mean.low, "high": mean.high} if has_interval else None,
            "reason": mean.reason or None,
            "standard_error": _known(mean.error),
            "of_identities": _known(mean.of_identities),
            "of_trainings": _known(mean.of_trainings),
            "degrees_of_freedom": _known(mean.freedom),
            "p": _known(mean.p) if self.compares else None,
            "p_corrected": None if self.p is None else _known(self.p),
            "models": mean.models,
            "models_left_out": mean.left_out,
            "folds": mean.folds,
            "seeds": mean.seeds,
            "pairs": self.counts.pairs,
            "pairs_with_pain": self.counts.positive,
            "identities": self.counts.identities,
            "published": self.published,
        }


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Attributes:
        name: Of its files.
        kind: As the experiment names it.
        title: Its title.
        lines: Its numbers.
        grids: How they are shown.
        notes: Sentences below it.
        pictures: Its figures, by the names of their files.
    """

    name: str
    kind: str
    title: str
    lines: Sequence[Line]
    grids: Sequence[Grid]
    notes: Sequence[str]
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON-ready fields."""
        return {
            "name": self.name,
            "kind": self.kind,
            "title": self.title,
            "comparisons": sum(line.p is not None for line in self.lines),
            "lines": [line.to_dict() for line in self.lines],
            "notes": list(self.notes),
            "figures": list(self.pictures),
        }


def shown(mean: Mean, *, signed: bool = False, scale: float = 1, digits: int = 3) -> str:
    """A number with its interval: `0.755 (0.731 to 0.778)`.

    Args:
        mean: The number.
        signed: Whether positive ones have a plus.
        scale: What it is multiplied by.
        digits: After the point.
    """
    if np.isnan(mean.value):
        return NONE
    value, low, high = (as_number(scale * each, signed=signed, digits=digits)
                        for each in (mean.value, mean.low, mean.high))  # fmt: skip
    return value if np.isnan(mean.low) else f"{value} ({low} to {high})"


def published_words(line: Line) -> str:
    """The published value of a line."""
    return NONE if line.published is None else as_number(line.published)


def parts_of(mean: Mean, scale: float = 1, digits: int = 3) -> str:
    """The standard errors for other identities and for other trainings: `0.012, 0.004`."""
    parts = (mean.of_identities, mean.of_trainings)
    return ", ".join(NONE if np.isnan(part) else as_number(scale * part, digits=digits) for part in parts)


def p_words(line: Line) -> str:
    """The corrected p value of a line."""
    return NONE if line.p is None else as_p(line.p)


def cohort_words(cohort: Cohort) -> str:
    """What a cohort is called in a table."""
    return "all" if cohort == EVERYBODY else words(cohort.group)


def _known(number: float) -> float | None:
    return None if np.isnan(number) else float(number)
