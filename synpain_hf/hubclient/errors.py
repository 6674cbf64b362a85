"""What the Hub's client raises, as one sentence: what was done, why it failed, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from huggingface_hub.errors import (  # type: ignore[attr-defined]
    HfHubHTTPError,
    HTTPError,  # of httpx or httpx2: an error of the connection may come as it is
    OfflineModeIsEnabled,
)

from synpain_hf.errors import PublishError, SynpainError

CLIENT_ERRORS = (HfHubHTTPError, HTTPError, JSONDecodeError, OSError, RuntimeError, ValueError)
"""What the client raises: for answers, connections, bodies that are no JSON; what its threads make of these."""

AGAIN = "run the command again: what is there already is not sent again"
_LONGEST_ANSWER = 200
_TOO_LATE = ("Timeout", "TimeoutError")
_AN_ADDRESS = re.compile(r"https?://\S+")
_REMEDIES = {
    400: "correct what it names",
    401: "run `hf auth login`, or correct HF_TOKEN",
    403: "check what your token may write, and run `hf auth login` with one that may",
    404: "check the name, and what your token may see",
    409: "somebody else is changing the repository; run the command again",
    412: "somebody else is changing the repository; run the command again",
    413: "it allows no file of this size; ask those who run it",
    429: f"in a few minutes, {AGAIN}",
}


@contextmanager
def doing(what: str, token: str) -> Iterator[None]:
    """Report what the Hub's client raises.

    Args:
        what: What is being done, as the beginning of a sentence.
        token: What must not be quoted.

    Raises:
        PublishError: If the client raised.
    """
    try:
        yield
    except SynpainError:
        raise
    except CLIENT_ERRORS as error:
        # What caused it may quote a request with its headers, so that a traceback must not go on to it.
        raise PublishError(f"{what} failed: {explanation(error, token)}") from None


def explanation(error: BaseException, token: str) -> str:
    """Why the client failed, and what to do.

    Of an error's own text only what the Hub or the operating system said: the rest may quote a request.

    Args:
        error: What the client raised.
        token: What must not be quoted.
    """
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, HfHubHTTPError):
            return _of_answer(cause.response.status_code, quoted(cause.server_message or "", token))
        if isinstance(cause, OfflineModeIsEnabled):
            return "HF_HUB_OFFLINE is set; unset it"
        if isinstance(cause, JSONDecodeError):
            return "what answered is not the Hub, or it stumbled; check HF_ENDPOINT and your proxy, then run again"
        if isinstance(cause, OSError) and cause.filename and cause.strerror:
            return f"{cause.strerror}: {cause.filename}; check that file, then run the command again"
    return f"{_of_silence(chain, token)}; {AGAIN}"


def quoted(text: str, token: str) -> str:
    """What the Hub said, in a line, without the token."""
    line = " ".join((text.replace(token, "(token)") if token else text).split())
    return line if len(line) <= _LONGEST_ANSWER else f"{line[:_LONGEST_ANSWER]}…"


def status_of(error: BaseException) -> int:
    """The status that the Hub answered with; 0 where it gave no answer."""
    for cause in _chain(error):
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
    return 0


def _of_silence(chain: list[BaseException], token: str) -> str:
    """Why there was no answer."""
    if any(type(cause).__name__.endswith(_TOO_LATE) for cause in chain):
        return "the Hub gave no sign of life for too long"
    if not any(isinstance(cause, (HTTPError, OSError)) for cause in chain):
        return _AN_ADDRESS.sub("(address)", quoted(str(chain[-1]), token)) or type(chain[-1]).__name__
    reason = next((cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror), "")
    return f"the connection to the Hub failed ({reason or type(chain[-1]).__name__})"


def _of_answer(status: int, said: str) -> str:
    return (
        f"the Hub answered {status}{f' ({said})' if said else ''}; {_REMEDIES.get(status, f'after a while, {AGAIN}')}"
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
