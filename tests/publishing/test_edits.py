"""What people wrote or edited on the Hub is named, and not overwritten unless that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from synpain_hf.errors import PublishError
from synpain_hf.hub import UploadPlan
from synpain_hf.release.release import Release
from tests.hub import Fault, Hub, Repository
from tests.hub.repositories import Commit, File
from tests.publishing.making import OTHERS, REPO_ID, on_disk, on_hub, published, writes

ERRATA = b"\n## Errata\n\nPair 3 is mislabelled.\n"
HAND_MADE = b"---\nlicense: mit\n---\n# My faces\n\n## Soon\n\nThey will come.\n"
EVERY_WAY: list[dict[str, Any]] = [{}, {"dry_run": True}, {"create_pr": True}]


def edit(hub: Hub, files: Mapping[str, bytes]) -> None:
    """Change files of the main branch, as anybody may on the web."""
    repository = hub.repositories[REPO_ID]
    parent = repository.refs["main"]
    changed = {path: File.of(path, content) for path, content in files.items()}
    repository.add(Commit({**repository.commits[parent].files, **changed}, parent), "main")
    hub.seen.clear()


def said(hub: Hub, release: Release, **options: Any) -> str:
    """What a refusal says; nothing was sent."""
    with pytest.raises(PublishError) as caught:
        published(hub, release, **options)
    assert writes(hub) == []
    return str(caught.value)


@pytest.mark.parametrize("options", EVERY_WAY)
def test_an_edited_card_is_refused_and_its_sections_are_named(
    hub: Hub, first: Release, second: Release, options: dict[str, Any]
) -> None:
    published(hub, first)
    card = on_disk(first)["README.md"].replace(b"\n## Privacy\n", b"\n## Privacy\n\nMine.\n")
    edit(hub, {"README.md": card + ERRATA})
    assert said(hub, second, **options) == (
        "maker/faces has files that were edited after version 1.0.0 was published, and this would overwrite them: "
        "README.md (the section 'Privacy', the section 'Errata'); copy what should stay, such as into the facts of the "
        "card, then give --overwrite-card"
    )


@pytest.mark.parametrize("options", EVERY_WAY)
def test_a_hand_made_card_in_a_repository_without_a_release_is_refused(
    hub: Hub, first: Release, options: dict[str, Any]
) -> None:
    hub.repositories[REPO_ID] = Repository()
    hub.repositories[REPO_ID].commit({OTHERS: b"", "README.md": HAND_MADE}, "main")
    told = said(hub, first, **options)
    assert "has files that no release put there, and this would overwrite them: README.md (" in told
    assert "(the metadata at its top, its beginning, the section 'Soon'); copy what should stay" in told


def test_it_is_overwritten_where_that_is_asked_for_and_the_plan_names_it(
    hub: Hub, first: Release, second: Release
) -> None:
    published(hub, first)
    edit(hub, {"README.md": HAND_MADE})
    plan = published(hub, second, overwrite_card=True, dry_run=True).plan
    assert plan.edited == ("README.md",)
    assert writes(hub) == []
    assert published(hub, second, overwrite_card=True).plan.edited == ("README.md",)
    assert on_hub(hub) == on_disk(second)


def test_the_plan_is_shown_before_it_is_refused(hub: Hub, first: Release, second: Release) -> None:
    published(hub, first)
    edit(hub, {"README.md": HAND_MADE})
    plans: list[UploadPlan] = []
    said(hub, second, show=plans.append)
    assert [plan.edited for plan in plans] == [("README.md",)]


def test_other_files_of_the_card_and_the_change_log_are_named_too(hub: Hub, first: Release, second: Release) -> None:
    published(hub, first)
    edit(hub, {"CHANGELOG.md": b"# Mine\n", "croissant.json": b"{}"})
    assert "this would overwrite them: CHANGELOG.md, croissant.json; copy" in said(hub, second)


def test_edited_data_are_named_in_the_plan_and_replaced(hub: Hub, first: Release, second: Release) -> None:
    published(hub, first)
    lost = min(set(first.files) - set(second.files))
    edit(hub, {lost: b"PAR1"})
    plan = published(hub, second).plan
    assert plan.edited == (lost,)
    assert lost in plan.deleted
    assert on_hub(hub) == on_disk(second)


def test_an_edit_that_is_in_the_next_release_already_is_not_asked_about(
    hub: Hub, first: Release, second: Release
) -> None:
    published(hub, first)
    edit(hub, {"README.md": on_disk(second)["README.md"]})
    assert published(hub, second).plan.edited == ()


def test_an_edit_is_found_where_the_last_release_has_no_tag_yet(hub: Hub, first: Release, second: Release) -> None:
    hub.faults = [Fault("/tag/", "POST", status=503)]
    with pytest.raises(PublishError):
        published(hub, first)
    hub.faults = []
    edit(hub, {"README.md": on_disk(first)["README.md"] + ERRATA})
    assert "README.md (the section 'Errata')" in said(hub, second)


def test_a_release_that_was_uploaded_in_another_way_is_asked_about(hub: Hub, first: Release, second: Release) -> None:
    hub.repositories[REPO_ID] = Repository()
    hub.repositories[REPO_ID].commit({OTHERS: b"", **on_disk(first)}, "main")
    assert "README.md (the metadata at its top, " in said(hub, second)
