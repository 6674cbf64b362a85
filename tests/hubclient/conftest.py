"""A Hub, and the client's settings that lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from tests.hub import WRITER, Hub, Repository
from tests.hub.settings import lead_client_to

FILES = {"release.json": b"{}", "data/a.parquet": b"PAR1", "data/b.parquet": b"PAR2", "README.md": b"# Faces\n"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """The Hub that the client asks; it has a data set `lab/faces` with a tag `v1`."""
    with Hub() as hub:
        hub.repositories["lab/faces"] = Repository()
        hub.repositories["lab/faces"].commit(FILES, "main", "v1")
        lead_client_to(hub, tmp_path / "hub-cache", monkeypatch)
        monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield hub
