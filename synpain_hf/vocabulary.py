"""The labels of a pair: canonical names, other spellings, and the digits of an official ID.

The position of a name in its tuple is the integer of its `ClassLabel`, and equals the digit of an official SynPAIN ID
(`1` `p` `g` `a` `r` and five more digits; file notes of the data set, `SynPain.txt`).
"""

from __future__ import annotations

from typing import Literal

CLASSES: dict[str, tuple[str, ...]] = {
    "label": ("no_pain", "pain"),
    "age_group": ("young", "old"),
    "gender": ("man", "woman"),
    "ethnicity": ("black", "south_asian", "middle_eastern", "white", "east_asian"),
}

FACES = ("neutral", "expressive")
"""The two faces of a pair, in this order."""

GROUPS = ("age_group", "gender", "ethnicity")
"""The columns that name a demographic group, in the order of a partition's file name."""

UNKNOWN = "unknown"
"""How a group that is not known is called where it needs a name: in places of files, in counts and in tables."""

RELEASE_RECORD, RELEASE_DATA = "release.json", "data"
"""The file and the folder that every release has: what it is, and its pairs."""

IDENTITY = "identity"
"""The column that says who is shown. Releases of earlier versions lack it: there every pair is its own identity."""

DERIVED_FROM = "derived_from"
"""The column that says whose expression was transferred, where that was done."""

ID_DIGITS = {"label": 1, "gender": 2, "age_group": 3, "ethnicity": 4}
"""Where each column's digit stands in an official ID."""

OFFICIAL_GENERATOR = "Ideogram 2.0"
"""What made the official faces (arXiv 2507.19673)."""

OFFICIAL_VIDEO_GENERATOR = "Runway Gen-4 Alpha"
"""What made the official videos (arXiv 2507.19673)."""

COMPOSITE_SIZE = (1312, 736)
"""Width and height of an official composite, in pixels."""

DEMO_GENERATOR = "demo faces, drawn, not SynPAIN"
"""What demo faces are, wherever they are named."""

DrawingStyle = Literal["portrait", "sketch"]

DEFAULT_STYLE: DrawingStyle = "portrait"
"""How demo faces are drawn; the sketch has other lines, colours, light and texture."""

Uses = Literal["frames", "table", "both"]
"""What becomes of videos: pairs of their frames, rows of the table `videos`, or both."""

Fusion = Literal["subtraction", "concatenation", "cross_attention", "none"]
"""How a model uses the reference; `synpain_hf.modeling.fusion.FUSIONS` has the modules."""

DEFAULT_FUSION: Fusion = "cross_attention"

Precision = Literal["auto", "fp32", "bf16", "fp16"]
"""With which numbers a network computes."""

Alignment = Literal["box", "similarity", "pwct"]
"""How faces are brought into place: not at all, by their eyes, or as the published PwCT was given them."""

Unaligned = Literal["refuse", "leave_out"]
"""What becomes of pairs in which no face is found to align: an error, or they are left out and counted."""

PWCT_SIDE = 160
"""Side of the faces that the published network takes, in pixels."""

_OTHER_SPELLINGS: dict[str, dict[str, str]] = {
    "label": {"nopain": "no_pain", "non_pain": "no_pain", "nonpain": "no_pain", "not_pain": "no_pain"},
    "age_group": {"younger": "young", "older": "old"},
    "gender": {"male": "man", "female": "woman", "men": "man", "women": "woman", "m": "man", "f": "woman"},
    "ethnicity": {"caucasian": "white", "southasian": "south_asian", "middleeastern": "middle_eastern",
                  "eastasian": "east_asian"},
}  # fmt: skip

_AMBIGUOUS: dict[str, dict[str, tuple[str, ...]]] = {
    "ethnicity": {"asian": ("south_asian", "east_asian"), "african": ("black", "middle_eastern")},
}
"""Words that name several groups: people of Asia are in two of them, and so are people of Africa."""


def canonical(column: str, value: object) -> object:
    """The canonical name of a value, or the value unchanged if its spelling is unknown.

    Args:
        column: A key of `CLASSES`.
        value: A word in any case, with spaces or hyphens for underscores.

    Returns:
        The canonical name for a known spelling; otherwise `value` itself, which the JSON Schema will refuse.
    """
    if not isinstance(value, str):
        return value
    word = _normal(value)
    word = _OTHER_SPELLINGS[column].get(word, word)
    return word if word in CLASSES[column] else value


def meanings(column: str, value: object) -> tuple[str, ...]:
    """The canonical names that an ambiguous word may stand for; none for any other word."""
    return _AMBIGUOUS.get(column, {}).get(_normal(value), ()) if isinstance(value, str) else ()


def _normal(word: str) -> str:
    return word.strip().lower().replace(" ", "_").replace("-", "_")
