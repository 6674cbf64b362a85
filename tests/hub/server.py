"""The part of the Hub's protocol that downloading a data set asks for, over repositories that are plain data.

Errors are planted as `Fault`s: a fault answers the next requests that it matches, instead of the repository.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

_ROUTES = {
    re.compile(r"/api/datasets/(?P<repo_id>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+))?"): "info",
    re.compile(r"/api/datasets/(?P<repo_id>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)"): "tree",
    re.compile(r"/datasets/(?P<repo_id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)"): "resolve",
}
_RANGE = re.compile(r"bytes=(\d+)-")
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Repository:
    """A data set: the files of each commit, and the branches and tags that name commits."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)

    def commit(self, files: Mapping[str, bytes], *refs: str) -> str:
        """Add a commit that holds these files; move these branches or tags to it.

        Returns:
            Its id.
        """
        listing = sorted((path, _blob_id(content)) for path, content in files.items())
        commit = hashlib.sha1(repr((len(self.commits), listing)).encode()).hexdigest()
        self.commits[commit] = dict(files)
        self.refs |= dict.fromkeys(refs, commit)
        return commit


@dataclass(frozen=True)
class Request:
    """A request that was seen."""

    method: str
    path: str
    headers: Message

    @property
    def file(self) -> str:
        """The file of a repository that was asked for; empty where none was."""
        return self.path.split("/resolve/", 1)[1].split("/", 1)[1] if "/resolve/" in self.path else ""


@dataclass
class Fault:
    """What goes wrong with the requests whose method and path match.

    Attributes:
        path: Pattern of a part of the path.
        method: The method.
        times: How many requests it spoils.
        status: The status that it answers with; 0 to answer as ever.
        headers: Headers of that answer.
        seconds: How long it waits before the answer.
        cut: After which part of a body the connection ends; None for never.
        reset: Whether it ends by a reset rather than a close.
    """

    path: str
    method: str = "GET"
    times: int = 1_000_000
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0
    cut: float | None = None
    reset: bool = False


class Hub:
    """A Hub on a free port of loopback, for as long as the context lasts.

    Attributes:
        url: Its address.
        repositories: Its data sets, by id.
        faults: What goes wrong, the first match first.
        seen: Every request, in its order.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.faults: list[Fault] = []
        self.seen: list[Request] = []
        self._lock = threading.Lock()
        self._server = _Server(self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Hub:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def files_asked_for(self) -> list[str]:
        """The files whose content was asked for since the last call, sorted; forgets what was seen."""
        with self._lock:
            asked = sorted(request.file for request in self.seen if request.method == "GET" and request.file)
            self.seen.clear()
        return asked

    def _answer(self, handler: _Handler) -> None:
        path = urlsplit(handler.path).path
        request = Request(handler.command, unquote(path), handler.headers)
        with self._lock:
            self.seen.append(request)
            fault = self._fault_for(request)
        handler.fault = fault
        time.sleep(fault.seconds)
        if fault.status:
            handler.send(fault.status, b"", fault.headers)
            return
        for pattern, name in _ROUTES.items():
            match = pattern.fullmatch(path)
            if match:
                asked = {key: unquote(value or "") for key, value in match.groupdict().items()}
                answer: Callable[..., None] = getattr(self, f"_answer_{name}")
                answer(handler, **asked)
                return
        handler.send(404, b"", {})

    def _fault_for(self, request: Request) -> Fault:
        for fault in self.faults:
            if fault.times and request.method == fault.method and re.search(fault.path, request.path):
                fault.times -= 1
                return fault
        return Fault("")

    def _answer_info(self, handler: _Handler, repo_id: str, revision: str) -> None:
        found = self._find(handler, repo_id, revision or "main")
        if found:
            commit, files = found
            siblings = [{"rfilename": path} for path in sorted(files)]
            handler.send_json({"id": repo_id, "sha": commit, "private": False, "gated": False, "siblings": siblings})

    def _answer_tree(self, handler: _Handler, repo_id: str, revision: str) -> None:
        found = self._find(handler, repo_id, revision)
        if found:
            entries = [
                {"type": "file", "path": path, "oid": _blob_id(content), "size": len(content)}
                for path, content in sorted(found[1].items())
            ]
            handler.send_json(entries)

    def _answer_resolve(self, handler: _Handler, repo_id: str, revision: str, path: str) -> None:
        found = self._find(handler, repo_id, revision)
        if not found:
            return
        commit, files = found
        if path not in files:
            handler.send_error_code(404, "EntryNotFound", "Entry not found")
            return
        content = files[path]
        headers = {"ETag": f'"{_blob_id(content)}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
        match = _RANGE.fullmatch(handler.headers.get("Range", ""))
        if match and int(match[1]) < len(content):
            start = int(match[1])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            handler.send(206, content[start:], headers)
        else:
            handler.send(200, content, headers)

    def _find(self, handler: _Handler, repo_id: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The commit that a revision names and its files; answers where there is none."""
        repository = self.repositories.get(repo_id)
        if repository is None:
            handler.send_error_code(404, "RepoNotFound", "Repository not found")
            return None
        commit = repository.refs.get(revision, revision)
        if commit not in repository.commits:
            handler.send_error_code(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return commit, repository.commits[commit]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Callable[[_Handler], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    fault: Fault

    def do_GET(self) -> None:
        self.server.answer(self)

    def do_HEAD(self) -> None:
        self.server.answer(self)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Nothing is logged: `Hub.seen` tells what was asked."""

    def send_json(self, document: Any) -> None:
        self.send(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def send_error_code(self, status: int, code: str, message: str) -> None:
        self.send(status, b"", {"X-Error-Code": code, "X-Error-Message": message})

    def send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault.cut is None:
            self.wfile.write(body)
            return
        self.wfile.write(body[: int(len(body) * self.fault.cut)])
        self.close_connection = True
        if self.fault.reset:
            time.sleep(0.2)  # a reset drops what the client has not read yet
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.connection.close()


def _blob_id(content: bytes) -> str:
    """The id that git gives to a file of this content; the Hub uses it as ETag."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
