"""What can go wrong on a Hub, planted in advance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Drop(Enum):
    """When a connection ends without an answer."""

    NEVER = "never"
    ASKED = "as soon as it is asked, and nothing is done"
    HALFWAY = "when half of what is sent has come, and nothing is done"
    DONE = "when all is done, so that only the answer is lost"
    GIVEN_UP = "when the client has given up waiting, and nothing is done"
    DONE_GIVEN_UP = "when the client has given up waiting for the answer, though all is done"


@dataclass
class Fault:
    """What goes wrong with the requests whose method and path match.

    Attributes:
        path: Pattern of a part of the path.
        method: The method.
        times: How many requests it spoils.
        skip: How many it lets pass before.
        status: The status that it answers with; 0 to answer as ever.
        headers: Headers of that answer.
        cut: After which part of a body the connection ends; None for never.
        reset: Whether it ends by a reset rather than a close.
        drop: When the connection ends without an answer.
        dies: Whether the whole server dies with that connection.
        spoils: Whether another content is kept than was sent.
    """

    path: str
    method: str = "GET"
    times: int = 1_000_000
    skip: int = 0
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: float | None = None
    reset: bool = False
    drop: Drop = Drop.NEVER
    dies: bool = False
    spoils: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Whether it spoils this request; counts it."""
        if not self.times or method != self.method or not re.search(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True
