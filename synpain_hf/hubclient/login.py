"""The token that requests carry."""

from __future__ import annotations

import re

from huggingface_hub import get_token

from synpain_hf.errors import PublishError
from synpain_hf.hubclient.errors import BAD_TOKEN

_TOKEN = re.compile(r"[\x21-\x7e]+")


def require_token(given: str | None) -> str:
    """The token to write with.

    Args:
        given: By default the one of `hf auth login` or HF_TOKEN.

    Raises:
        PublishError: If there is no token, or it cannot be one.
    """
    token = known_token(given)
    if not token:
        raise PublishError("you are not logged in to the Hub; run `hf auth login`, or set HF_TOKEN")
    return token


def known_token(given: str | None) -> str:
    """The token to read with; empty where there is none.

    Args:
        given: By default the one of `hf auth login` or HF_TOKEN.

    Raises:
        PublishError: If it cannot be one.
    """
    token = given or get_token() or ""
    if token and not _TOKEN.fullmatch(token):
        raise PublishError(BAD_TOKEN)
    return token
