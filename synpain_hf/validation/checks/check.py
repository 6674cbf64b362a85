"""What a check is, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from synpain_hf.release.release import Release
from synpain_hf.validation.faces import Faces

Outcome = Literal["passed", "warning", "failed", "not made"]
"""`failed` is what would mislead a user of the data; a `warning` is worth knowing."""


@dataclass(frozen=True)
class Found:
    """What a check found.

    Attributes:
        outcome: How it ended.
        told: What was found, a sentence each: cause, then remedy.
        numbers: What was counted or measured, as JSON has it.
    """

    outcome: Outcome
    told: Sequence[str] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One question to a release that needs no model.

    Attributes:
        name: What programs call it.
        title: The question in words.
        make: Answers it.
    """

    name: str
    title: str
    make: Callable[[Release, Faces], Found]


def judged(failures: Sequence[str], warnings: Sequence[str], numbers: Mapping[str, Any]) -> Found:
    """What was found, with the outcome that follows from it.

    Args:
        failures: What would mislead a user.
        warnings: What is worth knowing.
        numbers: What was counted or measured.
    """
    outcome: Outcome = "failed" if failures else "warning" if warnings else "passed"
    return Found(outcome, (*failures, *warnings), numbers)
