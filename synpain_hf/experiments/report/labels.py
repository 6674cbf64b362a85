"""What arms are called in a table: no more than tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from synpain_hf.cards.words import words
from synpain_hf.experiments.report.predictions import Arm


def share_words(amount: float | None) -> str:
    """A share of the training pairs: `10%`."""
    return "all" if amount is None else f"{100 * amount:g}%"


_PARTS: Mapping[str, Callable[[Arm], str]] = {
    "condition": lambda arm: arm.condition,
    "trained_on": lambda arm: f"trained on {words(arm.trained_on)}" if arm.trained_on else "not trained here",
    "amount": lambda arm: f"{share_words(arm.amount)} of the pairs",
    "factors": lambda arm: ", ".join(f"{words(name)}: {level}" for name, level in arm.factors),
    "model": lambda arm: arm.model,
    "dataset": lambda arm: f"tested on {arm.dataset}",
    "tested_on": lambda arm: f"tested on {words(arm.tested_on)}",
}
"""The words for what an arm is, in the order in which they are said."""


def labels(arms: Sequence[Arm], without: Sequence[str] = ()) -> list[str]:
    """A name for each of some arms: what differs between them.

    Args:
        arms: The arms.
        without: What is said elsewhere, such as `amount` on an axis.
    """
    varied = [name for name in _PARTS if name not in without and len({getattr(arm, name) for arm in arms}) > 1]
    for name, needed in (("factors", "condition"), ("condition", "trained_on")):
        others = [other for other in varied if other != name]
        if needed in others and _distinct(arms, others) == _distinct(arms, varied):
            varied = others
    return [", ".join(_PARTS[name](arm) for name in varied or ["condition"]) for arm in arms]


def _distinct(arms: Sequence[Arm], parts: Sequence[str]) -> int:
    return len({tuple(getattr(arm, part) for part in parts) for arm in arms})
