"""What a repository is before anything is done to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from huggingface_hub import hf_hub_url
from huggingface_hub.errors import GatedRepoError, RemoteEntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    hf_raise_for_status,
    http_backoff,
)

from synpain_hf.hub.client import Hub
from synpain_hf.release import tables
from synpain_hf.release.layout import MANIFEST
from synpain_hf.release.versions import Version

MAIN = "main"
_TAG = re.compile(r"v(0|[1-9]\d{0,8})(\.(0|[1-9]\d{0,8})){2}", re.ASCII)


@dataclass(frozen=True)
class State:
    """A repository, or its absence.

    Attributes:
        head: The commit that its main branch is at; empty if there is no repository.
        private: Whether only its owners see it.
        gated: Whether readers must ask for access.
        tags: The commit of each tag.
    """

    head: str = ""
    private: bool = False
    gated: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def versions(self) -> list[Version]:
        """The versions that are tagged."""
        return [Version.parse(tag[1:]) for tag in self.tags if _TAG.fullmatch(tag)]


@dataclass(frozen=True)
class Earlier:
    """What a repository's `release.json` says, whatever version of this package wrote it.

    Attributes:
        version: The version.
        files: Every other file.
        rows: How many pairs each file of pairs has, where it says so.
        content: Digest of the content; empty where it says none.
    """

    version: Version
    files: frozenset[str]
    rows: Mapping[str, int]
    content: str


def read_state(hub: Hub) -> State:
    """Ask the Hub about a repository."""
    try:
        info = hub.api.repo_info(**hub.which)
    except GatedRepoError:
        raise
    except RepositoryNotFoundError:
        return State()
    tags = {tag.name: tag.target_commit for tag in hub.api.list_repo_refs(**hub.which).tags}
    return State(info.sha or "", bool(info.private), bool(info.gated), tags)


def commits_titled(hub: Hub, title: str) -> Iterator[str]:
    """The commits of the main branch that have a title, the latest first."""
    for commit in hub.api.list_repo_commits(**hub.which, revision=MAIN):
        if commit.title == title:
            yield commit.commit_id


def content_of(hub: Hub, path: str, revision: str) -> bytes | None:
    """A small file of a repository; None where it has no such file."""
    address = hf_hub_url(hub.repo_id, path, repo_type=hub.repo_type, revision=revision, endpoint=hub.api.endpoint)
    answer = http_backoff("GET", address, headers=build_hf_headers(token=hub.token))
    try:
        hf_raise_for_status(answer)
    except RemoteEntryNotFoundError:
        return None
    return bytes(answer.content)


def earlier_at(hub: Hub, revision: str) -> Earlier | None:
    """What was released at a revision; None where nothing was."""
    content = content_of(hub, MANIFEST, revision)
    try:
        manifest = json.loads(content or b"")
        files = manifest["files"]
        base = tables.base_table()
        of_pairs = {path: record for path, record in files.items() if base.owns(path) and "rows" in record}
        rows = {path: int(record["rows"]) for path, record in of_pairs.items()}
        return Earlier(Version.parse(manifest["version"]), frozenset(files), rows, str(manifest.get("content", "")))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
