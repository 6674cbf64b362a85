"""A request to the Hub, and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.repositories import Account


@dataclass(frozen=True)
class Request:
    """A request that was seen.

    Attributes:
        method: Its method.
        target: Its path and query, as sent.
        headers: Its headers.
        body: What came with it.
        account: Who asks; None for nobody that is known.
        at_storage: Whether the storage was asked, which knows no tokens, rather than the Hub.
    """

    method: str
    target: str
    headers: Message
    body: bytes = b""
    account: Account | None = None
    at_storage: bool = False

    @property
    def path(self) -> str:
        """Its path."""
        return unquote(urlsplit(self.target).path)

    @property
    def file(self) -> str:
        """The file of a repository that was asked for; empty where none was."""
        return self.path.split("/resolve/", 1)[1].split("/", 1)[1] if "/resolve/" in self.path else ""

    @property
    def token(self) -> str:
        """The token that came with it; empty where none did."""
        return str(self.headers.get("Authorization", "")).removeprefix("Bearer ")

    def query(self, name: str, default: str = "") -> str:
        """A value of the query."""
        return parse_qs(urlsplit(self.target).query).get(name, [default])[0]

    def json(self) -> Any:
        """What came with it, as JSON."""
        return json.loads(self.body)

    def form(self) -> dict[str, list[str]]:
        """What came with it, as a form."""
        return parse_qs(self.body.decode())


@dataclass(frozen=True)
class Answer:
    """What the Hub answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def in_json(document: Any, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(document).encode(), {"Content-Type": "application/json", **headers})


def refusal(status: int, message: str, code: str = "") -> Answer:
    """An error, told as the Hub tells it."""
    told = {"X-Error-Code": code} if code else {}
    return Answer(status, json.dumps({"error": message}).encode(), {**told, "X-Error-Message": message})


class RefusedError(Exception):
    """Ends a request with an answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
