"""A run is known by all that makes its scores, and no person is on both sides of it, in whichever data sets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.experiments.binding import NotPossibleError, bind, check_persons
from synpain_hf.experiments.choosing import held_out
from synpain_hf.experiments.definition import Added, Condition, Faces, Share
from synpain_hf.experiments.planning import plan_runs
from synpain_hf.experiments.request import Request, seeds_of, weights_of
from synpain_hf.experiments.runs import Beside, Run
from synpain_hf.training.data.learned_from import LearnedFrom
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.options import ModelArguments
from tests.experiments.made import definition, made_pairs, only, opened, tiny

PAIRS = made_pairs()
SYNTHETIC = made_pairs(100, name="s", seed=1)
WITH_SYNTHETIC = Condition("both", add=Added("synthetic"))
OTHERS = (
    Condition("all groups"),
    Condition("old", groups={"age_group": ["old"]}),
    Condition("few old", share=Share({"age_group": ["old"]}, 0.5)),
    Condition("alone", model={"fusion": "none"}),
    Condition("neutral", faces=Faces(target="neutral")),
    Condition("cropped", model={"crop_box": [0.1, 0.1, 0.9, 0.9]}),
    WITH_SYNTHETIC,
    Condition("twice", add=Added("synthetic", weight=2)),
    Condition("old synthetic", add=Added("synthetic", {"age_group": ["old"]})),
)
"""Conditions each of which trains another model."""


def bound(condition: Condition, request: Request | None = None, turn: str = "cv_0", **changed: Any) -> Run:
    sets = opened(main=PAIRS, synthetic=SYNTHETIC)
    return bind(only(condition, turn, **changed), sets, request or Request(), "pwct")


def persons(run: Run) -> tuple[set[str], set[str]]:
    """Who is trained on, and who is judged."""
    assert run.training is not None
    learned = [run.training.pairs, *(one.pairs for one in run.training.also)]
    trained = {name for one in learned for name in ids(one, "train")}
    judged = {name for one in run.judged for split in one.splits for name in ids(one, split)}
    return trained, judged


def ids(pairs: Pairs, split: str) -> list[str]:
    found: list[str] = pairs.table["identity"].take(pairs.positions(split)).to_pylist()
    return found


class TestDigests:
    def test_the_same_pairs_by_other_words_are_the_same_run(self) -> None:
        plain = bound(Condition("all groups"))
        renamed = bound(Condition("real", groups={"age_group": ["young", "old"]}), amounts=[1])
        assert plain.digest == renamed.digest
        assert plain.training is not None
        assert renamed.training is not None
        assert plain.training.digest == renamed.training.digest

    def test_whatever_changes_the_training_is_another_run(self) -> None:
        runs = [bound(one) for one in OTHERS]
        trainings = {run.training.digest for run in runs if run.training is not None}
        assert len(trainings) == len({run.digest for run in runs}) == len(OTHERS)

    @pytest.mark.parametrize(
        "request_",
        [
            Request(options={"num_train_epochs": 3}),
            Request(augmentation=False),
            Request(ModelArguments(standardize=False)),
            Request(ModelArguments(smoothing=0.02)),
        ],
    )
    def test_another_option_is_another_run(self, request_: Request) -> None:
        assert bound(Condition("all groups")).digest != bound(Condition("all groups"), request_).digest

    def test_another_test_of_the_same_model_trains_nothing_again(self) -> None:
        plain = bound(Condition("pair"))
        swapped = bound(Condition("swapped", test_faces=Faces(reference="other")))
        assert plain.training is not None
        assert swapped.training is not None
        assert plain.training.digest == swapped.training.digest
        assert plain.digest != swapped.digest

    def test_where_the_model_is_plays_no_part(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        one, other = tiny(tmp_path / "a"), tiny(tmp_path / "b")
        assert weights_of(one.model) == weights_of(other.model)
        digests = {
            bind(only(Condition("x")), opened(main=PAIRS), Request(model), weights_of(model.model)).digest
            for model in (one, other)
        }
        assert len(digests) == 1

    @pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "pytorch_model-00001-of-00002.bin"])
    def test_other_weights_are_another_model_in_whatever_form_they_are(self, name: str, tmp_path: Path) -> None:
        found = set[str]()
        for weights in (b"one", b"other"):
            folder = tmp_path / weights.decode()
            folder.mkdir()
            (folder / "config.json").write_text("{}", encoding="utf-8")
            (folder / name).write_bytes(weights)
            found.add(weights_of(str(folder)))
        assert len(found) == 2

    def test_a_folder_without_a_model_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="a folder without a model"):
            weights_of(str(tmp_path))

    def test_a_model_on_the_hub_that_cannot_be_fetched_is_told(self) -> None:
        with pytest.raises(UsageError, match=r"is 'lab/no-such-model', of which the Hub gives no configuration"):
            weights_of("lab/no-such-model")

    def test_added_pairs_are_seen_as_the_others_are(self) -> None:
        run = bound(Condition("both, alone", add=Added("synthetic"), faces=Faces(target="neutral")))
        assert run.training is not None
        for one in (run.training.pairs, run.training.also[0].pairs):
            assert one.shown is not None
            assert (one.shown[:, 0] == one.shown[:, 1]).all()


class TestPersons:
    @pytest.mark.parametrize("turn", ["cv_0", "cv_4", "loso_p003"])
    def test_no_person_is_on_both_sides(self, turn: str) -> None:
        for condition in (Condition("all groups"), WITH_SYNTHETIC, Condition("o", groups={"gender": ["man"]})):
            trained, judged = persons(bound(condition, turn=turn))
            assert trained
            assert judged
            assert not trained & judged

    def test_a_person_in_two_folds_is_found(self) -> None:
        names = PAIRS.table["pair_id"].to_pylist()
        names[1] = names[0]  # in folds 1 and 0
        leaking = made_pairs(identity=names)
        with pytest.raises(BadInputError, match=r"identity p000 is in .* so the same person would be trained"):
            bind(only(Condition("all groups"), "cv_1"), opened(main=leaking), Request(), "pwct")

    def test_an_expression_that_was_transferred_across_folds_is_found(self) -> None:
        origins = [None] * PAIRS.table.num_rows
        leaking = made_pairs(derived_from=pa.array([*origins[:-1], "p000"], pa.string()))
        with pytest.raises(BadInputError, match="joined to p000 by derived_from"):
            bind(only(Condition("all groups"), "cv_4"), opened(main=leaking), Request(), "pwct")

    @pytest.mark.parametrize("fold", range(5))
    @pytest.mark.parametrize("faces", [100, 1], ids=["each of a face", "all of one face"])
    def test_pairs_derived_from_a_person_who_is_judged_are_left_out(self, fold: int, faces: int) -> None:
        origins = pa.array([f"p{row:03d}" for row in range(100)], pa.string())
        made_up = [f"made-up-{row % faces}" for row in range(100)]
        derived = made_pairs(100, name="s", seed=1, derived_from=origins, identity=made_up)
        run = bind(only(WITH_SYNTHETIC, f"cv_{fold}"), opened(main=PAIRS, synthetic=derived), Request(), "pwct")
        assert run.training is not None
        (beside,) = run.training.also
        kept = beside.pairs.table["derived_from"].take(beside.pairs.positions("train")).to_pylist()
        assert len(kept) == 60
        _, judged = persons(run)
        assert not set(kept) & judged

    @pytest.mark.parametrize("split", ["validation", "test"])
    @pytest.mark.parametrize("steps", [1, 2], ids=["of the person", "of one made of the person"])
    def test_pairs_derived_from_a_person_who_is_judged_are_found_if_they_were_not_left_out(
        self, split: str, steps: int
    ) -> None:
        scenario, sets = only(WITH_SYNTHETIC), opened(main=PAIRS, synthetic=SYNTHETIC)
        whole = replace(PAIRS, splits=held_out(PAIRS, scenario.turn))
        judged = str(PAIRS.table["identity"][int(whole.positions(split)[0])])
        origins = pa.array([judged, *["s000"] * (steps - 1)], pa.string())
        planted = made_pairs(steps, name="s", seed=1, label=[0] * steps, derived_from=origins)
        last = replace(planted, splits={"train": np.array([steps - 1])})
        with pytest.raises(BadInputError, match=f"would learn from persons whom it is judged on: {judged}"):
            check_persons(sets, scenario, whole, [Beside(last, 1)], whole)
        check_persons(sets, scenario, whole, [Beside(replace(last, splits={"train": np.array([], int)}), 1)], whole)

    @pytest.mark.parametrize("fold", range(5))
    def test_a_driver_whose_name_an_added_identity_has_too_is_left_out(self, fold: int) -> None:
        names = [f"p{row:03d}" for row in range(100)]  # made-up faces that are called like persons of the other set
        derived = made_pairs(
            100, name="s", seed=1, identity=names, derived_from=pa.array([*names[5:], *names[:5]], pa.string())
        )
        run = bind(only(WITH_SYNTHETIC, f"cv_{fold}"), opened(main=PAIRS, synthetic=derived), Request(), "pwct")
        assert run.training is not None
        (beside,) = run.training.also
        kept = beside.pairs.table["derived_from"].take(beside.pairs.positions("train")).to_pylist()
        _, judged = persons(run)
        assert len(kept) == 60
        assert not set(kept) & judged

    def test_of_drivers_who_are_trained_on_alone_nobody_else_is_learned(self) -> None:
        origins = pa.array([f"p{row:03d}" for row in range(100)], pa.string())
        derived = made_pairs(100, name="s", seed=1, derived_from=origins)
        condition = Condition("few", add=Added("synthetic", drivers="trained"))
        for amount, most in ((0.1, 20), (0.5, 80), (1, 120)):
            run = bind(only(condition, amounts=[amount]), opened(main=PAIRS, synthetic=derived), Request(), "pwct")
            assert run.training is not None
            (beside,) = run.training.also
            kept = beside.pairs.table["derived_from"].take(beside.pairs.positions("train")).to_pylist()
            assert 0 < len(kept) <= most
            assert set(kept) == set(ids(run.training.pairs, "train")) & {f"p{row:03d}" for row in range(100)}

    def test_pairs_with_expressions_of_their_own_are_added_whoever_is_trained_on(self) -> None:
        own = bound(Condition("few", add=Added("synthetic", drivers="trained")), amounts=[0.1])
        plain = bound(WITH_SYNTHETIC, amounts=[0.1])
        assert own.digest == plain.digest

    def test_nothing_is_added_where_nobody_who_is_trained_on_drives(self) -> None:
        derived = made_pairs(20, name="s", seed=1, derived_from=pa.array(["p000"] * 20, pa.string()))
        condition = Condition("few", add=Added("synthetic", drivers="trained"))
        with pytest.raises(
            NotPossibleError, match=r"every pair of .* has the expression of somebody who is not trained"
        ):
            bind(only(condition, "cv_0"), opened(main=PAIRS, synthetic=derived), Request(), "pwct")

    @pytest.mark.parametrize("turn", ["cv_1", "cv_2", "cv_4", "loso_p002"])
    def test_weights_that_have_learned_from_who_is_judged_drew_nothing_that_is_added(self, turn: str) -> None:
        drawn = replace(SYNTHETIC, learned_from=LearnedFrom(PAIRS.content, 0))
        told = r"s, version 1\.0\.0: was drawn by weights that have learned from .* that choose or test the model; give"
        with pytest.raises(BadInputError, match=told):
            bind(only(WITH_SYNTHETIC, turn), opened(main=PAIRS, synthetic=drawn), Request(), "pwct")

    def test_weights_of_another_set_or_of_the_same_fold_may_draw_what_is_added(self) -> None:
        plain = bound(WITH_SYNTHETIC, turn="cv_3").digest
        for learned in (LearnedFrom("another", None), LearnedFrom(PAIRS.content, 3)):
            drawn = replace(SYNTHETIC, learned_from=learned)
            run = bind(only(WITH_SYNTHETIC, "cv_3"), opened(main=PAIRS, synthetic=drawn), Request(), "pwct")
            assert run.digest == plain
        drawn = replace(SYNTHETIC, learned_from=LearnedFrom(PAIRS.content, None))
        with pytest.raises(BadInputError, match="learned from 80 pairs of"):  # those of folds 3 and 4
            bind(only(WITH_SYNTHETIC, "cv_3"), opened(main=PAIRS, synthetic=drawn), Request(), "pwct")

    def test_weights_that_have_learned_from_another_set_that_is_judged_are_found_too(self) -> None:
        drawn = replace(made_pairs(40, name="d", seed=2), learned_from=LearnedFrom(SYNTHETIC.content, 0))
        condition = Condition("elsewhere", test="synthetic", add=Added("drawn"))
        with pytest.raises(BadInputError, match=f"learned from .* of {SYNTHETIC.title} that choose or test"):
            bind(only(condition, "cv_2"), opened(main=PAIRS, synthetic=SYNTHETIC, drawn=drawn), Request(), "pwct")

    def test_with_few_real_persons_weights_have_learned_from_no_more_of_them(self) -> None:
        drawn = replace(SYNTHETIC, learned_from=LearnedFrom(PAIRS.content, 0))
        sets = opened(main=PAIRS, synthetic=drawn)
        condition = Condition("few", add=Added("synthetic", drivers="trained"))
        bind(only(condition, amounts=[1]), sets, Request(), "pwct")
        with pytest.raises(BadInputError, match=r"learned from 108 pairs of .* that are not trained on; give"):
            bind(only(condition, amounts=[0.1]), sets, Request(), "pwct")

    def test_no_pair_is_added_where_all_are_derived_from_persons_who_are_judged(self) -> None:
        derived = made_pairs(20, name="s", seed=1, derived_from=pa.array(["p000"] * 20, pa.string()))
        with pytest.raises(NotPossibleError, match=r"every pair of .* shows a person that chooses or tests the model"):
            bind(only(WITH_SYNTHETIC), opened(main=PAIRS, synthetic=derived), Request(), "pwct")

    def test_no_pair_is_added_where_there_is_none_of_the_group(self) -> None:
        young = made_pairs(20, name="s", seed=1, age_group=[0] * 20)
        condition = Condition("both", add=Added("synthetic", {"age_group": ["old"]}))
        with pytest.raises(NotPossibleError, match=r"Pairs of s, version 1\.0\.0 has no such pairs to add"):
            bind(only(condition), opened(main=PAIRS, synthetic=young), Request(), "pwct")

    def test_one_name_in_two_sets_is_two_persons(self) -> None:
        alike = made_pairs(200, seed=5, content="another set")
        run = bind(only(WITH_SYNTHETIC), opened(main=PAIRS, synthetic=alike), Request(), "pwct")
        assert run.training is not None
        assert run.training.drawn == 120 + 200

    @pytest.mark.parametrize(("row", "turn"), [(1, "cv_1"), (4, "cv_4")], ids=["to train", "to choose the model"])
    def test_the_same_picture_in_the_test_of_another_set_is_found(self, row: int, turn: str) -> None:
        sets = opened(main=_photographed(PAIRS, 0), other=_photographed(made_pairs(name="o", seed=2), row))
        condition = Condition("crossed", test="other")
        bind(only(condition, "cv_0"), sets, Request(), "pwct")
        with pytest.raises(BadInputError, match=f"would learn from persons whom it is judged on: o00{row}"):
            bind(only(condition, turn), sets, Request(), "pwct")

    def test_faces_drawn_with_one_seed_show_the_same_persons(self) -> None:
        fair = replace(opened(fair=PAIRS)["fair"], drawn_with=20)
        other = made_pairs(content="biased", fold=pa.array((np.arange(200) + 1) % 5, pa.int8()))
        biased = replace(opened(biased=other)["biased"], drawn_with=20)
        condition = Condition("biased", data="biased", test="fair")
        with pytest.raises(BadInputError, match="would learn from persons whom it is judged on"):
            bind(only(condition), {"fair": fair, "biased": biased}, Request(), "pwct")
        aligned = replace(opened(biased=made_pairs(content="biased"))["biased"], drawn_with=20)
        run = bind(only(condition), {"fair": fair, "biased": aligned}, Request(), "pwct")
        assert [list(one.splits) for one in run.judged] == [["validation"], ["test"]]


def _photographed(pairs: Pairs, row: int) -> Pairs:
    """The same pairs, each of pictures of its own, but for a row whose picture another set may have."""
    faces = [f"{pairs.content}-{number}" for number in range(pairs.table.num_rows)]
    faces[row] = "the same"
    return replace(pairs, pictures=pa.table({"neutral": faces, "expressive": faces}))


class TestPlans:
    def test_what_pairs_do_not_allow_is_left_out_and_told(self) -> None:
        one_sided = made_pairs(label=[0, 1] * 100, gender=[0, 1] * 100)
        mine = definition(Condition("all groups"), Condition("one group", each=["gender"]))
        plan = plan_runs(
            mine,
            opened(main=one_sided),
            [1],
            Request(),
        )
        assert len(plan.runs) == 5  # women are all in pain, men never
        assert len(plan.left_out) == 10
        assert plan.told().startswith(
            "10 runs are left out, for lack of pairs: one group, trained on man, fold 0, seed"
        )
        assert "(train has only no_pain pairs)" in plan.told()

    def test_pairs_that_allow_nothing_are_refused(self) -> None:
        unlabelled = made_pairs(label=[1] * 200)
        with pytest.raises(UsageError, match=r"no run of mine is possible with these pairs: .* give a larger data set"):
            plan_runs(definition(), opened(main=unlabelled), [1], Request())

    def test_what_is_the_same_is_done_once(self) -> None:
        mine = definition(
            Condition("pair"), Condition("again"), Condition("swapped", test_faces=Faces(reference="other"))
        )
        plan = plan_runs(mine, opened(main=PAIRS), [1], Request())
        assert len(plan.runs) == 15
        assert [len(task.runs) for task in plan.tasks()] == [2] * 5

    def test_a_person_who_is_tested_alone_has_nobody_elses_reference(self) -> None:
        few = made_pairs(identity=[f"person-{row % 5}" for row in range(200)])
        mine = definition(Condition("pair"), Condition("swapped", faces=Faces(reference="other")), turns="persons")
        plan = plan_runs(mine, opened(main=few), [1], Request())
        assert {run.scenario.condition for run in plan.runs} == {"pair"}
        assert "shows one person only" in plan.told()

    def test_a_fold_without_pairs_is_left_out(self) -> None:
        four = made_pairs(fold=pa.array(np.arange(200) % 4, pa.int8()))
        plan = plan_runs(definition(), opened(main=four), [1], Request())
        assert [run.scenario.turn for run in plan.runs] == ["cv_0", "cv_1", "cv_2"]
        assert plan.told() == (
            "2 runs are left out, for lack of pairs: all groups, fold 3, seed 1 (validation has no pairs), all groups, "
            "fold 4, seed 1 (test has no pairs)"
        )

    def test_too_many_persons_cannot_be_held_out_in_turn(self) -> None:
        with pytest.raises(UsageError, match="there are 200, more than 128; write `turns: folds`"):
            plan_runs(definition(turns="persons"), opened(main=PAIRS), [1], Request())


class TestRequests:
    @pytest.mark.parametrize("text", ["", "1,1", "x", "1,-2", "4294967296"])
    def test_what_are_no_seeds_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError, match="give whole numbers, each once, with commas between"):
            seeds_of(text)

    def test_a_seed_among_the_options_is_refused(self) -> None:
        with pytest.raises(UsageError, match="seed is given, but an experiment has several; give seeds"):
            Request(options={"seed": 1})

    def test_a_slip_in_an_option_is_recognised(self) -> None:
        with pytest.raises(UsageError, match=r"warmup_step is not a setting of a training \(did you mean"):
            Request(options={"warmup_step": 1})
