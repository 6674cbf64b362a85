"""How the names in the data are written for people."""

from __future__ import annotations

from synpain_hf.vocabulary import CLASSES

_CAPITALS = frozenset(CLASSES["ethnicity"])
_MEASURES = {"pspi": "PSPI"}


def words(name: str) -> str:
    """A label, group or measure in words: `no pain`, `South Asian`."""
    text = name.replace("_", " ")
    return text.title() if name in _CAPITALS else text


def measure_words(column: str) -> str:
    """A measured column in words: `PSPI`, `AU4`, `face quality`."""
    return _MEASURES.get(column, column if column[:2].isupper() else words(column))
