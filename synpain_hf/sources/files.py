"""Files of a source: found in folders and zip archives, and read one at a time."""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from synpain_hf.errors import PictureError, Problem
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.pair import Archives

_ENCRYPTED = 0x1
_DAMAGED_ARCHIVE = (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, struct.error)
_DAMAGED_MEMBER = (*_DAMAGED_ARCHIVE, zlib.error, lzma.LZMAError, RuntimeError)


@dataclass
class Listing:
    """The files of a folder or archive, sorted by name, and those that may not be read."""

    files: list[StoredPicture] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def list_folder(folder: Path, root: Path | None = None) -> Listing:
    """Every file below a folder that is not hidden.

    Symbolic links must be to files, and stay inside it, or inside the `blobs` of the Hub's cache where the folder is a
    snapshot there.

    Args:
        folder: The folder.
        root: What the names are relative to, where that is not the folder itself.
    """
    listing = Listing()
    allowed = places_below(folder)

    def add(path: Path) -> None:
        name = os.fsencode(path.relative_to(root or folder)).decode("utf-8", "backslashreplace")
        if path.is_dir():
            reason = "is a symbolic link to a folder, which is not followed; put the folder itself there"
            listing.problems.append(Problem(name, reason))
        elif not any(real(path).is_relative_to(place) for place in allowed):
            reason = "is a symbolic link that leaves the folder; put the file itself there"
            listing.problems.append(Problem(name, reason))
        elif not path.is_file():
            listing.problems.append(Problem(name, "is not a regular file, or is a broken link; remove it"))
        else:
            listing.files.append(StoredPicture(name, path, "", path.stat().st_size))

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(root or folder).as_posix()
        listing.problems.append(Problem(name, f"cannot be read ({error.strerror}); check the folder"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not is_hidden(name)]
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in [*links, *(name for name in names if not is_hidden(name))]:
            add(Path(parent, name))
    listing.files.sort(key=lambda file: file.name)
    return listing


def list_zip(path: Path) -> Listing:
    """Every file in a zip archive that is not hidden, read from its directory; nothing is unpacked."""
    listing = Listing()
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                member for member in archive.infolist() if not member.is_dir() and not is_hidden(member.filename)
            ]
    except (*_DAMAGED_ARCHIVE, OSError) as error:
        listing.problems.append(Problem(path.name, f"is not a readable zip archive ({error}); fetch it again"))
        return listing
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            listing.problems.append(Problem(f"{path.name}/{member.filename}", "is encrypted; unlock the archive first"))
        else:
            listing.files.append(StoredPicture(member.filename, path, member.filename, member.file_size))
    listing.files.sort(key=lambda file: file.name)
    return listing


@dataclass(frozen=True)
class StoredPicture:
    """A picture in a file, or in a zip archive.

    Attributes:
        name: Its name relative to the source, with `/`.
        path: The file, or the archive that holds it.
        member: Its name in the archive; empty for a file.
        size: Encoded size in bytes.
    """

    name: str
    path: Path
    member: str
    size: int

    def stamp(self) -> object:
        """Its size, and when its file or archive was changed; None if it is gone, as reading it will report."""
        try:
            return self.size, self.path.stat().st_mtime_ns
        except OSError:
            return None

    def read(self, archives: Archives) -> bytes:
        """Its file."""
        if self.size > MAX_BYTES:
            raise PictureError(f"has {self.size:,} bytes, more than the {MAX_BYTES:,} that are read; scale it down")
        try:
            if not self.member:
                return self.path.read_bytes()
            return archives.open(self.path).read(self.member)
        except _DAMAGED_MEMBER as error:
            raise PictureError(f"is damaged in its archive ({error}); fetch the archive again") from error
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error}); check the file") from error


class OpenArchives:
    """Zip archives, each opened when it is first asked for, all closed at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._opened: dict[Path, zipfile.ZipFile] = {}

    def __enter__(self) -> OpenArchives:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.close()

    def open(self, path: Path) -> zipfile.ZipFile:
        """An archive."""
        if path not in self._opened:
            self._opened[path] = self._stack.enter_context(zipfile.ZipFile(path))
        return self._opened[path]


def real(path: Path) -> Path:
    """A path without symbolic links; unlike `Path.resolve`, a loop of links is no error."""
    return Path(os.path.realpath(path))


def is_hidden(name: str) -> bool:
    """Whether a file is a system's leaving (`.DS_Store`, `__MACOSX/._x.jpg`)."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def places_below(folder: Path) -> list[Path]:
    """Where a link in a folder may lead: below that folder, or to the `blobs` of the Hub's cache if it stands there."""
    for parent in [folder.absolute(), *folder.absolute().parents]:
        if parent.name == "snapshots" and (parent.parent / "blobs").is_dir():
            return [folder.resolve(), (parent.parent / "blobs").resolve()]
    return [folder.resolve()]
