"""Names of repositories and addresses of Hubs are checked before anything is asked."""

from __future__ import annotations

import pytest

from synpain_hf.errors import UsageError
from synpain_hf.hubclient.names import REPO_ID, check_repo_id, endpoint_of


@pytest.mark.parametrize("repo_id", ["maker/faces", "TaatiTeam/SynPAIN", "a.b/c_d-1"])
def test_a_namespace_and_a_name_are_taken(repo_id: str) -> None:
    check_repo_id(repo_id)
    assert REPO_ID.fullmatch(repo_id)


@pytest.mark.parametrize("repo_id", ["faces", "a/b/c", "maker/", "/faces", "maker/.faces", "maker/f s", "m--x/f", ""])
def test_a_malformed_name_is_refused(repo_id: str) -> None:
    with pytest.raises(UsageError, match="write NAMESPACE/NAME"):
        check_repo_id(repo_id)


@pytest.mark.parametrize("address", ["https://hub.example.org", "http://127.0.0.1:8080/", "https://example.org/hub/"])
def test_an_address_is_taken_without_a_slash_at_its_end(address: str) -> None:
    assert endpoint_of(address) == address.rstrip("/")


@pytest.mark.parametrize(
    "address", ["hub.example.org", "ftp://hub", "https://", "https://me:secret@hub", "https://h?x"]
)
def test_a_malformed_address_is_refused_and_not_quoted(address: str) -> None:
    with pytest.raises(UsageError, match="write it as https://") as caught:
        endpoint_of(address)
    assert "secret" not in str(caught.value)
