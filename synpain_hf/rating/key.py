"""The key of rating sheets: which face each token stands for. Raters never get it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synpain_hf
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.rating.faces import FaceId
from synpain_hf.release.release import Release
from synpain_hf.schemas import strict_json, violations
from synpain_hf.text.values import shown

_MOST_BYTES = 2**24
_AGAIN = "give the key.json that was written with the sheets"


@dataclass(frozen=True)
class Key:
    """What belongs to the sheets that were made at one time.

    Attributes:
        release: Name, version and content of the release whose faces they show.
        questions: The names of their questions.
        faces: The face of each token.
        sheets: The tokens of each sheet, in the order in which it shows them.
        seed: What they were drawn with.
    """

    release: Mapping[str, str]
    questions: Sequence[str]
    faces: Mapping[str, FaceId]
    sheets: Mapping[str, Sequence[str]]
    seed: int

    def to_dict(self) -> dict[str, Any]:
        """The key as `schemas/rating_key.schema.json` describes it."""
        return {
            "release": dict(self.release),
            "questions": list(self.questions),
            "faces": {token: {"pair_id": pair_id, "face": face} for token, (pair_id, face) in self.faces.items()},
            "sheets": {sheet: list(tokens) for sheet, tokens in self.sheets.items()},
            "seed": self.seed,
            "made_with": f"synpain-hf {synpain_hf.__version__}",
        }


def described(release: Release) -> dict[str, str]:
    """What a key says of a release."""
    return {name: str(release.manifest[name]) for name in ("name", "version", "content")}


def read_key(path: Path, release: Release, faces: Collection[FaceId]) -> Key:
    """Read the key of sheets of a release.

    Args:
        path: Its file.
        release: The release, which must have the content that it had when the sheets were made.
        faces: Its faces.

    Raises:
        BadInputError: If it is not such a key, or that of another release.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refusal(path, f"has more than {_MOST_BYTES:,} bytes; {_AGAIN}")
        document = strict_json(path.read_bytes())
    except OSError as error:
        raise _refusal(path, f"cannot be read ({error.strerror or error}); {_AGAIN}") from error
    except ValueError as error:
        raise _refusal(path, f"is not JSON ({error}); {_AGAIN}") from error
    wrong = violations("rating_key", document) if isinstance(document, dict) else ["it is not a JSON object"]
    if wrong:
        raise _refusal(path, f"is not a key ({'; '.join(wrong[:3])}); {_AGAIN}")
    key = Key(
        document["release"],
        tuple(document["questions"]),
        {token: (face["pair_id"], face["face"]) for token, face in document["faces"].items()},
        {sheet: tuple(tokens) for sheet, tokens in document["sheets"].items()},
        document["seed"],
    )
    if key.release["content"] != release.manifest["content"]:
        raise _refusal(
            path,
            f"is of {key.release['name']} {key.release['version']}, whose rows are not those of "
            f"{release.name} {release.version}; give the release that the sheets were made of",
        )
    unknown = {token for tokens in key.sheets.values() for token in tokens} - key.faces.keys()
    if unknown:
        raise _refusal(path, f"has no face for {min(unknown)}; {_AGAIN}")
    strange = [pair_id for pair_id, face in key.faces.values() if (pair_id, face) not in faces]
    if strange:
        raise _refusal(path, f"has a face of pair {shown(strange[0])!r}, which the release does not have; {_AGAIN}")
    return key


def _refusal(path: Path, reason: str) -> BadInputError:
    return BadInputError([Problem(path.name, reason)])
