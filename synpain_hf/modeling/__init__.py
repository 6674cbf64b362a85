"""The pairwise classifier as users of transformers know it: configuration, model, image processor and pipeline.

Importing this package registers them, so that `AutoConfig`, `AutoModel`, `AutoImageProcessor` and
`pipeline("pairwise-pain-classification")` find what is saved here; `AutoModelForPairwisePainClassification` loads the
classifier. No saved model carries code.
"""

from __future__ import annotations

from synpain_hf.errors import MissingExtraError

try:
    import torch as torch
    import transformers as transformers
except ImportError as error:
    raise MissingExtraError(
        f"the pairwise classifier is built with torch and transformers, which cannot be loaded ({error}); "
        "run `pip install 'synpain-hf[train]'`"
    ) from error

from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.modeling.freezing import freeze_unused
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.modeling.modeling_pairwise import (
    DamagedModelError,
    PairwisePainForImageClassification,
    PairwisePainModel,
    PairwisePainModelOutput,
    PairwisePainOutput,
)
from synpain_hf.modeling.pipeline_pairwise import TASK, PairwisePainPipeline
from synpain_hf.modeling.registration import AutoModelForPairwisePainClassification, register

register()

__all__ = [
    "TASK",
    "AutoModelForPairwisePainClassification",
    "DamagedModelError",
    "PairwisePainConfig",
    "PairwisePainForImageClassification",
    "PairwisePainImageProcessor",
    "PairwisePainModel",
    "PairwisePainModelOutput",
    "PairwisePainOutput",
    "PairwisePainPipeline",
    "freeze_unused",
]
