"""The names that things have on the Hub."""

from __future__ import annotations

import re

REPO_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
"""`NAMESPACE/NAME`."""
