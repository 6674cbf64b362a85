"""Digests that come with a source: lists as `sha256sum` writes them, and the names of files in the Hub's cache."""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.sources.paths import blobs_of, real
from synpain_hf.tabular.given import GivenFile

MOST_BYTES = 2**24
"""Of a list: some 100,000 files."""

_ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
"""By the number of digits of a digest."""

_OURS = re.compile(r"checksums?(\.(md5|sha1|sha256|sha512|txt))?|(md5|sha1|sha256|sha512)sums?(\.txt)?", re.IGNORECASE)
_OF_ARCHIVES = re.compile(r"manifest(-(md5|sha1|sha256|sha512))?\.txt", re.IGNORECASE)
"""Of a BagIt bag, or of a download from Dataverse, which may list files in another way."""

_LINE = re.compile(r"(?P<escaped>\\?)(?P<digest>[0-9a-f]+)(?: [ *]|[ \t]+)(?P<name>.+)", re.IGNORECASE)
_TAGGED = re.compile(
    r"(?P<escaped>\\?)(?:MD5|SHA1|SHA256|SHA512) ?\((?P<name>.+)\) ?= (?P<digest>[0-9a-f]+)", re.IGNORECASE
)
_ESCAPES = {r"\\": "\\", r"\n": "\n", r"\r": "\r"}
_BLOB = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OF_GIT = 40
_BLOCK = 2**20
_MOST_PROBLEMS = 20
HUB = "the Hub"


@dataclass(frozen=True)
class Digest:
    """What a file's digest should be.

    Attributes:
        algorithm: As `hashlib` calls it; `git` for that of git's objects.
        value: In hexadecimal.
        said_by: Who says so.
    """

    algorithm: str
    value: str
    said_by: str

    def fits(self, content: bytes) -> bool:
        """Whether a file's content has it."""
        digest = self._begun(len(content))
        digest.update(content)
        return digest.hexdigest() == self.value

    def is_of(self, path: Path) -> bool:
        """Whether a file on the disk has it."""
        digest = self._begun(path.stat().st_size)
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest() == self.value

    def _begun(self, size: int) -> hashlib._Hash:
        if self.algorithm == "git":
            return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        return hashlib.new(self.algorithm, usedforsecurity=False)

    def complaint(self) -> str:
        """What is wrong with a file that does not have it: cause, then remedy."""
        if self.said_by == HUB:
            return "is not what the Hub sent; remove the data set from the cache of the Hub, and download it again"
        return f"does not fit its digest in {self.said_by}; fetch it again, or correct the list"


def is_list(name: str) -> bool:
    """Whether a file of this name lists digests."""
    last = PurePosixPath(name).name
    return bool(_OURS.fullmatch(last) or _OF_ARCHIVES.fullmatch(last))


def read_list(name: str, content: bytes) -> dict[str, Digest]:
    """The digests in a list, by the names of the files relative to the source.

    Args:
        name: The list, relative to the source: files are named from where it stands.
        content: Its content.

    Raises:
        BadInputError: If a line is not understood, or names a file again with another digest.
    """
    if len(content) > MOST_BYTES:
        raise BadInputError([Problem(name, f"has more than {MOST_BYTES:,} bytes; give one line a file")])
    found: dict[str, Digest] = {}
    problems = []
    for number, line in enumerate(content.decode("utf-8-sig", "surrogateescape").splitlines(), 1):
        listed = _listed(line)
        if listed is None:
            if line.strip() and not line.startswith("#") and _OURS.fullmatch(PurePosixPath(name).name):
                problems.append(Problem(f"{name}:{number}", "is not a digest and a name; write it with sha256sum"))
            continue
        file, value = listed
        digest = Digest(_ALGORITHMS[len(value)], value, name)
        key = key_of(posixpath.join(posixpath.dirname(name), file))
        if found.setdefault(key, digest) != digest:
            problems.append(Problem(f"{name}:{number}", f"names {file} again with another digest; keep the right one"))
    if problems:
        raise BadInputError(problems[:_MOST_PROBLEMS])
    return found


def digest_in_cache(path: Path, blobs: Path | None) -> Digest | None:
    """What the Hub says of a file in its cache, where files are called by their digests.

    Args:
        path: The file, without links.
        blobs: The folder of all files of the repository there; None for a file that is not there.
    """
    if path.parent != blobs or not _BLOB.fullmatch(path.name):
        return None
    return Digest("git" if len(path.name) == _OF_GIT else "sha256", path.name, HUB)


@dataclass(frozen=True)
class Published:
    """What is published of the digests of the files beside a manifest.

    Attributes:
        listed: What lists say, by the names of the files from there.
        blobs: Where the manifest is in the Hub's cache, the folder of its files there.
    """

    listed: Mapping[str, Digest]
    blobs: Path | None

    @classmethod
    def beside(cls, manifest: Path) -> Published:
        """Read all lists beside a manifest.

        Raises:
            BadInputError: If a list is not understood, or the manifest does not fit its own digest.
        """
        listed: dict[str, Digest] = {}
        with GivenFile(manifest, manifest.name).being_read():
            for path in sorted(manifest.parent.iterdir()):
                if is_list(path.name) and path != manifest and path.is_file():
                    with path.open("rb") as file:
                        listed |= read_list(path.name, file.read(MOST_BYTES + 1))
            published = cls(listed, blobs_of(manifest.parent))
            for digest in published.of(manifest.name, real(manifest)):
                if not digest.is_of(manifest):
                    raise BadInputError([Problem(manifest.name, digest.complaint())])
        return published

    def of(self, name: str, path: Path) -> tuple[Digest, ...]:
        """What is known of a file.

        Args:
            name: Its name from the manifest.
            path: Where it is, without links.
        """
        known = (digest_in_cache(path, self.blobs), self.listed.get(key_of(name)))
        return tuple(digest for digest in known if digest is not None)


def key_of(name: str) -> str:
    """A name by which a file is looked up, however it is written."""
    return unicodedata.normalize("NFC", posixpath.normpath(name.replace("\\", "/")))


def _listed(line: str) -> tuple[str, str] | None:
    """The name and the digest in a line; None where it has none."""
    match = _LINE.fullmatch(line) or _TAGGED.fullmatch(line)
    if match is None or len(match["digest"]) not in _ALGORITHMS:
        return None
    name = match["name"]
    if match["escaped"]:
        name = re.sub(r"\\[\\nr]", lambda found: _ESCAPES[found[0]], name)
    return name, match["digest"].lower()
