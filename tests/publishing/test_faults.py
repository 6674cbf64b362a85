"""Whatever goes wrong on the Hub, and whenever: published and tagged right, or a clear error and no tag."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from synpain_hf.errors import PublishError
from synpain_hf.hub.client import LONGEST_WAIT
from synpain_hf.release.release import Release
from tests.hub import WRITER, Drop, Fault, Hub
from tests.publishing.making import REPO_ID, on_disk, on_hub, published, releases_in, sent

pytestmark = pytest.mark.usefixtures("short_pauses")

PATIENCE = (0.5, 5, 60)
"""Seconds after which an answer that never comes is given up; more where a busy machine is as late with the others."""

PHASES = {
    "whoami": Fault("/api/whoami-v2$"),
    "look": Fault(f"/api/datasets/{REPO_ID}$"),
    "create": Fault("/api/repos/create$", "POST"),
    "gate": Fault("/settings$", "PUT"),
    "refs": Fault("/refs$"),
    "list": Fault("/tree/"),
    "storage": Fault("/xet-write-token/"),
    "preupload": Fault("/preupload/", "POST"),
    "batch": Fault("/objects/batch$", "POST"),
    "put": Fault("/[0-9a-f]{64}$", "PUT"),
    "verify": Fault("/objects/verify$", "POST"),
    "card": Fault("/validate-yaml$", "POST"),
    "commit": Fault("/commit/main$", "POST"),
    "list again": Fault("/tree/", skip=1),
    "read back": Fault("/resolve/.*/release.json$"),
    "tag": Fault("/tag/", "POST"),
}
"""The requests of a first publication, in their order."""

FAULTS: dict[str, dict[str, Any]] = {
    **{str(status): {"status": status} for status in (401, 403, 404, 409, 412)},
    **{str(status): {"status": status, "headers": {"Retry-After": "0"}} for status in (429, 500, 503)},
    "dropped": {"drop": Drop.ASKED},
    "dropped halfway": {"drop": Drop.HALFWAY},
    "answer lost": {"drop": Drop.DONE},
    "answer cut": {"cut": 0.5},
}


PATIENT = ("list", "preupload", "batch", "put", "verify", "list again", "read back")
"""The phases that the client itself tries again."""

TRANSIENT = ("429", "500", "503", "dropped", "dropped halfway", "answer lost", "answer cut")
CHECKED = ("create", "gate", "commit", "tag")
"""The phases that change something, after which the publisher looks whether it happened before it gives up."""

HEALED = {
    *((phase, fault) for phase in PATIENT for fault in TRANSIENT),
    *((phase, fault) for phase in CHECKED for fault in ("answer lost", "answer cut")),
    ("commit", "409"),
    ("commit", "412"),
    ("storage", "404"),
}
"""What does not end in an error, but in a release that is published."""

OF_READING = ("401", "404", "503", "dropped", "answer cut")
"""The faults of requests that change nothing: to these the others are no different."""

ROWS = [
    pytest.param(phase, fault, marks=[] if phase == "commit" or fault == "503" else pytest.mark.slow)
    for phase in PHASES
    for fault in FAULTS
    if PHASES[phase].method != "GET" or fault in OF_READING
]
"""Every fault in every phase; without those marked slow, every fault in one phase, and one fault in every phase."""


@pytest.mark.parametrize(("phase", "fault"), ROWS)
def test_a_fault_ends_well_or_in_an_error_that_the_next_run_makes_good(
    hub: Hub, first: Release, phase: str, fault: str
) -> None:
    hub.faults = [replace(PHASES[phase], times=1, **FAULTS[fault])]
    said = attempt(hub, first)
    assert hub.faults[0].times == 0, "the fault was not met"
    assert bool(said) != ((phase, fault) in HEALED)
    if said:
        published(hub, first, gated=True)
    is_right(hub, first)
    again = [oid for oid, times in sent(hub).items() if times > 1]
    assert len(again) <= (phase == "put"), "what had landed was sent again"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("phase", "drop"),
    [
        *((phase, Drop.GIVEN_UP) for phase in PHASES),
        *((phase, Drop.DONE_GIVEN_UP) for phase, request in PHASES.items() if request.method != "GET"),
    ],
)
def test_an_answer_that_never_comes_is_given_up_and_the_next_run_makes_it_good(
    first: Release, phase: str, drop: Drop
) -> None:
    for patience in PATIENCE:
        with Hub() as hub:
            hub.faults = [replace(PHASES[phase], times=1, drop=drop)]
            said = attempt(hub, first, patience)
            if hub.faults[0].times:
                continue
            if said:
                published(hub, first, gated=True)
            is_right(hub, first)
            return
    pytest.fail("the fault was not met")


@pytest.mark.parametrize(("phase", "fault"), [("put", "503"), ("commit", "dropped"), ("commit", "412"), ("tag", "503")])
def test_a_fault_that_stays_ends_in_an_error_and_all_is_well_once_it_is_gone(
    hub: Hub, first: Release, phase: str, fault: str
) -> None:
    hub.faults = [replace(PHASES[phase], **FAULTS[fault])]
    assert attempt(hub, first)
    hub.faults = []
    hub.seen.clear()
    published(hub, first, gated=True)
    is_right(hub, first)
    if phase in ("commit", "tag"):
        assert sent(hub) == {}


@pytest.mark.parametrize("phase", ["create", "put", "commit", "tag"])
def test_a_connection_that_breaks_at_every_step_in_turn_is_overcome(hub: Hub, first: Release, phase: str) -> None:
    """The same fault strikes the first, the second, … such request, each in a run of its own."""
    for step in range(3):
        hub.faults = [replace(PHASES[phase], times=1, skip=step, drop=Drop.ASKED)]
        attempt(hub, first)
    hub.faults = []
    published(hub, first, gated=True)
    is_right(hub, first)


def attempt(hub: Hub, release: Release, timeout: float = LONGEST_WAIT) -> str:
    """Publish, and assert that an error is clear and leaves no tag; return what it said."""
    try:
        published(hub, release, gated=True, timeout=timeout)
    except PublishError as error:
        said = str(error)
        assert re.fullmatch(r"[^;\n]+ (failed: |was not |keep )?[^;\n]+; [^\n]+", said)
        assert WRITER not in said
        repository = hub.repositories.get(REPO_ID)
        assert repository is None or not repository.tags()
        return said
    return ""


def is_right(hub: Hub, release: Release) -> None:
    """Assert that a release is published once, whole, and tagged."""
    repository = hub.repositories[REPO_ID]
    assert repository.tags() == {f"v{release.version}": repository.refs["main"]}
    assert on_hub(hub) == on_disk(release)
    assert releases_in(repository) == [f"Release {release.version}"]
    assert repository.gated == "auto"
