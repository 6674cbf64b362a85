"""Downloading a data set's official files from the Hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from synpain_hf.errors import DownloadError, UsageError

SCHEME = "hf://"
PATTERNS = ("SynPain/**", "Images/**", "Videos/**", "*olds*.txt")
"""What of a repository is downloaded."""

_ADDRESS = re.compile(r"hf://datasets/(?P<repo_id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[^@\s]+))?")


class Snapshot(NamedTuple):
    """A downloaded data set: where it stands on this machine, and what it is."""

    folder: Path
    repo_id: str
    revision: str


def download(address: str) -> Snapshot:
    """Download a data set into the Hub's cache; what is there already is not sent again.

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
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    repo_id, revision = match["repo_id"], match["revision"]
    try:
        folder = snapshot_download(repo_id, repo_type="dataset", revision=revision, allow_patterns=list(PATTERNS))
    except GatedRepoError as error:
        raise DownloadError(f"{repo_id} is gated; accept its terms on the Hub, then run `hf auth login`") from error
    except RepositoryNotFoundError as error:
        raise DownloadError(f"the Hub has no data set {repo_id} for you; check the name, or `hf auth login`") from error
    except RevisionNotFoundError as error:
        raise DownloadError(f"{repo_id} has no revision {revision}; give a branch, a tag or a commit of it") from error
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as error:
        raise DownloadError(f"{repo_id} is not in the cache, and the Hub cannot be reached; go online first") from error
    except (HfHubHTTPError, OSError) as error:
        raise DownloadError(f"the download of {repo_id} broke off ({error}); run the command again to go on") from error
    return Snapshot(Path(folder), repo_id, Path(folder).name)
