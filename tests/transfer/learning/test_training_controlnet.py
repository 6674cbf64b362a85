"""A ControlNet learns, on a Stable Diffusion of the smallest size that stays as it is, and then draws."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from synpain_hf.errors import UsageError
from synpain_hf.generation.transfer.methods.learned.base import find_base
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.learning.couples import Example, pictures_of
from synpain_hf.transferring.learning.recipes import recipe_for
from synpain_hf.transferring.learning.recipes.controlnet import texts_of
from synpain_hf.transferring.learning.recipes.recipe import Batch
from synpain_hf.transferring.learning.request import Training
from synpain_hf.transferring.learning.train_transfer import train_transfer
from synpain_hf.transferring.transfer import transfer
from tests.sharing import Once
from tests.transfer.learning.stable_diffusion import SCHEDULER, write_json
from tests.transfer.learning.tiny_base import TEXT_ENCODER, UNET, VAE, make_base, write_base
from tests.transfer.making import Shots

pytestmark = pytest.mark.slow

SHORT = {"method": "controlnet", "size": 64, "steps": 4, "batch": 2, "denoising": 4, "device": "cpu"}


@pytest.fixture(scope="module")
def base(once: Once) -> Path:
    """A base; not to be changed."""
    return once("base-to-train-on", lambda folder: make_base(folder / "tiny") and None) / "tiny"


@pytest.fixture(scope="module")
def batch(shots: Shots, members: list[Member]) -> Batch:
    """Four pairs, as a training sees them."""
    made = [pictures_of(shots[one.pair_id, "neutral"], shots[one.pair_id, "expressive"], 64) for one in members[:4]]
    stacked = {name: torch.from_numpy(np.stack([one[name] for one in made])) for name in made[0]}
    pictures = {name: some.permute(0, 3, 1, 2) / 127.5 - 1 for name, some in stacked.items()}
    pictures["mask"] = (pictures["mask"] + 1) / 2
    return Batch(pictures, [Example.of(one) for one in members[:4]], [False] * 4)


def gradient(of: Any, batch: Batch, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of a batch, and how it changes with the first weights that see the lines."""
    of.network.zero_grad()
    loss = of.loss(batch, torch.Generator().manual_seed(seed))
    loss.backward()
    return loss.detach(), of.network.controlnet_down_blocks[0].weight.grad.clone()


def recipe(base: Path, **changed: Any) -> Any:
    """A recipe, on the CPU."""
    usual = dict.fromkeys(("learning_rate",), 1e-2)
    asked = {**SHORT, "accumulate": 1, "seed": 0, "test_fold": 0, "checkpoint_every": 2, "validate_every": 2, **usual}
    return recipe_for(Training.asked(base=str(base), precision="fp32", **{**asked, **changed}))


def test_at_first_the_lines_count_for_nothing_then_every_weight_learns(base: Path, batch: Batch) -> None:
    trained = recipe(base)
    others = Batch({**batch.pictures, "control": -batch.pictures["control"]}, batch.examples, batch.mirrored)

    def loss(of: Batch, seed: int = 0) -> Any:
        return trained.loss(of, torch.Generator().manual_seed(seed))

    assert loss(batch) == loss(others)
    begun = {name: one.clone() for name, one in trained.network.state_dict().items()}
    frozen = find_base(str(base)).digest()
    optimizer = torch.optim.AdamW(trained.network.parameters(), lr=1e-2)
    losses = []
    for step in range(60):
        optimizer.zero_grad()
        found = loss(batch, step)
        found.backward()
        optimizer.step()
        losses.append(found.item())
    assert np.mean(losses[-20:]) < 0.95 * np.mean(losses[:20])
    assert loss(batch) != loss(others)
    assert [name for name, one in trained.network.state_dict().items() if torch.equal(one, begun[name])] == []
    assert not any(one.requires_grad for one in trained._parts.unet.parameters())
    assert find_base(str(base)).digest() == frozen


@pytest.mark.parametrize("checkpointing", [True, False])
def test_the_loss_depends_on_the_seed_alone(base: Path, batch: Batch, checkpointing: bool) -> None:
    first = gradient(recipe(base), batch, 1)
    trained = recipe(base, gradient_checkpointing=checkpointing)
    half = Batch({name: one[:2] for name, one in batch.pictures.items()}, batch.examples[:2], batch.mirrored[:2])
    other = gradient(trained, half, 2)  # fills caches
    again = gradient(trained, batch, 1)
    for one, same, another in zip(first, again, other, strict=True):
        assert torch.equal(one, same)
        assert not torch.equal(one, another)


def test_what_the_scheduler_says_that_is_predicted_is_learned(base: Path, batch: Batch, tmp_path: Path) -> None:
    velocity = make_base(tmp_path / "v", predicts="v_prediction")
    one, other = (recipe(each).loss(batch, torch.Generator().manual_seed(1)) for each in (base, velocity))
    assert torch.isfinite(other)
    assert one != other


