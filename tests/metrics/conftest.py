"""What all tests of the metric have."""

from __future__ import annotations

from collections.abc import Iterator

import evaluate
import pytest


@pytest.fixture(scope="session", autouse=True)
def caches_of_evaluate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Caches of this process: what is imported from the first stays imported."""
    home = tmp_path_factory.mktemp("evaluate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate.config, "HF_MODULES_CACHE", home / "modules")
        patch.setattr(evaluate.config, "HF_METRICS_CACHE", home / "metrics")
        yield
