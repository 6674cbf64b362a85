"""What the Hub tells of a repository."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.hub.asking import Answer, RefusedError, Request, in_json, refusal
from tests.hub.lfs import address_of
from tests.hub.repositories import BRANCH, Commit, File, Repository, blob_id
from tests.hub.state import State

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_FRONT_MATTER = re.compile(r"---\n(.*?)\n---", re.DOTALL)
_OPEN = ("README.md", ".gitattributes")
_DAY = "2026-01-01T00:00:00.000Z"


def whoami(state: State, request: Request) -> Answer:
    """GET /api/whoami-v2."""
    account = request.account
    if account is None:
        return refusal(401, "Invalid credentials in Authorization header")
    scoped = [
        {"entity": {"type": "user", "name": name}, "permissions": list(allowed)}
        for name, allowed in account.scopes.items()
    ]
    token = {"displayName": "token", "role": account.role, "fineGrained": {"global": [], "scoped": scoped}}
    orgs = [{"name": name, "roleInOrg": role} for name, role in account.orgs.items()]
    return in_json({"type": "user", "name": account.name, "orgs": orgs, "auth": {"accessToken": token}})


def info(state: State, request: Request, kind: str, repo_id: str, revision: str = BRANCH) -> Answer:
    """GET R and R/revision/{rev}."""
    repository, name, commit = _at(state, request, kind, repo_id, revision)
    siblings = [{"rfilename": path} for path in sorted(commit.files)]
    document = {
        "id": repo_id,
        "sha": name,
        "private": repository.private,
        "gated": repository.gated,
        "siblings": siblings,
        "cardData": card_data(commit.files.get("README.md")),
        "lastModified": _DAY,
        "tags": [],
    }
    return in_json(document)


def tree(state: State, request: Request, kind: str, repo_id: str, revision: str, path: str = "") -> Answer:
    """GET R/tree/{rev}[/path], page by page."""
    _, _, commit = _at(state, request, kind, repo_id, revision)
    entries = _below(commit, path.strip("/"), recursive=request.query("recursive").lower() == "true")
    start = int(request.query("cursor", "0"))
    headers = {}
    if start + state.page < len(entries):
        address = f"{state.url}{request.target.split('?')[0]}?recursive={request.query('recursive')}"
        headers["Link"] = f'<{address}&cursor={start + state.page}>; rel="next"'
    return in_json(entries[start : start + state.page], headers=headers)


def paths_info(state: State, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
    """POST R/paths-info/{rev}."""
    _, _, commit = _at(state, request, kind, repo_id, revision)
    entries = {entry["path"]: entry for entry in _below(commit, "", recursive=True)}
    return in_json([entries[path] for path in request.form().get("paths", []) if path in entries])


def refs(state: State, request: Request, kind: str, repo_id: str) -> Answer:
    """GET R/refs."""
    repository = seen(state, request, kind, repo_id)
    branches = [{"name": BRANCH, "ref": f"refs/heads/{BRANCH}", "targetCommit": repository.refs[BRANCH]}]
    tags = [
        {"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit} for name, commit in repository.tags().items()
    ]
    return in_json({"branches": branches, "converts": [], "tags": tags})


def commits(state: State, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
    """GET R/commits/{rev}."""
    repository, _, _ = _at(state, request, kind, repo_id, revision)
    return in_json(
        [
            {"id": name, "title": commit.title, "message": commit.text, "authors": [], "date": _DAY}
            for name, commit in repository.history(revision)
        ]
    )


def discussions(state: State, request: Request, kind: str, repo_id: str) -> Answer:
    """GET R/discussions."""
    repository = seen(state, request, kind, repo_id)
    found = [
        {
            "num": number,
            "title": pull.title,
            "status": pull.status,
            "isPullRequest": True,
            "author": {"name": pull.author},
            "createdAt": _DAY,
            "repo": {"name": repo_id, "type": kind},
        }
        for number, pull in enumerate(repository.requests, 1)
        if pull.status == request.query("status", pull.status)
    ]
    return in_json({"discussions": found, "count": len(found), "start": 0})


def resolve(state: State, request: Request, kind: str, repo_id: str, revision: str, path: str) -> Answer:
    """HEAD and GET {repo}/resolve/{rev}/{path}; what is stored apart is at another address."""
    repository, name, commit = _at(state, request, kind, repo_id, revision)
    if path not in commit.files:
        return refusal(404, "Entry not found", "EntryNotFound")
    if repository.gated and path not in _OPEN and not _is_let_in(request, repo_id):
        return refusal(403 if request.account else 401, "Access to this data set is restricted.", "GatedRepo")
    file = commit.files[path]
    headers = {"X-Repo-Commit": name, "Accept-Ranges": "bytes"}
    if not file.apart:
        return part(request, file.content, {**headers, "ETag": f'"{blob_id(file.content)}"'})
    linked = {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(file.size)}
    return Answer(302, b"", {**headers, **linked, "Location": address_of(state, kind, repo_id, file.sha256)})


def part(request: Request, content: bytes, headers: dict[str, str]) -> Answer:
    """A file, or the range of it that is asked for."""
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or int(match[1]) >= len(content):
        return Answer(200, content, headers)
    start, stop = int(match[1]), min(int(match[2] or len(content)) + 1, len(content))
    return Answer(206, content[start:stop], {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{len(content)}"})


def seen(state: State, request: Request, kind: str, repo_id: str) -> Repository:
    """A repository that who asks may see.

    Raises:
        RefusedError: If there is none.
    """
    repository = state.repository(kind, repo_id)
    closed = repository is None or (
        repository.private and (request.account is None or not request.account.may_see(repo_id))
    )
    if repository is None or closed:
        raise RefusedError(refusal(404 if request.account else 401, "Repository not found", "RepoNotFound"))
    return repository


def card_data(card: File | None) -> Any:
    """The metadata of a card; None where it has none.

    Raises:
        RefusedError: If it is no YAML.
    """
    match = _FRONT_MATTER.match(card.content.decode()) if card else None
    try:
        return yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError as error:
        raise RefusedError(in_json({"errors": [{"message": f"Invalid YAML: {error}"}], "warnings": []}, 400)) from error


def _at(state: State, request: Request, kind: str, repo_id: str, revision: str) -> tuple[Repository, str, Commit]:
    repository = seen(state, request, kind, repo_id)
    name = repository.find(revision)
    if name is None:
        raise RefusedError(refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound"))
    return repository, name, repository.commits[name]


def _below(commit: Commit, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    """The files and folders below a folder, at any depth or the first."""
    prefix = f"{folder}/" if folder else ""
    inside = {path: file for path, file in commit.files.items() if path.startswith(prefix)}
    if folder and not inside:
        raise RefusedError(refusal(404, f"{folder} does not exist", "EntryNotFound"))
    entries = []
    folders = set()
    for path, file in inside.items():
        steps = path.removeprefix(prefix).split("/")
        folders |= {prefix + "/".join(steps[:depth]) for depth in range(1, len(steps) if recursive else 2)} - {path}
        if recursive or len(steps) == 1:
            entries.append(_entry(path, file))
    entries += [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in folders]
    return sorted(entries, key=lambda entry: str(entry["path"]))


def _entry(path: str, file: File) -> dict[str, Any]:
    apart = {"lfs": {"oid": file.sha256, "size": file.size, "pointerSize": 130}} if file.apart else {}
    return {"type": "file", "path": path, "oid": file.oid, "size": file.size, **apart}


def _is_let_in(request: Request, repo_id: str) -> bool:
    return request.account is not None and request.account.may_see(repo_id)


def stored(state: State, request: Request, kind: str, repo_id: str, oid: str) -> Answer:
    """HEAD and GET from the storage."""
    repository = state.repository(kind, repo_id)
    if repository is None or oid not in repository.objects:
        return refusal(404, "No such object")
    return part(request, repository.objects[oid], {"Accept-Ranges": "bytes", "ETag": f'"{oid}"'})
