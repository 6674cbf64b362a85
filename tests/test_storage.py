"""What is written is whole or not there, by one writer at a time, and never through a link."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import OutputError, UsageError
from synpain_hf.storage import (
    StagedFolder,
    carry,
    exchange,
    locked,
    remove_tree,
    replacing,
    replacing_file,
    report_write_errors,
    resumable_folder,
    scratch,
    staged,
    work_folder_of,
    write_atomically,
)
from tests.disks import small_disk

WITHOUT_EXCHANGE = """
import ctypes, os, platform, signal, sys
from pathlib import Path
from synpain_hf.storage import replacing

class Step(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte), ("k", ctypes.c_uint)]

class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.POINTER(Step))]

number = {"x86_64": 316, "aarch64": 276}[platform.machine()]  # of renameat2, which answers as old systems do: ENOSYS
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50026), (0x06, 0, 0, 0x7FFF0000)]
prctl = ctypes.CDLL(None, use_errno=True).prctl
assert prctl(38, 1, 0, 0, 0) == 0
if prctl(22, 2, ctypes.byref(Program(4, (Step * 4)(*steps))), 0, 0):
    sys.exit(77)

place, fatal, renames = Path(sys.argv[1]), int(sys.argv[2]), 0

def count(event, arguments):
    global renames
    if event == "os.rename":
        renames += 1
        if renames == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

with replacing(place) as staging:
    (staging.folder / "new").touch()
    sys.addaudithook(count)
    staging.replace()
assert renames == 3
"""
"""Replaces a folder where two folders cannot change places in one step; killed before one of the renames."""


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder that nothing has any business in."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "mine").write_bytes(b"mine")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a folder is to be written."""
    (tmp_path / "places").mkdir()
    return tmp_path / "places" / "place"


@pytest.fixture
def full(place: Path) -> Path:
    """A folder that is to be replaced."""
    place.mkdir()
    (place / "old").write_bytes(b"old")
    return place


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def enter(context: AbstractContextManager[object]) -> None:
    """Begin to write, and end at once."""
    with context:
        pass


def stop(context: AbstractContextManager[StagedFolder | Path], error: BaseException) -> None:
    """Begin to write a folder, and go no further."""
    with context as staging:
        folder = staging if isinstance(staging, Path) else staging.folder
        (folder / "half").touch()
        raise error


def write_in_parts(path: Path, *parts: Any) -> None:
    """Write a file."""
    with replacing_file(path) as partial, partial.open("wb") as file:
        for part in parts:
            file.write(part)


class TestLock:
    def test_a_second_writer_is_refused_in_the_words_given(self, tmp_path: Path) -> None:
        with locked(tmp_path / "lock"), pytest.raises(OutputError, match=r"^taken; wait$"):
            enter(locked(tmp_path / "lock", busy="taken; wait"))

    def test_a_second_writer_waits_and_is_told_when_that_begins_and_ends(self, tmp_path: Path) -> None:
        waits, order = threading.Event(), list[object]()

        def waiting(done: int, total: int) -> None:
            order.append((done, total))
            waits.set()

        def second() -> None:
            with locked(tmp_path / "lock", waiting=waiting):
                order.append("second")

        other = threading.Thread(target=second)
        with locked(tmp_path / "lock"):
            other.start()
            assert waits.wait(60)
            order.append("first")
        other.join(60)
        assert order == [(0, 1), "first", (1, 1), "second"]

    def test_a_lock_that_is_a_link_is_refused(self, tmp_path: Path, victim: Path) -> None:
        (tmp_path / "lock").symlink_to(victim / "mine")
        with pytest.raises(OutputError, match="lock is a link, and nothing is written or removed through links"):
            enter(locked(tmp_path / "lock"))
        assert (victim / "mine").read_bytes() == b"mine"


