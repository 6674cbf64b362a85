"""Training the pairwise classifier: from a release to a model that says what it is worth.

options  what is chosen of a training, as data; needs no torch
data     from the pairs of a data set to batches on the device
run      arguments, model, trainer and folder; `train` is all of it in one call, `cross_validate` the same for each fold
report   what predictions are worth by group, and the model card
"""
