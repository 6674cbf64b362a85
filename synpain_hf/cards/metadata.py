"""The YAML that a card begins with: what the Hub shows of a data set, and what `datasets` loads."""

from __future__ import annotations

from typing import Any

from synpain_hf.cards.facts import Facts
from synpain_hf.release.metadata import loading_of, size_category
from synpain_hf.release.release import Release


def metadata_of(release: Release, facts: Facts) -> dict[str, Any]:
    """All of a card's metadata.

    Args:
        release: The release.
        facts: What is known of its data set.
    """
    licence, paper = facts["licence"], facts["paper"]
    other = {"license_name": licence["name"], "license_link": licence["url"]} if licence["id"] == "other" else {}
    return {
        "pretty_name": facts["pretty_name"],
        "license": licence["id"],
        **other,
        **({"language": facts["languages"]} if facts["languages"] else {}),
        **({"task_categories": facts["tasks"]} if facts["tasks"] else {}),
        "size_categories": [size_category(release)],
        **({"tags": facts["tags"]} if facts["tags"] else {}),
        **({"paper": paper["url"]} if paper else {}),
        **loading_of(release),
    }
