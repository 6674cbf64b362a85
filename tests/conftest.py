"""Every test has its own caches and touches no network; every run tries the same examples."""

from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path

# Read when the libraries are imported: before any test module imports them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"  # a process has a core: threads that wait for each other only hold it

import datasets
import pytest
from hypothesis import HealthCheck, settings

from examples.plain_composites import write_download
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.installing import borrow_libraries, build_wheel, make_environment
from tests.sharing import Once, SomeComposites, link_first, once_below

gc.disable()  # until all is imported: there is no garbage yet, and much to look through

# Every run tries the same examples; `--hypothesis-profile=exploring` draws others. A busy machine fails neither.
settings.register_profile("repeatable", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("exploring", settings.get_profile("repeatable"), derandomize=False)
settings.load_profile("repeatable")


def pytest_runtestloop() -> None:
    """Have garbage be looked for in what tests make alone, and not each time in all that was imported."""
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Have everything be cleared away at the end."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Caches of `datasets` that this test alone uses; also for the programs that it starts."""
    home = tmp_path / "hf-home"
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setattr(datasets.config, "HF_CACHE_HOME", home)
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", home / "datasets")
    monkeypatch.setattr(datasets.config, "HF_MODULES_CACHE", home / "modules")
    datasets.disable_progress_bars()
    return home / "datasets"


@pytest.fixture
def quiet_models() -> None:
    """Models whose weights are the same each time, and that show no bars."""
    import torch
    from transformers.utils import logging

    torch.manual_seed(0)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder `SynPain` of ten real composites, where it stands beside the checkout; read-only by agreement."""
    folder = Path(__file__).parents[2] / "shared" / "synpain-sample" / "SynPain"
    if not folder.is_dir():
        pytest.skip("the real SynPAIN sample composites are not here")
    return folder


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Fills a folder once for all processes of this run."""
    own = tmp_path_factory.getbasetemp()
    return once_below(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session")
def download(once: Once) -> Path:
    """Forty plain composites, laid out as the official download; read-only by agreement."""
    return once("download", lambda folder: write_download(folder, 40, compress_level=1)) / "SynPain"


@pytest.fixture(scope="session")
def some_composites(download: Path) -> SomeComposites:
    """Makes downloads of the first composites of `download`."""
    return partial(link_first, download)


@pytest.fixture(scope="session")
def release(download: Path, once: Once) -> Release:
    """A release of `download`; read-only by agreement."""
    folder = once("release", lambda folder: build(download, folder / "release", version="1.0.0", workers=2))
    return Release.open(folder / "release")


@pytest.fixture(scope="session")
def wheel(once: Once) -> Path:
    """The wheel of this checkout; read-only by agreement."""
    return next(once("wheel", build_wheel).glob("*.whl"))


@pytest.fixture(scope="session")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that has the wheel, and the libraries of the one that runs the tests."""
    found = make_environment(tmp_path_factory.mktemp("environment") / "venv", wheel, "--no-deps")
    borrow_libraries(found)
    return found
