"""Releases: written, opened, compared, installed."""
