"""The token is in no output, no log, no file, and no error, however much is asked to be told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synpain_hf.errors import PublishError
from synpain_hf.release.release import Release
from tests.hub import Account, Fault, Hub
from tests.publishing.making import REPO_ID, published

TOKEN = "hf_0VeryVerySecretToken"

PUBLISH = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from huggingface_hub.utils import logging as of_the_client
of_the_client.set_verbosity_debug()
from synpain_hf.errors import SynpainError
from synpain_hf.hub import publish
try:
    print(json.dumps(publish(sys.argv[1], sys.argv[2]).to_dict()))
except SynpainError as error:
    logging.exception("failed")
    print(repr(error), error)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("/commit/", "POST", cut=0.5),
        Fault("/tag/", "POST", status=500),
    ],
    ids=["no-fault", "cut", "stumbles"],
)
def test_the_token_is_told_to_nobody(hub: Hub, first: Release, tmp_path: Path, fault: Fault | None) -> None:
    hub.accounts[TOKEN] = Account("maker")
    hub.faults = [fault] if fault else []
    home = tmp_path / "home"
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "0", "HF_DEBUG": "1", "HOME": str(home)}
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH, str(first.folder), REPO_ID],
        env={**os.environ, **settings},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    assert TOKEN not in done.stdout + done.stderr
    assert "Request" in done.stderr, "nothing was logged"
    assert any(request.token == TOKEN for request in hub.seen)
    kept = [path for folder in (tmp_path, first.folder) for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in repr(hub.state.repositories)


@pytest.mark.parametrize("before", ["Bearer ", "x" * 190 + " "], ids=["quoted", "cut-short"])
def test_what_the_hub_quotes_of_the_token_is_not_passed_on(hub: Hub, first: Release, before: str) -> None:
    hub.accounts[TOKEN] = Account("maker")
    hub.faults = [Fault("/commit/", "POST", status=403, headers={"X-Error-Message": f"{before}{TOKEN} may not write"})]
    with pytest.raises(PublishError, match=r"\(token") as caught:
        published(hub, first, token=TOKEN)
    assert TOKEN[:8] not in str(caught.value)
    assert caught.value.__suppress_context__
