"""Publishing to a Hub on loopback, and what is there afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synpain_hf.cards import card
from synpain_hf.hub import Publication, publish
from synpain_hf.release.release import Release
from tests.hub import WRITER, Hub, Repository

REPO_ID = "maker/faces"
FACE = 32
"""Side of a face of the releases, in pixels."""

PAIRS = 6
"""Pairs of the first release."""

FACTS = Path(__file__).parents[2] / "examples" / "plain_faces" / "facts.yaml"
OTHERS = ".gitattributes"
"""The file that the Hub itself puts into a new repository."""


def published(hub: Hub, release: Release | Path, repo_id: str = REPO_ID, **options: Any) -> Publication:
    """Publish a release."""
    folder = release.folder if isinstance(release, Release) else release
    return publish(folder, repo_id, **{"endpoint": hub.url, "token": WRITER, **options})


def with_card(release: Release) -> Release:
    """Write the full card of a release."""
    return card(release.folder, facts=FACTS)


def on_disk(release: Release) -> dict[str, bytes]:
    """Every file of a release."""
    return {
        path.relative_to(release.folder).as_posix(): path.read_bytes()
        for path in release.folder.rglob("*")
        if path.is_file()
    }


def on_hub(hub: Hub, revision: str = "main", repo_id: str = REPO_ID) -> dict[str, bytes]:
    """Every file of a data set at a revision, but the Hub's own."""
    files = hub.repositories[repo_id].files(revision)
    return {path: content for path, content in files.items() if path != OTHERS}


def releases_in(repository: Repository) -> list[str]:
    """The titles of the commits on the main branch, the first first, but the Hub's own."""
    return [commit.title for _, commit in repository.history() if commit.title][::-1]


def sent(hub: Hub) -> dict[str, int]:
    """How often each object was sent to the storage."""
    puts = [request.path.rpartition("/")[2] for request in hub.seen if request.at_storage and request.method == "PUT"]
    return {oid: puts.count(oid) for oid in puts}


def writes(hub: Hub) -> list[str]:
    """The requests that change something, by method and the last words of their path."""
    reading = ("preupload", "paths-info", "validate-yaml", "batch")
    return [
        f"{request.method} {request.path}"
        for request in hub.seen
        if request.method != "GET" and not any(word in request.path for word in reading)
    ]
