"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Out = Annotated[Path, typer.Argument(metavar="OUT", help="The release directory to write.", show_default=False)]
Workers = Annotated[int, typer.Option(metavar="N", min=1, help="Partitions written at a time.")]
EngineOption = typer.Option(
    help="What the workers are; ray takes the cluster that RAY_ADDRESS names, else this machine."
)
ReleaseFolder = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
RepoId = Annotated[str, typer.Option("--repo-id", metavar="NAMESPACE/NAME", help="The repository.", show_default=False)]
Private = Annotated[bool, typer.Option("--private", help="Close the repository to all but its owners.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and show the plan, but send nothing.")]
Endpoint = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Address of a private Hub; HF_ENDPOINT by default.", show_default=False),
]
