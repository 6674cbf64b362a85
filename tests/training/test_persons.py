"""Training on persons with several expressions: nobody is on two sides, and their rows are clusters in the report."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict, load_dataset

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.metrics.predictions import evaluate
from synpain_hf.release.build import build
from synpain_hf.release.install import install
from synpain_hf.release.release import Release
from synpain_hf.training.data.leaving_out import configurations_of, without_one
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.report.evaluation import write_report
from synpain_hf.training.run.cross_validation import CrossValidation, cross_validate
from synpain_hf.training.run.learned import Learned, learned_by
from tests.release.before import as_before
from tests.release.making import copied, manifest_rows, write_manifest
from tests.release.persons import person, some_persons, written
from tests.sharing import Once
from tests.training.small import ARGUMENTS, made_predictions, tiny, trained

HOW: dict[str, Any] = {**ARGUMENTS, "num_train_epochs": 1}


@pytest.fixture(scope="module")
def persons(once: Once) -> Release:
    """Eight persons, one with many pairs, of several groups; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(written(folder, some_persons()), folder / "release", version="1.0.0")

    return Release.open(once("trained persons", fill) / "release")


def table(identities: str, derived: dict[str, str] | None = None, folds: str = "") -> pa.Table:
    """A row for each letter, which is its identity; `derived` gives the identity that one derives from."""
    return pa.table(
        {
            "pair_id": [f"{identity}{at}" for at, identity in enumerate(identities)],
            "identity": list(identities),
            "label": [at % 2 for at in range(len(identities))],
            "derived_from": pa.array([(derived or {}).get(identity) for identity in identities], pa.string()),
            "fold": pa.array(map(int, folds or "0" * len(identities)), pa.int8()),
        }
    )


def pairs_of(rows: pa.Table, **splits: list[int]) -> Pairs:
    return Pairs("some pairs", "", rows, {name: np.array(found) for name, found in splits.items()}, [])


class TestCrossing:
    def test_an_identity_in_two_splits_is_refused_once_whatever_its_rows(self) -> None:
        with pytest.raises(BadInputError) as caught:
            pairs_of(table("aabbbc"), train=[0, 2, 3], test=[1, 4, 5])
        assert sorted(map(str, caught.value.problems)) == [
            f"some pairs: identity {name} is in train and in test, so the same person would be trained and tested on; "
            "keep each person in one of them"
            for name in "ab"
        ]

    def test_so_is_one_that_derives_from_another(self) -> None:
        with pytest.raises(BadInputError, match="identity b, joined to a by derived_from, is in train and in test"):
            pairs_of(table("ab", {"b": "a"}), train=[0], test=[1])
        with pytest.raises(BadInputError, match="joined to"):
            pairs_of(table("ab", {"a": "x", "b": "x"}), train=[0], test=[1])

    def test_several_rows_of_one_identity_in_one_split_are_fine(self) -> None:
        assert set(pairs_of(table("aabb"), train=[0, 1], test=[2, 3]).splits) == {"train", "test"}

    def test_splits_that_are_loaded_and_share_a_person_are_refused(self, persons: Release) -> None:
        rows = load_dataset(str(persons.folder), "all", split="train")
        by_chance = rows.train_test_split(test_size=0.3, seed=0)
        with pytest.raises(BadInputError, match="the same person would be trained and tested on"):
            open_pairs(by_chance)
        assert isinstance(rows, Dataset)

    def test_identities_may_be_numbers_or_missing(self, persons: Release) -> None:
        splits = load_dataset(str(persons.folder)).remove_columns("identity")
        numbered = DatasetDict(
            {name: rows.add_column("identity", [at] * len(rows)) for at, (name, rows) in enumerate(splits.items())}
        )
        assert set(open_pairs(numbered).splits) == set(splits)
        assert set(open_pairs(splits).splits) == set(splits)


