"""From the pairs of a data set to batches.

opening       the pairs of a release, of the installed one, or of a data set on the Hub
loaded        pairs that `datasets` has loaded already
pairs         the record of them: labels, groups, splits, annotations; no identity is in two splits
preparation   both faces of every pair, decoded and scaled once, mapped into memory
collation     batches of 8-bit faces, each a copy; on the device, what the model takes
augmentation  random changes on the device, alike for both faces of a pair, and of colour also apart

The first three need no torch.
"""
