"""Where everything stands in a release directory, and how its files are digested."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TypedDict

NAME = "synpain"
"""What `load_dataset` calls an installed release."""

TITLES = {"official": "SynPAIN pairs", "manifest": "Face pairs", "demo": "Demo faces, drawn, not SynPAIN"}
"""What a release holds, by the kind of its source."""

CARD = "README.md"
CHANGELOG = "CHANGELOG.md"
MANIFEST = "release.json"
REJECTED = "rejected.jsonl"
CROISSANT = "croissant.json"
FIGURES = "figures"
FACTS = "card/facts.yaml"
BIBLIOGRAPHY = "card/references.bib"

_OF_THE_CARD = (CARD, CROISSANT, FACTS, BIBLIOGRAPHY)
_BLOCK = 2**20


class FileRecord(TypedDict, total=False):
    """A file in `release.json`: its size and digest, and for a file of a table its rows."""

    bytes: int
    sha256: str
    rows: int


def is_of_the_card(name: str) -> bool:
    """Whether a file of a release is written by `card`, and can be written again at any time."""
    return name in _OF_THE_CARD or name.startswith(f"{FIGURES}/")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def record_of(path: Path) -> FileRecord:
    """Size and digest of a file."""
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
