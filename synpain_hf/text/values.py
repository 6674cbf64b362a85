"""Values that somebody else gave, as messages show them."""

from __future__ import annotations

_LONGEST = 200


def shown(text: str) -> str:
    """A value, or its first 200 characters."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
