"""synpain-hf: from generated face pairs to a versioned Hugging Face data set.

Every command of `synpain-hf` is a function of the same name here; each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "amend": "synpain_hf.release.amend",
    "annotate": "synpain_hf.annotation.annotate",
    "build": "synpain_hf.release.build",
    "card": "synpain_hf.cards",
    "compare": "synpain_hf.metrics.predictions",
    "cross_validate": "synpain_hf.training.run.cross_validation",
    "demo": "synpain_hf.release.demo",
    "diff": "synpain_hf.release.compare",
    "evaluate": "synpain_hf.metrics.predictions",
    "experiment": "synpain_hf.experiments.experiment",
    "faces": "synpain_hf.annotation.faces",
    "import_annotations": "synpain_hf.annotation.imports.importing",
    "info": "synpain_hf.release.info",
    "install": "synpain_hf.release.install",
    "installed": "synpain_hf.release.installed.listing",
    "judge": "synpain_hf.training.run.photographs",
    "load": "synpain_hf.release.install",
    "predict": "synpain_hf.training.run.judging",
    "publish": "synpain_hf.hub",
    "publish_metric": "synpain_hf.hub",
    "rate": "synpain_hf.rating.sheet",
    "ratings": "synpain_hf.rating.ratings",
    "train": "synpain_hf.training.run.train",
    "train_transfer": "synpain_hf.transferring.learning.train_transfer",
    "transfer": "synpain_hf.transferring.transfer",
    "transfer_report": "synpain_hf.assessment.transfer_report",
    "uninstall": "synpain_hf.release.install",
    "validate": "synpain_hf.validation.validate",
}

__all__ = [
    "__version__",
    "amend",
    "annotate",
    "build",
    "card",
    "compare",
    "cross_validate",
    "demo",
    "diff",
    "evaluate",
    "experiment",
    "faces",
    "import_annotations",
    "info",
    "install",
    "installed",
    "judge",
    "load",
    "predict",
    "publish",
    "publish_metric",
    "rate",
    "ratings",
    "train",
    "train_transfer",
    "transfer",
    "transfer_report",
    "uninstall",
    "validate",
]

if TYPE_CHECKING:
    from synpain_hf.annotation.annotate import annotate
    from synpain_hf.annotation.faces import faces
    from synpain_hf.annotation.imports.importing import import_annotations
    from synpain_hf.assessment.transfer_report import transfer_report
    from synpain_hf.cards import card
    from synpain_hf.experiments.experiment import experiment
    from synpain_hf.hub import publish, publish_metric
    from synpain_hf.metrics.predictions import compare, evaluate
    from synpain_hf.rating.ratings import ratings
    from synpain_hf.rating.sheet import rate
    from synpain_hf.release.amend import amend
    from synpain_hf.release.build import build
    from synpain_hf.release.compare import diff
    from synpain_hf.release.demo import demo
    from synpain_hf.release.info import info
    from synpain_hf.release.install import install, load, uninstall
    from synpain_hf.release.installed.listing import installed
    from synpain_hf.training.run.cross_validation import cross_validate
    from synpain_hf.training.run.judging import predict
    from synpain_hf.training.run.photographs import judge
    from synpain_hf.training.run.train import train
    from synpain_hf.transferring.learning.train_transfer import train_transfer
    from synpain_hf.transferring.transfer import transfer
    from synpain_hf.validation.validate import validate
else:

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
