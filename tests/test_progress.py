"""How far long work has come, on a terminal and elsewhere."""

from __future__ import annotations

import io
import itertools
import time

import pytest

from synpain_hf.progress import shown_on


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(steps: list[tuple[str, int, int]], stream: io.StringIO | None = None) -> str:
    """What a stream, by default a file, got of some steps."""
    stream = stream or io.StringIO()
    with shown_on(stream) as progress:
        for step in steps:
            progress(*step)
    return stream.getvalue()


def test_lines_tell_the_beginning_and_the_end() -> None:
    steps = [("pairs", done, 5_355) for done in range(5_356)]
    assert shown(steps) == "pairs: 0 of 5,355\npairs: 5,355 of 5,355\n"


def test_lines_tell_what_is_between_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", itertools.count(start=100, step=4).__next__)
    told = shown([("pairs", done, 8) for done in range(8)])
    assert told == "pairs: 0 of 8\npairs: 3 of 8\npairs: 6 of 8\n"


def test_each_kind_of_work_has_lines_of_its_own() -> None:
    steps = [("verify", 1, 2), ("verify", 2, 2), ("install", 1, 2), ("install", 2, 2)]
    assert shown(steps) == "verify: 1 of 2\nverify: 2 of 2\ninstall: 1 of 2\ninstall: 2 of 2\n"


def test_a_terminal_shows_a_bar_for_each_kind_of_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    written = shown([("verify", 2, 2), ("install", 1, 2)], Terminal())
    assert "━" in written
    assert "verify" in written
    assert "1/2" in written
    assert "of" not in written


def test_a_terminal_shows_no_bar_before_there_is_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert shown([], Terminal()) == ""


def test_a_terminal_that_can_draw_no_bar_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert shown([("pairs", 1, 1)], Terminal()) == "pairs: 1 of 1\n"
