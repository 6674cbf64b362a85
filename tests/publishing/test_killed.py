"""The Hub is killed, or the publisher is: in either case the next run finishes the work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from synpain_hf.errors import PublishError
from synpain_hf.hub import publish
from synpain_hf.release.release import Release
from tests.hub import WRITER, Drop, Fault, Hub
from tests.hub.state import State
from tests.publishing.making import REPO_ID, on_disk, on_hub, published, releases_in, sent

PUBLISH = """
import sys
from synpain_hf.hub import publish
publish(sys.argv[1], sys.argv[2])
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, ports: tuple[int, int], *dies_at: str) -> Iterator[subprocess.Popen[str]]:
    """A Hub in a program of its own, once it is ready."""
    dying = ["--dies-at", *dies_at] if dies_at else []
    command = [sys.executable, "-m", "tests.hub", str(folder), *map(str, ports), *dying]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline().startswith("http://")
        try:
            yield program
        finally:
            program.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    "dies_at",
    [
        ("PUT", "/[0-9a-f]{64}$", "2", "HALFWAY"),
        ("POST", "/commit/", "0", "ASKED"),
        ("POST", "/commit/", "0", "DONE"),
        ("POST", "/tag/", "0", "DONE"),
    ],
    ids=["put", "commit", "commit-made", "tag-made"],
)
def test_a_hub_that_is_killed_and_started_again_ends_up_right(
    first: Release, tmp_path: Path, dies_at: tuple[str, ...]
) -> None:
    folder, ports = tmp_path / "hub", (free_port(), free_port())
    folder.mkdir()
    endpoint = f"http://127.0.0.1:{ports[0]}"
    with running(folder, ports, *dies_at) as program:
        done = threading.Event()
        revival = threading.Thread(target=revive, args=[program, folder, ports, done])
        revival.start()
        with suppress(PublishError):
            publish(first.folder, REPO_ID, endpoint=endpoint, token=WRITER)
        done.set()
    revival.join()
    with running(folder, ports):
        publish(first.folder, REPO_ID, endpoint=endpoint, token=WRITER)
    state = State(folder=folder)
    state.restore()
    repository = state.repositories[REPO_ID]
    assert repository.tags() == {"v1.0.0": repository.refs["main"]}
    assert releases_in(repository) == ["Release 1.0.0"]
    assert {path: content for path, content in repository.files().items() if path != ".gitattributes"} == on_disk(first)


def revive(program: subprocess.Popen[str], folder: Path, ports: tuple[int, int], done: threading.Event) -> None:
    """Start a Hub again where one has died, until the client has found it or has given up."""
    program.wait()
    with running(folder, ports):
        done.wait()


@pytest.mark.slow
def test_a_publisher_that_is_killed_leaves_no_tag_and_the_next_sends_the_rest(hub: Hub, first: Release) -> None:
    hub.faults = [Fault("/[0-9a-f]{64}$", "PUT", skip=2, drop=Drop.GIVEN_UP)]
    environment = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITER, "HF_HUB_OFFLINE": "0"}
    with subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(first.folder), REPO_ID], env={**os.environ, **environment}
    ) as program:
        while len(sent(hub)) < 3:
            assert program.poll() is None
            time.sleep(0.05)
        program.send_signal(signal.SIGKILL)
    repository = hub.repositories[REPO_ID]
    assert repository.tags() == {}
    landed = set(repository.objects)
    assert landed
    hub.faults = []
    hub.seen.clear()
    published(hub, first)
    assert not landed & sent(hub).keys()
    assert on_hub(hub, "v1.0.0") == on_disk(first)
    assert releases_in(repository) == ["Release 1.0.0"]
