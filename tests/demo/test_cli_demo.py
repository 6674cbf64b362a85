"""The command `demo`: what it prints, its exit status, and going on after it was interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import synpain_hf
from synpain_hf.release.release import Release
from synpain_hf.storage import work_folder_of
from tests.demo.making import PAIRS
from tests.release.making import digests, is_untouched, started
from tests.terminal import run

SECONDS = 600
WITHOUT_SKIA = "import sys; sys.modules['skia'] = None; from synpain_hf.cli import main; main()"


def waited_for(found: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until a program at work has come so far."""
    deadline = time.monotonic() + SECONDS
    while not found():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)


def drawing_for(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that draw for a program."""
    return [child for child in psutil.Process(process.pid).children() if "spawn_main" in str(child.cmdline())]


def python(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd, timeout=SECONDS
    )


class TestOutput:
    def test_it_says_what_it_drew(self, tmp_path: Path) -> None:
        result = run("demo", tmp_path / "out", "--pairs", "2", "--raw")
        assert result.exit_code == 0
        assert result.stdout == f"{tmp_path / 'out'}: 2 pairs of demo faces, drawn, not SynPAIN\n"
        assert result.stderr == "faces: 2 of 2\n"
        assert len(list((tmp_path / "out" / "Images").iterdir())) == 2

    def test_json_is_for_programs(self, tmp_path: Path) -> None:
        result = run("demo", tmp_path / "out", "--pairs", "1", "--version", "2.1.0", "--json")
        assert result.exit_code == 0
        assert json.loads(result.stdout) == {"out": str(tmp_path / "out"), "pairs": 1, "raw": False}
        assert Release.open(tmp_path / "out").version == "2.1.0"

    def test_info_names_the_release_for_what_it_is(self, direct: Release) -> None:
        told = run("info", direct.folder).stdout
        assert told.startswith(f"Demo faces, drawn, not SynPAIN, version 2.0.0: {PAIRS} pairs")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--pairs", "10000"], "10,000 demo pairs cannot be drawn; choose 1 to 9,999"),
            (["--seed", "-1"], "the seed -1 cannot be used; choose 0 to 9223372036854775807"),
            (["--seed", "9223372036854775808"], "the seed 9223372036854775808 cannot be used; choose 0 to"),
            (["--version", "1"], "version"),
            (["--bias", "nowhere.yaml"], "the bias file nowhere.yaml cannot be read"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_a_wrong_command_line_is_told_in_one_line_with_status_2(
        self, tmp_path: Path, arguments: list[str], told: str
    ) -> None:
        result = run("demo", tmp_path / "out", *arguments)
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert line.startswith("error: ")
        assert told in line
        assert is_untouched(tmp_path / "out")

    def test_broken_yaml_is_told_in_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "bias.yaml").write_text("- group: {ethnicity: black\n  unit: [\n")
        result = run("demo", tmp_path / "out", "--bias", tmp_path / "bias.yaml")
        assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)


@pytest.mark.slow
@pytest.mark.parametrize("raw", [[], ["--raw"]], ids=["release", "raw"])
def test_without_the_drawing_library_the_error_says_what_to_install(tmp_path: Path, raw: list[str]) -> None:
    done = python("-c", WITHOUT_SKIA, "demo", "out", *raw, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: demo faces are drawn with skia-python, which cannot be loaded (")
    assert "run `pip install 'synpain-hf[demo]'`" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_without_the_drawing_library_a_raw_download_can_be_built(raw: Path, direct: Release, tmp_path: Path) -> None:
    done = python("-c", WITHOUT_SKIA, "build", raw, "out", "--version", "1.0.0", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Release.open(tmp_path / "out").manifest["content"] == direct.manifest["content"]


@pytest.mark.slow
def test_a_script_that_guards_nothing_draws_with_one_worker(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import synpain_hf\n\nsynpain_hf.demo('out', pairs=1, raw=True)\n")
    done = python("script.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out" / "demo.json").is_file()


class TestInterrupted:
    @pytest.mark.slow
    def test_a_killed_release_goes_on_where_it_was(self, direct: Release, tmp_path: Path) -> None:
        out = tmp_path / "release"
        written = work_folder_of(out) / "release"
        journal = work_folder_of(out) / "journal.jsonl"
        process = started("demo", out, "--pairs", str(PAIRS))
        waited_for(lambda: journal.exists() and journal.read_text(encoding="utf-8").count('"key"') > 2, process)
        process.kill()
        process.communicate(timeout=SECONDS)
        lines = journal.read_text(encoding="utf-8").splitlines()
        finished = [json.loads(line)["path"] for line in lines if line.endswith("}")]
        assert not out.exists()
        assert 2 <= len(finished) < len(direct.partitions)
        before = {name: (written / name).stat().st_ino for name in finished}

        synpain_hf.demo(out, pairs=PAIRS)

        assert digests(out) == digests(direct.folder)
        assert {name: (out / name).stat().st_ino for name in finished} == before

    @pytest.mark.slow
    @pytest.mark.parametrize("workers", [1, 2])
    def test_a_killed_download_leaves_no_process_and_can_be_drawn_again(
        self, raw: Path, tmp_path: Path, workers: int
    ) -> None:
        out = tmp_path / "raw"
        images = work_folder_of(out) / "release" / "Images"
        process = started("demo", out, "--pairs", "40", "--raw", "--workers", str(workers))
        waited_for(lambda: images.is_dir() and any(images.iterdir()), process)
        drawing = drawing_for(process)
        assert len(drawing) == (workers if workers > 1 else 0)
        process.kill()
        process.communicate(timeout=SECONDS)
        _, alive = psutil.wait_procs(drawing, timeout=SECONDS)
        assert not alive
        assert not out.exists()

        synpain_hf.demo(out, pairs=PAIRS, raw=True)

        assert digests(out) == digests(raw)
        assert not work_folder_of(out).exists()

    @pytest.mark.slow
    @pytest.mark.parametrize("workers", [1, 2])
    def test_ctrl_c_ends_it_soon_and_says_how_to_go_on(self, tmp_path: Path, workers: int) -> None:
        out = tmp_path / "raw"
        images = work_folder_of(out) / "release" / "Images"
        process = started("demo", out, "--pairs", "400", "--raw", "--workers", str(workers))
        waited_for(lambda: images.is_dir() and any(images.iterdir()), process)
        for each in (*drawing_for(process), psutil.Process(process.pid)):  # as a terminal does
            each.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=SECONDS)
        assert process.returncode == 130
        assert told.splitlines()[-1] == "interrupted: give the same command again to go on"
        assert "Traceback" not in told
        assert len(list(images.iterdir())) < 100
        assert not out.exists()
