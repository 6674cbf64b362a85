"""What a trained model is worth: its predictions, the report by group, the model card."""

import synpain_hf.modeling  # noqa: F401 - says which extra is missing
