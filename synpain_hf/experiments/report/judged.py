"""What the models of an experiment are worth, by group: computed once for each arm, and averaged where it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synpain_hf.experiments.report.predictions import Arm, Predictions
from synpain_hf.experiments.statistics.contrast import Part, contrast
from synpain_hf.experiments.statistics.trainings import Mean, Scale, growth, mean
from synpain_hf.experiments.statistics.worth import AUROC, MEASURES, Integers, Worth, worth_by_group
from synpain_hf.vocabulary import CLASSES


@dataclass(frozen=True)
class Cohort:
    """Pairs that are judged together.

    Attributes:
        attribute: The column of the group; empty for all pairs.
        group: The group; empty for all pairs.
    """

    attribute: str = ""
    group: str = ""


EVERYBODY = Cohort()


@dataclass(frozen=True)
class Counts:
    """What a number is of.

    Attributes:
        pairs: How many pairs were tested.
        positive: How many of them show pain.
        identities: How many identities they show.
    """

    pairs: int
    positive: int
    identities: int


@dataclass(frozen=True)
class Term:
    """A term of a sum: what models are worth on a cohort, times a weight."""

    weight: float
    arm: Arm
    cohort: Cohort = EVERYBODY


class Judged:
    """The worth of every model on every cohort.

    Args:
        predictions: What the models said.
    """

    def __init__(self, predictions: Predictions) -> None:
        self.predictions = predictions
        self._found: dict[tuple[Arm, str], Mapping[tuple[str, str], Sequence[Worth]]] = {}

    def cohorts(self, arms: Iterable[Arm]) -> list[Cohort]:
        """All pairs, then every group of which some pair was tested, in the usual order."""
        given = self.predictions
        pairs = np.unique(np.concatenate([given.pair[model.rows] for arm in arms for model in arm.models]))
        found = [EVERYBODY]
        for attribute, codes in given.groups.items():
            there = {given.names[attribute][code] for code in np.unique(codes[pairs]).tolist() if code >= 0}
            usual = [group for group in CLASSES[attribute] if group in there]
            found += [Cohort(attribute, group) for group in (*usual, *sorted(there - set(usual)))]
        return found

    def counts(self, arm: Arm, cohort: Cohort) -> Counts:
        """How many pairs of a cohort were tested."""
        pairs = np.unique(np.concatenate([self.predictions.pair[model.rows] for model in arm.models]))
        mine = pairs[self._codes(cohort.attribute)[pairs] == self._code(cohort)]
        identities = len(np.unique(self.predictions.identity[mine]))
        return Counts(len(mine), int(self.predictions.positive[mine].sum()), identities)

    def fewest_with_pain(self) -> int:
        """How many pairs with pain the model had that was tested on the fewest of them."""
        given = self.predictions
        return min(int(given.positive[given.pair[model.rows]].sum()) for arm in given.arms for model in arm.models)

    def mean(self, arm: Arm, measure: str, cohort: Cohort = EVERYBODY) -> Mean:
        """What the models of an arm are worth on average."""
        return self._mean([Part(1, self._worth(arm, measure, cohort))], "auroc" if measure == AUROC else "share")

    def sum(self, measure: str, terms: Sequence[Term]) -> Mean:
        """A weighted sum of what models are worth, such as a difference; for each fold and seed that all arms have."""
        return self._mean(self._parts(measure, terms), "difference")

    def growth(self, measure: str, arm: Arm, other: Arm, cohort: Cohort = EVERYBODY) -> Mean:
        """By what share an arm is worth more than another one."""
        of = contrast(self._parts(measure, [Term(1, arm, cohort), Term(1, other, cohort)]))
        return growth(of, self.predictions.positive, self.predictions.identity)

    def _parts(self, measure: str, terms: Sequence[Term]) -> list[Part]:
        arms = list(dict.fromkeys(one.arm for one in terms))
        cohorts = list(dict.fromkeys(one.cohort for one in terms))
        return [
            Part(
                one.weight,
                self._worth(one.arm, measure, one.cohort),
                stratum=cohorts.index(one.cohort),
                trained=arms.index(one.arm),
            )
            for one in terms
        ]

    def _mean(self, parts: Sequence[Part], scale: Scale) -> Mean:
        return mean(contrast(parts), self.predictions.positive, self.predictions.identity, scale)

    def _worth(self, arm: Arm, measure: str, cohort: Cohort) -> Sequence[Worth]:
        key = (arm, cohort.attribute)
        if key not in self._found:
            self._found[key] = self._by_group(arm, cohort.attribute)
        return self._found[key].get((measure, cohort.group), ())

    def _by_group(self, arm: Arm, attribute: str) -> Mapping[tuple[str, str], Sequence[Worth]]:
        given, codes = self.predictions, self._codes(attribute)
        names = given.names[attribute] if attribute else [""]
        found: dict[tuple[str, str], list[Worth]] = {}
        for model in arm.models:
            rows = model.rows[codes[given.pair[model.rows]] >= 0]
            pairs = given.pair[rows]
            groups, code = np.unique(codes[pairs], return_inverse=True)
            measured = worth_by_group(given.score[rows], given.positive[pairs], code, given.threshold[rows])
            for number, group in enumerate(groups.tolist()):
                mine = code == number
                for measure in MEASURES:
                    values, adds = measured[measure]
                    one = Worth(model.fold, model.seed, float(values[number]), pairs[mine], adds[mine])
                    found.setdefault((measure, names[group]), []).append(one)
        return found

    def _codes(self, attribute: str) -> Integers:
        """The group of each pair, -1 where it is not known."""
        return self.predictions.groups[attribute] if attribute else np.zeros_like(self.predictions.identity)

    def _code(self, cohort: Cohort) -> int:
        return list(self.predictions.names[cohort.attribute]).index(cohort.group) if cohort.attribute else 0
