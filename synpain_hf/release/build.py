"""`build`: from a source to a release directory, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import synpain_hf
from synpain_hf.errors import (
    BadInputError,
    Notice,
    Problem,
    SynpainError,
    UsageError,
    VersionError,
    in_order,
    warn_of,
)
from synpain_hf.executor import Engine, Executor
from synpain_hf.imaging.faces import Encoding
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.changelog import write_changelog
from synpain_hf.release.checking import check
from synpain_hf.release.compare import compare
from synpain_hf.release.duplicates import copied_faces, same_faces
from synpain_hf.release.filming import look_through
from synpain_hf.release.layout import CARD, CHANGELOG, MANIFEST, REJECTED, FileRecord, record_of
from synpain_hf.release.naming import check_name, name_by
from synpain_hf.release.partition import Task, Written, without, write_partition
from synpain_hf.release.place import check_place
from synpain_hf.release.plan import BuildPlan, make_plan, reported
from synpain_hf.release.readme import write_card
from synpain_hf.release.release import Release, dump
from synpain_hf.release.rows import content_digest
from synpain_hf.release.staging import Staging
from synpain_hf.release.tables.table import Contents
from synpain_hf.release.versions import Bump, Version
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.folds import FoldsFile, read_folds_file
from synpain_hf.sources.loaded import open_dataset
from synpain_hf.sources.wording import Wording, Words, read_wording
from synpain_hf.storage import staged
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import Uses

if TYPE_CHECKING:
    from datasets import Dataset


def _say_nothing(names: Sequence[str]) -> None:
    """Leave unsaid in which pictures damage would not show."""


def build(
    source: str | Path | Sequence[str | Path] | Source | Dataset,
    out: str | Path,
    *,
    version: str,
    name: str | None = None,
    workers: int = 1,
    engine: Engine = "threads",
    encoding: str = "png",
    image_size: int | None = None,
    folds: str | Path | None = None,
    seed: int = 0,
    previous: str | Path | None = None,
    on_error: Literal["fail", "skip"] = "fail",
    words: Words | str | Path | None = None,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    groups: str | Path | None = None,
    pain_from: float | None = None,
    references: int | None = None,
    videos: Uses | None = None,
    at: str | None = None,
    clip_names: str | None = None,
    progress: Progress = silent,
    notice: Notice = warn_of,
    unverified: Callable[[Sequence[str]], object] = _say_nothing,
) -> Release:
    """Build a release from a source.

    The same input, options and versions of the libraries give the same bytes, whatever the number of workers and the
    order of files. A build that was killed continues when the same call is made again.

    Args:
        source: The official download (the Hub snapshot's root, its `SynPain` or `Images` folder, one or several zips,
            a folder of zips, or `hf://datasets/NAMESPACE/NAME[@REVISION]`), the folder of UNBC-McMaster (`Images` or
            `aligned`, and `Frame_Labels`; or HDF5 files of frames and of labels) or of 3DPain (`meshes_inpainted` and
            `annotations`), the clips of BioVid, or a manifest (CSV, TSV, JSON Lines, Parquet, also with the pictures in
            it), or a folder that holds one as `pairs`, `manifest` or `metadata`, or a data set that `datasets` has
            loaded, or any object that is a `Source`, such as demo faces.
        out: The release directory to write; it must not exist, and its name must mean nothing else to `load_dataset`.
        version: `X.Y.Z`.
        name: What the data set is called: `load_dataset(name)` gives it once it is installed. By default as in
            `previous`; else `synpain`, or for an archive of another data set the name of that, such as `unbc`. Another
            name than in `previous` is a major change.
        workers: Partitions written at a time.
        engine: What writes them: `threads`; `processes`; or `ray`, with the machines of the cluster that RAY_ADDRESS
            names, else with this one. Every machine must see the source and `out` at the same paths, as on a shared
            file system, and have the same versions of Python, synpain-hf and the libraries.
        encoding: `png` or `webp`, which lose nothing, or `jpeg`.
        image_size: Side in pixels of the square to scale and crop each face to; None keeps the pixels as they are.
        folds: A folds file, instead of the one that came with the source.
        seed: Draws the folds where none are given.
        previous: The release that this one follows: its pairs keep their folds unless the source or `folds` gives
            others, `version` must rise as semantic versions ask, and the change log says what changed.
        on_error: What to do with pairs that cannot be used: `fail`, or `skip` them and list them in `rejected.jsonl`.
        words: What the words of a manifest mean, where they are not those of `schemas/pair.schema.json`: for a column
            of labels or groups, our word by theirs, as in `{"ethnicity": {"Indian": "south_asian"}}`; under `columns`,
            our name of a column by theirs. Or a YAML file that holds this.
        drop: Columns of a manifest that are left out.
        keep: Further columns of a manifest that the release keeps, each as a column of its own; its type (`bool`,
            `int64`, `float64` or `string`) is the one that all of its values have, or is given: `site=string`. Empty
            cells, `NA` and `NaN` are missing values.
        groups: For a source that does not say them: a table of the age group, gender, ethnicity or age of each
            `identity`.
        pain_from: For a source with pain scores or levels: the least one that is called pain.
        references: For a source with many neutral faces of an identity: how many of them stand beside its other faces.
        videos: For a source with videos: `frames` makes pairs of them, each of the first frame, taken as neutral, and a
            later one; `table` makes the table `videos`, one row a clip with its file as it is; or `both`. Official
            videos are left aside by default, and clips without pictures become pairs.
        at: Which later frames: `peak` (by default), where the face has changed most from the first frame, apart from
            what light and motion explain; seconds from the first frame; `every:N`, each N-th frame; or several of
            these with commas between, such as `0.5,1,peak`.
        clip_names: For a folder of clips: a regular expression that their names match, without the ending, or else
            their paths in the folder. Its named groups are `identity`, `label`, and, if names say them, `age_group`,
            `gender`, `ethnicity` and `age`; `words` says what their words mean.
        progress: Called after every pair that is written.
        notice: Told, in one list, of pairs that were released though they may be wrong: they look like copies of
            others on the same side of every split. By default, Python warns.
        unverified: Called with the names of the pictures of the release in which damage would not show, if there
            are any: they are of a format without checksums, and nothing gives their digests.

    Returns:
        The release.

    Raises:
        UsageError: If an argument cannot be right.
        BadInputError: If something is wrong with the source; nothing is written.
        VersionError: If `version` does not rise enough; nothing is written.
        OutputError: If `out` cannot be written.
        DownloadError: If the Hub could not be read.
        MissingExtraError: If `engine` needs Ray, or `videos` PyAV, and it cannot be loaded.
    """
    number = Version.parse(version)
    if name is not None:
        check_name(name)
    executor = Executor(workers, engine)
    if on_error not in ("fail", "skip"):
        near = did_you_mean(on_error, ("fail", "skip"))
        raise UsageError(f"unknown on_error {on_error!r}{near}; choose fail or skip")
    chosen = Encoding(encoding, image_size)
    before = None if previous is None else _before(previous, name, number, progress)
    wording = read_wording(words, drop, keep)
    choices = Choices(
        None if groups is None else Path(groups).expanduser(), pain_from, references, videos, at, clip_names
    )
    given_folds = _read_given(folds) if folds is not None else None
    place = Path(out).expanduser().absolute()
    with staged(place, resumable=True) as folder:
        check_place(place)
        staging = Staging(folder)
        with _source_is_readable():
            opened = _opened(source, wording, choices)
            called = name or (before.name if before else name_by(str(opened.describe()["kind"])))
            check_place(place, called)
            entries, filmed = look_through(list(opened), choices, executor, staging, progress)
            plan = make_plan(entries, given_folds or opened.folds_file, before, seed, filmed.for_table)
        options = {"encoding": chosen.format, "image_size": chosen.size, "on_error": on_error, **filmed.options}
        tasks = _tasks(plan, chosen)
        written = _write(tasks, staging, executor, progress)
        copies, doubtful = copied_faces(written, staging.thumbnails_of(written))
        unusable = [problem for partition in written for problem in partition.problems]
        problems = [*plan.problems, *unusable, *same_faces(written), *copies]
        if problems and (plan.fatal or on_error == "fail"):
            raise BadInputError(reported(problems, plan.entries))
        lost = {problem.file for problem in problems}
        hit = {partition.path for partition in written if any(row.listed_at in lost for row in partition.rows)}
        if hit:
            again = _write([without(task, lost) for task in tasks if task.path in hit], staging, executor, progress)
            problems += [problem for partition in again for problem in partition.problems]
            kept = [partition for partition in written if partition.path not in hit]
            written = sorted([*kept, *again], key=lambda partition: partition.path)
        release = _describe(staging, written, problems, plan, opened, called, before, number, options)
        folder.complete([*release["files"], MANIFEST])
    doubtful = [*plan.doubtful, *(problem for problem in doubtful if problem.file not in lost)]
    if doubtful:
        notice(doubtful)
    unseen = [name for partition in written for row in partition.rows for name in row.unverified]
    if unseen:
        unverified(sorted(set(unseen)))
    return Release.open(out)


def _before(previous: str | Path, name: str | None, version: Version, progress: Progress) -> Release:
    """The release that a version follows."""
    before = Release.open(previous)
    if version <= Version.parse(before.version):
        raise VersionError(f"version {version} does not follow {before.version}; give a higher one")
    _check_renaming(before, name, version)
    check(before, any_columns=True, progress=progress)
    return before


def _check_renaming(before: Release, name: str | None, version: Version) -> None:
    least = Version.parse(before.version).raised(Bump.MAJOR)
    if name not in (None, before.name) and version < least:
        raise VersionError(
            f"version {version} promises too little: the data set is called {name}, and was called {before.name}; "
            f"give at least {least}, or the earlier name"
        )


def _opened(source: str | Path | Sequence[str | Path] | Source | Dataset, wording: Wording, choices: Choices) -> Source:
    if isinstance(source, (str, Path)):
        return open_source([source], wording, choices)
    if isinstance(source, Sequence):
        return open_source(source, wording, choices)
    choices.check((), "a source that is opened already")
    if not isinstance(source, Source):
        return open_dataset(source, wording)
    if wording:
        raise UsageError("say how a table is written, and this source is not one; omit them", "words", "drop", "keep")
    return source


@contextmanager
def _source_is_readable() -> Iterator[None]:
    """Distinguish a source that cannot be read from a release that cannot be written."""
    try:
        yield
    except SynpainError:
        raise
    except OSError as error:
        name = Path(error.filename).name if error.filename else "source"
        raise BadInputError([Problem(name, f"cannot be read ({error.strerror or error}); check it")]) from error


def _read_given(path: str | Path) -> FoldsFile:
    path = Path(path).expanduser()
    try:
        return read_folds_file(path)
    except OSError as error:
        raise UsageError(f"the folds file {path} cannot be read ({error.strerror}); give another") from error


def _tasks(plan: BuildPlan, encoding: Encoding) -> list[Task]:
    arrow_schema = tables.base_table().columns(plan.kept, plan.columns).arrow_schema
    return [
        Task(partition.path, partition.fold, pairs, encoding, arrow_schema)
        for partition, pairs in sorted(plan.partitions.items())
    ]


def _write(tasks: Sequence[Task], staging: Staging, executor: Executor, progress: Progress) -> list[Written]:
    """Write the partitions that an earlier build did not."""
    if not tasks:
        return []
    total = sum(len(task.pairs) for task in tasks)
    results: dict[str, Written] = {}
    waiting = []
    for task in tasks:
        finished = staging.finished.get(task.key())
        if finished:
            results[task.path] = finished
        else:
            waiting.append(task)
    done = sum(len(partition.rows) + len(partition.problems) for partition in results.values())
    progress("pairs", done, total)
    with closing(executor.run(partial(write_partition, release=staging.release), waiting)) as partitions:
        for partition in partitions:
            staging.add(partition)
            results[partition.path] = partition
            done += len(partition.rows) + len(partition.problems)
            progress("pairs", done, total)
    return [results[path] for path in sorted(results)]


def _describe(
    staging: Staging,
    written: Sequence[Written],
    problems: Sequence[Problem],
    plan: BuildPlan,
    source: Source,
    name: str,
    before: Release | None,
    version: Version,
    options: Mapping[str, object],
) -> dict[str, Any]:
    """Write everything of a release but its partitions; return its `release.json`."""
    rows = [row for partition in written for row in partition.rows]
    if not rows:
        raise BadInputError(reported(problems, plan.entries))
    files: dict[str, FileRecord] = {
        partition.path: {"bytes": partition.bytes, "sha256": partition.sha256, "rows": len(partition.rows)}
        for partition in written
        if partition.rows
    }
    manifest: dict[str, Any] = {
        "name": name,
        "version": str(version),
        "source": source.describe(),
        "options": options,
        "folds": plan.folds,
        "pairs": {"in": plan.entries, "out": len(rows), "rejected": plan.entries - len(rows)},
        "content": content_digest({row.pair_id: row.digest for row in rows}),
        "columns": list(plan.columns),
        **({"kept": dict(plan.kept)} if plan.kept else {}),
        "files": files,
        "made_with": f"synpain-hf {synpain_hf.__version__}",
    }
    released = {row.pair_id for row in rows}
    lost = {problem.file for problem in problems}
    contents = Contents(
        [pair for pair in plan.pairs() if pair.pair_id in released],
        [film for film in plan.films if film.clip.listed_at not in lost],
    )
    for table in tables.TABLES:
        if table.write is not None:
            files |= table.write(staging.release, contents)
    release = Release(staging.release, manifest)
    changes = compare(before, release) if before else None
    if before and changes and version < (least := Version.parse(before.version).raised(changes.bump)):
        raise VersionError(f"version {version} promises too little: {changes.summary()}; give at least {least}")
    if problems:
        lines = [json.dumps(problem.to_dict(), ensure_ascii=False) + "\n" for problem in in_order(problems)]
        (staging.release / REJECTED).write_bytes("".join(lines).encode("utf-8", "backslashreplace"))
        files[REJECTED] = record_of(staging.release / REJECTED)
    write_changelog(release, before, changes)
    write_card(release)
    for text in (CARD, CHANGELOG):
        files[text] = record_of(staging.release / text)
    with (staging.release / MANIFEST).open("w", encoding="utf-8") as file:
        dump(manifest, file.write)
    return manifest
