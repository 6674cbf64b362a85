"""Pairs are opened by path, by name or from the Hub; no identity is in two splits; annotations go to their pair."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, load_dataset

import synpain_hf
from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.errors import BadInputError, NotInstalledError, ReleaseError, SynpainError, UsageError
from synpain_hf.release.amend import amend
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ACTION_UNITS_FILE
from synpain_hf.sources.demo_download import ANNOTATOR
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.vocabulary import CLASSES
from tests.hub import Hub, Repository
from tests.loading.elsewhere import run_elsewhere
from tests.release.making import copied, manifest_rows, replace, write_manifest

REPO_ID = "lab/faces"
SECOND = "a second look"

OPENS = """
import json, sys
from synpain_hf.errors import SynpainError
from synpain_hf.training.data.opening import open_pairs
told = []
for source, configuration, revision in json.loads(sys.argv[1]):
    try:
        pairs = open_pairs(source, configuration, revision=revision)
    except SynpainError as error:
        told.append([type(error).__name__, str(error)])
    else:
        ids = pairs.table["pair_id"].to_pylist()
        splits = {name: [ids[place] for place in places] for name, places in pairs.splits.items()}
        faces = sum(batch.num_rows for part in pairs.parts for batch in part.batches(8))
        annotators = [] if pairs.annotations is None else sorted(set(pairs.annotations["annotator"].to_pylist()))
        told.append([splits, pairs.content, pairs.action_units(), faces, annotators])
