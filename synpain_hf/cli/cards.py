"""`card`: the card of a release."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from synpain_hf.cli.options import AsJson, ReleaseFolder
from synpain_hf.cli.printing import print_json, print_line, reported
from synpain_hf.errors import UsageError


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
    from synpain_hf.cards import init as write_facts
    from synpain_hf.release.release import Release

    if init is not None:
        with reported(as_json):
            if facts is not None or check:
                raise UsageError("is given together with another option; give it alone", "init")
            written = write_facts(release, init)
        if as_json:
            print_json({"facts": str(written)})
        else:
            print_line(f"{init}: facts to fill in; then give them by `synpain-hf card {release} --facts {init}`")
        return
    with reported(as_json) as progress:
        unfit = check_card(Release.open(release, card_may_lack=True), progress) if check else []
        made = None if check else write_card(release, facts=facts, progress=progress)
    if as_json:
        print_json({"card": str(release), "unfit": unfit})
    elif made is not None:
        print_line(f"{release}: card of version {made.version} written")
    else:
        for sentence in unfit:
            print_line(sentence, on=sys.stderr)
        if not unfit:
            print_line(f"{release}: the card fits, and the data are as they were built")
    if unfit:
        raise typer.Exit(1)
