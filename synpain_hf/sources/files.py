"""Files of a source: found in folders and zip archives, and read one at a time."""

from __future__ import annotations

import hashlib
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
from synpain_hf.imaging import png
from synpain_hf.imaging.clips import ClipReader
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.pair import Archives, Picture
from synpain_hf.sources.checksums import Digest, digest_in_cache
from synpain_hf.sources.inflating import read_member
from synpain_hf.sources.paths import blobs_of, places_below, real

MOST_MEMBERS = 100_000
"""Files in an archive; the official data set has ten thousand."""

_LINKED_FOLDER = "is a symbolic link to a folder, which is not followed; put the folder itself there"
_ENCRYPTED = 0x1
_DAMAGED_ARCHIVE = (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, struct.error)
_DAMAGED_MEMBER = (*_DAMAGED_ARCHIVE, zlib.error, lzma.LZMAError, RuntimeError)


@dataclass
class Listing:
    """The files of a folder or archive, sorted by name, and those that may not be read."""

    files: list[StoredPicture] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_lost(self) -> bool:
        """Whether there are files of which none may be read."""
        return bool(self.problems) and not self.files


def list_folder(folder: Path, root: Path | None = None) -> Listing:
    """Every file below a folder that is not hidden.

    Symbolic links must be to files, and stay inside it, or inside the `blobs` of the Hub's cache where the folder is a
    snapshot there.

    Args:
        folder: The folder.
        root: What the names are relative to, where that is not the folder itself; there is no link on the way to it.
    """
    listing = Listing()
    if root is not None and real(folder) != real(root) / folder.relative_to(root):
        return Listing(problems=[Problem(folder.relative_to(root).as_posix(), _LINKED_FOLDER)])
    allowed, blobs = places_below(folder), blobs_of(folder)

    def add(path: Path, parent: Path) -> None:
        name = os.fsencode(path.relative_to(root or folder)).decode("utf-8", "backslashreplace")
        place = real(path) if path.is_symlink() else parent / path.name
        if path.is_dir():
            listing.problems.append(Problem(name, _LINKED_FOLDER))
        elif not any(place.is_relative_to(inside) for inside in allowed):
            reason = "is a symbolic link that leaves the folder; put the file itself there"
            listing.problems.append(Problem(name, reason))
        elif not path.is_file():
            listing.problems.append(Problem(name, "is not a regular file, or is a broken link; remove it"))
        else:
            digest = digest_in_cache(place, blobs)
            digests = () if digest is None else (digest,)
            listing.files.append(StoredPicture(name, place, "", path.stat().st_size, digests))

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(root or folder).as_posix()
        listing.problems.append(Problem(name, f"cannot be read ({error.strerror}); check the folder"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not is_hidden(name)]
        links = [name for name in folders if Path(parent, name).is_symlink()]
        here = real(Path(parent))  # once: most files are no links, and there may be 100,000
        for name in [*links, *(name for name in names if not is_hidden(name))]:
            add(Path(parent, name), here)
    listing.files.sort(key=lambda file: file.name)
    return listing


def list_zip(path: Path) -> Listing:
    """Every file in a zip archive that is not hidden, read from its directory; nothing is unpacked."""
    listing = Listing()
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (*_DAMAGED_ARCHIVE, OSError) as error:
        listing.problems.append(Problem(path.name, f"is not a readable zip archive ({error}); fetch it again"))
        return listing
    if len(members) > MOST_MEMBERS:
        reason = f"has {len(members):,} files, more than the {MOST_MEMBERS:,} that are read; divide it"
        listing.problems.append(Problem(path.name, reason))
        return listing
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/")).as_posix()  # old tools of Windows
        if is_hidden(name) or (_is_folder(member) and not member.file_size):
            continue
        if reason := _reason_against(member, name):
            listing.problems.append(Problem(f"{path.name}/{member.filename}", reason))
        else:
            listing.files.append(StoredPicture(name, path, member.filename, member.file_size))
    listing.files.sort(key=lambda file: file.name)
    return listing


def _is_folder(member: zipfile.ZipInfo) -> bool:
    return member.filename.endswith(("/", "\\"))


def _reason_against(member: zipfile.ZipInfo, name: str) -> str:
    """Why a member cannot be read; nothing where it can."""
    if ".." in PurePosixPath(name).parts:
        return "has a name that leaves the archive; pack it again under another name"
    if not PurePosixPath(name).name:
        return "is a file without a name; pack it again under one"
    if _is_folder(member):
        return "is a folder with content of its own; pack the archive again"
    return "is encrypted; unlock the archive first" if member.flag_bits & _ENCRYPTED else ""


@dataclass(frozen=True)
class StoredPicture:
    """A picture in a file, or in a zip archive.

    Attributes:
        name: Its name relative to the source, with `/`.
        path: The file, or the archive that holds it, without symbolic links.
        member: Its name in the archive; empty for a file.
        size: Encoded size in bytes.
        digests: What its digests should be, where that is known.
    """

    name: str
    path: Path
    member: str
    size: int
    digests: tuple[Digest, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether its bytes are compared with a digest when it is read: a known one, or its archive's checksum."""
        return bool(self.digests or self.member)

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
        content = self._content(archives)
        for digest in self.digests:
            if not digest.fits(content):
                raise PictureError(digest.complaint())
        return content

    def _content(self, archives: Archives) -> bytes:
        try:
            if self.member:
                return read_member(archives.open(self.path), self.member, MAX_BYTES)
            with self.path.open("rb") as file:
                return file.read(MAX_BYTES)
        except PictureError:
            raise
        except _DAMAGED_MEMBER as error:
            raise PictureError(f"is damaged in its archive ({error}); fetch the archive again") from error
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error}); check the file") from error


class OpenArchives:
    """Zip archives, each opened when it is first asked for, and one clip at a time; all closed at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._opened: dict[Path, zipfile.ZipFile] = {}
        self._clip: Picture | None = None
        self._frames: ClipReader | None = None

    def __enter__(self) -> OpenArchives:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._close_clip()
        self._stack.close()

    def open(self, path: Path) -> zipfile.ZipFile:
        """An archive."""
        if path not in self._opened:
            self._opened[path] = self._stack.enter_context(zipfile.ZipFile(path))
        return self._opened[path]

    def frame(self, clip: Picture, sha256: str, number: int) -> bytes:
        """A frame of a clip, as a PNG; its next frames follow without decoding it again from its start."""
        if self._frames is None or self._clip != clip or number < self._frames.next:
            self._close_clip()
            content = clip.read(self)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise PictureError("was changed while the release was built; build it again")
            self._clip, self._frames = clip, ClipReader(content)
        return png.encode(self._frames.frame(number).pixels, compressed=False)

    def _close_clip(self) -> None:
        if self._frames is not None:
            self._frames.close()
        self._clip = self._frames = None


def is_hidden(name: str) -> bool:
    """Whether a file is a system's leaving (`.DS_Store`, `__MACOSX/._x.jpg`)."""
    parts = [part for part in PurePosixPath(name).parts if part != ".."]
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)
