"""Publishing to the Hub: `publish`, `publish_metric`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, DryRun, Endpoint, Private, ReleaseFolder, RepoId
from synpain_hf.cli.printing import print_json, print_line, reported, size

if TYPE_CHECKING:
    from synpain_hf.hub import Publication, UploadPlan


def publish(
    release: ReleaseFolder,
    repo_id: RepoId,
    private: Private = False,
    gated: Annotated[bool, typer.Option("--gated", help="Have readers accept the terms first.")] = False,
    create_pr: Annotated[
        bool, typer.Option("--create-pr", help="Propose it in a pull request; publish again to tag what was merged.")
    ] = False,
    dry_run: DryRun = False,
    overwrite_card: Annotated[
        bool,
        typer.Option("--overwrite-card", help="Overwrite a card or change log that was written or edited on the Hub."),
    ] = False,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Publish a release to the Hub, and tag it with its version.

    Nothing is tagged before all of it is there. After any fault, the same command finishes the work.
    """
    with reported(as_json) as progress:
        publication = synpain_hf.publish(
            release, repo_id, private=private, gated=gated, create_pr=create_pr, dry_run=dry_run,
            overwrite_card=overwrite_card, endpoint=endpoint,
            show=lambda plan: None if as_json else _print_plan(plan), progress=progress,
        )  # fmt: skip
    _print_publication(publication, as_json)


def publish_metric(
    repo_id: RepoId,
    private: Private = False,
    dry_run: DryRun = False,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Publish the metric as a Space, for evaluate.load."""
    with reported(as_json) as progress:
        publication = synpain_hf.publish_metric(
            repo_id, private=private, dry_run=dry_run, endpoint=endpoint,
            show=lambda plan: None if as_json else _print_plan(plan), progress=progress,
        )  # fmt: skip
    _print_publication(publication, as_json)


def _print_plan(plan: UploadPlan) -> None:
    counts = {"new": plan.new, "changed": plan.changed, "the same": plan.same, "deleted": plan.deleted}
    told = ", ".join(f"{len(paths):,} {what}" for what, paths in counts.items() if paths)
    print_line(f"plan: {told}; {size(plan.bytes)} to send")
    named = {
        "deleted": plan.deleted,
        "not of a release, left alone": plan.left,
        "edited on the Hub, overwritten": plan.edited,
    }
    for what, paths in named.items():
        for path in paths:
            print_line(f"  {what}: {path}")
    if plan.settings:
        print_line(f"  repository: {', '.join(plan.settings)}")


def _print_publication(publication: Publication, as_json: bool) -> None:
    if as_json:
        print_json(publication.to_dict())
        return
    for note in publication.notes:
        print_line(f"note: {note}")
    print_line(f"{publication.status}: version {publication.version}, {publication.url}")
    if publication.status == "proposed":
        print_line("once it is merged, publish again without --create-pr to tag it")
    if publication.status == "merged":
        print_line("publish again without --create-pr to tag it")
