"""What one annotator's measurements say to one question: rows of numbers, tests, and what is told of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from synpain_hf.validation.checks.check import Outcome
from synpain_hf.validation.statistics.comparisons import holm
from synpain_hf.validation.statistics.estimate import Estimate

Group = tuple[str, ...]
"""What faces have in common, such as `("black", "pain")`; `("all",)` for every face."""

LEVEL = 0.05
"""Corrected p values below this are told."""


@dataclass(frozen=True)
class Row:
    """A number of a group.

    Attributes:
        group: The group.
        statistic: What the number is: `mean`, `median`, `lower_quartile`, `upper_quartile`, `missing` (a share),
            `share`, `equal_error_rate`, `threshold` or `near_copies`.
        n: Of how many faces, or pairs of faces, or pairs of identities.
        identities: Of how many identities.
        estimate: The number with its interval; NaN limits where there is none.
        published: The number that was published; None where none was.
        band: The band of a quality on the scale of absolute category rating; empty for anything else.
    """

    group: Group
    statistic: str
    n: int
    identities: int
    estimate: Estimate
    published: float | None = None
    band: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As `schemas/validation_report.schema.json` has it."""
        return {
            "group": list(self.group),
            "statistic": self.statistic,
            "n": self.n,
            "identities": self.identities,
            **_limits(self.estimate),
            "published": self.published,
            "band": self.band or None,
        }


@dataclass(frozen=True)
class Comparison:
    """A comparison of groups.

    Attributes:
        groups: The groups that are compared.
        among: The faces among which they are.
        effect: What the effect size is: `superiority`, `d` or `odds_ratio`; empty for several groups.
        estimate: The effect size of the first group against the second.
        p: The probability of a difference like this where there is none.
        published: The effect size that was published.
        corrected: `p`, corrected for the number of tests in the section by Holm's method.
    """

    groups: Sequence[Group]
    among: Group
    effect: str
    estimate: Estimate | None
    p: float
    published: float | None = None
    corrected: float = math.nan

    def to_dict(self) -> dict[str, Any]:
        """As `schemas/validation_report.schema.json` has it."""
        return {
            "groups": [list(group) for group in self.groups],
            "among": list(self.among),
            "effect": self.effect or None,
            **_limits(self.estimate or Estimate(math.nan, math.nan, math.nan)),
            "p": _number(self.p),
            "corrected_p": _number(self.corrected),
            "published": self.published,
        }


@dataclass(frozen=True)
class Section:
    """What one annotator's measurements say to one question.

    Attributes:
        name: What programs call the question.
        title: The question in words.
        measure: The column that was looked at; empty where none was there.
        annotator: Who measured it.
        file: Where that stands in the release.
        outcome: How it ended.
        told: What was found, a sentence each: cause, then remedy.
        rows: The numbers.
        tests: The comparisons.
        histograms: Counts in bins of equal width from -1 to 1, by name.
    """

    name: str
    title: str
    measure: str = ""
    annotator: str = ""
    file: str = ""
    outcome: Outcome = "passed"
    told: Sequence[str] = ()
    rows: Sequence[Row] = ()
    tests: Sequence[Comparison] = ()
    histograms: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As `schemas/validation_report.schema.json` has it."""
        return {
            "name": self.name,
            "title": self.title,
            "measure": self.measure or None,
            "annotator": self.annotator or None,
            "file": self.file or None,
            "outcome": self.outcome,
            "told": list(self.told),
            "rows": [row.to_dict() for row in self.rows],
            "tests": [test.to_dict() for test in self.tests],
            "histograms": {name: list(counts) for name, counts in self.histograms.items()},
        }


def corrected(tests: Sequence[Comparison]) -> list[Comparison]:
    """Tests with p values that are corrected for their number."""
    values = holm([test.p for test in tests])
    return [replace(test, corrected=p) for test, p in zip(tests, values, strict=True)]


def outcome_of(failures: Sequence[str], warnings: Sequence[str]) -> Outcome:
    """The outcome that follows from what is told."""
    return "failed" if failures else "warning" if warnings else "passed"


def _limits(estimate: Estimate) -> dict[str, float | None]:
    return {"value": _number(estimate.value), "low": _number(estimate.low), "high": _number(estimate.high)}


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
