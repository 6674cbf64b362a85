"""What the Hub's client raises, as one sentence: what was done, why it failed, what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError

from huggingface_hub import get_token
from huggingface_hub.errors import (  # type: ignore[attr-defined]
    CachedRepoTreeNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,  # of httpx or httpx2: an error of the connection may come unchanged
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from synpain_hf.errors import DownloadError, PublishError, SynpainError

CLIENT_ERRORS = (
    CachedRepoTreeNotFoundError,
    HfHubHTTPError,
    HTTPError,
    JSONDecodeError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What the client raises: for answers, connections, caches and bodies without JSON, and from its threads."""

AGAIN = "try again: what is there already is not sent again"
BAD_TOKEN = "your token has characters that a token cannot have; correct HF_TOKEN, or run `hf auth login`"  # noqa: S105

_EXPLANATIONS: tuple[tuple[type[BaseException], str], ...] = (
    (GatedRepoError, "it is gated; accept its terms on the Hub, then run `hf auth login`"),
    (RepositoryNotFoundError, "the Hub has no such repository for you; check the name, or run `hf auth login`"),
    (RevisionNotFoundError, "it has no such revision; give a branch, a tag or a commit of it"),
    (
        CachedRepoTreeNotFoundError,
        "the cache may hold only a part of it, and the Hub could not be reached; go online first",
    ),
    (OfflineModeIsEnabled, "the Hub is needed, but HF_HUB_OFFLINE is set; unset it"),
    (UnicodeEncodeError, BAD_TOKEN),
    (
        JSONDecodeError,
        f"the answer is not from the Hub; check HF_ENDPOINT, your proxy, or the network's login page, then {AGAIN}",
    ),
)
"""Cause and remedy of what the client raises; a class comes before those that it is derived from."""

_REMEDIES = {
    400: "correct what it names",
    401: "run `hf auth login`, or correct HF_TOKEN",
    403: "check what your token may do there, and run `hf auth login` with one that may",
    404: "check the name, and what your token may see",
    409: "somebody else is changing the repository; try again",
    412: "somebody else is changing the repository; try again",
    413: "it does not accept files of this size; ask its administrators",
    429: f"in a few minutes, {AGAIN}",
}
"""What to do about an answer that is not explained above, by its status."""

_LONGEST_ANSWER = 200
_OF_THE_DISK = (errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC)
_TOO_LATE = ("Timeout", "TimeoutError")
_AN_ADDRESS = re.compile(r"https?://\S+")


@contextmanager
def reported_as(
    failure: type[DownloadError] | type[PublishError], action: str, token: str | None = None
) -> Iterator[None]:
    """Report what the Hub's client raises.

    Args:
        failure: What is raised instead.
        action: What is being done, as the beginning of a sentence, such as `creating lab/faces`.
        token: What must not be quoted; by default the one of `hf auth login` or HF_TOKEN.

    Raises:
        DownloadError: If the client raised, and that is the failure.
        PublishError: Likewise.
    """
    try:
        yield
    except SynpainError:
        raise
    except CLIENT_ERRORS as error:
        # Its cause may quote a request with its headers, so a traceback must not show it.
        raise failure(f"{action} failed: {_explained(error, failure, token or get_token() or '')}") from None


def quoted(text: str, token: str) -> str:
    """What the Hub said, in a line, without the token."""
    line = " ".join((text.replace(token, "(token)") if token else text).split())
    return line if len(line) <= _LONGEST_ANSWER else f"{line[:_LONGEST_ANSWER]}…"


def status_of(error: BaseException) -> int:
    """The status that the Hub answered with; 0 if there was no answer."""
    for cause in _chain(error):
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
    return 0


def _explained(error: BaseException, failure: type[SynpainError], token: str) -> str:
    """Why the client failed, and what to do.

    Of an error's text, only what the Hub or the operating system said is used: the rest may quote a request.
    """
    chain = list(_chain(error))
    for cause in chain:
        for kind, explanation in _EXPLANATIONS:
            if isinstance(cause, kind):
                return explanation
        if isinstance(cause, HfHubHTTPError):
            return _of_answer(cause.response.status_code, quoted(cause.server_message or "", token))
        if isinstance(cause, OSError) and (cause.filename or cause.errno in _OF_THE_DISK):
            return _of_disk(cause, failure)
    return _of_silence(chain, token)


def _of_answer(status: int, said: str) -> str:
    return (
        f"the Hub answered {status}{f' ({said})' if said else ''}; {_REMEDIES.get(status, f'after a while, {AGAIN}')}"
    )


def _of_disk(error: OSError, failure: type[SynpainError]) -> str:
    """What the operating system refused: writing a download, or reading what is published."""
    place = f": {error.filename}" if error.filename else ""
    remedy = (
        "check that file, then try again"
        if issubclass(failure, PublishError)
        else "make room, or set HF_HOME to a folder that can be written"
    )
    return f"{error.strerror or type(error).__name__}{place}; {remedy}"


def _of_silence(chain: list[BaseException], token: str) -> str:
    """Why there was no answer."""
    if any(type(cause).__name__.endswith(_TOO_LATE) for cause in chain):
        return f"the Hub did not respond for too long; {AGAIN}"
    if not any(isinstance(cause, (HTTPError, OSError)) for cause in chain):
        said = _AN_ADDRESS.sub("(address)", quoted(str(chain[-1]), token)) or type(chain[-1]).__name__
        return f"{said}; {AGAIN}"
    reason = next((cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror), "")
    return f"the connection to the Hub failed ({reason or type(chain[-1]).__name__}); check the network, then {AGAIN}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
