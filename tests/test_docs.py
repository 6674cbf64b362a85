"""What the pages for maintainers name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from synpain_hf.release.layout import CROISSANT, MANIFEST

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/annotating.md",
    "docs/benchmarks.md",
    "docs/validating.md",
    "docs/importing.md",
    "docs/experiments.md",
    "docs/rating.md",
    "docs/transfer.md",
    "examples/README.md",
]
A_FILE = re.compile(r"`([\w./]*\w\.(?:py|json|jinja|yaml|toml|md)|[\w./]+/)`")
A_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_a_file_or_folder_that_a_page_names_exists(page: str) -> None:
    named = A_FILE.findall((ROOT / page).read_text(encoding="utf-8"))
    assert len(named) > 5
    assert {name for name in named if not places_of(name)} <= {MANIFEST, CROISSANT}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(page: str) -> None:
    place = ROOT / page
    links = A_LINK.findall(place.read_text(encoding="utf-8"))
    assert {link for link in links if not (place.parent / link).exists()} == set()


def places_of(name: str) -> list[Path]:
    """Where a file or folder stands that is named in full, or by the end of its path in the package."""
    return [path for path in (ROOT / name, *(ROOT / "synpain_hf").rglob(name.rstrip("/"))) if path.exists()]
