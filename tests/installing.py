"""The wheel of this project, and an environment that has it in place of the checkout."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[1]


def build_wheel(folder: Path) -> None:
    """Build the wheel."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)


def make_environment(folder: Path, wheel: Path, *options: str) -> Path:
    """Make a virtual environment, and install the wheel there.

    Args:
        folder: Where it will be.
        wheel: The wheel.
        options: Of pip.

    Returns:
        Its `bin`.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    install = ["install", "--quiet", "--disable-pip-version-check", *options, str(wheel)]
    subprocess.run([*pip, *install], check=True)
    return folder / "bin"


def borrow_libraries(programs: Path) -> None:
    """Let an environment see the libraries of the one that runs the tests, but not this checkout.

    A folder that a `.pth` file adds is searched last, and `.pth` files in it, such as that of an editable install, are
    not followed.
    """
    (own,) = (programs.parent / "lib").glob("python*/site-packages")
    (own / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
