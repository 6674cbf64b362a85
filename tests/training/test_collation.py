"""Batches hold the right faces and targets; on the device they become what the image processor gives."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import load_dataset
from torch.utils.data import DataLoader, Subset

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.release.release import Release
from synpain_hf.training.data.augmentation import AugmentationStrengths, PairAugmentation
from synpain_hf.training.data.collation import Batch, ModelInputs, PairDataset, collate_pairs
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import PreparedPairs, prepare

UNITS = ["AU43", "AU4"]


@pytest.fixture
def prepared(pairs: Pairs, processor: PairwisePainImageProcessor, tmp_path: Path) -> PreparedPairs:
    return prepare(pairs, processor, cache_dir=tmp_path / "faces")


def same(one: Batch, other: Batch) -> bool:
    """Whether two batches are equal, to the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_items_are_the_pairs_of_a_split_in_its_order(prepared: PreparedPairs) -> None:
    for split, positions in prepared.pairs.splits.items():
        found = PairDataset(prepared, split, pspi=True, action_units=UNITS)
        assert len(found) == len(positions)
        assert found.rows.equals(prepared.pairs.table.take(positions))
        targets = prepared.pairs.targets(pspi=True, action_units=UNITS)
        for index, position in enumerate(positions.tolist()):
            item = found[index]
            neutral, expressive = torch.from_numpy(prepared.faces[position].copy())
            assert torch.equal(item["pixel_values"], expressive)
            assert torch.equal(item["reference_pixel_values"], neutral)
            assert item["labels"] == prepared.pairs.table["label"][position].as_py()
            assert item["pspi"] == targets["pspi"][position]
            assert item["action_units"].tolist() == targets["action_units"][position].tolist()
        with pytest.raises(IndexError):
            found[len(found)]


def test_other_faces_can_be_shown_than_a_pairs_own(prepared: PreparedPairs) -> None:
    pairs = prepared.pairs
    places = np.arange(pairs.table.num_rows)
    another = np.roll(places, 1)
    shown = np.stack([2 * places, 2 * another + 1], axis=1)  # the neutral face beside another's expressive one
    dataset = PairDataset(replace(prepared, pairs=replace(pairs, shown=shown)), "train")
    batch = dataset.__getitems__(range(len(dataset)))
    for row, place in enumerate(pairs.positions("train").tolist()):
        assert torch.equal(batch["pixel_values"][row], torch.from_numpy(prepared.faces[place, 0].copy()))
        seen = batch["reference_pixel_values"][row]
        assert torch.equal(seen, torch.from_numpy(prepared.faces[another[place], 1].copy()))
    np.testing.assert_array_equal(prepared.faces, replace(prepared).faces)
    with pytest.raises(UsageError, match=r"^references is 'any', but the pairs say which face is the reference"):
        PairDataset(replace(prepared, pairs=replace(pairs, shown=shown)), "train", references="any")


def test_types_are_those_that_are_quick_to_move(prepared: PreparedPairs) -> None:
    batch = PairDataset(prepared, "train", pspi=True, action_units=UNITS).__getitems__([2, 0, 1])
    assert {name: (values.dtype, tuple(values.shape)) for name, values in batch.items()} == {
        "pixel_values": (torch.uint8, (3, 1, 16, 20)),
        "reference_pixel_values": (torch.uint8, (3, 1, 16, 20)),
        "labels": (torch.int64, (3,)),
        "pspi": (torch.float32, (3,)),
        "action_units": (torch.float32, (3, 2)),
    }
    assert all(values.is_contiguous() for values in batch.values())


def test_targets_come_only_when_asked_for(prepared: PreparedPairs) -> None:
    assert list(PairDataset(prepared, "train")[0]) == ["pixel_values", "reference_pixel_values", "labels"]
    with pytest.raises(UsageError, match="has no split 'dev' here"):
        PairDataset(prepared, "dev")
    with pytest.raises(UsageError, match="has no annotations of AU99"):
        PairDataset(prepared, "train", action_units=["AU99"])
    with pytest.raises(UsageError, match="has no annotations by 'nobody'"):
        PairDataset(prepared, "train", pspi=True, annotator="nobody")


def test_a_batch_is_the_same_whether_it_comes_at_once_or_item_by_item(prepared: PreparedPairs) -> None:
    found = PairDataset(prepared, "train", pspi=True, action_units=UNITS)
    at_once = collate_pairs(found.__getitems__([3, 1]))
    assert same(at_once, collate_pairs([found[3], found[1]]))
    assert same(at_once, collate_pairs(Subset(found, [3, 1]).__getitems__([0, 1])))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_gives_every_pair_once_an_epoch(prepared: PreparedPairs, workers: int) -> None:
    found = PairDataset(prepared, "train")
    # Not forked: a process whose torch has threads is no good parent of one.
    context = "spawn" if workers else None
    loader = DataLoader(
        found,
        batch_size=5,
        shuffle=True,
        num_workers=workers,
        collate_fn=collate_pairs,
        multiprocessing_context=context,
    )
    faces = torch.cat([batch["pixel_values"] for batch in loader])
    everything = found.__getitems__(range(len(found)))["pixel_values"]
    assert sorted(map(bytes, faces.numpy())) == sorted(map(bytes, everything.numpy()))


