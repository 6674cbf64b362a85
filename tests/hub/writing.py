"""What changes a repository: creating it, its settings, commits, pull requests and tags."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from tests.hub.asking import Answer, RefusedError, Request, in_json, refusal
from tests.hub.reading import card_data, seen
from tests.hub.repositories import BRANCH, STORED_APART, Commit, File, PullRequest, Repository
from tests.hub.state import State, key_of

_ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in STORED_APART).encode()


def create(state: State, request: Request) -> Answer:
    """POST /api/repos/create."""
    asked = request.json()
    kind = asked.get("type", "model")
    repo_id = f"{asked['organization'] or (request.account.name if request.account else '')}/{asked['name']}"
    _check_writes(request, repo_id)
    address = {"url": f"{state.url}/{kind}s/{repo_id}"}
    if state.repository(kind, repo_id):
        return in_json({**address, "error": "You already created this repo"}, 409)
    repository = Repository(private=asked.get("visibility") == "private", sdk=asked.get("sdk", ""))
    repository.commit({".gitattributes": _ATTRIBUTES}, BRANCH)
    state.repositories[key_of(kind, repo_id)] = repository
    return in_json(address)


def settings(state: State, request: Request, kind: str, repo_id: str) -> Answer:
    """PUT R/settings."""
    repository = _written(state, request, kind, repo_id)
    asked = request.json()
    if "visibility" in asked:
        repository.private = asked["visibility"] == "private"
    repository.gated = asked.get("gated", repository.gated)
    return in_json({"private": repository.private, "gated": repository.gated})


def validate_yaml(state: State, request: Request) -> Answer:
    """POST /api/validate-yaml."""
    card_data(File.of("README.md", request.json()["content"].encode()))
    return in_json({"errors": [], "warnings": [{"message": remark} for remark in state.remarks]})


def preupload(state: State, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
    """POST R/preupload/{rev}: what goes to git, and what is stored apart."""
    repository = _written(state, request, kind, repo_id)
    files = repository.commits[repository.find(revision) or ""].files
    told = []
    for asked in request.json()["files"]:
        file = files.get(asked["path"])
        mode = "lfs" if asked["path"].endswith(STORED_APART) else "regular"
        oid = {"oid": file.sha256 if file.apart else file.oid} if file else {}
        told.append({"path": asked["path"], "uploadMode": mode, "shouldIgnore": False, **oid})
    return in_json({"files": told})


def commit(state: State, request: Request, kind: str, repo_id: str, revision: str, *, spoils: bool = False) -> Answer:
    """POST R/commit/{rev}."""
    repository = _written(state, request, kind, repo_id)
    lines = [json.loads(line) for line in request.body.splitlines()]
    header = lines[0]["value"]
    proposes = bool(request.query("create_pr"))
    parent = repository.refs[revision]
    if proposes:
        parent = header.get("parentCommit", parent)
    elif header.get("parentCommit", parent) != parent:
        return refusal(412, "A commit has happened since. Please refresh and try again.")
    files = dict(repository.commits[parent].files)
    for line in lines[1:]:
        _apply(state, repository, files, line["key"], line["value"], spoils=spoils)
    card_data(files.get("README.md"))
    author = request.account.name if request.account else ""
    made = Commit(files, parent, header["summary"], header["description"], author)
    name = repository.add(made, *(() if proposes else (revision,)))
    page = f"{state.url}/{kind}s/{repo_id}"
    answer = {"success": True, "commitOid": name, "commitUrl": f"{page}/commit/{name}", "hookOutput": ""}
    if proposes:
        repository.requests.append(PullRequest(header["summary"], header["description"], author, name))
        answer["pullRequestUrl"] = f"{page}/discussions/{len(repository.requests)}"
    return in_json(answer)


def tag(state: State, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
    """POST R/tag/{rev}."""
    repository = _written(state, request, kind, repo_id)
    name, at = request.json()["tag"], repository.find(revision)
    if at is None:
        return refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    if name in repository.refs:
        return refusal(409, f"Tag {name} already exists")
    repository.refs[name] = at
    return in_json({}, 201)


def untag(state: State, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
    """DELETE R/tag/{tag}."""
    repository = _written(state, request, kind, repo_id)
    return in_json({}) if repository.refs.pop(revision, None) else refusal(404, "No such tag", "RevisionNotFound")


def xet_token(state: State, request: Request, kind: str, repo_id: str, revision: str) -> Answer:
    """GET R/xet-write-token/{rev}: where to send chunks."""
    _written(state, request, kind, repo_id)
    if state.xet is None:
        return refusal(404, "This Hub has no Xet")
    return in_json({"accessToken": "xet", "exp": int(time.time()) + 3600, "casUrl": f"local://{state.xet}"})


def _apply(
    state: State, repository: Repository, files: dict[str, File], key: str, value: dict[str, Any], *, spoils: bool
) -> None:
    """Make one change of a commit."""
    path = value["path"]
    if key == "file":
        content = base64.b64decode(value["content"])
        files[path] = File.of(path, content + b" " if spoils else content)
    elif key == "lfsFile":
        if value["oid"] not in repository.objects and state.xet is None:
            raise RefusedError(refusal(400, f"{path} points to an object that does not exist"))
        digest = "0" * 64 if spoils else value["oid"]
        files[path] = File(value["size"], digest, repository.objects.get(value["oid"], b""), apart=True)
    elif key == "deletedFile" and path in files:
        del files[path]
    else:
        raise RefusedError(refusal(404, f"A file with this name doesn't exist: {path}", "EntryNotFound"))


def _written(state: State, request: Request, kind: str, repo_id: str) -> Repository:
    repository = seen(state, request, kind, repo_id)
    if not request.query("create_pr"):
        _check_writes(request, repo_id)
    return repository


def _check_writes(request: Request, repo_id: str) -> None:
    if request.account is None:
        raise RefusedError(refusal(401, "Invalid username or password."))
    if not request.account.may_write(repo_id):
        raise RefusedError(refusal(403, f"You don't have the rights to write to {repo_id}"))
