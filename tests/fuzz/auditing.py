"""Predictions, which are reported on by group."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from synpain_hf.metrics.predictions import evaluate


def audit(given: Path, out: Path) -> str:
    """Report on predictions by all their other columns and all of their intersections, in every form of text."""
    path = given / "predictions.csv"
    groups = [name for name in pd.read_csv(path, nrows=0).columns if name not in ("label", "score")]
    report = evaluate(path, groups=groups, depth=len(groups))
    out.write_text(f"{report.to_text()}\n{report.to_markdown()}\n{report.to_latex()}", encoding="utf-8")
    return "audited"
