"""The command line: one command a verb, each the function of the same name. Nothing but parsing, calling, printing.

The commands, by room: releases, annotation, transferring, rating, validation, cards, metric, publishing, training,
judging, experiments. What several of them take is in options; printing says what they print, and how errors are
reported.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

import synpain_hf
from synpain_hf.cli.annotation import annotate, faces
from synpain_hf.cli.cards import card
from synpain_hf.cli.experiments import experiment
from synpain_hf.cli.judging import judge, predict
from synpain_hf.cli.metric import compare, evaluate
from synpain_hf.cli.printing import print_line
from synpain_hf.cli.publishing import publish, publish_metric
from synpain_hf.cli.rating import rate, ratings
from synpain_hf.cli.releases import build, demo, diff, info, install, installed, uninstall
from synpain_hf.cli.training import train
from synpain_hf.cli.transferring import train_transfer, transfer, transfer_report
from synpain_hf.cli.validation import validate

COMMANDS = (
    build, demo, info, diff, faces, annotate, transfer, train_transfer, transfer_report, validate, rate, ratings, card,
    install, installed, uninstall, evaluate, compare, publish, publish_metric, train, predict, judge, experiment,
)  # fmt: skip
"""In the order in which --help lists them."""

app = typer.Typer(
    help="From generated face pairs to a versioned Hugging Face data set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # else `[@REVISION]` is taken for markup
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print_line(f"synpain-hf {synpain_hf.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version of this program.")
    ] = False,
) -> None:
    pass


for _command in COMMANDS:
    app.command()(_command)


def main() -> None:
    """The program `synpain-hf`."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed before the program began, as by `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr is: no locale makes a name an error
    app()
