"""What a repository is before anything is done to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from huggingface_hub import hf_hub_url
from huggingface_hub.errors import GatedRepoError, RemoteEntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.utils import hf_raise_for_status, http_backoff  # type: ignore[attr-defined]

from synpain_hf.hub.client import Hub
from synpain_hf.release import tables
from synpain_hf.release.layout import MANIFEST, FileRecord
from synpain_hf.release.versions import Version
from synpain_hf.schemas import strict_json, violations

MAIN = "main"
LARGEST_TEXT = 16 * 2**20
"""Bytes of a file that are read, such as a card or a `release.json`; of a larger one, the beginning."""

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
        files: Every other file that a release can have, as far as its record goes.
        content: Digest of the content; empty where it says none.
    """

    version: Version
    files: Mapping[str, FileRecord]
    content: str

    @property
    def rows(self) -> Mapping[str, int]:
        """How many pairs each file of pairs has, where it says so."""
        base = tables.base_table()
        return {path: record["rows"] for path, record in self.files.items() if base.owns(path) and "rows" in record}


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
    """A small file of a repository, up to `LARGEST_TEXT`; None where it has no such file."""
    address = hf_hub_url(hub.repo_id, path, repo_type=hub.repo_type, revision=revision, endpoint=hub.api.endpoint)
    answer = http_backoff("GET", address, headers={**hub.headers, "Range": f"bytes=0-{LARGEST_TEXT - 1}"})
    try:
        hf_raise_for_status(answer)
    except RemoteEntryNotFoundError:
        return None
    return bytes(answer.content)


def earlier_at(hub: Hub, revision: str) -> Earlier | None:
    """What was released at a revision; None where nothing was, or its record cannot be used.

    Anybody may have written that `release.json`. Of its files, only those are taken that a release can have: the next
    one deletes them where it lacks them.
    """
    content = content_of(hub, MANIFEST, revision) or b""
    if len(content) == LARGEST_TEXT:
        return None
    try:
        manifest = strict_json(content)
    except ValueError:
        return None
    if not isinstance(manifest, dict) or violations("published_release", manifest):
        return None
    files = {path: record for path, record in manifest["files"].items() if tables.has_place(path)}
    return Earlier(Version.parse(manifest["version"]), files, manifest.get("content", ""))
