"""The names of repositories on the Hub, and its address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from synpain_hf.errors import UsageError

REPO_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
"""`NAMESPACE/NAME`."""


def check_repo_id(repo_id: str) -> None:
    """Refuse what cannot be the name of a repository.

    Raises:
        UsageError: If it cannot be one.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise UsageError(f"{repo_id!r} cannot be a repository on the Hub; write NAMESPACE/NAME") from error
    if repo_id.count("/") != 1:
        raise UsageError(f"{repo_id!r} names no namespace; write NAMESPACE/NAME, such as your-name/my-faces")


def endpoint_of(address: str) -> str:
    """The address of a Hub, as the client takes it.

    Raises:
        UsageError: If it cannot be one. The message does not quote it, since it may hold a password.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise UsageError("the endpoint is not the address of a Hub; write it as https://hub.example.org")
    return address.rstrip("/")
