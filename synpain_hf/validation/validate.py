"""`validate`: what would mislead a user of a release, found without any model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synpain_hf
from synpain_hf.executor import Engine, Executor
from synpain_hf.progress import Progress, silent
from synpain_hf.release.release import Release
from synpain_hf.storage import staged
from synpain_hf.text.markdown import Markdown, escaped, table, tidied
from synpain_hf.validation.checks import CHECKS
from synpain_hf.validation.checks.check import Check, Found
from synpain_hf.validation.faces import Faces, look

REPORT, PAGE = "report.json", "report.md"

_FIRST = "the files are not what the release says; build or download it again, then validate it"


@dataclass(frozen=True)
class Validation:
    """What the checks of a release found.

    Attributes:
        release: The release.
        found: What each check found, by its name.
    """

    release: Release
    found: Mapping[str, Found]

    @property
    def has_failed(self) -> bool:
        """Whether something was found that would mislead a user."""
        return any(found.outcome == "failed" for found in self.found.values())

    def to_dict(self) -> dict[str, Any]:
        """The report as `schemas/validation_report.schema.json` describes it."""
        manifest = self.release.manifest
        return {
            "release": {name: manifest[name] for name in ("name", "version", "content")},
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
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }

    def to_markdown(self) -> str:
        """The report as a page: an overview, what was found, and how well each shortcut tells the label."""
        parts = [
            f"# Validation of {escaped(self.release.title)}, version {self.release.version}",
            table(("check", "outcome"), [(check.title, self.found[check.name].outcome) for check in CHECKS]),
            *(_section(check, self.found[check.name]) for check in CHECKS if self.found[check.name].told),
            _shortcuts(self.found["shortcuts"].numbers.get("shortcuts", {})),
        ]
        return tidied("\n\n".join(parts)) + "\n"


def validate(
    release: str | Path,
    out: str | Path | None = None,
    *,
    workers: int = 1,
    engine: Engine = "threads",
    progress: Progress = silent,
) -> Validation:
    """Look for what would mislead a user of a release; no model is needed.

    The files, the identities in their folds, faces that several identities share, pictures that are not whole,
    shortcuts by which the label can be told without the face, and the balance of the groups.

    Args:
        release: The release directory.
        out: A new folder for the report, as `report.json` and `report.md`; None for none.
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
    executor = Executor(workers, engine)
    opened = Release.open(release)
    place = None if out is None else Path(out).expanduser().absolute()
    with nullcontext() if place is None else staged(place) as staging:
        validation = Validation(opened, _found(opened, executor, progress))
        if staging is not None:
            report = json.dumps(validation.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            (staging.folder / REPORT).write_text(report, encoding="utf-8")
            (staging.folder / PAGE).write_text(validation.to_markdown(), encoding="utf-8")
            staging.complete([REPORT, PAGE])
    return validation


def _found(release: Release, executor: Executor, progress: Progress) -> dict[str, Found]:
    """What every check finds; where the files are damaged, the others are not made."""
    first, *others = CHECKS
    found = {first.name: first.make(release, Faces(()))}
    if found[first.name].outcome == "failed":
        return found | {check.name: Found("not made", [_FIRST]) for check in others}
    faces = look(release, executor, progress)
    return found | {check.name: check.make(release, faces) for check in others}


def _section(check: Check, found: Found) -> str:
    return "\n\n".join([f"## {check.title}", "\n".join(f"- {escaped(sentence)}" for sentence in found.told)])


def _shortcuts(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """How well each shortcut tells the label of pairs that were not learned from."""
    if not measured:
        return ""
    rows = []
    for name, one in measured.items():
        interval = one["interval"]
        told = f"{one['auroc']:.3f} ({interval['low']:.3f} to {interval['high']:.3f})" if interval else one["reason"]
        rows.append((name.replace("_", " "), told))
    caption = Markdown(
        "AUROC with which the label of pairs that were not learned from is told, and intervals that hold for all "
        "shortcuts together; .5 is chance."
    )
    return "\n\n".join(["## Shortcuts", caption, table(("by", "AUROC"), rows)])
