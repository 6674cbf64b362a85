"""Whatever the client raises is one sentence with its cause and remedy, and the token is in none."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError

from synpain_hf.errors import DownloadError, PublishError, UsageError
from synpain_hf.hubclient.downloads import download_files
from synpain_hf.hubclient.errors import quoted, reported_as, status_of
from tests.hub import WRITER, Drop, Fault, Hub

INFO = "^/api/datasets/lab/faces/revision/"
AGAIN = "try again: what is there already is not sent again"

TOLD = [
    (Fault(INFO, status=400, headers={"X-Error-Message": "Odd"}), "the Hub answered 400 (Odd); correct what it names"),
    (
        Fault(INFO, status=401, headers={"X-Error-Message": "Invalid credentials in Authorization header"}),
        "the Hub answered 401 (Invalid credentials in Authorization header); run `hf auth login`, or correct HF_TOKEN",
    ),
    (Fault(INFO, status=401), "the Hub answered 401; run `hf auth login`, or correct HF_TOKEN"),
    (
        Fault(INFO, status=403, headers={"X-Error-Message": "Closed"}),
        "the Hub answered 403 (Closed); check what your token may do there, and run `hf auth login` with one that may",
    ),
    (
        Fault(INFO, status=403, headers={"X-Error-Code": "GatedRepo"}),
        "it is gated; accept its terms on the Hub, then run `hf auth login`",
    ),
    (
        Fault(INFO, status=404, headers={"X-Error-Code": "RepoNotFound"}),
        "the Hub has no such repository for you; check the name, or run `hf auth login`",
    ),
    (
        Fault(INFO, status=404, headers={"X-Error-Code": "RevisionNotFound"}),
        "it has no such revision; give a branch, a tag or a commit of it",
    ),
    (Fault(INFO, status=404), "the Hub answered 404; check the name, and what your token may see"),
    (Fault(INFO, status=409), "the Hub answered 409; somebody else is changing the repository; try again"),
    (Fault(INFO, status=429), f"the Hub answered 429; in a few minutes, {AGAIN}"),
    (Fault(INFO, status=500), f"the Hub answered 500; after a while, {AGAIN}"),
    (Fault(INFO, status=503), f"the Hub answered 503; after a while, {AGAIN}"),
    (
        Fault(INFO, status=200),
        f"the answer is not from the Hub; check HF_ENDPOINT, your proxy, or the network's login page, then {AGAIN}",
    ),
]


@pytest.mark.parametrize("failure", [DownloadError, PublishError])
@pytest.mark.parametrize(("fault", "told"), TOLD, ids=lambda value: value.status if isinstance(value, Fault) else "")
def test_an_answer_is_told_alike_in_reading_and_in_writing(
    hub: Hub, failure: type[DownloadError] | type[PublishError], fault: Fault, told: str
) -> None:
    hub.faults = [fault]
    with pytest.raises(failure, match=f"^{re.escape(f'asking failed: {told}')}$"), reported_as(failure, "asking"):
        HfApi().dataset_info("lab/faces", revision="main")


@pytest.mark.parametrize("fault", [Fault(INFO, drop=Drop.ASKED), Fault(INFO, cut=0.5)], ids=["dropped", "cut"])
def test_a_connection_that_breaks_is_told(hub: Hub, fault: Fault) -> None:
    hub.faults = [fault]
    told = rf"the connection to the Hub failed \(.+\); check the network, then {AGAIN}$"
    with pytest.raises(PublishError, match=told), reported_as(PublishError, "asking"):
        HfApi().dataset_info("lab/faces", revision="main")


def test_a_hub_that_is_not_there_is_told(hub: Hub) -> None:
    told = r"the connection to the Hub failed \(Connection refused\); check the network"
    with pytest.raises(PublishError, match=told), reported_as(PublishError, "asking"):
        HfApi(endpoint="http://127.0.0.1:1").whoami()


def test_a_hub_that_is_slow_is_told(hub: Hub) -> None:
    hub.faults = [Fault(INFO, drop=Drop.GIVEN_UP)]
    told = f"the Hub did not respond for too long; {AGAIN}"
    with pytest.raises(PublishError, match=told), reported_as(PublishError, "asking"):
        HfApi().dataset_info("lab/faces", revision="main", timeout=0.1)


def test_offline_mode_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="the Hub is needed, but HF_HUB_OFFLINE is set; unset it"):
        download_files("lab/faces", ["data/*"])


def test_a_full_disk_asks_for_room() -> None:
    told = "writing failed: No space left on device; make room, or set HF_HOME to a folder that can be written"
    with pytest.raises(DownloadError, match=told), reported_as(DownloadError, "writing"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    told = rf"sending failed: No such file or directory: {tmp_path}/lost; check that file, then try again"
    with pytest.raises(PublishError, match=told), reported_as(PublishError, "sending"):
        (tmp_path / "lost").read_bytes()


def test_a_cache_that_cannot_be_written_is_named(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "file" / "hub"))
    with pytest.raises(DownloadError, match=r"Not a directory: .*/file/hub.*; make room, or set HF_HOME"):
        download_files("lab/faces", ["data/*"])


@pytest.mark.parametrize("given", [True, False], ids=["given", "of-the-login"])
def test_a_token_that_the_hub_quotes_is_not_passed_on(hub: Hub, given: bool) -> None:
    hub.faults = [Fault(INFO, status=403, headers={"X-Error-Message": f"Bearer {WRITER} may not read"})]
    token = WRITER if given else None
    told = r"\(Bearer \(token\) may not read\)"
    with pytest.raises(DownloadError, match=told) as caught, reported_as(DownloadError, "asking", token):
        HfApi().dataset_info("lab/faces", revision="main")
    assert caught.value.__suppress_context__


def test_a_token_with_a_letter_that_no_token_has_is_not_quoted(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_sécret")
    with pytest.raises(DownloadError, match="characters that a token cannot have; correct HF_TOKEN") as caught:
        download_files("lab/faces", ["data/*"])
    assert "cret" not in str(caught.value)


def test_an_address_in_what_the_client_says_is_left_out() -> None:
    told = rf"^asking failed: odd \(address\); {AGAIN}$"
    with pytest.raises(PublishError, match=told), reported_as(PublishError, "asking"):
        raise ValueError("odd https://hub.example.org/x?signature=secret")


def test_an_error_of_this_package_passes_as_it_is() -> None:
    with pytest.raises(UsageError, match=r"^as it is$"), reported_as(PublishError, "asking"):
        raise UsageError("as it is")


def test_a_long_answer_is_cut_after_the_token_is_out() -> None:
    said = quoted(f"{'x' * 190} hf_secret_token\nand more", "hf_secret_token")
    assert said == f"{'x' * 190} (token) a…"


def test_the_status_of_an_answer_is_found_below_other_errors(hub: Hub) -> None:
    hub.faults = [Fault(INFO, status=412)]
    with pytest.raises(HfHubHTTPError) as caught:
        HfApi().dataset_info("lab/faces", revision="main")
    above = RuntimeError("in a thread")
    above.__cause__ = caught.value
    assert status_of(above) == 412
    assert status_of(ValueError()) == 0
