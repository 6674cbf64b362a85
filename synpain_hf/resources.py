"""The data files that travel with the package: `schemas/`, `dataset_card/`, `loading_script/`.

In a checkout they are top-level folders; the wheel carries them inside the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """The path of a data file.

    Args:
        name: Its path below the top level of a checkout, such as `schemas/pair.schema.json`.
    """
    packaged = _PACKAGE / "resources" / name
    return packaged if packaged.exists() else _PACKAGE.parent / name
