"""What somebody edited on the Hub after a release: it loads instead of the release, and the next one overwrites it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from huggingface_hub.hf_api import RepoFile

from synpain_hf.errors import PublishError
from synpain_hf.hub.client import Hub
from synpain_hf.hub.plan import LocalFile, UploadPlan, list_files, plan_upload
from synpain_hf.hub.state import Earlier, State, commits_titled, content_of, earlier_at
from synpain_hf.release import tables
from synpain_hf.release.layout import CARD, CHANGELOG, MANIFEST, is_of_the_card
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Version
from synpain_hf.text.plurals import first_few
from synpain_hf.text.sections import changed_sections


@dataclass(frozen=True)
class LastRelease:
    """What publishing last put into a repository.

    Attributes:
        version: Its version.
        commit: The commit that holds it; empty where there is none, since the files came there in another way.
    """

    version: Version
    commit: str


def find_last(hub: Hub, state: State, last: Earlier | None) -> LastRelease | None:
    """Where the last release is: its tag or, where an upload was interrupted before that was set, its commit."""
    if last is None:
        return None
    tag, title = f"v{last.version}", f"Release {last.version}"
    return LastRelease(last.version, state.tags.get(tag) or next(commits_titled(hub, title), ""))


def edited_files(
    hub: Hub, landed: Mapping[str, RepoFile], plan: UploadPlan, last: LastRelease | None
) -> tuple[str, ...]:
    """The files that a plan changes or deletes although they are not as the last release left them.

    Args:
        hub: The repository.
        landed: Every file of the commit that the plan was made for.
        plan: The plan.
        last: The last release; None where there was none, so that somebody else put these files there.
    """
    touched = sorted({*plan.changed, *plan.deleted} - {MANIFEST})
    left = list_files(hub, last.commit) if touched and last and last.commit else {}
    return tuple(path for path in touched if path not in left or left[path].blob_id != landed[path].blob_id)


def check_card_may_go(hub: Hub, head: str, plan: UploadPlan, last: LastRelease | None) -> None:
    """Refuse to overwrite a card, or a change log, that somebody else wrote or edited.

    Args:
        hub: The repository.
        head: The commit that the plan was made for.
        plan: What would be done to it.
        last: The last release, if any.

    Raises:
        PublishError: If the plan overwrites one; it says what in it was changed.
    """
    ours = sorted(filter(_is_prose, plan.edited), key=lambda path: path != CARD)
    if not ours:
        return
    told = first_few([f"{path}{_parts_of(hub, head, last) if path == CARD else ''}" for path in ours])
    whose = f"were edited after version {last.version} was published" if last else "no release put there"
    raise PublishError(
        f"{hub.repo_id} has files that {whose}, and this would overwrite them: {told}; copy what should stay, such as "
        "into the facts of the card, then give --overwrite-card"
    )


def edited_after(hub: Hub, release: Release, files: Mapping[str, LocalFile], state: State) -> Iterator[str]:
    """Say where the main branch no longer holds the release that a tag holds, unless a later one is there.

    Args:
        hub: The repository.
        release: The release.
        files: Its files.
        state: What the repository is.
    """
    tag = f"v{release.version}"
    if state.head == state.tags[tag]:
        return
    with hub.reporting(f"reading {hub.repo_id}"):
        there = earlier_at(hub, state.head)
        now = plan_upload(files, list_files(hub, state.head), None)
    if max((*state.versions(), *([there.version] if there else []))) > Version.parse(release.version):
        return
    added = [path for path in now.left if tables.is_beside_tables(path)]
    found = {"lost": now.new, "changed": now.changed, "added": added}
    told = "; ".join(f"{what}: {first_few(paths)}" for what, paths in found.items() if paths)
    if told:
        yield (
            f"the main branch was changed after version {release.version} was published ({told}), and is what loads "
            f'without revision="{tag}"; undo that on the Hub, or publish a later version'
        )


def _is_prose(path: str) -> bool:
    return is_of_the_card(path) or path == CHANGELOG


def _parts_of(hub: Hub, head: str, last: LastRelease | None) -> str:
    """Which parts of the card somebody wrote, in brackets."""
    before = _card_at(hub, last.commit) if last and last.commit else ""
    return f" ({first_few(changed_sections(before, _card_at(hub, head)))})"


def _card_at(hub: Hub, commit: str) -> str:
    return (content_of(hub, CARD, commit) or b"").decode("utf-8", "replace")
