"""The card of a release: what it says, computed from the release and from what is known of the data set."""

from __future__ import annotations

from synpain_hf.cards.starting import init
from synpain_hf.cards.write import card, check

__all__ = ["card", "check", "init"]
