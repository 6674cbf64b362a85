"""Nothing that a release says of itself is believed: its files are looked into before they are used."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import synpain_hf
from synpain_hf.cards import check as check_card
from synpain_hf.cli import app
from synpain_hf.errors import ReleaseError
from synpain_hf.release.amend import amend
from synpain_hf.release.checking import check
from synpain_hf.release.compare import diff
from synpain_hf.release.info import info
from synpain_hf.release.release import Release
from synpain_hf.training.data.opening import open_pairs
from tests.release.making import copied, digests, listed, replace, sealed, verify

Rows = list[dict[str, Any]]
Harm = Callable[[pa.Table], pa.Table]

SCORES = "annotations/scores.parquet"
OF_FACES = json.dumps({"info": {"features": {"face": {"names": ["neutral", "expressive"], "_type": "ClassLabel"}}}})


@pytest.fixture(scope="module")
def scored(first: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release with annotations; read-only by agreement."""
    folder = copied(first.folder, tmp_path_factory.mktemp("scored") / "release")
    ids = sorted(pair_id for one in first.partitions for pair_id in first.read(one.path)["pair_id"].to_pylist())
    scores = pa.table(
        {"pair_id": ids, "annotator": ["me"] * len(ids), "pspi": pa.array([1.0] * len(ids), pa.float32())}
    )
    return amend(folder, add={SCORES: lambda path: pq.write_table(scores, path)})


@pytest.fixture
def folder(scored: Release, tmp_path: Path) -> Path:
    """A copy of it to harm; its files are links."""
    return copied(scored.folder, tmp_path / "release")


def rows(change: Callable[[Rows], object]) -> Harm:
    """A table whose rows are changed as Python has them."""

    def harm(table: pa.Table) -> pa.Table:
        found = table.to_pylist()
        change(found)
        return pa.Table.from_pylist(found, table.schema)

    return harm