def test_a_batch_may_be_changed_without_changing_the_next(prepared: PreparedPairs) -> None:
    found = PairDataset(prepared, "train", pspi=True)
    first = found.__getitems__([0, 1])
    kept = pickle.loads(pickle.dumps(first))
    for values in first.values():
        values.zero_()
    assert same(found.__getitems__([0, 1]), kept)


@pytest.mark.parametrize(
    "processor",
    [
        PairwisePainImageProcessor(),
        PairwisePainImageProcessor(
            size={"height": 24, "width": 24}, num_channels=3, image_mean=[0.4, 0.5, 0.6], image_std=[0.2, 0.3, 0.1]
        ),
        PairwisePainImageProcessor(image_mean=[0.4], image_std=[0.2], do_normalize=False),
    ],
)
def test_the_model_is_given_what_the_image_processor_gives(
    faces: Release, tmp_path: Path, processor: PairwisePainImageProcessor
) -> None:
    rows = load_dataset(str(faces.folder), "default", split="test", cache_dir=str(tmp_path / "cache"))
    found = PairDataset(prepare(open_pairs(faces.folder), processor, cache_dir=tmp_path / "faces"), "test")
    batch = ModelInputs(processor)(found.__getitems__(range(len(found))))
    expected = processor(list(rows["expressive"]), list(rows["neutral"]))
    assert torch.equal(batch["pixel_values"], expected["pixel_values"])
    assert torch.equal(batch["reference_pixel_values"], expected["reference_pixel_values"])
    assert batch["labels"].tolist() == list(rows["label"])


@pytest.mark.parametrize(
    "options",
    [
        {"do_standardize": True},
        {"do_standardize": True, "num_channels": 3, "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.1]},
        {"do_rescale": False, "image_mean": [100.0], "image_std": [50.0]},
        {"smoothing": 0.05},
        {"smoothing": 0.05, "do_standardize": True, "num_channels": 3},
    ],
)
def test_the_model_is_given_next_to_what_other_image_processors_give(
    faces: Release, tmp_path: Path, options: dict[str, Any]
) -> None:
    processor = PairwisePainImageProcessor(size={"height": 24, "width": 32}, **options)
    rows = load_dataset(str(faces.folder), "default", split="test", cache_dir=str(tmp_path / "cache"))
    found = PairDataset(prepare(open_pairs(faces.folder), processor, cache_dir=tmp_path / "faces"), "test")
    batch = ModelInputs(processor)(found.__getitems__(range(len(found))))
    for name, expected in processor(list(rows["expressive"]), list(rows["neutral"])).items():
        torch.testing.assert_close(batch[name], expected, rtol=1e-5, atol=1e-5)


def test_faces_are_augmented_in_training_alone_and_targets_never(prepared: PreparedPairs) -> None:
    batch = PairDataset(prepared, "train", pspi=True).__getitems__([0, 1, 2])
    to_model = ModelInputs(prepared.processor, PairAugmentation(AugmentationStrengths(probability=1)))
    generator = torch.Generator().manual_seed(0)
    plain = to_model.eval()(batch, generator)
    assert same(plain, ModelInputs(prepared.processor)(batch))
    augmented = to_model.train()(batch, generator)
    for name in ("pixel_values", "reference_pixel_values"):
        assert not torch.equal(augmented[name], plain[name])
    assert torch.equal(augmented["labels"], plain["labels"])
    assert torch.equal(augmented["pspi"], plain["pspi"])
    assert same(augmented, to_model(batch, generator.manual_seed(0)))


def test_a_model_learns_from_a_batch(pairs: Pairs, tmp_path: Path) -> None:
    processor = PairwisePainImageProcessor()
    found = PairDataset(prepare(pairs, processor, cache_dir=tmp_path), "train", pspi=True, action_units=UNITS)
    model = PairwisePainForImageClassification(PairwisePainConfig(pspi_head=True, action_units=UNITS)).train()
    batch = ModelInputs(processor, PairAugmentation())(collate_pairs(found.__getitems__([0, 1])))
    loss = model(**batch).loss
    loss.backward()
    assert torch.isfinite(loss)
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert torch.isfinite(batch["pspi"]).all()
