"""Publishing a release: check, plan, upload, read back, tag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synpain_hf.errors import PublishError, ReleaseError, UsageError, VersionError
from synpain_hf.hub.client import LONGEST_WAIT, Hub, connected
from synpain_hf.hub.description import describe
from synpain_hf.hub.edits import check_card_may_go, edited_after, edited_files, find_last
from synpain_hf.hub.permissions import check_may_write, unknown_without_login
from synpain_hf.hub.plan import LocalFile, UploadPlan, list_files, plan_upload, show_nothing
from synpain_hf.hub.promise import check_promise
from synpain_hf.hub.state import Earlier, State, earlier_at, read_state
from synpain_hf.hub.upload import (
    OvertakenError,
    create_and_close,
    find_landed,
    find_proposed,
    read_back,
    send,
    settings_to_change,
    write_or_confirm,
)
from synpain_hf.hubclient.errors import AGAIN
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.layout import MANIFEST, record_of
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Version

_RACES = 3


@dataclass(frozen=True)
class Publication:
    """The result of publishing.

    Attributes:
        repo_id: The repository.
        version: The version.
        status: `published`; `already published`; `planned` after a dry run; `proposed` in a pull request; `merged`
            where a pull request was asked for and the main branch has the content, so that only the tag is missing.
        url: The page of the tag, of the pull request, or else of the repository.
        commit: The commit that holds the release; empty after a dry run.
        plan: What was done to each file.
        notes: What else is worth knowing: remarks of the Hub, what was not compared, changes to the main branch.
    """

    repo_id: str
    version: str
    status: str
    url: str
    commit: str
    plan: UploadPlan
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The publication as JSON-ready fields."""
        return {**self.__dict__, "plan": self.plan.to_dict(), "notes": list(self.notes)}


@dataclass(frozen=True)
class Options:
    """How to publish."""

    private: bool
    gated: bool
    create_pr: bool
    dry_run: bool
    overwrite_card: bool
    show: Callable[[UploadPlan], object]
    progress: Progress


def publish(
    release: str | Path,
    repo_id: str,
    *,
    private: bool = False,
    gated: bool = False,
    create_pr: bool = False,
    dry_run: bool = False,
    overwrite_card: bool = False,
    endpoint: str | None = None,
    token: str | None = None,
    timeout: float = LONGEST_WAIT,
    show: Callable[[UploadPlan], object] = show_nothing,
    progress: Progress = silent,
) -> Publication:
    """Publish a release to the Hub as a data set, and tag it `vX.Y.Z`.

    Nothing is tagged before everything is there and right; after any fault the same call finishes the work, and sends
    only what is missing. An existing tag is never moved.

    Args:
        release: The release directory.
        repo_id: `NAMESPACE/NAME`; created if it does not exist.
        private: Close the repository to everyone but its owners; needed where people are shown.
        gated: Have readers accept the terms first; those who do are let in.
        create_pr: Propose the release in a pull request, with what changed, instead of publishing it. Once it is
            merged, publishing again tags it.
        dry_run: Check and plan, but send nothing. Nobody needs to be logged in for what is public.
        overwrite_card: Overwrite a card or a change log that was edited on the Hub after the last release, or that no
            release put there; without it, such a repository is refused.
        endpoint: Address of the Hub; by default HF_ENDPOINT, or the public one.
        token: By default the one of `hf auth login` or HF_TOKEN.
        timeout: Seconds without a byte after which a connection is given up.
        show: Called with the plan before anything is sent.
        progress: Called after every file verified and sent.

    Raises:
        ReleaseError: If the release is incomplete or changed, or its card does not fit it.
        UsageError: If the name or the endpoint cannot be right, or people are shown, and `private` is not asked for.
        VersionError: If the version is published with other content, is older than what is published, or promises
            less change than there is.
        PublishError: If the Hub cannot be reached, or refuses, or does not hold what was sent, or if a card would be
            lost that somebody wrote there.
    """
    options = Options(private, gated, create_pr, dry_run, overwrite_card, show, progress)
    with connected(repo_id, "dataset", endpoint=endpoint, token=token, timeout=timeout, to_write=not dry_run) as hub:
        opened = Release.open(release)
        if opened.shows_people and not private:
            raise UsageError(
                f"is missing, and {opened.title} show people, whose pictures are not for everyone; give it, if the "
                "terms of the archive allow a private copy",
                "private",
            )
        _check_card(opened, progress)
        if hub.token:
            check_may_write(hub, create_pr=create_pr)
        for _ in range(_RACES):
            with suppress(OvertakenError):
                return _publish_once(hub, opened, options)
    raise PublishError(f"others keep changing {repo_id}; {AGAIN}")


def files_of(release: Release) -> dict[str, LocalFile]:
    """Every file of a release, `release.json` too, by its path."""
    records = {**release.files, MANIFEST: record_of(release.folder / MANIFEST)}
    return {
        path: LocalFile(path, release.folder / path, record["bytes"], record["sha256"])
        for path, record in records.items()
    }


def _check_card(release: Release, progress: Progress) -> None:
    """Refuse a release that was changed after it was built, or a card that does not fit it."""
    from synpain_hf.cards import check

    unfit = check(release, progress)
    if unfit:
        more = f" (and {len(unfit) - 1} more; `synpain-hf card --check` lists all)" if unfit[1:] else ""
        raise ReleaseError(f"{unfit[0]}{more}")