print(json.dumps(told))
"""

Loads = Callable[[str], DatasetDict]
Change = Callable[[DatasetDict], DatasetDict]


def ids_of(pairs: Pairs) -> dict[str, list[str]]:
    """The pairs of each split, in their order."""
    return {split: pairs.table["pair_id"].take(positions).to_pylist() for split, positions in pairs.splits.items()}


@pytest.fixture(scope="module")
def loaded(faces: Release, tmp_path_factory: pytest.TempPathFactory) -> Loads:
    """Gives what `datasets` loads of a configuration of `faces`, each loaded once."""
    folder = str(tmp_path_factory.mktemp("loaded"))
    load = cache(lambda configuration: load_dataset(str(faces.folder), configuration, cache_dir=folder))
    return lambda configuration: DatasetDict(load(configuration))


@pytest.fixture
def splits(loaded: Loads) -> DatasetDict:
    """What `datasets` loads of `faces`."""
    return loaded("default")


def faces_in(pairs: Pairs) -> list[Any]:
    """The encoded faces of all pairs, in their order."""
    return [
        (row["neutral"]["bytes"], row["expressive"]["bytes"])
        for part in pairs.parts
        for batch in part.batches(3)
        for row in batch.to_pylist()
    ]


def of_table(**columns: Any) -> Pairs:
    """Pairs of a table, with splits by position."""
    splits = {name: np.array(places) for name, places in columns.pop("splits").items()}
    return Pairs("the data set", "", pa.table(columns), splits, [])


@pytest.mark.parametrize("configuration", ["default", "cv_3", "only_old", "without_white", "by_gender", "all"])
def test_a_folder_has_the_splits_that_datasets_loads(faces: Release, loaded: Loads, configuration: str) -> None:
    expected = {split: rows["pair_id"] for split, rows in loaded(configuration).items()}
    assert ids_of(open_pairs(faces.folder, configuration)) == {split: list(ids) for split, ids in expected.items()}


@pytest.mark.slow
def test_the_installed_release_gives_the_same_pairs_as_its_folder(faces: Release) -> None:
    synpain_hf.install(faces.folder)
    installed, opened = open_pairs("synpain", "cv_2"), open_pairs(faces.folder, "cv_2")
    assert installed.content == opened.content
    assert installed.table.equals(opened.table.replace_schema_metadata())
    assert ids_of(installed) == ids_of(opened)
    assert faces_in(installed) == faces_in(opened)
    for name, values in installed.targets(pspi=True, action_units=["AU4", "AU43"]).items():
        np.testing.assert_array_equal(values, opened.targets(pspi=True, action_units=["AU4", "AU43"])[name])


def test_every_configuration_gives_the_same_pairs_in_other_splits(faces: Release) -> None:
    opened = [open_pairs(faces.folder, name) for name in CONFIGURATIONS if faces.splits(name)]
    assert len({pairs.content for pairs in opened}) == 1
    assert all(pairs.table.equals(opened[0].table) for pairs in opened)


def test_splits_that_are_loaded_already_are_opened_as_they_are(faces: Release, splits: DatasetDict) -> None:
    before = open_pairs(splits).content
    splits["train"] = splits["train"].shuffle(seed=1).select(range(5))
    pairs = open_pairs(splits)
    assert ids_of(pairs) == {split: list(rows["pair_id"]) for split, rows in splits.items()}
    opened = open_pairs(faces.folder)
    by_id = dict(zip(opened.table["pair_id"].to_pylist(), faces_in(opened), strict=True))
    assert faces_in(pairs) == [by_id[pair_id] for pair_id in pairs.table["pair_id"].to_pylist()]
    assert pairs.table["ethnicity"].to_pylist() == [e for rows in splits.values() for e in rows["ethnicity"]]
    assert pairs.content != before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda splits: splits.remove_columns("neutral"), "train: has no column neutral; rename or add it"),
        (
            lambda splits: splits.cast_column("neutral", dict.fromkeys(("bytes", "path"), datasets.Value("binary"))),
            "train: column neutral holds no pictures; cast it to datasets.Image()",
        ),
        (
            lambda splits: splits.cast_column("label", ClassLabel(names=["pain", "no_pain"])),
            "of no_pain, pain in this order; use dataset.align_labels_with_mapping({'no_pain': 0, 'pain': 1}, 'label')",
        ),
        (
            lambda splits: splits.cast_column("label", datasets.Value("string")),
            "write these words, and use dataset.cast_column('label', datasets.ClassLabel(names=['no_pain', 'pain']))",
        ),
        (
            lambda splits: splits.cast_column("gender", datasets.Value("int64")),
            "dataset.cast_column('gender', datasets.ClassLabel(names=['man', 'woman'])), or leave the column out",
        ),
        (
            lambda splits: DatasetDict({**splits, "more": splits["train"].select([0])}),
            "is in train and in more, so the same person would be trained and tested on; keep it in one of them",
        ),
        (
            lambda splits: DatasetDict(train=splits["train"].select([0, 1, 0])),
            "is twice in train; keep it once",
        ),
    ],
)  # fmt: skip
def test_splits_that_cannot_be_trained_on_are_refused(splits: DatasetDict, change: Change, told: str) -> None:
    with pytest.raises(BadInputError) as caught:
        open_pairs(change(splits))
    assert told in str(caught.value)


def test_what_the_messages_say_makes_a_turned_label_right(splits: DatasetDict) -> None:
    turned = splits.map(lambda row: {"label": 1 - row["label"]}).cast_column(
        "label", ClassLabel(names=["pain", "no_pain"])
    )
    mended = DatasetDict(
        {name: rows.align_labels_with_mapping({"no_pain": 0, "pain": 1}, "label") for name, rows in turned.items()}
    )
    assert open_pairs(mended).table["label"] == open_pairs(splits).table["label"]
    words = splits.cast_column("label", datasets.Value("string"))
    words = words.map(lambda row: {"label": CLASSES["label"][int(row["label"])]})
    mended = words.cast_column("label", ClassLabel(names=["no_pain", "pain"]))
    assert open_pairs(mended).table["label"] == open_pairs(splits).table["label"]


@pytest.mark.parametrize("kind", ["words", "classes"])
def test_one_data_set_with_a_column_of_splits_is_opened_by_it(splits: DatasetDict, kind: str) -> None:
    names = list(splits)
    parts = [rows.add_column("split", [name] * len(rows)) for name, rows in splits.items()]
    whole = datasets.concatenate_datasets(parts)
    if kind == "classes":
        whole = whole.cast_column("split", ClassLabel(names=names))
    opened, expected = open_pairs(whole.shuffle(seed=1)), open_pairs(splits)
    assert {name: sorted(ids) for name, ids in ids_of(opened).items()} == {
        name: sorted(ids) for name, ids in ids_of(expected).items()
    }
    assert open_pairs(whole).content == open_pairs(whole).content
    assert sorted(faces_in(opened)) == sorted(faces_in(expected))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda splits: splits["train"], "has no splits; give a DatasetDict with train, validation and test, or name"),
        (lambda splits: splits["train"].add_column("split", [None] * len(splits["train"])), "rows .* have no split"),
        (lambda splits: splits["train"].to_iterable_dataset(), "is streamed, and training reads its pairs many times"),
        (lambda splits: {"train": splits["train"].to_iterable_dataset()}, "load it without streaming"),
        (lambda _: [1, 2], "holds list; give a datasets.DatasetDict or a Dataset"),
    ],
)  # fmt: skip
def test_what_has_no_splits_to_go_over_is_refused(splits: DatasetDict, given: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        open_pairs(given(splits))


def test_pictures_that_are_only_named_are_read_from_their_files(splits: DatasetDict, tmp_path: Path) -> None:
    rows = splits["train"].cast_column("neutral", datasets.Image(decode=False)).to_list()
    for number, row in enumerate(rows):
        for face in ("neutral", "expressive"):
            path = tmp_path / f"{number}-{face}.png"
            path.write_bytes(row[face]["bytes"])
            row[face] = {"bytes": None, "path": str(path)}
    named = Dataset.from_list(rows, features=splits["train"].features)
    opened = open_pairs({"train": named})
    assert faces_in(opened) == faces_in(open_pairs({"train": splits["train"]}))
    (tmp_path / "0-neutral.png").write_bytes(rows[1]["neutral"]["path"].encode())
    assert open_pairs({"train": named}).content != opened.content, "another picture under the same name"
    (tmp_path / "0-neutral.png").unlink()
    assert faces_in(open_pairs({"train": named}))[0][0] is None


def test_splits_without_a_pair_are_refused(splits: DatasetDict) -> None:
    with pytest.raises(UsageError, match="the data set has no pairs; give at least one split with some"):
        open_pairs({"train": splits["train"].select([])})


def test_groups_may_be_unknown(splits: DatasetDict) -> None:
    without = splits.remove_columns(["ethnicity", "fold", "provenance"])
    assert open_pairs(without).table.column_names == ["pair_id", "label", "identity", "age_group", "gender"]


def test_a_pair_in_two_splits_is_named_with_both() -> None:
    with pytest.raises(BadInputError) as caught:
        of_table(pair_id=["a", "b", "c"], label=[0, 1, 0], splits={"train": [0, 1], "validation": [2], "test": [1, 2]})
    assert [problem.pair_id for problem in caught.value.problems] == ["b", "c"]
    assert "pair b is in train and in test" in str(caught.value)
    assert "pair c is in validation and in test" in str(caught.value)


@pytest.mark.parametrize("label", [None, -1, 2])
def test_a_pair_without_a_label_is_named(label: int | None) -> None:
    with pytest.raises(BadInputError, match=f"pair b has the label {label}, which is neither 0 nor 1; label it"):
        of_table(pair_id=["a", "b"], label=[0, label], splits={"train": [0, 1]})


@pytest.mark.parametrize(
    ("source", "configuration", "error", "told"),
    [
        ("{folder}", "cv_7", UsageError, "no pairs in a configuration 'cv_7'; choose one of default, cv_0, "),
        ("{folder}", "annotations", UsageError, "no pairs in a configuration 'annotations'; choose one of"),
        ("{folder}/data", "default", ReleaseError, "data is not a release (it has no release.json)"),
        ("nowhere", "default", UsageError, "nowhere is neither a folder nor an installed data set; give a"),
        ("synpain", "default", NotInstalledError, "no release is installed"),
    ],
)
def test_what_is_no_source_is_told(
    faces: Release, source: str, configuration: str, error: type[SynpainError], told: str
) -> None:
    with pytest.raises(error) as caught:
        open_pairs(source.format(folder=faces.folder), configuration)
    assert told in str(caught.value)


def test_a_revision_is_of_the_hub_alone(faces: Release) -> None:
    splits: dict[str, Dataset] = {}
    for source in (faces.folder, "synpain", splits):
        with pytest.raises(UsageError, match=r"revision is 'v1\.0\.0', but only a data set on the Hub has"):
            open_pairs(source, revision="v1.0.0")


def test_an_unknown_split_is_told(pairs: Pairs) -> None:
    with pytest.raises(
        UsageError, match=r"has no split 'dev' here .did you mean 'validation'.*; it has train, validation, test"
    ):
        pairs.positions("dev")


def test_a_partition_that_was_changed_is_not_read(faces: Release, tmp_path: Path) -> None:
    folder = copied(faces.folder, tmp_path / "changed")
    path = folder / faces.partitions[0].path
    pairs = open_pairs(folder)
    replace(path, path.read_bytes()[:-1] + b"?")
    with pytest.raises(ReleaseError, match="was changed after it was built; build or download the release again"):
        faces_in(pairs)
    replace(path, b"")
    with pytest.raises(ReleaseError, match="was changed after it was built"):
        open_pairs(folder)


def test_targets_are_those_of_the_expressive_face(faces: Release, pairs: Pairs) -> None:
    rows = pq.read_table(faces.folder / ACTION_UNITS_FILE).to_pylist()
    of_expressive = {row["pair_id"]: row for row in rows if row["face"] == 1}
    targets = pairs.targets(pspi=True, action_units=["AU43", "AU4"])
    assert targets["pspi"].dtype == targets["action_units"].dtype == np.float32
    for pair_id, pspi, units in zip(pairs.table["pair_id"].to_pylist(), *targets.values(), strict=True):
        row = of_expressive[pair_id]
        assert (pspi, *units) == (row["pspi"], row["AU43"], row["AU4"])
    assert pairs.targets() == {}
    assert list(pairs.targets(action_units=["AU4"])) == ["action_units"]


def annotated(pairs: Pairs, *rows: tuple[int, float | None, str]) -> Pairs:
    """The pairs with annotations of AU4 of the expressive face of some, by position."""
    ids = pairs.table["pair_id"].to_pylist()
    places, values, annotators = zip(*rows, strict=True)
    annotations = pa.table(
        {
            "pair_id": [ids[place] for place in places],
            "face": [1] * len(rows),
            "AU4": pa.array(values, pa.float32()),
            "annotator": list(annotators),
        }
    )
    return Pairs(pairs.title, pairs.content, pairs.table, pairs.splits, pairs.parts, annotations)


def test_what_is_not_annotated_is_nan_and_never_zero(pairs: Pairs) -> None:
    found = annotated(pairs, (1, 2.5, "a"), (3, None, "a")).targets(action_units=["AU4"])["action_units"]
    assert found.shape == (pairs.table.num_rows, 1)
    assert found[1] == 2.5
    assert np.isnan(np.delete(found, 1)).all()


def test_of_several_annotators_one_is_named(pairs: Pairs) -> None:
    both = annotated(pairs, (0, 1, "a"), (0, 4, "b"))
    assert both.targets() == {}
    with pytest.raises(UsageError, match="has annotations by 'a', 'b'; give one of these as annotator"):
        both.targets(action_units=["AU4"])
    assert both.targets(action_units=["AU4"], annotator="b")["action_units"][0] == 4
    with pytest.raises(UsageError, match="has no annotations by 'c', only by 'a', 'b'"):
        both.targets(action_units=["AU4"], annotator="c")


def test_annotations_that_are_not_there_are_told(pairs: Pairs) -> None:
    with pytest.raises(UsageError, match=r"has no annotations of AU5, AU99 .*; there are AU1, AU2, AU4"):
        pairs.targets(action_units=["AU5", "AU4", "AU99"])
    bare = Pairs(pairs.title, pairs.content, pairs.table, pairs.splits, pairs.parts)
    assert bare.action_units() == []
    with pytest.raises(UsageError, match="has no annotations of action units; train on labels alone, or annotate it"):
        bare.targets(pspi=True)


def test_an_annotator_who_says_two_things_of_a_face_is_named(pairs: Pairs) -> None:
    with pytest.raises(BadInputError, match="has several rows of annotations of its expressive face by one annotator"):
        annotated(pairs, (0, 1, "a"), (0, 4, "a")).targets(action_units=["AU4"])


@pytest.mark.slow
def test_a_release_without_annotations_is_opened_in_both_ways(tmp_path: Path) -> None:
    bare = build(write_manifest(tmp_path, manifest_rows(10)), tmp_path / "release", version="1.0.0", image_size=32)
    synpain_hf.install(bare.folder)
    for source in (bare.folder, "synpain"):
        assert open_pairs(source, "all").annotations is None


@pytest.fixture(scope="session")
def judged_twice(faces: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release with a second file of annotations, which sorts first; read-only by agreement."""
    folder = copied(faces.folder, tmp_path_factory.mktemp("judged-twice") / "release")
    rows = pq.read_table(folder / ACTION_UNITS_FILE).select(["pair_id", "face", "AU4", "annotator"])
    second = rows.set_column(3, rows.schema.field("annotator"), pa.array([SECOND] * len(rows)))
    pq.write_table(second, folder.with_name("second.parquet"))
    return amend(folder, add={"annotations/a_second.parquet": folder.with_name("second.parquet")})


