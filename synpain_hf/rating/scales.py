"""What follows from raters' answers to a question with a scale: means by release, their differences, agreement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from synpain_hf.rating.answers import Answer, first_and_again
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.questions import CANNOT_SAY, QUESTIONS, STEPS
from synpain_hf.rating.results import LEAST_RATERS, Again, seen_again
from synpain_hf.validation.statistics.agreement import krippendorff_alpha
from synpain_hf.validation.statistics.comparisons import holm
from synpain_hf.validation.statistics.crossed import MeanOfRaters, mean_of_crossed, mean_of_raters
from synpain_hf.validation.statistics.estimate import Estimate

LOWEST, HIGHEST = (float(STEPS[end]) for end in (0, -1))


@dataclass(frozen=True)
class OfRelease:
    """What was answered about the faces of a release.

    Attributes:
        release: What it is called.
        faces: How many were judged.
        identities: How many identities they show.
        drivers: Of how many people they have expressions.
        answers: How often each step of the scale was chosen.
        cannot_say: How many answers are `CANNOT_SAY`.
        these: The mean, with an interval for other faces; None where nothing was chosen.
        others: The same for other faces and other raters; None for fewer than `LEAST_RATERS`.
    """

    release: str
    faces: int
    identities: int
    drivers: int
    answers: Mapping[str, int]
    cannot_say: int
    these: Estimate | None
    others: Estimate | None


@dataclass(frozen=True)
class Apart:
    """How much higher the faces of one release are judged than those of another, by the same raters.

    Attributes:
        first: The one.
        second: The other.
        pairs: How many pairs were judged in both.
        difference: The mean of the differences; the interval is for other faces and, from `LEAST_RATERS` raters on,
            other raters.
        p: The two-sided probability of one as large by chance, corrected for the number of comparisons of the report
            (Holm); None where there is no interval.
    """

    first: str
    second: str
    pairs: int
    difference: Estimate
    p: float | None


@dataclass(frozen=True)
class OnScale:
    """What one rater answered.

    Attributes:
        rater: Who.
        answers: How many faces were judged.
        mean: The mean of the answers; None where nothing was chosen.
        seconds: The median time of an answer; None where the tables do not say.
        again: Their agreement with themselves; None where no face came twice.
    """

    rater: str
    answers: int
    mean: float | None
    seconds: float | None
    again: Again | None


@dataclass(frozen=True)
class Scale:
    """What follows from the answers to one question.

    Attributes:
        question: Its name.
        releases: Every release.
        differences: Every two of them.
        raters: Every rater.
        alpha: Krippendorff's, ordinal; None where it cannot be computed.
        again: The agreement of all raters with themselves; None where no face came twice.
    """

    question: str
    releases: Sequence[OfRelease]
    differences: Sequence[Apart]
    raters: Sequence[OnScale]
    alpha: Estimate | None
    again: Again | None


@dataclass(frozen=True)
class _Chosen:
    """A step that a rater chose for a face."""

    rater: str
    face: Face
    step: float


def scales_of(answers: Sequence[Answer], faces: Mapping[FaceId, Face], questions: Sequence[str]) -> list[Scale]:
    """What follows from all answers to questions with a scale.

    Args:
        answers: All answers.
        faces: The faces of the releases.
        questions: The names of the questions, in their order.
    """
    asked = [(name, [one for one in answers if one.question == name]) for name in questions if QUESTIONS[name].is_scale]
    found = [_scale(name, ones, faces) for name, ones in asked if ones]
    known = [one.p for scale in found for one in scale.differences if one.p is not None]
    corrected = iter(holm(known))
    return [
        replace(
            scale,
            differences=[one if one.p is None else replace(one, p=next(corrected)) for one in scale.differences],
        )
        for scale in found
    ]


def _scale(name: str, answers: Sequence[Answer], faces: Mapping[FaceId, Face]) -> Scale:
    first, twice = first_and_again(answers)
    chosen = [_Chosen(one.rater, faces[one.face], float(one.answer)) for one in first if one.answer != CANNOT_SAY]
    labels = [label for label in dict.fromkeys(face.release for face in faces) if _of(label, first)]
    alpha = _alpha(chosen) if chosen else None
    return Scale(
        question=name,
        releases=[_of_release(label, _of(label, first), chosen, faces) for label in labels],
        differences=[_apart(*both, chosen) for both in combinations(labels, 2)],
        raters=_of_raters(first, twice, faces),
        alpha=alpha,
        again=_again(twice, faces),
    )


def _alpha(chosen: Sequence[_Chosen]) -> Estimate | None:
    steps, whose, whence = _parts(chosen)
    alpha = krippendorff_alpha(steps, [one.face.id for one in chosen], whose, whence)
    return None if np.isnan(alpha.value) else alpha


def _of(label: str, answers: Sequence[Answer]) -> list[Answer]:
    return [one for one in answers if one.face.release == label]


def _of_release(
    label: str, answers: Sequence[Answer], chosen: Sequence[_Chosen], faces: Mapping[FaceId, Face]
) -> OfRelease:
    judged = [faces[which] for which in {one.face for one in answers}]
    own = [one for one in chosen if one.face.id.release == label]
    counts = Counter(one.answer for one in answers)
    others = _of_others(own)
    return OfRelease(
        release=label,
        faces=len(judged),
        identities=len({face.identity for face in judged}),
        drivers=len({face.driver for face in judged}),
        answers={step: counts[step] for step in STEPS},
        cannot_say=counts[CANNOT_SAY],
        these=_within(_of_these(own)) if own else None,
        others=None if others is None else _within(others.estimate),
    )


def _apart(first: str, second: str, chosen: Sequence[_Chosen]) -> Apart:
    steps = {(one.rater, one.face.id): one.step for one in chosen}
    both = [
        replace(one, step=one.step - other)
        for one in chosen
        if one.face.id.release == first
        and (other := steps.get((one.rater, one.face.id._replace(release=second)))) is not None
    ]
    pairs = len({one.face.id for one in both})
    if not both:
        return Apart(first, second, 0, Estimate(np.nan, np.nan, np.nan), None)
    others = _of_others(both)
    if others is None:
        return Apart(first, second, pairs, _of_these(both), None)
    return Apart(first, second, pairs, others.estimate, None if np.isnan(others.p) else others.p)


def _of_these(chosen: Sequence[_Chosen]) -> Estimate:
    """A mean for other faces; without limits where all are the same."""
    steps, whose, whence = _parts(chosen)
    mean = mean_of_crossed(steps, whose, whence)
    return mean if mean.high > mean.low else Estimate(mean.value, np.nan, np.nan)


def _of_others(chosen: Sequence[_Chosen]) -> MeanOfRaters | None:
    """A mean for other faces and other raters; None where there are too few raters."""
    raters = [one.rater for one in chosen]
    if len(set(raters)) < LEAST_RATERS:
        return None
    steps, whose, whence = _parts(chosen)
    return mean_of_raters(steps, raters, whose, whence)


def _parts(chosen: Sequence[_Chosen]) -> tuple[list[float], list[str], list[str]]:
    """Steps, identities and drivers."""
    faces = [one.face for one in chosen]
    return [one.step for one in chosen], [face.identity for face in faces], [face.driver for face in faces]


def _within(mean: Estimate) -> Estimate:
    """The interval within the scale."""
    return Estimate(mean.value, max(mean.low, LOWEST), min(mean.high, HIGHEST))


def _of_raters(
    first: Sequence[Answer], twice: Sequence[tuple[Answer, Answer]], faces: Mapping[FaceId, Face]
) -> list[OnScale]:
    by_rater: dict[str, list[Answer]] = defaultdict(list)
    for one in first:
        by_rater[one.rater].append(one)
    found = []
    for rater, own in sorted(by_rater.items()):
        steps = [float(one.answer) for one in own if one.answer != CANNOT_SAY]
        seconds = [one.seconds for one in own if one.seconds is not None]
        found.append(
            OnScale(
                rater=rater,
                answers=len(own),
                mean=float(np.mean(steps)) if steps else None,
                seconds=float(np.median(seconds)) if seconds else None,
                again=_again([both for both in twice if both[0].rater == rater], faces),
            )
        )
    return found


def _again(twice: Sequence[tuple[Answer, Answer]], faces: Mapping[FaceId, Face]) -> Again | None:
    same = [one.answer == other.answer for one, other in twice]
    return seen_again(same, [faces[one.face].identity for one, _ in twice])
