"""The Hub as a program."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import HfApi

from tests.hub import WRITER, Drop

PROGRAM = [sys.executable, "-m", "tests.hub"]


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program, once it has ended."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False, timeout=600)


def test_help_tells_every_argument() -> None:
    done = ran("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("folder", "hub_port", "storage_port", "--dies-at", WRITER))
    assert all(drop.name in done.stdout for drop in Drop if drop is not Drop.NEVER)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port"],
        ["folder", "some"],
        ["--dies-at", "PUT"],
        ["--dies-at", "PUT", "/", "one", "DONE"],
        ["--dies-at", "PUT", "/", "1", "LATER"],
    ],
    ids=" ".join,
)
def test_what_it_cannot_be_told_is_refused_without_a_traceback(arguments: list[str]) -> None:
    done = ran(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_without_arguments_it_serves_on_free_ports_until_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    with subprocess.Popen(PROGRAM, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        try:
            assert HfApi(endpoint=url, token=WRITER).whoami()["name"] == "maker"
        finally:
            program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=600) == ("", "")
    assert program.returncode == 0


def test_it_makes_the_folder_that_it_keeps_everything_in(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    with subprocess.Popen([*PROGRAM, str(folder)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline().startswith("http://127.0.0.1:")
        program.kill()
    assert folder.is_dir()
