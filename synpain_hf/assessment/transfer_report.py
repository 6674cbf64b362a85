"""`transfer-report`: what of the identity and of the expression is in faces that `transfer` made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synpain_hf
from synpain_hf.assessment.failures import failures
from synpain_hf.assessment.identity import identity
from synpain_hf.assessment.landmarks import landmarks
from synpain_hf.assessment.lent import Lent, Origins, opened, origins_of
from synpain_hf.assessment.numbers import overview
from synpain_hf.assessment.page import html, markdown
from synpain_hf.assessment.people import people
from synpain_hf.assessment.picture import Picture, picture_of
from synpain_hf.assessment.pixels import pixels
from synpain_hf.assessment.section import Example, Section
from synpain_hf.assessment.units import units
from synpain_hf.cards.validated import REPORT
from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.storage import staged
from synpain_hf.text.columns import in_columns
from synpain_hf.text.plurals import count
from synpain_hf.validation.validate import HTML, PAGE

FACES = "faces.jpg"
"""The picture, beside the page of Markdown."""


@dataclass(frozen=True)
class TransferReport:
    """How good faces with the expressions of others are.

    Attributes:
        judged: The releases, that of the truth last.
        sections: What was found, question by question.
        examples: Faces to look at.
        told: What is to be known of all of it.
        picture: Identities in rows, drivers in columns.
    """

    judged: Sequence[Lent]
    sections: Sequence[Section]
    examples: Sequence[Example]
    told: Sequence[str]
    picture: Picture

    def to_dict(self) -> dict[str, Any]:
        """The report as `schemas/transfer_report.schema.json` describes it."""
        matrix = self.picture.matrix
        return {
            "methods": [_described(one) for one in self.judged],
            "shows_people": any(one.release.shows_people for one in self.judged),
            "told": list(self.told),
            "sections": [section.to_dict() for section in self.sections],
            "examples": [example.to_dict() for example in self.examples],
            "picture": {"identities": list(matrix.identities), "drivers": list(matrix.drivers)},
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }

    def to_markdown(self) -> str:
        """The report as a page, which shows the picture `faces.jpg` beside it."""
        return markdown(self.to_dict(), FACES)

    def to_html(self) -> str:
        """The same page as one file that needs nothing beside it."""
        return html(self.to_dict(), self.picture)

    @property
    def missing(self) -> list[str]:
        """What could not be looked at, and the remedy; each once."""
        return list(dict.fromkeys(text for section in self.sections for text in section.missing))

    def overview(self) -> list[str]:
        """A line for each method below a header, for a terminal."""
        grid = overview(self.to_dict())
        return in_columns([grid.header, *grid.rows])


def transfer_report(
    *releases: str | Path,
    identities: str | Path | None = None,
    drivers: str | Path | None = None,
    oracle: str | Path | None = None,
    ratings: Sequence[str | Path] = (),
    out: str | Path | None = None,
    progress: Progress = silent,
) -> TransferReport:
    """Judge faces that `transfer` made: by method, what of the identity and of the expression is in them.

    Numbers come from what `annotate --with mediapipe --with sface` left in the releases. What lacks a table is left
    out, and the report says which command brings it.

    Args:
        releases: What `build` made of what `transfer` left, one a method, of the same identities and drivers.
        identities: The release whose neutral faces they show; may be left out where it is that of the drivers.
        drivers: The release whose expressions they show; may be left out where it is that of the identities. Without
            both, nothing is said of landmarks that were asked for, and of action units.
        oracle: The release of `transfer --method oracle`, the truth for demo faces, made with the same `--seed`.
        ratings: Reports of `ratings` on these releases, `ratings.json`: what people see in the faces.
        out: A new folder for the report: `report.json`, `report.md` with `faces.jpg`, and `report.html`; None for none.
        progress: Called with what was verified, and with the pictures that were compared.

    Returns:
        The report.

    Raises:
        UsageError: If a release was not made by `transfer`, or they cannot be compared with each other.
        BadInputError: If a report of raters cannot be used.
        ReleaseError: If one of them is not a complete release.
        OutputError: If `out` cannot be written.

    Example:
        >>> synpain_hf.transfer_report("warp-1.0.0", drivers="synpain-1.0.0", out="judged")  # doctest: +SKIP
    """
    judged, truth = opened(releases, oracle)
    origins, unknown = origins_of(judged, identities, drivers)
    every = judged if truth is None else [*judged, truth]
    seen = [people(every, ratings)] if ratings else []
    place = None if out is None else Path(out).expanduser().absolute()
    with nullcontext() if place is None else staged(place) as staging:
        for release in [*(one.release for one in every), *([origins.drivers] if origins else [])]:
            check(release, of=[base_table(), ANNOTATIONS], progress=progress)
        alike, strangers = identity(every, origins)
        placed, misplaced = landmarks(every, origins, unknown, truth)
        lost, failed = failures(every)
        sections = [*seen, alike, placed, units(every, origins, unknown), pixels(every, truth, progress), lost]
        report = TransferReport(
            every,
            sections,
            [*failed, *strangers, *misplaced],
            list(_cautions(every, origins)),
            picture_of(every, origins),
        )
        if staging is not None:
            text = json.dumps(report.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            texts = {REPORT: text, PAGE: report.to_markdown(), HTML: report.to_html()}
            for name, content in texts.items():
                (staging.folder / name).write_text(content, encoding="utf-8")
            (staging.folder / FACES).write_bytes(report.picture.jpeg)
            staging.complete([*texts, FACES])
    return report


def _cautions(every: Sequence[Lent], origins: Origins | None) -> Iterator[str]:
    """What makes numbers hard to compare."""
    shared = set.intersection(*(set(one.pairs) for one in every))
    most = max(len(one.pairs) for one in every)
    if len(shared) < most:
        yield (
            f"the methods have {count(len(shared), 'pair')} of {most:,} in common, so their numbers are of different "
            "faces; transfer with the same --seed and --per-identity"
        )
    for one in every:
        lost = 0 if origins is None else len(set(one.pairs) - set(origins.couples))
        if lost:
            yield (
                f"of {count(lost, 'pair')} of {one.label} the driver is not known, so what needs it leaves them "
                "out; keep the pair ids that transfer gives"
            )


def _described(one: Lent) -> Mapping[str, Any]:
    manifest, pairs = one.release.manifest, one.pairs.values()
    return {
        "label": one.label,
        **{name: one.notes[name] for name in ("method", "method_version", "weights")},
        "release": {name: manifest[name] for name in ("name", "version", "content")},
        "pairs": len(pairs),
        "identities": len({pair.identity for pair in pairs}),
        "drivers": len({pair.driver for pair in pairs}),
    }
