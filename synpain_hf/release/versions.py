"""Semantic versions of a release, and how much of a bump a change requires."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from synpain_hf.errors import UsageError

_FORM = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


class Bump(IntEnum):
    """How much a version must rise: at least this one of its numbers."""

    PATCH = 0
    MINOR = 1
    MAJOR = 2


class Version(NamedTuple):
    """Major, minor and patch number."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `X.Y.Z`.

        Raises:
            UsageError: If it has another form.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(f"{text!r} is not a version; write three numbers, such as 1.0.0")
        return cls(*map(int, match.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def raised(self, bump: Bump) -> Version:
        """The lowest version that a bump leads to."""
        if bump is Bump.MAJOR:
            return Version(self.major + 1, 0, 0)
        if bump is Bump.MINOR:
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)
