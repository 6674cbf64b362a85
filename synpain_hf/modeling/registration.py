"""The pairwise classifier, registered where the Auto classes and `pipeline` of transformers look."""

from __future__ import annotations

from collections import OrderedDict

from transformers import AutoConfig, AutoImageProcessor, AutoModel
from transformers.models.auto.auto_factory import _BaseAutoModelClass, _LazyAutoMapping
from transformers.pipelines import PIPELINE_REGISTRY

from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.modeling.modeling_pairwise import PairwisePainForImageClassification, PairwisePainModel
from synpain_hf.modeling.pipeline_pairwise import TASK, PairwisePainPipeline


class AutoModelForPairwisePainClassification(_BaseAutoModelClass):
    """Loads classifiers of pairs.

    Not `AutoModelForImageClassification`: whatever that loads, `pipeline("image-classification")` takes for a model of
    single pictures, and without its reference a face cannot be judged.
    """

    _model_mapping = _LazyAutoMapping(OrderedDict(), OrderedDict())  # type: ignore[assignment]  # filled by `register`


def register() -> None:
    """Register configuration, models, image processor and pipeline; calling it again changes nothing."""
    AutoConfig.register(PairwisePainConfig.model_type, PairwisePainConfig, exist_ok=True)
    AutoModel.register(PairwisePainConfig, PairwisePainModel, exist_ok=True)
    AutoModelForPairwisePainClassification.register(
        PairwisePainConfig, PairwisePainForImageClassification, exist_ok=True
    )
    AutoImageProcessor.register(
        PairwisePainConfig,
        image_processor_classes={"pil": PairwisePainImageProcessor, "torchvision": PairwisePainImageProcessor},
        exist_ok=True,
    )
    PIPELINE_REGISTRY.supported_tasks.pop(TASK, None)
    PIPELINE_REGISTRY.register_pipeline(
        TASK, pipeline_class=PairwisePainPipeline, pt_model=AutoModelForPairwisePainClassification, type="image"
    )
    # With this mark, `save_pretrained` of a pipeline would copy our source file beside the weights, to be run as
    # remote code.
    del PairwisePainPipeline._registered_impl  # type: ignore[attr-defined]
