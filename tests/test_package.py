"""The package as Python sees it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import synpain_hf
from synpain_hf.cli import app

FUNCTIONS = [name for name in synpain_hf.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_exists_and_says_what_it_does(name: str) -> None:
    function = getattr(synpain_hf, name)
    assert function.__name__ == name
    assert function.__doc__
    assert name in dir(synpain_hf)


def test_every_command_is_a_function_of_the_same_name() -> None:
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert commands <= set(FUNCTIONS)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'synpain_hf' has no attribute 'no_such_thing'"):
        getattr(synpain_hf, "no_such_thing")  # noqa: B009 - a plain look-up is what is tested, and mypy would refuse it


def test_the_version_is_the_installed_one() -> None:
    assert synpain_hf.__version__ == version("synpain-hf")


@pytest.mark.parametrize("module", ["synpain_hf", "synpain_hf.cli"])
def test_importing_it_imports_nothing_slow(module: str) -> None:
    slow = {"datasets", "huggingface_hub", "jsonschema", "matplotlib", "numpy", "PIL", "pyarrow", "torch"}
    program = f"import sys, {module}; print(sorted({slow!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
