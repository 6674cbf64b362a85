"""`installed`: which releases are installed, and whether each is whole."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synpain_hf.errors import NotInstalledError, ReleaseError
from synpain_hf.progress import Progress, silent
from synpain_hf.release.installed import places
from synpain_hf.release.installed.records import is_whole
from synpain_hf.release.installed.shards import files_of
from synpain_hf.release.layout import MANIFEST
from synpain_hf.release.release import Release


@dataclass(frozen=True)
class InstalledRelease:
    """A release that is installed.

    Attributes:
        name: What its data set is called: `load_dataset(name)` gives it.
        version: `X.Y.Z`.
        title: What it holds, in a few words; empty where its `release.json` cannot be read.
        pairs: How many pairs it has; None where its `release.json` cannot be read.
        folder: Where it is.
        damage: What is wrong with it; empty where it is whole.
    """

    name: str
    version: str
    title: str
    pairs: int | None
    folder: Path
    damage: str

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON-ready fields."""
        return {**asdict(self), "folder": str(self.folder)}


def installed(*, progress: Progress = silent) -> list[InstalledRelease]:
    """List the releases that are installed for this user.

    A file that has the size, time and inode that it was installed with is taken for whole; any other is read.

    Args:
        progress: Called after every file that is read.

    Returns:
        The releases by their names; `install` repairs one that is damaged.
    """
    cache = places.cache_folder()
    found = []
    for name in places.names(cache):
        with suppress(NotInstalledError):  # removed meanwhile
            found.append(_described(places.current(cache, name), progress))
    return found


def _described(folder: Path, progress: Progress) -> InstalledRelease:
    name, version = places.name_of(folder), folder.parent.name
    try:
        release = Release.described_in(folder)
    except ReleaseError:
        return InstalledRelease(name, version, "", None, folder, f"{MANIFEST} cannot be read")
    whole = release.name == name and is_whole(folder, files_of(release), verify=False, progress=progress)
    damage = "" if whole else "a file is not as it was installed"
    return InstalledRelease(name, version, release.title, release.manifest["pairs"]["out"], folder, damage)