class TestFile:
    def test_it_replaces_what_was_there(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"old")
        write_atomically(tmp_path / "file", "né")
        assert (tmp_path / "file").read_bytes() == "né".encode()
        assert names_in(tmp_path) == ["file"]

    def test_what_a_link_leads_to_stays(self, tmp_path: Path, victim: Path) -> None:
        for name in ("file", ".file.partial"):
            (tmp_path / name).symlink_to(victim / "mine")
        write_atomically(tmp_path / "file", b"new")
        assert (tmp_path / "file").read_bytes() == b"new"
        assert not (tmp_path / "file").is_symlink()
        assert (victim / "mine").read_bytes() == b"mine"

    def test_after_an_error_the_old_one_is_there_alone(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"old")
        with pytest.raises(TypeError):
            write_in_parts(tmp_path / "file", b"ne", "w")
        assert (tmp_path / "file").read_bytes() == b"old"
        assert names_in(tmp_path) == ["file"]

    def test_on_a_full_disk_the_old_one_is_there_alone(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "64k") as disk:
            (disk / "file").write_bytes(b"old")
            told = r"file could not be written \(No space left on device\); make room"
            with pytest.raises(OutputError, match=told), report_write_errors(disk / "file"):
                write_atomically(disk / "file", bytes(2**20))
            assert (disk / "file").read_bytes() == b"old"
            assert names_in(disk) == ["file"]


class TestStaged:
    def test_it_is_there_when_it_is_complete_and_nothing_else_is(self, place: Path) -> None:
        with staged(place) as staging:
            (staging.folder / "wanted").touch()
            (staging.folder / "unwanted" / "folder").mkdir(parents=True)
            (staging.work / "notes").touch()
            assert not place.exists()
            staging.complete(["wanted"])
        assert names_in(place) == ["wanted"]
        assert names_in(place.parent) == ["place"]

    def test_it_is_for_its_owner_alone_until_then(self, place: Path, victim: Path) -> None:
        with staged(place) as staging:
            assert stat.S_IMODE(staging.work.stat().st_mode) == 0o700
            staging.complete([])
        assert place.stat().st_mode == victim.stat().st_mode

    @pytest.mark.parametrize("resumable", [True, False])
    def test_after_an_error_nothing_is_left(self, place: Path, resumable: bool) -> None:
        with pytest.raises(OutputError, match=r"place could not be written \(full\); make room, or give another place"):
            stop(staged(place, resumable=resumable), OSError(0, "full"))
        assert names_in(place.parent) == []

    @pytest.mark.parametrize("resumable", [True, False])
    def test_after_ctrl_c_what_can_be_resumed_is_left(self, place: Path, resumable: bool) -> None:
        with pytest.raises(KeyboardInterrupt):
            stop(staged(place, resumable=resumable), KeyboardInterrupt())
        with staged(place, resumable=resumable) as staging:
            assert names_in(staging.folder) == ["half"] * resumable

    def test_what_a_killed_program_left_is_removed_where_it_cannot_be_resumed(self, place: Path) -> None:
        (work_folder_of(place) / "release" / "half").mkdir(parents=True)
        (work_folder_of(place) / "notes").touch()
        with staged(place) as staging:
            assert names_in(staging.work) == ["lock", "release"]
            assert names_in(staging.folder) == []

    def test_a_second_writer_is_refused_and_the_first_one_ends_well(self, place: Path) -> None:
        with staged(place) as staging:
            with pytest.raises(OutputError, match="place is being written by another program; wait for it, or give"):
                enter(staged(place))
            staging.complete([])
        assert place.is_dir()

    def test_what_is_there_is_refused(self, full: Path) -> None:
        with pytest.raises(UsageError, match="place exists; remove it, or give another place"):
            enter(staged(full))


def a_link(work: Path, victim: Path) -> None:
    work.symlink_to(victim)


def a_link_in_it(work: Path, victim: Path) -> None:
    work.mkdir()
    (work / "release").symlink_to(victim)


def a_link_further_in(work: Path, victim: Path) -> None:
    (work / "release").mkdir(parents=True)
    (work / "release" / "data").symlink_to(victim)


def a_lock_that_is_a_link(work: Path, victim: Path) -> None:
    work.mkdir()
    (work / "lock").symlink_to(victim / "mine")


def a_file(work: Path, victim: Path) -> None:
    work.write_bytes(b"mine")


