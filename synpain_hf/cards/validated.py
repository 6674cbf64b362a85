"""The validation report that a card takes numbers from: only one that is of this very content."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synpain_hf.cards.quantities import Document
from synpain_hf.errors import Notice, Problem, ReleaseError, UsageError
from synpain_hf.release.layout import VALIDATION
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.schemas import strict_json, violations

REPORT = "report.json"
"""What `validate` calls its report."""

VALIDATE_AGAIN = "run `synpain-hf validate {0} --out report`, then `synpain-hf card {0} --report report`"
"""What to do where a report does not fit a release."""

_LARGEST = 2**24
"""In bytes."""


@dataclass(frozen=True)
class Validated:
    """A validation report.

    Attributes:
        document: The report, as `schemas/validation_report.schema.json` has it.
        text: Its file.
    """

    document: Document
    text: str


def content_of(release: Release) -> dict[str, str]:
    """The digests that a report must have to be of a release."""
    return {"content": release.manifest["content"], "annotations": release.content_of(ANNOTATIONS)}


def validated_for(release: Release, given: str | Path | None, notice: Notice) -> Validated | None:
    """The validation report to write a release's card with.

    Args:
        release: The release.
        given: The report, or the folder that `validate` wrote it into; None for the one that the release carries.
        notice: Called where the release carries one that is of other content, which is not used.

    Raises:
        UsageError: If the report that is given cannot be read, or is of other content.
    """
    if given is None:
        kept, fault = kept_report(release)
        if fault:
            notice([Problem(VALIDATION, f"{fault}, and is left out of the card; {_remedy(release)}")])
        return kept
    path = Path(given).expanduser()
    path = path / REPORT if path.is_dir() else path
    try:
        found, fault = _read(release, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); {_remedy(release)}", "report") from error
    if found is None or fault:
        raise UsageError(f"{path} {fault}; {_remedy(release)}", "report")
    return found


def kept_report(release: Release) -> tuple[Validated | None, str]:
    """The report that a release carries, where it is of what the release holds; else what is wrong with it.

    Raises:
        ReleaseError: If it cannot be read, or is a link that leads out of the release.
    """
    path = release.folder / VALIDATION
    if VALIDATION not in release.files or not path.is_file():
        return None, ""
    release.check_link(VALIDATION)
    try:
        return _read(release, path)
    except OSError as error:
        raise ReleaseError(f"{path} cannot be read ({error.strerror}); {_remedy(release)}") from error


def _read(release: Release, path: Path) -> tuple[Validated | None, str]:
    """A report, or what is wrong with it."""
    if path.stat().st_size > _LARGEST:
        return None, f"has more than the {_LARGEST:,} bytes that are read"
    try:
        text = path.read_text(encoding="utf-8")
        document = strict_json(text)
    except ValueError as error:
        return None, f"is not JSON ({error})"
    wrong = violations("validation_report", document) if isinstance(document, dict) else ["it is not a JSON object"]
    if wrong:
        return None, f"is no validation report of this version ({wrong[0]})"
    told = {name: document["release"][name] for name in ("content", "annotations")}
    if told != content_of(release):
        return None, "is of other content than the release has"
    return Validated(document, text), ""


def _remedy(release: Release) -> str:
    return VALIDATE_AGAIN.format(release.folder)
