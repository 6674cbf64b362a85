"""What `controlnet` draws, by a Stable Diffusion of the smallest size: it is noise, but in the right place."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from synpain_hf.errors import BadInputError, DownloadError, PictureError, UsageError
from synpain_hf.generation.transfer.methods.controlnet import ControlNet
from synpain_hf.generation.transfer.methods.learned.adapter import find_adapter
from synpain_hf.generation.transfer.methods.learned.base import find_base
from synpain_hf.generation.transfer.methods.learned.conditions import conditions_of
from synpain_hf.generation.transfer.methods.learned.controlnet import steered_by
from synpain_hf.generation.transfer.methods.learned.cropping import Square, face_mask
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, TransferModel
from synpain_hf.generation.transfer.methods.learned.noise import noise_of
from synpain_hf.generation.transfer.methods.learned.steering import Asked, Sampling
from synpain_hf.generation.transfer.methods.method import Choices, Request
from synpain_hf.generation.transfer.methods.warp import Warp
from synpain_hf.imaging.png import Pixels
from synpain_hf.transferring.cast import Member
from tests.sharing import Once
from tests.transfer.learning.stable_diffusion import write_json
from tests.transfer.learning.tiny_base import (
    SIDE,
    WIDTH,
    make_adapter,
    make_base,
    make_checker,
    make_controlnet,
    make_encoder,
)
from tests.transfer.making import Shots, request

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def networks(once: Once) -> Path:
    """The folders `base`, `checked` and `v` of bases, `wide` of another layout, `controlnet`; and adapters."""

    def make(folder: Path) -> None:
        make_base(folder / "base")
        make_base(folder / "checked", checker=True)
        make_base(folder / "v", predicts="v_prediction")
        make_base(folder / "wide", width=24)
        make_controlnet(folder / "controlnet", folder / "base")
        make_adapter(folder / "adapter")
        make_adapter(folder / "adapter-of-patches", patches=True)

    return once("networks-to-steer", make)


@pytest.fixture
def choices(networks: Path) -> Choices:
    """The ControlNet on the base that it was made for."""
    weights, base = (str(networks / name) for name in ("controlnet", "base"))
    return Choices(weights, base, seed=3, device="cpu", no_safety_checker=True)


@pytest.fixture(scope="module")
def asked(shots: Shots, members: list[Member]) -> Request:
    """The expression that moves the inside of the mouth most, for another identity."""
    widest = max(members, key=lambda member: member.annotations["expressive"].units["AU26"])
    identity = next(member for member in members if member is not widest)
    return replace(request(shots, identity, widest), key="1", groups=identity.groups)


@pytest.fixture
def picture(choices: Choices, asked: Request) -> Pixels:
    """What is drawn of it."""
    return ControlNet(choices).draw(asked)


def test_beyond_the_face_every_pixel_is_that_of_the_bent_face(picture: Pixels, asked: Request) -> None:
    size = asked.identity.size
    square = Square.around(asked.identity.landmarks, SIDE)
    own, target = np.asarray(asked.identity.landmarks, np.float64)[:, :2], asked.target()
    left, top, right, bottom = box = square.box(size)
    mask = np.zeros(size[::-1])
    mask[top:bottom, left:right] = face_mask([own, target], square, box)
    changed = (picture != Warp().draw(asked)).any(axis=-1)
    assert not changed[mask == 0].any()
    assert changed[mask > 0.9].mean() > 0.9


def test_a_picture_is_the_same_whatever_is_drawn_beside_it(choices: Choices, asked: Request, picture: Pixels) -> None:
    other = replace(asked, key="2")
    lost = replace(asked, identity=replace(asked.identity, landmarks=np.zeros((478, 3), np.float32)))
    found = ControlNet(choices).draw_all([other, lost, asked])
    assert np.array_equal(_picture(found[2]), picture)
    assert not np.array_equal(_picture(found[0]), picture)
    assert isinstance(found[1], PictureError)


def _picture(found: Pixels | PictureError) -> Pixels:
    assert isinstance(found, np.ndarray)
    return found


@pytest.mark.parametrize(
    "changed",
    [
        lambda choices, asked: (replace(choices, seed=4), asked),
        lambda choices, asked: (replace(choices, steps=6), asked),
        lambda choices, asked: (replace(choices, strength=1.0), asked),
        lambda choices, asked: (choices, replace(asked, label="pain")),
        lambda choices, asked: (choices, replace(asked, units={"AU4": 5.0})),
        lambda choices, asked: (choices, replace(asked, groups={"gender": "woman"})),
        lambda choices, asked: (replace(choices, adapter=_beside(choices, "adapter")), asked),
        lambda choices, asked: (replace(choices, adapter=_beside(choices, "adapter-of-patches")), asked),
        lambda choices, asked: (replace(choices, base=_beside(choices, "v", "")), asked),
        lambda choices, asked: (replace(choices, precision="bf16"), asked),
    ],
    ids=["seed", "steps", "strength", "label", "units", "groups", "adapter", "patches", "velocity", "bf16"],
)
def test_each_choice_and_each_word_decides_the_picture(
    choices: Choices,
    asked: Request,
    picture: Pixels,
    changed: Callable[[Choices, Request], tuple[Choices, Request]],
) -> None:
    other, wanted = changed(choices, asked)
    assert not np.array_equal(ControlNet(other).draw(wanted), picture)


def _beside(choices: Choices, folder: str, file: str = "ip-adapter.safetensors") -> str:
    return str(Path(choices.weights).with_name(folder) / file)


def test_lines_and_identity_steer_where_the_start_is_forgotten(networks: Path, asked: Request) -> None:
    model = TransferModel.open(str(networks / "controlnet"), "controlnet", 1)
    base = find_base(str(networks / "base"))
    adapter = find_adapter(str(networks / "adapter" / "ip-adapter.safetensors"), base)
    steered = steered_by(model, base, Device.chosen("cpu", "auto"), adapter=adapter, checked=False)
    given = conditions_of(asked, SIDE)
    grey = np.full_like(given.bent, 128)
    drawn = [
        steered.drawn([Asked(grey, control, face, "", noise_of(0, ""))], Sampling(4, 1.0, 1.0))[0]
        for control, face in ((given.control, given.neutral), (grey, given.neutral), (given.control, grey))
    ]
    assert not np.array_equal(_picture(drawn[0]), _picture(drawn[1]))
    assert not np.array_equal(_picture(drawn[0]), _picture(drawn[2]))


def test_what_a_safety_checker_finds_is_not_drawn(choices: Choices, asked: Request, tmp_path: Path) -> None:
    base = shutil.copytree(_beside(choices, "checked", ""), tmp_path / "base")
    checked = replace(choices, base=str(base), no_safety_checker=False)
    passed = ControlNet(checked).draw(asked)
    shutil.rmtree(base / "safety_checker")
    make_checker(base / "safety_checker", finds=True)
    with pytest.raises(PictureError, match="safety checker takes for unsafe; use another seed"):
        ControlNet(checked).draw(asked)
    assert np.array_equal(ControlNet(replace(checked, no_safety_checker=True)).draw(asked), passed)


def test_provenance_names_all_weights_and_settings(choices: Choices) -> None:
    adapter = _beside(choices, "adapter")
    method = ControlNet(replace(choices, adapter=adapter, strength=0.5))
    assert re.fullmatch(
        r"controlnet sha256:\w{64}; base base sha256:\w{64}; IP-Adapter ip-adapter\.safetensors sha256:\w{64}",
        method.weights,
    )
    assert method.settings == {
        "steps": 4, "strength": "0.5", "guidance": "5", "safety_checker": "off", "device": "cpu", "precision": "fp32"
    }  # fmt: skip
    assert method.learned == {"one"}
    assert method.prompt({"AU12": 3.0}, {"gender": "man"}, "no_pain") == "portrait of a man, smile"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"base": ""}, r"base is missing: the ControlNet was trained with a folder called 'base'; give it"),
        ({"base": "wide"}, r"is 'wide', with cross_attention_dim 24, and the ControlNet was trained for 16; give"),
        ({"no_safety_checker": False}, r"no_safety_checker is missing, and base has no safety checker; give it, and"),
        ({"steps": 1}, r"steps is 1, of which strength 0\.6 leaves none; give more"),
        ({"adapter": "adapter"}, r"which is no \.safetensors file; give one for Stable Diffusion"),
        ({"adapter": "lab/adapter/../x.safetensors"}, r"which is no \.safetensors file"),
        ({"adapter": "base/unet/diffusion_pytorch_model.safetensors"}, "does not take what CLIP sees in a picture"),
        ({"adapter": "alone/ip-adapter.safetensors"}, r"without image_encoder/config\.json beside it; put the encoder"),
        ({"adapter": "damaged/ip-adapter.safetensors"}, r"cannot be read .*; fetch it again"),
        ({"adapter": "adapter-for-wide/ip-adapter.safetensors"}, "made for a width of 24, and base has 16; give one"),
        ({"adapter": "scalar/ip-adapter.safetensors"}, "made for a width of none, and base has 16; give one"),
        ({"weights": "for-v"}, r"is 'base', with predicts epsilon, and the ControlNet was trained for v_prediction"),
        (
            {"weights": "for-72"},
            "which draws multiples of 16 pixels, and the ControlNet was trained for 72; give",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    networks: Path, choices: Choices, tmp_path: Path, changed: dict[str, Any], told: str
) -> None:
    for name in ("base", "wide", "adapter"):
        (tmp_path / name).symlink_to(networks / name)
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "ip-adapter.safetensors").symlink_to(networks / "adapter" / "ip-adapter.safetensors")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "ip-adapter.safetensors").write_bytes(b"\0" * 100)
    if "scalar" in str(changed):
        adapter = load_file(networks / "adapter" / "ip-adapter.safetensors")
        scalar = {"ip_adapter.1.to_k_ip.weight": np.zeros((), np.float32)}
        (tmp_path / "scalar").mkdir()
        save_file({**adapter, **scalar}, tmp_path / "scalar" / "ip-adapter.safetensors")
    if "weights" in changed:
        said = json.loads((networks / "controlnet" / ABOUT).read_text())
        other = {"for-v": {"network": {**said["network"], "predicts": "v_prediction"}}, "for-72": {"size": 72}}
        shutil.copytree(networks / "controlnet", tmp_path / changed["weights"])
        write_json(tmp_path / changed["weights"] / ABOUT, said | other[changed["weights"]])
    if "wide/" in str(changed):
        make_adapter(tmp_path / "adapter-for-wide", width=24)
    placed: dict[str, Any] = {
        name: str(tmp_path / value) if isinstance(value, str) and value and ".." not in value else value
        for name, value in changed.items()
    }
    with pytest.raises(UsageError, match=told) as refused:
        ControlNet(replace(choices, **placed))
    assert "\n" not in str(refused.value)


def test_weights_that_are_not_whole_are_refused(choices: Choices, asked: Request, tmp_path: Path) -> None:
    base = shutil.copytree(choices.base, tmp_path / "base")
    unet = base / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(unet)
    for left, told in (({"conv_in.weight": tensors["conv_in.weight"]}, "is not there"), ({}, "is not there")):
        save_file(left, unet)
        with pytest.raises(UsageError, match=rf"whose unet cannot be loaded \(.*{told}\); fetch it again"):
            ControlNet(replace(choices, base=str(base))).draw(asked)
    unet.write_bytes(b"no tensors")
    with pytest.raises(UsageError, match="whose unet cannot be loaded"):
        ControlNet(replace(choices, base=str(base))).draw(asked)


def _without(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        tensors = load_file(folder / "ip-adapter.safetensors")
        save_file({key: one for key, one in tensors.items() if key != name}, folder / "ip-adapter.safetensors")

    return damage


def _for_other_blocks(folder: Path) -> None:
    tensors = load_file(folder / "ip-adapter.safetensors")
    changed = {"ip_adapter.3.to_v_ip.weight": np.zeros((12, WIDTH), np.float32)}
    save_file({**tensors, **changed}, folder / "ip-adapter.safetensors")


def _with_another_encoder(folder: Path) -> None:
    shutil.rmtree(folder / "image_encoder")
    make_encoder(folder / "image_encoder", seen=16)


@pytest.mark.parametrize(
    ("kind", "damage", "part"),
    [
        ("adapter", _without("ip_adapter.7.to_v_ip.weight"), "file"),
        ("adapter", _without("image_proj.norm.bias"), "file"),
        ("adapter", _for_other_blocks, "file"),
        ("adapter", _with_another_encoder, "image_encoder"),
        ("adapter-of-patches", _without("image_proj.proj.3.bias"), "file"),
        ("adapter-of-patches", _for_other_blocks, "file"),
        ("adapter-of-patches", _with_another_encoder, "image_encoder"),
    ],
)
def test_an_adapter_that_is_not_whole_or_of_another_base_is_refused(
    choices: Choices, asked: Request, tmp_path: Path, kind: str, damage: Callable[[Path], None], part: str
) -> None:
    folder = tmp_path / kind
    shutil.copytree(_beside(choices, kind, ""), folder)
    damage(folder)
    told = rf"adapter is 'ip-adapter\.safetensors', whose {part} cannot be loaded \("
    with pytest.raises(UsageError, match=told) as refused:
        ControlNet(replace(choices, adapter=str(folder / "ip-adapter.safetensors"))).draw(asked)
    assert "\n" not in str(refused.value)


def test_numbers_that_overflow_are_no_picture(choices: Choices, asked: Request, tmp_path: Path) -> None:
    base = shutil.copytree(choices.base, tmp_path / "base")
    unet = base / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(unet)
    first = np.sign(tensors["conv_in.weight"]) * np.finfo(np.float32).max
    save_file({**tensors, "conv_in.weight": first}, unet)
    with pytest.raises(PictureError, match="came out in numbers that are not finite; use precision fp32"):
        ControlNet(replace(choices, base=str(base))).draw(asked)


def test_weights_of_a_controlnet_that_are_not_as_is_said_are_refused(
    networks: Path, choices: Choices, asked: Request, tmp_path: Path
) -> None:
    weights = make_controlnet(tmp_path / "wide", networks / "wide")
    about = json.loads((weights / "transfer_model.json").read_text())
    about["network"]["cross_attention_dim"] = 16
    write_json(weights / "transfer_model.json", about)
    with pytest.raises(BadInputError, match="its tensors have other names or shapes"):
        ControlNet(replace(choices, weights=str(weights))).draw(asked)


def test_the_base_of_the_training_is_taken_from_the_hub_by_default(choices: Choices, tmp_path: Path) -> None:
    weights = shutil.copytree(choices.weights, tmp_path / "weights")
    about = json.loads((weights / "transfer_model.json").read_text())
    write_json(weights / "transfer_model.json", about | {"base": "lab/base"})
    with pytest.raises(DownloadError, match="downloading lab/base failed"):
        ControlNet(replace(choices, weights=str(weights), base=""))
    assert "; base base sha256:" in ControlNet(replace(choices, weights=str(weights))).weights


def test_an_adapter_that_is_not_in_the_cache_cannot_be_had_offline(choices: Choices) -> None:
    with pytest.raises(DownloadError, match=r"downloading h94/IP-Adapter failed: .*HF_HUB_OFFLINE is set; unset it"):
        ControlNet(replace(choices, adapter="h94/IP-Adapter/models/ip-adapter_sd15.safetensors"))
