"""Opening pairs to train on: by path, by name, or from the Hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synpain_hf.errors import DownloadError, ReleaseError, UnreachableError, UsageError
from synpain_hf.hubclient.downloads import download_file, download_files
from synpain_hf.hubclient.errors import reported_as
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.checking import check
from synpain_hf.release.install import load_of, of_installed
from synpain_hf.release.installed import places
from synpain_hf.release.layout import MANIFEST, NAME, FileRecord, record_of
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables.table import Table
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.training.data.learned_from import LearnedFrom
from synpain_hf.training.data.leaving_out import left_out, without_one
from synpain_hf.training.data.loaded import (
    WITHOUT_FACES,
    Loaded,
    LoadedPart,
    columns_of,
    one_after_the_other,
    pairs_of,
    splits_of,
)
from synpain_hf.training.data.pairs import Pairs, Positions
from synpain_hf.vocabulary import FACES

if TYPE_CHECKING:
    from datasets import Dataset

_PROVENANCE = "provenance"


def open_pairs(
    source: str | Path | Loaded | Pairs,
    configuration: str = "default",
    *,
    revision: str | None = None,
    progress: Progress = silent,
) -> Pairs:
    """Open the pairs of a data set. Their pictures are not read yet; from the Hub they are downloaded.

    Args:
        source: A release's folder; the name of an installed release, such as `synpain`; a data set's id on the Hub; or
            what is loaded already: a `DatasetDict` with the columns `pair_id`, `neutral`, `expressive`, `label`, or a
            `Dataset` with these and a column `split`. Pictures that it names by their paths are read from there. Pairs
            that are open are given back.
        configuration: Such as `default`, `cv_3`, `only_old`; `info` lists those of a release. `loso_IDENTITY` leaves
            one person out. Of splits that are loaded, it is already chosen.
        revision: Of a data set on the Hub: a tag, such as `v1.0.0`, a branch or a commit.
        progress: Called after every file of a release that is looked into, which is done once.

    Returns:
        The pairs; of a release all of them, with the configuration's splits.

    Raises:
        UsageError: If there is no such source, or it has no such configuration.
        NotInstalledError: If no release is installed.
        ReleaseError: If a release is not complete, or a file of it is not what it should be.
        DownloadError: If the Hub cannot be reached, or does not give it.
        BadInputError: If a column is missing, or a pair is in two splits.
    """
    is_loaded = not isinstance(source, (str, Path))
    word, known = "" if is_loaded else str(source), places.names(places.cache_folder())
    is_folder = not is_loaded and Path(word).expanduser().is_dir()
    is_installed = word == NAME or (not is_folder and word in known)
    if (is_loaded or is_folder or is_installed) and revision is not None:
        raise UsageError(f"is {revision!r}, but only a data set on the Hub has revisions; leave it out", "revision")
    if isinstance(source, Pairs):
        return source
    if not isinstance(source, (str, Path)):
        return pairs_of(splits_of(source), "the data set", embed=True)
    if is_installed:
        return of_installed(partial(_of_copy, configuration), word)
    if is_folder:
        return _of_folder(Release.open(source), configuration, progress)
    if REPO_ID.fullmatch(word):
        try:
            return _from_hub(word, configuration, revision, progress)
        except DownloadError as error:
            raise DownloadError(f"there is no folder {source} here, and {error}") from None
    beside = f", NAMESPACE/NAME, or what is installed: {', '.join(known)}" if known else " or NAMESPACE/NAME"
    raise UsageError(
        f"{shown(word)} is neither a folder nor an installed data set{did_you_mean(word, known)}; "
        f"give a release's folder{beside}"
    )


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


def _of_folder(release: Release, configuration: str, progress: Progress) -> Pairs:
    check(release, of=_opened_tables(), progress=progress)
    (everything,) = release.splits("all").values()
    parts = [_ParquetPart(release.folder / file, release.files[file]) for file in everything]
    read = pa.concat_tables(release.read(file, [*_read_of(release), *_provenance(release)]) for file in everything)
    rows, pictures = _apart(read)
    splits = _splits(release, configuration, rows)
    measured = [release.rows_of(table) for table in _measuring() if release.files_of(table)]
    return Pairs(
        _title(release),
        _content(release),
        rows,
        splits,
        parts,
        _together(measured),
        pictures,
        learned_from=LearnedFrom.of(release.manifest),
    )


def _of_copy(configuration: str, release: Release) -> Pairs:
    everything = load_of(release, "all", "train")
    rows, pictures = _apart(columns_of(everything, [*_read_of(release), *_provenance(release)]))
    splits = _splits(release, configuration, rows)
    measured = [
        columns_of(load_of(release, name, split))
        for table in _measuring()
        for name in table.configurations
        for split in release.splits(name)
    ]
    return Pairs(
        _title(release),
        _content(release),
        rows,
        splits,
        [LoadedPart(_title(release), everything)],
        _together(measured),
        pictures,
        learned_from=LearnedFrom.of(release.manifest),
    )


def _read_of(release: Release) -> list[str]:
    """The columns that are read of the pairs of a release; earlier versions have fewer."""
    known = tables.base_table().fixed(release.given)
    return [name for name in WITHOUT_FACES if name in known]


def _provenance(release: Release) -> list[str]:
    """The column that says which files a pair was made of; earlier versions may have none."""
    return [name for name in [_PROVENANCE] if name in tables.base_table().fixed(release.given)]


def _apart(read: pa.Table) -> tuple[pa.Table, pa.Table | None]:
    """The columns of pairs, and the digests of the pictures that they were made of."""
    if _PROVENANCE not in read.column_names:
        return read, None
    digests = {face: pc.struct_field(read[_PROVENANCE], f"{face}_sha256") for face in FACES}
    return read.drop_columns([_PROVENANCE]), pa.table(digests)


def _opened_tables() -> tuple[Table, ...]:
    """The tables that are read."""
    return (tables.base_table(), *_measuring())


def _measuring() -> list[Table]:
    """The tables that hold measurements of faces."""
    return [table for table in tables.TABLES if table.measures]


def _together(measured: Sequence[pa.Table]) -> pa.Table | None:
    """All measurements, one row a face and annotator; null where an annotator has no such column."""
    plain = [table.replace_schema_metadata() for table in measured]
    return pa.concat_tables(plain, promote_options="permissive") if plain else None


def _from_hub(repo_id: str, configuration: str, revision: str | None, progress: Progress) -> Pairs:
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
    wanted = _opened_tables()
    patterns = [MANIFEST, *(f"{table.folder}/*" for table in wanted)]
    release = Release.described_in(download_files(repo_id, patterns, revision))
    needed = [name for table in wanted for name in release.files_of(table)]
    lost = [name for name in needed if not (release.folder / name).is_file()]
    if lost:
        raise DownloadError(f"{repo_id} came without {', '.join(lost)}; go online, and open it again")
    return _of_folder(release, configuration, progress)


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
    return pairs_of(splits, repo_id)


def _splits(release: Release, configuration: str, rows: pa.Table) -> dict[str, Positions]:
    """The positions of each split's pairs among all pairs of a release.

    Args:
        release: The release.
        configuration: One of its configurations, or `loso_` and an identity.
        rows: All pairs without their faces.
    """
    if left_out(configuration):
        return without_one(rows, configuration)
    known = [name for name in tables.base_table().configurations if release.splits(name)]
    if configuration not in known:
        raise UsageError(
            f"{_title(release)} has no pairs in a configuration {configuration!r}{did_you_mean(configuration, known)}; "
            f"choose one of {', '.join(known)}"
        )
    (everything,) = release.splits("all").values()
    places = one_after_the_other({file: release.files[file]["rows"] for file in everything})
    return {
        split: np.concatenate([places[file] for file in files])
        for split, files in release.splits(configuration).items()
    }


def _title(release: Release) -> str:
    return f"{release.title}, version {release.version}"


def _content(release: Release) -> str:
    return str(release.manifest["content"])
