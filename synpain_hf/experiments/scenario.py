"""`Scenario`: one training and its test as plain data; an experiment is a list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from synpain_hf.configurations import EACH_PERSON, FOLDS
from synpain_hf.experiments.definition import Added, Condition, Definition, Faces, Groups, Share
from synpain_hf.vocabulary import CLASSES

EVERYTHING = "all"


@dataclass(frozen=True)
class Scenario:
    """What is trained on, what chooses the model, and what it is judged on.

    Attributes:
        condition: The condition that it is of.
        trained_on: The groups that are trained on, in words.
        turn: The configuration that holds out: `cv_3`, `loso_IDENTITY`, or `all`, where nothing is trained.
        fold: Its number; None for `all`.
        seed: Draws everything.
        amount: The share of the training pairs that is used; None for all of them.
        data: The data set that is trained on.
        test: The data set that is judged.
        groups: The groups that are trained on, and choose the model.
        share: Groups of which only a part is trained on.
        add: What is trained on beside.
        faces: What the model sees in training.
        test_faces: What it sees when it is judged.
        model: Options of the model that differ from those of the command.
        factors: Its level of each factor.
    """

    condition: str
    trained_on: str
    turn: str
    fold: int | None
    seed: int
    amount: float | None
    data: str
    test: str
    groups: Groups
    share: Share | None
    add: Added | None
    faces: Faces
    test_faces: Faces
    model: Mapping[str, Any] = field(default_factory=dict)
    factors: Mapping[str, str] = field(default_factory=dict)

    @property
    def trains(self) -> bool:
        """Whether a model is trained, rather than given."""
        return self.turn != EVERYTHING

    def to_dict(self) -> dict[str, Any]:
        """The scenario as JSON-ready fields."""
        return asdict(self)

    def __str__(self) -> str:
        """What it is, in words."""
        held_out = self.turn.removeprefix(f"{EACH_PERSON}_").replace("cv_", "fold ")
        words = [
            self.condition,
            *([f"trained on {self.trained_on}"] if self.trained_on not in ("", EVERYTHING) else []),
            *([f"{self.amount:.0%} of the pairs"] if self.amount is not None else []),
            *([held_out, f"seed {self.seed}"] if self.trains else []),
        ]
        return ", ".join(words)


def turns_of(definition: Definition, persons: Sequence[str]) -> list[str]:
    """What is held out in turn, as names of configurations.

    Args:
        definition: The experiment.
        persons: The configurations that hold out one person each.
    """
    if definition.turns == "persons":
        return list(persons)
    return [EVERYTHING] if definition.turns == "none" else [f"cv_{fold}" for fold in range(FOLDS)]


def scenarios(definition: Definition, seeds: Sequence[int], turns: Sequence[str]) -> Iterator[Scenario]:
    """Every training and test of an experiment, whatever pairs there are.

    Args:
        definition: The experiment.
        seeds: The seeds.
        turns: What is held out in turn.
    """
    for seed in seeds if definition.turns != "none" else seeds[:1]:
        for number, turn in enumerate(turns):
            for amount in definition.amounts or (None,):
                for condition in definition.conditions:
                    for trained_on, groups in _trained_on(condition, turn):
                        yield Scenario(
                            condition=condition.name,
                            trained_on=trained_on,
                            turn=turn,
                            fold=None if turn == EVERYTHING else number,
                            seed=seed,
                            amount=amount,
                            data=condition.data,
                            test=condition.test or condition.data,
                            groups=groups,
                            share=condition.share,
                            add=condition.add,
                            faces=condition.faces,
                            test_faces=condition.test_faces,
                            model=condition.model,
                            factors=condition.factors,
                        )


def _trained_on(condition: Condition, turn: str) -> Iterator[tuple[str, Groups]]:
    """The groups of each training of a condition, with what they are called."""
    fixed = condition.groups
    if turn == EVERYTHING:
        yield "", {}
        return
    if not condition.each and not condition.without_each:
        yield ", ".join(word for words in fixed.values() for word in words) or EVERYTHING, fixed
    for column in condition.each:
        for group in CLASSES[column]:
            yield group, {**fixed, column: (group,)}
    for column in condition.without_each:
        for group in CLASSES[column]:
            yield f"without {group}", {**fixed, column: tuple(one for one in CLASSES[column] if one != group)}
