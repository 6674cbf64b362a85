"""Models in tests are small, new and quiet, and use one thread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from transformers.utils import logging


@pytest.fixture(autouse=True)
def quiet_and_alone() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    logging.disable_progress_bar()
    yield
    torch.set_num_threads(threads)
