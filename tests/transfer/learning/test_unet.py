"""`unet` draws by what was learned: the face alone, the same whatever is drawn beside it."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from synpain_hf.errors import BadInputError, MissingExtraError, PictureError, Problem, UsageError
from synpain_hf.generation.transfer.mesh import covered, with_moved_rings
from synpain_hf.generation.transfer.methods.learned.cropping import Square, face_mask
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, WEIGHTS
from synpain_hf.generation.transfer.methods.method import Choices, Request
from synpain_hf.generation.transfer.methods.unet import UNet
from synpain_hf.generation.transfer.methods.warp import bent
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.learning.train_transfer import train_transfer
from synpain_hf.transferring.transfer import transfer
from tests.terminal import run
from tests.transfer.learning.small import SMALL
from tests.transfer.making import contents, request

pytestmark = pytest.mark.slow

Shots = Mapping[tuple[str, str], Shot]


@pytest.fixture(scope="module")
def requests(shots: Shots, members: list[Member]) -> list[Request]:
    """Five expressions of others."""
    return [
        replace(request(shots, one, other), key=f"{one.pair_id}-{other.pair_id}")
        for one, other in zip(members[:5], members[5:10], strict=True)
    ]


@pytest.fixture(scope="module")
def choices(refiner: Path) -> Choices:
    return Choices(weights=str(refiner), device="cpu", steps=2)


class TestDrawing:
    def test_a_picture_is_the_same_whatever_is_drawn_beside_it(self, requests: list[Request], choices: Choices) -> None:
        together = UNet(choices).draw_all(requests)
        backwards = UNet(choices).draw_all(requests[::-1])[::-1]
        alone = [UNet(choices).draw(one) for one in requests]
        for pictures in zip(together, backwards, alone, strict=True):
            assert all((np.asarray(one) == pictures[0]).all() for one in pictures)

    def test_what_is_no_face_keeps_the_pixels_of_the_neutral_picture(
        self, requests: list[Request], choices: Choices
    ) -> None:
        for one in requests:
            drawn, neutral, target = UNet(choices).draw(one), one.identity.pixels, one.target()
            own = one.identity.landmarks[:, :2].astype(float)
            square = Square.around(own, 32)
            left, top, right, bottom = box = square.box(one.identity.size)
            face = np.zeros(neutral.shape[:2], bool)
            face[top:bottom, left:right] = face_mask([own, target], square, box) > 0
            assert (drawn[~face] == bent(one.identity, target)[~face]).all()
            assert (drawn[face] != neutral[face]).any()
            moved = covered(with_moved_rings(own, target), one.identity.size)
            face[moved.rows, moved.columns] = True
            assert face.mean() < 0.7
            assert (drawn[~face] == neutral[~face]).all()

    def test_another_seed_or_pair_gets_other_noise(self, requests: list[Request], choices: Choices) -> None:
        first = UNet(choices).draw(requests[0])
        assert (UNet(replace(choices, seed=1)).draw(requests[0]) != first).any()
        assert (UNet(choices).draw(replace(requests[0], key="another")) != first).any()
        assert (UNet(choices).draw(replace(requests[0], units={}, label="")) == first).all()

    def test_one_that_cannot_be_drawn_does_not_keep_others_from_it(
        self, requests: list[Request], choices: Choices
    ) -> None:
        bad = replace(requests[1], identity=replace(requests[1].identity, landmarks=np.full((478, 3), np.nan)))
        drawn = UNet(choices).draw_all([requests[0], bad, requests[2]])
        assert isinstance(drawn[1], PictureError)
        assert (np.asarray(drawn[2]) == UNet(choices).draw(requests[2])).all()
        with pytest.raises(PictureError, match="not finite"):
            UNet(choices).draw(bad)

    def test_weights_of_zero_leave_the_bent_face(self, requests: list[Request], refiner: Path, tmp_path: Path) -> None:
        weights = load_file(refiner / WEIGHTS)
        nothing = {name: torch.zeros_like(one) for name, one in weights.items()}
        place = with_weights(refiner, tmp_path, nothing)
        method = UNet(Choices(weights=str(place), device="cpu", steps=1))
        one = requests[0]
        assert (method.draw(one) == bent(one.identity, one.target())).all()


def with_weights(refiner: Path, folder: Path, weights: Mapping[str, torch.Tensor]) -> Path:
    """A folder with other weights, whose digests are right."""
    place = folder / "refiner"
    shutil.copytree(refiner, place)
    save_file(dict(weights), place / WEIGHTS)
    about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
    data = (place / WEIGHTS).read_bytes()
    about["files"][WEIGHTS] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (place / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return place


class TestBadWeights:
    def test_weights_of_another_network_are_told(self, requests: list[Request], refiner: Path, tmp_path: Path) -> None:
        place = with_weights(refiner, tmp_path, {"conv.weight": torch.zeros(3)})
        with pytest.raises(BadInputError, match=r"does not fit the network that transfer_model\.json describes"):
            UNet(Choices(weights=str(place), device="cpu")).draw(requests[0])

    def test_what_is_no_safetensors_is_told(self, requests: list[Request], refiner: Path, tmp_path: Path) -> None:
        place = with_weights(refiner, tmp_path, {"conv.weight": torch.zeros(3)})
        data = b"\x80\x02pickled"
        (place / WEIGHTS).write_bytes(data)
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        about["files"][WEIGHTS] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        (place / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        with pytest.raises(BadInputError, match="does not fit"):
            UNet(Choices(weights=str(place), device="cpu")).draw(requests[0])

    @pytest.mark.parametrize("size", [40, 136])
    def test_a_size_that_its_levels_do_not_divide_is_told(
        self, requests: list[Request], refiner: Path, tmp_path: Path, size: int
    ) -> None:
        place = tmp_path / "refiner"
        shutil.copytree(refiner, place)
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        changed = {**about, "size": size, "network": {"channels": [8] * 6}}
        (place / ABOUT).write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(BadInputError, match=f"has size {size}, which is no multiple of 32, as its channels need"):
            UNet(Choices(weights=str(place), device="cpu")).draw(requests[0])

    def test_numbers_that_overflow_are_no_picture(self, requests: list[Request], refiner: Path, tmp_path: Path) -> None:
        weights = load_file(refiner / WEIGHTS)
        first = weights["conv_in.weight"]
        place = with_weights(refiner, tmp_path, {**weights, "conv_in.weight": first.sign() * torch.finfo().max})
        with pytest.raises(PictureError, match="came out in numbers that are not finite; use precision fp32"):
            UNet(Choices(weights=str(place), device="cpu")).draw(requests[0])

    def test_a_device_that_lacks_memory_is_told(self, requests: list[Request], choices: Choices) -> None:
        method = UNet(choices)
        method.draw(requests[0])

        def lacks(*_: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        assert method._refiner is not None
        method._refiner.network.forward = lacks
        with pytest.raises(UsageError, match="device has too little memory for this; give cpu, or a GPU with more"):
            method.draw(requests[0])

    @pytest.mark.parametrize("channels", [[], [7], [8] * 7, [4096], "8", None, [True]])
    def test_a_network_that_there_cannot_be_is_told(
        self, requests: list[Request], refiner: Path, tmp_path: Path, channels: object
    ) -> None:
        place = tmp_path / "refiner"
        shutil.copytree(refiner, place)
        about = json.loads((place / ABOUT).read_text(encoding="utf-8"))
        (place / ABOUT).write_text(json.dumps({**about, "network": {"channels": channels}}), encoding="utf-8")
        with pytest.raises(BadInputError, match="names no channels that there can be"):
            UNet(Choices(weights=str(place), device="cpu")).draw(requests[0])

    def test_a_device_or_precision_that_is_not_there_is_told(self, refiner: Path) -> None:
        with pytest.raises(UsageError, match="precision is fp16, which is for GPUs"):
            UNet(Choices(weights=str(refiner), device="cpu", precision="fp16"))
        if not torch.cuda.is_available():
            with pytest.raises(UsageError, match="device is cuda:3, which this machine does not have"):
                Device.chosen("cuda:3", "auto")

    def test_a_missing_library_is_told(
        self, drawn: Release, refiner: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "diffusers", None)  # as where it is not installed
        with pytest.raises(MissingExtraError, match=r"unet needs diffusers; run .pip install 'synpain-hf\[transfer\]'"):
            transfer(drawn.folder, drawn.folder, tmp_path / "out", method="unet", weights=refiner)
        with pytest.raises(MissingExtraError, match="training needs diffusers"):
            train_transfer(drawn.folder, tmp_path / "out", **SMALL)

    def test_weights_that_are_not_finite_are_told(self, requests: list[Request], refiner: Path, tmp_path: Path) -> None:
        weights = load_file(refiner / WEIGHTS)
        first = next(iter(weights))
        place = with_weights(refiner, tmp_path, {**weights, first: torch.full_like(weights[first], torch.nan)})
        with pytest.raises(BadInputError, match="numbers that are not finite"):
            UNet(Choices(weights=str(place), device="cpu")).draw(requests[0])


@pytest.fixture(scope="module")
def lent(drawn: Release, refiner: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Faces of folds that were not learned from; not to be changed."""
    out: Path = tmp_path_factory.mktemp("lent") / "faces"
    told: list[Problem] = []
    transfer(
        drawn.folder, drawn.folder, out, method="unet", weights=refiner, steps=2, device="cpu", unseen=True,
        notice=told.extend,
    )  # fmt: skip
    assert [(problem.file, problem.reason) for problem in told] == [
        ("refiner", "has learned from 9 of 16 identities and 9 of 16 drivers, which --unseen leaves out")
    ]
    return out


