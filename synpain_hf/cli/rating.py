"""Raters: `rate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, ReleaseFolder
from synpain_hf.cli.printing import print_json, print_line, reported
from synpain_hf.text.plurals import count


def rate(
    release: ReleaseFolder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.")] = Path("rating"),
    faces: Annotated[int, typer.Option(metavar="N", help="How many faces, drawn evenly over the groups.")] = 100,
    repeats: Annotated[int, typer.Option(metavar="N", help="How many of them come twice.")] = 10,
    raters: Annotated[int, typer.Option(metavar="N", help="How many sheets, each in an order of its own.")] = 2,
    questions: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Some of gender, age, ethnicity and expression, with commas; all by default.",
            show_default=False,
        ),
    ] = "",
    image_size: Annotated[int, typer.Option(metavar="N", help="Larger faces are scaled down to N pixels.")] = 512,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws faces, orders and tokens.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make blinded sheets on which raters say what faces show.

    Each is a page that works in any browser, offline, and saves a CSV. `synpain-hf ratings` reads those.
    """
    asked = [name.strip() for name in questions.split(",") if name.strip()]
    with reported(as_json) as progress:
        done = synpain_hf.rate(
            release, out, faces=faces, repeats=repeats, raters=raters, questions=asked, image_size=image_size,
            seed=seed, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"out": str(done.folder), "sheets": list(done.files), "faces": done.faces, "trials": done.trials})
        return
    shown = f"{count(done.faces, 'face')}, {count(done.trials, 'trial')} with those that come twice"
    print_line(f"{out}: {count(len(done.files), 'sheet')} of {shown}")
    print_line("send each rater a page of sheets/, and keep key.json to yourself: it has the answers")
