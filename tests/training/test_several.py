"""Data sets beside the first: nobody is trained and judged on across them, and each is drawn as often as it weighs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.release.build import build
from synpain_hf.release.install import install
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from synpain_hf.training.data.collation import PairDataset
from synpain_hf.training.data.learned_from import LearnedFrom
from synpain_hf.training.data.listed import read_sets
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.data.several import JoinedSet, TrainingSet, join
from synpain_hf.training.data.together import TogetherDataset, WeightedSampler
from synpain_hf.training.request import open_also
from tests.release.persons import person, written

Splits = dict[str, list[int]]


def made(
    name: str,
    identities: str,
    splits: Splits,
    derived: dict[str, str] | None = None,
    pictures: Mapping[str, Sequence[str | None]] | None = None,
) -> Pairs:
    """A set with a pair for each letter, which is its identity."""
    table = pa.table(
        {
            "pair_id": [f"{identity}{at}" for at, identity in enumerate(identities)],
            "identity": list(identities),
            "label": [at % 2 for at in range(len(identities))],
            "derived_from": pa.array([(derived or {}).get(identity) for identity in identities], pa.string()),
        }
    )
    places = {split: np.array(found, np.int64) for split, found in splits.items()}
    return Pairs(name, name, table, places, [], None, None if pictures is None else pa.table(pictures))


FIRST = made("first", "abcd", {"train": [0, 1], "validation": [2], "test": [3]})


def joined_to(first: Pairs, *others: Pairs) -> list[JoinedSet]:
    return join(first, [(one, TrainingSet(one.title)) for one in others])


def trained_on(one: JoinedSet) -> list[int]:
    return [int(position) for position in one.pairs.splits["train"]]


class TestPersons:
    @pytest.mark.parametrize("place", [0, 1], ids=["the first set", "the test of another"])
    def test_faces_that_were_drawn_by_who_has_learned_from_what_judges_are_refused(self, place: int) -> None:
        sets = [FIRST, made("second", "wx", {"train": [0], "test": [1]}), made("third", "vy", {"train": [0, 1]})]
        joined_to(*sets)
        sets[2] = replace(sets[2], learned_from=LearnedFrom(sets[place].content, None))
        told = f"third: was drawn by weights that have learned from .* of {sets[place].title} that choose or test"
        with pytest.raises(BadInputError, match=told):
            joined_to(*sets)

    def test_one_name_in_two_sets_is_two_persons(self) -> None:
        (one,) = joined_to(FIRST, made("second", "abcd", {"train": [0, 1, 2, 3]}))
        assert trained_on(one) == [0, 1, 2, 3]
        assert one.told() == ""

    @pytest.mark.parametrize("judged", ["c", "d"])
    def test_whoever_derives_from_a_person_that_judges_is_left_out(self, judged: str) -> None:
        second = made("second", "wxyx", {"train": [0, 1, 2, 3]}, {"x": judged, "y": "a"})
        (one,) = joined_to(FIRST, second)
        assert trained_on(one) == [0, 2]
        assert one.left_out == {"train": 2, "test": 0}
        assert one.told() == "pairs of second are left out: 2 of train show persons that choose or test the model"

    def test_so_is_whoever_a_person_that_judges_derives_from(self) -> None:
        first = made("first", "abcd", {"train": [0, 1], "validation": [2], "test": [3]}, {"d": "w"})
        (one,) = joined_to(first, made("second", "wx", {"train": [0, 1]}))
        assert trained_on(one) == [1]

    def test_an_origin_may_be_of_every_set_that_has_its_name(self) -> None:
        second = made("second", "dx", {"train": [0, 1]}, {"x": "d"})
        (one,) = joined_to(FIRST, second)
        assert trained_on(one) == [0]  # x may have the expression of the d who tests the model

    def test_two_that_derive_from_somebody_who_is_in_neither_set_are_one_person(self) -> None:
        first = made("first", "abcd", {"train": [0, 1], "validation": [2], "test": [3]}, {"d": "z"})
        (one,) = joined_to(first, made("second", "xy", {"train": [0, 1]}, {"x": "z"}))
        assert trained_on(one) == [1]

    def test_persons_are_linked_through_a_third_set(self) -> None:
        second = made("second", "wx", {"train": [0, 1]}, {"w": "d"})
        third = made("third", "vy", {"train": [0, 1]}, {"v": "w"})
        assert [trained_on(one) for one in joined_to(FIRST, second, third)] == [[1], [1]]

    def test_a_face_that_many_persons_drive_is_left_out_for_those_who_judge_alone(self) -> None:
        second = made("second", "wxyz", {"train": [0, 1, 2, 3]}, {"w": "a", "x": "b", "y": "c", "z": "d"})
        names = second.table.set_column(1, "identity", pa.array(["made-up"] * 4))
        (one,) = joined_to(FIRST, replace(second, table=names))
        assert trained_on(one) == [0, 1]  # the persons c and d choose and test the model

    def test_whoever_is_shown_by_one_picture_is_one_person(self) -> None:
        first = made(
            "first", "abcd", {"train": [0, 1], "validation": [2], "test": [3]}, None,
            {"neutral": ["na", "nb", "nc", "nd"], "expressive": ["ea", "eb", "ec", "ed"]},
        )  # fmt: skip
        second = made(
            "second", "wxyy", {"train": [0, 1, 2, 3]}, None,
            {"neutral": ["nd", None, "ny", "ny"], "expressive": ["ew", "ex", None, "ec"]},
        )  # fmt: skip
        (one,) = joined_to(first, second)
        assert trained_on(one) == [1]

    def test_whoever_derives_from_a_person_of_another_name_in_another_set_is_left_out(self) -> None:
        faces = {"neutral": ["na", "nb", "nc", "nd"], "expressive": ["ea", "eb", "ec", "ed"]}
        first = made("first", "abcd", {"train": [0, 1], "validation": [2], "test": [3]}, None, faces)
        second = made(
            "second", "wxy", {"train": [0, 1, 2]}, {"x": "w"},
            {"neutral": ["nd", "nx", "ny"], "expressive": ["ew", "ex", "ey"]},
        )  # fmt: skip
        (one,) = joined_to(first, second)  # w is d, by their neutral picture
        assert trained_on(one) == [2]

    def test_a_pair_that_an_earlier_set_has_is_trained_on_once(self) -> None:
        faces = {"neutral": ["na", "nb", "nc", "nd"], "expressive": ["ea", "eb", "ec", "ed"]}
        first = made("first", "abcd", {"train": [0, 1], "validation": [2], "test": [3]}, None, faces)
        second = made(
            "second", "wx", {"train": [0, 1]}, None, {"neutral": ["na", "nx"], "expressive": ["ea", "ex"]}
        )  # fmt: skip
        third = made("third", "vu", {"train": [0, 1]}, None, {"neutral": ["nx", "nu"], "expressive": ["ex", "eu"]})
        two, three = joined_to(first, second, third)
        assert (trained_on(two), two.twice, trained_on(three), three.twice) == ([1], 1, [1], 1)
        assert two.told() == "pairs of second are left out: 1 of train are in an earlier set, too"

    def test_whoever_is_trained_on_in_any_set_is_not_judged_apart(self) -> None:
        second = made("second", "wxyz", {"train": [0], "test": [1, 2, 3]}, {"x": "a"})
        third = made("third", "vu", {"train": [0, 1]}, {"v": "y"})
        two, three = joined_to(FIRST, second, third)
        assert two.pairs.splits["test"].tolist() == [3]
        assert two.told() == "pairs of second are left out: 2 of test show persons that are trained on"
        assert set(three.pairs.splits) == {"train"}

    def test_a_test_split_of_nobody_is_none(self) -> None:
        (one,) = joined_to(FIRST, made("second", "wx", {"train": [0], "test": [1]}, {"x": "a"}))
        assert (set(one.pairs.splits), one.left_out["test"]) == ({"train"}, 1)

    def test_a_set_of_which_nothing_is_left_is_refused(self) -> None:
        with pytest.raises(UsageError, match="every pair of second that would be trained on shows a person"):
            joined_to(FIRST, made("second", "wx", {"train": [0, 1], "test": []}, {"w": "d", "x": "c"}))

    def test_a_set_that_is_given_twice_is_refused(self) -> None:
        with pytest.raises(UsageError, match="the pairs of first are given twice; give each data set once"):
            joined_to(FIRST, FIRST)

    @given(st.data())
    def test_nobody_is_ever_on_two_sides(self, data: st.DataObject) -> None:
        """Persons are told here by walking along the links, from anybody who judges."""
        names = "abcdefgh"
        origins = data.draw(st.dictionaries(st.sampled_from("ABCDEFGH"), st.sampled_from(names)))
        first = made("first", names, {"train": [0, 1, 2], "validation": [3], "test": [4, 5]})
        of_train, of_test = ({origins.get(name, name) for name in found} for found in ("ABCDE", "FGH"))
        assume(of_train.isdisjoint(of_test))
        second = made("second", "ABCDEFGH", {"train": [0, 1, 2, 3, 4], "test": [5, 6, 7]}, origins)
        try:
            (one,) = joined_to(first, second)
        except UsageError:
            assert all(origins.get(name) in set("def") for name in "ABCDE")
            return
        trained = {"ABCDEFGH"[at] for at in trained_on(one)}
        assert trained == {name for name in "ABCDE" if origins.get(name) not in set("def")}
        shown = {origins[name] for name in trained if name in origins} | set("abc")
        tested = {"ABCDEFGH"[at] for at in one.pairs.splits.get("test", [])}
        assert tested == {name for name in "FGH" if origins.get(name) not in shown}


class TestReleases:
    @pytest.mark.slow
    def test_a_demo_set_that_is_built_again_has_nothing_to_add(self, faces: Release, tmp_path: Path) -> None:
        again = build(DemoSource(20, 0, ()), tmp_path / "again", version="2.0.0", image_size=32, seed=5)
        assert again.manifest["content"] != faces.manifest["content"]
        with pytest.raises(UsageError, match=r"every pair of Demo faces, drawn, not SynPAIN, version 2\.0\.0 that"):
            open_also(open_pairs(faces.folder), [TrainingSet(again.folder, "all")])

    def test_persons_are_known_by_their_pictures_under_other_names(self, tmp_path: Path) -> None:
        known, new = ([row for at in found for row in person(f"p{at}", 3)] for found in (range(10), range(10, 14)))
        renamed = [{**row, "identity": f"z-{row['identity']}", "pair_id": f"z-{row['pair_id']}"} for row in known]
        one = build(written(tmp_path / "a", known), tmp_path / "one", version="1.0.0")
        two = build(written(tmp_path / "b", [*renamed, *new]), tmp_path / "two", version="1.0.0", image_size=32)
        first = open_pairs(one.folder)
        (joined,) = open_also(first, [TrainingSet(two.folder, "all")])
        sizes = {split: len(found) for split, found in first.splits.items()}
        shown = joined.pairs.table["identity"].take(joined.pairs.splits["train"]).to_pylist()
        assert set(shown) == {f"p{at}" for at in range(10, 14)}
        assert joined.left_out["train"] == sizes["validation"] + sizes["test"]
        assert joined.twice == sizes["train"]

    @pytest.mark.slow
    def test_the_installed_copy_of_a_release_is_the_same_release(self, faces: Release) -> None:
        install(faces.folder)
        with pytest.raises(UsageError, match="give each data set once"):
            open_also(open_pairs(faces.folder), [TrainingSet("synpain")])

    def test_a_set_without_a_train_split_is_told(self, faces: Release, tmp_path: Path) -> None:
        build(DemoSource(2, 9, ()), tmp_path / "two", version="1.0.0", image_size=32)
        with pytest.raises(UsageError, match="has no split train in 'default'"):
            open_also(open_pairs(faces.folder), [TrainingSet(tmp_path / "two")])


def items_of(sampler: WeightedSampler) -> list[int]:
    """The items of an epoch, where each has its own neutral face."""
    return [item for item in sampler if isinstance(item, int)]


class TestWeights:
    @given(
        st.lists(st.sampled_from([0.2, 0.5, 1.0, 1.75, 2.0, 3.3]), min_size=1, max_size=40),
        st.integers(0, 2**32),
        st.integers(0, 50),
    )
    def test_an_epoch_draws_each_item_as_often_as_its_weight_says(
        self, weights: list[float], seed: int, epoch: int
    ) -> None:
        sampler = WeightedSampler(weights, seed)
        sampler.set_epoch(epoch)
        drawn = Counter(items_of(sampler))
        assert sampler.__len__() == drawn.total()
        for weight in set(weights):
            items = [item for item, own in enumerate(weights) if own == weight]
            assert sum(drawn[item] for item in items) == round(weight * len(items))
            assert max(drawn[item] for item in items) - min(drawn[item] for item in items) <= 1

    def test_what_is_drawn_once_more_differs_by_epoch_and_evens_out(self) -> None:
        sampler = WeightedSampler([1.0] * 20 + [0.25] * 40, seed=3)
        drawn: Counter[int] = Counter()
        for epoch in range(400):
            sampler.set_epoch(epoch)
            drawn.update(items_of(sampler))
        assert [drawn[item] for item in range(20)] == [400] * 20
        # Binomial(400, 1/4): mean 100, standard deviation 8.7
        assert all(abs(drawn[item] - 100) < 5 * 8.7 for item in range(20, 60))
        assert np.std([drawn[item] for item in range(20, 60)]) > 3

    def test_seed_and_epoch_alone_give_the_order(self) -> None:
        def order(seed: int, epoch: int) -> list[int]:
            sampler = WeightedSampler([1.0] * 30 + [0.5] * 30, seed)
            sampler.set_epoch(epoch)
            return items_of(sampler)

        assert order(1, 2) == order(1, 2)
        assert len({tuple(order(*place)) for place in ((1, 2), (1, 3), (2, 2))}) == 3

    @pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf"), 1001])
    def test_a_weight_that_cannot_be_is_refused(self, weight: float) -> None:
        with pytest.raises(UsageError, match="the weight of a data set is"):
            TrainingSet("lab/faces", weight=weight)


@pytest.mark.slow
def test_a_batch_has_the_faces_of_each_set_in_the_order_that_was_asked(
    faces: Release, processor: PairwisePainImageProcessor, tmp_path: Path
) -> None:
    build(DemoSource(15, 7, ()), tmp_path / "other", version="1.0.0", image_size=48)
    sets = [open_pairs(faces.folder), open_pairs(tmp_path / "other")]
    parts = [
        PairDataset(
            prepare(pairs, processor, cache_dir=tmp_path / "cache"), "train", action_units=["AU4"], where_known=True
        )
        for pairs in sets
    ]
    together = TogetherDataset(parts, [1.0, 2.0])
    start = len(parts[0])
    assert len(together) == start + len(parts[1])
    asked = [start + 2, 0, start, 5, 3, start + 2]
    batch = together.__getitems__(asked)
    for at, index in enumerate(asked):
        own = parts[0][index] if index < start else parts[1][index - start]
        one = together[index]
        for name, values in own.items():
            torch.testing.assert_close(batch[name][at], values, equal_nan=True)
            torch.testing.assert_close(one[name], values, equal_nan=True)
    assert together.rows["pair_id"].to_pylist() == [
        pair_id for part in parts for pair_id in part.rows["pair_id"].to_pylist()
    ]
    assert together.weights.tolist() == [1.0] * start + [2.0] * len(parts[1])


class TestLists:
    def test_words_are_data_sets_and_files_that_list_some(self, tmp_path: Path) -> None:
        file = tmp_path / "sets.yaml"
        file.write_text(
            "sets:\n  - dataset: lab/faces\n    revision: v1.0.0\n    weight: 2\n"
            "  - {dataset: gesichter-ä, config_name: all}\n",
            encoding="utf-8",
        )
        assert read_sets(["a-release", str(file)]) == [
            TrainingSet("a-release"),
            TrainingSet("lab/faces", revision="v1.0.0", weight=2),
            TrainingSet("gesichter-ä", "all"),
        ]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "lists no data sets; begin with `sets:`, and name one a line"),
            ("- a\n", "lists no data sets"),
            ("sets: []\n", "sets"),
            ("sets:\n  - dataset: a\n    wieght: 2\n", "wieght"),
            ("sets:\n  - weight: 2\n", "dataset missing; fill in"),
            ("sets:\n  - {dataset: a, weight: -1}\n", "sets.0.weight"),
            ("sets:\n  - {dataset: a, weight: .nan}\n", "sets.yaml: the weight of a data set is nan; give a number"),
            ("sets:\n  - {dataset: a, weight: .inf}\n", "sets.0.weight"),
            ("sets: [a, *b]\n", r"sets.yaml, line 1: is not a YAML list of data sets \(has an alias"),
            ("sets: [\n", "is not a YAML list of data sets"),
            ("sets: 2020-13-45\n", "is not a YAML list of data sets|sets"),
            ("\x00", "is not a YAML list of data sets"),
        ],
    )
    def test_what_is_no_list_of_data_sets_is_told(self, tmp_path: Path, text: str, told: str) -> None:
        file = tmp_path / "sets.yaml"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadInputError, match=told):
            read_sets([str(file)])

    def test_a_file_that_is_not_there_or_is_too_large_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"none\.yaml cannot be read \(No such file"):
            read_sets([str(tmp_path / "none.yaml")])
        large = tmp_path / "large.yml"
        large.write_bytes(b"#" * 2**18)
        with pytest.raises(UsageError, match="is larger than 128 kB"):
            read_sets([str(large)])

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, tmp_path_factory: Any, data: bytes) -> None:
        file = tmp_path_factory.mktemp("listed") / "sets.yaml"
        file.write_bytes(data)
        with pytest.raises((BadInputError, UsageError)):
            read_sets([str(file)])
