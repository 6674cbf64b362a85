"""Whoever the weights of a method have learned is found among identities and drivers, and what is left out is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from synpain_hf.generation.transfer.methods.method import Choices
from synpain_hf.generation.transfer.methods.warp import Warp
from synpain_hf.release.build import build
from synpain_hf.transferring.cast import members_of
from synpain_hf.transferring.choosing import Couple
from synpain_hf.transferring.unseen import told_of_learned, without_learned
from tests.release.making import manifest_rows, write_manifest
from tests.transfer.making import person


def taught(*learned: str, weights: str = "lab/refiner") -> Warp:
    """A method whose weights have learned from somebody."""
    method = Warp(Choices(weights=weights))
    method.learned = frozenset(learned)
    return method


IDENTITIES = [person(1), replace(person(2), origins=frozenset({"person-9"}))]
DRIVERS = [person(3), replace(person(4), origins=frozenset({"person-9"})), person(5)]


def test_whoever_was_learned_is_left_out_and_so_is_whoever_has_the_expression_of_one() -> None:
    left = without_learned(IDENTITIES, DRIVERS, taught("person-1", "person-3", "person-9"))
    assert left.identities == IDENTITIES[1:]  # the neutral face is nobody else's
    assert left.drivers == DRIVERS[2:]
    (problem,) = left.problems
    assert problem.file == "refiner"
    assert problem.reason == "has learned from 1 of 2 identities and 2 of 3 drivers, which --unseen leaves out"


def test_where_nobody_is_left_it_is_said_what_to_do() -> None:
    left = without_learned(IDENTITIES, DRIVERS, taught("person-3", "person-5", "person-9"))
    assert not left.drivers
    (problem,) = left.problems
    assert problem.reason == (
        "has learned from 3 of 3 drivers, which --unseen leaves out; give others, or leave out --unseen"
    )


def test_where_nobody_was_learned_nothing_is_said() -> None:
    assert without_learned(IDENTITIES, DRIVERS, taught("person-7")).problems == []
    assert told_of_learned([Couple(IDENTITIES[0], DRIVERS[0])], taught("person-7")) == []


def test_a_driver_with_the_expression_of_one_who_was_learned_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.chdir(folder)
    couples = [Couple(IDENTITIES[1], driver) for driver in DRIVERS]
    (problem,) = told_of_learned(couples, taught("person-9", weights="."))
    assert problem.file == "weights"
    assert problem.reason.startswith("has learned from the identity or the driver of 1 of 3 pairs; where these")


def test_expressions_are_traced_from_face_to_face(tmp_path: Path) -> None:
    rows = [
        {**row, "identity": identity, "derived_from": origin, "fold": "0"}
        for row, identity, origin in zip(manifest_rows(3), "abc", ("", "a", "b"), strict=True)
    ]
    release = build(write_manifest(tmp_path, rows), tmp_path / "release", version="1.0.0", notice=lambda _: None)
    assert {one.identity: one.origins for one in members_of(release)} == {
        "a": frozenset(), "b": frozenset("a"), "c": frozenset("ab"),
    }  # fmt: skip
