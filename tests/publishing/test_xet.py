"""Where the Hub stores files in chunks, the client's own library sends only the chunks that are new."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.errors import PublishError
from synpain_hf.release.release import Release
from tests.hub import Fault, Hub
from tests.hub.repositories import STORED_APART
from tests.publishing.making import REPO_ID, published, releases_in, sent

pytest.importorskip("hf_xet", reason="this platform has no hf_xet")


@pytest.fixture
def chunked(hub: Hub, tmp_path: Path) -> Hub:
    """A Hub that offers Xet, whose chunks are kept in a folder."""
    hub.state.xet = tmp_path / "chunks"
    return hub


def test_files_go_by_xet_where_the_hub_offers_it(chunked: Hub, first: Release, second: Release) -> None:
    published(chunked, first)
    published(chunked, second)
    repository = chunked.repositories[REPO_ID]
    assert releases_in(repository) == ["Release 1.0.0", "Release 2.0.0"]
    files = repository.commits[repository.refs["v2.0.0"]].files
    assert {path: file.sha256 for path, file in files.items() if file.apart} == {
        path: record["sha256"] for path, record in second.files.items() if path.endswith(STORED_APART)
    }
    assert sent(chunked) == {}
    assert not any("/info/lfs/" in request.path for request in chunked.seen)


def test_an_interrupted_publication_by_xet_is_finished(chunked: Hub, first: Release) -> None:
    chunked.faults = [Fault("/commit/", "POST", times=1, status=503)]
    with pytest.raises(PublishError):
        published(chunked, first)
    published(chunked, first)
    assert releases_in(chunked.repositories[REPO_ID]) == ["Release 1.0.0"]
    assert chunked.repositories[REPO_ID].tags().keys() == {"v1.0.0"}
