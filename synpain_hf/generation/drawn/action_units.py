"""Action units and the pain score that is computed from them."""

from __future__ import annotations

from collections.abc import Mapping

ACTION_UNITS = {
    "AU1": "inner brow raiser",
    "AU2": "outer brow raiser",
    "AU4": "brow lowerer",
    "AU6": "cheek raiser",
    "AU7": "lid tightener",
    "AU9": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU15": "lip corner depressor",
    "AU20": "lip stretcher",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU43": "eyes closed",
}
"""The units that demo faces have, with their names in the Facial Action Coding System."""

STRONGEST = 5.0
"""Greatest intensity of a unit; 0 is absent."""

Units = Mapping[str, float]
"""Intensity of each action unit."""

AT_REST: Units = dict.fromkeys(ACTION_UNITS, 0.0)
"""A face at rest."""
