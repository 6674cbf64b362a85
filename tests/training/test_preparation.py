"""Faces are prepared once, exactly as the image processor does it, by one process at a time, wholly or not at all."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from datasets import Dataset
from PIL import Image

from synpain_hf.errors import BadInputError, OutputError, ReleaseError, UsageError
from synpain_hf.imaging.faces import ENCODINGS
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.release.release import Release
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import PreparedPairs, prepare
from tests.disks import files_of_at_most
from tests.imaging.made import encoded, halves
from tests.release.making import copied, replace
from tests.training.small import with_pictures

PREPARES = """
import os, signal, sys, time
from pathlib import Path
from synpain_hf.errors import SynpainError
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.preparation import prepare
folder, cache, dies, go = sys.argv[1:]
told = []
def progress(what, done, total):
    told.append(what)
    if what == "prepare" and done == total // 2:
        if dies == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        while not Path(go, "waits").exists():
            time.sleep(0.01)
    if what.startswith("wait"):
        Path(go, "waits").touch()
pairs = open_pairs(folder)
processor = PairwisePainImageProcessor(size={"height": 16, "width": 16})
if go:  # both begin at the same time
    Path(go, str(os.getpid())).touch()
    while len(list(Path(go).iterdir())) < 2:
        time.sleep(0.01)
