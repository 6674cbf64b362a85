"""The fuzzer finds what it looks for, and tells the shortest case that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import planted
from tests.fuzz.damage import BYTES, flip
from tests.fuzz.running import Bounds, Files, Use
from tests.fuzz.searching import Finding, Target, prepare, report, search

FAULTS = {
    "traceback": planted.traceback,
    "wrong": planted.wrong,
    "memory": planted.memory,
    "time": planted.time,
    "crashed": planted.crashed,
    "outside": planted.outside,
    "left": planted.left,
}


def make() -> Iterator[Files]:
    yield {planted.NAME: planted.GOOD, "beside": b"a file that plays no part"}


def target(use: Use, *, links: bool = False) -> Target:
    bounds = Bounds(memory=60 * 2**20, seconds=0.1 if use is planted.time else Bounds.seconds)
    made = Target(make, {planted.NAME: BYTES, "*": (flip,)}, use, links=links, bounds=bounds)
    prepare(made)
    return made


def found(use: Use, cases: int = 6, *, links: bool = False) -> list[Finding]:
    return search(target(use, links=links), seed=0, cases=cases)[1]


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found_and_its_case_is_as_short_as_can_be(kind: str) -> None:
    (finding,) = found(FAULTS[kind])
    assert finding.outcome.kind == kind
    assert [step.file for step in finding.steps] == [planted.NAME]


def test_a_file_beside_the_input_that_is_taken_in_through_a_link_is_found() -> None:
    assert [finding.outcome.kind for finding in found(planted.copied, 40, links=True)] == ["outside"]


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    counts, findings = search(target(planted.none), seed=0, cases=8)
    assert not findings
    assert set(counts) == {"good input: built", "refused", "built"}
    assert sum(counts.values()) == 9


def test_the_same_seed_tries_the_same_cases(tmp_path: Path) -> None:
    cases = [[finding.steps for finding in found(planted.wrong, cases=4)] for _ in range(2)]
    assert cases[0] == cases[1] != []


def test_what_was_found_can_be_tried_again(tmp_path: Path) -> None:
    counts, findings = search(target(planted.wrong), seed=0, cases=6)
    text = report(counts, findings, tmp_path)
    assert "FAULT wrong: accepted with other pixels" in text
    with pytest.raises(Exception, match="accepted with other pixels"):
        planted.wrong(tmp_path / "wrong-0" / "in", tmp_path)
