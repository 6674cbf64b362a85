"""The size that pictures are scaled to, in the ways in which transformers writes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers.image_processing_utils import get_size_dict
from transformers.image_transforms import get_size_with_aspect_ratio

from synpain_hf.errors import UsageError

_FORMS = ({"height", "width"}, {"shortest_edge"}, {"shortest_edge", "longest_edge"})


def size_of(given: Any) -> dict[str, int]:
    """A size as a dictionary: `height` and `width`, or `shortest_edge`, with which proportions are kept.

    Args:
        given: Such a dictionary, which may also have `longest_edge` as a limit beside `shortest_edge`; or a number, the
            side of a square; or a height and a width.

    Raises:
        UsageError: If it is anything else.
    """
    try:
        size = dict(given) if isinstance(given, Mapping) else dict(get_size_dict(given))
        size = {name: value for name, value in size.items() if value is not None}
        if set(size) in _FORMS and all(int(value) == value >= 1 for value in size.values()):
            return {name: int(value) for name, value in size.items()}
    except (TypeError, ValueError):
        pass
    raise UsageError(
        f"size is {given!r}; give a height and a width in pixels, or shortest_edge alone to keep the proportions"
    )


def scaled_to(size: Mapping[str, int], height: int, width: int) -> tuple[int, int]:
    """Height and width of a picture once it is scaled to a size."""
    if "height" in size:
        return size["height"], size["width"]
    scaled = get_size_with_aspect_ratio((height, width), size["shortest_edge"], size.get("longest_edge"))
    return int(scaled[0]), int(scaled[1])
