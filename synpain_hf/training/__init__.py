"""Training the pairwise classifier: from a release to a model that says what it is worth.

data    from the pairs of a data set to batches on the device
run     arguments, model, trainer and folder; `train` is all of it in one call, `cross_validate` the same for each fold
report  what predictions are worth by group, and the model card
"""

import synpain_hf.modeling  # noqa: F401 - says which extra is missing
