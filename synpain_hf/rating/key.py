"""The key of rating sheets: which face each token stands for. Raters never get it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synpain_hf
from synpain_hf.rating.faces import FaceId
from synpain_hf.release.release import Release
from synpain_hf.schemas import read_document, refusal
from synpain_hf.text.values import shown

_AGAIN = "give the key.json that was written with the sheets"


@dataclass(frozen=True)
class Key:
    """What belongs to the sheets that were made at one time.

    Attributes:
        releases: Name, version and content of each release whose faces they show, by what it is called.
        questions: The names of their questions.
        faces: The face of each token.
        checks: The answer that each token of an attention check asks for.
        sheets: The tokens of each sheet, in the order in which it shows them.
        seed: What they were drawn with.
    """

    releases: Mapping[str, Mapping[str, str]]
    questions: Sequence[str]
    faces: Mapping[str, FaceId]
    checks: Mapping[str, str]
    sheets: Mapping[str, Sequence[str]]
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """The key as `schemas/rating_key.schema.json` describes it."""
        return {
            "releases": {label: dict(release) for label, release in self.releases.items()},
            "questions": list(self.questions),
            "faces": {token: face._asdict() for token, face in self.faces.items()},
            "checks": dict(self.checks),
            "sheets": {sheet: list(tokens) for sheet, tokens in self.sheets.items()},
            "seed": self.seed,
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }


def described(release: Release) -> dict[str, str]:
    """What a key says of a release."""
    return {name: str(release.manifest[name]) for name in ("name", "version", "content")}


def read_key(path: Path, releases: Mapping[str, Release], faces: Collection[FaceId]) -> Key:
    """Read the key of sheets of some releases.

    Args:
        path: Its file.
        releases: The releases, which must have the content that they had when the sheets were made.
        faces: Their faces.

    Raises:
        BadInputError: If it is not such a key, or that of other releases.
    """
    document = read_document(path, "rating_key", "a key", _AGAIN)
    key = Key(
        document["releases"],
        tuple(document["questions"]),
        {token: FaceId(**face) for token, face in document["faces"].items()},
        document["checks"],
        {sheet: tuple(tokens) for sheet, tokens in document["sheets"].items()},
        document["seed"],
    )
    for label, made_of in key.releases.items():
        if label not in releases or made_of["content"] != releases[label].manifest["content"]:
            given = " and ".join(f"{release.name} {release.version}" for release in releases.values())
            raise refusal(
                path,
                f"is of {made_of['name']} {made_of['version']}, whose rows are not those of {given}; give every "
                "release that the sheets were made of",
            )
    unknown = {token for tokens in key.sheets.values() for token in tokens} - {*key.faces, *key.checks}
    if unknown:
        raise refusal(path, f"has no face for {min(unknown)}; {_AGAIN}")
    strange = [face for face in key.faces.values() if face not in faces]
    if strange:
        told = f"has a face of pair {shown(strange[0].pair_id)!r}, which the release does not have"
        raise refusal(path, f"{told}; {_AGAIN}")
    return key