print(prepare(pairs, processor, cache_dir=cache, progress=progress).faces.sum(), *sorted(set(told)), sep="|")
"""


def started(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A program at work."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def visible(folder: Path) -> list[Path]:
    """What stands in a cache, but for locks."""
    return sorted(path for path in folder.iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"size": {"height": 20, "width": 12}, "num_channels": 3},
        {"num_channels": 3, "crop_box": (0.1, 0.2, 0.9, 0.95)},
        {"size": {"height": 80, "width": 90}, "resample": Image.Resampling.BILINEAR},
    ],
)
def test_faces_are_those_of_the_image_processor(
    faces: Release, pairs: Pairs, tmp_path: Path, options: dict[str, Any]
) -> None:
    processor = PairwisePainImageProcessor(**options)
    prepared = prepare(pairs, processor, cache_dir=tmp_path, workers=2)
    rows = Dataset.from_parquet(
        [str(faces.folder / partition.path) for partition in faces.partitions], cache_dir=str(tmp_path / "cache")
    )
    by_id = {row["pair_id"]: row for row in rows}
    assert prepared.faces.shape == (len(rows), 2, processor.num_channels, *processor.size.values())
    for found, pair_id in zip(prepared.faces, pairs.table["pair_id"].to_pylist(), strict=True):
        row = by_id[pair_id]
        expected = processor([row["expressive"]], [row["neutral"]])
        floats = torch.from_numpy(found).float() / 255
        assert torch.equal(floats[0], expected["reference_pixel_values"][0])
        assert torch.equal(floats[1], expected["pixel_values"][0])


def test_all_configurations_and_ways_to_normalise_share_one_preparation(faces: Release, tmp_path: Path) -> None:
    said: list[str] = []
    for configuration in ("default", "cv_3", "only_old"):
        for mean in (None, [0.5]):
            processor = PairwisePainImageProcessor(image_mean=mean, image_std=mean)
            prepare(
                open_pairs(faces.folder, configuration),
                processor,
                cache_dir=tmp_path / "faces",
                progress=lambda what, *_: said.append(what),
            )
    assert len(visible(tmp_path / "faces")) == 1
    assert said == ["prepare"] * 20


@pytest.mark.parametrize(
    "options",
    [
        {"size": {"height": 20, "width": 16}},
        {"num_channels": 3},
        {"crop_box": [0, 0, 1, 0.9]},
        {"resample": Image.Resampling.BILINEAR},
    ],
)
def test_other_options_are_prepared_anew(
    pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path, options: dict[str, Any]
) -> None:
    plain: dict[str, Any] = {"size": processor.size, "num_channels": 1}
    folders = {
        prepare(pairs, PairwisePainImageProcessor(**o), cache_dir=tmp_path).folder for o in (plain, plain | options)
    }
    assert len(folders) == 2


def test_other_pairs_are_prepared_anew(pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path) -> None:
    here = prepare(pairs, processor, cache_dir=tmp_path).folder
    assert prepare(changed(pairs, content="another"), processor, cache_dir=tmp_path).folder != here


def test_prepared_faces_are_kept_in_the_home_of_the_hub_client(
    pairs: Pairs, processor: PairwisePainImageProcessor, caches: Path
) -> None:
    assert prepare(pairs, processor).folder.parent == caches.parent / "synpain-hf" / "faces"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read(processor: PairwisePainImageProcessor, tmp_path: Path, encoding: str) -> None:
    face = Image.fromarray(halves(80, 64, seed=1))
    data = encoded(np.asarray(face), encoding, **ENCODINGS[encoding])
    (found,) = prepare(with_pictures((data, data)), processor, cache_dir=tmp_path).faces
    assert np.array_equal(found[0], found[1])
    expected = np.asarray(face.convert("L").resize((20, 16), Image.Resampling.BICUBIC), np.int16)
    assert np.abs(found[0, 0] - expected).max() <= (6 if encoding == "jpeg" else 0)


def damaged(prepared: PreparedPairs, what: str) -> None:
    """Spoil a preparation."""
    path = prepared.folder / "faces.npy"
    if what == "shorter":
        replace(path, path.read_bytes()[:-1])
    elif what == "longer":
        replace(path, path.read_bytes() + b"?")
    elif what == "header":
        replace(path, b"?" + path.read_bytes()[1:])
    elif what == "no record":
        (prepared.folder / "prepared.json").unlink()
    elif what == "record":
        replace(prepared.folder / "prepared.json", b"{")
    else:
        path.unlink()


@pytest.mark.parametrize("what", ["shorter", "longer", "header", "no record", "record", "no faces"])
def test_a_damaged_preparation_is_made_again(
    pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path, what: str
) -> None:
    before = prepare(pairs, processor, cache_dir=tmp_path)
    expected = before.faces.copy()
    damaged(before, what)
    assert np.array_equal(prepare(pairs, processor, cache_dir=tmp_path).faces, expected)
    assert visible(tmp_path) == [before.folder]


ELSEWHERE = (
    "expressive face is not in the data set, but elsewhere; embed the pictures where their files are, by "
    'dataset.with_format("arrow").map(datasets.table.embed_table_storage, batched=True)'
)


def test_every_picture_that_cannot_be_read_is_told_and_nothing_is_left(
    processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    good = encoded(halves(80, 48, seed=1), "png")
    pairs = with_pictures((good, good), (good, b""), (b"GIF89a", good), (good, None), (good, good[:-20]))
    with pytest.raises(BadInputError) as caught:
        prepare(pairs, processor, cache_dir=tmp_path)
    assert [(problem.file, problem.pair_id, problem.reason) for problem in caught.value.problems] == [
        ("the data set, train", f"pair-{number}", f"pair pair-{number}: the {reason}")
        for number, reason in (
            (1, "expressive face is empty (0 bytes); fetch it again"),
            (2, "neutral face is a GIF, which is not read; save the picture as PNG"),
            (3, ELSEWHERE),
            (4, f"expressive face is cut short after {len(good) - 20:,} bytes; fetch it again"),
        )
    ]
    assert visible(tmp_path) == []


def test_a_release_that_was_changed_leaves_nothing(
    faces: Release, processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    folder, cache = copied(faces.folder, tmp_path / "release"), tmp_path / "cache"
    pairs = open_pairs(folder)
    last = folder / faces.partitions[-1].path
    replace(last, last.read_bytes() + b"?")
    with pytest.raises(ReleaseError, match="was changed after it was built"):
        prepare(pairs, processor, cache_dir=cache)
    assert visible(cache) == []


def test_workers_and_torch_stay_as_they_were_and_change_no_pixel(
    pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    threads = torch.get_num_threads()
    made = [prepare(pairs, processor, cache_dir=tmp_path / str(count), workers=count) for count in (1, 3)]
    assert np.array_equal(made[0].faces, made[1].faces)
    assert torch.get_num_threads() == threads
    with pytest.raises(UsageError, match="workers must be at least 1, not 0"):
        prepare(pairs, processor, workers=0)


def test_prepared_pairs_go_to_other_processes_without_their_pixels(
    pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    prepared = prepare(pairs, processor, cache_dir=tmp_path)
    before = len(pickle.dumps(prepared))
    assert isinstance(prepared.faces, np.memmap)
    sent = pickle.dumps(prepared)
    assert len(sent) == before
    assert np.array_equal(pickle.loads(sent).faces, prepared.faces)


def test_what_a_batch_writes_into_the_faces_is_not_kept(
    pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    prepared = prepare(pairs, processor, cache_dir=tmp_path)
    expected: npt.NDArray[np.uint8] = prepared.faces.copy()
    prepared.faces[:] = 0
    assert np.array_equal(prepare(pairs, processor, cache_dir=tmp_path).faces, expected)


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(pairs: Pairs, tmp_path: Path) -> None:
    huge = PairwisePainImageProcessor(size={"height": 10**6, "width": 10**6}, num_channels=3)
    with pytest.raises(OutputError, match=r"the prepared faces take 120,000,000 MB, and .* MB free; make room"):
        prepare(pairs, huge, cache_dir=tmp_path)
    assert visible(tmp_path) == []


def test_a_cache_that_cannot_be_written_is_told(
    pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file could not be written \(.*\); make room, set HF_HOME, or give another"):
        prepare(pairs, processor, cache_dir=tmp_path / "file")


def test_a_disk_that_becomes_full_is_told_and_nothing_is_left(pairs: Pairs, tmp_path: Path) -> None:
    told = r"could not be written \(File too large\); make room, set HF_HOME, or give another place"
    with files_of_at_most(20_000), pytest.raises(OutputError, match=told):
        prepare(pairs, PairwisePainImageProcessor(), cache_dir=tmp_path / "cache")
    assert visible(tmp_path / "cache") == []


def finished(programs: Sequence[subprocess.Popen[str]]) -> list[list[str]]:
    """What programs printed, once they have ended."""
    told = [program.communicate(timeout=600) for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs), told
    return [out.strip().split("|") for out, _ in told]


@pytest.mark.slow
def test_after_one_that_was_killed_the_first_of_two_prepares_and_the_other_waits(
    faces: Release, pairs: Pairs, tmp_path: Path
) -> None:
    cache, go = tmp_path / "cache", tmp_path / "go"
    go.mkdir()
    killed = started(PREPARES, faces.folder, cache, "dies", "")
    killed.communicate(timeout=600)
    assert killed.returncode == -9
    assert [path.suffix for path in visible(cache)] == [".partial"]

    first, second = sorted(
        finished([started(PREPARES, faces.folder, cache, "lives", go) for _ in range(2)]), key=lambda told: told[1:]
    )
    assert first[1:] == ["prepare"]
    assert second[1:] == ["wait for another process that prepares the same faces"]
    assert first[0] == second[0]
    processor = PairwisePainImageProcessor(size={"height": 16, "width": 16})
    prepared = prepare(pairs, processor, cache_dir=cache, progress=lambda *_: pytest.fail("it is prepared already"))
    assert str(prepared.faces.sum()) == first[0]
    assert json.loads((prepared.folder / "prepared.json").read_text())["shape"] == [20, 2, 1, 16, 16]
    assert visible(cache) == [prepared.folder]
