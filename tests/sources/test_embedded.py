from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Value

from synpain_hf.errors import BadInputError, PictureError, Problem, UsageError
from synpain_hf.pair import Pair
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.files import OpenArchives
from synpain_hf.sources.loaded import open_dataset
from synpain_hf.sources.wording import Wording, read_wording

Row = dict[str, Any]

OFFICIAL = ("1000020580_NoPain_man_Young.jpg", "1111211701_Pain_Woman_Old.jpg")


def rows(pairs: int) -> list[Row]:
    return [
        {
            "pair_id": f"p{number}",
            "label": ["pain", "no_pain"][number % 2],
            "age_group": "old",
            "gender": "woman",
            "ethnicity": "white",
            "composite": {"bytes": f"picture {number}".encode(), "path": f"/home/anna/faces/{number}.png"},
        }
        for number in range(pairs)
    ]


def parquet(path: Path, table: Sequence[Row], **options: Any) -> Path:
    pq.write_table(pa.Table.from_pylist(list(table)), path, **options)
    return path


def pairs_of(source: Source) -> list[Pair]:
    pairs = [entry for entry in source if isinstance(entry, Pair)]
    assert len(pairs) == len(source), list(source)
    return pairs


def contents(pairs: Sequence[Pair]) -> list[bytes]:
    with OpenArchives() as archives:
        return [picture.read(archives) for pair in pairs for picture in pair.pictures]


def as_dataset(table: Sequence[Row]) -> Dataset:
    return Dataset.from_list(list(table)).cast_column("composite", Image())


@pytest.mark.parametrize("group", [1, 3, 100])
def test_pictures_in_parquet_are_those_of_their_rows(tmp_path: Path, group: int) -> None:
    source = open_source([parquet(tmp_path / "pairs.parquet", rows(10), row_group_size=group)])
    pairs = pairs_of(source)
    assert contents(pairs) == [f"picture {number}".encode() for number in range(10)]
    assert [pair.pictures[0].name for pair in pairs] == [f"{number}.png" for number in range(10)]
    assert [pair.listed_at for pair in pairs[:2]] == ["pairs.parquet:1", "pairs.parquet:2"]
    assert source.describe() == {"kind": "manifest"}


def test_pictures_in_a_loaded_data_set_are_those_of_their_rows() -> None:
    dataset = as_dataset(rows(10)).select([7, 2, 5])
    pairs = pairs_of(open_dataset(dataset, Wording()))
    assert [pair.pair_id for pair in pairs] == ["p7", "p2", "p5"]
    assert contents(pairs) == [b"picture 7", b"picture 2", b"picture 5"]
    assert [pair.pictures[0].name for pair in pairs] == ["7.png", "2.png", "5.png"]
    assert [pair.listed_at for pair in pairs] == ["dataset:0", "dataset:1", "dataset:2"]


def test_what_a_picture_is_known_by_changes_with_its_bytes() -> None:
    first, second = rows(2)
    stamps = [
        pairs_of(open_dataset(as_dataset([row]), Wording()))[0].pictures[0].stamp()
        for row in (first, first, {**first, "composite": second["composite"]})
    ]
    assert stamps[0] == stamps[1] != stamps[2]


def test_pictures_go_to_other_processes(tmp_path: Path) -> None:
    table = rows(3)
    for source in (open_source([parquet(tmp_path / "a.parquet", table)]), open_dataset(as_dataset(table), Wording())):
        assert contents(pickle.loads(pickle.dumps(pairs_of(source)))) == [b"picture 0", b"picture 1", b"picture 2"]


def test_two_faces_and_the_names_of_classes_are_read(tmp_path: Path) -> None:
    table = rows(2)
    for row in table:
        row["expressive"] = {"bytes": b"right", "path": None}
        row["neutral"] = row.pop("composite")
        row["label"] = 1
        row["gender"] = 0
    features = Features(
        {
            **{name: Value("string") for name in ("pair_id", "age_group", "ethnicity")},
            "label": ClassLabel(names=["NoPain", "Pain"]),
            "gender": ClassLabel(names=["female", "male"]),
            "expressive": Image(),
            "neutral": Image(),
        }
    )
    dataset = Dataset.from_list(table, features=features)
    dataset.to_parquet(tmp_path / "pairs.parquet")
    for source in (open_dataset(dataset, Wording()), open_source([tmp_path / "pairs.parquet"])):
        first, _ = pairs_of(source)
        assert (first.label, first.gender) == ("pain", "woman")
        assert [picture.name for picture in first.pictures] == ["0.png", "expressive-0"]
        assert contents([first]) == [b"picture 0", b"right"]


