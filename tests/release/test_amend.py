"""A finished release is amended in one step: everything of it fits afterwards, or nothing has changed."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from datasets import load_dataset

from synpain_hf.errors import BadInputError, OutputError, ReleaseError, SynpainError, UsageError, VersionError
from synpain_hf.release.amend import amend, amending
from synpain_hf.release.amendment import Content
from synpain_hf.release.layout import CARD, CHANGELOG, MANIFEST
from synpain_hf.release.release import Release
from synpain_hf.storage import replacing, work_folder_of
from tests.disks import small_disk
from tests.release.making import copied, digests, replace, verify

PSPI = "annotations/pspi.parquet"
OF_MINE = """---
pretty_name: Mine
# what is loaded
configs:
  - config_name: old
    data_files: data/*.parquet
dataset_info:
- config_name: old
  splits: []
license: mit
---

# Mine

configs: of mine
"""


def parquet(**columns: list[Any]) -> bytes:
    """A Parquet file."""
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


SCORES = parquet(pair_id=["pair-00", "pair-01", "pair-02"], pspi=[1.0, 2.5, 0.0], annotator=["me"] * 3)


@pytest.fixture
def folder(first: Release, tmp_path: Path) -> Path:
    """A copy of `first` to amend; its files are links to those of `first`."""
    return copied(first.folder, tmp_path / "amended" / "release")


@pytest.fixture(autouse=True)
def nothing_is_left(first: Release, folder: Path) -> Any:
    """No test changes the release that its copy is linked to, or leaves anything beside the copy."""
    before = digests(first.folder)
    yield
    assert digests(first.folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["release"]


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """The files that are other, new or gone."""
    return {name for name in {**before, **after} if before.get(name) != after.get(name)}


def metadata_in(folder: Path) -> dict[str, Any]:
    """What the card of a release begins with."""
    found: dict[str, Any] = yaml.safe_load((folder / CARD).read_text(encoding="utf-8").split("---\n")[1])
    return found


def partition_of(release: Release) -> tuple[str, int]:
    """A file of a release's pairs, and how many it has."""
    (partition, *_) = release.partitions
    return partition.path, release.rows_in([partition.path])


class TestTables:
    def test_added_raise_the_version_and_nothing_else_changes(self, first: Release, folder: Path) -> None:
        before = digests(folder)
        amended = amend(folder, add={PSPI: SCORES})
        assert changed(before, digests(folder)) == {PSPI, CARD, CHANGELOG, MANIFEST}
        assert (folder / PSPI).read_bytes() == SCORES
        verify(amended)
        assert set(digests(folder)) == {*amended.files, MANIFEST}
        assert amended.version == "1.0.1"
        assert amended.files[PSPI]["rows"] == 3
        others = {key: value for key, value in amended.manifest.items() if key not in ("files", "version")}
        assert others == {key: value for key, value in first.manifest.items() if key not in ("files", "version")}

    def test_added_stand_on_top_of_the_change_log(self, first: Release, folder: Path) -> None:
        before = (first.folder / CHANGELOG).read_text(encoding="utf-8")
        amend(folder, add={PSPI: SCORES})
        title, _, earlier = before.partition("\n")
        assert (folder / CHANGELOG).read_text(encoding="utf-8") == (
            f"{title}\n\n## 1.0.1\n\n### Changed\n\n- 1 file of annotations ({PSPI}): 3 rows added.\n{earlier}"
        )

    def test_added_are_loaded(self, folder: Path) -> None:
        amend(folder, add={PSPI: SCORES})
        assert load_dataset(str(folder), "annotations", split="train")["pspi"][:] == [1.0, 2.5, 0.0]
        loaded = load_dataset(str(folder), "all")["train"]
        assert len(loaded) == 12
        assert str(loaded.info.version) == "1.0.1"

    def test_removed_leave_the_release_as_if_they_had_never_been_there(self, folder: Path) -> None:
        before = digests(folder)
        amend(folder, add={PSPI: SCORES})
        amended = amend(folder, remove=[PSPI])
        assert changed(before, digests(folder)) == {CARD, CHANGELOG, MANIFEST}
        assert not (folder / PSPI).parent.exists()
        assert (amended.version, list(amended.configurations())[-1]) == ("1.0.2", "without_east_asian")

    @pytest.mark.slow
    def test_can_be_bytes_a_file_or_a_function_that_writes_one(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "scores").write_bytes(SCORES)
        contents: list[Content] = [SCORES, tmp_path / "scores", lambda path: path.write_bytes(SCORES)]
        for content in contents:
            amend(folder, add={PSPI: content})
            assert (folder / PSPI).read_bytes() == SCORES
            (tmp_path / "scores").write_bytes(b"changed later")
            assert (folder / PSPI).read_bytes() == SCORES
            (tmp_path / "scores").write_bytes(SCORES)
            amend(folder, remove=[PSPI])

    def test_can_be_written_into_a_folder_by_what_reads_the_release(self, folder: Path) -> None:
        with amending(folder) as amendment:
            for number, partition in enumerate(amendment.release.partitions):
                pair_ids = amendment.release.read(partition.path, ["pair_id"])
                table = pair_ids.append_column("annotator", [["me"] * pair_ids.num_rows])
                (amendment.folder / "annotations").mkdir(exist_ok=True)
                pq.write_table(table, amendment.folder / "annotations" / f"part-{number}.parquet")
        assert sum(Release.open(folder).configurations()["annotations"].values()) == 12


class TestPairs:
    def test_removed_and_added_again_are_counted(self, first: Release, folder: Path) -> None:
        name, rows = partition_of(first)
        fewer = amend(folder, remove=[name])
        assert fewer.version == "2.0.0"
        assert fewer.manifest["pairs"] == {"in": 12 - rows, "out": 12 - rows, "rejected": 0}
        assert fewer.manifest["content"] != first.manifest["content"]
        assert f"- {rows} pair{'s' * (rows > 1)} removed." in (folder / CHANGELOG).read_text(encoding="utf-8")
        again = amend(folder, add={name: first.folder / name})
        assert again.version == "2.1.0"
        assert {key: again.manifest[key] for key in ("pairs", "content")} == {
            key: first.manifest[key] for key in ("pairs", "content")
        }
        assert again.files[name] == first.files[name]

    def test_that_would_be_there_twice_are_refused(self, first: Release, folder: Path) -> None:
        name, _ = partition_of(first)
        taken = {partition.path for partition in first.partitions}
        free = next(free for fold in range(5) if (free := f"data/fold-{fold}/{Path(name).name}") not in taken)
        with pytest.raises(ReleaseError, match=r"correct what is added:\n  .*: has pair-.*, which is in .* too"):
            amend(folder, add={free: first.folder / name})

    def test_with_other_columns_are_refused(self, first: Release, folder: Path) -> None:
        name, _ = partition_of(first)
        with pytest.raises(BadInputError, match=rf"{name}: has no column age_group; add it"):
            amend(folder, add={name: SCORES})
        rows = first.read(name)
        more = rows.append_column("note", pa.array(["new"] * len(rows)))
        with pytest.raises(ReleaseError, match=rf"\n  {name}: has the column note, which pairs do not have"):
            amend(folder, add={name: lambda path: pq.write_table(more, path)})

    def test_all_of_them_cannot_be_removed(self, first: Release, folder: Path) -> None:
        with pytest.raises(ReleaseError, match="nothing would be left in data/; keep at least one partition"):
            amend(folder, remove=[partition.path for partition in first.partitions])


class TestCard:
    def test_of_ones_own_leaves_the_version_and_the_change_log(self, first: Release, folder: Path) -> None:
        before = digests(folder)
        amended = amend(folder, add={CARD: OF_MINE.encode(), "figures/mine.png": b"mine"})
        assert changed(before, digests(folder)) == {CARD, "figures/mine.png", MANIFEST}
        assert (folder / CARD).read_text(encoding="utf-8") == OF_MINE
        assert amended.version == first.version
        verify(amended)

    def test_of_ones_own_is_kept_but_for_what_it_says_of_loading(self, folder: Path) -> None:
        amend(folder, add={CARD: OF_MINE.encode()})
        amended = amend(folder, add={PSPI: SCORES})
        text = (folder / CARD).read_text(encoding="utf-8")
        assert text.startswith("---\npretty_name: Mine\n# what is loaded\nconfigs:\n- {config_name: default")
        assert text.endswith("license: mit\n---\n\n# Mine\n\nconfigs: of mine\n")
        assert [each["config_name"] for each in metadata_in(folder)["configs"]] == list(amended.configurations())
        assert {each["version"] for each in metadata_in(folder)["configs"]} == {"1.0.1"}
        assert [each["config_name"] for each in metadata_in(folder)["dataset_info"]] == list(amended.configurations())
        assert text.count("\n- {config_name: default") == 2

    def test_without_metadata_gets_some(self, folder: Path) -> None:
        amend(folder, add={CARD: b"# Mine\n"})
        amend(folder, add={PSPI: SCORES})
        assert list(metadata_in(folder)) == ["configs", "dataset_info"]
        assert (folder / CARD).read_text(encoding="utf-8").endswith("\n---\n\n# Mine\n")

    def test_that_is_the_short_one_is_that_of_the_new_release(self, first: Release, folder: Path) -> None:
        amend(folder, add={PSPI: SCORES})
        text = (folder / CARD).read_text(encoding="utf-8")
        assert "# Face pairs 1.0.1\n" in text
        assert "| `annotations` | train | 3 |" in text
        amend(folder, remove=[PSPI], version="7.0.0")
        assert (folder / CARD).read_text(encoding="utf-8").replace("7.0.0", "1.0.0") == (
            (first.folder / CARD).read_text(encoding="utf-8")
        )

    def test_that_was_lost_can_be_given_anew(self, folder: Path) -> None:
        (folder / CARD).unlink()
        with pytest.raises(ReleaseError, match=r"lacks README\.md; write its card again with `synpain-hf card`"):
            amend(folder, add={PSPI: SCORES})
        assert amend(folder, add={CARD: OF_MINE.encode()}).version == "1.0.0"

    def test_cannot_be_removed(self, folder: Path) -> None:
        with pytest.raises(UsageError, match="says what a release loads, so it cannot be removed; replace it instead"):
            amend(folder, remove=[CARD])


class TestVersion:
    def test_that_was_asked_for_is_taken_if_it_rises_enough(self, folder: Path) -> None:
        assert amend(folder, add={PSPI: SCORES}, version="1.2.0").version == "1.2.0"
        assert amend(folder, add={CARD: OF_MINE.encode()}, version="1.2.1").version == "1.2.1"
        assert "## 1.2.1\n\nNo row and no column changed.\n" in (folder / CHANGELOG).read_text(encoding="utf-8")

    @pytest.mark.parametrize(("version", "name"), [("1.0.0", PSPI), ("0.9.0", CARD), ("0.9.0", PSPI)])
    def test_that_promises_too_little_is_refused(self, folder: Path, version: str, name: str) -> None:
        before = digests(folder)
        with pytest.raises(VersionError, match=rf"version {version} promises too little: .*; give at least 1\.0\.1"):
            amend(folder, add={name: SCORES}, version=version)
        assert digests(folder) == before


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("../elsewhere.png", UsageError, "has no place in a release; give a Parquet file of a table \\(data/, anno"),
        ("figures/../../elsewhere.png", UsageError, "has no place"),
        ("/tmp/elsewhere.png", UsageError, "has no place"),
        ("notes.txt", UsageError, "has no place"),
        ("data/fold-7/old-man-black.parquet", UsageError, "has no place"),
        ("annotations/pspi.csv", UsageError, "has no place"),
        (MANIFEST, UsageError, "is written when a release is amended; leave it out"),
        (CHANGELOG, UsageError, "is written when a release is amended; leave it out"),
        ("annotations/broken.parquet", UsageError, r"is not a Parquet file \(.*\); write it again"),
    ],
)
def test_what_has_no_place_in_a_release_is_refused(
    folder: Path, name: str, kind: type[SynpainError], message: str
) -> None:
    before = digests(folder.parent)
    with pytest.raises(kind, match=message):
        amend(folder, add={name: b"mine"})
    assert digests(folder.parent) == before


def test_what_is_not_there_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{PSPI} is not in release 1.0.0; name a file that is"):
        amend(folder, remove=[PSPI])
    with pytest.raises(UsageError, match=r"nothing is not a file, so it cannot become annotations/.*; give another"):
        amend(folder, add={PSPI: tmp_path / "nothing"})
    with pytest.raises(ReleaseError, match="is not a release"):
        amend(tmp_path / "nothing", add={PSPI: SCORES})


def test_a_release_that_lacks_pairs_is_refused(first: Release, folder: Path) -> None:
    (folder / partition_of(first)[0]).unlink()
    with pytest.raises(ReleaseError, match=r"lacks data/.*; build or download the release again"):
        amend(folder, add={CARD: OF_MINE.encode()})


class TestBeside:
    def test_what_is_not_of_the_release_stays_as_it_is(self, folder: Path) -> None:
        (folder / ".git" / "hooks").mkdir(parents=True)
        (folder / ".git" / "empty").mkdir()
        (folder / ".git" / "hooks" / "pre-commit").write_bytes(b"#!")
        (folder / ".git" / "hooks" / "pre-commit").chmod(0o755)
        (folder / "data" / "notes.txt").write_bytes(b"mine")
        (folder / "link").symlink_to("../../elsewhere")
        folder.chmod(0o750)
        amend(folder, add={PSPI: SCORES})
        assert (folder / ".git" / "empty").is_dir()
        assert stat.S_IMODE((folder / ".git" / "hooks" / "pre-commit").stat().st_mode) == 0o755
        assert (folder / "data" / "notes.txt").read_bytes() == b"mine"
        assert str((folder / "link").readlink()) == "../../elsewhere"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o750

    def test_a_file_that_is_a_link_becomes_a_file(self, first: Release, folder: Path, tmp_path: Path) -> None:
        for name in (CARD, partition_of(first)[0]):
            shutil.move(folder / name, tmp_path / "blob")
            (folder / name).symlink_to(tmp_path / "blob")
            verify(amend(folder, add={"figures/mine.png": b"mine"}))
            assert not (folder / name).is_symlink()
            (tmp_path / "blob").unlink()
        assert {name: digest for name, digest in digests(folder).items() if name in first.files} == {
            name: record["sha256"] for name, record in first.files.items()
        }

    def test_a_link_to_another_file_is_refused(self, first: Release, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_bytes(b"a secret")
        for name in (CARD, partition_of(first)[0]):
            (folder / name).rename(tmp_path / "before")
            (folder / name).symlink_to(tmp_path / "secret")
            with pytest.raises(ReleaseError, match="is a link to a file that is not part of the release; replace it"):
                amend(folder, add={"figures/mine.png": b"mine"})
            replace(folder / name, (tmp_path / "before").read_bytes())
        assert digests(folder) == digests(first.folder)

    def test_a_folder_that_is_a_link_is_refused(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (folder / "figures").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(OutputError, match="figures is a link, which is not followed; put a folder in its place"):
            amend(folder, add={"figures/mine.png": b"mine"})
        assert not list((tmp_path / "elsewhere").iterdir())

    def test_a_link_to_the_release_stays_one(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(folder)
        assert amend(tmp_path / "link", add={PSPI: SCORES}).version == "1.0.1"
        assert (tmp_path / "link").is_symlink()
        assert Release.open(folder).version == "1.0.1"

    def test_it_can_be_where_one_is(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        assert amend(".", add={PSPI: SCORES}).version == "1.0.1"
        assert Path(PSPI).is_file()


class TestOthers:
    def test_cannot_amend_at_the_same_time(self, folder: Path) -> None:
        with replacing(folder), pytest.raises(OutputError, match="is being written by another program; wait for it"):
            amend(folder, add={PSPI: SCORES})

    @pytest.mark.slow
    def test_who_try_until_they_can_all_get_through(self, folder: Path) -> None:
        names = [f"figures/{number}.png" for number in range(8)]

        def add(name: str) -> None:
            while not is_added(folder, name):
                pass

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, names))
        amended = Release.open(folder)
        verify(amended)
        assert {*names} < {*amended.files}

    @pytest.mark.slow
    def test_who_read_meanwhile_see_one_release_and_never_a_mixture(self, folder: Path) -> None:
        seen: list[dict[str, bytes]] = []
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                found = snapshot(folder)
                if found is not None:
                    seen.append(found)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for number in range(10):
                amend(folder, add={"figures/mine.png": b"%d" % number, "figures/yours.png": b"%d" % number})
        finally:
            done.set()
            reader.join()
        for found in seen:
            files = json.loads(found.pop(MANIFEST))["files"]
            assert files.keys() == found.keys()
            assert found.get("figures/mine.png") == found.get("figures/yours.png")
            assert all(len(found[name]) == files[name]["bytes"] for name in files)


def is_added(folder: Path, name: str) -> bool:
    """Add a file to a release; whether nobody else was at it."""
    try:
        amend(folder, add={name: name.encode()})
    except OutputError as error:
        if "is being written by another program; wait for it" not in str(error):
            raise
        return False
    return True


def snapshot(folder: Path) -> dict[str, bytes] | None:
    """All files of a folder; None where another took its place before they were read."""
    held = os.open(folder, os.O_RDONLY)  # so that no later folder gets the same number
    try:
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    except FileNotFoundError:
        found = {}
    finally:
        is_same = os.path.samestat(os.fstat(held), folder.stat())
        os.close(held)
    return found if is_same else None


def test_on_a_full_disk_the_old_release_stays(first: Release, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "2m") as disk:
        folder = Path(shutil.copytree(first.folder, disk / "release"))
        before = digests(folder)
        with pytest.raises(OutputError, match=r"release could not be written \(No space left on device\); make room"):
            amend(folder, add={"figures/mine.png": bytes(2**21)})
        assert digests(disk) == {f"release/{name}": digest for name, digest in before.items()}


def fails(path: Path) -> None:
    path.write_bytes(b"half")
    raise KeyError(path.name)


def is_interrupted(path: Path) -> None:
    path.write_bytes(b"half")
    raise KeyboardInterrupt


@pytest.mark.parametrize(("content", "error"), [(fails, KeyError), (is_interrupted, KeyboardInterrupt)])
def test_after_an_error_the_old_release_stays(
    folder: Path, content: Callable[[Path], None], error: type[BaseException]
) -> None:
    before = digests(folder)
    with pytest.raises(error):
        amend(folder, add={PSPI: SCORES, "annotations/other.parquet": content})
    assert digests(folder) == before


def test_what_a_killed_one_left_is_removed_by_the_next(folder: Path) -> None:
    (work_folder_of(folder) / "release" / "data").mkdir(parents=True)
    (work_folder_of(folder) / "added").mkdir()
    assert amend(folder, add={PSPI: SCORES}).version == "1.0.1"


@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_the_old_release_or_the_new_one(folder: Path, tmp_path: Path) -> None:
    amend(folder, add={"croissant.json": b"{}"})
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_bytes(b"ref: refs/heads/main")
    (tmp_path / "scores").write_bytes(SCORES)
    (tmp_path / "killed").mkdir()
    arguments = [folder, tmp_path / "scores", tmp_path / "killed"]
    program = [sys.executable, "-m", "tests.release.amending", *map(str, arguments)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    left = done.stdout.split()
    assert len(left) == 100
    assert set(left) == {"old", "new"}
    assert sorted(left, reverse=True) == left, "once the new release is there, it stays"
