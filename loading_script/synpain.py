"""SynPAIN pairs for `datasets` 2.14 to 3.x: a builder in one file, over a release directory.

    load_dataset("loading_script/synpain.py", "cv_0", data_dir="synpain-1.0.0", trust_remote_code=True)

`datasets` 4 does not run scripts: there, give it the release directory itself, `load_dataset("synpain-1.0.0", "cv_0")`.

The names of the configurations of the pairs are here because `datasets` needs them before it knows the release. The
files of each, and any other configuration, are read from the release's card, as `datasets` does when it is given the
directory.
"""

import hashlib
import json
from fnmatch import fnmatchcase
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import DatasetCard

CONFIGURATIONS = (
    "default",
    "cv_0",
    "cv_1",
    "cv_2",
    "cv_3",
    "cv_4",
    "all",
    "by_age_group",
    "by_gender",
    "by_ethnicity",
    "only_young",
    "only_old",
    "only_man",
    "only_woman",
    "only_black",
    "only_south_asian",
    "only_middle_eastern",
    "only_white",
    "only_east_asian",
    "without_black",
    "without_south_asian",
    "without_middle_eastern",
    "without_white",
    "without_east_asian",
)
"""Of the pairs. Anything else in a release, such as annotations, is known once its card is read."""


class Synpain(datasets.ArrowBasedBuilder):
    """Pairs of a neutral and an expressive face."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name) for name in CONFIGURATIONS]  # noqa: RUF012 - datasets' own way
    DEFAULT_CONFIG_NAME = "default"

    def __init__(self, *args, data_dir=None, **kwargs):
        if data_dir is None:
            raise ValueError('no release was given; add data_dir="path/to/release" to load_dataset')
        self.folder = Path(data_dir).expanduser().resolve()
        self.release = _read_release(self.folder)
        card = DatasetCard.load(self.folder / "README.md")
        self.listed = {entry["config_name"]: entry["data_files"] for entry in card.data.get("configs")}
        sizes = card.data.get("dataset_info")
        self.columns = {entry["config_name"]: entry["features"] for entry in sizes if "features" in entry}
        known = {config.name for config in self.BUILDER_CONFIGS}  # `builder_configs` would be remembered as it is now
        self.BUILDER_CONFIGS.extend(datasets.BuilderConfig(name=name) for name in self.listed if name not in known)
        # Both are in the cache's path, so that rows of another build in the same place are not taken for these.
        kwargs["version"] = self.release["version"]
        kwargs["hash"] = f"{kwargs.get('hash')}-{_digest_of_rows(self.release)}"
        super().__init__(*args, data_dir=str(self.folder), **kwargs)

    def _info(self):
        if self.config.name in self.columns:  # the card names them if the files do not have the same
            features = datasets.Features._from_yaml_list(self.columns[self.config.name])
        else:
            first = next(iter(self._splits().values()))[0]
            features = datasets.Features.from_arrow_schema(pq.read_schema(first))
        return datasets.DatasetInfo(features=features)

    def _split_generators(self, dl_manager):  # noqa: ARG002 - there is nothing to download
        return [
            datasets.SplitGenerator(name=name, gen_kwargs={"files": files}) for name, files in self._splits().items()
        ]

    def _generate_tables(self, files):
        for number, file in enumerate(files):
            with pq.ParquetFile(file) as parquet:
                for group in range(parquet.num_row_groups):
                    yield f"{number}-{group}", self._with_all_columns(parquet.read_row_group(group))

    def _with_all_columns(self, rows):
        """Rows with every column of the configuration; null where their file lacks one."""
        schema = self.info.features.arrow_schema
        columns = [
            rows[field.name].cast(field.type)
            if field.name in rows.column_names
            else pa.nulls(rows.num_rows, field.type)
            for field in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema)

    def _splits(self):
        """The files of each split of this configuration, in the order of its rows."""
        if self.config.name not in self.listed:
            raise ValueError(
                f"release {self.release['version']} has no pairs in {self.config.name}; "
                f"choose one of {', '.join(self.listed)}"
            )
        return {
            entry["split"]: [self._whole(name) for pattern in entry["path"] for name in self._matching(pattern)]
            for entry in self.listed[self.config.name]
        }

    def _matching(self, pattern):
        """The files of the release that a pattern of its card matches, including lost ones."""
        return sorted(name for name in self.release["files"] if fnmatchcase(name, pattern))

    def _whole(self, name):
        """The place of a file of the release, if it is there with its size."""
        path = self.folder / name
        if not path.is_file() or path.stat().st_size != self.release["files"][name]["bytes"]:
            raise ValueError(f"{path} was lost or changed after the build; build or download the release again")
        return str(path)


def _digest_of_rows(release):
    """What changes with any row of the release."""
    digests = [record["sha256"] for name, record in sorted(release["files"].items()) if name.endswith(".parquet")]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


def _read_release(folder):
    path = folder / "release.json"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} is not a release (it has no release.json); give a folder that `build` wrote")
    return json.loads(path.read_text(encoding="utf-8"))