def test_the_official_data_set_as_the_hub_converts_it_is_read_by_its_names(tmp_path: Path) -> None:
    table = [{"image": {"bytes": name.encode(), "path": name}, "label": 0} for name in OFFICIAL]
    dataset = Dataset.from_list(table).cast_column("image", Image())
    for source in (open_source([parquet(tmp_path / "train.parquet", table)]), open_dataset(dataset, Wording())):
        pairs = pairs_of(source)
        assert [(pair.pair_id, pair.label, pair.gender) for pair in pairs] == [
            ("1000020580", "no_pain", "man"),
            ("1111211701", "pain", "woman"),
        ]
        assert contents(pairs) == [name.encode() for name in OFFICIAL]
        assert source.describe() == {"kind": "official", "videos": 0}


def test_words_and_columns_of_others_are_understood(tmp_path: Path) -> None:
    table = [{("race" if name == "ethnicity" else name): value for name, value in row.items()} for row in rows(1)]
    for row in table:
        row |= {"race": "Indian", "mood": 3, "image": row.pop("composite")}
    wording = read_wording(
        {"columns": {"race": "ethnicity", "image": "composite"}, "ethnicity": {"indian": "south_asian"}}, ["mood"]
    )
    (pair,) = pairs_of(open_dataset(Dataset.from_list(table).cast_column("image", Image()), wording))
    assert pair.ethnicity == "south_asian"
    with pytest.raises(BadInputError, match=r"dataset: has an unknown column 'mood'; keep it"):
        open_dataset(as_dataset([{**row, "mood": 1} for row in rows(1)]), Wording())


@pytest.mark.parametrize("stands", ["path alone", "nothing"])
def test_a_picture_without_bytes_is_refused_and_its_path_never_opened(tmp_path: Path, stands: str) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    first, second = rows(2)
    second["composite"] = {"bytes": None, "path": str(secret)} if stands == "path alone" else None
    for source in (
        open_source([parquet(tmp_path / "pairs.parquet", [first, second])]),
        open_dataset(as_dataset([first, second]), Wording()),
    ):
        picture = pairs_of(source)[1].pictures[0]
        picture.stamp()
        with OpenArchives() as archives, pytest.raises(PictureError, match="has no bytes in"):
            picture.read(archives)


def test_a_path_for_a_picture_is_refused_in_a_table_of_pictures(tmp_path: Path) -> None:
    table = rows(1)
    table[0] |= {"neutral": table[0].pop("composite"), "expressive": "/etc/hostname"}
    (problem,) = open_source([parquet(tmp_path / "pairs.parquet", table)])
    assert isinstance(problem, Problem)
    assert "expressive '/etc/hostname' is a path, where a picture should be; put the pictures" in problem.reason


def test_parquet_that_packs_pictures_as_no_picture_can_be_is_refused(tmp_path: Path) -> None:
    table = [{**row, "composite": {"bytes": bytes(5_000_000), "path": None}} for row in rows(4)]
    path = parquet(tmp_path / "pairs.parquet", table, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 100_000
    with pytest.raises(BadInputError, match="compresses its pictures more than 100 times; write it uncompressed"):
        open_source([path])


def test_parquet_that_has_gone_or_changed_since_is_told(tmp_path: Path) -> None:
    path = parquet(tmp_path / "pairs.parquet", rows(2))
    _, pair = pairs_of(open_source([path]))
    parquet(path, rows(1))
    with OpenArchives() as archives, pytest.raises(PictureError, match=r"cannot be read from pairs\.parquet"):
        pair.pictures[0].read(archives)
    path.unlink()
    assert pair.pictures[0].stamp() is None
    with OpenArchives() as archives, pytest.raises(PictureError, match=r"cannot be read from pairs\.parquet"):
        pair.pictures[0].read(archives)


def test_what_is_no_loaded_data_set_is_refused_with_a_remedy() -> None:
    dataset = as_dataset(rows(1))
    for given, reason in (
        (DatasetDict(train=dataset, test=dataset), r"has splits \('train', 'test'\); give one of them, or join them"),
        (dataset.to_iterable_dataset(), "is streamed, and its pairs are read more than once; load it whole"),
        (3, "int is not a source; give a path, several paths, or a loaded data set"),
    ):
        with pytest.raises(UsageError, match=reason):
            open_dataset(given, Wording())
