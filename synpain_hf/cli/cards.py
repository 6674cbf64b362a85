"""`card`: the card of a release."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from synpain_hf.cli.options import AsJson, ReleaseFolder
from synpain_hf.cli.printing import print_json, print_line, print_warning, reported
from synpain_hf.errors import Problem, UsageError


def card(
    release: ReleaseFolder,
    facts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="What is known of the data set (YAML, with references.bib beside it), or synpain or demo.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="What `validate` wrote with --out, whose numbers the card then has.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Say whether the card still fits, and whether data are damaged, missing, or none of the release's; "
            "every file is read, nothing is written.",
        ),
    ] = False,
    init: Annotated[
        Path | None,
        typer.Option(
            "--init",
            metavar="FILE",
            help="Write a file of facts to fill in, with what the release knows, instead of the card.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a release's card, its figures, and Croissant.

    That is README.md, figures/ and croissant.json. A card that was interrupted is mended by the same command.
    """
    from synpain_hf.cards import card as write_card
    from synpain_hf.cards import check as check_card
    from synpain_hf.release.release import Release

    if init is not None:
        _begin(release, init, as_json, is_alone=facts is None and report is None and not check)
        return
    left_out: list[Problem] = []
    with reported(as_json) as progress:
        if check and report is not None:
            raise UsageError("is given together with --check, which takes the card as it is; give it alone", "report")
        opened = Release.open(release, card_may_lack=True) if check else None
        unfit = [] if opened is None else check_card(opened, progress)
        if opened is None:
            opened = write_card(release, facts=facts, report=report, progress=progress, notice=left_out.extend)
    if left_out:
        print_warning(left_out, "file")
    if as_json:
        print_json({"card": str(release), "unfit": unfit})
    elif not check:
        print_line(f"{release}: card of version {opened.version} written")
    else:
        for sentence in unfit:
            print_line(sentence, on=sys.stderr)
        if not unfit:
            print_line(f"{release}: the card fits, and the data are as they were built")
    if unfit:
        raise typer.Exit(1)


def _begin(release: Path, facts: Path, as_json: bool, *, is_alone: bool) -> None:
    """Write a file of facts to fill in."""
    from synpain_hf.cards import init

    with reported(as_json):
        if not is_alone:
            raise UsageError("is given together with another option; give it alone", "init")
        written = init(release, facts)
    if as_json:
        print_json({"facts": str(written)})
    else:
        print_line(f"{facts}: facts to fill in; then give them by `synpain-hf card {release} --facts {facts}`")
