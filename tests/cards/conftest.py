"""Releases and cards that the tests of this folder share; read-only by agreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synpain_hf.cards import card
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from tests.cards.making import DRAWN, LARGER, Row, TextFor, write_facts, written_text
from tests.release.making import copied, manifest_rows, picture, write_manifest
from tests.sharing import Once, SomeComposites


@pytest.fixture(scope="session")
def drawn(once: Once) -> Release:
    """A release of demo faces, with the short card of a build."""
    return Release.open(once("drawn", lambda folder: demo(folder / "release", pairs=DRAWN)) / "release")


@pytest.fixture(scope="session")
def carded(drawn: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A copy of `drawn` with its card."""
    return card(copied(drawn.folder, tmp_path_factory.mktemp("carded") / "release"))


@pytest.fixture
def copy(carded: Release, tmp_path: Path) -> Path:
    """A copy of `carded`, to change."""
    return copied(carded.folder, tmp_path / "copy")


@pytest.fixture(scope="session")
def official(some_composites: SomeComposites, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of five plain composites laid out as the official download."""
    folder = tmp_path_factory.mktemp("official")
    return build(some_composites(folder, 5), folder / "release", version="1.0.0", image_size=64)


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of twelve small pairs from a manifest, without a card of its own."""
    folder = tmp_path_factory.mktemp("own")
    return build(write_manifest(folder, manifest_rows(12)), folder / "release", version="1.0.0")


@pytest.fixture(scope="session")
def own_carded(own: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A copy of `own` with its card."""
    folder = tmp_path_factory.mktemp("own-carded")
    return card(copied(own.folder, folder / "release"), facts=write_facts(folder / "facts"))


@pytest.fixture
def text_for(tmp_path: Path) -> TextFor:
    """Makes the card of a release of the rows of a manifest, without its figures."""

    def make(rows: list[Row], **facts: Any) -> str:
        folder = tmp_path / f"made-{len(list(tmp_path.iterdir()))}"
        (folder / "faces").mkdir(parents=True)
        (folder / "faces" / LARGER).write_bytes(picture(99, (200, 112)))
        release = build(write_manifest(folder, rows), folder / "release", version="1.0.0")
        return written_text(release, write_facts(folder / "facts", **facts))

    return make
