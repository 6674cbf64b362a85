"""`Run`: a scenario with its pairs, checked so that no person is on both sides of it, and where its results are kept.

RUNS/trained/DIGEST/            a model, as `train` leaves it
RUNS/trained/DIGEST.log         what was told while it was trained
RUNS/judged/DIGEST.parquet      what it says of the validation and the test pairs
RUNS/drawn/DIGEST/              demo faces that were drawn for an experiment

Names are digests of data, model and options, so that experiments share what is the same. The folder may be removed at
any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.experiments.choosing import held_out, of_groups, part_of, shown_faces
from synpain_hf.experiments.definition import Faces
from synpain_hf.experiments.request import Request, digest_of, model_record
from synpain_hf.experiments.scenario import Scenario
from synpain_hf.experiments.sets import OpenedSet
from synpain_hf.text.plurals import first_few
from synpain_hf.training.data.pairs import Pairs, identities_in
from synpain_hf.training.data.several import TEST, TRAIN, TrainingSet, Units, join, units_across
from synpain_hf.training.layout import RESULT
from synpain_hf.training.options import ModelArguments
from synpain_hf.vocabulary import CLASSES

VALIDATION = "validation"


class NotPossibleError(Exception):
    """A scenario that the pairs do not allow; the message says why."""


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
    also: Sequence[TrainingSet]
    model: ModelArguments
    weights: str
    options: Mapping[str, Any]

    @cached_property
    def digest(self) -> str:
        """Its name: whatever changes the model changes it."""
        beside = [{"pairs": _pairs_of(one).digest(), "weight": one.weight} for one in self.also]
        model = model_record(self.model, self.weights)
        return digest_of({"pairs": self.pairs.digest(), "also": beside, "model": model, "options": self.options})[:32]

    @property
    def drawn(self) -> int:
        """How many pairs an epoch has."""
        beside = sum(round(one.weight * len(_pairs_of(one).positions(TRAIN))) for one in self.also)
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
    """

    scenario: Scenario
    training: Training | None
    model: str
    weights: str
    judged: Sequence[Pairs]
    tested: str

    @cached_property
    def digest(self) -> str:
        """Its name: whatever changes the scores changes it."""
        by = self.weights if self.training is None else self.training.digest
        return digest_of({"by": by, "judged": [one.digest() for one in self.judged]})[:32]


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


def bind(scenario: Scenario, sets: Mapping[str, OpenedSet], request: Request, weights: str) -> Run:
    """Give a scenario its pairs.

    Args:
        scenario: The scenario.
        sets: The data sets, by role.
        request: What is asked for.
        weights: What tells the weights of the model from others.

    Raises:
        NotPossibleError: If a split has no pairs, or of one class only.
        BadInputError: If a person is on both sides of a split.
    """
    tested = sets[scenario.test]
    judged_at = held_out(tested.pairs, scenario.turn)[TEST]
    if not scenario.trains:
        judged = replace(tested.pairs, splits={TEST: judged_at})
        shown = replace(judged, shown=shown_faces(judged, [TEST], scenario.test_faces, scenario.seed))
        return Run(scenario, None, request.model.model, weights, [shown], tested.name)
    pairs = sets[scenario.data].pairs
    splits = held_out(pairs, scenario.turn)
    found = {name: of_groups(pairs, splits.get(name, np.array([], np.int64)), scenario.groups) for name in _LEARNED}
    if scenario.share is not None:
        fewer = of_groups(pairs, found[TRAIN], scenario.share.groups)
        kept = part_of(pairs, fewer, scenario.share.of, scenario.seed)
        found[TRAIN] = np.sort(np.concatenate([np.setdiff1d(found[TRAIN], fewer), kept]))
    if scenario.amount is not None:
        found[TRAIN] = part_of(pairs, found[TRAIN], scenario.amount, scenario.seed)
    _check_classes(pairs, found)
    is_same = tested.pairs is pairs
    whole = replace(pairs, splits={**found, **({TEST: judged_at} if is_same else {})})
    apart = replace(tested.pairs, splits={TEST: judged_at})
    also = _beside(scenario, sets, whole)
    _check_persons(sets, scenario, whole, also, apart)
    training = Training(
        _shown(whole, _LEARNED, scenario.faces, scenario),
        also,
        request.model_of(scenario.model),
        weights,
        {**request.training_options(), "seed": scenario.seed},
    )
    seen = scenario.test_faces
    if is_same:
        judged_sets = [_shown(whole, (VALIDATION, TEST), seen, scenario)]
    else:
        judged_sets = [_shown(whole, (VALIDATION,), seen, scenario), _shown(apart, (TEST,), seen, scenario)]
    return Run(scenario, training, request.model.model, weights, judged_sets, tested.name)


