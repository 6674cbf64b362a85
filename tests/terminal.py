"""Running the program: in this process, and on a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner, Result

from synpain_hf.cli import app

ROWS, COLUMNS = 24, 80


def run(*arguments: str | Path, columns: int = COLUMNS) -> Result:
    """A command, in this process; whatever it raised but its exit status is raised here."""
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert not any(line != line.rstrip() for line in result.stdout.splitlines())
    return result


def run_on_terminal(command: Sequence[str], folder: Path) -> tuple[int, str]:
    """Run a program whose streams are a terminal of 80 columns.

    Args:
        command: The program and its arguments.
        folder: Where it runs.

    Returns:
        Its exit status, and everything that it wrote.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    program = subprocess.Popen(
        command, cwd=folder, stdin=its, stdout=its, stderr=its, env={**environment, "TERM": "xterm-256color"}
    )
    os.close(its)
    written = b""
    while block := _read(ours):
        written += block
    os.close(ours)
    return program.wait(), written.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 2**16)
    except OSError:  # Linux says that the other side is closed by an error
        return b""