class TestScores:
    def test_the_pain_score_of_the_source_is_learned_where_nothing_is_annotated(self, tmp_path: Path) -> None:
        rows = [*person("a", 2, pspi=3.5), *person("b", 2, pspi=""), *person("c", 1, pspi=0)]
        pairs = open_pairs(build(written(tmp_path, rows), tmp_path / "release", version="1.0.0").folder, "all")
        scores = dict(zip(pairs.table["pair_id"].to_pylist(), pairs.targets(pspi=True)["pspi"].tolist(), strict=True))
        assert {key: score for key, score in scores.items() if not np.isnan(score)} == {
            "a-000": 3.5, "a-001": 3.5, "c-000": 0,
        }  # fmt: skip
        with pytest.raises(UsageError, match="has no annotations of action units"):
            pairs.targets(pspi=True, action_units=["AU4"])


class TestLeavingOut:
    def test_a_person_is_tested_on_and_nobody_of_the_others_is_lost(self, persons: Release) -> None:
        everything = open_pairs(persons.folder, "all").table
        for configuration in configurations_of(everything):
            pairs = open_pairs(persons.folder, configuration)
            shown = {
                split: set(pairs.table["identity"].take(found).to_pylist()) for split, found in pairs.splits.items()
            }
            assert shown["test"] == {configuration.removeprefix("loso_")}
            assert set().union(*shown.values()) == {f"p{number}" for number in range(8)}
            assert sum(map(len, pairs.splits.values())) == everything.num_rows

    @pytest.mark.slow
    def test_it_is_the_same_in_the_installed_release(self, persons: Release) -> None:
        install(persons.folder)
        one, other = open_pairs(persons.folder, "loso_p3"), open_pairs("synpain", "loso_p3")
        for split, found in one.splits.items():
            assert one.table["pair_id"].take(found).equals(other.table["pair_id"].take(other.splits[split]))

    def test_validation_is_the_next_fold_that_has_pairs(self) -> None:
        splits = without_one(table("aabbccdd", folds="00443311"), "loso_b")
        assert {name: found.tolist() for name, found in splits.items()} == {
            "train": [4, 5, 6, 7], "validation": [0, 1], "test": [2, 3],
        }  # fmt: skip

    def test_whoever_derives_from_the_person_is_not_trained_on(self) -> None:
        splits = without_one(table("abcdd", {"c": "b"}, folds="00012"), "loso_b")
        assert {name: found.tolist() for name, found in splits.items()} == {
            "train": [0, 4], "validation": [3], "test": [1],
        }  # fmt: skip

    def test_somebody_who_is_not_there_is_told_with_those_who_are(self, persons: Release) -> None:
        with pytest.raises(UsageError, match="no identity is nina; choose from loso_p0, loso_p1, loso_p2 and 5 more"):
            open_pairs(persons.folder, "loso_nina")

    def test_there_are_at_most_200(self) -> None:
        rows = pa.table({"pair_id": [f"p{at}" for at in range(201)], "label": [0] * 201})
        with pytest.raises(UsageError, match="2 to 200 identities, and there are 201; use the folds"):
            configurations_of(rows)


class TestReport:
    @pytest.mark.slow
    def test_rows_of_one_identity_are_clusters(self, tmp_path: Path) -> None:
        rows = made_predictions(200)
        shown = rows.append_column("identity", pa.array([f"p{at // 5}" for at in range(200)]))
        report = write_report(tmp_path, shown)
        assert report["options"]["clustered"]
        assert report == evaluate(tmp_path / "predictions.parquet", clusters="identity")

    @pytest.mark.slow
    def test_rows_of_as_many_identities_are_not(self, tmp_path: Path) -> None:
        rows = made_predictions(200)
        shown = rows.append_column("identity", rows["pair_id"])
        assert not write_report(tmp_path, shown)["options"]["clustered"]

    def test_a_column_of_groups_in_which_nothing_is_known_is_left_out(self, tmp_path: Path) -> None:
        rows = made_predictions(200).drop_columns(["ethnicity"])
        unknown = rows.append_column("ethnicity", pa.nulls(200, pa.string()))
        assert list(write_report(tmp_path, unknown)["groups"]) == ["age_group", "gender"]


