"""What validation shows: pictures side by side, and how far they are from the truth."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from PIL import Image

from synpain_hf.generation.transfer.methods.learned.pixels import as_pixels

_ROWS: Final = 8
_LEAST_SIDE: Final = 128
_COLUMNS: Final = ("neutral", "control", "bent")
_QUALITY: Final = 90


def errors_of(given: Mapping[str, torch.Tensor], drawn: torch.Tensor) -> dict[str, float]:
    """The root mean square error within the face, of 255, of what was drawn, of the bent face and of the neutral one.

    Args:
        given: The pictures of the examples, as in `Batch`.
        drawn: What was drawn, of the shape of `given["target"]`.
    """
    mask = given["mask"]
    compared = {"drawn": drawn, "bent": given["bent"], "neutral": given["neutral"]}
    found = {}
    for name, pictures in compared.items():
        squares = ((pictures - given["target"]) * 127.5).square() * mask
        found[name] = round(float((squares.sum() / (3 * mask.sum())).sqrt()), 3)
    return found


def sheet(given: Mapping[str, torch.Tensor], drawn: torch.Tensor) -> bytes:
    """A JPEG of the first few examples, each a row: neutral, control, bent, drawn, target.

    Args:
        given: The pictures of the examples, as in `Batch`.
        drawn: What was drawn, of the shape of `given["target"]`.
    """
    columns = [*(given[name] for name in _COLUMNS), drawn, given["target"]]
    stacked = [np.concatenate(list(as_pixels(one[:_ROWS])), axis=0) for one in columns]
    picture = Image.fromarray(np.concatenate(stacked, axis=1))
    times = -(-_LEAST_SIDE // drawn.shape[-1])
    if times > 1:
        picture = picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
