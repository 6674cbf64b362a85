"""A `release.json` on the Hub may be anybody's: nothing that it says harms what is not of a release."""

from __future__ import annotations

import json
from typing import Any

import pytest

from synpain_hf.hub.state import LARGEST_TEXT
from synpain_hf.release.release import Release
from tests.hub import Hub, Repository
from tests.publishing.making import OTHERS, REPO_ID, on_disk, on_hub, published

THEIRS = {"LICENSE": b"MIT", ".gitattributes": b"", "src/code.py": b"", "notes/data.parquet": b"", "README.txt": b""}
RECORD = {"bytes": 1, "sha256": "0" * 64}


def told(files: Any, **others: Any) -> bytes:
    """A `release.json`."""
    return json.dumps({"version": "0.9.0", "files": files, **others}).encode()


def hub_with(hub: Hub, manifest: bytes) -> None:
    """Have a data set with this `release.json`, and with files that are of no release."""
    hub.repositories[REPO_ID] = Repository()
    hub.repositories[REPO_ID].commit({OTHERS: b"", **THEIRS, "release.json": manifest}, "main")


def test_only_files_that_a_release_can_have_are_deleted(hub: Hub, first: Release) -> None:
    ours = {"figures/old.png": b"old", "annotations/old.parquet": b"old", "rejected.jsonl": b"", "croissant.json": b""}
    hub_with(hub, told(dict.fromkeys([*THEIRS, *ours, "../x", "/etc/passwd", "a" * 5000], RECORD)))
    assert published(hub, first, dry_run=True).plan.deleted == ()
    hub_with(hub, told(dict.fromkeys([*THEIRS, *ours], RECORD)))
    assert published(hub, first, dry_run=True).plan.deleted == ()
    named = [name for name in THEIRS if not name.startswith(".")]
    hub_with(hub, told(dict.fromkeys([*named, *ours], RECORD)))
    repository = hub.repositories[REPO_ID]
    repository.commit({**repository.files("main"), **ours}, "main")
    publication = published(hub, first, overwrite_card=True)
    assert publication.plan.deleted == ("annotations/old.parquet", "figures/old.png", "rejected.jsonl")
    kept = {name: content for name, content in THEIRS.items() if name != OTHERS}
    assert on_hub(hub) == {**on_disk(first), **kept}


def test_a_file_of_pairs_that_no_release_can_have_is_not_deleted(hub: Hub, first: Release) -> None:
    hub_with(hub, told({"data/fold-0/mine.parquet": RECORD}))
    assert published(hub, first, dry_run=True).plan.deleted == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 200_000,
        b'{"version": "0.9.0", "files": ' + b'{"x":' * 100_000,
        b'{"version": "0.9.0", "files": {"figures/a.png": {"bytes": Infinity}}}',
        b'{"version": "0.9.0", "files": {"figures/a.png": {"bytes": NaN}}}',
        b'{"version": "0.9.0", "files": {}, "other": -Infinity}',
        told({"figures/a.png": {"bytes": 1e300}}).replace(b"1e+300", b"1e999"),
        told({"figures/a.png": {"bytes": -1}}),
        told({"figures/a.png": {"bytes": 2**60}}),
        told({"data/fold-0/old-man-black.parquet": {"rows": 10**10}}),
        told({"figures/a.png": "a record"}),
        told(["figures/a.png"]),
        told({f"figures/{number}.png": RECORD for number in range(10_001)}),
        told({}, version="9" * 5000),
        told({}, version=[1, 0, 0]),
        told({}, version="1.0"),
        told({}, content=17),
        told({"figures/a.png": {}}) + b" " * LARGEST_TEXT,
    ],
    ids=lambda manifest: f"{bytes(manifest[:50])!r}",
)
def test_what_is_not_a_manifest_within_bounds_is_as_good_as_none(hub: Hub, first: Release, manifest: bytes) -> None:
    hub_with(hub, manifest)
    repository = hub.repositories[REPO_ID]
    repository.commit({**repository.files("main"), "figures/a.png": b"a"}, "main")
    plan = published(hub, first).plan
    assert plan.deleted == ()
    assert {"LICENSE", "figures/a.png"} <= set(plan.left)
