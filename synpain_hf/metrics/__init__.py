"""Metrics, each a folder that `evaluate` loads by its path and that knows nothing else, and files to measure."""
