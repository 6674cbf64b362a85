"""Training itself.

arguments         what can be chosen, as data
models            the model and its image processor, from arguments
trainer           Trainer, with class weights, augmentation and the AUROC that decides
adapters          checkpoints of a frozen backbone with low-rank updates
callbacks         what is told, and counted, meanwhile
folder            where a training is written, by one at a time, and resumed
prediction        a split judged by a trained model, as a table
train             all of it in one call
side_by_side      several trainings at a time
cross_validation  the same for five folds
"""

import synpain_hf.modeling  # noqa: F401 - says which extra is missing
