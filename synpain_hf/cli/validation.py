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
        typer.Option(
            metavar="DIR", help="A new folder for report.json, report.md and report.html.", show_default=False
        ),
    ] = None,
    alike: Annotated[
        float | None,
        typer.Option(
            metavar="COSINE",
            help="Cosine from which on two identities look alike; by default that of the equal error rate.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Files looked into at a time.")] = 1,
    engine: Annotated[Engine, EngineOption] = "threads",
    as_json: AsJson = False,
) -> None:
    """Look for what would mislead a user of a release.

    Such as light, tint or size that tell the label, or a face under two identities; and set what annotators measured
    beside the paper's numbers. Ends with status 1 where something would mislead.
    """
    from synpain_hf.cards.evidence import title_of

    with reported(as_json) as progress:
        validation = synpain_hf.validate(release, out, alike=alike, workers=workers, engine=engine, progress=progress)
    report = validation.to_dict()
    if as_json:
        print_json(report)
    else:
        answers = [*report["checks"], *report["evidence"]]
        longest = max(len(answer["outcome"]) for answer in answers)
        for answer in answers:
            by = f" ({title_of(answer)})" if answer.get("measure") else ""
            print_line(f"{answer['outcome']:<{longest}}  {answer['title']}{by}", indent=longest + 2)
            for sentence in answer["told"]:
                print_line(f"{'':<{longest}}    {sentence}", indent=longest + 4)
        if out is not None:
            print_line(f"{out}: report.html, report.md and report.json")
    if validation.has_failed:
        raise typer.Exit(1)
