"""The part of the Hub's protocol that downloading and publishing a data set ask for, on free ports of loopback.

Errors are planted as `Fault`s: a fault spoils the next requests that it matches.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.hub.asking import Answer, Request
from tests.hub.faults import Drop, Fault
from tests.hub.repositories import Account, Repository
from tests.hub.routes import answer
from tests.hub.state import State

_RESET = struct.pack("ii", 1, 0)


class Hub:
    """A Hub on free ports of loopback, for as long as the context lasts.

    Attributes:
        state: Everything it knows.
        faults: What goes wrong, the first match first.
        seen: Every request, in its order.
    """

    def __init__(self, folder: Path | None = None, ports: tuple[int, int] = (0, 0)) -> None:
        self.state = State(folder=folder)
        self.state.restore()
        self.faults: list[Fault] = []
        self.seen: list[Request] = []
        self._lock = threading.Lock()
        self._servers = [_Server(self, ports[0], at_storage=False), _Server(self, ports[1], at_storage=True)]
        self._threads = [
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}) for server in self._servers
        ]
        self.state.url, self.state.storage_url = (f"http://127.0.0.1:{server.server_port}" for server in self._servers)

    @property
    def url(self) -> str:
        """Its address."""
        return self.state.url

    @property
    def repositories(self) -> dict[str, Repository]:
        """Its data sets, by id."""
        return self.state.repositories

    @property
    def accounts(self) -> dict[str, Account]:
        """Who each token belongs to."""
        return self.state.accounts

    def __enter__(self) -> Hub:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.shutdown()
            thread.join()
            server.server_close()

    def files_asked_for(self) -> list[str]:
        """The files whose content was asked for since the last call, sorted; forgets what was seen."""
        with self._lock:
            asked = sorted(request.file for request in self.seen if request.method == "GET" and request.file)
            self.seen.clear()
        return asked

    def fault_for(self, method: str, path: str) -> Fault:
        """What goes wrong with a request."""
        with self._lock:
            return next((fault for fault in self.faults if fault.strikes(method, path)), Fault(""))

    def note(self, request: Request) -> None:
        """Remember a request."""
        with self._lock:
            self.seen.append(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub, port: int, *, at_storage: bool) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.hub = hub
        self.at_storage = at_storage

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the client to acknowledge its headers
    server: _Server

    def do_GET(self) -> None:
        hub = self.server.hub
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        fault = hub.fault_for(self.command, unquote(urlsplit(self.path).path))
        if fault.drop in (Drop.ASKED, Drop.HALFWAY):
            self._read(0.5 if fault.drop is Drop.HALFWAY else 0)
            hub.note(Request(self.command, self.path, self.headers, at_storage=self.server.at_storage))
            self._hang_up(fault)
            return
        body = self._read(1)
        request = Request(self.command, self.path, self.headers, body, hub.accounts.get(token), self.server.at_storage)
        hub.note(request)
        if fault.drop is Drop.GIVEN_UP:
            self._wait_for_the_client_to_leave()
            self._hang_up(fault)
            return
        if fault.status:
            told = Answer(fault.status, b"", fault.headers)
        else:
            told = answer(hub.state, request, spoils=fault.spoils)
        if fault.drop is Drop.DONE_GIVEN_UP:
            self._wait_for_the_client_to_leave()
        if fault.drop in (Drop.DONE, Drop.DONE_GIVEN_UP):
            self._hang_up(fault)
        else:
            self._send(told, fault)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the base class names them so

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Nothing is logged: `Hub.seen` tells what was asked."""

    def _read(self, part: float) -> bytes:
        return self.rfile.read(int(int(self.headers.get("Content-Length", 0)) * part))

    def _send(self, told: Answer, fault: Fault) -> None:
        self.send_response(told.status)
        for name, value in {"Content-Length": str(len(told.body)), **told.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault.cut is None:
            self.wfile.write(told.body)
            return
        self.wfile.write(told.body[: int(len(told.body) * fault.cut)])
        self.close_connection = True
        if fault.reset:
            time.sleep(1)  # a reset drops what the client has not read yet
            self._reset()

    def _wait_for_the_client_to_leave(self) -> None:
        """Wait until the client closes the connection: it sends nothing more before it has an answer."""
        with suppress(ConnectionError):
            self.connection.recv(1)

    def _hang_up(self, fault: Fault) -> None:
        if fault.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        self.close_connection = True
        self._reset()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.connection.close()
