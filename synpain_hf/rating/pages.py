"""The report on raters' answers, as a page and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synpain_hf.rating.questions import CANNOT_SAY, QUESTIONS
from synpain_hf.rating.results import LEAST_RATERS, PAIN_OR_NOT, Result
from synpain_hf.rating.words import again_json, estimate_json, number, same, seconds_words, shown
from synpain_hf.text.columns import in_columns
from synpain_hf.text.markdown import Markdown, escaped, table, tidied
from synpain_hf.text.plurals import count
from synpain_hf.validation.statistics.estimate import Estimate

_TITLES = {name: name.capitalize() for name in QUESTIONS} | {PAIN_OR_NOT: "Pain, or anything else"}
_READ_SO = Markdown(
    "Intervals are of 95%. Accuracy is the share of answers that are what the release says; `cannot_say` never is. "
    "Of *these raters* the interval is for other faces; of *other raters* it is for other faces and other raters of "
    f"the same kind, from {LEAST_RATERS} raters on. Each rater's first answer about a face counts."
)


def to_json(result: Result) -> dict[str, Any]:
    """A result as JSON has it."""
    return {
        "question": result.question,
        "answers": result.answers,
        "faces": result.faces,
        "faces_without_truth": result.unknown,
        "accuracy": {"these_raters": estimate_json(result.these), "other_raters": estimate_json(result.others)},
        "cannot_say": result.cannot_say,
        "raters": [
            {
                "rater": rater.rater,
                "answers": rater.answers,
                "accuracy": estimate_json(rater.accuracy),
                "median_seconds": rater.seconds,
                "again": again_json(rater.again),
            }
            for rater in result.raters
        ],
        "confusion": {right: dict(given) for right, given in result.confusion.items()},
        "kappa": estimate_json(result.kappa),
        "faces_rated_by_all": result.rated_by_all,
        "again": again_json(result.again),
        "groups": [
            {
                "attribute": group.attribute,
                "group": group.group,
                "faces": group.faces,
                "accuracy": estimate_json(group.accuracy),
                "difference": estimate_json(group.apart),
            }
            for group in result.groups
        ],
    }


def overview_of(results: Sequence[Result]) -> list[str]:
    """A line for each question below a header, for a terminal."""
    rows = [
        ("question", "faces", "accuracy", "Fleiss' kappa"),
        *((one.question, count(one.faces), _percent(one.these), number(one.kappa)) for one in results),
    ]
    return in_columns(rows)


def words_of(results: Sequence[Result]) -> list[str]:
    """What is found of each question, in a few words."""
    return [f"accuracy of {result.question} {_percent(result.others or result.these)}" for result in results]


def page_of(
    releases: Mapping[str, Mapping[str, str]], raters: Sequence[str], results: Sequence[Result], before: Sequence[str]
) -> str:
    """The page: what stands before, an overview of questions that have a right answer, and a section for each of them.

    Args:
        releases: Name and version of each release.
        raters: Everybody whose answers count.
        results: What follows from the answers.
        before: Parts of the page about other things.
    """
    header = ("question", "faces", "accuracy: these raters", "other raters", "cannot say", "Fleiss' kappa")
    overview = [
        (
            _TITLES[result.question],
            result.faces,
            _percent(result.these),
            _percent(result.others),
            f"{result.cannot_say / result.answers:.0%}",
            number(result.kappa),
        )
        for result in results
    ]
    named = " and ".join(
        escaped(label) if len(releases) > 1 else f"{escaped(release['name'])} {release['version']}"
        for label, release in releases.items()
    )
    parts = [f"# Ratings of {named} by {count(len(raters), 'rater')}", *before]
    if results:
        parts += [_READ_SO, table(header, overview, 1), _stands_out(results), *map(_section, results)]
    return tidied("\n\n".join(part for part in parts if part)) + "\n"


def _stands_out(results: Sequence[Result]) -> str:
    """The groups whose faces are judged worse than others, beyond chance."""
    told = [
        f"- {_TITLES[result.question]}: {_whose(group.group)} faces are judged worse than others, by "
        f"{shown(group.apart, 1, scale=-100)} points."
        for result in results
        for group in result.groups
        if group.apart is not None and group.apart.high < 0
    ]
    is_compared = any(group.apart for result in results for group in result.groups)
    none = "No group of faces was found to be judged worse than the others; the intervals below say how much it may be."
    return "\n".join(told) or none * is_compared


def _whose(group: str) -> str:
    return {"man": "men's", "woman": "women's"}.get(group, group.replace("_", " "))


def _section(result: Result) -> str:
    return "\n\n".join(part for part in (f"## {_TITLES[result.question]}", *_parts(result)) if part)


def _parts(result: Result) -> Iterator[str]:
    raters = [
        (rater.rater, rater.answers, _percent(rater.accuracy), same(rater.again), seconds_words(rater.seconds))
        for rater in result.raters
    ]
    if len(raters) > 1:
        raters.append(("all", result.answers, _percent(result.these), same(result.again), ""))
    yield table(("rater", "answers", "accuracy", "same answer again", "median time"), raters, 1)
    if result.kappa is None:
        yield (
            f"Kappa is not computed: it needs two raters, and two faces that all of them judged (here "
            f"{result.rated_by_all}), to which not all answers are the same."
        )
    elif result.rated_by_all < result.faces:
        yield f"Kappa is of the {count(result.rated_by_all, 'face')} that all raters judged."
    if result.unknown:
        yield f"Of {count(result.unknown, 'face')} the release does not say what is right: they count for kappa alone."
    if result.confusion:
        yield _confusion(result.confusion)
    if any(group.apart for group in result.groups):
        yield _groups(result)


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> str:
    """Rows are what is right, columns what was answered."""
    words = [*confusion, *(word for given in confusion.values() for word in given)]
    columns = [word for word in dict.fromkeys(words) if word != CANNOT_SAY]
    columns = [*sorted(columns, key=_place), CANNOT_SAY]
    rows = [(right, *(given.get(word, 0) for word in columns)) for right, given in sorted(confusion.items(), key=_of)]
    return f"What was answered (columns) where the release says (rows):\n\n{table(('', *columns), rows, 1)}"


def _place(word: str) -> tuple[int, str]:
    """Answers in the order in which they are offered."""
    order = [word for question in QUESTIONS.values() for word in question.answers]
    return (order.index(word) if word in order else len(order)), word


def _of(row: tuple[str, object]) -> tuple[int, str]:
    return _place(row[0])


def _groups(result: Result) -> str:
    rows = [
        (group.attribute, group.group, group.faces, _percent(group.accuracy), _points(group.apart))
        for group in result.groups
    ]
    caption = (
        "Are the groups of the faces judged alike? The difference is to the other groups of the attribute, in points; "
        "the intervals of all differences on this page hold together."
    )
    return f"{caption}\n\n{table(('attribute', 'group', 'faces', 'accuracy', 'difference'), rows, 2)}"


def _percent(estimate: Estimate | None) -> str:
    return shown(estimate, 1, scale=100, unit="%")


def _points(estimate: Estimate | None) -> str:
    return shown(estimate, 1, scale=100, signed=True)
