"""Publishing to the Hugging Face Hub."""

from synpain_hf.hub.metric import publish_metric
from synpain_hf.hub.plan import UploadPlan
from synpain_hf.hub.publishing import Publication, publish

__all__ = ["Publication", "UploadPlan", "publish", "publish_metric"]