@pytest.mark.slow
class TestTraining:
    def test_a_model_is_trained_and_judged_by_person(self, persons: Release, tmp_path: Path) -> None:
        result = trained(persons, tmp_path, config_name="cv_1")
        assert result.report is not None
        assert result.report["options"]["clustered"]
        card = (result.out / "README.md").read_text("utf-8")
        assert re.search(r"^\| split +\| pairs \| identities \|$", card, re.MULTILINE)
        assert "Identities have several pairs each, and no identity is in two splits." in card
        said = pq.read_table(result.out / "predictions.parquet")
        learned = json.loads((result.out / "learned.json").read_text("utf-8"))
        assert not set(learned["identity"]) & set(said["identity"].to_pylist())
        assert learned_by(str(result.out)) == Learned(
            frozenset(learned["pair_id"]), frozenset(learned["identity"]), tuple(learned["sets"])
        )

    def test_a_model_that_has_learned_a_person_is_not_judged_by_others_of_their_pairs(
        self, persons: Release, tmp_path: Path
    ) -> None:
        earlier = trained(persons, tmp_path, config_name="cv_1").out
        renamed = [{**row, "pair_id": f"new-{row['pair_id']}"} for row in some_persons()]
        again = build(written(tmp_path / "again", renamed), tmp_path / "again" / "release", version="1.0.0")
        with pytest.raises(UsageError, match="has learned pairs that would now judge it"):
            trained(again, tmp_path, "later", config_name="cv_3", model=str(earlier))

    def test_nothing_need_be_known_of_groups(self, tmp_path: Path) -> None:
        rows = [row for number in range(10) for row in person(f"p{number}", 4)]
        release = build(written(tmp_path, rows), tmp_path / "release", version="1.0.0")
        result = trained(release, tmp_path)
        assert result.report is not None
        assert result.report["groups"] == {}

    def test_each_person_is_left_out_in_turn(self, tmp_path: Path) -> None:
        rows = [row for number in range(5) for row in person(f"p{number}", 4, gender="man")]
        release = build(written(tmp_path, rows), tmp_path / "release", version="1.0.0")
        options = {**HOW, "model": tiny(tmp_path), "cache_dir": tmp_path / "faces"}
        found = cross_validate(release.folder, out=tmp_path / "out", protocol="loso", **options)
        assert [fold.config_name for fold in found.folds] == [f"loso_p{number}" for number in range(5)]
        assert [fold.out.name for fold in found.folds] == [f"person-00{number}" for number in range(5)]
        assert found.report["overall"]["n"] == 20
        assert found.report["options"]["clustered"]
        judged = pq.read_table(tmp_path / "out" / "predictions.parquet")
        assert sorted(judged["pair_id"].to_pylist()) == sorted(row["pair_id"] for row in rows)
        card = (tmp_path / "out" / "README.md").read_text("utf-8")
        assert card.startswith("# Leaving one person out")
        assert "log-odds of 5 models" in card
        assert CrossValidation.read(tmp_path / "out").to_dict() == found.to_dict()

    def test_folds_without_pairs_are_told_before_any_is_trained(self, tmp_path: Path) -> None:
        rows = [row for number in range(3) for row in person(f"p{number}", 4)]
        release = build(written(tmp_path, rows), tmp_path / "release", version="1.0.0")
        with pytest.raises(UsageError, match=r"has no split \w+ in 'cv_2'"):
            cross_validate(release.folder, out=tmp_path / "out", **HOW, model=tiny(tmp_path))
        assert not list((tmp_path / "out").glob("fold-*"))

    def test_a_release_of_an_earlier_version_is_trained_on(self, tmp_path: Path) -> None:
        new = build(write_manifest(tmp_path, manifest_rows(30)), tmp_path / "new", version="1.0.0", image_size=32)
        old = as_before(copied(new.folder, tmp_path / "old"))
        one, other = trained(new, tmp_path, "one"), trained(old, tmp_path, "other")
        assert (one.splits, one.auroc) == (other.splits, other.auroc)
        columns = pq.read_schema(other.out / "predictions.parquet").names
        assert [name for name in pq.read_schema(one.out / "predictions.parquet").names if name != "identity"] == columns


@pytest.mark.parametrize("protocol", ["cvv", "fold"])
def test_another_protocol_is_refused(persons: Release, tmp_path: Path, protocol: Any) -> None:
    with pytest.raises(UsageError, match="choose cv or loso"):
        cross_validate(persons.folder, out=tmp_path / "out", protocol=protocol)
