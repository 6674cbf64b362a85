"""`annotate`: run annotators over all faces of a release, and add what they say to its annotations.

.RELEASE.annotating/lock               held by the program that annotates
.RELEASE.annotating/ANNOTATOR/KEY      what an annotator said of some faces; there until all is in the release
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from synpain_hf.annotation.measuring import Chosen
from synpain_hf.annotation.measuring_all import all_tasks, chosen_annotators, measure_all
from synpain_hf.annotation.place import place_of
from synpain_hf.errors import ReleaseError
from synpain_hf.executor import Engine, Executor
from synpain_hf.progress import Progress, silent
from synpain_hf.release.amend import amending
from synpain_hf.release.checking import check
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import open_file
from synpain_hf.release.versions import Version
from synpain_hf.storage import remove_tree, resumable_folder
from synpain_hf.vocabulary import FACES

_ROWS_IN_GROUP = 1024
"""Rows of a row group of an annotator's file: about 6 MB with landmarks."""


@dataclass(frozen=True)
class Annotated:
    """What `annotate` did.

    Attributes:
        release: The new release.
        files: The file of each annotator, by its place in the release.
        faces: How many faces have a row in each of them.
        failed: How many of them have a reason in place of values, by annotator.
    """

    release: Release
    files: Mapping[str, str]
    faces: int
    failed: Mapping[str, int]


def annotate(
    release: str | Path,
    annotators: str | Sequence[str],
    *,
    models: Sequence[str | Path] = (),
    workers: int = 1,
    engine: Engine = "threads",
    version: str | None = None,
    progress: Progress = silent,
) -> Annotated:
    """Run annotators over all faces of a release, and add what they say to its annotations.

    Each annotator writes one file, `annotations/NAME.parquet`, with a row for each face; where it found none, the row
    has a `reason` and no values. What it said before is replaced. The same faces, models and libraries give the same
    bytes, whatever the number of workers. A call that was killed goes on when the same call is made again.

    Args:
        release: The release directory.
        annotators: Their names: `mediapipe` (confidence, head pose, landmarks, blendshapes, approximate action units
            and pain score), `sface` (confidence, embedding of the identity), `sharpness` (sharpness, quality).
        models: Model files, or folders of them, recognised by their SHA-256; those that are not here are taken from
            the packages that carry them. Nothing is downloaded.
        workers: Faces measured at a time.
        engine: What measures them: `threads`, which the libraries let run at the same time but for a few milliseconds a
            face; `processes`, for many cores, which take seconds to start; or `ray`, where every machine must see the
            release and the models at the same paths, and have the same versions of the libraries.
        version: The new version of the release; None for the lowest that the change allows.
        progress: Called with the faces that were measured.

    Returns:
        What was done.

    Raises:
        UsageError: If an argument cannot be right.
        MissingExtraError: If a library or a model file is missing.
        ReleaseError: If it is not a complete release.
        VersionError: If `version` does not rise enough.
        OutputError: If it cannot be written, or is being annotated by another program.
    """
    executor = Executor(workers, engine)
    if version is not None:
        Version.parse(version)
    chosen = chosen_annotators([annotators] if isinstance(annotators, str) else annotators, models)
    place = Path(release).expanduser().resolve()
    opened = Release.open(place)
    files = {each.name: place_of(opened, each.annotator.title) for each in chosen}
    check(opened, of=[base_table()], progress=progress)
    tasks = all_tasks(opened)
    work = place.parent / f".{place.name}.annotating"
    with resumable_folder(work, busy=f"{place} is being annotated by another program; wait for it") as folder:
        measure_all(tasks, chosen, folder, executor, progress)
        writers = {each.name: _Writer(each, [folder / each.name / task.key(each) for task in tasks]) for each in chosen}
        with amending(place, version=version) as amendment:
            _check_same_pairs(opened, amendment.release)
            for name, file in files.items():
                amendment.add(file, writers[name].write)
        for name in writers:
            remove_tree(folder / name)
    failed = {name: writer.failed for name, writer in writers.items()}
    return Annotated(Release.open(place), files, len(FACES) * sum(task.pairs for task in tasks), failed)


class _Writer:
    """Writes the file of an annotator from its parts, a few in memory at a time.

    Args:
        chosen: The annotator.
        parts: Its parts, in the order of the rows.

    Attributes:
        failed: How many faces have a reason in place of values, once the file is written.
    """

    def __init__(self, chosen: Chosen, parts: Iterable[Path]) -> None:
        self._chosen, self._parts = chosen, parts
        self.failed = 0

    def write(self, path: Path) -> None:
        """Write the file."""
        with open_file(path, self._chosen.columns()) as file:
            for rows in self._groups():
                self.failed += rows.num_rows - rows["reason"].null_count
                file.write_table(rows)

    def _groups(self) -> Iterator[pa.Table]:
        held: list[pa.Table] = []
        for part in self._parts:
            held.append(pa.ipc.open_stream(part.read_bytes()).read_all())
            if sum(table.num_rows for table in held) >= _ROWS_IN_GROUP:
                yield pa.concat_tables(held)
                held = []
        if held:
            yield pa.concat_tables(held)


def _check_same_pairs(before: Release, now: Release) -> None:
    """Refuse to annotate a release whose pairs were changed in the meantime."""
    was, is_now = ({file: release.files[file] for file in release.files_of(base_table())} for release in (before, now))
    if was != is_now:
        raise ReleaseError(f"{before.folder} was changed while it was annotated; give the same command again")
