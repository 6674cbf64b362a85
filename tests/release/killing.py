"""A source that kills who reads it: once, the worker that first comes to a certain pair."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from synpain_hf.errors import Problem
from synpain_hf.pair import Archives, Clip, Pair, Picture
from synpain_hf.release.build import build
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.folds import FoldsFile


@dataclass(frozen=True)
class KillingPicture:
    """A picture whose first reader is killed.

    Attributes:
        picture: What other readers get.
        mark: A file that is there once it has killed.
    """

    picture: Picture
    mark: Path

    @property
    def name(self) -> str:
        return self.picture.name

    @property
    def is_verified(self) -> bool:
        return self.picture.is_verified

    def stamp(self) -> object:
        return self.picture.stamp()

    def read(self, archives: Archives) -> bytes:
        if not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.picture.read(archives)


class KillingSource:
    """A source, one of whose pictures kills its first reader."""

    def __init__(self, source: Source, mark: Path) -> None:
        self._source, self._mark = source, mark

    @property
    def folds_file(self) -> FoldsFile | None:
        return self._source.folds_file

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Pair | Clip | Problem]:
        for number, entry in enumerate(self._source):
            if number == len(self) // 2 and isinstance(entry, Pair):
                yield replace(entry, pictures=(KillingPicture(entry.pictures[0], self._mark),))
            else:
                yield entry

    def describe(self) -> Mapping[str, object]:
        return self._source.describe()


def main(source: str, out: str, mark: str, engine: str) -> None:
    """Build a release of it with two workers, and print every step of the progress."""
    build(
        KillingSource(open_source([source]), Path(mark)),
        out,
        version="1.0.0",
        workers=2,
        engine=engine,  # type: ignore[arg-type]
        progress=print,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
