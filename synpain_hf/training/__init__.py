"""Training the pairwise classifier: from a release to a model that says what it is worth.

opening       the pairs of a release, of the installed one, or of a data set on the Hub
pairs         the record of them: labels, groups, splits, annotations; no identity is in two splits
preparation   both faces of every pair, decoded and scaled once, mapped into memory
collation     batches of 8-bit faces, each a copy; on the device, what the model takes
augmentation  random changes on the device, alike for both faces of a pair, and of colour also apart
models        the model and its image processor, from arguments
arguments     what can be chosen, as data
trainer       Trainer, with class weights, augmentation and the AUROC that decides
evaluation    predictions in a file, and the report on them
model_card    what a model is worth, in words and figures
folder        where a training is written, by one at a time, and gone on with
train         all of it in one call; cross_validation: the same for five folds
"""

import synpain_hf.modeling  # noqa: F401 - says which extra is missing
