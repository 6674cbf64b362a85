"""`validate`: what would mislead a user of a release, and what annotators measured of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synpain_hf
from synpain_hf.cards.validated import REPORT, content_of
from synpain_hf.errors import UsageError
from synpain_hf.executor import Engine, Executor
from synpain_hf.progress import Progress, silent
from synpain_hf.release.release import Release
from synpain_hf.storage import staged
from synpain_hf.validation.checks import CHECKS
from synpain_hf.validation.checks.check import Found
from synpain_hf.validation.evidence import gather
from synpain_hf.validation.evidence.published import Published, published
from synpain_hf.validation.evidence.section import Section
from synpain_hf.validation.faces import Faces, look
from synpain_hf.validation.geometry import with_geometry
from synpain_hf.validation.report.html import html
from synpain_hf.validation.report.markdown import markdown

PAGE, HTML = "report.md", "report.html"
"""What stands beside `report.json`."""


_FIRST = "the files are not what the release says; build or download it again, then validate it"


@dataclass(frozen=True)
class Validation:
    """What the checks of a release found.

    Attributes:
        release: The release.
        found: What each check found, by its name.
        evidence: What annotators measured, question by question.
        published: What stands beside it.
    """

    release: Release
    found: Mapping[str, Found]
    evidence: Sequence[Section]
    published: Published

    @property
    def has_failed(self) -> bool:
        """Whether something was found that would mislead a user."""
        outcomes = [*(found.outcome for found in self.found.values()), *(section.outcome for section in self.evidence)]
        return "failed" in outcomes

    def to_dict(self) -> dict[str, Any]:
        """The report as `schemas/validation_report.schema.json` describes it."""
        manifest = self.release.manifest
        return {
            "release": {**{name: manifest[name] for name in ("name", "version")}, **content_of(self.release)},
            "checks": [
                {
                    "name": check.name,
                    "title": check.title,
                    "outcome": self.found[check.name].outcome,
                    "told": list(self.found[check.name].told),
                    "numbers": dict(self.found[check.name].numbers),
                }
                for check in CHECKS
            ],
            "evidence": [section.to_dict() for section in self.evidence],
            "published": {"by": self.published.by, "url": self.published.url, "note": self.published.note},
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }

    def to_markdown(self) -> str:
        """The report as a page: an overview, what was found, and the numbers beside those of the paper."""
        return markdown(self.to_dict(), self.release.title)

    def to_html(self) -> str:
        """The same page with figures, as one file that needs nothing beside it."""
        return html(self.to_dict(), self.release.title)


def validate(
    release: str | Path,
    out: str | Path | None = None,
    *,
    alike: float | None = None,
    workers: int = 1,
    engine: Engine = "threads",
    progress: Progress = silent,
) -> Validation:
    """Look for what would mislead a user of a release, and set what annotators measured beside the paper's numbers.

    The files, the identities in their folds, faces that several identities share, pictures that are not whole,
    shortcuts by which the label can be told without the face, and the balance of the groups need no model. Quality,
    head pose, pain scores, faces that are not found, and who looks like whom are told where the release has
    annotations of them; where it has none, the report says which command brings them.

    Args:
        release: The release directory.
        out: A new folder for the report, as `report.json`, `report.md` and `report.html`; None for none.
        alike: Cosine of embeddings from which on two identities look alike; None for that of the equal error rate.
        workers: Files looked into at a time.
        engine: What looks into them: `threads`, `processes` or `ray`.
        progress: Called after every file, with the pairs that were seen.

    Returns:
        What was found.

    Raises:
        ReleaseError: If it is not a complete release.
        UsageError: If `out` is there already, or another argument cannot be right.
        OutputError: If `out` cannot be written.
    """
    if alike is not None and not -1 <= alike <= 1:
        raise UsageError(f"is {alike}; give a cosine from -1 to 1", "alike")
    executor = Executor(workers, engine)
    opened = Release.open(release)
    place = None if out is None else Path(out).expanduser().absolute()
    with nullcontext() if place is None else staged(place) as staging:
        validation = _validated(opened, executor, progress, alike)
        if staging is not None:
            report = json.dumps(validation.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            texts = {REPORT: report, PAGE: validation.to_markdown(), HTML: validation.to_html()}
            for name, text in texts.items():
                (staging.folder / name).write_text(text, encoding="utf-8")
            staging.complete(list(texts))
    return validation


def _validated(release: Release, executor: Executor, progress: Progress, alike: float | None) -> Validation:
    """What is found; where the files are damaged, nothing but that."""
    first, *others = CHECKS
    beside = published()
    found = {first.name: first.make(release, Faces(()))}
    if found[first.name].outcome == "failed":
        found |= {check.name: Found("not made", [_FIRST]) for check in others}
        return Validation(release, found, [], beside)
    faces = with_geometry(release, look(release, executor, progress))
    found |= {check.name: check.make(release, faces) for check in others}
    return Validation(release, found, gather(release, faces, beside, alike), beside)
