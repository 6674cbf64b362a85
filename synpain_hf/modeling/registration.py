"""The pairwise classifier, registered where the Auto classes and `pipeline` of transformers look."""

from __future__ import annotations

from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification
from transformers.pipelines import PIPELINE_REGISTRY

from synpain_hf.modeling.configuration_pairwise import PairwisePainConfig
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.modeling.modeling_pairwise import PairwisePainForImageClassification
from synpain_hf.modeling.pipeline_pairwise import TASK, PairwisePainPipeline


def register() -> None:
    """Register configuration, model, image processor and pipeline; calling it again changes nothing."""
    AutoConfig.register(PairwisePainConfig.model_type, PairwisePainConfig, exist_ok=True)
    AutoModelForImageClassification.register(PairwisePainConfig, PairwisePainForImageClassification, exist_ok=True)
    AutoImageProcessor.register(
        PairwisePainConfig,
        image_processor_classes={"pil": PairwisePainImageProcessor, "torchvision": PairwisePainImageProcessor},
        exist_ok=True,
    )
    PIPELINE_REGISTRY.supported_tasks.pop(TASK, None)
    PIPELINE_REGISTRY.register_pipeline(
        TASK, pipeline_class=PairwisePainPipeline, pt_model=AutoModelForImageClassification, type="image"
    )
    # With this mark, `save_pretrained` of a pipeline would copy our source file beside the weights, to be run as
    # remote code.
    del PairwisePainPipeline._registered_impl  # type: ignore[attr-defined]
