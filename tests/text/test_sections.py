"""Which parts of two pages differ."""

from __future__ import annotations

import pytest

from synpain_hf.text.sections import changed_sections

PAGE = """---
license: mit
---
# Faces

A sentence.

## Uses

- One.

### Detail

More.

## Privacy

None.
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("", "", []),
        ("license: mit", "license: cc0-1.0", ["the metadata at its top"]),
        ("A sentence.", "Another.", ["its beginning"]),
        ("More.", "Less.", ["the section 'Uses'"]),
        ("## Privacy\n\nNone.\n", "", ["the section 'Privacy'"]),
        ("None.\n", "None.\n\n## Errata\n\nOne.\n", ["the section 'Errata'"]),
        ("## Privacy", "## Secrets", ["the section 'Secrets'", "the section 'Privacy'"]),
        ("More.\n", "More.\n\n", ["blank lines between its sections"]),
        ("---\nlicense: mit\n---\n", "", ["the metadata at its top"]),
    ],
)
def test_every_part_that_differs_is_named_once(old: str, new: str, changed: list[str]) -> None:
    assert changed_sections(PAGE, PAGE.replace(old, new, 1) if old else PAGE) == changed


def test_of_a_new_page_every_part_is_named() -> None:
    assert changed_sections("", "# Soon\n") == ["its beginning"]
    assert changed_sections("", PAGE) == [
        "the metadata at its top", "its beginning", "the section 'Uses'", "the section 'Privacy'",
    ]  # fmt: skip
