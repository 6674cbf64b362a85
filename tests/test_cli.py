"""The command line: what it prints, where, and its exit status."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

from synpain_hf.cli import app
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.sharing import SomeComposites
from tests.terminal import COLUMNS, run, run_on_terminal

PROGRAM = [sys.executable, "-m", "synpain_hf"]

INTERRUPTED = """
import io, os, signal, sys
from synpain_hf.cli import main
class Errors(io.TextIOWrapper):
    def write(self, text):
        written = super().write(text)
        if "pairs: 0 of 10" in text:
            self.flush()
            os.kill(os.getpid(), signal.SIGINT)
        return written
signal.signal(signal.SIGINT, signal.default_int_handler)  # where a shell had it ignored
sys.stderr = Errors(sys.stderr.buffer, line_buffering=True)
main()
"""
"""The program, which gets Ctrl-C when it has begun."""

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def source(some_composites: SomeComposites, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten composites; read-only by agreement."""
    return some_composites(tmp_path_factory.mktemp("source"), 10)


@pytest.fixture(scope="module")
def made(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of them; read-only by agreement."""
    return build(source, tmp_path_factory.mktemp("made") / "made", version="1.0.0")


@pytest.fixture
def bad_source(tmp_path: Path) -> Path:
    """Twenty-five pictures whose names no official file has."""
    folder = tmp_path / "bad"
    folder.mkdir()
    for number in range(20):
        (folder / f"picture-{number:02d}.jpg").write_bytes(b"")
    for name in ("[bold]x.jpg", ":smile:[red].jpg", "füße 顔.jpg", "a\nb.jpg", "red\x1b[31m.jpg"):
        (folder / name).write_bytes(b"")
    return folder


def run_program(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a program of its own."""
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def words(text: str) -> str:
    return " ".join(text.split())


class TestHelp:
    def test_every_command_is_listed_with_its_whole_first_sentence(self) -> None:
        result = run("--help")
        assert result.exit_code == 0
        for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
            assert f"{name} {command.help.splitlines()[0]}" in words(result.stdout)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_a_commands_help_fits_80_columns_and_breaks_no_word(self, name: str) -> None:
        result = run(name, "-h")
        assert result.exit_code == 0
        assert max(map(len, result.stdout.splitlines())) <= COLUMNS
        command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
        for sentence in (command.help, *(parameter.help for parameter in command.params)):
            assert words(sentence) in words(result.stdout)

    def test_without_a_command_help_is_shown_and_the_status_is_2(self) -> None:
        result = run()
        assert result.exit_code == 2
        assert "Commands:" in result.output

    def test_the_version_is_that_of_the_package(self) -> None:
        assert run("--version").stdout == f"synpain-hf {version('synpain-hf')}\n"


class TestBuild:
    def test_it_says_what_it_built(self, source: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        result = run("build", source, out, "--version", "1.0.0")
        assert result.exit_code == 0
        understood = "SynPain_folds.txt: 10 pairs, commas, no header, folds 0 to 4"
        built, unseen = result.stdout.splitlines()
        assert built == f"{out}: version 1.0.0, 10 pairs, folds as published ({understood})"
        assert unseen.startswith("damage would not show in 2 pictures (Images/1000400041_NoPain_Man_Young.jpg, ")
        assert unseen.endswith("); list their digests in checksums.sha256 to be sure")
        assert result.stderr == "pairs: 0 of 10\npairs: 10 of 10\n"

    def test_json_is_that_of_info_and_the_pictures_in_which_damage_would_not_have_shown(
        self, source: Path, tmp_path: Path
    ) -> None:
        result = run("build", source, tmp_path / "out", "--version", "1.0.0", "--json")
        assert result.exit_code == 0
        told = json.loads(result.stdout)
        assert [Path(name).name for name in told.pop("unverified")] == [
            "1000400041_NoPain_Man_Young.jpg",
            "1100400091_Pain_Man_Young.jpg",
        ]
        assert told == json.loads(run("info", tmp_path / "out", "--json").stdout)

    def test_videos_and_rejected_pairs_are_counted(self, source: Path, tmp_path: Path) -> None:
        images = tmp_path / "SynPain" / "Images"
        images.mkdir(parents=True)
        first, second = sorted((source / "Images").iterdir())[:2]
        shutil.copy(first, images)
        (images / second.name).write_bytes(b"")
        (images / "film.mp4").write_bytes(b"")
        out = tmp_path / "out"
        result = run("build", tmp_path / "SynPain", out, "--version", "1.0.0", "--on-error", "skip")
        assert result.exit_code == 0
        assert result.stdout.splitlines() == [
            f"{out}: version 1.0.0, 1 pair, folds stratified (seed 0)",
            "1 video seen and left aside",
            f"1 of 2 were rejected: see {out / 'rejected.jsonl'}",
        ]

    @pytest.mark.parametrize("name", ["[bold]out", "[red]", ":smile:", "größe 顔", "a  b"])
    def test_the_name_of_the_release_is_printed_as_it_is(self, made: Release, tmp_path: Path, name: str) -> None:
        (tmp_path / name).symlink_to(made.folder)
        result = run("build", "x", tmp_path / name, "--version", "1.0.0")
        assert result.exit_code == 2
        assert result.stderr == f"error: {tmp_path / name} exists; remove it, or give another place\n"

    @pytest.mark.slow
    def test_every_option_reaches_the_build(self, source: Path, made: Release, tmp_path: Path) -> None:
        folds = tmp_path / "folds.csv"
        lines = (source / "SynPain_folds.txt").read_text().splitlines()
        folds.write_text("".join(f"{line[:10]},{(int(line[-1]) + 4) % 5}\n" for line in lines))
        result = run(
            "build", source, tmp_path / "out", "--version=2.0.0", "--encoding=webp", "--image-size=40",
            f"--folds={folds}", "--seed=3", "--workers=2", "--on-error=skip", "--json",
        )  # fmt: skip
        assert result.exit_code == 0, result.stdout
        summary = json.loads(result.stdout)
        assert summary["options"] == {"encoding": "webp", "image_size": 40, "on_error": "skip"}
        assert summary["folds"]["file"].startswith("folds.csv: 10 pairs")
        follower = run("build", source, tmp_path / "next", "--version=1.0.1", f"--previous={made.folder}", "--json")
        assert json.loads(follower.stdout)["folds"]["previous"] == "1.0.0"


class TestInfo:
    def test_it_shows_groups_and_configurations(self, made: Release) -> None:
        result = run("info", made.folder)
        assert result.exit_code == 0
        assert result.stderr == ""
        lines = result.stdout.splitlines()
        assert lines[0].startswith("SynPAIN pairs, version 1.0.0: 10 pairs, ")
        assert "label      no_pain: 5, pain: 5" in lines
        assert "ethnicity  black: 2, south_asian: 2, middle_eastern: 2, white: 2, east_asian: 2" in lines
        assert "all                     train: 10" in lines

    def test_json_has_what_release_json_says_and_counts(self, made: Release) -> None:
        summary = json.loads(run("info", made.folder, "--json").stdout)
        assert summary["content"] == made.manifest["content"]
        assert summary["groups"]["label"] == {"no_pain": 5, "pain": 5}
        assert summary["configurations"]["all"] == {"train": 10}

    def test_verify_reports_a_changed_file(self, made: Release, tmp_path: Path) -> None:
        copy = Path(shutil.copytree(made.folder, tmp_path / "copy"))
        assert run("info", "--verify", copy).exit_code == 0
        (copy / "README.md").write_text("changed")
        assert run("info", copy).exit_code == 0
        result = run("info", "--verify", copy)
        assert result.exit_code == 1
        assert "was changed after it was built (README.md)" in result.stderr


class TestDiff:
    @pytest.fixture
    def later(self, source: Path, tmp_path: Path) -> Path:
        """A release that lacks one of the pairs."""
        copy = Path(shutil.copytree(source, tmp_path / "SynPain"))
        gone = min((copy / "Images").iterdir())
        gone.unlink()
        folds = copy / "SynPain_folds.txt"
        lines = folds.read_text().splitlines(keepends=True)
        folds.write_text("".join(line for line in lines if not gone.name.startswith(line[:10])))
        return build(copy, tmp_path / "later", version="2.0.0").folder

    def test_it_says_what_changed(self, made: Release, later: Path) -> None:
        result = run("diff", made.folder, later)
        assert result.exit_code == 0
        assert result.stdout == "1.0.0 -> 2.0.0: a major change\n  1 pair removed\n"
        changes: dict[str, Any] = json.loads(run("diff", made.folder, later, "--json").stdout)
        assert changes["bump"] == "major"
        assert len(changes["removed"]) == 1

    def test_it_says_when_nothing_changed(self, made: Release) -> None:
        assert run("diff", made.folder, made.folder).stdout == "1.0.0 -> 1.0.0: nothing changed\n"


class TestInstall:
    @pytest.mark.slow
    def test_install_and_uninstall_say_what_they_did(self, made: Release) -> None:
        result = run("install", made.folder)
        assert result.exit_code == 0
        assert result.stdout == (
            'installed SynPAIN pairs: load_dataset("synpain") now gives it in any project\n'
            "loaded by that name from another folder: version 1.0.0, 10 pairs\n"
            "without network, set HF_HUB_OFFLINE=1: datasets otherwise asks the Hub for half a minute first\n"
        )
        assert run("uninstall").stdout == "uninstalled: version 1.0.0\n"
        again = run("uninstall")
        assert again.exit_code == 1
        assert again.stderr == "error: no release is installed; run `synpain-hf install RELEASE` first\n"

    @pytest.mark.slow
    def test_install_tells_what_it_verified_and_of_a_folder_that_comes_first(
        self, made: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "synpain").mkdir()
        monkeypatch.chdir(tmp_path)
        told = run("install", made.folder, "--verify").stdout
        assert "every installed file fits its digest\n" in told
        assert "in this folder alone, that name means the folder synpain; call it something else\n" in told

    @pytest.mark.slow
    def test_json_names_the_folder_and_the_version(self, made: Release) -> None:
        installed = json.loads(run("install", made.folder, "--json").stdout)
        assert Path(installed["installed"]).is_dir()
        assert json.loads(run("uninstall", "--json").stdout) == {"uninstalled": "1.0.0"}


class TestStatus:
    @pytest.mark.parametrize(
        ("arguments", "reported"),
        [
            (["build", "{source}", "{out}", "--version", "1"], "error: '1' is not a version; write three numbers"),
            (["build", "{source}", "{made}", "--version", "1.0.0"], "exists; remove it, or give another place"),
            (["build", "{out}/no", "{out}", "--version", "1.0.0"], "does not exist; give the folder, zips or manifest"),
            (["build", "{source}", "{out}/a/b", "--version", "1.0.0"], "is not a folder; create it first"),
            (["build", "{source}", "{out}", "--version", "1.0.0", "--image-size", "3"], "image size 3 is out of range"),
            (["build", "{source}", "{out}"], "Missing option '--version'"),
            (["build", "{source}", "{out}", "--version", "1.0.0", "--encoding", "gif"], "gif"),
            (["build", "{source}", "{out}", "--version", "1.0.0", "--workers", "0"], "--workers"),
            (["build", "{source}", "{out}", "--version", "1.0.0", "--no-such"], "No such option: --no-such"),
            (["no-such"], "No such command 'no-such'"),
            (["info"], "Missing argument 'RELEASE'"),
        ],
    )
    def test_it_is_2_where_the_command_line_is_at_fault(
        self, source: Path, made: Release, tmp_path: Path, arguments: Sequence[str], reported: str
    ) -> None:
        places = {"source": source, "made": made.folder, "out": tmp_path / "out"}
        result = run(*(argument.format(**places) for argument in arguments))
        assert result.exit_code == 2
        assert reported in result.stderr
        assert result.stdout == ""
        assert list(tmp_path.glob("*out*")) == []

    @pytest.mark.parametrize("command", ["info", "install", "diff"])
    def test_it_is_1_where_a_release_is_none(self, tmp_path: Path, command: str) -> None:
        result = run(command, *[tmp_path] * (2 if command == "diff" else 1))
        assert result.exit_code == 1
        assert "is not a release (it has no release.json); give a folder that `build` wrote" in result.stderr

    def test_it_is_1_where_a_version_promises_too_little(self, made: Release, source: Path, tmp_path: Path) -> None:
        previous = ("--previous", made.folder)
        result = run("build", source, tmp_path / "out", "--version", "1.0.0", *previous)
        assert result.exit_code == 1
        assert "version 1.0.0 does not follow 1.0.0; give a higher one" in result.stderr


class TestBadInput:
    def test_every_problem_is_a_line_whatever_its_length_and_its_name(self, bad_source: Path, tmp_path: Path) -> None:
        result = run("build", bad_source, tmp_path / "out", "--version", "1.0.0")
        assert result.exit_code == 1
        assert result.stdout == ""
        heading, *lines = [line for line in result.stderr.splitlines() if not line.startswith("pairs:")]
        assert heading == "error: 25 problems, and nothing was written:"
        names = [line.partition(": is not named")[0] for line in lines]
        assert all(line.startswith("  ") and line.endswith("list it in a manifest") for line in lines)
        assert {"  [bold]x.jpg", "  :smile:[red].jpg", "  füße 顔.jpg", r"  a\nb.jpg", r"  red\x1b[31m.jpg"} < set(
            names
        )
        assert len(names) == 25
        assert not (tmp_path / "out").exists()

    def test_json_lists_every_problem(self, bad_source: Path, tmp_path: Path) -> None:
        result = run("build", bad_source, tmp_path / "out", "--version", "1.0.0", "--json")
        assert result.exit_code == 1
        report = json.loads(result.stdout)
        assert report["error"] == "25 problems, and nothing was written"
        assert {"a\nb.jpg", "red\x1b[31m.jpg", "füße 顔.jpg"} < {problem["file"] for problem in report["problems"]}
        assert "error" not in result.stderr

    def test_json_of_a_usage_error_lists_none(self, tmp_path: Path) -> None:
        result = run("build", "x", tmp_path / "out", "--version", "one", "--json")
        assert result.exit_code == 2
        assert json.loads(result.stdout) == {
            "error": "'one' is not a version; write three numbers, such as 1.0.0",
            "problems": [],
        }

    def test_a_single_problem_is_one(self, tmp_path: Path) -> None:
        (tmp_path / "x.jpg").write_bytes(b"")
        assert "error: 1 problem, and nothing" in run("build", tmp_path, tmp_path / "o", "--version", "1.0.0").stderr


class TestTerminal:
    @pytest.mark.slow
    def test_a_build_shows_a_bar_and_then_only_its_result(self, source: Path, tmp_path: Path) -> None:
        status, written = run_on_terminal([*PROGRAM, "build", str(source), "out", "--version", "1.0.0"], tmp_path)
        assert status == 0
        assert "━" in written
        assert "10/10" in written
        assert "pairs: " not in written.replace("10 pairs", "")
        shown = written.rpartition("\x1b[2K")[2]
        assert shown.startswith(
            "out: version 1.0.0, 10 pairs, folds as published (SynPain_folds.txt: 10 pairs,\n"
            "  commas, no header, folds 0 to 4)\ndamage would not show in 2 pictures"
        )

    @pytest.mark.slow
    def test_a_long_report_is_cut_and_wrapped_with_an_indent(self, bad_source: Path, tmp_path: Path) -> None:
        status, written = run_on_terminal([*PROGRAM, "build", bad_source.name, "out", "--version", "1.0.0"], tmp_path)
        assert status == 1
        heading, *lines = written.rpartition("\x1b[2K")[2].splitlines()
        assert heading == "error: 25 problems, and nothing was written:"
        assert all(line.startswith("  ") and len(line) <= COLUMNS for line in lines)
        assert sum(": is not named" in line for line in lines) == 20
        assert lines[-1] == "  … and 5 more; send them to a file to see all (2> problems.txt)"
        assert "  [bold]x.jpg: is not named ID_Pain|NoPain_Man|Woman_Young|Old (such as" in lines
        assert "\x1b[31m" not in written

    @pytest.mark.slow
    def test_a_table_wraps_below_its_own_column(self, made: Release, tmp_path: Path) -> None:
        copy = Path(shutil.copytree(made.folder, tmp_path / "copy"))
        status, written = run_on_terminal([*PROGRAM, "info", "copy", "--verify"], copy.parent)
        assert status == 0
        wrapped = [line for line in written.splitlines() if line.startswith(" " * 24)]
        assert wrapped
        assert all(line[24] != " " for line in wrapped)
        assert all(len(line) <= COLUMNS for line in written.rpartition("\x1b[2K")[2].splitlines())


class TestProgram:
    @pytest.mark.slow
    def test_an_interrupted_build_says_how_to_go_on(self, source: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-c", INTERRUPTED, "build", str(source), "out", "--version", "1.0.0"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stderr.splitlines() == ["pairs: 0 of 10", "interrupted: give the same command again to go on"]
        assert done.returncode == 130
        assert not (tmp_path / "out").exists()

    @pytest.mark.slow
    @pytest.mark.parametrize("options", [[], ["--json"]])
    def test_a_reader_that_leaves_is_no_error_to_report(self, made: Release, options: list[str]) -> None:
        with subprocess.Popen(
            [*PROGRAM, "info", str(made.folder), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as program:
            assert program.stdout is not None
            assert program.stderr is not None
            program.stdout.close()
            assert program.stderr.read() == ""

    @pytest.mark.slow
    def test_a_stream_that_lacks_a_letter_shows_its_escape(self, source: Path, tmp_path: Path) -> None:
        bad = tmp_path / "bad"
        bad.mkdir()
        (bad / "顔.jpg").write_bytes(b"")
        done = run_program("build", bad, tmp_path / "out", "--version", "1.0.0", PYTHONIOENCODING="ascii")
        assert done.returncode == 1
        assert r"  \u9854.jpg: is not named" in done.stderr
        done = run_program("build", source, tmp_path / "é", "--version", "1.0.0", PYTHONIOENCODING="ascii")
        assert done.returncode == 0
        assert done.stdout.startswith(rf"{tmp_path}/\xe9: version 1.0.0, ")


class TestOutputThatIsNotThere:
    @pytest.mark.slow
    @pytest.mark.parametrize("arguments", [["info"], ["info", "--json"], ["--version"]])
    @pytest.mark.parametrize("stream", [">&-", "2>&-", ">&- 2>&-"])
    def test_a_stream_that_is_closed_is_as_good_as_any(self, made: Release, arguments: list[str], stream: str) -> None:
        done = shell([*arguments, *([made.folder] if "info" in arguments else [])], stream)
        assert done.returncode == 0
        assert "Traceback" not in done.stderr

    @pytest.mark.slow
    @pytest.mark.parametrize("arguments", [["info"], ["info", "--json"]])
    @pytest.mark.parametrize("stream", [">/dev/full", "1</dev/null"])
    def test_a_result_that_cannot_be_printed_is_an_error(
        self, made: Release, arguments: list[str], stream: str
    ) -> None:
        done = shell([*arguments, made.folder], stream)
        assert done.returncode == 1
        (said,) = done.stderr.splitlines()
        assert re.fullmatch(r"error: the result could not be printed \(.+\); send it to another place", said)


def shell(arguments: Sequence[str | Path], streams: str) -> subprocess.CompletedProcess[str]:
    """A command as a program of its own, some streams of which the shell sends elsewhere."""
    line = f"{shlex.join([*PROGRAM, *map(str, arguments)])} {streams}"
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    "command",
    [
        ("build", "{source}", "{strange}", "--version", "1.0.0"),
        ("demo", "{strange}", "--pairs", "2"),
        ("demo", "{strange}", "--pairs", "2", "--raw"),
        ("evaluate", "{predictions}", "--out", "{strange}"),
        ("card", "{made}", "--init", "{strange}"),
        ("card", "{strange}"),
        ("info", "{strange}"),
        ("diff", "{made}", "{strange}"),
        ("install", "{strange}"),
        ("publish", "{strange}", "--repo-id", "a/b", "--dry-run"),
        ("train", "{made}", "{strange}"),
    ],
    ids=" ".join,
)
def test_a_folder_whose_name_is_not_utf_8_is_reported(
    command: tuple[str, ...], source: Path, made: Release, tmp_path: Path
) -> None:
    strange = tmp_path / os.fsdecode(b"stra\xffnge")
    predictions = tmp_path / "p.csv"
    predictions.write_text("label,score,gender\n1,.5,a\n0,.2,b\n", encoding="utf-8")
    places = {"source": source, "made": made.folder, "predictions": predictions, "strange": strange}
    result = run(*(word.format(**places) for word in command))
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "nge is not UTF-8 text; rename it, or give another place" in line
    assert not strange.exists()
