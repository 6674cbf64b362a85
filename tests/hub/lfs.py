"""Large files: told by their SHA-256, sent to and fetched from a storage at another address, which knows no tokens."""

from __future__ import annotations

import hashlib

from tests.hub.asking import Answer, Request, in_json, refusal
from tests.hub.state import State


def batch(state: State, request: Request, kind: str, repo_id: str) -> Answer:
    """POST {repo}.git/info/lfs/objects/batch: where to send what is not there yet."""
    repository = state.repository(kind, repo_id)
    if repository is None:
        return refusal(404, "Repository not found", "RepoNotFound")
    objects = []
    for wanted in request.json()["objects"]:
        known = {"oid": wanted["oid"], "size": wanted["size"]}
        if wanted["oid"] not in repository.objects:
            verify = f"{state.url}/{kind}s/{repo_id}.git/info/lfs/objects/verify"
            known["actions"] = {
                "upload": {"href": address_of(state, kind, repo_id, wanted["oid"])},
                "verify": {"href": verify},
            }
        objects.append(known)
    return in_json({"transfer": "basic", "objects": objects})


def verify(state: State, request: Request, kind: str, repo_id: str) -> Answer:
    """POST {repo}.git/info/lfs/objects/verify: whether it has come whole."""
    repository = state.repository(kind, repo_id)
    content = repository.objects.get(request.json()["oid"]) if repository else None
    if content is None or len(content) != request.json()["size"]:
        return refusal(404, "The object has not come")
    return in_json({})


def put(state: State, request: Request, kind: str, repo_id: str, oid: str) -> Answer:
    """PUT to the storage."""
    repository = state.repository(kind, repo_id)
    if repository is None or hashlib.sha256(request.body).hexdigest() != oid:
        return refusal(400, "The content does not have this digest")
    repository.objects[oid] = request.body
    return Answer(200, b"", {"ETag": f'"{oid}"'})


def address_of(state: State, kind: str, repo_id: str, oid: str) -> str:
    """The address of an object in the storage, signed as such addresses are."""
    return f"{state.storage_url}/{kind}s/{repo_id}/{oid}?Signature=0123456789abcdef"
