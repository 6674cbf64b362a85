"""What can go wrong, as one tree of exceptions.

Every error of this package is a `SynpainError`, and also the builtin that a caller would catch. A message says what
happened, then what to do about it. `exit_status` is what the command line returns: 1 where the data (or the place
they are in) are at fault, 2 where the command is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from synpain_hf.text.plurals import count


class SynpainError(Exception):
    """Root of all errors of this package."""

    exit_status = 1
    problems: Sequence[Problem] = ()
    """Everything that is wrong with the input, where there may be several things."""

    @property
    def headline(self) -> str:
        """The message without the list of problems."""
        return str(self)


class UsageError(SynpainError, ValueError):
    """An argument that cannot be right, whatever the data.

    Args:
        fault: What is wrong, then the remedy; where arguments are named, what is wrong with them: `is 0; give 1`.
        arguments: Their names, with which the message begins.
        mentions: Names of other arguments, which stand in the fault in braces.
    """

    exit_status = 2

    def __init__(self, fault: str, *arguments: str, mentions: Iterable[str] = ()) -> None:
        self._fault = fault
        self._arguments = arguments
        self._mentions = tuple(mentions)
        super().__init__(self.naming(str))

    def naming(self, typed: Callable[[str], str]) -> str:
        """The message with other names for the arguments, such as the options of a command."""
        names = " and ".join(map(typed, self._arguments))
        fault = self._fault
        for name in self._mentions:
            fault = fault.replace(f"{{{name}}}", typed(name))
        return f"{names} {fault}" if names else fault


class PictureError(SynpainError, ValueError):
    """A picture that cannot be used; the message is the reason, without the file's name."""


class PicturesError(PictureError):
    """Several pictures that cannot be used.

    Args:
        problems: What is wrong with each.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def headline(self) -> str:
        """The message without the list of problems."""
        return f"{count(len(self.problems), 'picture')} cannot be used"

    def __reduce__(self) -> tuple[type[PicturesError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)


class OutputError(SynpainError, OSError):
    """The place to write to is missing, read-only, full, or taken."""


class ReleaseError(SynpainError, ValueError):
    """A folder that is not a complete release, or one whose files do not fit its `release.json`.

    Args:
        fault: What is wrong, then the remedy.
        problems: What is wrong with each file, where that is more.
    """

    def __init__(self, fault: str, problems: Iterable[Problem] = ()) -> None:
        self._fault = fault
        self.problems = in_order(problems)
        listed = [f"{fault}:", *map(str, self.problems)] if self.problems else [fault]
        super().__init__("\n  ".join(listed))

    @property
    def headline(self) -> str:
        """The message without the list of problems."""
        return self._fault

    def __reduce__(self) -> tuple[type[ReleaseError], tuple[str, Sequence[Problem]]]:
        return type(self), (self._fault, self.problems)


class VersionError(SynpainError, ValueError):
    """A version number that promises less change than there is."""


class DownloadError(SynpainError, OSError):
    """The Hub could not be reached, or refused."""


class UnreachableError(DownloadError):
    """The Hub did not answer, and what was asked for is not in the cache."""


class PublishError(SynpainError, OSError):
    """The Hub could not be reached, or refused, or does not hold what was sent."""


class NotInstalledError(SynpainError, FileNotFoundError):
    """No release is installed on this machine."""


class MissingExtraError(SynpainError, ImportError):
    """A library that only some commands need is missing."""

    exit_status = 2


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with the input.

    Attributes:
        file: Name of the file, relative to the source, with the line where it is a table (`pairs.csv:7`).
        reason: Cause, then remedy.
        pair_id: The pair that is lost because of it; empty if it is not about a single pair.
        absent: The picture that is not there, where nothing else is wrong with an entry of the source.
    """

    file: str
    reason: str
    pair_id: str = ""
    absent: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"

    def to_dict(self) -> dict[str, str]:
        """The problem as JSON-ready fields."""
        return {"file": self.file, "reason": self.reason, "pair_id": self.pair_id}


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems without repetitions, by file, then by line as a number."""

    def place(problem: Problem) -> tuple[str, int, Problem]:
        file, _, line = problem.file.rpartition(":")
        return (file, int(line), problem) if file and line.isdecimal() else (problem.file, 0, problem)

    return sorted(set(problems), key=place)


class BadInputError(SynpainError, ValueError):
    """Everything that is wrong with a source, in one sorted list.

    Attributes:
        problems: The list; never empty.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = in_order(problems)
        super().__init__("\n  ".join([f"{count(len(self.problems), 'problem')}:", *map(str, self.problems)]))

    def __reduce__(self) -> tuple[type[BadInputError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)


class InputWarning(UserWarning):
    """Input that was used, though it may be wrong."""


Notice = Callable[[Sequence[Problem]], None]
"""Called with what may be wrong with input that was used."""


def warn_of(problems: Sequence[Problem]) -> None:
    """Warn the caller of the function that found this, as Python does."""
    title = f"{count(len(problems), 'pair')} to look at:"
    warnings.warn("\n  ".join([title, *map(str, in_order(problems))]), InputWarning, stacklevel=3)
