"""The statistics of a validation, each a function of arrays that knows nothing of releases."""
