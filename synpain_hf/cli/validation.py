"""Validation: `validate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, EngineOption, ReleaseFolder
from synpain_hf.cli.printing import print_json, print_line, reported
from synpain_hf.executor import Engine


def validate(
    release: ReleaseFolder,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A new folder for report.json and report.md.", show_default=False),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Files looked into at a time.")] = 1,
    engine: Annotated[Engine, EngineOption] = "threads",
    as_json: AsJson = False,
) -> None:
    """Look for what would mislead a user of a release.

    Such as light, tint or size that tell the label, or a face under two identities. Ends with status 1 where there is
    something; no model is needed.
    """
    with reported(as_json) as progress:
        validation = synpain_hf.validate(release, out, workers=workers, engine=engine, progress=progress)
    report = validation.to_dict()
    if as_json:
        print_json(report)
    else:
        longest = max(len(check["outcome"]) for check in report["checks"])
        for check in report["checks"]:
            print_line(f"{check['outcome']:<{longest}}  {check['title']}", indent=longest + 2)
            for sentence in check["told"]:
                print_line(f"{'':<{longest}}    {sentence}", indent=longest + 4)
    if validation.has_failed:
        raise typer.Exit(1)
