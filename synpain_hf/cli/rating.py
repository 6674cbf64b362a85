"""Raters: `rate`, `ratings`."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path
from typing import Annotated, Literal

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, choice_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_warning, reported
from synpain_hf.errors import Problem
from synpain_hf.text.plurals import count

OnError = Literal["fail", "skip"]


def rate(
    releases: Annotated[
        list[Path],
        typer.Argument(
            metavar="RELEASE…",
            help="The release; or several, such as one transfer by several methods, whose same pairs are shown.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write.")] = Path("rating"),
    faces: Annotated[int, typer.Option(metavar="N", help="How many faces, drawn evenly over the groups.")] = 100,
    repeats: Annotated[int, typer.Option(metavar="N", help="How many of them come twice.")] = 10,
    checks: Annotated[
        int, typer.Option(metavar="N", help="How many attention checks: faces at which a given answer is asked for.")
    ] = 0,
    raters: Annotated[int, typer.Option(metavar="N", help="How many sheets, each in an order of its own.")] = 2,
    questions: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help="Some of gender, age, ethnicity, expression, realism and identity, with commas; the first four by "
            "default, of several releases the last two.",
            show_default=False,
        ),
    ] = "",
    image_size: Annotated[int, typer.Option(metavar="N", help="Larger faces are scaled down to N pixels.")] = 512,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws faces, orders and tokens.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make blinded sheets on which raters say what faces show.

    Of several releases: how realistic they are, and whether it is still the same person. Each sheet is a page that
    works in any browser, offline, and saves a CSV that `ratings` reads.
    """
    asked = [name.strip() for name in questions.split(",") if name.strip()]
    with reported(as_json) as progress:
        done = synpain_hf.rate(
            *releases, out=out, faces=faces, repeats=repeats, checks=checks, raters=raters, questions=asked,
            image_size=image_size, seed=seed, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"out": str(done.folder), "sheets": list(done.files), "faces": done.faces, "trials": done.trials})
        return
    beside = " and attention checks" if checks else ""
    shown = f"{count(done.faces, 'face')}, {count(done.trials, 'trial')} with those that come twice{beside}"
    print_line(f"{out}: {count(len(done.files), 'sheet')} of {shown}")
    print_line("send each rater a page of sheets/, and keep key.json to yourself: it has the answers")


def ratings(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="RELEASE… CSV…",
            help="Every release that the sheets were made of, then the tables that sheets saved.",
            show_default=False,
        ),
    ],
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The key.json of the sheets; not needed where the tables have pair_id and face.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A new folder for ratings.json and ratings.md.", show_default=False),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(**choice_of(OnError), help="Fail over a row that cannot be used, or skip it.")
    ] = "fail",
    as_json: AsJson = False,
) -> None:
    """Compute what the answers of raters say of releases.

    Accuracy, confusion, Fleiss' kappa, the raters' agreement with themselves, and differences by group; of realism and
    identity, means by release and their differences.
    """
    releases = [given[0], *takewhile(Path.is_dir, given[1:])]
    doubtful: list[Problem] = []
    with reported(as_json, lambda name: {"files": "CSV"}.get(name, as_option(name))):
        found = synpain_hf.ratings(
            releases, given[len(releases) :], key=key, out=out, on_error=on_error, notice=doubtful.extend
        )
    if doubtful:
        print_warning(doubtful, "problem")
    if as_json:
        print_json(found.to_dict())
        return
    for line in found.overview():
        print_line(line)
