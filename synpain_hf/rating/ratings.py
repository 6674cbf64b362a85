"""`ratings`: what raters' answers say of a release, and of the raters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import synpain_hf
from synpain_hf.errors import BadInputError, Notice, Problem, UsageError, warn_of
from synpain_hf.rating.answers import Answer, Attention, read_answers
from synpain_hf.rating.faces import Face, FaceId, faces_of, labelled
from synpain_hf.rating.key import Key, described, read_key
from synpain_hf.rating.pages import overview_of, page_of, to_json, words_of
from synpain_hf.rating.questions import QUESTIONS
from synpain_hf.rating.results import Result, results_of
from synpain_hf.rating.scale_pages import attention_words, scale_overview, scale_parts, scale_to_json, scale_words
from synpain_hf.rating.scales import Scale, scales_of
from synpain_hf.release.release import Release
from synpain_hf.storage import staged
from synpain_hf.tabular.given import GivenFile
from synpain_hf.text.suggestions import did_you_mean

REPORT, PAGE = "ratings.json", "ratings.md"

_ON_ERROR = ("fail", "skip")
_NO_ANSWERS = "no answers; give the table of a rater"


@dataclass(frozen=True)
class Ratings:
    """What raters' answers say.

    Attributes:
        releases: Name, version and content of each release, by what it is called.
        raters: Everybody whose answers count, sorted.
        results: What follows from the answers, by question that has a right answer.
        scales: What follows from those to questions with a scale.
        attention: How everybody did in the attention checks; whoever failed them does not count.
        with_all: What is found where whoever failed counts, too; None where nobody did.
        left_out: What is wrong with rows that did not count.
    """

    releases: Mapping[str, Mapping[str, str]]
    raters: Sequence[str]
    results: Sequence[Result]
    scales: Sequence[Scale] = ()
    attention: Sequence[Attention] = ()
    with_all: Ratings | None = None
    left_out: Sequence[Problem] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as `schemas/ratings_report.schema.json` describes it."""
        return {
            "releases": {label: dict(release) for label, release in self.releases.items()},
            "raters": list(self.raters),
            **self._answered(),
            "attention": [
                {"rater": one.rater, "right": one.right, "of": one.of, "failed": one.is_failed}
                for one in self.attention
            ],
            "with_all_raters": None if self.with_all is None else self.with_all._answered(),
            "left_out": [problem.to_dict() for problem in self.left_out],
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }

    def _answered(self) -> dict[str, Any]:
        return {
            "questions": [to_json(result) for result in self.results],
            "scales": [scale_to_json(scale) for scale in self.scales],
        }

    def overview(self) -> list[str]:
        """What was found of each question in a line, below a header."""
        return [*(overview_of(self.results) if self.results else ()), *scale_overview(self.scales)]

    def to_markdown(self) -> str:
        """The report as a page."""
        told = attention_words(self.attention)
        if self.with_all is not None:
            found = [*scale_words(self.with_all.scales), *words_of(self.with_all.results)]
            told += f" With all raters: {'; '.join(found)}."
        return page_of(self.releases, self.raters, self.results, [told, *scale_parts(self.scales)])


def ratings(
    releases: str | Path | Sequence[str | Path],
    files: str | Path | Sequence[str | Path],
    *,
    key: str | Path | None = None,
    out: str | Path | None = None,
    on_error: Literal["fail", "skip"] = "fail",
    notice: Notice = warn_of,
) -> Ratings:
    """Compute what raters' answers say: accuracy, confusion, agreement, whether groups and releases are judged alike.

    By question: the share of right answers, of each rater and of all, with intervals that know which faces show one
    person; which answer was given for which; Fleiss' kappa; how often a rater who saw a face again said the same; and
    how the groups of the faces differ. Only the first answer of a rater about a face counts, but for the last but one.
    Of questions with a scale: means by release, for other faces and raters, and their differences on the same pairs.
    Raters who fail the attention checks do not count.

    Args:
        releases: The release directory; or those of several releases.
        files: The tables that sheets saved; or tables with `rater`, `pair_id`, `face`, `question` and `answer`.
        key: The `key.json` of the sheets; None where the tables name the faces.
        out: A new folder for the report, as `ratings.json` and `ratings.md`; None for none.
        on_error: `fail` over a row that cannot be used, or `skip` it.
        notice: Called with what is wrong with rows that are skipped, and with sheets that are not done.

    Returns:
        What was computed.

    Raises:
        UsageError: If an argument cannot be right, or there is something at `out`.
        BadInputError: If the key, a table or, unless they are skipped, a row cannot be used.
        ReleaseError: If one is not a complete release.
        OutputError: If `out` cannot be written.
    """
    if on_error not in _ON_ERROR:
        raise UsageError(f"is {on_error!r}{did_you_mean(on_error, _ON_ERROR)}; give fail or skip", "on_error")
    given = _files(files)
    opened = labelled([releases] if isinstance(releases, (str, Path)) else releases)
    place = None if out is None else Path(out).expanduser().absolute()
    with nullcontext() if place is None else staged(place) as staging:
        faces = faces_of(opened)
        known = None if key is None else read_key(Path(key).expanduser(), opened, faces)
        read = read_answers(given, known, faces)
        if read.problems and on_error == "fail":
            raise BadInputError(read.problems)
        failed = {one.rater for one in read.attention if one.is_failed}
        answers = [one for one in read.answers if one.rater not in failed]
        if not answers:
            why = "no rater who passed the attention checks; ask others" if failed else _NO_ANSWERS
            raise BadInputError([*read.problems, Problem(given[0].name, f"has {why}")])
        if read.problems or read.doubtful:
            notice([*read.problems, *read.doubtful])
        found = _found(answers, opened, faces, known)
        found = replace(
            found,
            attention=read.attention,
            with_all=_found(read.answers, opened, faces, known) if failed else None,
            left_out=read.problems,
        )
        if staging is not None:
            report = json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            (staging.folder / REPORT).write_text(report, encoding="utf-8")
            (staging.folder / PAGE).write_text(found.to_markdown(), encoding="utf-8")
            staging.complete([REPORT, PAGE])
    return found


def _found(
    answers: Sequence[Answer], releases: Mapping[str, Release], faces: Mapping[FaceId, Face], key: Key | None
) -> Ratings:
    """What some answers say."""
    questions = key.questions if key else tuple(QUESTIONS)
    return Ratings(
        releases={label: described(release) for label, release in releases.items()},
        raters=sorted({answer.rater for answer in answers}),
        results=results_of(answers, faces, questions),
        scales=scales_of(answers, faces, questions),
    )


def _files(given: str | Path | Sequence[str | Path]) -> list[GivenFile]:
    """The tables, called by their names, or by their paths where two share a name."""
    paths = [Path(path).expanduser() for path in ([given] if isinstance(given, (str, Path)) else given)]
    if not paths:
        raise UsageError("has no table; give the tables of the raters", "files")
    twice = [path for number, path in enumerate(paths) if path.resolve() in [each.resolve() for each in paths[:number]]]
    if twice:
        raise UsageError(f"has {twice[0]} twice; give each table once", "files")
    names = [path.name for path in paths]
    return [GivenFile(path, path.name if names.count(path.name) == 1 else str(path)) for path in paths]
