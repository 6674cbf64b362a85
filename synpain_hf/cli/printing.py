"""What a command prints: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import typer

from synpain_hf.errors import BadInputError, Problem, SynpainError, UsageError, in_order
from synpain_hf.progress import Progress, shown_on
from synpain_hf.text.plurals import count

_PROBLEMS_ON_A_TERMINAL = 20
_USUAL_WIDTH = 80
_INTERRUPTED = 130


def as_option(name: str) -> str:
    """An argument as it is typed: `--image-size` for `image_size`."""
    return f"--{name.replace('_', '-')}"


@contextmanager
def reported(as_json: bool, as_typed: Callable[[str], str] | None = None) -> Iterator[Progress]:
    """Show progress, and turn an error into a report and an exit status.

    Args:
        as_json: Whether the report is for programs.
        as_typed: What is typed for an argument that an error names; by default `as_option`.
    """
    try:
        with shown_on(sys.stderr) as progress:
            yield progress
    except SynpainError as error:
        problems = error.problems
        if isinstance(error, BadInputError):
            summary = f"{count(len(problems), 'problem')}, and nothing was written"
        else:
            message = error.naming(as_typed or as_option) if isinstance(error, UsageError) else error.headline
            summary = " ".join(message.splitlines())
        if as_json:
            print_json({"error": summary, "problems": [problem.to_dict() for problem in problems]})
        else:
            print_line(f"error: {summary}{':' * bool(problems)}", on=sys.stderr)
            _print_report(problems)
        raise typer.Exit(error.exit_status) from None
    except KeyboardInterrupt:
        print_line("interrupted: give the same command again to go on", on=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None


def print_warning(problems: Sequence[Problem], what: str = "pair") -> None:
    """Print, on standard error, what may be wrong with input that was used.

    Args:
        problems: What may be wrong.
        what: What each of them is about.
    """
    print_line(f"warning: {count(len(problems), what)} to look at:", on=sys.stderr)
    _print_report(in_order(problems))


def _print_report(problems: Sequence[Problem]) -> None:
    shown = _PROBLEMS_ON_A_TERMINAL if sys.stderr.isatty() else len(problems)
    for problem in problems[:shown]:
        print_line(f"  {problem}", on=sys.stderr, indent=4)
    if len(problems) > shown:
        left = len(problems) - shown
        print_line(f"  … and {left:,} more; send them to a file to see all (2> problems.txt)", on=sys.stderr, indent=4)


def print_table(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Print counts of pairs, a line a name."""
    width = max(map(len, (title, *counts)))
    print_line("")
    print_line(f"{title:<{width}}  pairs")
    for name, parts in counts.items():
        if parts:
            cells = ", ".join(f"{part}: {number:,}" for part, number in parts.items())
            print_line(f"{name:<{width}}  {cells}", indent=width + 2)


def print_line(text: str, on: TextIO | None = None, indent: int = 2) -> None:
    """Print a line: wrapped on a terminal, what follows indented; whole elsewhere.

    What no terminal should get, such as a control character in the name of a file, is escaped.
    """
    stream = on or sys.stdout
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    if stream.isatty():
        text = textwrap.fill(
            text, width(stream), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
    print_text(text, stream)


def print_text(text: str, on: TextIO | None = None) -> None:
    """Print a text as it is, and end the program where it cannot be written.

    A pipe that is no longer read is left to the command line's library.
    """
    stream = on or sys.stdout
    try:
        typer.echo(text, file=stream)
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # else what is left is written again at the end
        if stream is not sys.stderr:
            reason = f"the result could not be printed ({error.strerror})"
            print_line(f"error: {reason}; send it to another place", on=sys.stderr)
        raise typer.Exit(1) from error


def width(stream: TextIO) -> int:
    """Columns of a terminal; 80 where there is none."""
    return (os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0) or _USUAL_WIDTH


def print_json(document: Mapping[str, Any]) -> None:
    """Print a document for programs."""
    print_text(json.dumps(document, indent=2))


def size(number: float) -> str:
    """A number of bytes, in a unit that suits it: `12.3 MB`."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"
