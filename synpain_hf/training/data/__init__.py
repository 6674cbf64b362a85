"""From the pairs of a data set to batches.

opening          the pairs of a release, of the installed one, or of a data set on the Hub
loaded           pairs that `datasets` has loaded already
several          data sets beside the first; nobody is trained and judged on across them
listed           a list of such data sets in YAML
pairs            the record of them: labels, groups, splits, annotations; no identity is in two splits
landmarks        those by which faces are aligned: in the data set, or found
landmark_tables  those that a user brings, in a table
landmark_values  what a row of such a table says
unaligned        pairs in which no face is found to align, left out of their splits
preparation      both faces of every pair, decoded and scaled once, mapped into memory
collation        batches of 8-bit faces, each a copy; on the device, what the model takes
references       the neutral faces of a person, where a pair is compared with any of them
together         several data sets as one to learn from, each drawn as often as its weight says
augmentation     random changes on the device, alike for both faces of a pair, and of colour also apart

The first five need no torch.
"""
