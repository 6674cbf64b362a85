"""What the metric raises."""

from __future__ import annotations


class InputError(ValueError):
    """Input that the metric cannot use; the message names the rows, counted from 0."""
