"""The model that is trained fits the pairs and the arguments, and its faces are prepared as its backbone's were."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from transformers import ViTConfig, ViTModel

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.layout import LEARNED
from synpain_hf.training.options import SMOOTHING, ModelArguments
from synpain_hf.training.run.models import build_model, class_weights, initial_weights
from tests.training.small import SIDE, VIT, configuration, tiny


@pytest.fixture
def backbone(tmp_path: Path) -> Path:
    """A folder with a tiny pretrained backbone in colour."""
    folder = tmp_path / "backbone"
    ViTModel(ViTConfig(**{**VIT, "num_channels": 3})).save_pretrained(folder)  # type: ignore[arg-type]
    return folder


def prepared_as(folder: Path, **said: Any) -> dict[str, Any]:
    (folder / "preprocessor_config.json").write_text(json.dumps(said), encoding="utf-8")
    return said


def test_the_published_network_is_the_default(pairs: Pairs) -> None:
    model, processor = build_model(ModelArguments(), pairs)
    assert model.config.architecture == "pwct"
    assert (processor.num_channels, processor.size, processor.crop_box) == (1, {"height": 160, "width": 160}, None)
    assert model.training


@pytest.mark.parametrize(
    ("said", "size", "mean"),
    [
        ({}, (SIDE, SIDE), [0.485, 0.456, 0.406]),
        ({"size": {"height": 16, "width": 16}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}, (16, 16), [0.5] * 3),
        ({"size": {"shortest_edge": 16}}, (16, 16), [0.485, 0.456, 0.406]),
        ({"size": {"shortest_edge": 18}, "crop_size": {"height": 16, "width": 16}}, (16, 16), [0.485, 0.456, 0.406]),
    ],
)
def test_faces_are_prepared_as_for_the_pretrained_backbone(
    pairs: Pairs, backbone: Path, said: dict[str, Any], size: tuple[int, int], mean: list[float]
) -> None:
    if said:
        prepared_as(backbone, **said)
    model, processor = build_model(ModelArguments(model=str(backbone), crop_box=[0.1, 0, 0.9, 1]), pairs)
    assert (processor.size["height"], processor.size["width"]) == size
    assert (processor.num_channels, processor.image_mean, processor.crop_box) == (3, mean, [0.1, 0.0, 0.9, 1.0])
    pretrained = ViTModel.from_pretrained(backbone).state_dict()
    assert all(torch.equal(value, pretrained[name]) for name, value in model.backbone.state_dict().items())


def test_a_backbone_that_takes_plain_pixels_gets_them(pairs: Pairs, backbone: Path) -> None:
    prepared_as(backbone, do_normalize=False)
    _, processor = build_model(ModelArguments(model=str(backbone), standardize=False), pairs)
    assert (processor.do_normalize, processor.do_standardize) == (False, False)


@pytest.mark.parametrize(("asked", "found"), [(None, True), (True, True), (False, False)])
def test_each_face_of_a_new_model_is_standardised_unless_that_is_not_wanted(
    pairs: Pairs, backbone: Path, asked: bool | None, found: bool
) -> None:
    for model in ("pwct", str(backbone)):
        assert build_model(ModelArguments(model=model, standardize=asked), pairs)[1].do_standardize is found


@pytest.mark.parametrize(("asked", "found"), [(None, SMOOTHING), (0.03, 0.03), (0.0, 0.0)])
def test_each_face_of_a_new_model_is_smoothed_as_is_asked_for(
    pairs: Pairs, backbone: Path, asked: float | None, found: float
) -> None:
    for model in ("pwct", "linear", str(backbone)):
        assert build_model(ModelArguments(model=model, smoothing=asked), pairs)[1].smoothing == found


@pytest.mark.parametrize("trained_with", [False, True])
def test_a_trained_model_gets_faces_as_it_was_trained_with(pairs: Pairs, tmp_path: Path, trained_with: bool) -> None:
    smoothing = 0.02 if trained_with else 0.0
    model, processor = build_model(tiny(tmp_path, standardize=trained_with, smoothing=smoothing), pairs)
    model.save_pretrained(tmp_path / "model")
    processor.save_pretrained(tmp_path / "model")
    for asked in (None, trained_with):
        chosen = ModelArguments(model=str(tmp_path / "model"), standardize=asked)
        again = build_model(chosen, pairs)[1]
        assert (again.do_standardize, again.smoothing) == (trained_with, smoothing)
    with pytest.raises(UsageError, match=r"^standardize cannot be changed in .*, a trained pairwise model"):
        build_model(ModelArguments(model=str(tmp_path / "model"), standardize=not trained_with), pairs)
    assert build_model(ModelArguments(model=str(tmp_path / "model"), smoothing=smoothing), pairs)
    with pytest.raises(UsageError, match=r"^smoothing cannot be changed in .*, a trained pairwise model"):
        build_model(ModelArguments(model=str(tmp_path / "model"), smoothing=0.01), pairs)


def test_low_rank_updates_leave_the_backbone_frozen(pairs: Pairs, backbone: Path) -> None:
    model, _ = build_model(ModelArguments(model=str(backbone), lora=True, fusion="subtraction"), pairs)
    learned = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert all("lora_" in name or not name.startswith("backbone") for name in learned)
    assert any("lora_" in name for name in learned)


def test_a_configuration_gives_new_weights(pairs: Pairs, tmp_path: Path) -> None:
    model, processor = build_model(tiny(tmp_path, fusion="concatenation"), pairs)
    assert model.config.fusion == "concatenation"
    assert (processor.num_channels, processor.image_mean) == (1, None)
    own = tmp_path / "own.json"
    PairwisePainConfig(architecture="pwct").to_json_file(own)
    model, _ = build_model(ModelArguments(model=str(own), action_units=["AU4"]), pairs)
    assert (model.config.architecture, model.config.action_units) == ("pwct", ["AU4"])


def test_the_configuration_of_a_pairwise_model_keeps_what_is_not_asked_for_otherwise(
    pairs: Pairs, tmp_path: Path
) -> None:
    own = tmp_path / "own.json"
    PairwisePainConfig(
        architecture="backbone", backbone_config=VIT, fusion="subtraction", action_units=["AU4"], pspi_head=True
    ).to_json_file(own)
    model, _ = build_model(ModelArguments(model=str(own)), pairs)
    config = model.config
    assert (config.fusion, config.lora, config.action_units, config.pspi_scale) == ("subtraction", None, ["AU4"], 16)
    model, _ = build_model(
        ModelArguments(model=str(own), fusion="concatenation", lora=True, action_units=["AU6"], pspi_head=True), pairs
    )
    config = model.config
    assert (config.fusion, config.lora, config.action_units, config.pspi_scale) == ("concatenation", {}, ["AU6"], 20)


def test_weights_that_a_model_comes_with_are_told_apart(pairs: Pairs, backbone: Path, tmp_path: Path) -> None:
    def digest() -> str | None:
        chosen = ModelArguments(model=str(backbone))
        torch.manual_seed(0)
        return initial_weights(chosen, build_model(chosen, pairs)[0])

    first = digest()
    assert first == digest()
    ViTModel(ViTConfig(**{**VIT, "num_channels": 3})).save_pretrained(backbone)  # type: ignore[arg-type]
    assert digest() not in (None, first)
    for new in (ModelArguments(), tiny(tmp_path)):
        assert initial_weights(new, build_model(new, pairs)[0]) is None


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"model_type": "bert"}', '{"model_type": "pairwise_pain", "x": {}']
)
def test_what_is_no_configuration_is_refused(pairs: Pairs, tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=r"not a configuration of a vision model|no model for BertConfig"):
        build_model(ModelArguments(model=str(path)), pairs)


def test_a_model_on_the_way_keeps_its_weights_and_takes_the_new_class_weights(pairs: Pairs, tmp_path: Path) -> None:
    model = PairwisePainForImageClassification(PairwisePainConfig(class_weights=[1.0, 9.0]))
    _, processor = build_model(ModelArguments(), pairs)
    for part in (model, processor):
        part.save_pretrained(tmp_path)
    again, found = build_model(ModelArguments(model=str(tmp_path), class_weights="none"), pairs)
    assert again.config.class_weights is None
    assert found.to_dict() == processor.to_dict()
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())
    with pytest.raises(
        UsageError, match=r"^image_size and lora cannot be changed in .*, a trained pairwise model; leave it out"
    ):
        build_model(ModelArguments(model=str(tmp_path), image_size=64, lora=True), pairs)
    with pytest.raises(UsageError, match=r"^fusion cannot be changed in "):
        build_model(ModelArguments(model=str(tmp_path), fusion="subtraction"), pairs)


def test_classes_weigh_alike(pairs: Pairs) -> None:
    labels = pairs.table["label"].to_numpy()
    rows = np.concatenate([np.flatnonzero(labels == 0)[:6], np.flatnonzero(labels == 1)[:2]])
    uneven = replace(pairs, splits={"train": rows})
    weights = class_weights(uneven)
    assert weights == pytest.approx([8 / 12, 8 / 4])
    assert weights[0] * 6 == pytest.approx(weights[1] * 2)
    assert build_model(ModelArguments(), uneven)[0].config.class_weights == weights
    assert build_model(ModelArguments(class_weights="none"), uneven)[0].config.class_weights is None


def test_every_action_unit_can_be_asked_for_at_once(pairs: Pairs) -> None:
    model, _ = build_model(ModelArguments(action_units=["all"]), pairs)
    assert model.config.action_units == pairs.action_units()


def test_the_scale_of_pspi_follows_the_annotations(pairs: Pairs) -> None:
    def scale(annotations: pa.Table) -> float:
        model, _ = build_model(ModelArguments(pspi_head=True), replace(pairs, annotations=annotations))
        return model.config.pspi_scale

    known = pairs.annotations
    assert known is not None
    closed = pc.cast(pc.greater(known["AU43"], 2), known["AU43"].type)
    place = known.column_names.index("AU43")
    assert scale(known) == 20  # eyes are closed from 0 to 5
    assert scale(known.set_column(place, "AU43", closed)) == 16  # or not, or wholly
    assert scale(known.drop_columns(["AU43"])) == 16


def test_the_file_of_a_configuration_may_stand_in_the_home(
    pairs: Pairs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(configuration(tmp_path).parent))
    assert build_model(ModelArguments(model="~/tiny.json"), pairs)[0].config.architecture == "backbone"


def changed(file: str, **values: Any) -> Callable[[Path], object]:
    """Put other values into a file of JSON."""
    return lambda folder: (folder / file).write_text(json.dumps({**json.loads((folder / file).read_text()), **values}))


def written(file: str, data: bytes) -> Callable[[Path], object]:
    """Put something else in a file's place."""
    return lambda folder: (folder / file).write_bytes(data)


