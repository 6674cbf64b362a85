"""The change log of a release, in Keep-a-Changelog form."""

from __future__ import annotations

from synpain_hf.release.changes import Changes
from synpain_hf.release.layout import CHANGELOG
from synpain_hf.release.release import Release

_TITLE = "# Changelog\n"


def write_changelog(release: Release, before: Release | None, changes: Changes | None) -> None:
    """Write `CHANGELOG.md`: this version on top of the previous release's log.

    Args:
        release: The release, which is being written.
        before: The release it follows, if any.
        changes: What changed since.
    """
    section = [f"## {release.version}\n"]
    if before is None or changes is None:
        section.append(f"\n### Added\n\n- {release.manifest['pairs']['out']:,} pairs, the first release.\n")
    heading = ""
    for of_sentence, sentence in changes.sentences() if changes else ():
        if of_sentence != heading:
            heading = of_sentence
            section.append(f"\n### {heading}\n\n")
        section.append(f"- {sentence}.\n")
    if changes and not heading:
        section.append("\nNo row and no column changed.\n")
    earlier = before.text_of(CHANGELOG).removeprefix(_TITLE) if before and CHANGELOG in before.files else ""
    (release.folder / CHANGELOG).write_text("\n".join([_TITLE, "".join(section)]) + earlier, encoding="utf-8")
