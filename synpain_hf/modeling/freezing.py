"""Weights that training cannot reach, and should not be asked to."""

from __future__ import annotations

import torch

from synpain_hf.modeling.modeling_pairwise import PairwisePainForImageClassification


def freeze_unused(model: PairwisePainForImageClassification, height: int, width: int) -> list[str]:
    """Stop training the weights of which no output of the model depends.

    Some backbones have such weights: a token for masked pictures, or a norm or pooling layer behind the tokens that are
    taken here. An optimizer would keep a place for them, and `DistributedDataParallel` would wait for their gradients.

    One pair goes through the model and back, in evaluation, where no layer is dropped at random and no statistics are
    kept. But for `requires_grad`, the model is as it was, its gradients and modes too, and so are torch's random
    numbers. Loading a model makes its weights trained again: call this for every training.

    Args:
        model: The model; changed in place.
        height: Height of the faces that it will be trained on, in pixels.
        width: Their width.

    Returns:
        The names of the weights that were trained until now.
    """
    trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    modes = [(module, module.training) for module in model.modules()]
    face = torch.full((1, model.num_channels, height, width), 0.5, device=model.device)
    model.eval()
    try:
        with torch.random.fork_rng([model.device] if model.device.type == "cuda" else []), torch.enable_grad():
            output = model(
                pixel_values=face, reference_pixel_values=face, output_attentions=False, output_hidden_states=False
            )
            scores = [score.sum() for score in output.values()]
            gradients = torch.autograd.grad(scores, list(trained.values()), allow_unused=True)
    finally:
        for module, mode in modes:
            module.training = mode
    unused = [name for name, gradient in zip(trained, gradients, strict=True) if gradient is None]
    for name in unused:
        trained[name].requires_grad_(False)
    return unused
