"""AUROC by group, with intervals: an `evaluate` module that also imports as plain Python, and needs nothing else.

Each name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

_HOMES = {
    "InputError": "errors",
    "Options": "options",
    "Report": "report",
    "one_against_the_rest": "multiclass",
    "plot_gaps": "forest",
    "plot_reliability": "reliability",
    "plot_roc": "plots",
    "subgroup_auroc": "compute",
}

__all__ = [
    "InputError",
    "Options",
    "Report",
    "one_against_the_rest",
    "plot_gaps",
    "plot_reliability",
    "plot_roc",
    "subgroup_auroc",
]

if TYPE_CHECKING:
    from .compute import subgroup_auroc
    from .errors import InputError
    from .forest import plot_gaps
    from .multiclass import one_against_the_rest
    from .options import Options
    from .plots import plot_roc
    from .reliability import plot_reliability
    from .report import Report
else:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
