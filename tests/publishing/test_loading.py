"""What is published loads by its name and tag, in another project that knows only the Hub's address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from synpain_hf.release.release import Release
from tests.hub import WRITER, Hub
from tests.loading.elsewhere import Rows, ids, run_elsewhere
from tests.publishing.making import REPO_ID, published

LOAD = """
import json, sys
from datasets import load_dataset
asked = json.loads(sys.argv[2])
told = []
for name, revision, streaming in asked:
    loaded = load_dataset(sys.argv[1], name, revision=revision, streaming=streaming)
    told.append({split: [row["pair_id"] for row in rows] for split, rows in loaded.items()})
    face = next(iter(loaded["train"]))["neutral"]
    assert face.size == (32, 32), face.size
print(json.dumps(told))
"""


def loaded(hub: Hub, home: Path, *asked: tuple[str, str, bool], **variables: str) -> list[Rows]:
    """The pairs of each split of some configurations at some revisions, streamed or not."""
    found: Any = run_elsewhere(
        LOAD, REPO_ID, json.dumps(asked), home=home, folder=home.parent, HF_HUB_OFFLINE="0", HF_ENDPOINT=hub.url,
        USE_TORCH="NO",  # whose import takes longer than all the rest
        **variables,
    )  # fmt: skip
    return list(found)


def in_release(release: Release, name: str = "default") -> Rows:
    """The pairs of each split of a configuration, loaded from the disk."""
    return ids(load_dataset(str(release.folder), name))


@pytest.mark.slow
def test_each_version_loads_by_its_tag_and_the_latest_without_one(
    hub: Hub, first: Release, second: Release, caches: Path
) -> None:
    published(hub, first)
    assert (
        loaded(hub, caches.parent, ("default", "v1.0.0", False), ("default", "v1.0.0", True)) == [in_release(first)] * 2
    )
    published(hub, second)
    assert loaded(
        hub,
        caches.parent,
        ("default", "v1.0.0", False),
        ("default", "v2.0.0", False),
        ("default", "main", False),
        ("cv_3", "v2.0.0", True),
        ("all", "v1.0.0", True),
    ) == [
        in_release(first),
        in_release(second),
        in_release(second),
        in_release(second, "cv_3"),
        in_release(first, "all"),
    ]


@pytest.mark.slow
def test_a_private_data_set_loads_for_its_owner_alone(hub: Hub, first: Release, caches: Path) -> None:
    published(hub, first, private=True)
    assert loaded(hub, caches.parent, ("default", "v1.0.0", False), HF_TOKEN=WRITER) == [in_release(first)]
    with pytest.raises(AssertionError, match="doesn't exist on the Hub or cannot be accessed"):
        loaded(hub, caches.parent.parent / "other-home", ("default", "v1.0.0", False))


@pytest.mark.slow
def test_a_gated_data_set_loads_for_those_who_are_let_in(hub: Hub, first: Release, caches: Path) -> None:
    published(hub, first, gated=True)
    assert loaded(hub, caches.parent, ("default", "v1.0.0", False), HF_TOKEN=WRITER) == [in_release(first)]
    with pytest.raises(AssertionError, match="gated"):
        loaded(hub, caches.parent.parent / "other-home", ("default", "v1.0.0", False))


@pytest.mark.slow
def test_only_the_files_of_the_configuration_are_downloaded(hub: Hub, first: Release, caches: Path) -> None:
    published(hub, first)
    hub.seen.clear()
    loaded(hub, caches.parent, ("only_woman", "v1.0.0", False))
    wanted = {path for paths in first.splits("only_woman").values() for path in paths}
    assert {request.file for request in hub.seen if request.file.endswith(".parquet")} == wanted
    assert len(wanted) < len(first.partitions)
