"""The Hub's client, set up for publishing: with a token, a limit to waiting, and the storage that the Hub supports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    _http,
    are_progress_bars_disabled,
    build_hf_headers,
    disable_progress_bars,
    enable_progress_bars,
    get_session,
    hf_raise_for_status,
)

from synpain_hf.errors import PublishError
from synpain_hf.hubclient.errors import reported_as
from synpain_hf.hubclient.login import known_token, require_token
from synpain_hf.hubclient.names import check_repo_id, endpoint_of

LONGEST_WAIT = 180.0
"""Seconds without a byte after which a connection is given up; the Hub may take a minute over a large commit."""

_NO_SUCH_STORAGE = (404, 405, 410, 501)


@dataclass(frozen=True)
class Hub:
    """A repository on a Hub.

    Attributes:
        api: The client, which knows the endpoint and the token.
        token: The token; empty for somebody who is not logged in, and may read what is public.
        repo_id: `NAMESPACE/NAME`.
        repo_type: `dataset` or `space`.
    """

    api: HfApi
    token: str
    repo_id: str
    repo_type: str

    @property
    def url(self) -> str:
        """The repository's page."""
        return f"{self.api.endpoint}/{self.repo_type}s/{self.repo_id}"

    @property
    def which(self) -> dict[str, Any]:
        """The arguments that every call of the client needs."""
        return {"repo_id": self.repo_id, "repo_type": self.repo_type}

    @property
    def headers(self) -> dict[str, str]:
        """What a request of our own carries."""
        return build_hf_headers(token=self.token or False)

    def reporting(self, action: str) -> AbstractContextManager[None]:
        """Report what the client raises as a `PublishError` that begins with what is being done."""
        return reported_as(PublishError, action, self.token)

    def offers_xet(self, *, create_pr: bool) -> bool:
        """Whether the Hub stores files in chunks, so that only the new chunks of a changed file are sent.

        The client takes that for granted, and fails if a Hub only knows LFS.

        Args:
            create_pr: Whether it is for a pull request, which anybody may open.
        """
        address = f"{self.api.endpoint}/api/{self.repo_type}s/{self.repo_id}/xet-write-token/main"
        parameters = {"create_pr": "1"} if create_pr else {}
        answer = get_session().get(address, headers=self.headers, params=parameters)
        if answer.status_code in _NO_SUCH_STORAGE:
            return False
        hf_raise_for_status(answer)
        return True


@contextmanager
def connected(
    repo_id: str, repo_type: str, *, endpoint: str | None, token: str | None, timeout: float, to_write: bool = True
) -> Iterator[Hub]:
    """Connect to a repository for as long as the context lasts.

    Args:
        repo_id: `NAMESPACE/NAME`.
        repo_type: `dataset` or `space`.
        endpoint: Address of the Hub; by default HF_ENDPOINT, or the public one.
        token: By default the one of `hf auth login` or HF_TOKEN.
        timeout: Seconds without a byte after which a connection is given up.
        to_write: Whether a token is needed; without one, what is public can be read.

    Raises:
        UsageError: If the repository or the endpoint cannot be one.
        PublishError: If there is no token, and one is needed.
    """
    check_repo_id(repo_id)
    address = endpoint_of(endpoint or constants.ENDPOINT)
    found = require_token(token) if to_write else known_token(token)
    api = HfApi(endpoint=address, token=found or False)
    bars = constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not are_progress_bars_disabled()
    if bars:
        disable_progress_bars()  # this package shows its own
    factory = _http._GLOBAL_CLIENT_FACTORY  # the library has a function to set it, but none to read it
    set_client_factory(lambda: _limited(factory(), timeout))
    try:
        yield Hub(api, found, repo_id, repo_type)
    finally:
        set_client_factory(factory)
        if bars:
            enable_progress_bars()


@contextmanager
def sending_by_xet(*, enabled: bool) -> Iterator[None]:
    """Make the client send large files by Xet, or by LFS; the library has no argument for that choice."""
    disabled = constants.HF_HUB_DISABLE_XET
    constants.HF_HUB_DISABLE_XET = disabled or not enabled
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_XET = disabled


def _limited(client: Any, timeout: float) -> Any:
    """A client that gives up a dead connection; the library's own waits for ever, even with a timeout."""

    def limit(request: Any) -> None:
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), timeout)

    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [*hooks["request"], limit]}
    return client