class TestTransfer:
    def test_pairs_say_by_which_weights_they_were_drawn(
        self, lent: Path, refiner: Path, drawn: Release, tmp_path: Path
    ) -> None:
        notes = json.loads((lent / "transfer.json").read_text(encoding="utf-8"))
        digest = hashlib.sha256((refiner / ABOUT).read_bytes()).hexdigest()
        assert notes["weights"] == f"refiner sha256:{digest}"
        assert notes["settings"] == {"steps": 2, "device": "cpu", "precision": "fp32"}
        assert notes["learned_from"]["content"] == drawn.manifest["content"]
        made = build(lent, tmp_path / "made", version="1.0.0", notice=lambda _: None)
        assert made.manifest["source"]["transfer"]["learned_from"]["content"] == drawn.manifest["content"]
        assert not made.shows_people
        source = {**made.manifest["source"], "transfer": {**notes, "learned_from": {"shows_people": True}}}
        assert Release(made.folder, {**made.manifest, "source": source}).shows_people

    def test_unseen_leaves_out_whom_the_weights_have_learned(self, lent: Path, members: list[Member]) -> None:
        kept = {one.identity for one in members if one.fold in (0, 1)}
        with (lent / "manifest.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["identity"] for row in rows} == kept
        assert {row["derived_from"] for row in rows} <= kept

    def test_the_same_call_gives_the_same_bytes_where_some_are_there_already(
        self, lent: Path, drawn: Release, refiner: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "faces"

        def stop(what: str, done: int, total: int) -> None:
            if what == "pictures" and done >= total:
                raise KeyboardInterrupt

        given = {
            "method": "unet", "weights": refiner, "steps": 2, "device": "cpu", "unseen": True, "notice": lambda _: None
        }  # fmt: skip
        with pytest.raises(KeyboardInterrupt):
            transfer(drawn.folder, drawn.folder, out, progress=stop, **given)  # type: ignore[arg-type]
        pictures = sorted((tmp_path / ".faces.partial" / "release" / "expressive").iterdir())
        pictures[1].unlink()
        transfer(drawn.folder, drawn.folder, out, workers=2, **given)  # type: ignore[arg-type]
        assert contents(out) == contents(lent)

    def test_whoever_was_learned_is_told(self, drawn: Release, refiner: Path, tmp_path: Path) -> None:
        told: list[Problem] = []
        transfer(
            drawn.folder, drawn.folder, tmp_path / "out", method="unet", weights=refiner, steps=1, device="cpu",
            notice=told.extend,
        )  # fmt: skip
        (problem,) = told
        assert problem.file == "refiner"
        assert problem.reason.startswith("has learned from the identity or the driver of 9 of 16 pairs; where these")

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (("--method", "unet"), "--weights is missing: unet draws by what it has learned"),
            (("--method", "warp", "--weights", "x"), "--weights is not for warp, which has learned nothing"),
            (("--method", "warp", "--steps", "9"), "--steps is not for warp, which has no network; leave it out"),
            (("--method", "oracle", "--device", "cpu"), "--device is not for oracle, which has no network"),
            (("--precision", "fp32"), "--precision is not for warp, which has no network"),
            (("--method", "warp", "--unseen"), "--unseen is for methods that have learned, which warp has not"),
            (("--method", "unet", "--weights", "x", "--steps", "0"), "--steps is 0; give 1 to 1,000"),
            (("--method", "unet", "--weights", "nowhere"), "--weights is 'nowhere', neither a folder nor a name"),
        ],
    )
    def test_slips_are_told_as_they_are_typed(
        self, drawn: Release, tmp_path: Path, arguments: tuple[str, ...], told: str
    ) -> None:
        given = ("--identities", drawn.folder, "--drivers", drawn.folder, "--out", tmp_path / "out")
        done = run("transfer", *given, *arguments, columns=300)
        assert done.exit_code == 2
        assert told in done.stderr
