"""`synpain-hf publish` and `publish-metric`: the plan, progress and the result, for people and for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from synpain_hf.release.release import Release
from tests.hub import WRITER, Hub
from tests.publishing.making import REPO_ID, on_disk, on_hub, published, writes


def ran(hub: Hub, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The program, once it has ended; it knows the Hub and the token from its environment."""
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITER, "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "synpain_hf", *map(str, arguments)],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert WRITER not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.slow
def test_the_plan_is_shown_then_progress_then_the_result(hub: Hub, first: Release, second: Release) -> None:
    published(hub, first)
    done = ran(hub, "publish", second.folder, "--repo-id", REPO_ID)
    assert done.returncode == 0, done.stderr
    plan, *_, result = done.stdout.splitlines()
    assert plan.startswith("plan: 1 new, ")
    assert "1 deleted; " in plan
    assert f"  deleted: {next(iter(set(first.files) - set(second.files)))}" in done.stdout
    assert result == f"published: version 2.0.0, {hub.url}/datasets/{REPO_ID}/tree/v2.0.0"
    assert "upload: " in done.stderr
    assert on_hub(hub, "v2.0.0") == on_disk(second)


@pytest.mark.slow
def test_what_is_worth_knowing_is_told_before_the_result(hub: Hub, first: Release) -> None:
    published(hub, first)
    hub.repositories[REPO_ID].commit({}, "main")
    done = ran(hub, "publish", first.folder, "--repo-id", REPO_ID)
    assert done.returncode == 0, done.stderr
    note, result = done.stdout.splitlines()[-2:]
    assert note.startswith("note: the main branch was changed after version 1.0.0 was published (lost: ")
    assert result.startswith("already published: version 1.0.0, ")


@pytest.mark.slow
def test_an_edited_card_is_named_in_the_plan_and_overwritten_only_on_request(
    hub: Hub, first: Release, second: Release
) -> None:
    published(hub, first)
    hub.repositories[REPO_ID].commit({**on_hub(hub), "README.md": b"# Mine\n"}, "main")
    hub.seen.clear()
    done = ran(hub, "publish", second.folder, "--repo-id", REPO_ID, "--dry-run")
    assert done.returncode == 1
    assert "  edited on the Hub, overwritten: README.md" in done.stdout.splitlines()
    assert done.stderr.splitlines()[-1].endswith("then give --overwrite-card")
    assert writes(hub) == []
    done = ran(hub, "publish", second.folder, "--repo-id", REPO_ID, "--overwrite-card")
    assert done.returncode == 0, done.stderr
    assert on_hub(hub) == on_disk(second)


@pytest.mark.slow
def test_a_dry_run_for_programs_is_json_alone(hub: Hub, first: Release) -> None:
    done = ran(hub, "publish", first.folder, "--repo-id", REPO_ID, "--dry-run", "--gated", "--json")
    told = json.loads(done.stdout)
    assert told["status"] == "planned"
    assert set(told["plan"]["new"]) == set(on_disk(first))
    assert told["plan"]["settings"] == ["create", "gated"]
    assert writes(hub) == []


@pytest.mark.slow
def test_what_is_wrong_is_told_in_a_line_with_an_exit_status(hub: Hub, first: Release) -> None:
    done = ran(hub, "publish", first.folder, "--repo-id", "faces")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("error: 'faces' names no namespace; write NAMESPACE/NAME")
    done = ran(hub, "publish", first.folder, "--repo-id", "others/faces", "--json")
    assert done.returncode == 1
    assert "does not belong to others" in json.loads(done.stdout)["error"]


@pytest.mark.slow
def test_the_metric_is_published_as_a_space(hub: Hub) -> None:
    done = ran(hub, "publish-metric", "--repo-id", "maker/subgroup_auroc")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(f"{hub.url}/spaces/maker/subgroup_auroc")
    assert "subgroup_auroc.py" in hub.repositories["spaces/maker/subgroup_auroc"].files()
