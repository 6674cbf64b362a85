"""What is installed is whole: damage is found and repaired, and who reads while it is replaced does not notice."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from datasets import config, load_dataset

import synpain_hf
from synpain_hf.errors import ReleaseError
from synpain_hf.release.install import load_of, of_installed
from synpain_hf.release.release import Release
from synpain_hf.training.data.opening import open_pairs
from tests.loading.elsewhere import environment, ids, run_elsewhere

ROOT = Path(__file__).parents[2]

READS = """
import sys
from pathlib import Path
import datasets
import synpain_hf
datasets.disable_progress_bars()
datasets.logging.set_verbosity_error()
ready, stop = map(Path, sys.argv[1:])
counts = set()
while not stop.exists():
    for load in (synpain_hf.load, lambda: datasets.load_dataset("synpain")):
        counts.add(sum(len(rows["pair_id"]) for rows in load().values()))
    ready.touch()
print(sorted(counts))
"""

LOADS = """
import json, synpain_hf
print(json.dumps({split: list(rows["pair_id"]) for split, rows in synpain_hf.load("cv_3").items()}))
"""


def flip(content: bytes) -> bytes:
    """Change one bit in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def blank(content: bytes) -> bytes:
    """Zero a hundred bytes in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes(100) + content[middle + 100 :]


def cut(content: bytes) -> bytes:
    """Leave the first half."""
    return content[: len(content) // 2]


def empty(content: bytes) -> bytes:
    """Leave nothing."""
    return content[:0]


def harmed(folder: Path, pattern: str, harm: Callable[[bytes], bytes] | None) -> Path:
    """Damage a file, or remove it; other folders that have a link to it keep theirs."""
    path = next(folder.glob(pattern))
    content = path.read_bytes()
    path.unlink()
    if harm:
        path.write_bytes(harm(content))
    return path


HARMS = {
    "a bit of a shard": ("synpain-train-00000-of-*.arrow", flip),
    "a block of a shard": ("synpain-train-00000-of-*.arrow", blank),
    "half a shard": ("synpain-test*.arrow", cut),
    "a shard": ("synpain-validation*.arrow", None),
    "half of dataset_info.json": ("dataset_info.json", cut),
    "dataset_info.json": ("dataset_info.json", None),
    "half of release.json": ("release.json", cut),
    "release.json": ("release.json", None),
    "half of files.json": ("files.json", cut),
    "all of files.json": ("files.json", empty),
}


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the record of sizes, times and inodes."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "files.json"}


@pytest.fixture
def hole() -> Iterator[socket.socket]:
    """A server that lets everybody in, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.setblocking(False)
        yield server


class TestADamagedCopy:
    @pytest.mark.slow
    @pytest.mark.parametrize(("pattern", "harm"), HARMS.values(), ids=HARMS)
    def test_is_repaired_by_installing_again(
        self, newer: Release, newer_installed: Path, pattern: str, harm: Callable[[bytes], bytes] | None
    ) -> None:
        whole = contents(newer_installed)
        harmed(newer_installed, pattern, harm)
        assert synpain_hf.install(newer.folder) == newer_installed
        assert contents(newer_installed) == whole
        assert ids(load_dataset("synpain")) == ids(synpain_hf.load())

    @pytest.mark.slow
    def test_that_looks_untouched_is_found_by_its_digest_where_that_is_asked_for(self, newer: Release) -> None:
        folder = synpain_hf.install(newer.folder)
        whole = contents(folder)
        shard = next(folder.glob("synpain-train*.arrow"))
        times = shard.stat()
        shard.write_bytes(flip(shard.read_bytes()))
        os.utime(shard, ns=(times.st_atime_ns, times.st_mtime_ns))
        synpain_hf.install(newer.folder)
        assert contents(folder) != whole
        synpain_hf.install(newer.folder, verify=True)
        assert contents(folder) == whole

    @pytest.mark.parametrize(
        ("pattern", "harm"), [("synpain-train*.arrow", cut), ("synpain-test*.arrow", None), ("release.json", cut)]
    )
    def test_is_told_by_load_with_the_remedy(
        self, newer_installed: Path, pattern: str, harm: Callable[[bytes], bytes] | None
    ) -> None:
        harmed(newer_installed, pattern, harm)
        with pytest.raises(
            ReleaseError, match=r"the release that is installed as synpain is damaged .*; run `synpain-hf install"
        ):
            synpain_hf.load("all")


