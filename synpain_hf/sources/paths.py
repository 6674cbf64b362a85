"""Paths in a source: found as they were meant, and never outside its folder."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from synpain_hf.text.suggestions import nearest

_FILE_URL = re.compile(r"file:(?://(?:localhost)?(?=/))?", re.IGNORECASE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*://|[a-z]:[\\/]", re.IGNORECASE)
"""Addresses on the web, and drives of Windows."""

_MOST_SUGGESTIONS = 20
"""Names for which a similar one is looked up: in a folder of thousands of files that takes time."""

_HUB_REPOSITORY = re.compile(r"(datasets|models|spaces)--.+")


class Found(NamedTuple):
    """A file in a folder.

    Attributes:
        name: Its path below the folder, with `/`, spelled as it is on the disk.
        path: Where it is, without symbolic links.
    """

    name: str
    path: Path


def stamp_of(path: Path) -> tuple[int, int] | None:
    """The size of a file, and when it was changed; None where it is gone: reading it will say so."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


class NotThereError(ValueError):
    """A file that a path names is not there.

    Args:
        path: The path.
        near: The name of a file that may be meant; empty where there is none.
    """

    def __init__(self, path: str, near: str) -> None:
        self.path, self.near = path, near
        there = f" to {near!r}" if near else ""
        super().__init__(f"does not exist; put it there, or correct the name{there}")


class FolderPaths:
    """The files below a folder, by the paths that people write for them.

    A path is relative to the folder. It may also be absolute or a `file:` URL, have backslashes, `%20` for a space,
    accents composed or decomposed, `..`, or another case where only one file fits; whatever it is, the file that it
    names is below the folder. A file that is called exactly so comes first.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._root = real(folder)
        self._roots = (self._root, Path(os.path.abspath(folder)))
        self._places = places_below(folder)
        self._listings: dict[Path, Mapping[str, Sequence[str]]] = {}
        self._suggestions = 0

    def find(self, path: str) -> Found:
        """The file that a path means.

        Raises:
            NotThereError: If there is none.
            ValueError: If it leads out of the folder; these messages, too, are cause and remedy.
            OSError: If a folder on the way cannot be read.
        """
        below = [parts for parts in map(self._below, _spellings(path)) if parts is not None]
        for parts in below:
            found = self._walk(parts)
            if found and found.path.is_file():
                return found
        near = self._near(path, below)
        if not below:
            there = f" ({near!r} is there)" if near else ""
            raise ValueError(f"leaves the manifest's folder; give a path below it{there}")
        raise NotThereError(path, near)

    def _below(self, spelling: str) -> tuple[str, ...] | None:
        """The parts of a path below the folder; None where it leads elsewhere."""
        if "\0" in spelling or _ELSEWHERE.match(spelling):
            return None
        for root in self._roots:
            path = PurePosixPath(os.path.normpath(root / spelling))
            if path.is_relative_to(root):
                return path.relative_to(root).parts
        return None

    def _walk(self, parts: Sequence[str]) -> Found | None:
        """What stands at the end of a path below the folder; None where nothing does."""
        here, names = self._root, list[str]()
        for part in parts:
            name = self._entry(here, part)
            if name is None:
                return None
            names.append(name)
            here = self._inside(here / name)
        return Found("/".join(names), here)

    def _inside(self, path: Path) -> Path:
        place = real(path)
        if not any(place.is_relative_to(allowed) for allowed in self._places):
            raise ValueError("is a symbolic link that leaves the manifest's folder; put the file itself there")
        return place

    def _entry(self, folder: Path, part: str) -> str | None:
        """The entry of a folder that is called so: exactly, else but for its accents' form, else but for its case."""
        try:
            os.lstat(folder / part)
        except (FileNotFoundError, NotADirectoryError):
            names = self._listing(folder).get(_folded(part), ())
            alike = [name for name in names if _composed(name) == _composed(part)] or names
            return alike[0] if len(alike) == 1 else None
        return part

    def _listing(self, folder: Path) -> Mapping[str, Sequence[str]]:
        """The names in a folder, sorted, by their form without case."""
        if folder not in self._listings:
            listing = defaultdict(list)
            for name in sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ():
                listing[_folded(name)].append(name)
            self._listings[folder] = listing
        return self._listings[folder]

    def _near(self, path: str, below: Sequence[Sequence[str]]) -> str:
        """A file that may be meant: what the end of the path names, else one whose name is similar; or nothing."""
        if self._suggestions == _MOST_SUGGESTIONS:
            return ""
        self._suggestions += 1
        given = PurePosixPath(path.replace("\\", "/")).parts
        ends = [given[start:] for start in range(1, len(given))]
        try:
            for parts in (end for end in ends if ".." not in end):
                found = self._walk(parts)
                if found and found.path.is_file():
                    return found.name
            return next(filter(None, map(self._similar, below)), "")
        except (OSError, ValueError):
            return ""

    def _similar(self, parts: Sequence[str]) -> str:
        """The file whose folders and name are most similar; nothing where none is."""
        here, names = self._root, list[str]()
        for part in parts:
            listed = [name for alike in self._listing(here).values() for name in alike]
            name = self._entry(here, part) or nearest(part, listed)
            if not name:
                return ""
            names.append(name)
            here = self._inside(here / name)
        return "/".join(names) if here.is_file() else ""


def real(path: Path) -> Path:
    """A path without symbolic links; unlike `Path.resolve`, a loop of links is not an error."""
    return Path(os.path.realpath(path))


def places_below(folder: Path) -> list[Path]:
    """Where a link in a folder may lead: below that folder; from a snapshot in the Hub's cache, to its `blobs` too."""
    start = Path(os.path.abspath(folder))
    for parent in (start, *start.parents):
        blobs = parent.parent / "blobs"
        if parent.name == "snapshots" and _HUB_REPOSITORY.fullmatch(parent.parent.name):
            is_cache = blobs.is_dir() and not blobs.is_symlink() and not parent.is_symlink()
            return [real(folder), real(blobs)] if is_cache else [real(folder)]
    return [real(folder)]


def blobs_of(folder: Path) -> Path | None:
    """Where the files of a snapshot in the Hub's cache really are; None for any other folder."""
    _, *blobs = places_below(folder)
    return blobs[0] if blobs else None


def _spellings(path: str) -> Iterator[str]:
    """How a path can be read, the likeliest first."""
    url = _FILE_URL.match(path)
    if url:
        yield unquote(path[url.end() :])
        return
    forward = path.replace("\\", "/")
    yield from dict.fromkeys((path, forward, unquote(forward)))


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return _composed(_composed(name).casefold())