def _publish_once(hub: Hub, release: Release, options: Options) -> Publication:
    files, title = files_of(release), f"Release {release.version}"
    with hub.reporting(f"reading {hub.repo_id}"):
        state = read_state(hub)
        settings = settings_to_change(state, private=options.private, gated=options.gated)
        if _tag(release) in state.tags:
            return _confirm_published(hub, release, files, state, options)
        landed = find_landed(hub, files, title, state.head) if state.head else None
        before = earlier_at(hub, state.head) if state.head else None
        latest = _latest(hub, state, before)
        last = find_last(hub, state, before or latest)
        at = landed or state.head
        there = list_files(hub, at) if at else {}
        plan = plan_upload(files, there, before, settings)
        if landed is None:
            plan = replace(plan, edited=edited_files(hub, there, plan, last))
    notes = [] if hub.token else [unknown_without_login(hub, state)]
    if landed is None:
        _check_order(hub, release, state, before)
        _check_strangers(hub, plan)
        notes += check_promise(release, latest) if latest else []
    result = Publication(hub.repo_id, release.version, "planned", hub.url, landed or "", plan, tuple(notes))
    options.show(plan)
    if not options.overwrite_card:
        with hub.reporting(f"reading {hub.repo_id}"):
            check_card_may_go(hub, state.head, plan, last)
    if options.dry_run:
        return result
    if options.create_pr:
        return _propose(hub, release, files, state, before, result, options)
    head = create_and_close(hub, state, private=options.private, gated=options.gated).head
    if landed is None:
        text = describe(release, before, plan)
        sent = send(hub, files, plan, head, title=title, text=text, create_pr=False, progress=options.progress)
        landed, result = sent.commit, replace(result, notes=(*result.notes, *sent.notes))
    read_back(hub, files, landed, MANIFEST)
    _put_tag(hub, _tag(release), title, landed)
    return replace(result, status="published", url=f"{hub.url}/tree/{_tag(release)}", commit=landed)


def _confirm_published(
    hub: Hub, release: Release, files: Mapping[str, LocalFile], state: State, options: Options
) -> Publication:
    tag = _tag(release)
    landed = list_files(hub, tag)
    plan = plan_upload(files, landed, None, settings_to_change(state, private=options.private, gated=options.gated))
    if not plan.is_done:
        raise VersionError(
            f"{hub.repo_id} has a tag {tag} with other content, and a tag never moves; build the release as a later "
            f"version than {max(state.versions())}"
        )
    if plan.settings:
        options.show(plan)
    if not options.dry_run:
        create_and_close(hub, state, private=options.private, gated=options.gated)
    url, commit = f"{hub.url}/tree/{tag}", state.tags[tag]
    notes = edited_after(hub, release, files, state)
    return Publication(hub.repo_id, release.version, "already published", url, commit, plan, tuple(notes))


def _propose(
    hub: Hub,
    release: Release,
    files: Mapping[str, LocalFile],
    state: State,
    before: Earlier | None,
    result: Publication,
    options: Options,
) -> Publication:
    """Open a pull request, unless one is open already, or merged."""
    if not state.head:
        raise PublishError(f"there is no data set {hub.repo_id} to propose a release to; publish without --create-pr")
    if result.commit:
        return replace(result, status="merged")
    title = f"Release {release.version}"
    with hub.reporting(f"reading the pull requests of {hub.repo_id}"):
        sent = find_proposed(hub, files, title)
    if sent is None:
        text = describe(release, before, result.plan)
        sent = send(
            hub, files, result.plan, state.head, title=title, text=text, create_pr=True, progress=options.progress
        )
    read_back(hub, files, sent.commit, MANIFEST)
    return replace(
        result, status="proposed", url=sent.pull_request, commit=sent.commit, notes=(*result.notes, *sent.notes)
    )


def _latest(hub: Hub, state: State, before: Earlier | None) -> Earlier | None:
    """The latest version that is tagged; None if there is none, or if its content is unknown."""
    version = max(state.versions(), default=None)
    if version is None:
        return None
    return before if before and before.version == version else earlier_at(hub, f"v{version}")


def _check_order(hub: Hub, release: Release, state: State, before: Earlier | None) -> None:
    """Refuse to put an older release on top of a later one."""
    version = Version.parse(release.version)
    latest = max((*state.versions(), *(() if before is None else (before.version,))), default=version)
    if version < latest:
        raise VersionError(
            f"{hub.repo_id} has version {latest} already, and {version} would undo it; build the release as a later one"
        )


def _check_strangers(hub: Hub, plan: UploadPlan) -> None:
    """Refuse a repository in which other people's files would be loaded as pairs of the release."""
    strangers = [path for path in plan.left if tables.is_beside_tables(path)]
    if strangers:
        folders = " and ".join(dict.fromkeys(f"{path.partition('/')[0]}/" for path in strangers))
        raise PublishError(
            f"{hub.repo_id} has files in {folders} that are not from a release ({', '.join(strangers)}) and would be "
            "loaded with it; delete them on the Hub, or publish to another repository"
        )


def _put_tag(hub: Hub, tag: str, title: str, commit: str) -> None:
    with hub.reporting(f"tagging {hub.repo_id}"):
        write_or_confirm(
            lambda: hub.api.create_tag(**hub.which, tag=tag, tag_message=title, revision=commit),
            lambda: read_state(hub).tags.get(tag) == commit,
        )


def _tag(release: Release) -> str:
    return f"v{release.version}"
