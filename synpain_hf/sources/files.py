"""Files of a source: found in folders and zip archives, and read one at a time."""

from __future__ import annotations

import hashlib
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

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

T = TypeVar("T")

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
    walk = _Walk(listing, root or folder, places_below(folder), blobs_of(folder))
    waiting = [folder]
    while waiting:
        waiting += walk.into(waiting.pop())
    listing.files.sort(key=lambda file: file.name)
    return listing


@dataclass(frozen=True)
class _Walk:
    """A walk through a folder; there may be 100,000 files, so that of each the system is asked once.

    Attributes:
        listing: What was found.
        root: What names are relative to.
        allowed: Where links may lead.
        blobs: The files of the Hub's cache, where the folder is in it.
    """

    listing: Listing
    root: Path
    allowed: Sequence[Path]
    blobs: Path | None

    def into(self, folder: Path) -> list[Path]:
        """Add the files of a folder; return the folders in it."""
        within = "" if folder == self.root else f"{folder.relative_to(self.root).as_posix()}/"
        try:
            with os.scandir(folder) as entries:
                found = [entry for entry in entries if not is_hidden(entry.name)]
        except OSError as error:
            reason = f"cannot be read ({error.strerror}); check the folder"
            self.listing.problems.append(Problem(_shown(within.rstrip("/") or "."), reason))
            return []
        below, here = [], real(folder)
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                below.append(folder / entry.name)
            else:
                self._add(entry, _shown(within + entry.name), here)
        return below

    def _add(self, entry: os.DirEntry[str], name: str, here: Path) -> None:
        is_link = entry.is_symlink()
        place = real(Path(entry.path)) if is_link else here / entry.name
        if is_link and place.is_dir():
            self.listing.problems.append(Problem(name, _LINKED_FOLDER))
        elif is_link and not any(place.is_relative_to(inside) for inside in self.allowed):
            reason = "is a symbolic link that leaves the folder; put the file itself there"
            self.listing.problems.append(Problem(name, reason))
        elif not (place.is_file() if is_link else entry.is_file()):
            self.listing.problems.append(Problem(name, "is not a regular file, or is a broken link; remove it"))
        else:
            digest = digest_in_cache(place, self.blobs)
            digests = () if digest is None else (digest,)
            self.listing.files.append(StoredPicture(name, str(place), "", entry.stat().st_size, digests))


def _shown(name: str) -> str:
    """A name as text, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


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
    place = str(path)
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/")).as_posix()  # old tools of Windows
        if is_hidden(name) or (_is_folder(member) and not member.file_size):
            continue
        if reason := _reason_against(member, name):
            listing.problems.append(Problem(f"{path.name}/{member.filename}", reason))
        else:
            listing.files.append(StoredPicture(name, place, member.filename, member.file_size))
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


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture in a file, or in a zip archive.

    Attributes:
        name: Its name relative to the source, with `/`.
        place: Where the file is, or the archive that holds it, without symbolic links; as text, which takes a third of
            the memory of a path.
        member: Its name in the archive; empty for a file.
        size: Encoded size in bytes.
        digests: What its digests should be, where that is known.
    """

    name: str
    place: str
    member: str
    size: int
    digests: tuple[Digest, ...] = ()

    @property
    def path(self) -> Path:
        """The file, or the archive that holds it."""
        return Path(self.place)

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
                return read_member(archives.open(self.path, zipfile.ZipFile), self.member, MAX_BYTES)
            with self.path.open("rb") as file:
                return file.read(self.size)  # to ask for more costs more: all that is asked for is reserved first
        except PictureError:
            raise
        except _DAMAGED_MEMBER as error:
            raise PictureError(f"is damaged in its archive ({error}); fetch the archive again") from error
        except OSError as error:
            raise PictureError(f"cannot be read ({error.strerror or error}); check the file") from error


class OpenArchives:
    """Files with many pictures, each opened when first asked for, and one clip at a time; all are closed at last."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._opened: dict[object, Any] = {}
        self._clip: Picture | None = None
        self._frames: ClipReader | None = None

    def __enter__(self) -> OpenArchives:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._close_clip()
        self._stack.close()

    def open(self, path: Path, opener: Callable[[Path], AbstractContextManager[T]]) -> T:
        """A file."""
        key = path, opener
        if key not in self._opened:
            self._opened[key] = self._stack.enter_context(opener(path))
        found: T = self._opened[key]
        return found

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
    return any(part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in name.split("/"))
