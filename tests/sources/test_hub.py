"""Building from `hf://…`: the real client against a Hub on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from synpain_hf.errors import UsageError
from synpain_hf.sources.hub import download as download_from_hub
from tests.hub import Drop, Fault, Hub, Repository
from tests.hub.settings import lead_client_to
from tests.sharing import SomeComposites
from tests.terminal import run

REPO_ID = "TaatiTeam/SynPAIN"
ADDRESS = f"hf://datasets/{REPO_ID}"
TOKEN = "hf_secret"
VIDEO = "SynPain/Videos/1000020580_NoPain_man_Young.mp4"
CLIENT_READS = 10 * 2**20
"""Bytes that the client reads before it writes them to the disk, from where a broken download goes on."""


@pytest.fixture(scope="module")
def files(some_composites: SomeComposites, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a repository laid out as the official one, with five pairs and a video."""
    folder = tmp_path_factory.mktemp("repository")
    root = some_composites(folder, 5)
    (root / "SynPain.txt").write_text("Notes.\n")
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return {**files, VIDEO: b"a video", "README.md": b"# SynPAIN\n", ".gitattributes": b""}


@pytest.fixture
def hub(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A Hub that has the repository, with a tag `v1` on an earlier commit that lacks the last pair."""
    with Hub() as hub:
        repository = hub.repositories[REPO_ID] = Repository()
        folds = "SynPain/SynPain_folds.txt"
        last = max(path for path in files if path.endswith(".jpg"))
        earlier = {path: content for path, content in files.items() if path != last}
        earlier[folds] = b"".join(files[folds].splitlines(keepends=True)[:-1])
        repository.commit(earlier, "v1")
        repository.commit(files, "main")
        lead_client_to(hub, Path(os.environ["HF_HOME"]) / "hub", monkeypatch)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield hub


def run_build(
    hub: Hub, out: Path, source: str = ADDRESS, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`synpain-hf build`: in a program of its own where its environment is given, else in this one."""
    command = ["build", source, str(out), "--version=1.0.0", "--image-size=64", *options]
    if environment:
        settings = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1", "HF_TOKEN": TOKEN}
        done = subprocess.run(
            [sys.executable, "-m", "synpain_hf", *command],
            env={**os.environ, **settings, **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    else:
        result = run(*command)
        done = subprocess.CompletedProcess(command, result.exit_code, result.stdout, result.stderr)
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The report of a build that failed for the data's sake, which says one thing in one line."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    [line] = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return line


def manifest_of(out: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((out / "release.json").read_text())
    return document


@pytest.mark.slow
def test_a_release_of_a_download_names_its_repository_and_commit(hub: Hub, tmp_path: Path) -> None:
    done = run_build(hub, tmp_path / "out", COLUMNS="80")
    assert done.returncode == 0, done.stderr
    manifest = manifest_of(tmp_path / "out")
    commit = hub.repositories[REPO_ID].refs["main"]
    assert manifest["source"] == {"kind": "official", "repo_id": REPO_ID, "revision": commit, "videos": 1}
    assert manifest["pairs"] == {"in": 5, "out": 5, "rejected": 0}
    assert str(manifest["folds"]["origin"]) == "published"  # type: ignore[index]


def test_a_release_of_a_download_equals_one_of_the_same_folder(
    hub: Hub, files: dict[str, bytes], tmp_path: Path
) -> None:
    for name, content in files.items():
        path = tmp_path / "by-hand" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert run_build(hub, tmp_path / "out").returncode == 0
    assert run_build(hub, tmp_path / "other", str(tmp_path / "by-hand")).returncode == 0
    one, other = manifest_of(tmp_path / "out"), manifest_of(tmp_path / "other")
    assert one["content"] == other["content"]
    assert one["files"] == other["files"]


def test_a_second_build_asks_for_no_file_again(hub: Hub, files: dict[str, bytes], tmp_path: Path) -> None:
    assert run_build(hub, tmp_path / "first").returncode == 0
    assert hub.files_asked_for() == sorted(path for path in files if path.startswith("SynPain/"))
    assert run_build(hub, tmp_path / "second").returncode == 0
    assert hub.files_asked_for() == []


@pytest.mark.parametrize("by", ["tag", "commit"])
def test_a_revision_is_a_tag_or_a_commit(hub: Hub, tmp_path: Path, by: str) -> None:
    commit = hub.repositories[REPO_ID].refs["v1"]
    done = run_build(hub, tmp_path / "out", f"{ADDRESS}@{'v1' if by == 'tag' else commit}")
    assert done.returncode == 0, done.stderr
    manifest = manifest_of(tmp_path / "out")
    assert manifest["source"]["revision"] == commit  # type: ignore[index]
    assert manifest["pairs"]["out"] == 4  # type: ignore[index]


def test_a_file_that_is_cut_goes_on_where_it_was(hub: Hub, files: dict[str, bytes], tmp_path: Path) -> None:
    video = bytes(range(256)) * (2 * CLIENT_READS // 256)
    hub.repositories[REPO_ID].commit({**files, VIDEO: video}, "main")
    hub.faults = [Fault(VIDEO, times=1, cut=0.75)]
    done = run_build(hub, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    ranges = [request.headers["Range"] for request in hub.seen if request.file == VIDEO and request.method == "GET"]
    assert ranges == [None, f"bytes={CLIENT_READS}-"]
    [downloaded] = Path(os.environ["HF_HOME"]).rglob(Path(VIDEO).name)
    assert downloaded.read_bytes() == video


def test_a_download_that_breaks_off_asks_only_for_the_rest_when_it_is_run_again(
    hub: Hub, files: dict[str, bytes], tmp_path: Path
) -> None:
    hub.faults = [Fault(r"\.jpg", times=1, cut=0.5, reset=True)]
    report = said(run_build(hub, tmp_path / "out"))
    assert "the connection to the Hub failed" in report
    assert "try again" in report
    assert not (tmp_path / "out").exists()
    hub.files_asked_for()
    complete = {path.name for path in Path(os.environ["HF_HOME"]).rglob("snapshots/*/SynPain/**/*") if path.is_file()}
    done = run_build(hub, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rest = {path for path in files if path.startswith("SynPain/") and Path(path).name not in complete}
    assert hub.files_asked_for() == sorted(rest)


@pytest.mark.slow
def test_a_hub_that_stumbles_or_does_not_answer_is_asked_again(hub: Hub, tmp_path: Path) -> None:
    hub.faults = [
        Fault("SynPain.txt", "HEAD", times=1, status=503),
        Fault("SynPain_folds.txt", "HEAD", times=1, drop=Drop.GIVEN_UP),
    ]
    done = run_build(hub, tmp_path / "out", HF_HUB_ETAG_TIMEOUT="3")
    assert done.returncode == 0, done.stderr


INFO = rf"^/api/datasets/{REPO_ID}/revision/"


@pytest.mark.parametrize(
    ("fault", "reported"),
    [
        (
            Fault(INFO, status=401, headers={"X-Error-Message": "Invalid credentials in Authorization header"}),
            "the Hub answered 401 (Invalid credentials in Authorization header); run `hf auth login`",
        ),
        (
            Fault(r"\.jpg$", "HEAD", status=403, headers={"X-Error-Code": "GatedRepo"}),
            f"downloading {REPO_ID} failed: it is gated; accept its terms on the Hub, then run `hf auth login`",
        ),
        (Fault(INFO, status=403, headers={"X-Error-Code": "GatedRepo"}), "it is gated"),
        (
            Fault(INFO, status=403, headers={"X-Error-Message": "Access to this resource is disabled."}),
            "the Hub answered 403 (Access to this resource is disabled.); check what your token may do there",
        ),
        (
            Fault(INFO, status=404, headers={"X-Error-Code": "RepoNotFound"}),
            "the Hub has no such repository for you; check the name",
        ),
        (Fault(INFO, status=404, headers={"X-Error-Code": "RevisionNotFound"}), "it has no such revision"),
        (Fault(INFO, status=500), "the Hub answered 500; after a while, try again"),
        (Fault(INFO, status=503), "the Hub answered 503; after a while, try again"),
        (Fault(r"\.jpg$", status=500), "the Hub answered 500; after a while, try again"),
        (Fault(INFO, cut=0.5), "the connection to the Hub failed"),
        (Fault(INFO, status=200), "the answer is not from the Hub; check HF_ENDPOINT"),
    ],
    ids=lambda value: f"{value.status or 'cut'}-{value.method}" if isinstance(value, Fault) else "",
)
def test_an_error_of_the_hub_is_one_line(hub: Hub, tmp_path: Path, fault: Fault, reported: str) -> None:
    hub.faults = [fault]
    assert reported in said(run_build(hub, tmp_path / "out"))
    assert list(tmp_path.glob("*out*")) == []


def test_a_revision_that_is_not_there_is_named(hub: Hub, tmp_path: Path) -> None:
    report = said(run_build(hub, tmp_path / "out", f"{ADDRESS}@v9"))
    assert f"downloading {REPO_ID}@v9 failed: it has no such revision; give a branch, a tag or a commit of it" in report


def test_a_data_set_that_is_not_there_is_named(hub: Hub, tmp_path: Path) -> None:
    assert "downloading Nobody/Nothing failed: the Hub has no such repository for you" in said(
        run_build(hub, tmp_path / "out", "hf://datasets/Nobody/Nothing")
    )


def test_an_error_of_the_hub_is_json_where_that_is_asked_for(hub: Hub, tmp_path: Path) -> None:
    hub.faults = [Fault(INFO, status=500)]
    done = run_build(hub, tmp_path / "out", ADDRESS, "--json")
    assert done.returncode == 1
    assert "the Hub answered 500" in json.loads(done.stdout)["error"]
    assert done.stderr == ""


@pytest.mark.slow
def test_a_hub_that_cannot_be_reached_is_reported(hub: Hub, tmp_path: Path) -> None:
    report = said(run_build(hub, tmp_path / "out", HF_ENDPOINT="http://127.0.0.1:1"))
    assert "the connection to the Hub failed (Connection refused); check the network" in report


@pytest.mark.slow
def test_a_token_with_a_letter_that_no_token_has_is_not_quoted(hub: Hub, tmp_path: Path) -> None:
    assert "correct HF_TOKEN" in said(run_build(hub, tmp_path / "out", HF_TOKEN=f"{TOKEN}é"))


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    report = said(run_build(hub, tmp_path / "out", HF_HOME=str(tmp_path / "file")))
    assert "Not a directory" in report
    assert "set HF_HOME" in report


def test_a_repository_without_the_official_folder_is_no_source(hub: Hub, tmp_path: Path) -> None:
    hub.repositories[REPO_ID].commit({"README.md": b"", "data/train.parquet": b""}, "main")
    assert "has no folder SynPain" in said(run_build(hub, tmp_path / "out"))


@pytest.mark.slow
def test_offline_a_complete_download_is_built_and_another_is_refused(hub: Hub, tmp_path: Path) -> None:
    report = said(run_build(hub, tmp_path / "out", HF_HUB_OFFLINE="1"))
    assert "the Hub is needed, but HF_HUB_OFFLINE is set; unset it" in report
    assert run_build(hub, tmp_path / "out").returncode == 0
    assert run_build(hub, tmp_path / "offline", HF_HUB_OFFLINE="1").returncode == 0
    assert manifest_of(tmp_path / "offline") == manifest_of(tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("known", [True, False], ids=["files-listed", "files-not-listed"])
def test_a_part_of_a_download_is_never_taken_for_the_whole(hub: Hub, tmp_path: Path, known: bool) -> None:
    assert run_build(hub, tmp_path / "out").returncode == 0
    home = Path(os.environ["HF_HOME"])
    next(iter(home.rglob("*_NoPain_*.jpg"))).unlink()
    for listing in [] if known else list(home.rglob("trees/*.json")):
        listing.unlink()
    hub.faults = [Fault(INFO, status=500)]
    report = said(run_build(hub, tmp_path / "again", COLUMNS="80"))  # not where the listing is in memory
    assert ("the Hub answered 500" if known else "may hold only a part") in report


@pytest.mark.parametrize(
    "address",
    [
        "hf://TaatiTeam/SynPAIN",
        "hf://datasets/SynPAIN",
        "hf://datasets/TaatiTeam/SynPAIN/SynPain/Images",
        "hf://datasets/TaatiTeam/SynPAIN@",
        "hf://datasets/TaatiTeam/SynPAIN@a b",
        "hf://models/TaatiTeam/SynPAIN",
        "hf://datasets/Taati--Team/SynPAIN",
        "hf://datasets/TaatiTeam/.SynPAIN",
        "hf://datasets/TaatiTeam/" + "x" * 97,
    ],
)
def test_a_malformed_address_is_the_command_lines_fault(address: str) -> None:
    with pytest.raises(UsageError, match=r"on the Hub"):
        download_from_hub(address)


def test_a_malformed_address_exits_with_2(hub: Hub, tmp_path: Path) -> None:
    done = run_build(hub, tmp_path / "out", "hf://datasets/SynPAIN")
    assert done.returncode == 2
    assert "write hf://datasets/NAMESPACE/NAME[@REVISION]" in done.stderr
    assert hub.seen == []
