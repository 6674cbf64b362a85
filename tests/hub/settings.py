"""Settings of the Hub's client, which reads them when it is imported."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
import pytest

from tests.hub.server import Hub


def lead_client_to(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the client of this process ask a Hub, and keep what it downloads in a cache."""
    settings = {
        "ENDPOINT": hub.url,
        "HUGGINGFACE_CO_URL_TEMPLATE": hub.url + "/{repo_id}/resolve/{revision}/{filename}",
        "HF_HUB_OFFLINE": False,
        "HF_HUB_DISABLE_XET": True,
        "HF_HUB_CACHE": str(cache),
    }
    for name, value in settings.items():
        monkeypatch.setattr(huggingface_hub.constants, name, value)
