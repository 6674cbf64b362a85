"""Where pairs come from.

A source knows its length, and yields, for each of its entries, a `Pair`, a `Clip`, or the `Problem` that keeps it from
being one. Pictures are not read until a release is written, and clips not before it is planned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from synpain_hf.errors import Problem, UsageError
from synpain_hf.pair import Clip, Pair
from synpain_hf.sources import hub
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.clip_folders import BIOVID, ClipFolder, is_biovid, names_by
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.hdf5 import SUFFIXES as HDF5_SUFFIXES
from synpain_hf.sources.manifest import MANIFEST_SUFFIXES, ManifestSource, SplitFolders
from synpain_hf.sources.official import PICTURE_SUFFIXES, VIDEO_SUFFIXES, OfficialSource
from synpain_hf.sources.pain3d import Pain3dSource, is_3dpain
from synpain_hf.sources.parquet_pictures import open_pictures
from synpain_hf.sources.unbc.folder import UnbcSource, is_unbc
from synpain_hf.sources.unbc.hdf5 import UnbcHdf5Source, is_unbc_hdf5
from synpain_hf.sources.wording import Wording
from synpain_hf.text.suggestions import did_you_mean

_MANIFESTS = frozenset(("manifest", "metadata", "pairs"))
"""What a manifest is called that is found in its folder; `metadata` is that of an image folder."""

_OF_SPLITS = frozenset((".csv", ".jsonl"))
"""The forms of the tables that image folders have in the folders of their splits."""

_FIRST = {
    **dict.fromkeys((".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".zst"), "unpack it first; "),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "save the table as CSV first; "),
    **dict.fromkeys(HDF5_SUFFIXES, "give the folder that holds the frames and their labels; "),
    **dict.fromkeys(VIDEO_SUFFIXES, "pairs are made of pictures, or of the videos in a folder (--videos frames); "),
    **dict.fromkeys(PICTURE_SUFFIXES, "list the pictures in a manifest; "),
}


@runtime_checkable
class Source(Protocol):
    """What a builder needs from a source."""

    @property
    def folds_file(self) -> FoldsFile | None:
        """The folds file that came with it; None if there is no such file."""

    def __len__(self) -> int:
        """Number of entries: pairs, clips and problems together."""

    def __iter__(self) -> Iterator[Pair | Clip | Problem]:
        """The entries, in an order that does not depend on the file system."""

    def describe(self) -> Mapping[str, object]:
        """The `source` of a `release.json`, without paths on this machine."""


@dataclass(frozen=True)
class Kind:
    """A kind of source that is a folder.

    Attributes:
        title: What messages call it.
        leaves_open: The names of the `Choices` that it leaves to the user.
        recognise: The source, if the folder holds one of this kind; None otherwise.
    """

    title: str
    leaves_open: frozenset[str]
    recognise: Callable[[Path, Choices], Source | None]


def _official_in(folder: Path, choices: Choices) -> Source | None:
    source = OfficialSource([folder], choices)
    return source if any(isinstance(entry, (Pair, Clip)) for entry in source) else None


_OFFICIAL = Kind("the official data set", frozenset(("videos", "at")), _official_in)


def _unbc_in(folder: Path, choices: Choices) -> Source | None:
    return UnbcSource(folder, choices) if is_unbc(folder) else None


_UNBC = Kind("UNBC-McMaster", frozenset(("groups", "pain_from", "references")), _unbc_in)


def _unbc_hdf5_in(folder: Path, choices: Choices) -> Source | None:
    return UnbcHdf5Source(folder, choices) if is_unbc_hdf5(folder) else None


_UNBC_HDF5 = Kind("UNBC-McMaster", _UNBC.leaves_open, _unbc_hdf5_in)


def _pain3d_in(folder: Path, choices: Choices) -> Source | None:
    return Pain3dSource(folder, choices) if is_3dpain(folder) else None


_PAIN3D = Kind("3DPain", frozenset(("groups", "pain_from")), _pain3d_in)


def _biovid_in(folder: Path, choices: Choices) -> Source | None:
    return ClipFolder(folder, BIOVID, choices) if is_biovid(folder) else None


_BIOVID = Kind("BioVid", frozenset(("groups", "pain_from", "videos", "at")), _biovid_in)

_CLIPS = frozenset(("groups", "pain_from", "videos", "at", "clip_names"))
"""What a folder of clips leaves open whose names a user describes."""

KINDS: tuple[Kind, ...] = (_UNBC, _PAIN3D, _BIOVID, _OFFICIAL, _UNBC_HDF5)
"""Every kind of folder, in the order in which they are tried; a folder of none of them may hold a manifest."""


def open_source(
    locations: Sequence[str | Path], wording: Wording | None = None, choices: Choices | None = None
) -> Source:
    """Recognise a source by what is there.

    Args:
        locations: One folder, manifest file or `hf://datasets/NAMESPACE/NAME[@REVISION]`; or one or several zips.
        wording: How a manifest is written, where that is not as its schema says.
        choices: How pairs are made, where the source leaves that open.

    Raises:
        UsageError: If there is nothing there, or nothing that a source can be made of, or an argument does not fit it.
        BadInputError: If a manifest cannot be read.
        DownloadError: If the Hub could not be read.
    """
    names, wording, choices = [str(location) for location in locations], wording or Wording(), choices or Choices()
    if not names:
        raise UsageError("no source is given; give the folder, zips or manifest of a data set")
    if len(names) == 1 and names[0].startswith(hub.SCHEME):
        _check_fits(_OFFICIAL, wording, choices)
        snapshot = hub.download(names[0])
        return _with_its_videos(
            OfficialSource([snapshot.folder], choices, repo_id=snapshot.repo_id, revision=snapshot.revision)
        )
    paths = [Path(name).expanduser() for name in names]
    for path in paths:
        if not path.exists():
            near = did_you_mean(path.name, _beside(path))
            raise UsageError(f"{path} does not exist{near}; give the folder, zips or manifest of a data set")
    if len(paths) == 1 and paths[0].is_dir():
        return _of_folder(paths[0], wording, choices)
    if len(paths) == 1 and paths[0].suffix.lower() in MANIFEST_SUFFIXES:
        return _of_manifest(paths[0], wording, choices)
    for path in paths:
        if path.suffix.lower() != ".zip" or path.is_dir():
            first = _FIRST.get(path.suffix.lower(), "")
            near = "" if first else did_you_mean(path.suffix, (*MANIFEST_SUFFIXES, ".zip"))
            raise UsageError(
                f"{path} is not a source{near}; {first}give one folder, one or several zips, or one manifest "
                f"({', '.join(sorted(MANIFEST_SUFFIXES))})"
            )
    _check_fits(_OFFICIAL, wording, choices)
    return _with_its_videos(OfficialSource(paths, choices))


def _with_its_videos(source: OfficialSource) -> OfficialSource:
    source.check_videos()
    return source


def _check_fits(kind: Kind, wording: Wording, choices: Choices) -> None:
    choices.check(kind.leaves_open, kind.title)
    if wording:
        raise UsageError(f"--map, --drop and --keep say how a manifest is written, and this is {kind.title}; omit them")


def _of_folder(folder: Path, wording: Wording, choices: Choices) -> Source:
    """What the folder holds; or, where that is of no known kind, the manifest that stands in it."""
    if choices.clip_names is not None:
        choices.check(_CLIPS, "a folder of clips")
        return ClipFolder(folder, names_by(choices.clip_names, wording), choices)
    for kind in KINDS:
        source = kind.recognise(folder, choices)
        if source is not None:
            _check_fits(kind, wording, choices)
            return _with_its_videos(source) if isinstance(source, OfficialSource) else source
    manifests = [path for path in sorted(folder.iterdir()) if _is_manifest(path)]
    if len(manifests) > 1:
        found = ", ".join(path.name for path in manifests)
        raise UsageError(f"{folder} holds several manifests ({found}); name one of them")
    if manifests:
        return _of_manifest(manifests[0], wording, choices)
    below = [path for path in sorted(folder.glob("*/metadata.*")) if path.suffix.lower() in _OF_SPLITS]
    if below:
        choices.check((), "a manifest")
        return SplitFolders(folder, below, wording)
    _check_fits(_OFFICIAL, wording, choices)
    return OfficialSource([folder])  # says what is wrong with every file


def _of_manifest(path: Path, wording: Wording, choices: Choices) -> Source:
    choices.check((), "a manifest")
    embedded = open_pictures(path, wording) if path.suffix.lower() == ".parquet" else None
    return embedded or ManifestSource(path, wording)


def _is_manifest(path: Path) -> bool:
    return path.stem.lower() in _MANIFESTS and path.suffix.lower() in MANIFEST_SUFFIXES and path.is_file()


def _beside(path: Path) -> list[str]:
    """What stands in the folder in which something was looked for."""
    try:
        return sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return []
