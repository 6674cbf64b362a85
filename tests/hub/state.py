"""Everything a Hub knows, and how it outlives the server."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from tests.hub.repositories import Account, Repository

WRITER = "hf_a_token_that_may_write"


@dataclass
class State:
    """Everything a Hub knows.

    Attributes:
        repositories: Data sets by id, Spaces by `spaces/` and their id.
        accounts: Who each token belongs to.
        folder: Where it is kept; None to forget it with the server.
        page: Entries of a tree in one answer.
        remarks: What it finds wanting in every card.
        xet: Folder of the chunks, where the Hub offers Xet.
        url: The Hub's address.
        storage_url: The address of what is stored apart from git.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=lambda: {WRITER: Account("maker", {"lab": "write"})})
    folder: Path | None = None
    page: int = 1000
    xet: Path | None = None
    remarks: tuple[str, ...] = ()
    url: str = ""
    storage_url: str = ""
    _lock: RLock = field(default_factory=RLock)

    def repository(self, kind: str, repo_id: str) -> Repository | None:
        """A repository, if there is one."""
        return self.repositories.get(key_of(kind, repo_id))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Answer one request at a time, and keep what it changed before it is answered."""
        with self._lock:
            yield
            if self.folder:
                new = self.folder / "repositories.new"
                new.write_bytes(pickle.dumps(self.repositories))
                new.replace(self.folder / "repositories")

    def restore(self) -> None:
        """Know again what was kept."""
        if self.folder and (self.folder / "repositories").exists():
            self.repositories = pickle.loads((self.folder / "repositories").read_bytes())


def key_of(kind: str, repo_id: str) -> str:
    """What a repository is kept under."""
    return repo_id if kind == "dataset" else f"{kind}s/{repo_id}"
