"""Where everything stands in a release directory, and what `release.json` says of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

from synpain_hf.storage import sha256_of
from synpain_hf.vocabulary import RELEASE_RECORD

NAME = "synpain"
"""What a data set is called unless it has another name."""

TITLES = {
    "official": "SynPAIN pairs",
    "manifest": "Face pairs",
    "demo": "Demo faces, drawn, not SynPAIN",
    "unbc": "UNBC-McMaster pairs",
    "3dpain": "3DPain pairs",
    "biovid": "BioVid pairs",
    "clips": "Pairs of frames of clips",
}
"""What a release holds, by the kind of its source."""

REAL = frozenset(("unbc", "biovid", "clips"))
"""The kinds of source that are pictures of people, or may be, among whose `no_pain` faces are neutral ones."""

CARD = "README.md"
CHANGELOG = "CHANGELOG.md"
MANIFEST = RELEASE_RECORD
REJECTED = "rejected.jsonl"
CROISSANT = "croissant.json"
FIGURES = "figures"
FACTS = "card/facts.yaml"
BIBLIOGRAPHY = "card/references.bib"
VALIDATION = "card/validation.json"

_OF_THE_CARD = (CARD, CROISSANT, FACTS, BIBLIOGRAPHY, VALIDATION)


class FileRecord(TypedDict, total=False):
    """A file in `release.json`: its size and digest, and for a file of a table its rows."""

    bytes: int
    sha256: str
    rows: int


def is_of_the_card(name: str) -> bool:
    """Whether a file of a release is written by `card`, and can be written again at any time."""
    return name in _OF_THE_CARD or name.startswith(f"{FIGURES}/")


def record_of(path: Path) -> FileRecord:
    """Size and digest of a file."""
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}


def fits(path: Path, record: FileRecord) -> bool:
    """Whether a file has the size and the digest of a record; it is read only where the size is right."""
    return path.stat().st_size == record["bytes"] and sha256_of(path) == record["sha256"]
