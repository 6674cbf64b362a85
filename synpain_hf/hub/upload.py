"""Making a repository hold some files: created, configured, sent, committed once, read back."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from huggingface_hub import CommitInfo

from synpain_hf.errors import PublishError
from synpain_hf.hub.client import Hub, sending_by_xet
from synpain_hf.hub.plan import OF_THE_HUB, LocalFile, UploadPlan, list_files
from synpain_hf.hub.state import MAIN, State, commits_titled, content_of, read_state
from synpain_hf.hubclient.errors import AGAIN, CLIENT_ERRORS, quoted, status_of
from synpain_hf.progress import Progress
from synpain_hf.release.layout import CARD

FILES_AT_A_TIME = 8
_STALE = (409, 412)
_CLOSED: dict[str, Any] = {"private": True, "gated": "auto"}
"""Gated `auto`: a reader who accepts the terms is let in; requests need no approval."""


class OvertakenError(Exception):
    """Somebody else committed since the plan was made."""


@dataclass(frozen=True)
class Sent:
    """A commit that holds what was sent.

    Attributes:
        commit: Its id.
        pull_request: Address of the pull request that it is in; empty where it is on the main branch.
        notes: What the Hub remarked, as sentences.
    """

    commit: str
    pull_request: str = ""
    notes: tuple[str, ...] = ()


def write_or_confirm(write: Callable[[], object], is_written: Callable[[], bool]) -> None:
    """Write; if the answer is not good, check whether it was written all the same before calling it an error."""
    try:
        write()
    except CLIENT_ERRORS:
        try:
            written = is_written()
        except CLIENT_ERRORS:
            written = False
        if not written:
            raise


def settings_to_change(state: State, *, private: bool, gated: bool) -> tuple[str, ...]:
    """What is done to a repository before anything is sent to it: `create`, `private`, `gated`."""
    return tuple(
        setting
        for setting, wanted in (
            ("create", not state.head),
            ("private", private and not state.private),
            ("gated", gated and not state.gated),
        )
        if wanted
    )


def create_and_close(hub: Hub, state: State, *, private: bool, gated: bool) -> State:
    """Create the repository if it does not exist, and close it if wanted; it is never opened.

    Raises:
        OvertakenError: If somebody else created it, and put files there.
        PublishError: If the Hub refuses, or cannot be reached.
    """
    if not state.head:
        sdk = "gradio" if hub.repo_type == "space" else None
        with hub.reporting(f"creating {hub.repo_id}"):
            write_or_confirm(
                lambda: hub.api.create_repo(**hub.which, private=private or None, exist_ok=True, space_sdk=sdk),
                lambda: bool(read_state(hub).head),
            )
        with hub.reporting(f"reading {hub.repo_id}"):
            state = read_state(hub)
            if not set(list_files(hub, state.head)) <= {*OF_THE_HUB, CARD}:
                raise OvertakenError
    close = {
        name: value
        for name, value in _CLOSED.items()
        if name in settings_to_change(state, private=private, gated=gated)
    }
    if close:
        with hub.reporting(f"closing {hub.repo_id} to the public"):
            write_or_confirm(
                lambda: hub.api.update_repo_settings(**hub.which, **close),
                lambda: all(getattr(read_state(hub), name) for name in close),
            )
    return state


def send(
    hub: Hub,
    files: Mapping[str, LocalFile],
    plan: UploadPlan,
    parent: str,
    *,
    title: str,
    text: str,
    create_pr: bool,
    progress: Progress,
) -> Sent:
    """Send what is new or changed, and commit it at once.

    Args:
        hub: The repository.
        files: What should be in it.
        plan: What of these must be sent.
        parent: The commit that the plan was made for; the Hub refuses the new one if the branch has moved on.
        title: Title of the commit.
        text: Its description.
        create_pr: Whether only to propose it.
        progress: Called after every file sent.

    Raises:
        OvertakenError: If the branch has moved on.
        PublishError: If anything else went wrong.
    """
    with hub.reporting(f"uploading to {hub.repo_id}"), sending_by_xet(enabled=hub.offers_xet(create_pr=create_pr)):
        additions = plan.additions(files)
        progress("upload", 0, len(additions))
        for start in range(0, len(additions), FILES_AT_A_TIME):
            batch = additions[start : start + FILES_AT_A_TIME]
            hub.api.preupload_lfs_files(
                **hub.which, additions=batch, revision=MAIN, create_pr=create_pr, free_memory=False
            )
            progress("upload", start + len(batch), len(additions))
    with hub.reporting(f"committing to {hub.repo_id}"), warnings.catch_warnings(record=True) as remarks:
        warnings.simplefilter("always")
        try:
            info: CommitInfo = hub.api.create_commit(
                **hub.which,
                operations=[*additions, *plan.deletions()],
                commit_message=title,
                commit_description=text,
                revision=MAIN,
                parent_commit=parent,
                create_pr=create_pr,
            )
        except CLIENT_ERRORS as error:
            commit = _landed_all_the_same(hub, files, title, create_pr=create_pr)
            if commit is None:
                if status_of(error) in _STALE:
                    raise OvertakenError from error
                raise
            return commit
    notes = (f"the Hub remarks: {quoted(str(remark.message), hub.token)}" for remark in remarks)
    return Sent(info.oid, info.pr_url or "", tuple(notes))


def find_landed(hub: Hub, files: Mapping[str, LocalFile], title: str, head: str) -> str | None:
    """The commit that already holds these files: the head of the main branch, or an earlier one with this title."""
    if _holds(hub, files, head):
        return head
    return next((commit for commit in commits_titled(hub, title) if _holds(hub, files, commit)), None)


def find_proposed(hub: Hub, files: Mapping[str, LocalFile], title: str) -> Sent | None:
    """The open pull request that has this title and holds these files."""
    for request in hub.api.get_repo_discussions(**hub.which, discussion_type="pull_request", discussion_status="open"):
        reference = request.git_reference
        if request.title == title and reference and _holds(hub, files, reference):
            return Sent(hub.api.repo_info(**hub.which, revision=reference).sha or "", request.url)
    return None


def read_back(hub: Hub, files: Mapping[str, LocalFile], commit: str, opened_by: str) -> None:
    """Compare what a commit holds with what should be in it.

    Args:
        hub: The repository.
        files: What should be in it.
        commit: The commit.
        opened_by: A small file that is also downloaded and compared byte by byte.

    Raises:
        PublishError: If anything differs, or cannot be read.
    """
    with hub.reporting(f"reading back from {hub.repo_id}"):
        landed = list_files(hub, commit)
        wrong = [path for path, file in files.items() if path not in landed or not file.equals(landed[path])]
        if not wrong and content_of(hub, opened_by, commit) != files[opened_by].place.read_bytes():
            wrong = [opened_by]
    if wrong:
        raise PublishError(
            f"{hub.repo_id} does not hold what was sent ({', '.join(sorted(wrong))}), and is not published; {AGAIN}"
        )


def _holds(hub: Hub, files: Mapping[str, LocalFile], revision: str) -> bool:
    landed = list_files(hub, revision)
    return all(path in landed and file.equals(landed[path]) for path, file in files.items())


def _landed_all_the_same(hub: Hub, files: Mapping[str, LocalFile], title: str, *, create_pr: bool) -> Sent | None:
    """The commit whose answer was lost, if it was made."""
    try:
        if create_pr:
            return find_proposed(hub, files, title)
        commit = find_landed(hub, files, title, read_state(hub).head)
    except CLIENT_ERRORS:
        return None
    return Sent(commit) if commit else None