def cut(file: str) -> Callable[[Path], object]:
    """Leave half of a file."""
    return lambda folder: (folder / file).write_bytes(
        (folder / file).read_bytes()[: (folder / file).stat().st_size // 2]
    )


CONFIG, WEIGHTS, PREPARATION = "config.json", "model.safetensors", "preprocessor_config.json"
DAMAGES: dict[str, Callable[[Path], object]] = {
    **{f"{file} {kind}": written(file, data) for file in (CONFIG, WEIGHTS, PREPARATION, LEARNED) for kind, data in {
        "empty": b"", "null": b"null", "a list": b"[]", "no text": bytes(range(256)), "nested": b"[" * 5000,
    }.items()},
    **{f"{file} cut": cut(file) for file in (CONFIG, WEIGHTS, PREPARATION, LEARNED)},
    "learned of nothing": written(LEARNED, b"{}"),
    "learned numbers": written(LEARNED, b'{"pair_id": [1]}'),
    "a type that torch has not": changed(CONFIG, dtype="float8"),
    "no heads": changed(CONFIG, fusion_heads=0),
    "classes that are no mapping": changed(CONFIG, id2label=3),
    "a backbone that is a word": changed(CONFIG, backbone_config="vit"),
    "four million layers": changed(CONFIG, backbone_config={**VIT, "num_hidden_layers": 4_000_000}),
    "another width": changed(CONFIG, backbone_config={**VIT, "hidden_size": 32}),
    "an unknown activation": changed(CONFIG, backbone_config={**VIT, "hidden_act": "none"}),
    "a size of words": changed(PREPARATION, size="large"),
    "a crop of nothing": changed(PREPARATION, crop_box=True),
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(pairs: Pairs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model, from which it is made; read-only by agreement."""
    made = tmp_path_factory.mktemp("saved")
    folder = made / "model"
    for part in build_model(tiny(made), pairs):
        part.save_pretrained(folder)
    (folder / LEARNED).write_text('{"pair_id": ["x"]}', encoding="utf-8")
    build_model(ModelArguments(model=str(folder)), pairs)
    return folder


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_model_folder_is_told_in_a_line(
    pairs: Pairs, saved: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    folder = Path(shutil.copytree(saved, tmp_path / "model"))
    damage(folder)
    with pytest.raises(UsageError) as caught:
        build_model(ModelArguments(model=str(folder)), pairs)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
