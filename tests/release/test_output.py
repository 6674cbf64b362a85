"""Where a release cannot be written, the error says so, and nothing is left."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synpain_hf.errors import BadInputError, OutputError, UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.disks import small_disk
from tests.release.making import command, copied, digests, is_untouched, replace
from tests.terminal import run

WITHOUT_PRIVILEGES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
"""Runs a command as the same user, whom the permissions of files now bind even where that is root."""

LIMITED = """
import resource, sys
from synpain_hf.cli import main
none = resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), none))
try:
    main()
finally:  # what measures coverage writes at the very end
    resource.setrlimit(resource.RLIMIT_FSIZE, (none, none))
"""


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def a_file(out: Path) -> None:
    out.write_bytes(b"mine")


def an_empty_folder(out: Path) -> None:
    out.mkdir()


def a_full_folder(out: Path) -> None:
    (out / "data").mkdir(parents=True)
    (out / "data" / "mine").write_bytes(b"mine")


def a_broken_link(out: Path) -> None:
    out.symlink_to("nowhere")


@pytest.mark.parametrize("there", [a_file, an_empty_folder, a_full_folder, a_broken_link])
def test_what_stands_at_out_is_never_touched(
    tmp_path: Path, good_manifest: Path, there: Callable[[Path], None]
) -> None:
    out = tmp_path / "place" / "release"
    out.parent.mkdir()
    there(out)
    before = digests(out.parent)
    with pytest.raises(UsageError, match=f"^{out} exists; remove it, or give another place$"):
        build(good_manifest / "pairs.csv", out, version="1.0.0")
    assert digests(out.parent) == before
    assert names_in(out.parent) == ["release"]


def test_a_missing_parent_is_named(tmp_path: Path, good_manifest: Path) -> None:
    with pytest.raises(UsageError, match=f"^{tmp_path / 'no'} is not a folder; create it first$"):
        build(good_manifest / "pairs.csv", tmp_path / "no" / "release", version="1.0.0")
    assert not (tmp_path / "no").exists()


def test_a_name_that_is_too_long_is_an_error_of_the_place(tmp_path: Path, good_manifest: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot be written \(File name too long\); give another place$"):
        build(good_manifest / "pairs.csv", tmp_path / ("x" * 300), version="1.0.0")


def test_a_command_that_cannot_be_right_ends_with_2(tmp_path: Path, good_manifest: Path) -> None:
    done = run("build", good_manifest / "pairs.csv", tmp_path / "no" / "release", "--version", "1.0.0")
    assert done.exit_code == 2
    assert done.stderr == f"error: {tmp_path / 'no'} is not a folder; create it first\n"


def bound_by_permissions() -> list[str]:
    """What to put before a command, for permissions to bind it."""
    if os.geteuid() != 0:
        return []
    if shutil.which(WITHOUT_PRIVILEGES[0]) is None:
        pytest.skip("root may write anywhere, and `setpriv` is not here to give that up")
    return list(WITHOUT_PRIVILEGES)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be made."""
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.slow
def test_a_read_only_parent_is_named(locked: Path, good_manifest: Path) -> None:
    arguments = command("build", good_manifest / "pairs.csv", locked / "release", "--version", "1.0.0")
    done = subprocess.run([*bound_by_permissions(), *arguments], capture_output=True, text=True, check=False)
    assert done.stderr == f"error: {locked} cannot be written (Permission denied); give another place\n"
    assert done.returncode == 1
    assert names_in(locked) == []


@pytest.mark.slow
def test_a_source_that_may_not_be_read_is_an_error_of_the_source(tmp_path: Path, good_manifest: Path) -> None:
    source = copied(good_manifest, tmp_path / "source")
    for place, told in (("faces/02.png", "pairs.csv:4: cannot be read (Permission denied); check the file"),
                        ("pairs.csv", "cannot be read (Permission denied)")):  # fmt: skip
        replace(source / place, (source / place).read_bytes())
        (source / place).chmod(0)
        arguments = command("build", source / "pairs.csv", tmp_path / "release", "--version", "1.0.0")
        done = subprocess.run([*bound_by_permissions(), *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert told in done.stderr
        assert "could not be written" not in done.stderr
        assert "Traceback" not in done.stderr
        assert is_untouched(tmp_path / "release")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for less than a release."""
    with small_disk(tmp_path / "disk", "256k") as folder:
        yield folder


@pytest.mark.parametrize("workers", [1, 3])
def test_a_full_disk_is_named_and_nothing_is_left_on_it(disk: Path, good_download: Path, workers: int) -> None:
    out = disk / "release"
    with pytest.raises(OutputError) as caught:
        build(good_download, out, version="1.0.0", workers=workers)
    assert str(caught.value) == (
        f"{out} could not be written (No space left on device); make room, or give another place"
    )
    assert names_in(disk) == []


def test_a_disk_without_any_room_is_named(disk: Path, good_download: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (disk / "filler").write_bytes(bytes(2**20))
    with pytest.raises(OutputError, match="No space left on device"):
        build(good_download, disk / "release", version="1.0.0")
    assert names_in(disk) == ["filler"]


@pytest.mark.slow
@pytest.mark.parametrize("stops", ["every file", "the largest partition", "the card", "nothing"])
def test_a_limit_on_the_size_of_files_is_named_and_nothing_is_left(
    tmp_path: Path, good_manifest: Path, first: Release, stops: str
) -> None:
    sizes = {partition.path: first.files[partition.path]["bytes"] for partition in first.partitions}
    card = first.files["README.md"]["bytes"]
    assert max(sizes.values()) < card
    limit = {"every file": 1, "the largest partition": max(sizes.values()) - 1, "the card": card - 1, "nothing": 2**20}
    out = tmp_path / "release"
    program = [sys.executable, "-c", LIMITED, str(limit[stops])]
    arguments = ["build", str(good_manifest / "pairs.csv"), str(out), "--version", "1.0.0"]
    done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
    if stops == "nothing":
        assert (done.returncode, digests(out)) == (0, digests(first.folder))
        return
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"error: {out} could not be written (File too large); make room, or give another place"
    )
    assert "Traceback" not in done.stderr
    assert is_untouched(out)


def test_an_error_leaves_the_staging_folder_of_nobody_else(tmp_path: Path, good_manifest: Path) -> None:
    other = tmp_path / ".other.partial"
    other.mkdir()
    (other / "journal.jsonl").write_bytes(b"of another build")
    (tmp_path / "pairs.csv").write_text("nothing\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="unknown column 'nothing'"):
        build(tmp_path / "pairs.csv", tmp_path / "release", version="1.0.0")
    assert is_untouched(tmp_path / "release")
    assert (other / "journal.jsonl").read_bytes() == b"of another build"
