"""Folders of models, as `train --model` reads them."""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import torch

from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.training.layout import LEARNED
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.models import build_model
from tests.fuzz.damage import BYTES, Damage, changed, in_json
from tests.fuzz.running import Files
from tests.imaging.made import encoded, textured
from tests.training.small import SIDE, VIT, with_pictures

_FILE = "configuration.json"


def make() -> Iterator[Files]:
    """A tiny model that was trained, and a configuration of a backbone."""
    config = PairwisePainConfig(architecture="backbone", backbone_config=VIT)
    with tempfile.TemporaryDirectory() as folder:
        PairwisePainForImageClassification(config).save_pretrained(folder)
        PairwisePainImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
        (Path(folder) / LEARNED).write_text(json.dumps({"pair_id": ["another"]}), encoding="utf-8")
        yield {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    yield {_FILE: json.dumps(VIT).encode()}


def use(given: Path, _: Path) -> str:
    """Make the model that a training would begin with."""
    torch.set_num_threads(1)
    file = given / _FILE
    one, other = (encoded(textured(SIDE * 2, SIDE * 2, seed)) for seed in range(2))
    pairs = with_pictures((one, other), (other, one))
    build_model(ModelArguments(model=str(file if file.exists() else given)), pairs)
    return "made"


def in_header(data: bytes, random: Random) -> bytes:
    """The header of safetensors is another document."""
    if len(data) < 8:
        return data
    length = struct.unpack_from("<Q", data)[0]
    try:
        header = json.loads(data[8 : 8 + length])
    except ValueError:
        return data
    packed = json.dumps(changed(header, random)).encode()
    return struct.pack("<Q", len(packed)) + packed + data[8 + length :]


DAMAGES: dict[str, tuple[Damage, ...]] = {
    "*.json": (*BYTES[:2], *[in_json] * 16),
    "*.safetensors": (*BYTES, *[in_header] * 8),
    "*": BYTES,
}
