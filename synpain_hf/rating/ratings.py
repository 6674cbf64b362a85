"""`ratings`: what raters' answers say of a release, and of the raters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import synpain_hf
from synpain_hf.errors import BadInputError, Notice, Problem, UsageError, warn_of
from synpain_hf.rating.answers import read_answers
from synpain_hf.rating.faces import faces_of
from synpain_hf.rating.key import described, read_key
from synpain_hf.rating.pages import overview_of, page_of, to_json
from synpain_hf.rating.questions import QUESTIONS
from synpain_hf.rating.results import Result, results_of
from synpain_hf.release.release import Release
from synpain_hf.storage import staged
from synpain_hf.tabular.given import GivenFile
from synpain_hf.text.suggestions import did_you_mean

REPORT, PAGE = "ratings.json", "ratings.md"

_ON_ERROR = ("fail", "skip")


@dataclass(frozen=True)
class Ratings:
    """What raters' answers say.

    Attributes:
        release: Name, version and content of the release.
        raters: Everybody who rated, sorted.
        results: What follows from the answers, by question.
        left_out: What is wrong with rows that did not count.
    """

    release: Mapping[str, str]
    raters: Sequence[str]
    results: Sequence[Result]
    left_out: Sequence[Problem] = ()

    def to_dict(self) -> dict[str, Any]:
        """The report as `schemas/ratings_report.schema.json` describes it."""
        return {
            "release": dict(self.release),
            "raters": list(self.raters),
            "questions": [to_json(result) for result in self.results],
            "left_out": [problem.to_dict() for problem in self.left_out],
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }

    def overview(self) -> list[str]:
        """Accuracy and kappa of each question in a line, below a header."""
        return overview_of(self.results)

    def to_markdown(self) -> str:
        """The report as a page."""
        return page_of(self.release, self.raters, self.results)


def ratings(
    release: str | Path,
    files: str | Path | Sequence[str | Path],
    *,
    key: str | Path | None = None,
    out: str | Path | None = None,
    on_error: Literal["fail", "skip"] = "fail",
    notice: Notice = warn_of,
) -> Ratings:
    """Compute what raters' answers say: accuracy, confusion, agreement, and whether groups are judged alike.

    By question: the share of right answers, of each rater and of all, with intervals that know which faces show one
    person; which answer was given for which; Fleiss' kappa; how often a rater who saw a face again said the same; and
    how the groups of the faces differ. Only the first answer of a rater about a face counts, but for the last but one.

    Args:
        release: The release directory.
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
        ReleaseError: If it is not a complete release, or not that of the key.
        OutputError: If `out` cannot be written.
    """
    if on_error not in _ON_ERROR:
        raise UsageError(f"is {on_error!r}{did_you_mean(on_error, _ON_ERROR)}; give fail or skip", "on_error")
    given = _files(files)
    opened = Release.open(release)
    place = None if out is None else Path(out).expanduser().absolute()
    with nullcontext() if place is None else staged(place) as staging:
        faces = faces_of(opened)
        known = None if key is None else read_key(Path(key).expanduser(), opened, faces)
        answers, problems, doubtful = read_answers(given, known, faces)
        if problems and on_error == "fail":
            raise BadInputError(problems)
        if not answers:
            raise BadInputError([*problems, Problem(given[0].name, "has no answers; give the table of a rater")])
        if problems or doubtful:
            notice([*problems, *doubtful])
        questions = known.questions if known else tuple(QUESTIONS)
        found = Ratings(
            release=described(opened),
            raters=sorted({answer.rater for answer in answers}),
            results=results_of(answers, faces, questions),
            left_out=problems,
        )
        if staging is not None:
            report = json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            (staging.folder / REPORT).write_text(report, encoding="utf-8")
            (staging.folder / PAGE).write_text(found.to_markdown(), encoding="utf-8")
            staging.complete([REPORT, PAGE])
    return found


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
