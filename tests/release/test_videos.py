"""Releases of videos: pairs of their frames, and the table `videos`."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Video, load_dataset

import synpain_hf
from examples.made_archives import write_clip
from synpain_hf.cards import check as check_card
from synpain_hf.errors import BadInputError, ReleaseError, UsageError, VersionError
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.release import Release
from synpain_hf.release.tables import VIDEOS, videos
from synpain_hf.sources import open_source
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.official import OfficialSource
from tests.release.filmed import ALONE, FRAMES, PEAK, RATE, STILL, clip_name, course, decoded_by_ffmpeg, write_filmed
from tests.release.making import copied, digests, faces_of, listed, official_id, replace, rows_of, verify
from tests.terminal import run


@pytest.fixture(scope="module")
def filmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `SynPain` of six composites and two videos, one of which has a still among them; never changed."""
    return write_filmed(tmp_path_factory.mktemp("filmed"))


@pytest.fixture(scope="module")
def both(filmed: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of pairs of frames, and of the table."""
    return build(filmed, tmp_path_factory.mktemp("both") / "release", version="1.0.0", videos="both")


@pytest.fixture
def harmed(filmed: Path, tmp_path: Path) -> Path:
    """A copy of the download to change."""
    return copied(filmed, tmp_path / "SynPain")


def clips_of(release: Release) -> dict[str, dict[str, Any]]:
    """Every row of the table, by its clip."""
    return {row["clip"]: row for file in release.files_of(VIDEOS) for row in release.read(file).to_pylist()}


def test_a_clip_becomes_a_pair_of_its_first_frame_and_the_one_where_it_peaks(both: Release, filmed: Path) -> None:
    found = rows_of(both)
    assert len(found) == 8
    for seed, pair_id in enumerate((STILL, ALONE)):
        row, path = found[f"{pair_id}-{PEAK:04d}"], filmed / "Videos" / clip_name(pair_id)
        assert (row["clip"], row["frame"], row["time"]) == (pair_id, PEAK, PEAK / RATE)
        assert (row["identity"], row["label"], row["gender"]) == (pair_id, int(pair_id[1]), int(pair_id[2]))
        for face, number in zip(faces_of(row), (0, PEAK), strict=True):
            assert face.shape == (128, 96, 3)
            assert np.abs(face.astype(int) - decoded_by_ffmpeg(path)[number]).mean() < 8
            assert np.abs(face.astype(int) - np.asarray(course(seed)[number])).mean() < 12
        origin, digest = row["provenance"], hashlib.sha256(path.read_bytes()).hexdigest()
        assert origin["neutral_file"] == origin["expressive_file"] == f"Videos/{path.name}"
        assert origin["neutral_sha256"] == origin["expressive_sha256"] == digest
        assert (origin["generator"], origin["gutter_start"]) == ("Runway Gen-4 Alpha", None)


def test_a_row_of_the_table_has_the_file_and_what_is_known_of_it(both: Release, filmed: Path) -> None:
    rows = clips_of(both)
    assert sorted(rows) == sorted((STILL, ALONE))
    for pair_id, row in rows.items():
        content = (filmed / "Videos" / clip_name(pair_id)).read_bytes()
        assert row["video"] == {"bytes": content, "path": f"{pair_id}.mp4"}
        assert row["provenance"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert (row["frames"], row["duration"]) == (FRAMES, FRAMES / RATE)
        assert (row["peak_frame"], row["peak_time"]) == (PEAK, PEAK / RATE)
        assert [row[name] for name in ("label", "gender", "age_group", "ethnicity")] == list(map(int, pair_id[1:5]))
        assert row["age"] is row["source_label"] is None


def test_a_person_is_in_one_fold_in_stills_frames_and_videos(both: Release) -> None:
    found = rows_of(both)
    for pair_id, row in clips_of(both).items():
        assert row["fold"] == found[f"{pair_id}-{PEAK:04d}"]["fold"]
    assert found[STILL]["fold"] == clips_of(both)[STILL]["fold"]
    assert found[STILL]["identity"] == STILL


def test_what_was_done_is_said(both: Release) -> None:
    assert both.manifest["options"]["videos"] == "both"
    assert both.manifest["options"]["at"] == "peak"
    assert both.manifest["pairs"] == {"in": 8, "out": 8, "rejected": 0}
    card = both.text_of("README.md")
    assert "the expressive ones are at `peak`, where `peak` is the frame that has changed most from the first" in card
    assert "| `peak_frame` | The frame, from 0, that has changed most from the first" in card
    verify(both)


def test_the_table_loads_and_its_videos_can_be_played(both: Release) -> None:
    loaded = load_dataset(str(both.folder), "videos")
    assert loaded["train"].features["video"] == Video()
    plain = loaded["train"].cast_column("video", Video(decode=False))
    assert_plays(plain)
    split = load_dataset(str(both.folder), "videos_default")
    assert sum(len(part) for part in split.values()) == 2
    fold = clips_of(both)[ALONE]["fold"]
    assert ALONE in split[("test", "validation", "train", "train", "train")[fold]]["clip"]


def assert_plays(rows: Dataset) -> None:
    for row in rows:
        with av.open(io.BytesIO(row["video"]["bytes"])) as container:
            assert sum(1 for _ in container.decode(video=0)) == row["frames"] == FRAMES


def test_videos_are_decoded_by_datasets_where_torchcodec_can_be_loaded(both: Release) -> None:
    try:
        import torchcodec  # noqa: F401
    except (ImportError, RuntimeError, OSError) as error:
        pytest.skip(f"torchcodec cannot be loaded, or not the libraries of FFmpeg: {str(error)[:80]}")
    for row in load_dataset(str(both.folder), "videos", split="train"):
        assert tuple(row["video"][row["peak_frame"]].shape) == (3, 128, 96)


@pytest.mark.slow
def test_an_installed_release_gives_its_videos(both: Release) -> None:
    synpain_hf.install(both.folder)
    loaded = synpain_hf.load("videos", "train")
    assert set(loaded["clip"]) == {STILL, ALONE}
    assert_plays(loaded.cast_column("video", Video(decode=False)))
    assert len(synpain_hf.load("all", "train")) == 8


def test_a_table_alone_adds_no_pair_and_changes_none(filmed: Path, tmp_path: Path) -> None:
    plain = build(filmed, tmp_path / "plain", version="1.0.0")
    table = build(filmed, tmp_path / "table", version="1.0.0", videos="table")
    assert table.manifest["content"] == plain.manifest["content"]
    assert table.manifest["options"]["videos"] == "table"
    assert "at" not in table.manifest["options"]
    assert clips_of(table).keys() == {STILL, ALONE}
    assert not {"clip", "frame", "time"} & set(table.given)
    changes = diff(plain.folder, table.folder)
    assert changes.bump.name == "MINOR"
    verify(table)


def test_frames_alone_make_no_table(filmed: Path, tmp_path: Path) -> None:
    release = build(filmed, tmp_path / "release", version="1.0.0", videos="frames", at="every:4,0.1")
    found = {row["pair_id"]: row["time"] for row in rows_of(release).values() if row["clip"] == STILL}
    assert found == {f"{STILL}-{number:04d}": number / RATE for number in (1, 4, 8)}
    assert release.manifest["options"]["at"] == "every:4,0.1"
    assert release.files_of(VIDEOS) == []
    assert "videos" not in release.configurations()


@pytest.mark.slow
def test_the_same_videos_give_the_same_bytes_whatever_engine_decodes_them(
    filmed: Path, both: Release, tmp_path: Path
) -> None:
    again = build(filmed, tmp_path / "release", version="1.0.0", videos="both", workers=2, engine="processes")
    assert digests(again.folder) == digests(both.folder)


def journal_of(out: Path) -> Path:
    return out.parent / f".{out.name}.partial" / "clips.jsonl"


def test_a_build_that_was_interrupted_looks_at_no_clip_again(filmed: Path, tmp_path: Path, both: Release) -> None:
    out = tmp_path / "release"

    def interrupt(what: str, done: int, total: int) -> None:
        if what == "pairs":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(filmed, out, version="1.0.0", videos="both", progress=interrupt)
    seen = [json.loads(line) for line in journal_of(out).read_text().splitlines() if line]
    assert [each["frames"] for each in seen] == [FRAMES, FRAMES]
    with journal_of(out).open("a") as journal:
        journal.write('\n{"key": "cut sho')
    calls: list[tuple[str, int, int]] = []
    release = build(filmed, out, version="1.0.0", videos="both", progress=lambda *told: calls.append(told))
    assert [told for told in calls if told[0] == "clips"] == [("clips", 2, 2)]
    assert digests(release.folder) == digests(both.folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (clip_name(ALONE), b"no video\n", "is not a video (text); give an MP4, MOV, MKV, WebM or AVI file"),
        (clip_name(ALONE), b"", "is not a video (empty)"),
        ("1000000000_Pain_Man_Young.mp4", b"", "says Pain, but digit 2 of its ID says no_pain"),
        ("clip.mp4", b"", "is not named ID_Pain|NoPain_Man|Woman_Young|Old"),
    ],
)
def test_a_clip_that_cannot_be_used_is_a_line_of_the_report(
    harmed: Path, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    replace(harmed / "Videos" / name, content)
    with pytest.raises(BadInputError) as caught:
        build(harmed, tmp_path / "release", version="1.0.0", videos="both")
    (problem,) = caught.value.problems
    assert problem.file == f"Videos/{name}"
    assert reason in problem.reason
    release = build(harmed, tmp_path / "release", version="1.0.0", videos="both", on_error="skip")
    rejected = release.text_of("rejected.jsonl")
    assert f"Videos/{name}" in rejected
    assert release.manifest["pairs"]["rejected"] == 1
    assert f"{STILL}-{PEAK:04d}" in rows_of(release)
    verify(release)


def test_a_clip_of_one_frame_is_told(harmed: Path, tmp_path: Path) -> None:
    (harmed / "Videos" / clip_name(STILL)).unlink()
    write_clip(harmed / "Videos" / clip_name(STILL), course(0)[:1])
    with pytest.raises(
        BadInputError, match=f"{clip_name(STILL)}: has 1 frame, and a neutral and an expressive one are"
    ):
        build(harmed, tmp_path / "release", version="1.0.0", videos="frames")


def test_clips_of_one_name_are_told(harmed: Path, tmp_path: Path) -> None:
    (harmed / "More").mkdir()
    (harmed / "More" / clip_name(ALONE)).write_bytes((harmed / "Videos" / clip_name(STILL)).read_bytes())
    with pytest.raises(BadInputError) as caught:
        build(harmed, tmp_path / "release", version="1.0.0", videos="table")
    assert [str(problem) for problem in caught.value.problems] == [
        f"{here}/{name}: is called {ALONE} as {there}/{name} is; keep the right one, or rename it"
        for name in (clip_name(ALONE),)
        for here, there in (("More", "Videos"), ("Videos", "More"))
    ]


@pytest.mark.parametrize("uses", ["frames", "table"])
def test_a_clip_that_changes_while_a_release_is_built_is_told(harmed: Path, tmp_path: Path, uses: Any) -> None:
    path = harmed / "Videos" / clip_name(ALONE)
    contents = [path.read_bytes(), (harmed / "Videos" / clip_name(STILL)).read_bytes()]

    def change(what: str, done: int, total: int) -> None:
        if (what, done) == ("clips", 2):
            replace(path, contents[path.read_bytes() == contents[0]])

    with pytest.raises(BadInputError, match=r"was changed while the release was built; build it again"):
        build(harmed, tmp_path / uses, version="1.0.0", videos=uses, progress=change)


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"videos": "frames"}, "videos asks for videos, and the source has none; omit it"),
        ({"at": "peak"}, "at says which frames of videos become pairs; give videos frames, too"),
    ],
)
def test_what_asks_for_videos_that_are_not_there_is_refused(
    good_download: Path, choices: dict[str, Any], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        open_source([good_download], choices=Choices(**choices))


def test_videos_do_not_fit_a_manifest(good_manifest: Path) -> None:
    with pytest.raises(UsageError, match="videos cannot be used with a manifest; omit it"):
        open_source([good_manifest], choices=Choices(videos="frames"))


def test_a_folder_of_videos_alone_becomes_pairs_where_they_are_asked_for(filmed: Path, tmp_path: Path) -> None:
    release = build(filmed / "Videos", tmp_path / "release", version="1.0.0", videos="frames")
    assert rows_of(release).keys() == {f"{STILL}-{PEAK:04d}", f"{ALONE}-{PEAK:04d}"}
    assert "or make pairs of frames (--videos frames)" in str(next(iter(OfficialSource([filmed / "Videos"]))))


def test_videos_in_a_zip_are_those_of_the_folder(filmed: Path, both: Release, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "SynPain_Part1"), "zip", filmed)
    release = build(tmp_path / "SynPain_Part1.zip", tmp_path / "release", version="1.0.0", videos="both")
    assert release.manifest["content"] == both.manifest["content"]
    assert clips_of(release) == clips_of(both)


@pytest.mark.slow
def test_a_later_release_keeps_the_folds_of_clips_and_promises_what_changed(harmed: Path, tmp_path: Path) -> None:
    first = build(harmed, tmp_path / "first", version="1.0.0", videos="table", seed=1)
    new = official_id(103)
    write_clip(harmed / "Videos" / clip_name(new), course(7), rate=RATE)
    with pytest.raises(VersionError, match=r"promises too little: .* of videos .*1 row added; give at least 1.1.0"):
        build(harmed, tmp_path / "next", version="1.0.1", videos="table", previous=first.folder, seed=5)
    later = build(harmed, tmp_path / "next", version="1.1.0", videos="table", previous=first.folder, seed=5)
    folds = {clip: row["fold"] for clip, row in clips_of(later).items()}
    assert folds.items() > {clip: row["fold"] for clip, row in clips_of(first).items()}.items()
    assert new in folds
    replace(harmed / "Videos" / clip_name(new), (harmed / "Videos" / clip_name(STILL)).read_bytes() + b"\0\0\0\x08free")
    other = build(harmed, tmp_path / "other", version="2.0.0", videos="table", previous=later.folder)
    (changed,) = [each for each in diff(later.folder, other.folder).tables if each.table is VIDEOS]
    assert changed.values["video"] == [(new,)]


@pytest.mark.slow
def test_published_folds_are_those_of_clips_too(harmed: Path, tmp_path: Path) -> None:
    folds = tmp_path / "folds.csv"
    lines = [f"{official_id(number)},{number % 5}\n" for number in range(6)]
    folds.write_text("".join([*lines, f"{ALONE},4\n"]))
    release = build(harmed, tmp_path / "release", version="1.0.0", videos="table", folds=folds)
    assert {clip: row["fold"] for clip, row in clips_of(release).items()} == {STILL: 0, ALONE: 4}
    folds.write_text("".join(lines))
    with pytest.raises(BadInputError, match=f"Videos/{clip_name(ALONE)}: has no fold in folds.csv; add it there"):
        build(harmed, tmp_path / "without", version="1.0.0", videos="table", folds=folds)
    rest = build(harmed, tmp_path / "without", version="1.0.0", videos="table", folds=folds, on_error="skip")
    assert clips_of(rest).keys() == {STILL}
    assert rest.manifest["pairs"] == {"in": 6, "out": 6, "rejected": 0}
    verify(rest)


@pytest.mark.slow
def test_the_full_card_and_croissant_tell_of_the_table(both: Release, tmp_path: Path) -> None:
    folder = copied(both.folder, tmp_path / "release")
    carded = synpain_hf.card(folder)
    text = carded.text_of("README.md")
    assert "The configurations `videos` and `videos_default`:" in text
    assert "| `peak_time` |" in text
    assert "the expressive ones are at `peak`" in text
    document = json.loads(carded.text_of("croissant.json"))
    (records,) = [each for each in document["recordSet"] if each["@id"] == "videos"]
    assert "sc:VideoObject" in {field.get("dataType") for field in records["field"]}
    assert check_card(carded) == []


def in_another_fold(rows: list[dict[str, Any]]) -> None:
    rows[0]["identity"] = official_id(next(number for number in range(6) if number % 5 != rows[0]["fold"]))


def without_bytes(rows: list[dict[str, Any]]) -> None:
    rows[0]["video"] = {"bytes": None, "path": "elsewhere.mp4"}


def without_identity(rows: list[dict[str, Any]]) -> None:
    rows[0]["identity"] = ""


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (in_another_fold, "which is in fold"),
        (without_bytes, "has no bytes of the video, only a path, which would be read on another machine"),
        (without_identity, "has no identity"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(harmed: Path, tmp_path: Path, harm: Any, reason: str) -> None:
    folds = tmp_path / "folds.csv"
    folds.write_text("".join(f"{official_id(number)},{number % 5}\n" for number in (*range(6), 101)))
    release = build(harmed, tmp_path / "release", version="1.0.0", videos="table", folds=folds)
    path = release.folder / release.files_of(VIDEOS)[0]
    table = pq.read_table(path)
    rows = table.to_pylist()
    harm(rows)
    replace(path, b"")
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
    with pytest.raises(ReleaseError, match=reason):
        verify(Release.open(listed(release.folder)))


def test_files_of_the_table_are_bounded(filmed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("BYTES_IN_FILE", "BYTES_IN_GROUP"):
        monkeypatch.setattr(videos, bound, 1)
    folds = tmp_path / "folds.csv"
    folds.write_text("".join(f"{official_id(n)},{3 if n in (0, 101) else n - 1}\n" for n in (*range(6), 101)))
    release = build(filmed, tmp_path / "release", version="1.0.0", videos="table", folds=folds)
    assert release.files_of(VIDEOS) == [f"videos/fold-3/{number:05d}.parquet" for number in range(2)]
    assert len(load_dataset(str(release.folder), "videos", split="train")) == 2
    verify(release)


def test_the_command_says_what_became_of_videos(filmed: Path, tmp_path: Path) -> None:
    done = run("build", filmed, tmp_path / "release", "--version", "1.0.0", "--videos", "both", columns=200)
    assert done.exit_code == 0, done.stderr
    assert "videos: pairs of first frames with those at peak and 2 rows of the table videos; peak is" in done.stdout
    assert "damage would not show in 2 pictures (Videos/" in done.stdout
    done = run("build", filmed, tmp_path / "r", "--version", "1.0.0", "--videos", "frames", "--at", "peek", columns=200)
    assert done.exit_code == 2
    assert "--at names 'peek' (did you mean 'peak'?); give peak, seconds such as 0.5,1.5, or every:N" in done.stderr


@pytest.mark.slow
def test_the_official_videos_become_pairs_and_rows(sample: Path, tmp_path: Path) -> None:
    release = build(sample, tmp_path / "release", version="1.0.0", videos="both")
    found = {row["clip"]: row for row in rows_of(release).values() if row["clip"]}
    assert {clip: (row["label"], row["gender"], row["age_group"]) for clip, row in found.items()} == {
        "1111317410": (1, 1, 1),
        "1000235030": (0, 0, 0),
    }
    assert all(face.shape == (1280, 768, 3) for row in found.values() for face in faces_of(row))
    assert {row["frames"] for row in clips_of(release).values()} == {122}
