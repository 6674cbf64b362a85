"""A release becomes a data set on the Hub, with a tag for each version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from examples.made_archives import write_unbc
from synpain_hf.cards import card
from synpain_hf.errors import PublishError, UsageError, VersionError
from synpain_hf.hub import UploadPlan
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.cards.making import write_facts
from tests.hub import Account, Fault, Hub, Repository
from tests.hub.repositories import STORED_APART
from tests.publishing.making import OTHERS, REPO_ID, on_disk, on_hub, published, releases_in, sent, with_card, writes

ANOTHER = "hf_another_token_that_may_write"


def test_a_release_lands_whole_in_one_commit_and_is_tagged(hub: Hub, first: Release) -> None:
    publication = published(hub, first)
    repository = hub.repositories[REPO_ID]
    assert publication.status == "published"
    assert repository.tags() == {"v1.0.0": publication.commit}
    assert on_hub(hub, "v1.0.0") == on_disk(first)
    assert releases_in(repository) == ["Release 1.0.0"]
    assert publication.url == f"{hub.url}/datasets/{REPO_ID}/tree/v1.0.0"
    assert not repository.private
    assert not repository.gated


@pytest.mark.slow
def test_people_are_published_for_their_owners_alone(hub: Hub, tmp_path: Path) -> None:
    folder = write_unbc(tmp_path / "unbc", persons=3)
    release = build(folder, tmp_path / "release", version="1.0.0")
    facts = write_facts(tmp_path, synthetic=False)
    card(release.folder, facts=facts)
    with pytest.raises(UsageError, match="private is missing, and UNBC-McMaster pairs show people"):
        published(hub, Release.open(release.folder))
    assert REPO_ID not in hub.repositories
    published(hub, Release.open(release.folder), private=True)
    assert hub.repositories[REPO_ID].private


def test_nothing_is_sent_again_for_what_is_published(hub: Hub, first: Release) -> None:
    commit = published(hub, first).commit
    hub.seen.clear()
    publication = published(hub, first)
    assert (publication.status, publication.commit) == ("already published", commit)
    assert writes(hub) == []


class TestMainBranchThatWasChangedByHand:
    """What is said when a version is published again, of which the tag is whole."""

    def notes(self, hub: Hub, first: Release, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """What is said once the main branch holds these files."""
        published(hub, first)
        hub.repositories[REPO_ID].commit(files, "main")
        hub.seen.clear()
        publication = published(hub, first)
        assert publication.status == "already published"
        assert writes(hub) == []
        return publication.notes

    def test_lost_changed_and_added_files_are_named(self, hub: Hub, first: Release) -> None:
        files = on_disk(first)
        lost = first.partitions[0].path
        del files[lost]
        stray = "data/fold-0/mine.parquet"
        [note] = self.notes(hub, first, {**files, "README.md": b"# Mine\n", stray: b"x", "NOTES.md": b"mine"})
        assert note == (
            "the main branch was changed after version 1.0.0 was published "
            f"(lost: {lost}; changed: README.md; added: {stray}), and is what loads without "
            'revision="v1.0.0"; undo that on the Hub, or publish a later version'
        )

    def test_of_many_files_a_few_are_named(self, hub: Hub, first: Release) -> None:
        [note] = self.notes(hub, first, {"README.md": on_disk(first)["README.md"]})
        assert re.search(rf"\(lost: [^ ]+, [^ ]+, [^ ]+ and {len(on_disk(first)) - 4} more\)", note)

    def test_other_files_are_nobodys_business(self, hub: Hub, first: Release) -> None:
        assert self.notes(hub, first, {**on_disk(first), "NOTES.md": b"mine"}) == ()

    def test_a_later_version_is_no_change_by_hand(self, hub: Hub, first: Release, second: Release) -> None:
        assert self.notes(hub, first, on_disk(second)) == ()
        hub.repositories[REPO_ID].commit({}, "main", "v2.0.0")
        assert published(hub, first).notes == ()


def test_the_plan_names_every_file_before_anything_is_sent(hub: Hub, first: Release, second: Release) -> None:
    plans: list[tuple[UploadPlan, int]] = []

    def show(plan: UploadPlan) -> None:
        plans.append((plan, len(writes(hub))))

    published(hub, first, show=show)
    [(plan, before)] = plans
    assert before == 0
    assert set(plan.new) == set(on_disk(first))
    assert plan.bytes == sum(map(len, on_disk(first).values()))
    assert plan.settings == ("create",)
    hub.seen.clear()
    published(hub, second, show=show)
    plan, before = plans[1]
    assert before == 0
    old, new = on_disk(first), on_disk(second)
    assert set(plan.new) == new.keys() - old.keys()
    assert set(plan.deleted) == old.keys() - new.keys()
    assert set(plan.changed) == {path for path in new.keys() & old.keys() if new[path] != old[path]}
    assert set(plan.same) == {path for path in new.keys() & old.keys() if new[path] == old[path]}
    assert plan.new
    assert plan.deleted
    assert plan.same
    assert plan.left == ()
    assert plan.bytes == sum(len(new[path]) for path in (*plan.new, *plan.changed))


def test_the_next_version_sends_only_what_is_new_or_changed_and_leaves_the_old_tag(
    hub: Hub, first: Release, second: Release
) -> None:
    published(hub, first)
    hub.seen.clear()
    plan = published(hub, second).plan
    repository = hub.repositories[REPO_ID]
    assert on_hub(hub, "v2.0.0") == on_disk(second)
    assert on_hub(hub, "v1.0.0") == on_disk(first)
    assert releases_in(repository) == ["Release 1.0.0", "Release 2.0.0"]
    apart = [path for path in (*plan.new, *plan.changed) if path.endswith(STORED_APART)]
    assert sent(hub) == {second.files[path]["sha256"]: 1 for path in apart}
    assert {path for path in plan.same if path.endswith(".parquet")}


def test_the_commit_tells_what_changed(hub: Hub, first: Release, second: Release) -> None:
    published(hub, first)
    published(hub, second)
    _, commit = next(hub.repositories[REPO_ID].history())
    assert "## 2.0.0" in commit.text
    assert "1 pair added" in commit.text
    assert "1 pair removed" in commit.text
    assert "## 1.0.0" not in commit.text


@pytest.mark.slow
def test_a_change_log_that_lacks_the_published_version_is_said_to(
    hub: Hub, first: Release, pairs: Path, tmp_path: Path
) -> None:
    published(hub, first)
    published(hub, with_card(build(pairs, tmp_path / "out", version="3.0.0", image_size=48)))
    _, commit = next(hub.repositories[REPO_ID].history())
    assert "does not go back to 1.0.0" in commit.text


def test_a_dry_run_sends_nothing(hub: Hub, first: Release, second: Release) -> None:
    publication = published(hub, first, dry_run=True, private=True)
    assert publication.status == "planned"
    assert publication.plan.settings == ("create", "private")
    assert writes(hub) == []
    assert not hub.repositories
    published(hub, first)
    hub.seen.clear()
    assert published(hub, second, dry_run=True).plan.deleted
    assert writes(hub) == []


@pytest.mark.slow
def test_a_tag_with_other_content_is_refused(hub: Hub, first: Release, pairs: Path, tmp_path: Path) -> None:
    published(hub, first)
    before = dict(hub.repositories[REPO_ID].refs)
    other = with_card(build(pairs, tmp_path / "out", version="1.0.0", image_size=48))
    with pytest.raises(VersionError, match=r"has a tag v1\.0\.0 with other content.* later version than 1\.0\.0"):
        published(hub, other)
    assert hub.repositories[REPO_ID].refs == before


def test_an_older_version_does_not_undo_a_later_one(hub: Hub, first: Release, second: Release) -> None:
    published(hub, second)
    with pytest.raises(VersionError, match=r"has version 2\.0\.0 already, and 1\.0\.0 would undo it"):
        published(hub, first)
    assert on_hub(hub) == on_disk(second)


def test_a_version_that_landed_before_a_later_one_is_still_tagged_where_it_landed(
    hub: Hub, first: Release, second: Release
) -> None:
    hub.faults = [Fault("/tag/", "POST", status=503)]
    with pytest.raises(PublishError):
        published(hub, first)
    hub.faults = []
    published(hub, second)
    hub.seen.clear()
    published(hub, first)
    repository = hub.repositories[REPO_ID]
    assert on_hub(hub, "v1.0.0") == on_disk(first)
    assert on_hub(hub) == on_disk(second)
    assert releases_in(repository) == ["Release 1.0.0", "Release 2.0.0"]
    assert sent(hub) == {}


def test_a_repository_is_created_private_and_gated_before_anything_is_in_it(hub: Hub, first: Release) -> None:
    published(hub, first, private=True, gated=True)
    repository = hub.repositories[REPO_ID]
    assert repository.private
    assert repository.gated == "auto"
    wrote = writes(hub)
    gate = wrote.index(f"PUT /api/datasets/{REPO_ID}/settings")
    assert gate < min(number for number, request in enumerate(wrote) if request.startswith("PUT /datasets"))


def test_a_repository_that_is_there_is_closed_on_request_and_never_opened(hub: Hub, first: Release) -> None:
    published(hub, first)
    assert published(hub, first, private=True, gated=True).status == "already published"
    repository = hub.repositories[REPO_ID]
    assert repository.private
    assert repository.gated == "auto"
    published(hub, first)
    assert repository.private
    assert repository.gated == "auto"


def test_files_that_no_release_put_there_are_left_alone(hub: Hub, first: Release, second: Release) -> None:
    repository = hub.repositories[REPO_ID] = Repository()
    repository.commit({OTHERS: b"", "NOTES.md": b"mine", "README.md": b"# Soon\n"}, "main")
    publication = published(hub, first, overwrite_card=True)
    assert publication.plan.left == ("NOTES.md",)
    assert publication.plan.changed == ("README.md",)
    published(hub, second)
    assert on_hub(hub) == {**on_disk(second), "NOTES.md": b"mine"}


def test_files_of_others_that_would_be_loaded_as_pairs_are_refused(hub: Hub, first: Release) -> None:
    repository = hub.repositories[REPO_ID] = Repository()
    repository.commit({OTHERS: b"", "data/fold-0/mine.parquet": b"x"}, "main")
    with pytest.raises(PublishError, match=r"data/fold-0/mine\.parquet.*delete them on the Hub"):
        published(hub, first)
    assert writes(hub) == []


def test_a_repository_of_many_files_is_read_page_by_page(hub: Hub, first: Release, second: Release) -> None:
    hub.state.page = 3
    published(hub, first)
    published(hub, second)
    assert on_hub(hub) == on_disk(second)


def test_what_lands_altered_is_found_and_not_tagged(hub: Hub, first: Release) -> None:
    hub.faults = [Fault("/commit/", "POST", times=1, spoils=True)]
    with pytest.raises(PublishError, match=r"does not hold what was sent \(.*README\.md.*\)"):
        published(hub, first)
    assert hub.repositories[REPO_ID].tags() == {}
    published(hub, first)
    assert on_hub(hub, "v1.0.0") == on_disk(first)


def test_progress_is_told_file_by_file(hub: Hub, first: Release) -> None:
    told: list[tuple[str, int, int]] = []
    published(hub, first, progress=lambda *step: told.append(step))
    count = len(on_disk(first))
    assert told[-1] == ("upload", count, count)
    assert list(dict.fromkeys(what for what, *_ in told)) == ["verify", "card", "upload"]


def test_the_storage_never_sees_the_token(hub: Hub, first: Release) -> None:
    published(hub, first)
    assert any(request.at_storage for request in hub.seen)
    assert not any(request.token for request in hub.seen if request.at_storage)


class TwoAtOnce:
    """Another publisher who does all of its work while this one shows its plan."""

    def __init__(self, hub: Hub, release: Release) -> None:
        self.hub = hub
        self.release = release
        self.plans: list[UploadPlan] = []

    def __call__(self, plan: UploadPlan) -> None:
        self.plans.append(plan)
        if len(self.plans) == 1:
            published(self.hub, self.release)


def test_two_publishers_of_the_same_release_make_one_commit_and_one_tag(hub: Hub, first: Release) -> None:
    published(hub, first, show=TwoAtOnce(hub, first))
    repository = hub.repositories[REPO_ID]
    assert releases_in(repository) == ["Release 1.0.0"]
    assert repository.tags() == {"v1.0.0": repository.refs["main"]}


def test_a_publisher_who_is_overtaken_by_a_later_version_gives_way(hub: Hub, first: Release, second: Release) -> None:
    with pytest.raises(VersionError, match="would undo it"):
        published(hub, first, show=TwoAtOnce(hub, second))
    assert releases_in(hub.repositories[REPO_ID]) == ["Release 2.0.0"]
    assert hub.repositories[REPO_ID].tags().keys() == {"v2.0.0"}


def test_a_publisher_who_is_overtaken_by_an_earlier_version_plans_anew(
    hub: Hub, first: Release, second: Release
) -> None:
    other = TwoAtOnce(hub, first)
    published(hub, second, show=other)
    assert len(other.plans) == 2
    assert other.plans[1].deleted
    repository = hub.repositories[REPO_ID]
    assert releases_in(repository) == ["Release 1.0.0", "Release 2.0.0"]
    assert on_hub(hub, "v1.0.0") == on_disk(first)
    assert on_hub(hub, "v2.0.0") == on_disk(second)


def test_a_pull_request_tells_what_changed_and_is_tagged_once_it_is_merged(
    hub: Hub, first: Release, second: Release
) -> None:
    hub.accounts[ANOTHER] = Account("guest")
    published(hub, first)
    publication = published(hub, second, create_pr=True, token=ANOTHER)
    repository = hub.repositories[REPO_ID]
    [request] = repository.requests
    assert publication.status == "proposed"
    assert publication.url == f"{hub.url}/datasets/{REPO_ID}/discussions/1"
    assert "1 pair added" in request.text
    assert "1 deleted" in request.text
    assert repository.tags().keys() == {"v1.0.0"}
    hub.seen.clear()
    assert published(hub, second, create_pr=True, token=ANOTHER).url == publication.url
    assert writes(hub) == []
    repository.merge(1)
    assert published(hub, second, create_pr=True, token=ANOTHER).status == "merged"
    assert published(hub, second).status == "published"
    assert on_hub(hub, "v2.0.0") == on_disk(second)
    assert sent(hub) == {}
    assert releases_in(repository) == ["Release 1.0.0", "Release 2.0.0"]


def test_a_pull_request_whose_answer_is_lost_is_not_opened_twice(hub: Hub, first: Release, second: Release) -> None:
    published(hub, first)
    hub.faults = [Fault("/commit/", "POST", times=1, cut=0.5)]
    assert published(hub, second, create_pr=True).status == "proposed"
    assert len(hub.repositories[REPO_ID].requests) == 1


def test_a_pull_request_to_nothing_is_refused(hub: Hub, first: Release) -> None:
    with pytest.raises(PublishError, match="publish without --create-pr"):
        published(hub, first, create_pr=True)
    assert not hub.repositories


def test_an_organisation_of_yours_is_published_to(hub: Hub, first: Release) -> None:
    published(hub, first, "lab/faces")
    assert on_hub(hub, "v1.0.0", "lab/faces") == on_disk(first)


def test_what_the_hub_remarks_on_the_card_is_passed_on(hub: Hub, first: Release) -> None:
    hub.state.remarks = ("license is missing",)
    [note] = published(hub, first).notes
    assert note.startswith("the Hub remarks: ")
    assert "license is missing" in note
