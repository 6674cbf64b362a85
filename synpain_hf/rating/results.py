"""What follows from raters' answers to one question: accuracy, confusion, agreement, and differences by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from synpain_hf.rating.answers import Answer, first_and_again
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.questions import CANNOT_SAY, EXPRESSION, NEUTRAL, NOT_PAIN, QUESTIONS
from synpain_hf.validation.statistics.agreement import counts_of, fleiss_kappa
from synpain_hf.validation.statistics.clustered import share
from synpain_hf.validation.statistics.crossed import share_of_raters
from synpain_hf.validation.statistics.estimate import LEVEL, Estimate
from synpain_hf.validation.statistics.proportions import difference
from synpain_hf.vocabulary import CLASSES, GROUPS

LEAST_RATERS = 3
"""Raters from whom something is said of others: of two, the interval does not hold where they differ."""

PAIN_OR_NOT = "pain"
"""What the answers to the question for the expression are called where neutral and other expressions are one."""


@dataclass(frozen=True)
class Judgement:
    """A rater's first answer about a face.

    Attributes:
        rater: Who.
        face: The face.
        right: The right answer; None where the release does not say.
        answer: The answer.
        seconds: How long it took; None where the table does not say.
    """

    rater: str
    face: Face
    right: str | None
    answer: str
    seconds: float | None = None

    @property
    def is_right(self) -> bool:
        """Whether it is the right answer; `CANNOT_SAY` never is."""
        return self.answer == self.right


@dataclass(frozen=True)
class Again:
    """Faces that a rater saw twice.

    Attributes:
        same: How many got the same answer.
        of: How many there were.
        share: `same / of`.
    """

    same: int
    of: int
    share: Estimate


@dataclass(frozen=True)
class OfRater:
    """What one rater answered.

    Attributes:
        rater: Who.
        answers: How many faces were judged.
        accuracy: The share of right answers, for other faces; None where no right answer is known.
        seconds: The median time of an answer; None where the tables do not say.
        again: Their agreement with themselves; None where no face came twice.
    """

    rater: str
    answers: int
    accuracy: Estimate | None
    seconds: float | None
    again: Again | None


@dataclass(frozen=True)
class OfGroup:
    """Right answers about the faces of a group.

    Attributes:
        attribute: A column of groups.
        group: The group.
        faces: How many faces of it were judged.
        accuracy: The share of right answers, for other faces.
        apart: It less the share of the attribute's other groups; None where there is no other. The intervals of all
            differences, of all questions, hold together.
    """

    attribute: str
    group: str
    faces: int
    accuracy: Estimate
    apart: Estimate | None


@dataclass(frozen=True)
class Result:
    """What follows from the answers to a question.

    Attributes:
        question: The question's name, or `PAIN_OR_NOT`.
        answers: How many answers there are, each rater's first about a face.
        faces: About how many faces.
        unknown: Of how many of these the release does not say what is right.
        these: The share of right answers of these raters, for other faces; None where no right answer is known.
        others: The same of other raters, of whom these are a sample; None for fewer than `LEAST_RATERS`.
        cannot_say: How many answers are `CANNOT_SAY`.
        raters: Every rater.
        confusion: How often each answer was given, by what is right.
        kappa: Fleiss' kappa; None where it cannot be computed.
        rated_by_all: The faces that all raters judged, of which kappa is.
        again: The agreement of all raters with themselves; None where no face came twice.
        groups: Every group.
    """

    question: str
    answers: int
    faces: int
    unknown: int
    these: Estimate | None
    others: Estimate | None
    cannot_say: int
    raters: Sequence[OfRater]
    confusion: Mapping[str, Mapping[str, int]]
    kappa: Estimate | None
    rated_by_all: int
    again: Again | None
    groups: Sequence[OfGroup]


def results_of(answers: Sequence[Answer], faces: Mapping[FaceId, Face], questions: Sequence[str]) -> list[Result]:
    """What follows from all answers, by question; after the expression, whether pain was told from all else.

    Args:
        answers: All answers.
        faces: The faces of the releases.
        questions: The names of the questions, in their order; those with a scale are left to `scales_of`.
    """
    asked = {
        name: [one for one in answers if one.question == name] for name in questions if not QUESTIONS[name].is_scale
    }
    parts: list[tuple[str, list[Answer], dict[str, str]]] = [(name, ones, {}) for name, ones in asked.items() if ones]
    if asked.get(EXPRESSION):
        parts.append((PAIN_OR_NOT, asked[EXPRESSION], dict.fromkeys((NEUTRAL, "no_pain"), NOT_PAIN)))
    return [_result(name, ones, faces, words, len(parts)) for name, ones, words in parts]


def _result(
    name: str, answers: Sequence[Answer], faces: Mapping[FaceId, Face], words: Mapping[str, str], of: int
) -> Result:
    """The result of one of several questions, after some answers are called by another word."""
    first, twice = first_and_again(answers)
    judged = [
        Judgement(
            one.rater,
            faces[one.face],
            words.get(right, right) if (right := faces[one.face].shows[one.question]) else None,
            words.get(one.answer, one.answer),
            one.seconds,
        )
        for one in first
    ]
    known = [one for one in judged if one.right is not None]
    again = [
        (one.rater, faces[one.face].identity, words.get(one.answer, one.answer) == words.get(two.answer, two.answer))
        for one, two in twice
    ]
    kappa, rated_by_all = _kappa(judged)
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for one in known:
        confusion[str(one.right)][one.answer] += 1
    return Result(
        question=name,
        answers=len(judged),
        faces=len({one.face.id for one in judged}),
        unknown=len({one.face.id for one in judged}) - len({one.face.id for one in known}),
        these=_share_right(known) if known else None,
        others=_of_others(known),
        cannot_say=sum(one.answer == CANNOT_SAY for one in judged),
        raters=_of_raters(judged, again),
        confusion=confusion,
        kappa=kappa,
        rated_by_all=rated_by_all,
        again=_again(again),
        groups=_of_groups(known, of),
    )


def _share_right(known: Sequence[Judgement], level: float = LEVEL) -> Estimate:
    whose, whence = _parts(known)
    return share([one.is_right for one in known], whose, level, whence)


def _of_others(known: Sequence[Judgement]) -> Estimate | None:
    raters = [one.rater for one in known]
    if len(set(raters)) < LEAST_RATERS:
        return None
    whose, whence = _parts(known)
    return share_of_raters([one.is_right for one in known], raters, whose, LEVEL, whence)


def _parts(known: Sequence[Judgement]) -> tuple[list[str], list[str]]:
    """Identities and drivers."""
    return [one.face.identity for one in known], [one.face.driver for one in known]


def _of_raters(judged: Sequence[Judgement], again: Sequence[tuple[str, str, bool]]) -> list[OfRater]:
    by_rater: dict[str, list[Judgement]] = defaultdict(list)
    for one in judged:
        by_rater[one.rater].append(one)
    twice: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for each in again:
        twice[each[0]].append(each)
    found = []
    for rater, own in sorted(by_rater.items()):
        known = [one for one in own if one.right is not None]
        seconds = [one.seconds for one in own if one.seconds is not None]
        found.append(
            OfRater(
                rater=rater,
                answers=len(own),
                accuracy=_share_right(known) if known else None,
                seconds=float(np.median(seconds)) if seconds else None,
                again=_again(twice[rater]),
            )
        )
    return found


def seen_again(same: Sequence[bool], identities: Sequence[str]) -> Again | None:
    """The agreement with oneself on faces that came twice.

    Args:
        same: Whether each of them got the same answer.
        identities: Whom it shows.

    Returns:
        It; None where there are no such faces.
    """
    return Again(sum(same), len(same), share(same, identities)) if same else None


def _again(again: Sequence[tuple[str, str, bool]]) -> Again | None:
    return seen_again([is_same for _, _, is_same in again], [identity for _, identity, _ in again])


def _kappa(judged: Sequence[Judgement]) -> tuple[Estimate | None, int]:
    """Kappa over the faces that all raters judged, and how many these are."""
    raters = len({one.rater for one in judged})
    by_face = [list(ones) for _, ones in groupby(sorted(judged, key=lambda one: one.face.id), lambda one: one.face.id)]
    complete = [ones for ones in by_face if len(ones) == raters]
    if raters < 2 or len(complete) < 2:
        return None, len(complete)
    counts = counts_of([[one.answer for one in ones] for ones in complete])
    kappa = fleiss_kappa(counts, clusters=[ones[0].face.identity for ones in complete])
    return (None if np.isnan(kappa.value) else kappa), len(complete)


def _of_groups(known: Sequence[Judgement], questions: int) -> list[OfGroup]:
    members: dict[str, dict[str, list[Judgement]]] = {attribute: defaultdict(list) for attribute in GROUPS}
    for one in known:
        for attribute in GROUPS:
            if (group := one.face.groups[attribute]) is not None:
                members[attribute][group].append(one)
    comparisons = sum(1 if len(groups) == 2 else len(groups) for groups in members.values() if len(groups) > 1)
    level = 1 - (1 - LEVEL) / max(comparisons * questions, 1)
    return [
        OfGroup(
            attribute=attribute,
            group=group,
            faces=len({one.face.id for one in groups[group]}),
            accuracy=_share_right(groups[group]),
            apart=_apart(groups[group], [one for other in groups if other != group for one in groups[other]], level),
        )
        for attribute, groups in members.items()
        for group in CLASSES[attribute]
        if group in groups
    ]


def _apart(ones: Sequence[Judgement], others: Sequence[Judgement], level: float) -> Estimate | None:
    return difference(_share_right(ones, level), _share_right(others, level)) if others else None
