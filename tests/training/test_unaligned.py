"""Pairs in which no face is found to align are refused, or left out wherever they would be seen, and counted."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.errors import BadInputError, InputWarning, Problem, UsageError
from synpain_hf.modeling import PairwisePainImageProcessor
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from synpain_hf.training.data.collation import PairDataset
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.data.unaligned import by_group, told, without
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.cross_validation import cross_validate
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.result import TrainingResult
from synpain_hf.vocabulary import FACES
from tests.release.making import copied
from tests.sharing import Once
from tests.terminal import run
from tests.training.landmarked import landmarked
from tests.training.small import ARGUMENTS, FACE, SIDE, tiny, trained

LOST = {"train": 2, "validation": 1, "test": 1}


def first_of(pairs: Pairs, numbers: dict[str, int]) -> list[str]:
    """The first pairs of each split."""
    ids = pairs.table["pair_id"]
    return [ids[place].as_py() for split, number in numbers.items() for place in pairs.positions(split)[:number]]


@pytest.fixture(scope="module")
def lacking(once: Once, faces: Release) -> Release:
    """The faces, with landmarks of all but one face of some pairs."""

    def fill(folder: Path) -> None:
        lost = first_of(open_pairs(faces.folder), LOST)
        without = [(pair_id, FACES[place % 2]) for place, pair_id in enumerate(lost)]
        landmarked(copied(faces.folder, folder / "release"), side=FACE, without=without)

    return Release.open(once("lacking-faces", fill) / "release")


@pytest.fixture(scope="module")
def lost(lacking: Release) -> list[str]:
    """The pairs without landmarks."""
    return first_of(open_pairs(lacking.folder), LOST)


@pytest.fixture(scope="module")
def result(once: Once, lacking: Release) -> TrainingResult:
    """A training without them."""

    def fill(folder: Path) -> None:
        with pytest.warns(InputWarning, match=r"4 pairs are left out, .*: 2 of train, 1 of validation, 1 of test;"):
            trained(lacking, folder, model=aligning(folder), num_train_epochs=1)

    return TrainingResult.read(once("trained-without-some", fill) / "model")


def aligning(folder: Path, **options: Any) -> ModelArguments:
    return tiny(folder, **{"alignment": "similarity", "unaligned": "leave_out", **options})


def pairs_of(shown: Sequence[tuple[int, int]] | None = None, **splits: Sequence[int]) -> Pairs:
    """Four pairs p0 to p3, every second one in pain, of a man, a woman, and two of whom nothing is known."""
    return Pairs(
        title="Pairs",
        content="made",
        table=pa.table(
            {
                "pair_id": [f"p{number}" for number in range(4)],
                "label": pa.array([0, 1, 0, 1], pa.int64()),
                "gender": pa.array([0, 1, None, None], pa.int64()),
            }
        ),
        splits={name: np.array(places, np.int64) for name, places in splits.items()},
        parts=[],
        shown=None if shown is None else np.array(shown, np.int64),
    )


def lost_pairs(*ids: str) -> list[Problem]:
    return [Problem("file", f"pair {pair_id}: the neutral face is hidden", pair_id) for pair_id in ids]


class TestWithout:
    @pytest.mark.parametrize(
        ("ids", "kept"),
        [
            ([], {"train": [0, 1], "test": [2, 3]}),
            (["p1"], {"train": [0], "test": [2, 3]}),
            (["p2", "p3"], {"train": [0, 1]}),
            (["p0", "p1", "p2", "p3"], {}),
        ],
    )
    def test_splits_lose_their_pairs_and_are_gone_when_empty(self, ids: list[str], kept: dict[str, list[int]]) -> None:
        pairs, left_out = without(pairs_of(train=[0, 1], test=[2, 3]), lost_pairs(*ids))
        assert {split: positions.tolist() for split, positions in pairs.splits.items()} == kept
        assert left_out["pair_id"].to_pylist() == ids
        assert pairs.table.num_rows == 4, "positions are those of all pairs"

    def test_pairs_that_show_a_lost_face_of_another_are_left_out_with_the_reason_of_that_one(self) -> None:
        shown = [(1, 0), (3, 4), (5, 4), (7, 6)]  # p1 is shown beside the neutral face of p2
        pairs, left_out = without(pairs_of(shown, test=[0, 1, 2, 3]), lost_pairs("p2"))
        assert pairs.splits["test"].tolist() == [0, 3]
        assert left_out["pair_id"].to_pylist() == ["p1", "p2"]
        assert left_out["reason"].to_pylist() == ["pair p2: the neutral face is hidden"] * 2

    def test_only_splits_of_this_configuration_count(self) -> None:
        pairs, left_out = without(pairs_of(train=[0]), lost_pairs("p3"))
        assert pairs.splits["train"].tolist() == [0]
        assert left_out.num_rows == 0
        assert told(left_out) == ""

    def test_a_line_tells_how_many_of_which_split(self) -> None:
        _, one = without(pairs_of(train=[0, 1], test=[2, 3]), lost_pairs("p3"))
        assert told(one) == "1 pair is left out, as no face was found to align: 1 of test"
        _, three = without(pairs_of(train=[0, 1], test=[2, 3]), lost_pairs("p0", "p1", "p3"))
        assert told(three) == "3 pairs are left out, as no face was found to align: 2 of train, 1 of test"

    def test_each_group_has_its_share(self) -> None:
        pairs, left_out = without(pairs_of(train=[0, 1], test=[2, 3]), lost_pairs("p1", "p3"))
        assert list(by_group([(left_out, pairs)])) == [
            ("label", "no_pain", 0, 2),
            ("label", "pain", 2, 2),
            ("gender", "man", 0, 1),
            ("gender", "woman", 1, 1),
            ("gender", "unknown", 1, 2),
        ]
        nobody, everything = without(pairs_of(train=[0]), lost_pairs("p0"))
        assert list(by_group([(everything, nobody)])) == [("label", "no_pain", 1, 1), ("gender", "man", 1, 1)]


class TestPreparing:
    def test_refusing_costs_the_work_once(self, lacking: Release, lost: list[str], tmp_path: Path) -> None:
        processor = PairwisePainImageProcessor(size=SIDE, alignment="similarity")
        with pytest.raises(BadInputError) as refused:
            prepare(open_pairs(lacking.folder), processor, cache_dir=tmp_path)
        assert sorted(problem.pair_id for problem in refused.value.problems) == sorted(lost)
        told = lambda *_: pytest.fail("it is prepared already")  # noqa: E731
        prepared = prepare(
            open_pairs(lacking.folder), processor, unaligned="leave_out", cache_dir=tmp_path, progress=told
        )
        assert prepared.left_out["pair_id"].to_pylist() == lost
        places = [prepared.pairs.table["pair_id"].to_pylist().index(pair_id) for pair_id in lost]
        assert not prepared.faces[places].any()
        assert all(face.any() for face in np.delete(prepared.faces, places, axis=0))
        for split in LOST:
            assert not set(lost) & set(PairDataset(prepared, split).rows["pair_id"].to_pylist())
        with pytest.raises(BadInputError, match="has no landmarks"):
            prepare(open_pairs(lacking.folder), processor, cache_dir=tmp_path, progress=told)

    @pytest.mark.parametrize("damage", ["", "{}", "[]", '{"pairs": ["text"]}', '{"others": {}}'])
    def test_a_damaged_list_is_made_again(self, lacking: Release, lost: list[str], tmp_path: Path, damage: str) -> None:
        processor = PairwisePainImageProcessor(size=SIDE, alignment="similarity")
        pairs = open_pairs(lacking.folder)
        folder = prepare(pairs, processor, unaligned="leave_out", cache_dir=tmp_path).folder
        (folder / "unaligned.json").write_text(damage, encoding="utf-8")
        again = prepare(pairs, processor, unaligned="leave_out", cache_dir=tmp_path)
        assert again.left_out["pair_id"].to_pylist() == lost

    def test_pictures_that_cannot_be_read_are_refused_all_the_same(self, lacking: Release, tmp_path: Path) -> None:
        class Unreadable:
            name = "part"

            def batches(self, rows: int) -> Any:
                yield from (
                    pa.record_batch({face: pa.array([{"bytes": b"no picture"}] * batch.num_rows) for face in FACES})
                    for part in pairs.parts
                    for batch in part.batches(rows)
                )

        pairs = open_pairs(lacking.folder)
        processor = PairwisePainImageProcessor(size=SIDE, alignment="similarity")
        with pytest.raises(BadInputError, match="the neutral face "):
            prepare(replace(pairs, parts=[Unreadable()]), processor, unaligned="leave_out", cache_dir=tmp_path)
        assert not list(tmp_path.glob("*/faces.npy"))


class TestTraining:
    def test_what_is_left_out_is_neither_learned_nor_judged_and_stands_in_a_table(
        self, result: TrainingResult, lacking: Release, lost: list[str]
    ) -> None:
        pairs = open_pairs(lacking.folder)
        assert result.unaligned == LOST
        assert result.splits == {name: len(pairs.positions(name)) - LOST[name] for name in LOST}
        learned = json.loads((result.out / "learned.json").read_text(encoding="utf-8"))
        assert not set(lost) & set(learned["pair_id"])
        for name in ("predictions", "predictions_validation"):
            assert not set(lost) & set(pq.read_table(result.out / f"{name}.parquet")["pair_id"].to_pylist())
        with (result.out / "unaligned.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["pair_id"] for row in rows] == lost
        assert {row["data_set"] for row in rows} == {pairs.title}
        assert {row["split"] for row in rows} == set(LOST)
        assert all(row["reason"].endswith("has no landmarks, as nothing was found in it") for row in rows)
        assert "4 pairs without a face left out" in result.summary()

    def test_the_card_gives_the_share_of_every_group(self, result: TrainingResult) -> None:
        card = (result.out / "README.md").read_text(encoding="utf-8")
        assert "No face was found to align in some pairs." in card
        rows = [line.split("|") for line in card.splitlines() if line.startswith("| `gender` |")]
        assert sum(int(row[3]) for row in rows) == sum(LOST.values())

    def test_predictions_lack_them_and_that_is_told(
        self, result: TrainingResult, lacking: Release, lost: list[str], tmp_path: Path
    ) -> None:
        with pytest.raises(BadInputError, match="unaligned=leave_out"):
            predict(result.out, lacking.folder, cache_dir=tmp_path)
        with pytest.warns(InputWarning, match="1 of test"):
            found = predict(result.out, lacking.folder, unaligned="leave_out", cache_dir=tmp_path)
        assert found.num_rows == result.splits["test"]
        with pytest.raises(UsageError, match=r"^unaligned is 'perhaps'; give one of refuse, leave_out"):
            predict(result.out, lacking.folder, unaligned="perhaps")  # type: ignore[arg-type]
        done = run(
            *("predict", result.out, lacking.folder, "--unaligned", "leave_out"),
            *("--out", tmp_path / "found.parquet", "--cache-dir", tmp_path),
        )
        assert done.exit_code == 0, done.output
        assert f"1 of test ({lost[-1]})" in done.stderr

    def test_the_command_names_them_and_then_does_without(
        self, lacking: Release, lost: list[str], tmp_path: Path
    ) -> None:
        model = aligning(tmp_path).model
        command = ("train", lacking.folder, tmp_path / "out", "--model", model, "--alignment", "similarity")
        options = ("--epochs", "1", "--cache-dir", tmp_path / "cache", "--set", "use_cpu=true")
        refused = run(*command, *options)
        assert refused.exit_code == 1
        assert all(pair_id in refused.stderr for pair_id in lost)
        done = run(*command, *options, "--unaligned", "leave_out")
        assert done.exit_code == 0, done.output
        assert "warning: of " in done.stderr
        assert "unaligned.csv will name them" in done.stderr

    def test_a_set_beside_the_first_loses_its_own(self, lacking: Release, tmp_path: Path) -> None:
        build(DemoSource(10, 5, ()), tmp_path / "other", version="1.0.0", image_size=FACE)
        first = landmarked(tmp_path / "other", side=FACE)
        with pytest.warns(InputWarning, match="1 of test"):
            result = trained(first, tmp_path, model=aligning(tmp_path), also=[lacking.folder], num_train_epochs=1)
        (also,) = result.also
        pairs = open_pairs(lacking.folder)
        assert also["splits"] == {name: len(pairs.positions(name)) - LOST[name] for name in ("train", "test")}
        assert result.unaligned == {"train": LOST["train"], "test": LOST["test"]}
        found = pq.read_table(result.out / "also-1" / "predictions.parquet")
        assert found.num_rows == also["splits"]["test"]


def test_classes_are_weighed_by_the_pairs_that_are_left(faces: Release, tmp_path: Path) -> None:
    pairs = open_pairs(faces.folder)
    train = pairs.positions("train")
    labels = pairs.table["label"].take(pa.array(train)).to_pylist()
    ids = pairs.table["pair_id"].take(pa.array(train)).to_pylist()
    in_pain = [pair_id for pair_id, label in zip(ids, labels, strict=True) if label == 1]
    lacking = landmarked(
        copied(faces.folder, tmp_path / "lacking"), side=FACE, without=[(pair_id, "neutral") for pair_id in in_pain[1:]]
    )
    with pytest.warns(InputWarning):
        result = trained(lacking, tmp_path, model=aligning(tmp_path), num_train_epochs=1)
    config = json.loads((result.out / "config.json").read_text(encoding="utf-8"))
    others = labels.count(0)
    assert config["class_weights"] == pytest.approx([(others + 1) / (2 * others), (others + 1) / 2])


@pytest.mark.slow
def test_a_fold_of_which_no_pair_is_left_is_not_pooled(faces: Release, tmp_path: Path) -> None:
    fold = open_pairs(faces.folder, "cv_1")
    gone = [(pair_id, "neutral") for pair_id in first_of(fold, {"test": len(fold.positions("test"))})]
    lacking = landmarked(copied(faces.folder, tmp_path / "lacking"), side=FACE, without=gone)
    options = {**ARGUMENTS, "num_train_epochs": 1, "eval_strategy": "no", "load_best_model_at_end": False}
    with pytest.warns(InputWarning):
        result = cross_validate(
            lacking.folder, out=tmp_path / "cv", model=aligning(tmp_path), cache_dir=tmp_path / "cache", **options
        )
    assert result.unaligned == len(gone)
    assert result.report["overall"]["n"] == fold.table.num_rows - len(gone)
    assert [fold.auroc is None for fold in result.folds].index(True) == 1
    assert f"{len(gone)} pairs without a face left out" in result.summary()
    assert f"{len(gone)} pairs without a face left out" in (tmp_path / "cv" / "README.md").read_text(encoding="utf-8")


def test_what_is_to_become_of_pairs_must_be_said(faces: Release, tmp_path: Path) -> None:
    processor = PairwisePainImageProcessor(size=SIDE)
    with pytest.raises(UsageError, match=r"^unaligned is 'left_out'; give one of refuse, leave_out"):
        prepare(open_pairs(faces.folder), processor, unaligned="left_out", cache_dir=tmp_path)  # type: ignore[arg-type]


def test_a_box_and_an_alignment_exclude_each_other() -> None:
    with pytest.raises(UsageError, match=r"^crop_box is given, but faces are aligned by landmarks"):
        ModelArguments(crop_box=[0.1, 0.1, 0.9, 0.9], alignment="similarity")
    ModelArguments(crop_box=[0.1, 0.1, 0.9, 0.9], alignment="box")


def test_a_training_of_which_nothing_is_left_is_refused(faces: Release, tmp_path: Path) -> None:
    pairs = open_pairs(faces.folder)
    everything = [(pair_id, "neutral") for pair_id in first_of(pairs, {"train": len(pairs.positions("train"))})]
    nothing = landmarked(copied(faces.folder, tmp_path / "nothing"), side=FACE, without=everything)
    with (
        pytest.raises(UsageError, match=r"in none of the \d+ pairs of train in .* a face was found to align; give"),
        pytest.warns(InputWarning),
    ):
        trained(nothing, tmp_path, model=aligning(tmp_path), num_train_epochs=1)


def test_a_choice_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^unaligned is 'maybe'; give one of refuse, leave_out"):
        ModelArguments(unaligned="maybe")  # type: ignore[arg-type]
