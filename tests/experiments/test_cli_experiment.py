"""`synpain-hf experiment`: what it lists, plans and prints, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synpain_hf.experiments.definition import names, text_of
from synpain_hf.release.release import Release
from tests.experiments.made import tiny
from tests.terminal import run

SHORT = ("--epochs", "1", "--batch-size", "10", "--set", "use_cpu=true", "--seeds", "1")


@pytest.fixture
def words(sixty: Release, tmp_path: Path) -> list[str]:
    """A short cross-validation as it is typed."""
    places = {"--runs": tmp_path / "runs", "--cache-dir": tmp_path / "faces", "--out": tmp_path / "out"}
    options = [word for option, place in places.items() for word in (option, str(place))]
    model = tiny(tmp_path).model
    return ["experiment", "cross-validation", "--data", str(sixty.folder), "--model", model, *options, *SHORT]


def test_list_names_each_experiment_with_its_question() -> None:
    lines = run("experiment", "list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == names()
    assert all(line.endswith("?") for line in lines)
    said = json.loads(run("experiment", "list", "--json").stdout)
    assert [one["name"] for one in said["experiments"]] == names()


def test_show_prints_a_file_to_begin_ones_own_with() -> None:
    assert run("experiment", "show", "scarce").stdout == text_of("scarce")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("show",), "say which experiment is to be shown: `experiment show ablation`"),
        (("show", "scarc"), "'scarc' is not an experiment (did you mean 'scarce'?)"),
        (("stratified", "scarce"), "one experiment at a time"),
        (("cross-validation",), "--data is missing, and cross-validation needs it; give a data set"),
        (("cross-validation", "--data", "nowhere", "--seeds", "1,x"), "--seeds is '1,x'"),
        (("cross-validation", "--data", "nowhere", "--set", "seed=3"), "--set seed is given"),
        (("cross-validation", "--data", "nowhere", "--epochs", "0"), "--epochs is 0"),
        (("cross-validation", "--data", "nowhere"), "nowhere is neither a folder nor an installed data set"),
        (("cross-validation", "--data", "nowhere", "--model", "pwctt"), "--model is 'pwctt'"),
        (("mine.yaml",), "mine.yaml cannot be read (No such file or directory)"),
    ],
)
def test_a_slip_is_told_with_what_to_type(typed: tuple[str, ...], told: str) -> None:
    done = run("experiment", *typed, columns=500)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {told}")


@pytest.mark.slow
def test_a_dry_run_says_what_would_be_trained_and_a_second_that_all_is_there(words: list[str], tmp_path: Path) -> None:
    planned = run(*words, "--dry-run")
    assert planned.exit_code == 0, planned.output
    *runs, told = planned.stdout.splitlines()
    assert [line[14:] for line in runs] == [
        f"to be trained: all groups, fold {fold}, seed 1, 36 pairs" for fold in range(5)
    ]
    assert told.startswith("5 models, of which 0 are there; the rest takes ")
    assert told.endswith(" at most on the processor")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "runs" / "trained").exists()
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["runs"]["count"] == 5
    again = run(*words, "--dry-run").stdout.splitlines()
    assert again[-1] == "5 models, and all are there"
    assert all("  there: all groups" in line for line in again[:-1])
    next((tmp_path / "runs" / "judged").iterdir()).unlink()
    lines = run(*words, "--dry-run").stdout.splitlines()
    assert sum("  to be judged: all groups" in line for line in lines) == 1
    assert lines[-1].startswith("5 models, of which 4 are there; the rest takes ")


@pytest.mark.slow
def test_a_dry_run_for_programs_has_each_scenario(words: list[str]) -> None:
    said = json.loads(run(*words, "--dry-run", "--json").stdout)
    assert (said["models"], said["pending"]) == (5, 5)
    assert said["seconds"] > 0
    assert [one["scenario"]["turn"] for one in said["runs"]] == [f"cv_{fold}" for fold in range(5)]
    assert not any(one["there"] for one in said["runs"])


def test_nothing_is_written_into_a_release(words: list[str], sixty: Release) -> None:
    out = sixty.folder / "experiments"
    refused = run(*words, "--out", out)
    assert refused.exit_code == 2
    assert "is in the release" in " ".join(refused.stderr.split())
    assert not out.exists()
