"""Where a release may be built: where `datasets` does not mistake its folder for something else."""

from __future__ import annotations

from pathlib import Path

from synpain_hf.errors import UsageError
from synpain_hf.release.layout import NAME
from synpain_hf.release.naming import FORMATS

_SPECIAL = ("[", "]", "*", "?", "::")
"""What `datasets` reads as a pattern or a chain of addresses, wherever it is in a path."""


def check_place(out: Path, called: str = NAME) -> None:
    """Refuse a folder from which `load_dataset` would not load a release, or not that one.

    Args:
        out: Where the release is to be built.
        called: What the data set is called.

    Raises:
        UsageError: If its name or path means something else to `datasets`.
    """
    from datasets.naming import camelcase_to_snakecase

    name, path = out.name, out.parent.resolve() / out.name
    special = [part for part in _SPECIAL if part in str(path)]
    if special:
        raise UsageError(
            f"load_dataset cannot load from {path}, because of {' and '.join(special)}; give another place"
        )
    if (meant := camelcase_to_snakecase(name)) in (NAME, called):
        raise UsageError(
            f"a folder called {name} would be taken for the installed release; call it {meant}-X.Y.Z, or something else"
        )
    if name in FORMATS or name.endswith(".py"):
        kind = "a script" if name.endswith(".py") else "a format"
        raise UsageError(f"load_dataset would take {name} for {kind}; call the folder something else")
