"""The command, its report, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synpain_hf.errors import UsageError
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.validation.validate import validate
from tests.release.before import as_before
from tests.terminal import run
from tests.validation.making import Pixels, made


def wider(pixels: Pixels, is_pain: bool) -> Pixels:
    return pixels[:, : -4 if is_pain else None]


@pytest.fixture(scope="module")
def misleading(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return made(tmp_path_factory.mktemp("misleading") / "set", plant=wider)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return made(tmp_path_factory.mktemp("plain") / "set")


def test_a_release_without_fault_passes(plain: Release, tmp_path: Path) -> None:
    done = run("validate", str(plain.folder), "--out", str(tmp_path / "report"))
    assert done.exit_code == 0, done.output
    assert done.stdout.count("passed") == 6
    assert "Can the label be told only by the face?" in done.stdout


def test_what_misleads_is_told_and_ends_with_status_1(misleading: Release, tmp_path: Path) -> None:
    done = run("validate", str(misleading.folder), "--out", str(tmp_path / "report"))
    assert done.exit_code == 1
    assert "the size of the pictures alone tells the label: AUROC 1.000" in done.stdout
    page = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| Can the label be told only by the face? | failed |" in page
    assert "| size | 1.000 (" in page


def test_the_report_fits_its_schema(misleading: Release, tmp_path: Path) -> None:
    validation = validate(misleading.folder, tmp_path / "report", workers=2)
    written = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(validation.to_dict()))
    assert violations("validation_report", written) == []
    printed = run("validate", str(misleading.folder), "--json")
    assert (printed.exit_code, json.loads(printed.stdout)) == (1, written)


def test_a_damaged_release_is_told_first_and_nothing_else_is_checked(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=8)
    file = release.folder / release.partitions[0].path
    file.write_bytes(file.read_bytes()[:-9])
    validation = validate(release.folder)
    outcomes = {name: found.outcome for name, found in validation.found.items()}
    assert outcomes.pop("files") == "failed"
    assert set(outcomes.values()) == {"not made"}
    assert validation.has_failed
    assert "## Shortcuts" not in validation.to_markdown()


def test_a_report_is_not_written_over(plain: Release, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    with pytest.raises(UsageError, match="report"):
        validate(plain.folder, tmp_path / "report")
    assert not list((tmp_path / "report").iterdir())


def test_a_release_of_an_earlier_version_without_identities_is_validated(tmp_path: Path) -> None:
    release = as_before(made(tmp_path / "set", pairs=16).folder)
    found = validate(release.folder).found
    assert found["files"].outcome == "passed", found["files"].told
    assert found["identities"].numbers["identities"] == 16
