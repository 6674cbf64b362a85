"""What a release holds, and where."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from datasets import ClassLabel, Features, Image, Value
from PIL import Image as PillowImage

from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.errors import UsageError, VersionError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.vocabulary import CLASSES
from tests.imaging.made import decoded, encoded, textured
from tests.release.making import (
    copied,
    digests,
    faces_of,
    manifest_rows,
    picture,
    rows_of,
    shows,
    verify,
    write_manifest,
)

COLUMNS = Features(
    {
        "pair_id": Value("string"),
        "identity": Value("string"),
        "neutral": Image(),
        "expressive": Image(),
        "label": ClassLabel(names=["no_pain", "pain"]),
        "age_group": ClassLabel(names=["young", "old"]),
        "gender": ClassLabel(names=["man", "woman"]),
        "ethnicity": ClassLabel(names=["black", "south_asian", "middle_eastern", "white", "east_asian"]),
        "fold": Value("int8"),
        "provenance": {
            "neutral_file": Value("string"),
            "neutral_sha256": Value("string"),
            "expressive_file": Value("string"),
            "expressive_sha256": Value("string"),
            "generator": Value("string"),
            "prompt": Value("string"),
            "seed": Value("int64"),
            "gutter_start": Value("int32"),
            "gutter_stop": Value("int32"),
        },
    }
)


def source_pixels(composites: Path, pair_id: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    (path,) = (composites / "Images").glob(f"{pair_id}_*")
    return decoded(path.read_bytes())


def test_every_partition_has_the_designed_columns_in_the_designed_order(built: Release) -> None:
    for partition in built.partitions:
        schema = pq.read_schema(built.folder / partition.path)
        assert schema.names == list(COLUMNS)
        assert Features.from_arrow_schema(schema) == COLUMNS
        assert schema.equals(COLUMNS.arrow_schema)


def test_class_labels_equal_the_digits_of_the_official_id(built: Release) -> None:
    rows = rows_of(built)
    assert len(rows) == 15
    for pair_id, row in rows.items():
        assert pair_id[1:5] == "".join(str(row[column]) for column in ("label", "gender", "age_group", "ethnicity"))


def test_faces_are_the_pixels_of_the_composite_on_either_side_of_the_gutter(built: Release, composites: Path) -> None:
    for pair_id, row in rows_of(built).items():
        composite = source_pixels(composites, pair_id)
        start, stop = row["provenance"]["gutter_start"], row["provenance"]["gutter_stop"]
        assert shows(row, composite), pair_id
        assert 600 < start <= stop < 712
        white = (composite > 250).all(axis=(0, 2)).nonzero()[0]
        assert all(start <= column < stop for column in white), f"a gutter column is in a face of {pair_id}"


def test_faces_carry_bare_file_names(built: Release) -> None:
    for pair_id, row in rows_of(built).items():
        for face in ("neutral", "expressive"):
            assert row[face]["path"] == f"{pair_id}-{face}.png"
            assert row[face]["bytes"].startswith(b"\x89PNG")


def test_provenance_names_the_source_and_its_digest(built: Release, composites: Path) -> None:
    for row in rows_of(built).values():
        provenance = row["provenance"]
        source = composites / provenance["neutral_file"]
        assert provenance["neutral_file"] == provenance["expressive_file"] == f"Images/{source.name}"
        digest = hashlib.sha256(source.read_bytes()).hexdigest()
        assert provenance["neutral_sha256"] == provenance["expressive_sha256"] == digest
        assert provenance["generator"] == "Ideogram 2.0"
        assert provenance["prompt"] is provenance["seed"] is None


def test_each_pair_stands_in_the_file_of_its_fold_and_group(built: Release) -> None:
    for partition in built.partitions:
        table = built.read(partition.path).to_pylist()
        for row in table:
            cell = "-".join(CLASSES[column][row[column]] for column in ("age_group", "gender", "ethnicity"))
            assert partition.path == f"data/fold-{row['fold']}/{cell}.parquet"
        assert [row["pair_id"] for row in table] == sorted(row["pair_id"] for row in table)
        assert built.files[partition.path]["rows"] == len(table)
    on_disk = {path.relative_to(built.folder).as_posix() for path in built.folder.rglob("*") if path.is_file()}
    assert on_disk == {*built.files, "release.json"}


def test_many_small_faces_stand_in_one_row_group(tmp_path: Path) -> None:
    rows = manifest_rows(40)
    same = {"label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white", "fold": 2}
    manifest = write_manifest(tmp_path, [{**row, **same} for row in rows])
    release = build(manifest, tmp_path / "release", version="1.0.0")
    assert [partition.path for partition in release.partitions] == ["data/fold-2/old-man-white.parquet"]
    with pq.ParquetFile(release.folder / release.partitions[0].path) as file:
        assert file.num_row_groups == 1
    assert list(rows_of(release)) == [row["pair_id"] for row in rows]


@pytest.mark.parametrize("bytes_in_group", [1, 9_000, 20_000])
def test_row_groups_of_large_faces_hold_fewer_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_in_group: int
) -> None:
    monkeypatch.setattr("synpain_hf.release.partition.BYTES_IN_GROUP", bytes_in_group)
    same = {"label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white", "fold": 2}
    manifest = write_manifest(tmp_path, [{**row, **same} for row in manifest_rows(5)])
    release = build(manifest, tmp_path / "release", version="1.0.0")
    assert len(rows_of(release)) == 5
    with pq.ParquetFile(release.folder / release.partitions[0].path) as file:
        groups = [file.read_row_group(at, ["neutral", "expressive"]).to_pylist() for at in range(file.num_row_groups)]
    sizes = [[sum(len(face["bytes"]) for face in row.values()) for row in group] for group in groups]
    assert all(sum(group) <= bytes_in_group or len(group) == 1 for group in sizes)
    for group, following in pairwise(sizes):
        assert sum(group) + following[0] > bytes_in_group, "a group is no smaller than it has to be"


def test_published_folds_are_used(built: Release, composites: Path) -> None:
    lines = (composites / "SynPain_folds.txt").read_text(encoding="utf-8").splitlines()
    published = {pair_id: int(fold) for pair_id, fold in (line.split(",") for line in lines)}
    assert {pair_id: row["fold"] for pair_id, row in rows_of(built).items()} == published
    assert built.manifest["folds"]["origin"] == "published"
    assert built.manifest["folds"]["seed"] is None


def test_a_given_folds_file_replaces_the_published_one(tmp_path: Path, built: Release, composites: Path) -> None:
    given = tmp_path / "mine.csv"
    ids = sorted(rows_of(built))
    given.write_text("".join(f"{pair_id},{at % 5}\n" for at, pair_id in enumerate(ids)), encoding="utf-8")
    release = build(composites, tmp_path / "release", version="1.0.0", folds=given)
    assert {pair_id: row["fold"] for pair_id, row in rows_of(release).items()} == {
        pair_id: at % 5 for at, pair_id in enumerate(ids)
    }
    assert release.manifest["folds"]["file"].startswith("mine.csv: 15 pairs")


def test_folds_of_a_manifest_are_used(tmp_path: Path) -> None:
    rows = [{**row, "fold": (at * 3) % 5} for at, row in enumerate(manifest_rows(10))]
    release = build(write_manifest(tmp_path, rows), tmp_path / "release", version="1.0.0")
    assert {key: row["fold"] for key, row in rows_of(release).items()} == {row["pair_id"]: row["fold"] for row in rows}
    assert release.manifest["folds"] == {"origin": "published", "seed": None}


def test_folds_are_stratified_and_seeded_where_none_are_published(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, manifest_rows(30))
    folds: list[dict[str, int]] = []
    for seed in (0, 0, 7):
        release = build(manifest, tmp_path / f"release-{len(folds)}", version="1.0.0", seed=seed)
        rows = rows_of(release).values()
        folds.append({row["pair_id"]: row["fold"] for row in rows})
        assert release.manifest["folds"] == {"origin": "stratified", "seed": seed}
        assert set(Counter(folds[-1].values()).values()) == {6}
    assert folds[0] == folds[1] != folds[2]


def test_neutral_and_expressive_pictures_are_taken_whole(tmp_path: Path) -> None:
    neutral, expressive = textured(90, 110, seed=1), textured(70, 64, seed=2)
    (tmp_path / "calm.png").write_bytes(encoded(neutral))
    (tmp_path / "hurt.jpg").write_bytes(encoded(expressive, "PNG"))
    line = {
        "pair_id": "a.1", "label": "Pain", "age_group": "OLD", "gender": "female", "ethnicity": "East Asian",
        "neutral": "calm.png", "expressive": "hurt.jpg", "generator": "mine", "prompt": "a face, “hurt”", "seed": 2**62,
    }  # fmt: skip
    (tmp_path / "pairs.jsonl").write_text(json.dumps(line), encoding="utf-8")
    (row,) = rows_of(build(tmp_path / "pairs.jsonl", tmp_path / "release", version="1.0.0")).values()
    assert [face.tolist() for face in faces_of(row)] == [neutral.tolist(), expressive.tolist()]
    assert [row[column] for column in ("label", "age_group", "gender", "ethnicity")] == [1, 1, 1, 4]
    provenance = row["provenance"]
    assert (provenance["neutral_file"], provenance["expressive_file"]) == ("calm.png", "hurt.jpg")
    assert provenance["neutral_sha256"] != provenance["expressive_sha256"]
    assert (provenance["generator"], provenance["prompt"], provenance["seed"]) == ("mine", "a face, “hurt”", 2**62)
    assert provenance["gutter_start"] is provenance["gutter_stop"] is None


def test_webp_keeps_every_pixel(tmp_path: Path, first: Release, good_manifest: Path) -> None:
    release = build(good_manifest / "pairs.csv", tmp_path / "release", version="1.0.0", encoding="webp")
    before = rows_of(first)
    for pair_id, row in rows_of(release).items():
        assert row["neutral"]["path"] == f"{pair_id}-neutral.webp"
        assert row["neutral"]["bytes"][8:12] == b"WEBP"
        for is_now, was in zip(faces_of(row), faces_of(before[pair_id]), strict=True):
            np.testing.assert_array_equal(is_now, was)


@pytest.mark.parametrize("encoding", ["png", "webp", "jpeg"])
def test_a_fixed_size_gives_squares_in_any_encoding(tmp_path: Path, good_manifest: Path, encoding: str) -> None:
    release = build(
        good_manifest / "pairs.csv", tmp_path / "release", version="1.0.0", encoding=encoding, image_size=48
    )
    assert {face.shape for row in rows_of(release).values() for face in faces_of(row)} == {(48, 48, 3)}
    assert release.manifest["options"] == {"encoding": encoding, "image_size": 48, "on_error": "fail"}


def test_release_json_fits_its_schema_and_every_file(built: Release) -> None:
    manifest = json.loads((built.folder / "release.json").read_text(encoding="utf-8"))
    assert violations("release", manifest) == []
    assert manifest["pairs"] == {"in": 15, "out": 15, "rejected": 0}
    assert manifest["source"] == {"kind": "official", "videos": 0}
    found = digests(built.folder)
    del found["release.json"]
    assert {name: record["sha256"] for name, record in manifest["files"].items()} == found
    verify(built)


def test_no_path_of_this_machine_is_in_any_file(built: Release, composites: Path) -> None:
    for path in built.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(composites.parent).encode() not in data
            assert str(built.folder.parent).encode() not in data


def test_the_card_lists_each_configuration_with_exactly_its_files(built: Release) -> None:
    text = (built.folder / "README.md").read_text(encoding="utf-8")
    listed = {entry["config_name"]: entry for entry in yaml.safe_load(text.split("---\n")[1])["configs"]}
    paths = [partition.path for partition in built.partitions]
    for name in CONFIGURATIONS:
        splits = built.splits(name)
        assert (name in listed) == bool(splits)
        if splits:
            files = {
                part["split"]: {path for path in paths for pattern in part["path"] if fnmatchcase(path, pattern)}
                for part in listed[name]["data_files"]
            }
            assert files == {split: set(found) for split, found in splits.items()}
            assert listed[name]["version"] == "1.0.0"
    assert [name for name, entry in listed.items() if entry.get("default")] == ["default"]


def test_stills_of_videos_are_pairs_and_the_videos_are_counted(tmp_path: Path, good_download: Path) -> None:
    root = copied(good_download, tmp_path / "download")
    videos = root / "SynPain" / "Videos"
    videos.mkdir()
    name = "1001300099_NoPain_Man_Old"
    (videos / f"{name}.mp4").write_bytes(b"no still")
    (videos / f"{name}.jpg").write_bytes(picture(99, (1312, 736)))
    release = build(root, tmp_path / "release", version="1.0.0")
    assert release.manifest["source"] == {"kind": "official", "videos": 1}
    assert release.manifest["pairs"] == {"in": 5, "out": 5, "rejected": 0}
    assert rows_of(release)["1001300099"]["provenance"]["neutral_file"] == f"Videos/{name}.jpg"


METADATA_MARKER = b"HERE-BE-SECRETS"


@pytest.mark.parametrize("encoding", ["png", "webp", "jpeg"])
def test_no_metadata_of_the_pictures_reaches_the_release(tmp_path: Path, encoding: str) -> None:
    from PIL.PngImagePlugin import PngInfo

    secret = METADATA_MARKER.decode()
    exif = PillowImage.Exif()
    exif[0x010F] = f"{secret}-make"
    exif.get_ifd(0x8825)[0x001D] = f"{secret}-gps"
    exif.get_ifd(0x8769)[0x9286] = f"{secret}-comment"
    texts = PngInfo()
    texts.add_text("Author", secret)
    texts.add_text("Comment", secret, zip=True)
    texts.add_itxt("Description", secret)
    rows = manifest_rows(3)
    manifest = write_manifest(tmp_path, rows)
    options: list[tuple[str, dict[str, object]]] = [
        ("PNG", {"pnginfo": texts, "exif": exif, "icc_profile": METADATA_MARKER * 10}),
        ("JPEG", {"exif": exif, "comment": METADATA_MARKER, "xmp": METADATA_MARKER, "icc_profile": METADATA_MARKER}),
        ("WEBP", {"exif": exif, "xmp": METADATA_MARKER, "icc_profile": METADATA_MARKER}),
    ]
    for row, (kind, extra) in zip(rows, options, strict=True):
        path = tmp_path / row["composite"]
        pixels = decoded(path.read_bytes())
        path.write_bytes(encoded(pixels, kind, **extra))
        assert METADATA_MARKER in path.read_bytes()
    # What a PNG says after its pixels, and after its end.
    with (tmp_path / rows[0]["composite"]).open("ab") as file:
        file.write(METADATA_MARKER)
    release = build(manifest, tmp_path / "release", version="1.0.0", encoding=encoding)
    assert not [path for path in release.folder.rglob("*") if path.is_file() and METADATA_MARKER in path.read_bytes()]
    for row in rows_of(release).values():
        for face in ("neutral", "expressive"):
            path = tmp_path / "face"
            path.write_bytes(row[face]["bytes"])
            with PillowImage.open(path) as image:
                image.load()
                assert dict(image.getexif()) == {}
                known = {
                    "jfif",
                    "jfif_version",
                    "jfif_unit",
                    "jfif_density",
                    "loop",
                    "background",
                    "timestamp",
                    "duration",
                }
                assert set(image.info) <= known


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"version": "1.0"}, "'1.0' is not a version; write three numbers, such as 1.0.0"),
        ({"version": "1.0.0-rc1"}, "is not a version"),
        ({"version": "v1.0.0"}, "is not a version"),
        ({"version": "01.0.0"}, "is not a version"),
        ({"version": "9" * 5000 + ".0.0"}, "is not a version"),
        ({"workers": 0}, "workers must be at least 1, not 0"),
        ({"on_error": "ignore"}, "unknown on_error 'ignore'; choose fail or skip"),
        ({"encoding": "tiff"}, "unknown encoding 'tiff'; choose one of png, webp, jpeg"),
        ({"image_size": 8}, "image size 8 is out of range"),
        ({"folds": "nowhere.txt"}, "nowhere.txt cannot be read (No such file or directory); give another"),
    ],
)
def test_an_argument_that_cannot_be_right_is_refused(
    tmp_path: Path, good_manifest: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        build(good_manifest / "pairs.csv", tmp_path / "release", **{"version": "1.0.0", **arguments})  # type: ignore[arg-type]
    assert not (tmp_path / "release").exists()
    assert not list(tmp_path.glob(".release*"))


def test_a_good_line_beside_a_broken_one_of_the_same_id_is_not_lost_in_silence(tmp_path: Path) -> None:
    source = write_manifest(tmp_path, manifest_rows(3))
    lines = source.read_text(encoding="utf-8").splitlines()
    again = lines[1].replace("faces/", "nowhere/")
    source.write_text("\n".join([*lines, again]) + "\n", encoding="utf-8")
    built = build(source, tmp_path / "release", version="1.0.0", on_error="skip")
    rejected = [json.loads(line) for line in (built.folder / "rejected.jsonl").read_text().splitlines()]
    assert {problem["file"] for problem in rejected} >= {f"{source.name}:2", f"{source.name}:5"}
    assert built.manifest["pairs"] == {"in": 4, "out": 2, "rejected": 2}


def test_folds_that_the_source_gives_win_over_those_of_the_previous_release(tmp_path: Path) -> None:
    rows = manifest_rows(5)
    first = build(write_manifest(tmp_path, rows), tmp_path / "first", version="1.0.0")
    was = {pair_id: row["fold"] for pair_id, row in rows_of(first).items()}
    given = [{**row, "fold": (was[row["pair_id"]] + 1) % 5} for row in rows]
    source = write_manifest(tmp_path, given, "given.csv")
    with pytest.raises(VersionError, match=r"5 pairs moved to another fold; give at least 2\.0\.0"):
        build(source, tmp_path / "second", version="1.1.0", previous=first.folder)
    second = build(source, tmp_path / "second", version="2.0.0", previous=first.folder)
    assert {pair_id: row["fold"] for pair_id, row in rows_of(second).items()} == {
        row["pair_id"]: row["fold"] for row in given
    }
