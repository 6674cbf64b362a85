"""Models in tests are small, new and quiet, and use one thread."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def quiet_and_alone(quiet_models: None) -> None:
    """In every test of this folder."""
