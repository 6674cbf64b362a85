"""A Hub for each test, and releases that follow each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub
import pytest

from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.hub import Hub
from tests.publishing.making import FACE, PAIRS, with_card
from tests.release.making import manifest_rows, write_manifest

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `huggingface_hub` send files in a way that its HTTP library would rather see spelt otherwise."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:Use 'content=<...>' to upload:DeprecationWarning"))


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client go to loopback; a program of its own would be told so by HF_HUB_OFFLINE."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the client pause a hundredth of its time before it tries again."""
    pause = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: pause(seconds / 100))


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A Hub without repositories."""
    with Hub() as hub:
        yield hub


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of six small pairs; read-only by agreement."""
    folder = tmp_path_factory.mktemp("pairs")
    return write_manifest(folder, manifest_rows(PAIRS))


@pytest.fixture(scope="session")
def first(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Version 1.0.0; read-only by agreement."""
    out = tmp_path_factory.mktemp("first") / "release"
    return with_card(build(pairs, out, version="1.0.0", image_size=FACE))


@pytest.fixture(scope="session")
def second(first: Release, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Version 2.0.0, in which one pair is gone and one is new; read-only by agreement."""
    rows = [*manifest_rows(PAIRS + 1)[1:]]
    manifest = write_manifest(pairs.parent, rows, "later.csv")
    out = tmp_path_factory.mktemp("second") / "release"
    return with_card(build(manifest, out, version="2.0.0", image_size=FACE, previous=first.folder))
