"""Files of a source: found in folders and zip archives, and read one at a time."""

from __future__ import annotations

import os
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from synpain_hf.errors import PictureError, Problem
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.pair import Picture

_ENCRYPTED = 0x1
_DAMAGED_MEMBER = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass
class Listing:
    """The files of a folder or archive, sorted by name, and those that may not be read."""

    files: list[Picture] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def list_folder(folder: Path) -> Listing:
    """Every file below a folder.

    Symbolic links must stay inside it, or inside the `blobs` of the Hub's cache where the folder is a snapshot there.
    """
    listing = Listing()
    allowed = [folder.resolve(), *_blobs(folder)]
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            relative = path.relative_to(folder).as_posix()
            if not any(path.resolve().is_relative_to(place) for place in allowed):
                reason = "is a symbolic link that leaves the folder; put the file itself there"
                listing.problems.append(Problem(relative, reason))
            elif not path.is_file():
                listing.problems.append(Problem(relative, "is no regular file, or a broken link; remove it"))
            else:
                listing.files.append(Picture(relative, path, "", path.stat().st_size))
    listing.files.sort(key=lambda file: file.name)
    return listing


def list_zip(path: Path) -> Listing:
    """Every file in a zip archive, read from its directory; nothing is unpacked."""
    listing = Listing()
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        listing.problems.append(Problem(path.name, f"is no readable zip archive ({error}); fetch it again"))
        return listing
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            listing.problems.append(Problem(f"{path.name}/{member.filename}", "is encrypted; unlock the archive first"))
        else:
            listing.files.append(Picture(member.filename, path, member.filename, member.file_size))
    listing.files.sort(key=lambda file: file.name)
    return listing


class PictureReader:
    """Reads pictures; keeps the archives that it met open until it is closed."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._archives: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> PictureReader:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._open.close()

    def read(self, picture: Picture) -> bytes:
        """The bytes of a picture.

        Raises:
            PictureError: If it is too large, or cannot be read.
        """
        if picture.size > MAX_BYTES:
            raise PictureError(f"has {picture.size:,} bytes, more than the {MAX_BYTES:,} that are read; scale it down")
        try:
            if not picture.member:
                return picture.path.read_bytes()
            if picture.path not in self._archives:
                self._archives[picture.path] = self._open.enter_context(zipfile.ZipFile(picture.path))
            return self._archives[picture.path].read(picture.member)
        except _DAMAGED_MEMBER as error:
            raise PictureError(f"is damaged in its archive ({error}); fetch the archive again") from error
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error}); check the file") from error


def is_hidden(name: str) -> bool:
    """Whether a file is a system's leaving (`.DS_Store`, `__MACOSX/._x.jpg`)."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _blobs(folder: Path) -> list[Path]:
    """The `blobs` folder of the Hub's cache that a snapshot's links point into."""
    for parent in [folder.absolute(), *folder.absolute().parents]:
        if parent.name == "snapshots" and (parent.parent / "blobs").is_dir():
            return [(parent.parent / "blobs").resolve()]
    return []