def annotators_in(pairs: Pairs) -> list[str]:
    """Everyone who annotated a face."""
    return [] if pairs.annotations is None else sorted(set(pairs.annotations["annotator"].to_pylist()))


@pytest.mark.slow
def test_every_file_of_annotations_is_opened(judged_twice: Release) -> None:
    synpain_hf.install(judged_twice.folder)
    by_path, installed = open_pairs(judged_twice.folder), open_pairs("synpain")
    for found in (by_path, installed):
        assert annotators_in(found) == [SECOND, ANNOTATOR]
        assert not np.isnan(found.targets(action_units=["AU4"], annotator=SECOND)["action_units"]).any()
    assert by_path.annotations == installed.annotations


@pytest.fixture
def hub(judged_twice: Release, tmp_path: Path) -> Iterator[Hub]:
    """A Hub that has the release, one without its `release.json`, one that lacks a file, and one behind a gate."""
    files = {
        path.relative_to(judged_twice.folder).as_posix(): path.read_bytes()
        for path in judged_twice.folder.rglob("*")
        if path.is_file()
    }
    with Hub() as hub:
        for name in (REPO_ID, "lab/foreign", "lab/partial", "lab/gated"):
            hub.repositories[name] = Repository()
        hub.repositories[REPO_ID].commit(files, "main", "v1.0.0")
        hub.repositories["lab/gated"].commit(files, "main")
        hub.repositories["lab/gated"].gated = "manual"
        hub.repositories["lab/foreign"].commit({n: c for n, c in files.items() if n != "release.json"}, "main")
        hub.repositories["lab/partial"].commit({n: c for n, c in files.items() if "fold-0" not in n}, "main")
        yield hub


