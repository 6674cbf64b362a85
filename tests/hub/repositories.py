"""What a Hub keeps: repositories with their commits, branches, tags and pull requests, and who may do what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

BRANCH = "main"
STORED_APART = (".parquet", ".png", ".safetensors")
"""What git keeps as a pointer only; the Hub decides that by `.gitattributes`, and by size."""

_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


@dataclass(frozen=True)
class Account:
    """Who a token belongs to.

    Attributes:
        name: Its namespace.
        orgs: The role in each organisation.
        role: What the token may do: `read`, `write` or `fineGrained`.
        scopes: Of a fine-grained token, the permissions in each namespace or repository.
    """

    name: str
    orgs: Mapping[str, str] = field(default_factory=dict)
    role: str = "write"
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def may_write(self, repo_id: str) -> bool:
        """Whether the token may write to a repository."""
        namespace = repo_id.partition("/")[0]
        if self.role == "fineGrained":
            return any("repo.write" in self.scopes.get(name, ()) for name in (namespace, repo_id))
        return self.role == "write" and (namespace == self.name or self.orgs.get(namespace) in ("write", "admin"))

    def may_see(self, repo_id: str) -> bool:
        """Whether the token sees a private repository."""
        return repo_id.partition("/")[0] in (self.name, *self.orgs)


@dataclass(frozen=True)
class File:
    """A file of a commit.

    Attributes:
        size: Bytes.
        sha256: Its digest.
        content: Its bytes; of a file that came by Xet the Hub has none.
        apart: Whether git keeps a pointer to it.
    """

    size: int
    sha256: str
    content: bytes
    apart: bool

    @classmethod
    def of(cls, path: str, content: bytes) -> File:
        """A file of this content."""
        return cls(len(content), hashlib.sha256(content).hexdigest(), content, path.endswith(STORED_APART))

    @property
    def oid(self) -> str:
        """The id that git gives to it, or to the pointer to it."""
        return blob_id(_POINTER.format(self.sha256, self.size).encode() if self.apart else self.content)


@dataclass(frozen=True)
class Commit:
    """A commit: what was committed, on top of what, by whom."""

    files: Mapping[str, File]
    parent: str = ""
    title: str = ""
    text: str = ""
    author: str = ""


@dataclass
class PullRequest:
    """A proposed commit."""

    title: str
    text: str
    author: str
    commit: str
    status: str = "open"


@dataclass
class Repository:
    """A repository.

    Attributes:
        commits: Every commit by its id.
        refs: The branches and tags that name commits.
        requests: Its pull requests; the first has number 1.
        objects: What was uploaded apart from git, by SHA-256, committed or not.
        private: Whether it is closed to others.
        gated: `auto` or `manual` where readers must ask; else False.
        sdk: What runs a Space.
    """

    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    requests: list[PullRequest] = field(default_factory=list)
    objects: dict[str, bytes] = field(default_factory=dict)
    private: bool = False
    gated: str | bool = False
    sdk: str = ""

    def commit(self, files: Mapping[str, bytes], *refs: str) -> str:
        """Add a commit that holds these files; move these branches or tags to it.

        Returns:
            Its id.
        """
        return self.add(Commit({path: File.of(path, content) for path, content in files.items()}), *refs)

    def add(self, commit: Commit, *refs: str) -> str:
        """Add a commit; move these branches or tags to it.

        Returns:
            Its id.
        """
        listing = sorted((path, file.oid) for path, file in commit.files.items())
        said = (len(self.commits), commit.parent, commit.title, listing)
        name = hashlib.sha1(repr(said).encode()).hexdigest()
        self.commits[name] = commit
        self.refs |= dict.fromkeys(refs, name)
        self.objects |= {file.sha256: file.content for file in commit.files.values() if file.apart and file.content}
        return name

    def find(self, revision: str) -> str | None:
        """The commit that a branch, a tag, a pull request or an id names."""
        requests = {f"refs/pr/{number}": request.commit for number, request in enumerate(self.requests, 1)}
        name = {**self.refs, **requests}.get(revision, revision)
        return name if name in self.commits else None

    def tags(self) -> dict[str, str]:
        """The commit of each tag."""
        return {name: commit for name, commit in self.refs.items() if name != BRANCH}

    def files(self, revision: str = BRANCH) -> dict[str, bytes]:
        """The content of each file at a revision."""
        return {path: file.content for path, file in self.commits[self.find(revision) or ""].files.items()}

    def history(self, revision: str = BRANCH) -> Iterator[tuple[str, Commit]]:
        """The commits that led to a revision, the latest first."""
        name = self.find(revision) or ""
        while name in self.commits:
            yield name, self.commits[name]
            name = self.commits[name].parent

    def merge(self, number: int) -> None:
        """Take a pull request into the main branch."""
        request = self.requests[number - 1]
        request.status = "merged"
        proposed = self.commits[request.commit]
        self.add(Commit(proposed.files, self.refs[BRANCH], proposed.title, proposed.text, proposed.author), BRANCH)


def blob_id(content: bytes) -> str:
    """The id that git gives to a file of this content; the Hub uses it as ETag."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
