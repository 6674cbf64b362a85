"""Experiments: protocols as data, one runner, and the report on what came out."""