@pytest.mark.slow
def test_the_hub_gives_the_pairs_that_were_published(hub: Hub, judged_twice: Release, tmp_path: Path) -> None:
    asked = [
        (REPO_ID, "cv_1", "v1.0.0"),
        ("lab/foreign", "cv_1", None),
        ("lab/partial", "default", None),
        ("lab/gated", "default", None),
        (REPO_ID, "default", "v9"),
        ("lab/nothing", "default", None),
        ("lab/foreign", "cv_7", None),
    ]
    options: dict[str, Any] = {"home": tmp_path / "home", "folder": tmp_path, "HF_ENDPOINT": hub.url, "USE_TORCH": "NO"}
    told = run_elsewhere(OPENS, json.dumps(asked), HF_HUB_OFFLINE="0", **options)
    expected = open_pairs(judged_twice.folder, "cv_1")
    published, foreign, partial, gated, revision, nothing, configuration = told
    everything = [ids_of(expected), expected.content, expected.action_units(), expected.table.num_rows]
    assert published == [*everything, [SECOND, ANNOTATOR]]
    assert foreign[0] == published[0]
    assert foreign[3] == published[3]
    assert partial[0] == "DownloadError"
    assert "lab/partial came without data/fold-0/" in partial[1]
    assert gated[0] == revision[0] == "DownloadError"
    assert "lab/gated failed: it is gated; accept its terms on the Hub, then run `hf auth login`" in gated[1]
    assert f"{REPO_ID}@v9 failed: it has no such revision; give a branch, a tag or a commit of it" in revision[1]
    assert nothing[0] == "DownloadError"
    assert "there is no folder lab/nothing here, and downloading lab/nothing failed: the Hub has no such " in nothing[1]
    assert configuration[0] == "UsageError"
    assert "lab/foreign has no release.json, and its configuration 'cv_7' cannot be loaded" in configuration[1]

    offline = run_elsewhere(OPENS, json.dumps([asked[0], ("lab/other", "all", None)]), **options)
    assert offline[0] == published
    assert offline[1][0] == "DownloadError"
    assert "HF_HUB_OFFLINE is set; unset it" in offline[1][1]