def column(name: str, kind: pa.DataType) -> Harm:
    """A table one of whose columns has another type."""

    def harm(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index(name)
        return table.set_column(at, name, table[name].cast(kind))

    return harm


def put(values: dict[str, Any]) -> Harm:
    """A table whose first row has other values."""
    return rows(lambda found: found[0].update(values))


def labelled(words: str) -> Harm:
    """A table with another text beside its columns."""
    return lambda table: table.replace_schema_metadata({"huggingface": words})


HARMED_PAIRS: dict[str, tuple[Harm, str]] = {
    "a column is missing": (lambda table: table.drop_columns(["gender"]), "has no column gender"),
    "the ids are missing": (lambda table: table.drop_columns(["pair_id"]), "has no column pair_id"),
    "a column is too many": (
        lambda table: table.append_column("mood", [["sad"] * len(table)]),
        "has the column mood, which pairs do not have",
    ),
    "a column is there twice": (
        lambda table: table.append_column("fold", table["fold"]), "has two columns of one name"
    ),
    "a column is of another type": (column("fold", pa.int64()), "has the column fold as Value('int64'), not as"),
    "labels are words": (column("label", pa.string()), "has the column label as Value('string'), not as ClassLabel"),
    "what datasets should know is no JSON": (labelled("{"), "cannot be read (what its columns are for datasets"),
    "what datasets should know is a number": (labelled("7"), "cannot be read (what its columns are for datasets"),
    "a label is missing": (put({"label": None}), ":1: has no label"),
    "a label is unknown": (put({"label": 99}), ":1: has the label 99, and there are 0 to 1"),
    "a group is below all others": (put({"gender": -1}), ":1: has the gender -1, and there are 0 to 1"),
    "a group is another one": (put({"gender": 1}), ":1: has the gender woman, and is in a file of man"),
    "a fold is another one": (put({"fold": 4}), ":1: has the fold 4, and is in a file of 0"),
    "a fold is missing": (put({"fold": None}), ":1: has the fold nothing, and is in a file of 0"),
    "an id is missing": (put({"pair_id": None}), ":1: has no pair_id"),
    "an id is empty": (put({"pair_id": ""}), ":1: has no pair_id"),
    "a pair is there twice": (rows(lambda found: found.append(found[0])), ":2: has pair-02 again"),
    "a face is only a path": (
        put({"neutral": {"bytes": None, "path": "/etc/passwd"}}), ":1: has no bytes of the neutral face, only a path"
    ),
    "a face is empty": (put({"expressive": {"bytes": b"", "path": None}}), ":1: has no bytes of the expressive face"),
    "a face is missing": (put({"expressive": None}), ":1: has no bytes of the expressive face"),
    "the provenance is missing": (put({"provenance": None}), ":1: has no provenance"),
}  # fmt: skip


HARMED_ANNOTATIONS: dict[str, tuple[Harm, str]] = {
    "the ids are missing": (lambda table: table.drop_columns(["pair_id"]), "has no column pair_id; add it"),
    "a score is a word": (column("pspi", pa.string()), "has the column pspi as Value('string'), not as"),
    "a column holds dates": (
        lambda table: table.append_column("when", pa.array([0] * len(table), pa.timestamp("ns"))),
        "has the column when as Value('timestamp[ns]'), and not as numbers, words, truth values or lists of these",
    ),
    "an id is missing": (put({"pair_id": None}), ":1: has no pair_id"),
    "an annotator is missing": (put({"annotator": None}), ":1: has no annotator"),
    "a pair is not in the release": (
        put({"pair_id": "nobody"}),
        ":1: is about pair nobody, which the release does not",
    ),
    "a row is there twice": (rows(lambda found: found.append(found[0])), ":13: has pair-00 me again"),
    "a face is unknown": (
        lambda table: labelled(OF_FACES)(table.append_column("face", [[7] * len(table)])),
        ":1: has the face 7, and there are 0 to 1",
    ),
}


def added(name: str, value: object, kind: pa.DataType | None = None) -> Harm:
    """A table with one more column, in which every row has the same."""
    return lambda table: table.append_column(name, pa.array([value] * len(table), kind))


OF_ANOTHER_VERSION: dict[str, tuple[Harm, str]] = {
    "bytes": (added("mood", b"sad"), "has the column mood as Value('binary'), and not as numbers, words or truth"),
    "bytes without a name": (added("", b"sad"), "has the column '' as Value('binary'), and not as numbers"),
    "bytes in a record": (added("mood", {"a": {"b": b"sad"}}), "has the column mood as {'a': {'b': Value('binary')}}"),
    "bytes in a list": (added("mood", [b"sad"]), "has the column mood as List(Value('binary')), and not as numbers"),
    "times": (added("mood", 0, pa.timestamp("ns")), "has the column mood as Value('timestamp[ns]'), and not as"),
    "decimals": (added("mood", 0, pa.decimal128(5, 2)), "has the column mood as Value('decimal128(5, 2)'), and not"),
    "faces that are words": (
        lambda table: added("neutral", "a.png")(table.drop_columns(["neutral"])),
        "has the column neutral as Value('string'), and not as pictures",
    ),
    "ids that are lists": (
        lambda table: added("pair_id", ["a"])(table.drop_columns(["pair_id"])),
        "has the column pair_id as List(Value('string')), and not as numbers or words",
    ),
    "two of one name in a record": (
        lambda table: table.append_column(
            "mood", pa.StructArray.from_arrays([table["fold"].combine_chunks()] * 2, names=["a", "a"])
        ),
        "has two columns of one name",
    ),
}  # fmt: skip


def refused(folder: Path) -> str:
    """Why a release is refused."""
    with pytest.raises(ReleaseError) as caught:
        verify(Release.open(folder))
    return str(caught.value)


def harmed(folder: Path, file: str, harm: Harm) -> Path:
    """A release one of whose files was changed, with the digest that it has now."""
    table = harm(pq.read_table(folder / file))
    (folder / file).unlink()
    pq.write_table(table, folder / file)
    return listed(folder)


@pytest.mark.parametrize("name", HARMED_PAIRS)
def test_a_partition_that_fits_its_digest_and_cannot_be_right_is_refused(folder: Path, name: str) -> None:
    harm, reason = HARMED_PAIRS[name]
    file = Release.open(folder).partitions[0].path
    told = refused(harmed(folder, file, harm))
    assert f"{file}{'' if reason.startswith(':') else ': '}{reason}" in told
    assert told.startswith(
        f"{folder} is not a valid release: 1 file cannot be right; build or download it again:\n  {file}"
    )


@pytest.mark.parametrize("name", HARMED_ANNOTATIONS)
def test_annotations_that_fit_their_digest_and_cannot_be_right_are_refused(folder: Path, name: str) -> None:
    harm, reason = HARMED_ANNOTATIONS[name]
    told = refused(harmed(folder, SCORES, harm))
    assert f"{SCORES}{'' if reason.startswith(':') else ': '}{reason}" in told


@pytest.mark.parametrize("name", OF_ANOTHER_VERSION)
def test_columns_of_another_version_are_such_as_rows_are_told_apart_by(
    folder: Path, scored: Release, tmp_path: Path, name: str
) -> None:
    harm, reason = OF_ANOTHER_VERSION[name]
    file = scored.partitions[0].path
    harmed(folder, file, harm)
    uses: list[Callable[[], object]] = [
        lambda: diff(folder, scored.folder),
        lambda: synpain_hf.build(folder, tmp_path / "next", version="9.0.0", previous=folder),
    ]
    for use in uses:
        with pytest.raises(ReleaseError) as caught:
            use()
        assert f"{file}: {reason}" in str(caught.value)
    for read in (verify_in, info, open_pairs, synpain_hf.card, synpain_hf.install):
        with pytest.raises(ReleaseError, match=f"{file}: has "):
            read(folder)


def test_a_pair_in_two_partitions_is_refused(folder: Path) -> None:
    one, other = (Release.open(folder).partitions[at].path for at in (0, 1))
    taken = pq.read_table(folder / one, columns=["pair_id"])["pair_id"][0].as_py()
    assert f"{other}:1: has {taken}, which is in {one} too" in refused(harmed(folder, other, put({"pair_id": taken})))


def test_everything_that_is_wrong_is_listed_by_file_and_row_up_to_a_bound(folder: Path) -> None:
    first, second = (Release.open(folder).partitions[at].path for at in (0, 1))
    harmed(folder, first, put({"label": None, "neutral": None}))
    told = refused(harmed(folder, second, rows(lambda found: [row.update(label=5) for row in found])))
    assert [line.partition(" has ")[0] for line in told.splitlines()[1:3]] == [f"  {first}:1:", f"  {first}:1:"]
    assert f"  {second}:1: has the label 5" in told
    assert "2 files cannot be right" in told
    many = refused(harmed(folder, SCORES, rows(lambda found: found.extend(found * 9))))
    assert f"{SCORES}: has more that is wrong; only the first 20 are listed" in many
    assert many.count(f"{SCORES}:") == 21


@pytest.mark.parametrize("said", [0, 2, 10**9])
def test_a_number_of_rows_is_that_of_the_file(folder: Path, said: int) -> None:
    file = Release.open(folder).partitions[0].path
    edited(folder, lambda manifest: manifest["files"][file].update(rows=said))
    assert f"{file}: has 1 rows, and release.json says {said:,}" in refused(folder)
    for use in (info, open_pairs, synpain_hf.install):
        with pytest.raises(ReleaseError, match=r"rows, and release\.json says"):
            use(folder)


@pytest.mark.parametrize("said", [None, -1, 10**10, 1.5, "1"])
def test_a_number_of_rows_that_no_file_has_is_refused_before_anything_is_read(folder: Path, said: object) -> None:
    file = Release.open(folder).partitions[0].path
    edited(folder, lambda manifest: manifest["files"][file].update(rows=said))
    with pytest.raises(ReleaseError, match=r"release\.json is not valid \(files\."):
        Release.open(folder)


def test_the_content_is_what_is_in_the_rows(folder: Path, scored: Release) -> None:
    file = scored.partitions[0].path
    other = pq.read_table(scored.folder / scored.partitions[1].path)["neutral"][0].as_py()
    assert "release.json: says that the content is" in refused(harmed(folder, file, put({"neutral": other})))
    for use in (open_pairs, synpain_hf.card, synpain_hf.install):
        with pytest.raises(ReleaseError, match=r"release\.json: says that the content is"):
            use(folder)
    verify(Release.open(sealed(folder)))
    edited(folder, lambda manifest: manifest["pairs"].update({"in": 99, "out": 99}))
    assert "release.json: says 99 pairs in, 99 out, 0 rejected, and there are 12" in refused(folder)


def test_annotations_are_compared_with_their_digest(folder: Path) -> None:
    table = pq.read_table(folder / SCORES)
    (folder / SCORES).unlink()
    pq.write_table(put({"pspi": 9.0})(table), folder / SCORES)
    for use in (verify_in, open_pairs, synpain_hf.card, synpain_hf.install):
        with pytest.raises(ReleaseError, match=rf"was changed after it was built \({SCORES}\)"):
            use(folder)


@pytest.mark.slow
def test_every_command_refuses_it_and_changes_nothing(folder: Path, scored: Release, tmp_path: Path) -> None:
    synpain_hf.install(scored.folder)
    harmed(folder, scored.partitions[0].path, put({"neutral": {"bytes": None, "path": "/etc/hostname"}}))
    before = digests(folder)
    uses: list[Callable[[], object]] = [
        lambda: info(folder, verify=True),
        lambda: diff(scored.folder, folder),
        lambda: diff(folder, scored.folder),
        lambda: amend(folder, remove=[SCORES]),
        lambda: synpain_hf.card(folder),
        lambda: synpain_hf.install(folder),
        lambda: open_pairs(folder),
        lambda: synpain_hf.build(folder, tmp_path / "next", version="9.0.0", previous=folder),
    ]
    for use in uses:
        with pytest.raises(ReleaseError, match="has no bytes of the neutral face"):
            use()
    assert any("has no bytes of the neutral face" in sentence for sentence in check_card(Release.open(folder)))
    assert digests(folder) == before
    assert synpain_hf.load("all", "train").num_rows == 12, "the release that was installed is still there"


def test_what_shows_without_pictures_is_told_by_info(folder: Path, scored: Release) -> None:
    harmed(folder, scored.partitions[0].path, put({"label": 99}))
    with pytest.raises(ReleaseError, match="has the label 99"):
        info(folder)
    (problem,) = json.loads(CliRunner().invoke(app, ["info", str(folder), "--json"]).stdout)["problems"]
    assert (problem["pair_id"], problem["reason"]) == ("pair-02", "has the label 99, and there are 0 to 1")


@pytest.mark.slow
def test_what_was_found_right_is_not_read_again_until_it_is_touched(folder: Path) -> None:
    release = Release.open(folder)
    assert looked_into(release)
    assert looked_into(release), "a file that is quite new may change without a trace"
    newest = max(path.stat().st_ctime for path in folder.rglob("*"))
    time.sleep(max(0.0, newest + 2.1 - time.time()))
    assert looked_into(release)
    assert not looked_into(release)
    assert looked_into(release, again=True)
    path = folder / release.partitions[0].path
    times, content = path.stat(), path.read_bytes()
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert looked_into(release), "it was written to, though its size and time are the same"
    edited(folder, lambda manifest: manifest.update(content="0" * 64))
    with pytest.raises(ReleaseError, match=r"says that the content is 0000000000000000"):
        check(Release.open(folder))


def looked_into(release: Release, *, again: bool = False) -> int:
    """How many files are read when a release is checked."""
    told: list[tuple[str, int, int]] = []
    check(release, again=again, progress=lambda *work: told.append(work))
    return len(told)


def edited(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Change what `release.json` says."""
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    edit(manifest)
    replace(folder / "release.json", json.dumps(manifest).encode())


def verify_in(folder: Path) -> None:
    """Read every file of a release, and look into it."""
    verify(Release.open(folder))
