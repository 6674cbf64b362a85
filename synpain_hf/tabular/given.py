"""A file that was given as a table, and what messages call it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synpain_hf.errors import BadInputError, Problem


@dataclass(frozen=True)
class GivenFile:
    """A file that should hold a table.

    Attributes:
        path: Where it is.
        name: What messages call it.
    """

    path: Path
    name: str

    def refusal(self, reason: str, line: int | None = None) -> BadInputError:
        """The error for a file, or a line of it, that cannot be used.

        Args:
            reason: Cause, then remedy.
            line: Counted from 1; None for the whole file.
        """
        return BadInputError([Problem(self.name if line is None else f"{self.name}:{line}", reason)])

    def refuse_repeated(self, names: Collection[str], wanted: Collection[str]) -> None:
        """Refuse a table that names a wanted column several times, since only one of them could count.

        Args:
            names: The names of its columns.
            wanted: Names of columns that are used.

        Raises:
            BadInputError: If it does.
        """
        counts = Counter(name for name in names if name in wanted)
        repeated = {name: count for name, count in counts.items() if count > 1}
        if repeated:
            raise BadInputError(
                Problem(self.name, f"names the column {name!r} {count} times; keep one")
                for name, count in repeated.items()
            )

    @contextmanager
    def being_read(self) -> Iterator[None]:
        """Report a file that the system cannot read."""
        try:
            yield
        except OSError as error:
            raise self.refusal(f"cannot be read ({error.strerror or error}); check the file") from error
