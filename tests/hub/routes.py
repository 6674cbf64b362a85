"""Which request is answered by what."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from tests.hub import lfs, reading, writing
from tests.hub.asking import Answer, RefusedError, Request, refusal
from tests.hub.state import State

Route = Callable[..., Answer]

_R = r"/api/(?P<kind>dataset|space|model)s/(?P<repo_id>[^/]+/[^/]+)"
_REPO = r"/(?:(?P<kind>dataset|space|model)s/)?(?P<repo_id>[^/]+/[^/]+?)"
_AT = r"(?P<revision>[^/]+)"

_HUB: tuple[tuple[str, str, Route], ...] = (
    ("GET", "/api/whoami-v2", reading.whoami),
    ("POST", "/api/validate-yaml", writing.validate_yaml),
    ("POST", "/api/repos/create", writing.create),
    ("GET", rf"{_R}(?:/revision/{_AT})?", reading.info),
    ("GET", rf"{_R}/tree/{_AT}(?P<path>/.+)?", reading.tree),
    ("POST", rf"{_R}/paths-info/{_AT}", reading.paths_info),
    ("GET", rf"{_R}/refs", reading.refs),
    ("GET", rf"{_R}/commits/{_AT}", reading.commits),
    ("GET", rf"{_R}/discussions", reading.discussions),
    ("PUT", rf"{_R}/settings", writing.settings),
    ("POST", rf"{_R}/preupload/{_AT}", writing.preupload),
    ("POST", rf"{_R}/commit/{_AT}", writing.commit),
    ("POST", rf"{_R}/tag/{_AT}", writing.tag),
    ("DELETE", rf"{_R}/tag/{_AT}", writing.untag),
    ("GET", rf"{_R}/xet-write-token/{_AT}", writing.xet_token),
    ("POST", rf"{_REPO}\.git/info/lfs/objects/batch", lfs.batch),
    ("POST", rf"{_REPO}\.git/info/lfs/objects/verify", lfs.verify),
    ("GET", rf"{_REPO}/resolve/{_AT}/(?P<path>.+)", reading.resolve),
)
_STORAGE: tuple[tuple[str, str, Route], ...] = (
    ("PUT", rf"{_REPO}/(?P<oid>[0-9a-f]{{64}})", lfs.put),
    ("GET", rf"{_REPO}/(?P<oid>[0-9a-f]{{64}})", reading.stored),
)


def answer(state: State, request: Request, *, spoils: bool) -> Answer:
    """Do what is asked.

    Args:
        state: What the Hub knows.
        request: What is asked.
        spoils: Whether another content is kept than is sent.
    """
    method = "GET" if request.method == "HEAD" else request.method
    path = urlsplit(request.target).path
    for of_method, pattern, route in _STORAGE if request.at_storage else _HUB:
        match = re.fullmatch(pattern, path) if method == of_method else None
        if match:
            asked = {key: unquote(value) for key, value in match.groupdict().items() if value is not None}
            if "repo_id" in asked:
                asked.setdefault("kind", "model")
            extra = {"spoils": True} if spoils else {}
            try:
                with state.alone():
                    return route(state, request, **asked, **extra)
            except RefusedError as refused:
                return refused.answer
    return refusal(404, "Not found")
