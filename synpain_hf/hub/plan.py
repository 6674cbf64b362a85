"""What is in a repository, what should be, and what must be sent for that."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete
from huggingface_hub.hf_api import RepoFile

from synpain_hf.hub.client import Hub
from synpain_hf.hub.state import Earlier

OF_THE_HUB = {".gitattributes"}
"""What the Hub itself puts into a new repository, and keeps."""


@dataclass(frozen=True)
class LocalFile:
    """A file to publish.

    Attributes:
        path: Its path in the repository.
        place: Where it is on this machine.
        size: Bytes.
        sha256: Its digest.
    """

    path: str
    place: Path
    size: int
    sha256: str

    def equals(self, landed: RepoFile) -> bool:
        """Whether a file of a repository has this content: by its SHA-256, or if git stores it, by git's own id."""
        if landed.size != self.size:
            return False
        if landed.lfs is not None:
            return bool(landed.lfs.sha256 == self.sha256)
        return bool(landed.blob_id == _blob_id(self.place.read_bytes()))


@dataclass(frozen=True)
class UploadPlan:
    """What publishing does to each file; sorted paths.

    Attributes:
        new: Files that the repository lacks.
        changed: Files whose content there is different.
        same: Files that it has; they are not sent.
        deleted: Files of an earlier release that this one does not have.
        left: Files that neither a release nor the Hub put there; they are not touched.
        bytes: What is new or changed.
        settings: What becomes of the repository: `create`, `private`, `gated`.
        edited: Those of the changed and deleted files that are not as the last release left them, or that no release
            put there: somebody's work, which is lost.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    same: tuple[str, ...]
    deleted: tuple[str, ...]
    left: tuple[str, ...]
    bytes: int
    settings: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the repository's files are what they should be."""
        return not (self.new or self.changed or self.deleted)

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready fields."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.__dict__.items()}

    def additions(self, files: Mapping[str, LocalFile]) -> list[CommitOperationAdd]:
        """What the client needs to send what is new or changed."""
        return [CommitOperationAdd(path, str(files[path].place)) for path in sorted((*self.new, *self.changed))]

    def deletions(self) -> list[CommitOperationDelete]:
        """What the client needs to delete."""
        return [CommitOperationDelete(path, is_folder=False) for path in self.deleted]


def show_nothing(plan: UploadPlan) -> None:
    """Do not show a plan."""


def list_files(hub: Hub, revision: str) -> dict[str, RepoFile]:
    """Every file of a repository at a revision, by its path."""
    entries = hub.api.list_repo_tree(**hub.which, revision=revision, recursive=True)
    return {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}


def plan_upload(
    files: Mapping[str, LocalFile],
    landed: Mapping[str, RepoFile],
    before: Earlier | None,
    settings: tuple[str, ...] = (),
) -> UploadPlan:
    """Work out what must be done.

    Args:
        files: What should be in the repository.
        landed: What is in it.
        before: The release that is there; only its files are deleted if they are not to stay.
        settings: What becomes of the repository.
    """
    released = frozenset[str]() if before is None else before.files.keys()
    known = files.keys() & landed.keys()
    same = {path for path in known if files[path].equals(landed[path])}
    gone = landed.keys() - files.keys()
    to_send = files.keys() - same
    return UploadPlan(
        new=tuple(sorted(files.keys() - landed.keys())),
        changed=tuple(sorted(known - same)),
        same=tuple(sorted(same)),
        deleted=tuple(sorted(gone & released)),
        left=tuple(sorted(gone - released - OF_THE_HUB)),
        bytes=sum(files[path].size for path in to_send),
        settings=settings,
    )


def _blob_id(content: bytes) -> str:
    """The id that git gives to a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
