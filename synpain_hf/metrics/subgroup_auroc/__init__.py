"""AUROC by group, with intervals: an `evaluate` module that also imports as plain Python, and needs nothing else."""

from .arrays import InputError
from .compute import subgroup_auroc
from .forest import plot_gaps
from .plots import plot_roc
from .report import Report

__all__ = ["InputError", "Report", "plot_gaps", "plot_roc", "subgroup_auroc"]
