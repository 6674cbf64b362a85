"""Scales on which measures are read."""

from __future__ import annotations

from bisect import bisect_right

_EDGES = (0.2, 0.4, 0.6, 0.8)
ACR = ("bad", "poor", "fair", "good", "excellent")
"""The five bands of absolute category rating (ITU-T P.910), each 0.2 wide here."""


def acr_band(quality: float) -> str:
    """The band of a quality from 0 to 1.

    Raises:
        ValueError: If it is not from 0 to 1.

    Example:
        >>> acr_band(0.868)
        'excellent'
    """
    if not 0 <= quality <= 1:
        raise ValueError(f"a quality of {quality} is not from 0 to 1; bring it onto that scale first")
    return ACR[bisect_right(_EDGES, quality)]
