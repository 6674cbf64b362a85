"""`Pair`, the record that flows from a source to a release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """A picture file of a source, not read yet.

    Attributes:
        name: Its name relative to the source, with `/`.
        path: The file, or the zip archive that holds it.
        member: Its name in the archive; empty for a file.
        size: Encoded size in bytes.
    """

    name: str
    path: Path
    member: str
    size: int


@dataclass(frozen=True)
class Pair:
    """One identity's neutral and expressive face, with what is known of them.

    Attributes:
        pair_id: Unique in a release.
        label: `no_pain` or `pain`: what the expressive face shows.
        age_group: `young` or `old`.
        gender: `man` or `woman`.
        ethnicity: `black`, `south_asian`, `middle_eastern`, `white` or `east_asian`.
        pictures: One composite, or the neutral and the expressive picture.
        listed_at: Where the source names it: a file, or a manifest's line.
        size: Width and height that its composite must have; None for any.
        fold: 0 to 4; None until it is assigned.
        generator: What made the faces; None where unknown.
        prompt: The text they were made from.
        seed: The generator's seed.
    """

    pair_id: str
    label: str
    age_group: str
    gender: str
    ethnicity: str
    pictures: tuple[Picture, ...]
    listed_at: str
    size: tuple[int, int] | None = None
    fold: int | None = None
    generator: str | None = None
    prompt: str | None = None
    seed: int | None = None
