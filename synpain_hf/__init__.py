"""synpain-hf: from generated face pairs to a versioned Hugging Face data set.

Every command of `synpain-hf` is a function of the same name here; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "train": "synpain_hf.training.run.train",
    "cross_validate": "synpain_hf.training.run.cross_validation",
    "publish": "synpain_hf.hub",
    "publish_metric": "synpain_hf.hub",
    "build": "synpain_hf.release.build",
    "demo": "synpain_hf.release.demo",
    "info": "synpain_hf.release.release",
    "diff": "synpain_hf.release.compare",
    "install": "synpain_hf.release.install",
    "uninstall": "synpain_hf.release.install",
    "load": "synpain_hf.release.install",
    "evaluate": "synpain_hf.metrics.predictions",
}

__all__ = [
    "__version__",
    "build",
    "cross_validate",
    "demo",
    "diff",
    "evaluate",
    "info",
    "install",
    "load",
    "publish",
    "publish_metric",
    "train",
    "uninstall",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
