"""The numbers of docs/annotating.md: what annotators say of real samples, and of drawn faces whose units are known.

    python -m tests.benchmarks.approximations [--sample FOLDER] [--pairs N] [--markdown PATH]

The sample is a folder `SynPain` of real composites. Drawn faces are demo faces, as `synpain-hf demo` draws them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import roc_auc_score

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.annotators.blendshapes import APPROXIMATED
from synpain_hf.annotation.faces import Face
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from tests.annotation.making import rows_of, similarities

Rows = Mapping[Face, Mapping[str, Any]]

_SAMPLE = Path(__file__).parents[3] / "shared" / "synpain-sample" / "SynPain"


def found(release: Release) -> Iterator[str]:
    """How many faces each annotator found, how sure it was, and how good the pictures are."""
    yield "| | found | confidence, least to greatest |"
    yield "|---|--:|--:|"
    for name in ("mediapipe", "sface"):
        rows = rows_of(release, name).values()
        sure = [row["confidence"] for row in rows if row["confidence"] is not None]
        yield f"| {name} | {sum(not row['reason'] for row in rows)} of {len(rows)} | {_range(sure)} |"


def similar(release: Release) -> Iterator[str]:
    """The cosines of embeddings of the same identity, and of others."""
    same, others = similarities(rows_of(release, "sface"))
    auc = roc_auc_score([1] * len(same) + [0] * len(others), same + others)
    yield "| cosine of two faces | comparisons | median | least to greatest |"
    yield "|---|--:|--:|--:|"
    yield f"| of one identity | {len(same):,} | {np.median(same):.2f} | {_range(same)} |"
    yield f"| of two identities | {len(others):,} | {np.median(others):.2f} | {_range(others)} |"
    yield ""
    yield f"AUROC of telling one identity from two: {auc:.3f}"


def scored(release: Release) -> Iterator[str]:
    """The approximate pain score of neutral faces, and of expressive faces with either label."""
    rows = rows_of(release, "mediapipe")
    shown: dict[str, list[float]] = {"neutral": [], "no pain": [], "pain": []}
    rises = []
    for pair_id, label in _labels(release).items():
        neutral, expressive = (rows[pair_id, face]["pspi_approx"] for face in ("neutral", "expressive"))
        shown["neutral"].append(neutral)
        shown["pain" if label else "no pain"].append(expressive)
        rises.append(expressive > neutral)
    yield "| approximate PSPI | faces | mean | least to greatest |"
    yield "|---|--:|--:|--:|"
    for name, values in shown.items():
        yield f"| {name} | {len(values)} | {np.mean(values):.2f} | {_range(values)} |"
    yield ""
    truth = [1] * len(shown["pain"]) + [0] * len(shown["no pain"])
    others = [1] * len(shown["pain"]) + [0] * len(shown["neutral"])
    yield f"higher in the expressive face than in the neutral one: {sum(rises)} of {len(rises)} pairs"
    yield f"AUROC pain against no pain: {roc_auc_score(truth, shown['pain'] + shown['no pain']):.2f}"
    yield f"AUROC pain against neutral: {roc_auc_score(others, shown['pain'] + shown['neutral']):.2f}"


def followed(release: Release) -> Iterator[str]:
    """How approximate units go with those that were drawn."""
    drawn, approximate = rows_of(release, "action_units"), rows_of(release, "mediapipe")
    yield "| unit | Pearson | Spearman | mean drawn | mean approximated |"
    yield "|---|--:|--:|--:|--:|"
    for name in [*(unit for unit in APPROXIMATED if unit in next(iter(drawn.values()))), "pspi"]:
        pairs = np.array([(drawn[face][name], approximate[face][f"{name}_approx"]) for face in drawn], np.float64)
        yield f"| {_titled(name)} | {_pearson(pairs):.2f} | {_spearman(pairs):.2f} | {_means(pairs)} |"


def _pearson(pairs: npt.NDArray[np.float64]) -> float:
    return float(pearsonr(pairs[:, 0], pairs[:, 1]).statistic)


def _spearman(pairs: npt.NDArray[np.float64]) -> float:
    return float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)


def _means(pairs: npt.NDArray[np.float64]) -> str:
    return " | ".join(f"{mean:.2f}" for mean in pairs.mean(axis=0))


def _titled(name: str) -> str:
    return "PSPI" if name == "pspi" else name


def _range(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _labels(release: Release) -> dict[str, int]:
    return {
        row["pair_id"]: row["label"]
        for partition in release.partitions
        for row in release.read(partition.path, ["pair_id", "label"]).to_pylist()
    }


def main() -> None:
    """Annotate, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=Path, default=_SAMPLE, help="a folder SynPain of real composites")
    parser.add_argument("--pairs", type=int, default=200, help="demo pairs (200)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="synpain-approximations-") as temporary:
        folder = Path(temporary)
        drawn = demo(folder / "drawn", pairs=options.pairs).folder
        real = build(options.sample, folder / "real", version="1.0.0").folder
        for title, place in (("Real samples", real), ("Demo faces", drawn)):
            release = annotate(place, list(ANNOTATORS), workers=2).release
            tables = [found, similar, scored, *([followed] if place == drawn else [])]
            lines += [f"## {title}", ""]
            for table in tables:
                lines += [*table(release), ""]
    text = "\n".join(lines)
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
