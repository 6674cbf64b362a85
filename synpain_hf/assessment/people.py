"""What do people see in the faces? Means of their answers on a scale, from reports of `ratings`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any, Final

from synpain_hf.assessment.lent import Lent
from synpain_hf.assessment.section import Row, Section
from synpain_hf.schemas import read_document, refusal
from synpain_hf.text.plurals import count
from synpain_hf.validation.statistics.estimate import Estimate

RATERS: Final = "raters"
"""Who measures here."""

DIFFERENCE: Final = "difference"
"""The measure that compares two methods on the same pairs."""

_TITLE: Final = "What do people see in the faces?"
_AGAIN: Final = "give the ratings.json that `synpain-hf ratings --out` wrote"

Document = Mapping[str, Any]


def people(judged: Sequence[Lent], files: Sequence[str | Path]) -> Section:
    """What raters said of the faces, method by method.

    Args:
        judged: The releases, that of the truth among them.
        files: Reports of `ratings`, as `schemas/ratings_report.schema.json` describes them.

    Returns:
        The section.

    Raises:
        BadInputError: If a file is no such report, is of none of the releases, or asks what another one asked of one.
    """
    labels = {one.release.manifest["content"]: one.label for one in judged}
    rows, missing = list[Row](), list[str]()
    for path in map(Path, files):
        report = _read(path.expanduser())
        called = {name: labels.get(release["content"], "") for name, release in report["releases"].items()}
        found = list(_rows(report, called))
        if not found:
            raise refusal(path, "has no means on a scale of these releases; give one of `rate --questions realism`")
        if twice := {_key(row) for row in rows} & {_key(row) for row in found}:
            method, measure, *_ = min(twice)
            raise refusal(path, f"has the {measure} of {method}, as an earlier file has; give one of them")
        rows += found
        if any(one["mean"]["other_raters"] is None for scale in report["scales"] for one in scale["releases"]):
            missing.append(
                f"{path.name} is of too few raters to speak of others: its intervals are for other faces alone"
            )
        if failed := sum(one["failed"] for one in report["attention"]):
            missing.append(f"{count(failed, 'rater')} of {path.name} failed the attention checks, and did not count")
    rated = {row.method for row in rows}
    missing += [
        f"nobody rated {one.label}; make sheets of all methods at once" for one in judged if one.label not in rated
    ]
    return Section("people", _TITLE, rows, missing)


def _key(row: Row) -> tuple[str, str, str, str]:
    return row.method, row.measure, row.of, row.against


def _rows(report: Document, called: Mapping[str, str]) -> Iterator[Row]:
    for scale in report["scales"]:
        counts: dict[str, tuple[int, int, int]] = {}
        for one in scale["releases"]:
            if (method := called[one["release"]]) and one["mean"]["these_raters"] is not None:
                counts[one["release"]] = one["faces"], one["identities"], one["drivers"]
                mean = one["mean"]["other_raters"] or one["mean"]["these_raters"]
                yield Row(method, scale["question"], "", "", RATERS, *counts[one["release"]], _estimate(mean))
        for one in scale["differences"]:
            if one["first"] in counts and one["second"] in counts and one["difference"] is not None:
                first, second = called[one["first"]], called[one["second"]]
                _, identities, drivers = counts[one["first"]]
                apart = _estimate(one["difference"])
                yield Row(
                    first, DIFFERENCE, scale["question"], second, RATERS, one["pairs"], identities, drivers, apart
                )


def _estimate(said: Document) -> Estimate:
    interval = said["interval"] or {"low": nan, "high": nan}
    return Estimate(said["value"], interval["low"], interval["high"])


def _read(path: Path) -> Document:
    document: Any = read_document(path, "ratings_report", "a report on ratings", _AGAIN)
    unknown = {one["release"] for scale in document["scales"] for one in scale["releases"]} - document[
        "releases"
    ].keys()
    if unknown:
        raise refusal(path, f"has means of {min(unknown)!r}, which is none of its releases; {_AGAIN}")
    return dict(document)
