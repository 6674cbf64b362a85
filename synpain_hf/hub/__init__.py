"""Publishing to the Hugging Face Hub."""

from synpain_hf.hub.metric import publish_metric
from synpain_hf.hub.plan import Plan
from synpain_hf.hub.publishing import Publication, publish

__all__ = ["Plan", "Publication", "publish", "publish_metric"]
