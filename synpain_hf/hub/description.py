"""What a commit or a pull request says about a release: what changed since the published one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from synpain_hf.hub.plan import UploadPlan
from synpain_hf.hub.state import Earlier
from synpain_hf.release.layout import CHANGELOG
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Version

_HEADING = re.compile(r"^## (\d{1,9}\.\d{1,9}\.\d{1,9})$", re.MULTILINE | re.ASCII)


def describe(release: Release, before: Earlier | None, plan: UploadPlan) -> str:
    """The change log since the published release, and what happens to the files.

    Args:
        release: The release.
        before: The one that is published, if any.
        plan: What is done to each file.
    """
    sections = changes_by_version(release)
    since = [text for version, text in sections.items() if before is None or version > before.version]
    told = [*since[:1], *(since[1:] if before else [])]
    if before and before.version not in sections:
        told.append(f"The change log does not go back to {before.version}, which is published: it may be incomplete.")
    counts = {"new": plan.new, "changed": plan.changed, "the same": plan.same, "deleted": plan.deleted}
    files = ", ".join(f"{len(paths):,} {what}" for what, paths in counts.items())
    return "\n\n".join([*told, f"Files: {files}; {plan.bytes:,} bytes are new or changed."])


def changes_by_version(release: Release) -> dict[Version, str]:
    """What the change log of a release says of each version, the latest first."""
    log = release.text_of(CHANGELOG) if CHANGELOG in release.files else ""
    return dict(_sections(log))


def _sections(log: str) -> Iterator[tuple[Version, str]]:
    """Each version of a change log with its section, the latest first."""
    headings = list(_HEADING.finditer(log))
    ends = [heading.start() for heading in headings[1:]] + [len(log)]
    for heading, end in zip(headings, ends, strict=True):
        yield Version.parse(heading[1]), log[heading.start() : end].strip()