def a_folder_of_another_user(work: Path, victim: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    work.mkdir()
    (work / "theirs").touch()
    os.chown(work, 12345, 12345)


IN_THE_WAY: dict[Callable[[Path, Path], None], str] = {
    a_link: "is a link, and nothing is written or removed through links; remove it",
    a_link_in_it: "release is a link",
    a_link_further_in: "release/data is a link",
    a_lock_that_is_a_link: "lock is a link",
    a_file: "is in the way; remove it",
    a_folder_of_another_user: "belongs to another user; have it removed, or give another place",
}


class TestWhatStandsInTheWay:
    @pytest.mark.parametrize("there", IN_THE_WAY, ids=lambda there: there.__name__)
    def test_is_refused_and_left_as_it_is(self, place: Path, victim: Path, there: Callable[[Path, Path], None]) -> None:
        work = work_folder_of(place)
        there(work, victim)
        found = work.lstat()
        before = sorted(work.parent.rglob("*"))
        with pytest.raises(OutputError, match=IN_THE_WAY[there]):
            enter(staged(place, resumable=True))
        assert (work.lstat().st_ino, work.lstat().st_uid) == (found.st_ino, found.st_uid)
        assert {*before} <= {*work.parent.rglob("*")} <= {*before, work / "lock"}
        assert (victim / "mine").read_bytes() == b"mine"
        assert names_in(victim) == ["mine"]

    @pytest.mark.parametrize("there", [a_link, a_link_in_it, a_file, a_folder_of_another_user])
    def test_of_a_replacement_too(self, full: Path, victim: Path, there: Callable[[Path, Path], None]) -> None:
        there(work_folder_of(full), victim)
        with pytest.raises(OutputError, match=IN_THE_WAY[there]):
            enter(replacing(full))
        assert names_in(full) == ["old"]
        assert names_in(victim) == ["mine"]

    @pytest.mark.parametrize("there", [a_link, a_link_in_it, a_file, a_folder_of_another_user])
    def test_of_a_scratch_folder_too(self, place: Path, victim: Path, there: Callable[[Path, Path], None]) -> None:
        there(place, victim)
        with pytest.raises(OutputError, match=IN_THE_WAY[there]):
            enter(scratch(place))
        assert names_in(victim) == ["mine"]

    def test_a_folder_that_is_left_open_to_others_is_closed(self, place: Path) -> None:
        work_folder_of(place).mkdir()
        work_folder_of(place).chmod(0o777)
        with staged(place, resumable=True) as staging:
            assert stat.S_IMODE(staging.work.stat().st_mode) == 0o700


class TestReplacing:
    def test_the_new_one_takes_the_place_of_the_old_one(self, full: Path) -> None:
        with replacing(full) as staging:
            (staging.folder / "new").touch()
            assert names_in(full) == ["old"]
            staging.replace()
        assert names_in(full) == ["new"]
        assert names_in(full.parent) == ["place"]

    @pytest.mark.parametrize("error", [OSError(0, "full"), KeyboardInterrupt()], ids=["error", "ctrl-c"])
    def test_after_an_error_the_old_one_is_there_alone(self, full: Path, error: BaseException) -> None:
        with pytest.raises((OutputError, KeyboardInterrupt)):
            stop(replacing(full), error)
        assert names_in(full) == ["old"]
        assert names_in(full.parent) == ["place"]

    def test_a_program_that_stands_in_it_stands_in_the_new_one(
        self, full: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(full)
        with replacing(full) as staging:
            (staging.folder / "new").touch()
            staging.replace()
        assert names_in(Path()) == ["new"]
        assert Path.cwd() == full

    def test_a_place_where_a_disk_begins_is_refused(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", "64k") as disk, pytest.raises(OutputError, match="is a mount point"):
            enter(replacing(disk))

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be told to refuse a system call")
    @pytest.mark.parametrize("fatal", [0, 1, 2, 3], ids=["lives", "first", "second", "third"])
    def test_where_it_takes_two_renames_a_killed_one_is_undone(self, full: Path, fatal: int) -> None:
        program = [sys.executable, "-c", WITHOUT_EXCHANGE, str(full), str(fatal)]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
        if done.returncode == 77:
            pytest.skip("this system does not let a program refuse system calls")
        assert done.returncode == (-signal.SIGKILL if fatal else 0), done.stderr
        assert full.exists() == (fatal != 2)
        with replacing(full):
            pass
        assert names_in(full) == (["old"] if fatal in (1, 2) else ["new"])
        assert names_in(full.parent) == ["place"]

    def test_a_new_folder_does_not_take_the_place_of_one_that_was_killed_there(self, full: Path) -> None:
        work_folder_of(full).mkdir()
        full.rename(work_folder_of(full) / "release.exchanged")
        with pytest.raises(UsageError, match="place exists"):
            enter(staged(full, resumable=True))
        assert names_in(full) == ["old"]


class TestExchange:
    def test_both_are_where_they_were_if_it_is_not_possible(self, tmp_path: Path, full: Path) -> None:
        with pytest.raises(FileNotFoundError):
            exchange(full, tmp_path / "nothing")
        assert names_in(full) == ["old"]


class TestCarry:
    def test_everything_is_carried_as_it_is(self, tmp_path: Path, victim: Path) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        (source / "a" / "empty").mkdir(parents=True)
        (source / "a" / "program").write_bytes(b"#!")
        (source / "a" / "program").chmod(0o754)
        (source / "link").symlink_to("../victim")
        (source / "broken").symlink_to("nowhere")
        (source / "left").touch()
        (source / "a").chmod(0o711)
        target.mkdir()
        carry(source, target, without={"left"})
        assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == [
            "a", "a/empty", "a/program", "broken", "link",
        ]  # fmt: skip
        assert (target / "a" / "program").samefile(source / "a" / "program")
        assert stat.S_IMODE((target / "a").stat().st_mode) == 0o711
        assert [str((target / name).readlink()) for name in ("link", "broken")] == ["../victim", "nowhere"]
        assert names_in(victim) == ["mine"]

    def test_a_second_call_carries_what_came_or_changed_since(self, tmp_path: Path) -> None:
        source, target = tmp_path / "source", tmp_path / "target"
        for folder in (source, target):
            folder.mkdir()
        for name in ("same", "changed"):
            (source / name).write_bytes(b"before")
        carry(source, target, without=())
        write_atomically(source / "changed", b"after!")
        (source / "came").touch()
        carry(source, target, without=())
        assert {path.name: path.read_bytes() for path in target.iterdir()} == {
            "same": b"before", "changed": b"after!", "came": b"",
        }  # fmt: skip

    def test_between_two_disks_files_are_copied_with_their_times(self, tmp_path: Path) -> None:
        (tmp_path / "source").mkdir()
        (tmp_path / "source" / "file").write_bytes(b"bytes")
        os.utime(tmp_path / "source" / "file", (1, 1))
        with small_disk(tmp_path / "disk", "64k") as disk:
            carry(tmp_path / "source", disk, without=())
            assert (disk / "file").read_bytes() == b"bytes"
            assert (disk / "file").stat().st_mtime == 1


def test_removing_a_folder_spares_what_its_links_lead_to(tmp_path: Path, victim: Path) -> None:
    (tmp_path / "folder" / "locked").mkdir(parents=True)
    (tmp_path / "folder" / "locked" / "file").touch()
    (tmp_path / "folder" / "locked").chmod(0o500)
    (tmp_path / "folder" / "link").symlink_to(victim)
    remove_tree(tmp_path / "folder")
    assert names_in(tmp_path) == ["victim"]
    assert names_in(victim) == ["mine"]


class TestResumableFolder:
    def test_what_is_in_it_stays_for_the_next_program_whatever_ends_this_one(self, place: Path) -> None:
        with pytest.raises(KeyboardInterrupt):
            stop(resumable_folder(place, busy="wait"), KeyboardInterrupt())
        with resumable_folder(place, busy="wait") as folder:
            assert names_in(folder) == ["half", "lock"]
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "half").unlink()
        assert not place.exists()

    def test_nothing_is_left_of_a_program_that_fails_before_it_has_done_anything(self, place: Path) -> None:
        with pytest.raises(OutputError, match="too few"), resumable_folder(place, busy="wait"):
            raise OutputError("too few")
        assert not place.exists()

    def test_two_programs_do_not_use_it_at_once(self, place: Path) -> None:
        with (
            resumable_folder(place, busy="wait"),
            pytest.raises(OutputError, match="busy there; wait"),
            resumable_folder(place, busy="busy there; wait"),
        ):
            pass

    @pytest.mark.parametrize("inside", [False, True])
    def test_a_link_is_not_followed(self, place: Path, victim: Path, inside: bool) -> None:
        if inside:
            place.mkdir()
        (place / "link" if inside else place).symlink_to(victim)
        with pytest.raises(OutputError, match="is a link"), resumable_folder(place, busy="wait"):
            pass
        assert names_in(victim) == ["mine"]


def test_nothing_is_staged_in_a_release(tmp_path: Path) -> None:
    (tmp_path / "release.json").write_text("{}")
    (tmp_path / "data" / "fold-0").mkdir(parents=True)
    for place in (tmp_path / "out", tmp_path / "data" / "fold-0" / "out"):
        with pytest.raises(UsageError, match="is in the release"), staged(place):
            pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["data", "fold-0", "release.json"]
