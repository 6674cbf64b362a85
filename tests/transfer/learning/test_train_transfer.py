"""`train_transfer` leaves what `transfer` takes; it goes on where it was, and nobody who is tested is learned from."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from synpain_hf.annotation.annotate import annotate
from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, TransferModel
from synpain_hf.generation.transfer.methods.learned.unet import CHANNELS, network_of
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.storage.folders import work_folder_of
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.learning.recipes.unet import UNetRecipe
from synpain_hf.transferring.learning.train_transfer import train_transfer
from synpain_hf.transferring.pictures import Side
from synpain_hf.transferring.seen import Seen
from synpain_hf.transferring.transfer import usable_drivers
from tests.terminal import run
from tests.transfer.learning.small import SMALL
from tests.transfer.making import contents

pytestmark = pytest.mark.slow


def killed_after(steps: int, release: Release, out: Path) -> None:
    """Begin a training that is killed."""
    program = [sys.executable, "-m", "tests.transfer.learning.killed", str(release.folder), str(out), str(steps)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not out.exists()


class TestFolder:
    def test_it_says_what_was_learned_from_whom(self, refiner: Path, drawn: Release, members: list[Member]) -> None:
        about = json.loads((refiner / "transfer_model.json").read_text(encoding="utf-8"))
        assert violations("transfer_model", about) == []
        assert about["learned_from"]["content"] == drawn.manifest["content"]
        learned = json.loads((refiner / "learned.json").read_text(encoding="utf-8"))
        kept = {one.identity for one in members if one.fold in (0, 1)}
        assert learned["identity"] == sorted({one.identity for one in members} - kept)
        assert about["learned_from"]["identities"] == len(learned["identity"])
        card = (refiner / "README.md").read_text(encoding="utf-8")
        assert "Learned from drawn demo faces" in card
        assert "of people" not in card
        looked_at = sum(one.fold == 1 for one in members)
        assert f"Measured in {looked_at} pairs, drawn by lot, of fold 1" in card

    def test_every_weight_has_moved(self, refiner: Path) -> None:
        torch.manual_seed(0)
        before = network_of(32, CHANNELS).state_dict()
        after = load_file(refiner / "diffusion_pytorch_model.safetensors")
        assert before.keys() == after.keys()
        assert [name for name, one in before.items() if torch.equal(one, after[name])] == []

    def test_each_loss_is_logged_and_others_are_looked_at_on_the_way(self, refiner: Path) -> None:
        lines = [json.loads(line) for line in (refiner / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3, 4, 5, 6]
        assert [line["step"] for line in lines if "errors" in line] == [3, 6]
        assert {path.name for path in (refiner / "validation").iterdir()} == {"step-0000003.jpg", "step-0000006.jpg"}
        with Image.open(refiner / "validation" / "step-0000006.jpg") as picture:
            assert picture.width == 5 * 128

    def test_what_a_call_left_that_was_killed_at_its_end_is_no_part_of_it(self, drawn: Release, tmp_path: Path) -> None:
        out = tmp_path / "refiner"

        def leave(what: str, done: int, total: int) -> None:
            if what == "steps":
                (work_folder_of(out) / "release" / ABOUT).write_text("{}", encoding="utf-8")

        train_transfer(drawn.folder, out, **{**SMALL, "steps": 1}, progress=leave)
        assert TransferModel.open(str(out), "unet", 1).about["training"]["steps"] == 1

    def test_nothing_is_left_beside_it(self, refiner: Path) -> None:
        assert not work_folder_of(refiner).exists()


class TestGoingOn:
    def test_one_that_is_killed_comes_to_the_same_bytes(self, refiner: Path, drawn: Release, tmp_path: Path) -> None:
        out = tmp_path / "refiner"
        killed_after(5, drawn, out)
        assert {path.name for path in (work_folder_of(out) / "checkpoints").iterdir()} == {
            "step-0000002", "step-0000004"
        }  # fmt: skip
        seen: list[tuple[str, int, int]] = []
        train_transfer(drawn.folder, out, **SMALL, progress=lambda *step: seen.append(step))
        assert next(done for what, done, _ in seen if what == "steps") == 4
        assert contents(out) == contents(refiner)

    def test_a_damaged_checkpoint_is_passed_over(self, refiner: Path, drawn: Release, tmp_path: Path) -> None:
        out = tmp_path / "refiner"
        killed_after(5, drawn, out)
        damaged = work_folder_of(out) / "checkpoints" / "step-0000004" / "state.safetensors"
        data = bytearray(damaged.read_bytes())
        data[len(data) // 2] ^= 1
        damaged.write_bytes(data)
        seen: list[tuple[str, int, int]] = []
        train_transfer(drawn.folder, out, **SMALL, progress=lambda *step: seen.append(step))
        assert next(done for what, done, _ in seen if what == "steps") == 2
        assert contents(out) == contents(refiner)

    def test_an_unfinished_training_of_other_arguments_is_not_gone_on_with(
        self, drawn: Release, tmp_path: Path
    ) -> None:
        out = tmp_path / "refiner"
        killed_after(1, drawn, out)
        with pytest.raises(UsageError, match=r"was of other arguments \(seed\); give the same ones to go on with it"):
            train_transfer(drawn.folder, out, **SMALL, seed=1)

    def test_batches_that_make_a_step_together_go_on_too(self, drawn: Release, tmp_path: Path) -> None:
        several: dict[str, Any] = {**SMALL, "accumulate": 2, "steps": 3, "checkpoint_every": 1}
        train_transfer(drawn.folder, tmp_path / "whole", **several)

        def stop(what: str, done: int, total: int) -> None:
            if what == "steps" and done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train_transfer(drawn.folder, tmp_path / "two", **several, progress=stop)
        train_transfer(drawn.folder, tmp_path / "two", **several)
        assert contents(tmp_path / "two") == contents(tmp_path / "whole")


class TestLearning:
    def test_what_is_drawn_comes_nearer_to_the_truth(self, drawn: Release, tmp_path: Path) -> None:
        many = {**SMALL, "steps": 60, "batch": 4, "validate_every": 20, "checkpoint_every": 60}
        done = train_transfer(drawn.folder, tmp_path / "refiner", **many)
        lines = [json.loads(line) for line in (done.folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        losses = [line["loss"] for line in lines if "loss" in line]
        assert np.mean(losses[30:]) < np.mean(losses[:30])
        errors = [line["errors"]["drawn"] for line in lines if "errors" in line]
        assert errors[-1] < errors[0]
        assert done.errors["drawn"] == errors[-1]

    def test_halved_numbers_train_too_and_go_on(self, drawn: Release, tmp_path: Path) -> None:
        halved: dict[str, Any] = {**SMALL, "steps": 2, "checkpoint_every": 1, "precision": "bf16"}
        train_transfer(drawn.folder, tmp_path / "whole", **halved)

        def stop(what: str, done: int, total: int) -> None:
            if what == "steps" and done == 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train_transfer(drawn.folder, tmp_path / "two", **halved, progress=stop)
        train_transfer(drawn.folder, tmp_path / "two", **halved)
        assert contents(tmp_path / "two") == contents(tmp_path / "whole")


class TestBadInput:
    def test_pairs_that_cannot_be_learned_are_told_as_pairs(self, drawn: Release, seen: Seen) -> None:
        (lost, _), *_ = seen.landmarks
        side = Side(drawn, replace(seen, several={(lost, "neutral"): 2}))
        usable, (problem,) = usable_drivers(side, called="pairs")
        assert lost not in {one.pair_id for one in usable}
        assert problem.file.startswith(f"pairs/{lost}")

    def test_a_release_of_too_few_pairs_leaves_nothing(self, tmp_path: Path) -> None:
        few = annotate(demo(tmp_path / "few", pairs=5).folder, "mediapipe").release
        with pytest.raises(BadInputError, match="pairs to learn from, and 8 are needed"):
            train_transfer(few.folder, tmp_path / "out", **SMALL)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["few"]

    def test_a_place_that_is_taken_is_refused(self, refiner: Path, drawn: Release) -> None:
        with pytest.raises(UsageError, match="exists; remove it, or give another place"):
            train_transfer(drawn.folder, refiner, **SMALL)

    def test_a_device_that_lacks_memory_is_told(
        self, drawn: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lacks(*_: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr(UNetRecipe, "loss", lacks)  # stands for a GPU that is too small
        done = run("train-transfer", drawn.folder, "--out", tmp_path / "out", "--size", "32", "--batch", "2")
        assert done.exit_code == 2
        assert "--batch is 2, too large for the memory of the device; give less, with --accumulate" in done.stderr
        assert "or --device cpu" in done.stderr

    def test_a_device_that_is_not_there_is_told(self, drawn: Release, tmp_path: Path) -> None:
        if torch.cuda.is_available():
            pytest.skip("this machine has a GPU")
        with pytest.raises(UsageError, match="device is cuda, which this machine does not have; give auto or cpu"):
            train_transfer(drawn.folder, tmp_path / "out", **{**SMALL, "device": "cuda"})


class TestCommand:
    def test_it_says_what_was_learned_and_how_near_it_comes(self, drawn: Release, tmp_path: Path) -> None:
        out = tmp_path / "refiner"
        done = run(
            "train-transfer", drawn.folder, "--out", out, "--size", "32", "--steps", "1", "--batch", "2", columns=200
        )
        assert done.exit_code == 0, done.stderr
        assert done.stdout.startswith(f"{out}: 1 step, ")
        assert "; error in faces of others " in done.stdout
        shutil.rmtree(out)
        told = run("train-transfer", drawn.folder, "--out", out, "--size", "32", "--steps", "1", "--json")
        assert json.loads(told.stdout)["errors"].keys() == {"drawn", "bent", "neutral"}
