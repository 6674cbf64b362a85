"""Opening a release, checking it, and summing it up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.errors import ReleaseError
from synpain_hf.progress import silent
from synpain_hf.release.info import info
from synpain_hf.release.release import Release
from synpain_hf.vocabulary import CLASSES
from tests.release.making import rows_of, verify
from tests.terminal import run

Manifest = dict[str, Any]


@pytest.fixture
def copy(first: Release, tmp_path: Path) -> Path:
    """A release to damage."""
    return Path(shutil.copytree(first.folder, tmp_path / "copy"))


def test_a_copy_of_a_release_opens_and_verifies_anywhere(copy: Path, first: Release) -> None:
    seen: list[tuple[str, int, int]] = []
    release = Release.open(str(copy))
    verify(release, lambda *told: seen.append(told))
    assert release.manifest == first.manifest
    assert seen[-1] == ("verify", len(first.files), len(first.files))


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("README.md", "write its card again with `synpain-hf card`"),
        ("CHANGELOG.md", "build or download the release again"),
        ("data", "build or download the release again"),
    ],
)
def test_a_missing_file_is_named_when_a_release_is_opened(copy: Path, first: Release, name: str, remedy: str) -> None:
    lost = first.partitions[0].path if name == "data" else name
    (copy / lost).unlink()
    with pytest.raises(ReleaseError, match=f"^{copy} lacks {lost}; {remedy}$"):
        Release.open(copy)


def test_every_changed_file_is_named_when_a_release_is_verified(copy: Path, first: Release) -> None:
    path = copy / first.partitions[1].path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with (copy / "README.md").open("a", encoding="utf-8") as card:
        card.write("one more line\n")
    release = Release.open(copy)
    with pytest.raises(ReleaseError) as caught:
        verify(release, silent)
    assert str(caught.value) == (
        f"{copy} was changed after it was built (README.md, {first.partitions[1].path}); build or download it again"
    )
    with pytest.raises(ReleaseError, match="was changed after it was built"):
        info(copy, verify=True)


def edited(edit: Callable[[Manifest], object]) -> Callable[[str], str]:
    def text(before: str) -> str:
        manifest = json.loads(before)
        edit(manifest)
        return json.dumps(manifest)

    return text


A_RECORD = {"bytes": 1, "sha256": "0" * 64, "rows": 1}

DAMAGES: dict[str, tuple[Callable[[str], str], str]] = {
    "cut short": (lambda text: text[:100], "cannot be read"),
    "empty": (lambda _: "", "cannot be read"),
    "no object": (lambda _: "[]", "is not valid (it is not a JSON object)"),
    "a number of 5000 digits": (lambda _: "9" * 5000, "cannot be read"),
    "no version": (edited(lambda one: one.pop("version")), "is not valid (version missing; fill in)"),
    "no such version": (edited(lambda one: one.update(version="1.0")), "version '1.0' does not have the form"),
    "an unknown key": (edited(lambda one: one.update(more=1)), "'more' was unexpected"),
    "no files": (edited(lambda one: one.update(files={})), "names no file in data"),
    "a path out of the release": (
        edited(lambda one: one["files"].update({"../secret": A_RECORD})), "'../secret' does not have the form",
    ),
    "a path out of the release, later": (
        edited(lambda one: one["files"].update({"data/../../secret": A_RECORD})), "does not have the form",
    ),
    "a name longer than any file's": (
        edited(lambda one: one["files"].update({"a" * 5000: A_RECORD})), "does not have the form",
    ),
    "a number that JSON does not have": (
        edited(lambda one: one["source"].update(biases=[{"strength": float("inf")}])),
        "cannot be read (Infinity is not a number of JSON)",
    ),
    "half of a character": (
        edited(lambda one: one.update(made_with="\ud800")), "cannot be read ('utf-8' codec can't encode",
    ),
    "lists in lists": (lambda _: "[" * 100_000, "cannot be read (it is nested too deeply)"),
    "an absolute path": (
        edited(lambda one: one["files"].update({"/etc/passwd": A_RECORD})), "'/etc/passwd' does not have the form",
    ),
    "no digest": (
        edited(lambda one: one["files"]["README.md"].update(sha256="")), "'' does not have the form ^[0-9a-f]{64}$",
    ),
    "a partition without its rows": (
        edited(lambda one: [record.pop("rows", 0) for record in one["files"].values()]), "rows missing; fill in",
    ),
    "a file that is no partition": (
        edited(lambda one: one["files"].update({"data/faces.parquet": A_RECORD})),
        "data/faces.parquet is not the name of a partition; build or download the release again",
    ),
    "a partition under another name": (
        edited(lambda one: one["files"].update({"data/fold-00/old-man-white.parquet": A_RECORD})),
        "data/fold-00/old-man-white.parquet is not the name of a partition",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_release_json_that_cannot_be_right_is_refused(copy: Path, name: str) -> None:
    damage, reason = DAMAGES[name]
    path = copy / "release.json"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    (copy.parent / "secret").write_bytes(b"of somebody else")
    with pytest.raises(ReleaseError) as caught:
        Release.open(copy)
    assert reason in str(caught.value)
    assert "; " in str(caught.value)


def test_a_folder_without_release_json_is_no_release(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ReleaseError, match=f"^{folder} is not a release .it has no release.json.; give a folder"):
            Release.open(folder)


def test_a_partition_that_cannot_be_read_is_named(copy: Path, first: Release) -> None:
    path = copy / first.partitions[0].path
    path.write_bytes(path.read_bytes()[:-9])
    reason = f"{copy} is not a valid release: 1 file cannot be right; build or download it again"
    with pytest.raises(ReleaseError, match=f"^{reason}:\n  {first.partitions[0].path}: cannot be read"):
        info(copy)
    done = run("info", copy)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {reason}:\n  {first.partitions[0].path}: cannot be read")
    assert "Traceback" not in done.stderr


def test_info_counts_the_pairs_of_every_group_fold_and_configuration(built: Release) -> None:
    summary = info(built.folder)
    rows = rows_of(built).values()
    for column, names in CLASSES.items():
        counts = {name: sum(row[column] == at for row in rows) for at, name in enumerate(names)}
        assert summary["groups"][column] == {name: count for name, count in counts.items() if count}
        assert list(summary["groups"][column]) == [name for name in names if counts[name]]
    assert summary["groups"]["fold"] == {"0": 5, "1": 5, "2": 5}
    assert list(summary["configurations"]) == [name for name in CONFIGURATIONS if built.splits(name)]
    assert summary["configurations"]["default"] == {"train": 5, "validation": 5, "test": 5}
    assert summary["configurations"]["cv_3"] == {"train": 15}, "a split without pairs is left out"
    assert summary["configurations"]["by_age_group"] == {"young": 10, "old": 5}
    assert summary["pairs"] == {"in": 15, "out": 15, "rejected": 0}
    assert "files" not in summary
    assert summary["bytes"] == sum((built.folder / name).stat().st_size for name in built.files)


def test_only_the_named_columns_are_read(built: Release) -> None:
    assert built.read(built.partitions[0].path, ["pair_id", "fold"]).column_names == ["pair_id", "fold"]
