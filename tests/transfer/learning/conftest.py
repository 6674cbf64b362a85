"""A small training, once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.release.release import Release
from synpain_hf.transferring.learning.train_transfer import train_transfer
from tests.sharing import Once
from tests.transfer.learning.small import SMALL


@pytest.fixture(scope="session")
def refiner(drawn: Release, once: Once) -> Path:
    """The folder of a small training of `unet`; not to be changed."""
    return once("refiner", lambda folder: train_transfer(drawn.folder, folder / "refiner", **SMALL)) / "refiner"