class TestAWholeCopy:
    @pytest.mark.slow
    def test_is_compared_with_its_digests_where_that_is_asked_for_and_left_as_it_is(
        self, newer: Release, newer_installed: Path
    ) -> None:
        inodes = {path.name: path.stat().st_ino for path in newer_installed.iterdir()}
        told: list[tuple[str, int, int]] = []
        synpain_hf.install(newer.folder, verify=True, progress=lambda *work: told.append(work))
        files = len(inodes) - 1
        of_release = [("verify", done, len(newer.files)) for done in range(1, len(newer.files) + 1)]
        assert told == [*of_release, *(("installed files", done, files) for done in range(1, files + 1))]
        assert {path.name: path.stat().st_ino for path in newer_installed.iterdir()} == inodes

    @pytest.mark.slow
    def test_is_not_compared_again_once_it_was_found_to_be_a_copy(
        self, newer: Release, newer_cache: Path, caches: Path
    ) -> None:
        shutil.copytree(newer_cache, caches)
        told: list[tuple[str, int, int]] = []
        synpain_hf.install(newer.folder, progress=lambda *work: told.append(work))
        assert "installed files" in {what for what, _, _ in told}
        told.clear()
        synpain_hf.install(newer.folder, progress=lambda *work: told.append(work))
        assert "installed files" not in {what for what, _, _ in told}


@pytest.mark.slow
def test_stray_files_of_the_desktop_are_left_alone(
    newer: Release, newer_installed: Path, small: Release, caches: Path
) -> None:
    folder = newer_installed
    strays = [
        place / ".DS_Store" for place in (caches / "synpain-hf", caches / "synpain", folder.parent.parent, folder)
    ]
    for stray in strays:
        stray.touch()
    assert synpain_hf.install(newer.folder) == folder
    assert ids(load_dataset("synpain")) == ids(synpain_hf.load())
    synpain_hf.install(small.folder)
    assert synpain_hf.uninstall() == "1.0.0"
    assert not folder.exists()


def test_what_is_read_of_it_is_all_of_one_place_even_if_another_release_takes_it(
    newer: Release, newer_installed: Path, caches: Path
) -> None:
    seen = []

    def read(release: Release) -> list[str]:
        seen.append(release.folder)
        if len(seen) == 1:
            release.folder.rename(release.folder.with_name("moved"))
        return [load_of(release, name, "train").split for name in ("all", "cv_3")]

    assert of_installed(read) == ["train", "train"]
    assert [folder.name for folder in seen] == [newer_installed.name, "moved"]


def test_what_was_changed_in_it_is_refused_by_load(newer_installed: Path) -> None:
    shard = next(newer_installed.glob("synpain-train*.arrow"))
    harmed(newer_installed, shard.name, flip)
    with pytest.raises(
        ReleaseError, match=r"the release that is installed as synpain is damaged .a file in .* is not as it was"
    ):
        synpain_hf.load()
    harmed(newer_installed, "release.json", lambda content: content.replace(b'"rows": 1', b'"rows": 0', 1))
    with pytest.raises(ReleaseError, match="the release that is installed as synpain is damaged"):
        open_pairs("synpain")


@pytest.mark.usefixtures("small_installed")
def test_a_release_that_counts_its_rows_wrong_is_refused(newer: Release, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(newer.folder, folder)
    manifest = json.loads((folder / "release.json").read_text())
    next(record for name, record in manifest["files"].items() if name.startswith("data/"))["rows"] += 7
    (folder / "release.json").write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match=r"rows, and release\.json says"):
        synpain_hf.install(folder)
    assert synpain_hf.load("all", split="train").num_rows == 40


@pytest.mark.slow
def test_a_cache_below_the_working_directory_will_do(
    newer: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", Path("here/datasets"))
    assert synpain_hf.install(newer.folder).is_dir()


@pytest.mark.slow
@pytest.mark.usefixtures("small_installed")
def test_programs_that_read_while_a_release_is_replaced_get_one_or_the_other(
    small: Release, newer: Release, caches: Path, tmp_path: Path
) -> None:
    ready, stop = tmp_path / "ready", tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READS, str(ready), str(stop)],
        cwd=tmp_path,
        env=environment(caches.parent, PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not ready.exists():
        assert reader.poll() is None
    for release in (newer, small, newer, small):
        synpain_hf.install(release.folder)
    stop.touch()
    told, errors = reader.communicate(timeout=120)
    assert reader.returncode == 0, errors
    assert told.strip() in {"[10, 40]", "[40]"}


@pytest.mark.slow
@pytest.mark.usefixtures("small_installed")
def test_load_asks_nobody_where_the_hub_does_not_answer(caches: Path, tmp_path: Path, hole: socket.socket) -> None:
    endpoint = f"http://127.0.0.1:{hole.getsockname()[1]}"
    network = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": endpoint, "PYTHONPATH": str(ROOT)}
    loaded = run_elsewhere(LOADS, home=caches.parent, folder=tmp_path, **network)
    assert loaded == ids(synpain_hf.load("cv_3"))
    with pytest.raises(BlockingIOError):
        hole.accept()
