"""`bind`: a scenario gets its pairs, checked so that no person is on both sides of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.experiments.choosing import held_out, of_groups, part_of, shown_faces
from synpain_hf.experiments.definition import Faces
from synpain_hf.experiments.request import Request
from synpain_hf.experiments.runs import VALIDATION, Beside, Run, Training
from synpain_hf.experiments.scenario import Scenario
from synpain_hf.experiments.sets import OpenedSet
from synpain_hf.text.plurals import first_few
from synpain_hf.training.data.drawn import check_drawn, check_drawn_by_trained
from synpain_hf.training.data.pairs import Pairs, Positions, identities_in
from synpain_hf.training.data.several import TEST, TRAIN, Persons, TrainingSet, among, join, not_in, persons_across
from synpain_hf.vocabulary import CLASSES

_LEARNED = (TRAIN, VALIDATION)
_NOBODY: Positions = np.array([], np.int64)


class NotPossibleError(Exception):
    """A scenario that the pairs do not allow; the message says why."""


def bind(scenario: Scenario, sets: Mapping[str, OpenedSet], request: Request, weights: str) -> Run:
    """Give a scenario its pairs.

    Args:
        scenario: The scenario.
        sets: The data sets, by role.
        request: What is asked for.
        weights: What tells the weights of the model from others.

    Raises:
        NotPossibleError: If a split has no pairs, or of one class only.
        BadInputError: If a person is on both sides of a split, or was learned by the weights that drew what is added.
    """
    tested = sets[scenario.test]
    apart = replace(tested.pairs, splits={TEST: held_out(tested.pairs, scenario.turn).get(TEST, _NOBODY)})
    if not len(apart.positions(TEST)):
        raise NotPossibleError(f"{TEST} has no pairs")
    if not scenario.trains:
        judged = [_shown(apart, (TEST,), scenario.test_faces, scenario)]
        return Run(scenario, None, request.model.model, weights, judged, tested.name, request.model.unaligned)
    pairs = sets[scenario.data].pairs
    learned = _learned(scenario, pairs)
    whole = replace(pairs, splits={**learned, **apart.splits} if tested.pairs is pairs else learned)
    also = _beside(scenario, sets, whole, apart)
    check_persons(sets, scenario, whole, also, apart)
    options = {**request.training_options(), "seed": scenario.seed}
    model = request.model_of(scenario.model)
    training = Training(_shown(whole, _LEARNED, scenario.faces, scenario), also, model, weights, options)
    places = [(whole, (VALIDATION, TEST))] if TEST in whole.splits else [(whole, (VALIDATION,)), (apart, (TEST,))]
    judged = [_shown(one, splits, scenario.test_faces, scenario) for one, splits in places]
    return Run(scenario, training, request.model.model, weights, judged, tested.name, request.model.unaligned)


def check_persons(
    sets: Mapping[str, OpenedSet], scenario: Scenario, whole: Pairs, also: Sequence[Beside], apart: Pairs
) -> None:
    """Refuse a run that would learn from a person whom it judges, in whichever data sets.

    Within `whole`, that is refused already; and from `also`, such persons have been left out.

    Args:
        sets: The data sets, by role.
        scenario: What is run.
        whole: The pairs that train and choose the model, and those of the test where these are of the same set.
        also: What is trained on beside.
        apart: The pairs of the test.

    Raises:
        BadInputError: If it would.
    """
    beside = [one.pairs for one in also]
    persons = persons_across([whole, *beside, *([] if TEST in whole.splits else [apart])])
    tested, of_tested = (whole, persons[0]) if TEST in whole.splits else (apart, persons[-1])
    added = {one for pairs, of_it in zip(beside, persons[1:], strict=False) for one in among(pairs, of_it, TRAIN)}
    crossing = {
        *_who(whole, VALIDATION, persons[0], added),
        *_who(tested, TEST, of_tested, among(whole, persons[0], TRAIN, VALIDATION) | added),
    }
    if sets[scenario.data].drawn_with == sets[scenario.test].drawn_with is not None:
        names = {*_names(whole, TRAIN), *_names(whole, VALIDATION)}
        crossing |= names.intersection(_names(tested, TEST))
    if crossing:
        reason = f"would learn from persons whom it is judged on: {first_few(sorted(crossing))}"
        raise BadInputError([Problem(whole.title, f"{scenario} {reason}; keep each person in one fold")])


def _learned(scenario: Scenario, pairs: Pairs) -> dict[str, Positions]:
    """What a scenario trains on, and what chooses its model."""
    splits = held_out(pairs, scenario.turn)
    found = {name: of_groups(pairs, splits.get(name, _NOBODY), scenario.groups) for name in _LEARNED}
    if scenario.share is not None:
        fewer = of_groups(pairs, found[TRAIN], scenario.share.groups)
        kept = part_of(pairs, fewer, scenario.share.of, scenario.seed)
        found[TRAIN] = np.sort(np.concatenate([np.setdiff1d(found[TRAIN], fewer), kept]))
    if scenario.amount is not None:
        found[TRAIN] = part_of(pairs, found[TRAIN], scenario.amount, scenario.seed)
    labels = pairs.table["label"].to_numpy()
    for name, positions in found.items():
        classes = sorted({CLASSES["label"][label] for label in labels[positions]})
        if len(classes) < len(CLASSES["label"]):
            raise NotPossibleError(f"{name} has {f'only {classes[0]} pairs' if classes else 'no pairs'}")
    return found


def _shown(pairs: Pairs, splits: Sequence[str], faces: Faces, scenario: Scenario) -> Pairs:
    """Some splits of pairs, with the faces that a model sees."""
    try:
        shown = shown_faces(pairs, splits, faces, scenario.seed)
    except UsageError as error:
        raise NotPossibleError(str(error)) from error
    return replace(pairs, splits={name: pairs.positions(name) for name in splits}, shown=shown)


def _beside(scenario: Scenario, sets: Mapping[str, OpenedSet], whole: Pairs, apart: Pairs) -> list[Beside]:
    """What is trained on beside, without the persons who choose or test the model."""
    if scenario.add is None:
        return []
    other = sets[scenario.add.data].pairs
    chosen = of_groups(other, np.arange(other.table.num_rows), scenario.add.groups)
    if not len(chosen):
        raise NotPossibleError(f"{other.title} has no such pairs to add")
    if scenario.add.drivers == "trained":
        chosen = _driven_by_trained(whole, other, chosen)
    added = replace(other, splits={TRAIN: chosen})
    try:
        (joined,) = join(whole, [(added, TrainingSet(added))])
    except UsageError as error:
        raise NotPossibleError(str(error)) from error
    check_drawn(other, apart, TEST)
    return [Beside(_shown(joined.pairs, (TRAIN,), scenario.faces, scenario), scenario.add.weight)]


def _driven_by_trained(whole: Pairs, other: Pairs, chosen: Positions) -> Positions:
    """Those of some pairs of another set that have nobody's expression but their own, or of persons who are trained on.

    Raises:
        NotPossibleError: If there are none.
        BadInputError: If weights drew them that have learned from others of the set.
    """
    check_drawn_by_trained(other, whole, whole.positions(TRAIN))
    persons, of_other = persons_across([whole, other])
    untrained = set[str]().union(*persons) - among(whole, persons, TRAIN)
    kept = not_in(chosen, of_other, untrained)
    if not len(kept):
        reason = "has the expression of somebody who is not trained on"
        raise NotPossibleError(f"every pair of {other.title} {reason}")
    return kept


def _who(pairs: Pairs, split: str, persons: Sequence[Persons], others: set[str]) -> Iterator[str]:
    """Whom the pairs of a split show, of which somebody is among others."""
    for name, place in zip(_names(pairs, split), pairs.positions(split).tolist(), strict=True):
        if not others.isdisjoint(persons[place]):
            yield name


def _names(pairs: Pairs, split: str) -> list[str]:
    names = identities_in(pairs.table)
    return [names[place] for place in pairs.positions(split).tolist()]
