"""A release on disk: opening it, checking it against its `release.json`, and summing it up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.configurations import CONFIGURATIONS, Partition, splits_of
from synpain_hf.errors import PictureError, ReleaseError
from synpain_hf.progress import Progress, silent
from synpain_hf.release.layout import ANNOTATIONS, DATA, MANIFEST, TITLES, FileRecord, is_of_the_card, record_of
from synpain_hf.schemas import violations
from synpain_hf.vocabulary import CLASSES

_WRITE_CARD = "write its card again with `synpain-hf card`"


@dataclass(frozen=True)
class Release:
    """A complete release directory.

    Attributes:
        folder: The directory.
        manifest: Its `release.json`.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, folder: str | Path, *, card_may_lack: bool = False) -> Release:
        """Open a release; its files are not read.

        Args:
            folder: The directory.
            card_may_lack: Whether files of the card may be missing, since it is to be judged, or written again.

        Raises:
            ReleaseError: If it has no valid `release.json`, or lacks a file.
        """
        release = cls.read(Path(folder).expanduser())
        lost = [name for name in release.files if not (release.folder / name).is_file()]
        only_card = all(map(is_of_the_card, lost))
        if lost and not (card_may_lack and only_card):
            remedy = _WRITE_CARD if only_card else "build or download the release again"
            raise ReleaseError(f"{folder} lacks {', '.join(lost)}; {remedy}")
        return release

    @classmethod
    def read(cls, folder: Path) -> Release:
        """Read a `release.json`; its files may stand elsewhere, or in another form.

        Raises:
            ReleaseError: If it is missing or not valid.
        """
        path = folder / MANIFEST
        if not path.is_file():
            raise ReleaseError(f"{folder} is no release (it has no {MANIFEST}); give a folder that `build` wrote")
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{path} cannot be read ({error}); build or download the release again") from error
        wrong = violations("release", manifest) if isinstance(manifest, dict) else ["it is no JSON object"]
        if wrong:
            raise ReleaseError(f"{path} is not valid ({'; '.join(wrong)}); build or download the release again")
        release = cls(folder, manifest)
        if not release.partitions:
            raise ReleaseError(f"{path} names no file in {DATA}; build or download the release again")
        return release

    @property
    def version(self) -> str:
        """`X.Y.Z`."""
        return str(self.manifest["version"])

    @property
    def title(self) -> str:
        """What it holds, in a few words."""
        return TITLES[self.manifest["source"]["kind"]]

    @property
    def files(self) -> Mapping[str, FileRecord]:
        """Every file but `release.json`, by its place."""
        files: Mapping[str, FileRecord] = self.manifest["files"]
        return files

    @property
    def partitions(self) -> list[Partition]:
        """The partitions, sorted."""
        return sorted(_partition(name) for name in self.files if name.startswith(f"{DATA}/"))

    @property
    def annotations(self) -> list[str]:
        """The files of annotations, sorted."""
        return sorted(name for name in self.files if name.startswith(f"{ANNOTATIONS}/"))

    def rows_in(self, partitions: Sequence[Partition]) -> int:
        """How many pairs some partitions hold."""
        return sum(self.files[partition.path]["rows"] for partition in partitions)

    def splits(self, configuration: str) -> dict[str, list[str]]:
        """The files of each split of a configuration, in the order of its rows; none for a split without pairs."""
        if configuration == ANNOTATIONS:
            return {"train": self.annotations} if self.annotations else {}
        found = splits_of(configuration, self.partitions)
        return {split: [partition.path for partition in partitions] for split, partitions in found.items()}

    def configurations(self) -> dict[str, dict[str, int]]:
        """How many rows each split of each configuration has, where it has any."""
        return {
            name: {split: sum(self.files[file]["rows"] for file in files) for split, files in splits.items()}
            for name in (*CONFIGURATIONS, ANNOTATIONS)
            if (splits := self.splits(name))
        }

    def table(self, partition: Partition, columns: Sequence[str] | None = None) -> pa.Table:
        """A partition's rows; only the named columns are read.

        Raises:
            ReleaseError: If the file is damaged.
        """
        path = self.folder / partition.path
        with undamaged(path):
            return pq.read_table(path, columns=None if columns is None else list(columns))

    def verify(self, progress: Progress = silent) -> None:
        """Compare every file with its digest.

        Raises:
            ReleaseError: If one differs.
        """
        changed = []
        for done, (name, record) in enumerate(self.files.items(), 1):
            found = record_of(self.folder / name)
            if any(found[part] != record[part] for part in ("bytes", "sha256")):
                changed.append(name)
            progress("verify", done, len(self.files))
        if changed:
            only_card = all(map(is_of_the_card, changed))
            remedy = _WRITE_CARD if only_card else "build or download it again"
            raise ReleaseError(f"{self.folder} was changed after it was built ({', '.join(changed)}); {remedy}")


def info(release: str | Path, *, verify: bool = False, progress: Progress = silent) -> dict[str, Any]:
    """Sum up a release.

    Args:
        release: Its directory.
        verify: Whether to compare every file with its digest first.
        progress: Told of every file verified.

    Returns:
        Its `release.json` without the list of files, and `bytes` (of all files), `groups` (pairs by column and
        value) and `configurations` (pairs by configuration and split).

    Raises:
        ReleaseError: If it is no complete release.
    """
    opened = Release.open(release)
    if verify:
        opened.verify(progress)
    partitions = opened.partitions
    groups: dict[str, Counter[str]] = {column: Counter() for column in (*CLASSES, "fold")}
    for partition in partitions:
        table = opened.table(partition, list(groups))
        for column, counts in groups.items():
            names = CLASSES.get(column)
            counts.update(names[value] if names else str(value) for value in table[column].to_pylist())
    return {
        **{key: value for key, value in opened.manifest.items() if key != "files"},
        "bytes": sum(record["bytes"] for record in opened.files.values()),
        "groups": {
            column: {value: counts[value] for value in (CLASSES.get(column) or sorted(counts)) if value in counts}
            for column, counts in groups.items()
        },
        "configurations": opened.configurations(),
    }


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """Raise `ReleaseError` where a release's file turns out to be damaged while it is read."""
    try:
        yield
    except (pa.ArrowException, PictureError, OSError) as error:
        raise ReleaseError(f"{path} is damaged ({error}); build or download the release again") from error


def dump(document: Mapping[str, Any], write: Callable[[str], Any]) -> None:
    """Write a JSON document as people read it: indented, sorted, with a newline at its end."""
    write(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def _partition(name: str) -> Partition:
    path = PurePosixPath(name)
    try:
        partition = Partition(int(path.parent.name.removeprefix("fold-")), *path.stem.split("-"))
    except (TypeError, ValueError):
        partition = None
    if partition is None or partition.path != name:
        raise ReleaseError(f"{name} is no partition; build or download the release again")
    return partition
