"""How faces that show the expressions of others were made, as `transfer.json` says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RELEASE = {"name": "synpain", "version": "1.0.0", "kind": "demo", "content": "0" * 64, "shows_people": False}
NOTES: Mapping[str, Any] = {
    "method": "warp", "method_version": 1, "weights": None, "prompt": None,
    "source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic",
    "identities_are": "consented", "identities": RELEASE, "drivers": {**RELEASE, "version": "2.0.0"}, "seed": 0,
    "per_identity": 1, "same": ["gender"], "landmarks": "mediapipe 1", "made_with": "numpy 2",
}  # fmt: skip
