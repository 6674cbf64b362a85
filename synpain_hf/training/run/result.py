"""What came of a training: the result in its folder, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from synpain_hf.metrics.subgroup_auroc import Report
from synpain_hf.text.plurals import count
from synpain_hf.training.layout import RESULT
from synpain_hf.training.report.evaluation import REPORT
from synpain_hf.training.run.folder import read_json

REPORT_FILE = "report.json"

_IF_ANY = ("also", "unaligned")
"""What stands in a result only where there is something to say."""


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training.

    Attributes:
        out: The model's folder.
        config_name: The configuration that was trained on.
        splits: How many pairs each split has.
        auroc: On the test split; None where there is none, or it has one class only.
        interval: Its 95% confidence interval, `low` and `high`.
        heads: How near PSPI and action units come to what is annotated of the test split, as `judge_heads` gives it.
        validation_auroc: Of the model that was kept; None where there was no validation.
        best_epoch: Whose model it is, where the best was chosen; None for the last.
        epochs: How many there were.
        seconds: What training took, with evaluation after each epoch; where it was interrupted, in all.
        pairs_per_second: Training pairs over these seconds.
        parameters: Of the model.
        device: What it was trained on.
        also: Of each data set beside the first: `title`, `content`, `config_name`, `weight`, `splits` (the pairs that
            were trained on, and that were judged apart), `left_out`, `twice`, and on its test split `auroc` and
            `interval`.
        unaligned: How many pairs of each split were left out, as no face was found to align, in all data sets together;
            empty where none was. `unaligned.csv` names them.
    """

    out: Path
    config_name: str
    splits: Mapping[str, int]
    auroc: float | None
    interval: Mapping[str, float] | None
    heads: Sequence[Mapping[str, Any]]
    validation_auroc: float | None
    best_epoch: float | None
    epochs: float
    seconds: float
    pairs_per_second: float
    parameters: int
    device: str
    also: Sequence[Mapping[str, Any]] = field(default_factory=list)
    unaligned: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, out: Path) -> TrainingResult:
        """The result that a finished training left in its folder.

        Raises:
            UsageError: If it is damaged.
        """
        names = [option.name for option in fields(cls) if option.name not in ("out", *_IF_ANY)]
        found = read_json(out / RESULT, *names)
        return cls(out=out, **{name: found[name] for name in (*names, *_IF_ANY) if name in found})

    @property
    def report(self) -> Report | None:
        """AUROC by group, as `evaluate` gives it; None where there is none."""
        return read_report(self.out) if (self.out / REPORT / REPORT_FILE).is_file() else None

    def summary(self) -> str:
        """How good it is, in a line."""
        tested = with_interval(self.auroc, self.interval)
        chosen = "the last" if self.best_epoch is None else f"epoch {self.best_epoch:.3g}, the best"
        gone = sum(self.unaligned.values())
        lacking = f"; {count(gone, 'pair')} without a face left out" if gone else ""
        took = f"{self.seconds:,.0f} s on {self.device}"
        return f"{tested}; the model is that of {chosen} of {self.epochs:.3g}, {took}{lacking}"

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready fields."""
        return {**asdict(self), "out": str(self.out)}


def read_report(out: Path) -> Report:
    """The report in the folder of a finished training, or of a cross-validation.

    Raises:
        UsageError: If it is damaged.
    """
    return Report(read_json(out / REPORT / REPORT_FILE, "overall", "groups"))


def with_interval(auroc: float | None, interval: Mapping[str, float] | None) -> str:
    """A test AUROC with its 95% confidence interval, in words."""
    if auroc is None:
        return "without a test AUROC"
    return f"test AUROC {auroc:.3f}" + (f" [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else "")
