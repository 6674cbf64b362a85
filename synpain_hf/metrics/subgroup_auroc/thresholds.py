"""The rules by which a threshold is chosen on a validation set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arrays import Booleans, Floats

_BEST = ("f1", "youden")
_REACHED = ("sensitivity", "specificity")


def is_rule(given: Any) -> bool:
    """Whether this names a rule: `f1`, `youden`, or a share that is wanted, such as `sensitivity=0.9`."""
    if given in _BEST:
        return True
    name, _, share = str(given).partition("=")
    try:
        return name in _REACHED and 0 < float(share) <= 1
    except ValueError:
        return False


def choose(rule: str, positive: Booleans, scores: Floats) -> float:
    """The threshold that a rule chooses, one of the scores; the highest where several are equally good.

    Args:
        rule: `f1` or `youden` (sensitivity + specificity - 1; Youden, Cancer 1950) for the threshold where that is
            highest; `sensitivity=…` for the highest threshold that reaches it, `specificity=…` for the lowest.
        positive: Shape (rows,): the labels of the validation set, of which some are positive.
        scores: Shape (rows,).

    Returns:
        The threshold; where no score reaches the specificity, one just above the highest.
    """
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    last_of_ties = np.append(np.diff(scores[order]) != 0, True)
    thresholds = scores[order][last_of_ties]
    hits = np.cumsum(positive[order])[last_of_ties]
    alarms = np.cumsum(~positive[order])[last_of_ties]
    sensitivity, specificity = hits / hits[-1], 1 - alarms / max(int(alarms[-1]), 1)
    if rule in _BEST:
        value = 2 * hits / (hits + alarms + hits[-1]) if rule == "f1" else sensitivity + specificity
        return float(thresholds[np.argmax(value)])
    name, _, wanted = rule.partition("=")
    if name == "sensitivity":
        return float(thresholds[np.argmax(sensitivity >= float(wanted))])
    reached = np.flatnonzero(specificity >= float(wanted))
    return float(thresholds[reached[-1]]) if len(reached) else float(np.nextafter(thresholds[0], np.inf))