_LEARNED = (TRAIN, VALIDATION)


def _shown(pairs: Pairs, splits: Sequence[str], faces: Faces, scenario: Scenario) -> Pairs:
    """Some splits of pairs, with the faces that a model sees."""
    shown = shown_faces(pairs, splits, faces, scenario.seed)
    return replace(pairs, splits={name: pairs.positions(name) for name in splits}, shown=shown)


def _check_classes(pairs: Pairs, splits: Mapping[str, Any]) -> None:
    labels = pairs.table["label"].to_numpy()
    for name, positions in splits.items():
        found = sorted({CLASSES["label"][label] for label in labels[positions]})
        if len(found) < len(CLASSES["label"]):
            raise NotPossibleError(f"{name} has {f'only {found[0]} pairs' if found else 'no pairs'}")


def _beside(scenario: Scenario, sets: Mapping[str, OpenedSet], whole: Pairs) -> list[TrainingSet]:
    """What is trained on beside, without the persons who choose or test the model."""
    if scenario.add is None:
        return []
    other = sets[scenario.add.data].pairs
    chosen = of_groups(other, np.arange(other.table.num_rows), scenario.add.groups)
    if not len(chosen):
        raise NotPossibleError(f"{other.title} has no such pairs to add")
    asked = TrainingSet(replace(other, splits={TRAIN: chosen}), "all", weight=scenario.add.weight)
    try:
        (joined,) = join(whole, [(_pairs_of(asked), asked)])
    except UsageError as error:
        raise NotPossibleError(str(error)) from error
    return [replace(asked, dataset=_shown(joined.pairs, (TRAIN,), scenario.faces, scenario))]


def _check_persons(
    sets: Mapping[str, OpenedSet], scenario: Scenario, whole: Pairs, also: Sequence[TrainingSet], apart: Pairs
) -> None:
    """Refuse a run that would learn from a person whom it judges, in whichever data sets.

    Within `whole`, that is refused already.

    Raises:
        BadInputError: If it would.
    """
    beside = [_pairs_of(one) for one in also]
    units = units_across([whole, *beside, apart] if TEST not in whole.splits else [whole, *beside])
    tested, own = (whole, units[0]) if TEST in whole.splits else (apart, units[-1])
    added = {unit for one, shown in zip(beside, units[1:], strict=False) for unit in shown[one.positions(TRAIN)]}
    chosen_by = set(units[0][whole.positions(VALIDATION)])
    learned = {*units[0][whole.positions(TRAIN)], *added}
    crossing = {
        *_who(whole, VALIDATION, units[0], added),
        *_who(tested, TEST, own, learned | chosen_by),
    }
    if sets[scenario.data].drawn_with == sets[scenario.test].drawn_with is not None:
        names = {*_persons(whole, TRAIN), *_persons(whole, VALIDATION)}
        crossing |= names.intersection(_persons(tested, TEST))
    if crossing:
        reason = f"would learn from persons whom it is judged on: {first_few(sorted(crossing))}"
        raise BadInputError([Problem(whole.title, f"{scenario} {reason}; keep each person in one fold")])


def _who(pairs: Pairs, split: str, units: Units, others: set[str]) -> Iterator[str]:
    """The persons of a split who are of some units."""
    for name, unit in zip(_persons(pairs, split), units[pairs.positions(split)].tolist(), strict=True):
        if unit in others:
            yield name


def _persons(pairs: Pairs, split: str) -> list[str]:
    names = identities_in(pairs.table)
    return [names[place] for place in pairs.positions(split).tolist()]


def _pairs_of(one: TrainingSet) -> Pairs:
    if not isinstance(one.dataset, Pairs):
        raise TypeError("the data set of a run is not open")
    return one.dataset
