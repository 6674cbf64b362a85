"""What the report says to one question: numbers, method by method, and why where there are none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from synpain_hf.assessment.lent import LentPair
from synpain_hf.validation.statistics.crossed import mean_of_crossed
from synpain_hf.validation.statistics.estimate import Estimate

UNTOUCHED: Final = "neutral face"
"""What a method is called that leaves the face as it is; no method has a name with a space."""

DRIVERS: Final = "drivers"
"""What the faces of the drivers are called, beside those of methods."""


SOURCE: Final = "source"
"""What knows the units of drivers where nobody had to measure them: of demo faces, how they were drawn."""

_NAMES: Final = ("method", "measure", "of", "against", "by", "n", "identities", "drivers")


@dataclass(frozen=True)
class Row:
    """A number of a method.

    Attributes:
        method: Whose it is: a label, `neutral face` or `drivers`.
        measure: What it is, such as `own`, `error` or `correlation`.
        of: What it is of: a part of the face, an action unit, or empty.
        against: What it is compared with; empty where it is with nothing.
        by: Who measured the faces: the name of a file of annotations, without its ending; empty for pixels.
        n: Of how many faces.
        identities: Of how many identities.
        drivers: Of how many drivers.
        estimate: The number; NaN where there is none.
    """

    method: str
    measure: str
    of: str
    against: str
    by: str
    n: int
    identities: int
    drivers: int
    estimate: Estimate

    @classmethod
    def made(
        cls,
        method: str,
        measure: str,
        pairs: Sequence[LentPair],
        estimate: Estimate,
        *,
        of: str = "",
        against: str = "",
        by: str = "",
    ) -> Row:
        """A number of some pairs."""
        whose, whence = sides(pairs)
        return cls(method, measure, of, against, by, len(pairs), len(set(whose)), len(set(whence)), estimate)

    def to_dict(self) -> dict[str, Any]:
        """As `schemas/transfer_report.schema.json` has it."""
        numbers = {name: getattr(self.estimate, name) for name in ("value", "low", "high")}
        return {
            **{name: getattr(self, name) for name in _NAMES},
            **{name: float(number) if math.isfinite(number) else None for name, number in numbers.items()},
        }


@dataclass(frozen=True)
class Section:
    """What the report says to one question.

    Attributes:
        name: What programs call it.
        title: The question.
        rows: The numbers; none where it could not be answered.
        missing: What could not be looked at, and the remedy, a sentence each.
    """

    name: str
    title: str
    rows: Sequence[Row]
    missing: Sequence[str]

    def to_dict(self) -> dict[str, Any]:
        """As `schemas/transfer_report.schema.json` has it."""
        rows = [row.to_dict() for row in self.rows]
        return {"name": self.name, "title": self.title, "rows": rows, "missing": list(self.missing)}


@dataclass(frozen=True)
class Example:
    """A pair that is to be looked at.

    Attributes:
        method: Who drew it.
        pair_id: The pair.
        reason: Why, in words.
    """

    method: str
    pair_id: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """As `schemas/transfer_report.schema.json` has it."""
        return {"method": self.method, "pair_id": self.pair_id, "reason": self.reason}


def sides(pairs: Sequence[LentPair]) -> tuple[list[str], list[str]]:
    """The identities of some pairs, and their drivers: what their values depend on."""
    return [pair.identity for pair in pairs], [pair.driver for pair in pairs]


def mean_of(values: npt.ArrayLike, pairs: Sequence[LentPair]) -> Estimate:
    """The mean of a value of each pair, for other identities and drivers.

    Args:
        values: Shape (pairs,).
        pairs: The pairs.
    """
    return mean_of_crossed(values, *sides(pairs))


def error_of(values: npt.ArrayLike, pairs: Sequence[LentPair]) -> Estimate:
    """The mean of an error of each pair, likewise; no limit is below 0, since no error is.

    Args:
        values: Shape (pairs,), none below 0.
        pairs: The pairs.
    """
    found = mean_of(values, pairs)
    return Estimate(found.value, float(np.maximum(found.low, 0)), found.high)


def worst(
    method: str, pairs: Sequence[LentPair], values: Sequence[float], reason: Callable[[float], str], most: int
) -> list[Example]:
    """The pairs with the greatest values, the greatest first.

    Args:
        method: Who drew them.
        pairs: The pairs.
        values: How bad each is.
        reason: What is told of a value.
        most: How many are named.
    """
    order = np.argsort(-np.asarray(values), kind="stable")[:most].tolist()
    return [Example(method, pairs[at].pair_id, reason(values[at])) for at in order]
