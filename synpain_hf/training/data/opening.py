"""Opening pairs to train on: by path, by name, or from the Hub."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import BadInputError, DownloadError, Problem, ReleaseError, UnreachableError, UsageError
from synpain_hf.hubclient.downloads import download_file, download_files
from synpain_hf.hubclient.errors import reported_as
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.release import tables
from synpain_hf.release.install import load
from synpain_hf.release.layout import MANIFEST, NAME, FileRecord, record_of
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables.table import Table
from synpain_hf.training.data.pairs import NEEDED, WELCOME, Pairs, Positions
from synpain_hf.vocabulary import CLASSES, FACES

if TYPE_CHECKING:
    from datasets import Dataset

_WITHOUT_FACES = tuple(column for column in (*NEEDED, *WELCOME) if column not in FACES)


def open_pairs(
    source: str | Path | Mapping[str, Dataset], configuration: str = "default", *, revision: str | None = None
) -> Pairs:
    """Open the pairs of a data set. Their pictures are not read yet; from the Hub they are downloaded.

    Args:
        source: A release's folder; `synpain`, for the installed release; a data set's id on the Hub; or splits that
            are loaded already, such as a `DatasetDict`, with the columns `pair_id`, `neutral`, `expressive`, `label`.
        configuration: Such as `default`, `cv_3`, `only_old`; `info` lists those of a release. Of splits that are
            loaded, it is already chosen.
        revision: Of a data set on the Hub: a tag, such as `v1.0.0`, a branch or a commit.

    Returns:
        The pairs; of a release all of them, with the configuration's splits.

    Raises:
        UsageError: If there is no such source, or it has no such configuration.
        NotInstalledError: If no release is installed.
        ReleaseError: If the folder is not a complete release.
        DownloadError: If the Hub cannot be reached, or does not give it.
        BadInputError: If a column is missing, or a pair is in two splits.
    """
    is_local = isinstance(source, Mapping) or str(source) == NAME or Path(source).expanduser().is_dir()
    if is_local and revision is not None:
        raise UsageError(f"revision {revision!r} is one of a data set on the Hub, and this is none; leave it out")
    if isinstance(source, Mapping):
        return _of_splits("the data set", source)
    if str(source) == NAME:
        return _installed(configuration)
    if is_local:
        return _of_folder(Release.open(source), configuration)
    if REPO_ID.fullmatch(str(source)):
        try:
            return _from_hub(str(source), configuration, revision)
        except DownloadError as error:
            raise DownloadError(f"there is no folder {source} here, and {error}") from None
    raise UsageError(f"{source} is no folder and no data set; give a release's folder, {NAME!r} or NAMESPACE/NAME")


@dataclass(frozen=True)
class _ParquetPart:
    """A partition of a release, as it was built."""

    path: Path
    record: FileRecord

    @property
    def name(self) -> str:
        return str(self.path)

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        with undamaged(self.path):
            if record_of(self.path)["sha256"] != self.record["sha256"]:
                raise ReleaseError(f"{self.path} was changed after it was built; build or download the release again")
            with pq.ParquetFile(self.path) as file:
                yield from file.iter_batches(rows, columns=list(FACES))


@dataclass(frozen=True)
class _LoadedPart:
    """A split that `datasets` loaded."""

    name: str
    dataset: Dataset

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        for table in self.dataset.select_columns(list(FACES)).with_format("arrow").iter(rows):
            yield from table.combine_chunks().to_batches()


def _of_folder(release: Release, configuration: str) -> Pairs:
    splits = _splits(release, configuration)
    (everything,) = release.splits("all").values()
    parts = [_ParquetPart(release.folder / file, release.files[file]) for file in everything]
    rows = [release.read(file, _WITHOUT_FACES) for file in everything]
    measured = [release.rows_of(table) for table in _measuring() if release.files_of(table)]
    return Pairs(_title(release), _content(release), pa.concat_tables(rows), splits, parts, _together(measured))


def _installed(configuration: str) -> Pairs:
    everything = load("all", "train")
    release = Release.described_in(Path(everything.cache_files[0]["filename"]).parent)
    splits = _splits(release, configuration)
    measured = [
        _columns(load(name, split))
        for table in _measuring()
        for name in table.configurations
        for split in release.splits(name)
    ]
    return Pairs(
        _title(release),
        _content(release),
        _columns(everything, _WITHOUT_FACES),
        splits,
        [_LoadedPart(_title(release), everything)],
        _together(measured),
    )


def _measuring() -> list[Table]:
    """The tables that hold measurements of faces."""
    return [table for table in tables.TABLES if table.measures]


def _together(measured: Sequence[pa.Table]) -> pa.Table | None:
    """All measurements, one row a face and annotator; null where an annotator has no such column."""
    plain = [table.replace_schema_metadata() for table in measured]
    return pa.concat_tables(plain, promote_options="permissive") if plain else None


def _from_hub(repo_id: str, configuration: str, revision: str | None) -> Pairs:
    """A release on the Hub is read as it was published; of any other data set, the configuration is loaded."""
    try:
        manifest = download_file(repo_id, MANIFEST, revision)
    except UnreachableError as unreachable:
        try:
            return _of_configuration(repo_id, configuration, revision)  # `datasets` has a cache of its own
        except DownloadError:
            raise unreachable from None
    if manifest is None:
        return _of_configuration(repo_id, configuration, revision)
    wanted = (tables.base_table(), *_measuring())
    patterns = [MANIFEST, *(f"{table.folder}/*" for table in wanted)]
    release = Release.described_in(download_files(repo_id, patterns, revision))
    needed = [name for table in wanted for name in release.files_of(table)]
    lost = [name for name in needed if not (release.folder / name).is_file()]
    if lost:
        raise DownloadError(f"{repo_id} came without {', '.join(lost)}; go online, and open it again")
    return _of_folder(release, configuration)


def _of_configuration(repo_id: str, configuration: str, revision: str | None) -> Pairs:
    """Pairs of a data set that is not a release, which `datasets` downloads."""
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError

    with reported_as(DownloadError, f"loading {repo_id}"):
        try:
            splits: Mapping[str, Dataset] = load_dataset(repo_id, configuration, revision=revision)
        except (DatasetsError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise UsageError(
                f"{repo_id} has no {MANIFEST}, and its configuration {configuration!r} cannot be loaded ({reason}); "
                "choose another, or load its splits and give those"
            ) from error
    return _of_splits(repo_id, splits)


def _of_splits(title: str, splits: Mapping[str, Dataset]) -> Pairs:
    """Pairs that `datasets` loaded, each split a part."""
    problems = [problem for split, dataset in splits.items() for problem in _unfit(title, split, dataset)]
    if problems:
        raise BadInputError(problems)
    if not any(map(len, splits.values())):
        raise UsageError(f"{title} has no pairs; give at least one split with some")
    shared = [column for column in _WITHOUT_FACES if all(column in dataset.features for dataset in splits.values())]
    tables = {split: _columns(dataset, shared) for split, dataset in splits.items()}
    fingerprints = "\n".join(dataset._fingerprint for dataset in splits.values())
    return Pairs(
        title,
        hashlib.sha256(fingerprints.encode()).hexdigest(),
        pa.concat_tables(tables.values(), promote_options="permissive"),
        _one_after_the_other({split: table.num_rows for split, table in tables.items()}),
        [_LoadedPart(f"{title}, {split}", dataset) for split, dataset in splits.items()],
    )


def _unfit(title: str, split: str, dataset: Dataset) -> Iterator[Problem]:
    """What keeps a split from being trained on."""
    from datasets import Image

    place = f"{title}, {split}"
    missing = [column for column in NEEDED if column not in dataset.features]
    if missing:
        yield Problem(place, f"has no column {', '.join(missing)}; rename or add it")
    for column in FACES:
        if column not in missing and not isinstance(dataset.features[column], Image):
            yield Problem(place, f"column {column} holds no pictures; cast it to datasets.Image()")
    for column, names in CLASSES.items():
        feature = dataset.features.get(column)
        if feature is not None and getattr(feature, "names", None) != list(names):
            yield Problem(
                place, f"column {column} is no ClassLabel of {', '.join(names)}; cast it to one, in this order"
            )


def _columns(dataset: Dataset, columns: Iterable[str] | None = None) -> pa.Table:
    chosen = dataset if columns is None else dataset.select_columns(list(columns))
    table: pa.Table = chosen.with_format("arrow")[:]
    return table.replace_schema_metadata()


def _splits(release: Release, configuration: str) -> dict[str, Positions]:
    """The positions of each split's pairs among all pairs of a release."""
    known = [name for name in tables.base_table().configurations if release.splits(name)]
    if configuration not in known:
        raise UsageError(
            f"{_title(release)} has no pairs in a configuration {configuration!r}; choose one of {', '.join(known)}"
        )
    (everything,) = release.splits("all").values()
    places = _one_after_the_other({file: release.files[file]["rows"] for file in everything})
    return {
        split: np.concatenate([places[file] for file in files])
        for split, files in release.splits(configuration).items()
    }


def _one_after_the_other(counts: Mapping[str, int]) -> dict[str, Positions]:
    ends = np.cumsum([*counts.values()])
    return {name: np.arange(end - count, end) for (name, count), end in zip(counts.items(), ends, strict=True)}


def _title(release: Release) -> str:
    return f"{release.title}, version {release.version}"


def _content(release: Release) -> str:
    return str(release.manifest["content"])
