"""Downloads to build small releases of, and caches of `datasets` in which one is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import DatasetDict, config

import synpain_hf
from synpain_hf.release.release import Release

ByPath = Callable[[str], DatasetDict]
"""Loads a configuration of a release by the release's path."""

Part = Callable[[Path, int], Path]
"""Makes a download, in a new folder, of so many pairs."""

FACE = 64
"""Side of a face in pixels."""


def turned_folds(source: Path, file: Path) -> Path:
    """Write a folds file for a download: a fold each in turn, from the last pair to the first."""
    names = sorted((picture.stem for picture in source.iterdir()), reverse=True)
    file.write_text("".join(f"{name},{number % 5}\n" for number, name in enumerate(names)), encoding="utf-8")
    return file


def installed_in(home: Path, release: Release) -> Path:
    """Install a release for the programs of an HF_HOME; returns the cache of `datasets` there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "HF_DATASETS_CACHE", home / "datasets")
        synpain_hf.install(release.folder)
    return home / "datasets"


def linked(cache: Path, caches: Path) -> Path:
    """Give a test a cache that holds an installed release; returns the release's folder there."""
    shutil.copytree(cache, caches, copy_function=os.link)
    return next(caches.glob("synpain/default/*/*/release.json")).parent