def test_a_base_may_be_made_as_stable_diffusion_2_is(batch: Batch, tmp_path: Path) -> None:
    unet = UNET | {"use_linear_projection": True, "attention_head_dim": (2, 4)}
    write_base(tmp_path / "two", unet, VAE, TEXT_ENCODER, SCHEDULER | {"prediction_type": "v_prediction"})
    trained = recipe(tmp_path / "two")
    assert torch.isfinite(gradient(trained, batch, 1)[1]).all()
    assert torch.isfinite(trained.sample(batch, torch.Generator().manual_seed(1))).all()


def test_it_learns_in_half_precision(base: Path, batch: Batch) -> None:
    trained = recipe(base)
    trained.to(torch.device("cpu"), torch.bfloat16)
    with torch.autocast("cpu", torch.bfloat16):
        found = trained.loss(batch, torch.Generator().manual_seed(1))
        drawn = trained.sample(batch, torch.Generator().manual_seed(1))
    found.backward()
    assert {one.dtype for one in trained.network.parameters()} == {torch.float32}
    assert all(one.grad is not None and torch.isfinite(one.grad).all() for one in trained.network.parameters())
    assert drawn.shape == batch.pictures["bent"].shape
    beyond = (batch.pictures["mask"] == 0).expand_as(drawn)
    assert torch.equal(drawn[beyond], batch.pictures["bent"][beyond])


def test_a_tenth_of_the_texts_is_left_out() -> None:
    examples = [Example("1", "pain", {"AU4": 3.0}, {"gender": "man"})] * 4000
    texts = texts_of(examples, torch.Generator().manual_seed(0))
    assert set(texts) == {"", "portrait of a man in pain, frown"}
    assert 0.08 < texts.count("") / len(texts) < 0.12


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"size": 72}, r"size is 72; give a multiple of 16, as tiny needs it"),
        ({"base": ""}, "base is missing: controlnet steers another model"),
        ({"base": "nowhere"}, "neither a folder nor an id on the Hub"),
        ({"method": "unet"}, "base is not for unet"),
        ({"method": "unet", "base": "", "gradient_checkpointing": True}, "gradient_checkpointing is not for unet"),
    ],
)
def test_what_cannot_be_trained_is_refused(base: Path, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        recipe(changed.pop("base", base), **changed)


class KilledError(Exception):
    """What ends a training here."""


def test_what_is_trained_draws_and_a_training_that_was_killed_comes_to_the_same(
    base: Path, drawn: Release, tmp_path: Path
) -> None:
    mine = shutil.copytree(base, tmp_path / base.name)
    asked = {**SHORT, "base": mine, "learning_rate": 1e-2, "checkpoint_every": 2, "validate_every": 4}
    train_transfer(drawn.folder, tmp_path / "trained", **asked)  # type: ignore[arg-type]

    def die(what: str, done: int, total: int) -> None:
        if (what, done) == ("steps", 3):
            raise KilledError

    with pytest.raises(KilledError):
        train_transfer(drawn.folder, tmp_path / "killed", progress=die, **asked)  # type: ignore[arg-type]
    said = mine / "scheduler" / "scheduler_config.json"
    write_json(said, SCHEDULER | {"prediction_type": "v_prediction"})
    with pytest.raises(UsageError, match=r"was of other arguments \(base\); give the same ones"):
        train_transfer(drawn.folder, tmp_path / "killed", **asked)  # type: ignore[arg-type]
    write_json(said, SCHEDULER)
    train_transfer(drawn.folder, tmp_path / "killed", **asked)  # type: ignore[arg-type]
    one, other = (load_file(tmp_path / name / "diffusion_pytorch_model.safetensors") for name in ("trained", "killed"))
    assert [name for name in one if not torch.equal(one[name], other[name])] == []
    assert (tmp_path / "trained" / "log.jsonl").read_text() == (tmp_path / "killed" / "log.jsonl").read_text()
    about = json.loads((tmp_path / "trained" / "transfer_model.json").read_text())
    assert about["base"] == "tiny"
    assert str(tmp_path) not in json.dumps(about) + (tmp_path / "trained" / "README.md").read_text()

    done = transfer(
        drawn.folder, drawn.folder, tmp_path / "lent", method="controlnet", weights=tmp_path / "trained", base=base,
        no_safety_checker=True, device="cpu", unseen=True, notice=lambda _: None,
    )  # fmt: skip
    with (tmp_path / "lent" / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == done.pairs > 0
    for row in rows:
        assert row["prompt"].startswith(f"portrait of a{'n' * (row['age_group'] == 'old')} {row['age_group']} ")
        assert (" in pain" in row["prompt"]) == (row["label"] == "pain")
        assert "method controlnet 1, weights trained sha256:" in row["generator"]
        assert "base tiny sha256:" in row["generator"]
    release = build(tmp_path / "lent", tmp_path / "release", version="1.0.0", notice=lambda _: None)
    assert release.manifest["source"]["transfer"]["method"] == "controlnet"
