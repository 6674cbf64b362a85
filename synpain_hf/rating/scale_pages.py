"""The report on questions with a scale, as parts of a page and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from synpain_hf.rating.answers import Attention
from synpain_hf.rating.questions import QUESTIONS, STEPS
from synpain_hf.rating.results import LEAST_RATERS
from synpain_hf.rating.scales import Apart, Scale
from synpain_hf.rating.words import NONE, again_json, estimate_json, number, same, seconds_words, shown
from synpain_hf.text.columns import in_columns
from synpain_hf.text.markdown import Markdown, escaped, table

_READ_SO: Final = Markdown(
    "Intervals are of 95%. Means are of the steps 1 to 5, without `cannot_say`. Of *these raters* an interval is for "
    f"other faces; of *other raters* it is for other faces and other raters of the same kind, from {LEAST_RATERS} "
    "raters on. Differences are of the same pairs and raters; their p values are corrected for the number of "
    "comparisons of this report (Holm). Each rater's first answer about a face counts."
)


def scale_to_json(scale: Scale) -> dict[str, Any]:
    """What follows from the answers to a question, as JSON has it."""
    return {
        "question": scale.question,
        "releases": [
            {
                "release": one.release,
                "faces": one.faces,
                "identities": one.identities,
                "drivers": one.drivers,
                "answers": dict(one.answers),
                "cannot_say": one.cannot_say,
                "mean": {"these_raters": estimate_json(one.these), "other_raters": estimate_json(one.others)},
            }
            for one in scale.releases
        ],
        "differences": [
            {
                "first": one.first,
                "second": one.second,
                "pairs": one.pairs,
                "difference": estimate_json(one.difference) if one.pairs else None,
                "p": one.p,
            }
            for one in scale.differences
        ],
        "raters": [
            {
                "rater": one.rater,
                "answers": one.answers,
                "mean": one.mean,
                "median_seconds": one.seconds,
                "again": again_json(one.again),
            }
            for one in scale.raters
        ],
        "alpha": estimate_json(scale.alpha),
        "again": again_json(scale.again),
    }


def scale_overview(scales: Sequence[Scale]) -> list[str]:
    """A line for each question and release below a header, for a terminal; none without such a question."""
    rows = [("question", "release", "faces", "mean of 1 to 5")]
    rows += [
        (scale.question, one.release, f"{one.faces:,}", number(one.others or one.these))
        for scale in scales
        for one in scale.releases
    ]
    return in_columns(rows) if scales else []


def scale_parts(scales: Sequence[Scale]) -> list[str]:
    """The parts of a page about questions with a scale; none without such a question."""
    return [_READ_SO, *(part for scale in scales for part in _section(scale))] if scales else []


def scale_words(scales: Sequence[Scale]) -> list[str]:
    """What follows from each question, in a few words."""
    means = [
        (scale.question, [f"{escaped(one.release)} {number(one.others or one.these)}" for one in scale.releases])
        for scale in scales
    ]
    return [f"{question} of {', '.join(found)}" for question, found in means]


def attention_words(attention: Sequence[Attention]) -> str:
    """Who failed the attention checks; empty where there were none."""
    failed = [f"{escaped(one.rater)} ({one.right} of {one.of})" for one in attention if one.is_failed]
    if failed:
        return f"Left out, since less than two thirds of the attention checks were right: {', '.join(failed)}."
    return "Nobody failed the attention checks." if attention else ""


def _section(scale: Scale) -> Iterator[str]:
    question = QUESTIONS[scale.question]
    yield f"## {scale.question.capitalize()}"
    steps = ", ".join(f"{step} {word.lower()}" for step, word in question.answers.items())
    yield f"{question.asked} ({steps})"
    means = [
        (one.release, one.faces, number(one.these), number(one.others), *one.answers.values(), one.cannot_say)
        for one in scale.releases
    ]
    yield table(("release", "faces", "mean: these raters", "other raters", *STEPS, "cannot say"), means, 1)
    if scale.differences:
        apart = [(f"{one.first} less {one.second}", one.pairs, _points(one), _p(one)) for one in scale.differences]
        yield table(("difference", "pairs", "mean", "p"), apart, 1)
    yield (
        f"Agreement of the raters: Krippendorff's alpha (ordinal) {number(scale.alpha)}."
        if scale.alpha
        else "Krippendorff's alpha is not computed: it needs faces that two raters judged, and two different answers."
    )
    raters = [
        (
            one.rater,
            one.answers,
            NONE if one.mean is None else f"{one.mean:.2f}",
            same(one.again),
            seconds_words(one.seconds),
        )
        for one in scale.raters
    ]
    yield table(("rater", "answers", "mean", "same answer again", "median time"), raters, 1)


def _points(one: Apart) -> str:
    return shown(one.difference, 2, signed=True) if one.pairs else NONE


def _p(one: Apart) -> str:
    if one.p is None:
        return NONE
    return "below 0.001" if one.p < 0.001 else f"{one.p:.3f}"
