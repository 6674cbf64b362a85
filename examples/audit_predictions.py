"""Audit a made-up spam filter that is worse on Finnish mail: print how good it is by language, draw two pictures.

python examples/audit_predictions.py --out docs
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.plots import plot_roc


def main() -> None:
    """Make predictions, report on them, write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    out = parser.parse_args().out

    rng = np.random.default_rng(7)
    language = rng.choice(["English", "Finnish", "German", "Latin"], 3000, p=[0.5, 0.2, 0.298, 0.002])
    mail = {"language": language, "client": rng.choice(["phone", "web"], 3000)}
    is_spam = rng.random(3000) < 0.4
    score = rng.normal(size=3000) + np.where(is_spam, np.where(language == "Finnish", 0.8, 1.8), 0)

    report = subgroup_auroc(references=is_spam, scores=score, groups=mail)
    print(report.to_markdown())

    out.mkdir(parents=True, exist_ok=True)
    gaps = report.plot_gaps()
    roc = plot_roc(references=is_spam, scores=score, groups=mail, attribute="language")
    for name, axes in (("subgroup_gaps", gaps), ("subgroup_roc", roc)):
        axes.figure.savefig(out / f"{name}.png", dpi=160)  # type: ignore[union-attr] # a figure, not a part of one


if __name__ == "__main__":
    main()
