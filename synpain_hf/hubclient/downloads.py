"""Downloading from a repository into the Hub's cache; what is already there is not sent again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

from huggingface_hub import get_cached_repo_tree, hf_hub_download, snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError, RemoteEntryNotFoundError

from synpain_hf.errors import DownloadError, UnreachableError
from synpain_hf.hubclient.errors import reported_as
from synpain_hf.hubclient.names import check_repo_id

_KIND: Final = "dataset"


def download_files(
    repo_id: str,
    patterns: Iterable[str],
    revision: str | None = None,
    *,
    kind: Literal["dataset", "model"] = _KIND,
    known_whole: bool = True,
) -> Path:
    """Download the files of a data set, or a model, that match some patterns: all of them, or an error.

    Without a connection, files that are complete in the cache are taken from there.

    Args:
        repo_id: `NAMESPACE/NAME`.
        patterns: What to download, such as `data/*`.
        revision: A branch, a tag or a commit; by default the main branch.
        kind: What it is.
        known_whole: Whether a cache is refused of which it is not known whether it is whole, as of other programs;
            otherwise the caller has to look what is there.

    Returns:
        The folder that the files are in, named after the commit; it is missing if no file matches.

    Raises:
        UsageError: If the name cannot be that of a repository.
        DownloadError: If the Hub cannot be reached, or does not send the files.
    """
    check_repo_id(repo_id)
    with reported_as(DownloadError, _downloading(repo_id, revision)):
        folder = Path(snapshot_download(repo_id, repo_type=kind, revision=revision, allow_patterns=list(patterns)))
        # Without an answer from the Hub, the client checks what is cached against the list of files it keeps; if other
        # programs fetched single files there is no list, and it takes what is there for everything.
        if known_whole:
            get_cached_repo_tree(repo_id, repo_type=kind, revision=folder.name)
    return folder


def download_file(repo_id: str, path: str, revision: str | None = None) -> Path | None:
    """Download one file of a data set.

    Args:
        repo_id: `NAMESPACE/NAME`.
        path: The file's path in the data set.
        revision: A branch, a tag or a commit; by default the main branch.

    Returns:
        The file; None if the data set has no such file.

    Raises:
        UsageError: If the name cannot be that of a data set.
        UnreachableError: If the Hub does not answer, and the file is not in the cache.
        DownloadError: If the Hub does not send it.
    """
    check_repo_id(repo_id)
    with reported_as(DownloadError, _downloading(repo_id, revision)):
        try:
            return Path(hf_hub_download(repo_id, path, repo_type=_KIND, revision=revision))
        except RemoteEntryNotFoundError:
            return None
        except LocalEntryNotFoundError:
            with reported_as(UnreachableError, _downloading(repo_id, revision)):
                raise


def _downloading(repo_id: str, revision: str | None) -> str:
    return f"downloading {repo_id}@{revision}" if revision else f"downloading {repo_id}"
