"""Faces that are made here rather than found: drawn ones."""
