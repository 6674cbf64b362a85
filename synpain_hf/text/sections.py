"""The sections of a Markdown page, and which of them differ between two pages."""

from __future__ import annotations

import re

_HEADING = re.compile(r"^## ", re.MULTILINE)
_RULE = "---\n"


def changed_sections(before: str, after: str) -> list[str]:
    """The parts of a page that differ from an earlier one, in words, such as `the section 'Uses'`.

    Args:
        before: The earlier page; empty where there was none.
        after: The page.
    """
    old, new = _sections(before), _sections(after)
    changed = [title for title in {**new, **old} if old.get(title) != new.get(title)]
    return changed if changed or before == after else ["blank lines between its sections"]


def _sections(page: str) -> dict[str, str]:
    head, _, body = page.partition(f"\n{_RULE}") if page.startswith(_RULE) else ("", "", page)
    beginning, *sections = _HEADING.split(body)
    titled = {f"the section {section.partition(chr(10))[0].strip()!r}": section.strip() for section in sections}
    return {"the metadata at its top": head, "its beginning": beginning.strip(), **titled}
