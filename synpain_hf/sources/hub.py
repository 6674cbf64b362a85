"""Downloading a data set's official files from the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError
from pathlib import Path
from typing import NamedTuple

from synpain_hf.errors import DownloadError, UsageError

SCHEME = "hf://"
PATTERNS = ("SynPain/Images/*", "SynPain/Videos/*", "SynPain/*.txt", "SynPain/demo*")
"""What of a repository is downloaded.

The 40 videos are one hundredth of the bytes; they come along so that a release says the same of its source however
the source was fetched.
"""

_ADDRESS = re.compile(r"hf://datasets/(?P<repo_id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[^@\s]+))?")
_LONGEST_ANSWER = 200
_UNAUTHORIZED, _FORBIDDEN = 401, 403


class Snapshot(NamedTuple):
    """A downloaded data set: where it stands on this machine, and what it is."""

    folder: Path
    repo_id: str
    revision: str


def download(address: str) -> Snapshot:
    """Download a data set into the Hub's cache; what is there already is not sent again.

    Without a connection, a data set that is complete in the cache is taken from there.

    Args:
        address: `hf://datasets/NAMESPACE/NAME` or `hf://datasets/NAMESPACE/NAME@REVISION`.

    Raises:
        UsageError: If it is no such address.
        DownloadError: If the Hub cannot be reached, or has no such data set, or does not give it.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise UsageError(f"{address} is no data set on the Hub; write hf://datasets/NAMESPACE/NAME[@REVISION]")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        HTTPError,  # of httpx or httpx2: an error of the connection may come as it is
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repo_id, revision = match["repo_id"], match["revision"]
    try:
        folder = Path(snapshot_download(repo_id, repo_type="dataset", revision=revision, allow_patterns=list(PATTERNS)))
    except HFValidationError as error:
        raise UsageError(f"{repo_id} cannot be the name of a data set on the Hub ({error}); correct it") from error
    except GatedRepoError as error:
        raise DownloadError(f"{repo_id} is gated; accept its terms on the Hub, then run `hf auth login`") from error
    except RepositoryNotFoundError as error:
        raise DownloadError(f"the Hub has no data set {repo_id} for you; check the name, or `hf auth login`") from error
    except RevisionNotFoundError as error:
        raise DownloadError(
            f"{repo_id} has no revision {revision or 'main'}; give a branch, a tag or a commit of it"
        ) from error
    except UnicodeEncodeError as error:
        raise DownloadError(
            "your token has letters that no token has; correct HF_TOKEN, or run `hf auth login`"
        ) from error
    except JSONDecodeError as error:
        raise DownloadError(
            "what answered is not the Hub; check HF_ENDPOINT, your proxy, or whether a network login is due"
        ) from error
    except (HfHubHTTPError, HTTPError, OSError) as error:
        raise DownloadError(f"{repo_id} could not be downloaded: {_explanation(error)}") from error
    _check(folder, repo_id)
    return Snapshot(folder, repo_id, folder.name)


def _check(folder: Path, repo_id: str) -> None:
    """Refuse a snapshot that may lack files, or is no official data set.

    Without an answer of the Hub, the client checks a cached snapshot against the list of files it keeps; where other
    programs fetched single files there is no list, and it takes what is there for everything.
    """
    from huggingface_hub import get_cached_repo_tree
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    try:
        get_cached_repo_tree(repo_id, repo_type="dataset", revision=folder.name)
    except CachedRepoTreeNotFoundError as error:
        raise DownloadError(
            f"the cache may hold only a part of {repo_id}, and the Hub could not be asked; go online first"
        ) from error
    if not folder.is_dir():
        raise DownloadError(f"{repo_id} has no folder SynPain, so it is not SynPAIN; give the repository that has it")


def _explanation(error: BaseException) -> str:
    """Why a download failed, and what to do.

    Of an error's own text only what the Hub or the operating system said: the rest may quote a request, and its token.
    """
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, HfHubHTTPError):
            return _explanation_of_answer(cause.response.status_code, cause.server_message)
        if isinstance(cause, OfflineModeIsEnabled):
            return "it is not in the cache, and HF_HUB_OFFLINE is set; unset it"
    if isinstance(error, OSError) and error.errno and not isinstance(error, ConnectionError):
        place = f" {error.filename}" if error.filename else ""
        return f"{error.strerror}{place}; make room, or set HF_HOME to a folder that can be written"
    reason = next((cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror), "")
    return (
        f"the connection to the Hub failed ({reason or type(chain[-1]).__name__}); check the network, then run the "
        "command again: complete files are not sent again"
    )


def _explanation_of_answer(status: int, said: str | None) -> str:
    answer = f"the Hub answered {status}"
    if said:
        answer += f" ({' '.join(said.split())[:_LONGEST_ANSWER]})"
    if status == _UNAUTHORIZED:
        return f"{answer}; run `hf auth login`, or correct HF_TOKEN"
    if status == _FORBIDDEN:
        return f"{answer}; check what your token may read"
    return f"{answer}; run the command again later: complete files are not sent again"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
