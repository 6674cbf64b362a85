"""Downloading a data set's official files from the Hub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from synpain_hf.errors import DownloadError, UsageError
from synpain_hf.hubclient.names import REPO_ID

SCHEME = "hf://"
PATTERNS = ("SynPain/Images/*", "SynPain/Videos/*", "SynPain/*.txt", "SynPain/demo*")
"""What of a repository is downloaded.

The 40 videos are one hundredth of the bytes; they are included so that a release says the same of its source however
the source was fetched.
"""

_ADDRESS = re.compile(rf"hf://datasets/(?P<repo_id>{REPO_ID.pattern})(?:@(?P<revision>[^@\s]+))?", re.ASCII)


class Snapshot(NamedTuple):
    """A downloaded data set: where it is on this machine, and what it is."""

    folder: Path
    repo_id: str
    revision: str


def download(address: str) -> Snapshot:
    """Download a data set into the Hub's cache; what is there already is not sent again.

    Without a connection, a data set that is complete in the cache is taken from there.

    Args:
        address: `hf://datasets/NAMESPACE/NAME` or `hf://datasets/NAMESPACE/NAME@REVISION`.

    Raises:
        UsageError: If it is not such an address.
        DownloadError: If the Hub cannot be reached, or has no such data set, or does not send it.
    """
    from synpain_hf.hubclient.downloads import download_files

    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise UsageError(f"{address} is not a data set on the Hub; write hf://datasets/NAMESPACE/NAME[@REVISION]")
    repo_id = match["repo_id"]
    folder = download_files(repo_id, PATTERNS, match["revision"])
    if not folder.is_dir():
        raise DownloadError(f"{repo_id} has no folder SynPain, so it is not SynPAIN; give the repository that has it")
    return Snapshot(folder, repo_id, folder.name)
