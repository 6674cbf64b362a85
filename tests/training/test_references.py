"""Where a person has several neutral faces, a pair is compared with any of them: drawn in training, all in a test."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from synpain_hf.cli import app
from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.training.data.collation import Drawn, EachReference, ModelInputs, PairDataset
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import identities_in
from synpain_hf.training.data.preparation import PreparedPairs, prepare
from synpain_hf.training.data.references import MOST_REFERENCES, neutral_faces
from synpain_hf.training.data.together import TogetherDataset, WeightedSampler
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.trainer import PairwiseTrainer, pain_scores
from tests.release.persons import Row, person, written
from tests.sharing import Once
from tests.training.small import arguments, configuration, same, stopping_at, tiny, trained, weights

NEUTRAL = "reference_pixel_values"


def with_neutrals(name: str, pairs: int, neutrals: int) -> list[Row]:
    """The lines of a person, whose neutral faces take turns."""
    return [{**row, "neutral": f"faces/{name}-n{at % neutrals}.png"} for at, row in enumerate(person(name, pairs))]


@pytest.fixture(scope="session")
def several(once: Once) -> Release:
    """Ten persons with one to three neutral faces; read-only by agreement."""

    def fill(folder: Path) -> None:
        rows = [row for at in range(10) for row in with_neutrals(f"r{at}", 4, 1 + at % 3)]
        build(written(folder, rows), folder / "release", version="1.0.0")

    return Release.open(once("several neutrals", fill) / "release")


@pytest.fixture
def prepared(several: Release, processor: PairwisePainImageProcessor, tmp_path: Path) -> PreparedPairs:
    return prepare(open_pairs(several.folder), processor, cache_dir=tmp_path / "prepared")


def neutrals_of(dataset: PairDataset) -> dict[str, set[bytes]]:
    """The neutral faces of each person, as its own pairs have them."""
    found: dict[str, set[bytes]] = {}
    for item, identity in enumerate(identities_in(dataset.rows)):
        found.setdefault(identity, set()).add(dataset[item][NEUTRAL].numpy().tobytes())
    return found


def test_a_pair_meets_every_neutral_face_of_its_person_and_of_nobody_else(prepared: PreparedPairs) -> None:
    dataset = PairDataset(prepared, "train", references="any")
    known, identities = neutrals_of(dataset), identities_in(dataset.rows)
    assert {len(found) for found in known.values()} == {1, 2, 3}
    sampler = WeightedSampler(np.ones(len(dataset)), 0, "any")
    met: dict[int, Counter[bytes]] = {}
    for epoch in range(90):
        sampler.set_epoch(epoch)
        drawn = [one for one in sampler if isinstance(one, Drawn)]
        batch = dataset.__getitems__(drawn)
        for one, face in zip(drawn, batch[NEUTRAL], strict=True):
            met.setdefault(one.item, Counter())[face.numpy().tobytes()] += 1
    for item, identity in enumerate(identities):
        assert set(met[item]) == known[identity]
        # Of 90, with 3 faces: mean 30, standard deviation 4.5
        expected = 90 / len(known[identity])
        assert all(abs(times - expected) < 5 * 4.8 for times in met[item].values())


def test_the_face_to_judge_and_the_label_stay(prepared: PreparedPairs) -> None:
    dataset = PairDataset(prepared, "train", references="any")
    items = [Drawn(item, 5) for item in range(len(dataset))]
    plain, other = dataset.__getitems__(range(len(dataset))), dataset.__getitems__(items)
    assert torch.equal(plain["pixel_values"], other["pixel_values"])
    assert torch.equal(plain["labels"], other["labels"])
    assert not torch.equal(plain[NEUTRAL], other[NEUTRAL])


def test_they_are_drawn_alike_beside_another_set(prepared: PreparedPairs) -> None:
    part = PairDataset(prepared, "train", references="any")
    other = PairDataset(prepared, "test", references="any")
    together = TogetherDataset([other, part], [1.0, 1.0])
    asked = [Drawn(len(other) + 3, 7), Drawn(0, 1), Drawn(len(other), 2)]
    batch = together.__getitems__(asked)
    for at, own in enumerate([part[Drawn(3, 7)], other[Drawn(0, 1)], part[Drawn(0, 2)]]):
        assert torch.equal(batch[NEUTRAL][at], own[NEUTRAL])


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.data())
def test_each_distinct_neutral_face_is_found_once(pictures: list[int], data: st.DataObject) -> None:
    identities = data.draw(st.lists(st.sampled_from("ab"), min_size=len(pictures), max_size=len(pictures)))
    faces = np.zeros((len(pictures), 2, 1, 2, 2), np.uint8)
    faces[:, 0] = np.array(pictures, np.uint8).reshape(-1, 1, 1, 1)
    found = neutral_faces(faces, np.arange(len(pictures)), identities)
    for own, identity in zip(found, identities, strict=True):
        shown = [pictures[at] for at in own.tolist()]
        assert sorted(shown) == sorted(
            {face for face, whose in zip(pictures, identities, strict=True) if whose == identity}
        )


def test_of_very_many_neutral_faces_some_are_taken_from_all_over() -> None:
    faces = np.arange(200, dtype=np.uint8).reshape(-1, 1, 1, 1, 1).repeat(2, axis=1)
    (found, *_) = neutral_faces(faces, np.arange(200), ["a"] * 200)
    assert len(found) == MOST_REFERENCES
    assert (found[0], found[-1], len(set(found.tolist()))) == (0, 199, MOST_REFERENCES)


@pytest.mark.slow
def test_a_score_is_the_mean_over_all_neutral_faces(several: Release, tmp_path: Path) -> None:
    result = trained(several, tmp_path, config_name="cv_1", references="any", num_train_epochs=1)
    model = PairwisePainForImageClassification.from_pretrained(result.out).eval()
    processor = PairwisePainImageProcessor.from_pretrained(result.out)
    dataset = PairDataset(
        prepare(open_pairs(several.folder, "cv_1"), processor, cache_dir=tmp_path / "faces"), "test", references="any"
    )
    to_model = ModelInputs(processor)
    expected = []
    for item in range(len(dataset)):
        number = len(neutrals_of(dataset)[identities_in(dataset.rows)[item]])
        batch = to_model(dataset.__getitems__([Drawn(item, at) for at in range(number)]))
        with torch.no_grad():
            expected.append(pain_scores(model(**batch).logits.numpy()).mean())
    said = pq.read_table(result.out / "predictions.parquet")
    assert said["pair_id"].equals(dataset.rows["pair_id"])
    np.testing.assert_allclose(said["score"].to_numpy(), expected, rtol=1e-4, atol=1e-5)
    assert len(EachReference(dataset)) > len(dataset)
    assert "means over all of them" in (result.out / "README.md").read_text("utf-8")


def test_a_training_learns_from_any_of_them(several: Release, tmp_path: Path) -> None:
    torch.manual_seed(0)
    pairs = open_pairs(several.folder)
    network, processor = build_model(tiny(tmp_path), pairs)
    train = PairDataset(prepare(pairs, processor, cache_dir=tmp_path / "faces"), "train", references="any")
    own = {item["pixel_values"].numpy().tobytes(): item[NEUTRAL] for item in map(train.__getitem__, range(len(train)))}
    how = arguments(tmp_path / "model", eval_strategy="no")
    loader = PairwiseTrainer(network, how, train, None, processor).get_train_dataloader()
    alike = [
        torch.equal(neutral, own[face.numpy().tobytes()])
        for batch in loader
        for face, neutral in zip(batch["pixel_values"], batch[NEUTRAL], strict=True)
    ]
    assert len(alike) == len(train)
    assert 0 < sum(alike) < len(train)


@pytest.mark.slow
def test_persons_with_one_neutral_face_are_judged_as_before(faces: Release, tmp_path: Path) -> None:
    how = {"num_train_epochs": 1, "eval_strategy": "no"}
    own, any_ = (trained(faces, tmp_path, name, references=name, **how) for name in ("own", "any"))
    assert own.splits == any_.splits
    assert json.loads((own.out / "training.json").read_text("utf-8")).get("references") is None
    model = PairDataset(
        prepare(open_pairs(faces.folder), PairwisePainImageProcessor(), cache_dir=tmp_path / "faces"),
        "test",
        references="any",
    )
    assert [one.reference for one in model.each_reference()] == [0] * len(model)


@pytest.mark.slow
def test_an_interrupted_training_draws_what_it_would_have_drawn(several: Release, tmp_path: Path) -> None:
    whole = trained(several, tmp_path, "whole", references="any", num_train_epochs=3)
    with pytest.raises(KeyboardInterrupt):
        trained(several, tmp_path, "cut", references="any", num_train_epochs=3, progress=stopping_at(7))
    cut = trained(several, tmp_path, "cut", references="any", num_train_epochs=3)
    assert same(weights(whole.out), weights(cut.out))


@pytest.mark.slow
def test_other_references_are_another_training_and_a_slip_is_told(several: Release, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(several, tmp_path, references="any", progress=stopping_at(6))
    with pytest.raises(UsageError, match="holds another training"):
        trained(several, tmp_path)
    with pytest.raises(UsageError, match="references is 'all'; give one of own, any"):
        trained(several, tmp_path, references="all")


@pytest.mark.slow
def test_the_command_passes_them_on(several: Release, tmp_path: Path) -> None:
    words = ["train", several.folder, tmp_path / "model", "--references", "any", "--epochs", "1"]
    words += ["--model", configuration(tmp_path), "--set", "use_cpu=true"]
    assert CliRunner().invoke(app, list(map(str, words))).exit_code == 0
    assert json.loads((tmp_path / "model" / "training.json").read_text("utf-8"))["references"] == "any"
