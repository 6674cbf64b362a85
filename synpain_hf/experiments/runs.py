"""`Run`: a scenario with its pairs, and where its results are kept.

RUNS/trained/DIGEST/            a model, as `train` leaves it
RUNS/trained/DIGEST.log         what was told while it was trained
RUNS/judged/DIGEST.parquet      what it says of the validation and the test pairs
RUNS/drawn/DIGEST/              demo faces that were drawn for an experiment

Names are digests of data, model and options, so that experiments share what is the same. The folder may be removed at
any time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from synpain_hf.experiments.request import digest_of, model_record
from synpain_hf.experiments.scenario import Scenario
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.several import TRAIN
from synpain_hf.training.layout import RESULT
from synpain_hf.training.options import ModelArguments
from synpain_hf.vocabulary import Unaligned

VALIDATION = "validation"


@dataclass(frozen=True)
class Beside:
    """Pairs that are trained on beside the others.

    Attributes:
        pairs: The pairs, all in the split `train`.
        weight: How often each is drawn in an epoch, on average.
    """

    pairs: Pairs
    weight: float


@dataclass(frozen=True)
class Training:
    """A training with its pairs.

    Attributes:
        pairs: The pairs, with the splits `train` and `validation`.
        also: What is trained on beside.
        model: The model.
        weights: What tells the model's weights from others.
        options: Arguments of `train`, with the seed.
    """

    pairs: Pairs
    also: Sequence[Beside]
    model: ModelArguments
    weights: str
    options: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """Its name: whatever changes the model changes it."""
        beside = [{"pairs": one.pairs.digest(), "weight": one.weight} for one in self.also]
        model = model_record(self.model, self.weights)
        return digest_of({"pairs": self.pairs.digest(), "also": beside, "model": model, "options": self.options})[:32]

    @property
    def drawn(self) -> int:
        """How many pairs an epoch has."""
        beside = sum(round(one.weight * len(one.pairs.positions(TRAIN))) for one in self.also)
        return len(self.pairs.positions(TRAIN)) + beside


@dataclass(frozen=True)
class Run:
    """A scenario with its pairs.

    Attributes:
        scenario: The scenario.
        training: How its model is trained; None where a finished model judges.
        model: That model.
        weights: What tells its weights from others.
        judged: The pairs that are judged, each with the splits of these.
        tested: The data set of the test pairs.
        unaligned: Whether pairs in which no face is found to align are an error, or left out.
    """

    scenario: Scenario
    training: Training | None
    model: str
    weights: str
    judged: Sequence[Pairs]
    tested: str
    unaligned: Unaligned

    @cached_property
    def digest(self) -> str:
        """Its name: whatever changes the scores changes it."""
        by = self.weights if self.training is None else self.training.digest
        judged = [one.digest() for one in self.judged]
        return digest_of({"by": by, "judged": judged, "unaligned": self.unaligned})[:32]

    @property
    def size(self) -> int:
        """How many pairs there are to judge."""
        return sum(len(positions) for one in self.judged for positions in one.splits.values())


@dataclass(frozen=True)
class Store:
    """Where runs are kept.

    Attributes:
        folder: The folder.
    """

    folder: Path

    def model(self, training: Training) -> Path:
        """The folder of a model."""
        return self.folder / "trained" / training.digest

    def judged(self, run: Run) -> Path:
        """The file of what a run's model says."""
        return self.folder / "judged" / f"{run.digest}.parquet"

    def has_model(self, training: Training) -> bool:
        """Whether a model is trained."""
        return (self.model(training) / RESULT).is_file()

    def has(self, run: Run) -> bool:
        """Whether a run is finished."""
        return self.judged(run).is_file()

    @property
    def drawn(self) -> Path:
        """The folder of demo faces."""
        return self.folder / "drawn"
