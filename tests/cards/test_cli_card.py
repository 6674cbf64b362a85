"""`synpain-hf card`: what it prints, where, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from synpain_hf.cli import app
from synpain_hf.release.layout import CARD
from synpain_hf.release.release import Release
from tests.cards.making import text_of, write_facts
from tests.release.making import copied, replace


def run(*arguments: str | Path) -> Result:
    """The command `card`, in this process; whatever it raised but its exit status is raised here."""
    result = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["card", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_card_is_written_from_facts(own: Release, tmp_path: Path) -> None:
    folder = copied(own.folder, tmp_path / "copy")
    result = run(folder, "--facts", write_facts(tmp_path / "facts"))
    assert (result.exit_code, result.stdout) == (0, f"{folder}: card of version 1.0.0 written\n")
    assert "# My faces, version 1.0.0" in text_of(folder)


def test_everything_that_is_wrong_with_facts_is_told_with_its_line(own: Release, tmp_path: Path) -> None:
    folder = copied(own.folder, tmp_path / "copy")
    result = run(folder, "--facts", write_facts(tmp_path / "facts", name="My faces", privacy="Fine."))
    assert result.exit_code == 1
    _, first, second = result.stderr.splitlines()
    assert first.startswith(
        "  facts.yaml:1: name is 'My faces', which cannot be used; write 2 to 61 lower-case letters"
    )
    assert second.endswith("privacy is 'Fine.', only 5 characters long; write a sentence of at least 20 characters")


def test_a_card_that_fits_is_said_to(own_carded: Release) -> None:
    result = run(own_carded.folder, "--check")
    assert result.exit_code == 0
    assert result.stdout == f"{own_carded.folder}: the card fits, and the data are as they were built\n"


def test_damaged_missing_and_stray_data_are_told_and_nothing_is_written(own_carded: Release, tmp_path: Path) -> None:
    folder = copied(own_carded.folder, tmp_path / "copy")
    name = own_carded.partitions[0].path
    replace(folder / name, b"PAR1")
    (folder / "data" / "more.parquet").write_bytes(b"PAR1")
    card = text_of(folder)
    told = json.loads(run(folder, "--check", "--json").stdout)
    damaged, stray = told["unfit"]
    assert f"was changed after it was built ({name})" in damaged
    assert stray.startswith("data/more.parquet is in data/, but not part of the release")
    result = run(folder, "--check")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[-2:] == [damaged, stray]
    (folder / name).unlink()
    result = run(folder, "--check")
    assert result.exit_code == 1
    assert f"lacks {name}; build or download the release again" in result.stderr
    assert (folder / CARD).read_text(encoding="utf-8") == card


def test_help_says_what_a_check_looks_at() -> None:
    text = " ".join(run("--help").stdout.split())
    assert "whether data are damaged, missing, or none of the release's; every file is read, nothing is written" in text


def test_facts_to_start_from_are_written_and_the_next_step_is_told(own: Release, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    result = run(own.folder, "--init", facts)
    assert result.exit_code == 0
    then = f"synpain-hf card {own.folder} --facts {facts}"
    assert result.stdout == f"{facts}: facts to fill in; then give them by `{then}`\n"
    assert json.loads(run(own.folder, "--init", tmp_path / "more.yaml", "--json").stdout)["facts"].endswith("more.yaml")


def test_facts_to_start_from_are_written_alone(own: Release, tmp_path: Path) -> None:
    for other in (["--check"], ["--facts", "demo"]):
        result = run(own.folder, "--init", tmp_path / "facts.yaml", *other)
        assert result.exit_code == 2
        assert result.stderr == "error: --init is given together with another option; give it alone\n"
    assert not (tmp_path / "facts.yaml").exists()