def test_labels_are_the_integers_of_the_vocabulary(pairs: Pairs) -> None:
    assert set(pairs.table["label"].to_pylist()) == set(range(len(CLASSES["label"])))


def test_pairs_that_are_open_are_given_back(pairs: Pairs) -> None:
    assert open_pairs(pairs, "any name") is pairs
    with pytest.raises(UsageError, match=r"^revision is 'v1', but only a data set on the Hub has revisions"):
        open_pairs(pairs, revision="v1")


def test_a_digest_tells_splits_and_shown_faces_apart(pairs: Pairs) -> None:
    train, test = pairs.positions("train"), pairs.positions("test")
    shown = np.stack([2 * np.arange(pairs.table.num_rows) + 1, np.full(pairs.table.num_rows, -1)], axis=1)
    others = [
        pairs,
        dataclasses.replace(pairs, content="other"),
        dataclasses.replace(pairs, splits={"train": train}),
        dataclasses.replace(pairs, splits={"train": train[:-1]}),
        dataclasses.replace(pairs, splits={"train": test, "test": train}),
        dataclasses.replace(pairs, shown=shown),
        dataclasses.replace(pairs, shown=shown - 1),
    ]
    assert len({one.digest() for one in others}) == len(others)
    assert dataclasses.replace(pairs, splits=dict(sorted(pairs.splits.items()))).digest() == pairs.digest()
