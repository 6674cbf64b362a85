"""Where pairs come from.

A source knows its length, and yields, for each of its entries, a `Pair` or the `Problem` that keeps it from being one.
Pictures are not read until a release is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from synpain_hf.errors import Problem, UsageError
from synpain_hf.pair import Pair
from synpain_hf.sources import hub
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.manifest import MANIFEST_SUFFIXES, ManifestSource
from synpain_hf.sources.official import OfficialSource


class Source(Protocol):
    """What a builder needs from a source."""

    @property
    def folds_file(self) -> FoldsFile | None:
        """The folds file that came with it; None if there is no such file."""

    def __len__(self) -> int:
        """Number of entries: pairs and problems together."""

    def __iter__(self) -> Iterator[Pair | Problem]:
        """The entries, in an order that does not depend on the file system."""

    def describe(self) -> Mapping[str, object]:
        """The `source` of a `release.json`, without paths on this machine."""


def open_source(locations: Sequence[str | Path]) -> Source:
    """Recognise a source by what is there.

    Args:
        locations: One folder, manifest file or `hf://datasets/NAMESPACE/NAME[@REVISION]`; or one or several zips.

    Raises:
        UsageError: If there is nothing there, or nothing that a source can be made of.
        DownloadError: If the Hub could not be read.
    """
    names = [str(location) for location in locations]
    if not names:
        raise UsageError("no source is given; give the folder, zips or manifest of a data set")
    if len(names) == 1 and names[0].startswith(hub.SCHEME):
        snapshot = hub.download(names[0])
        return OfficialSource([snapshot.folder], repo_id=snapshot.repo_id, revision=snapshot.revision)
    paths = [Path(name).expanduser() for name in names]
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist; give the folder, zips or manifest of a data set")
    if len(paths) == 1 and paths[0].is_dir():
        return OfficialSource(paths)
    if len(paths) == 1 and paths[0].suffix.lower() in MANIFEST_SUFFIXES:
        return ManifestSource(paths[0])
    for path in paths:
        if path.suffix.lower() != ".zip" or path.is_dir():
            raise UsageError(
                f"{path} is no source; give one folder, one or several zips, or one manifest "
                f"({', '.join(sorted(MANIFEST_SUFFIXES))})"
            )
    return OfficialSource(paths)
