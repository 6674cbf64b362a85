"""PwCT is the published network, layer by layer."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainConfig
from tests.modeling.made import faces, on_backbone, pairs, pwct

SHAPES = {
    "shared.convolution.weight": (64, 1, 5, 5),
    "shared.convolution.bias": (64,),
    "shared.norm.weight": (64,),
    "shared.norm.bias": (64,),
    "middle.convolution.weight": (128, 64, 5, 5),
    "middle.convolution.bias": (128,),
    "middle.norm.weight": (128,),
    "middle.norm.bias": (128,),
    "deep.convolution.weight": (128, 128, 5, 5),
    "deep.convolution.bias": (128,),
    "deep.norm.weight": (128,),
    "deep.norm.bias": (128,),
    "hidden.weight": (200, 4608),
    "hidden.bias": (200,),
    "output.weight": (2, 200),
    "output.bias": (2,),
}


def test_every_layer_has_the_published_shape() -> None:
    assert {name: tuple(weight.shape) for name, weight in pwct().pwct.named_parameters()} == SHAPES


@pytest.mark.parametrize(
    ("config", "count"),
    [
        ({}, 1_539_162),
        ({"pspi_head": True, "action_units": ["AU4", "AU6"]}, 1_539_765),
        ({"published_outputs": 7}, 1_540_167),
        ({"published_outputs": 40}, 1_546_800),
    ],
)
def test_it_has_so_many_parameters(config: dict[str, object], count: int) -> None:
    model = pwct(**config)
    assert sum(weight.numel() for weight in model.parameters()) == count


def test_features_have_the_published_shape_at_every_stage() -> None:
    network = pwct().eval().pwct
    seen: dict[str, tuple[int, ...]] = {}

    def note(name: str) -> None:
        def hook(_module: nn.Module, _given: object, found: torch.Tensor) -> None:
            seen.setdefault(name, tuple(found.shape))

        network.get_submodule(name).register_forward_hook(hook)

    for name in ("shared", "middle", "deep", "hidden", "output"):
        note(name)
    network.output(network(torch.rand(2, 1, 160, 160), torch.rand(2, 3, 1, 160, 160)).pooled)
    assert seen == {
        "shared": (2, 64, 78, 78),
        "middle": (6, 128, 35, 35),
        "deep": (6, 128, 13, 13),
        "hidden": (6, 200),
        "output": (2, 3, 2),
    }


def test_it_does_what_its_description_says() -> None:
    network = pwct().eval().pwct
    with torch.no_grad():
        for name, values in network.state_dict().items():
            if name.endswith(("running_mean", "norm.bias")):
                values.normal_()
            if name.endswith(("running_var", "norm.weight")):
                values.uniform_(0.5, 1.5)
    target, reference = torch.rand(2, 1, 160, 160), torch.rand(2, 1, 160, 160)
    state = network.state_dict()

    def step(features: torch.Tensor, layer: str, stride: int = 1) -> torch.Tensor:
        features = nn.functional.conv2d(
            features, state[f"{layer}.convolution.weight"], state[f"{layer}.convolution.bias"], stride
        )
        statistics = (f"{layer}.norm.{name}" for name in ("running_mean", "running_var", "weight", "bias"))
        return nn.functional.batch_norm(features, *(state[name] for name in statistics)).relu()

    features = nn.functional.max_pool2d(step(target, "shared", 2) - step(reference, "shared", 2), 2)
    features = nn.functional.max_pool2d(step(features, "middle"), 2)
    features = nn.functional.max_pool2d(step(features, "deep"), 2).flatten(1)
    hidden = nn.functional.linear(features, state["hidden.weight"], state["hidden.bias"]).relu()
    expected = nn.functional.linear(hidden, state["output.weight"], state["output.bias"])
    found = network.output(network(target, reference.unsqueeze(1)).pooled).squeeze(1)
    torch.testing.assert_close(found, expected)


def test_the_unused_input_norm_changes_nothing() -> None:
    model = pwct().eval()
    both = faces(model)
    before = model(*both).logits
    model.pwct.unused_input_norm.running_mean += 7
    assert torch.equal(model(*both).logits, before)


@pytest.mark.parametrize("outputs", [7, 40])
def test_pspi_is_the_mean_of_the_last_three_clipped_outputs_of_either_network(outputs: int) -> None:
    model = pwct(published_outputs=outputs, pspi_threshold=0.2).eval()
    target, references = faces(model, 2, 3)
    with torch.no_grad():
        model.pwct.output.bias[-3:] = torch.tensor([-9.0, 1.0, 2.0])
        given = model.pwct.output(model.pwct(target, references).pooled)
        found = model(target, references)
    assert (given[..., -3] < 0).all()
    torch.testing.assert_close(found.pspi, given[..., -3:].clamp(min=0).mean((1, 2)))
    assert found.pspi.shape == (2,)
    torch.testing.assert_close(found.logits, torch.stack([torch.zeros(2), found.pspi - 0.2], dim=1))


def test_the_last_output_alone_is_pspi_where_that_is_asked_for() -> None:
    model = pwct(published_outputs=7, published_pspi_outputs=1).eval()
    target, reference = faces(model)
    with torch.no_grad():
        model.pwct.output.bias[-1] = 4
        given = model.pwct.output(model.pwct(target, reference.unsqueeze(1)).pooled)
    torch.testing.assert_close(model(target, reference).pspi, given[:, 0, -1])


def test_a_published_network_can_be_trained_on_by_pspi() -> None:
    model = pwct(published_outputs=40)
    batch = pairs(model, 2)
    del batch["action_units"]
    model(**batch).loss.backward()
    gradient = model.pwct.output.bias.grad
    assert gradient is not None
    assert not gradient[:-3].any()
    assert gradient[-3:].all()


def test_published_names_belong_to_pwct_alone() -> None:
    with pytest.raises(UsageError, match="only 'pwct' has published names"):
        on_backbone().pwct_state_dict()


def test_it_has_no_gradient_checkpointing_and_says_so() -> None:
    with pytest.raises(UsageError, match="PwCT has no gradient checkpointing; leave it out"):
        pwct().gradient_checkpointing_enable()


def test_the_default_configuration_is_pwct() -> None:
    assert PairwisePainConfig().architecture == "pwct"
