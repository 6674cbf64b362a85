"""Labels: which rows are of the positive class."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import Booleans, absent_in, as_array, class_names_of, is_missing, list_rows, of_length, refuse
from .errors import InputError

POSITIVES = ("1", "true", "pain")
"""Words, in any capitals, that are positive unless another one is named."""

NEGATIVES = ("0", "false", "no_pain")
"""Words that may stand alone: data that have only these have no positive rows, and no other word for them."""

_VALUES_SHOWN = 10


def read_labels(given: Any, positive: Any, count: int, name: str = "references") -> Booleans:
    """Which rows are of the positive class.

    Args:
        given: The labels, shape (rows,).
        positive: The value of the positive class; of texts, 1 stands for each of `POSITIVES`.
        count: How many rows there must be.
        name: What messages call the labels.

    Raises:
        InputError: If one is missing, or they have more than two values, or only one that may be either, or `positive`
            is not one value.
    """
    positive = _one_value(positive)
    class_names = class_names_of(given)
    values = as_array(given, name)
    of_length(values, name, count)
    refuse(absent_in(values, class_names), name, "missing", "leave those rows out")
    if class_names is not None and isinstance(positive, str):
        values = np.asarray(class_names)[values.astype(np.int64)]
    chosen = _chosen(values, positive)
    rest = values[~chosen].astype(str) if values.dtype == object else values[~chosen]
    others, counts = np.unique(rest, return_counts=True)
    if len(others) > 1:
        odd = np.flatnonzero(~chosen)[rest != others[counts.argmax()]]
        raise InputError(
            f"{name} must have two values, {positive!r} for positive and another one, but has also "
            f"{', '.join(map(str, others[:_VALUES_SHOWN]))}: rows {list_rows(odd)}; say which is with positive=…"
        )
    if not chosen.any() and len(others) and _word(str(others[0])) not in NEGATIVES:
        raise InputError(
            f"{name} has the value {others[0]} only, and never {positive!r}; name the positive value with positive=…"
        )
    return chosen


def _one_value(positive: Any) -> Any:
    """The value of the positive class; of an array without dimensions what it holds."""
    if isinstance(positive, np.ndarray) and positive.ndim == 0:
        positive = positive.item()
    several = hasattr(positive, "__len__") and not isinstance(positive, (str, bytes))
    if several or is_missing(positive):
        what = f"of type {type(positive).__name__}" if several else repr(positive)
        raise InputError(f"positive is {what}; give one value, such as 1 or 'pain'")
    return positive


def _chosen(values: npt.NDArray[Any], positive: Any) -> Booleans:
    is_text = values.dtype.kind in "US" or (values.dtype == object and all(isinstance(v, str) for v in values))
    if is_text and not isinstance(positive, str) and positive == 1:
        words, codes = np.unique(values.astype(str), return_inverse=True)
        return np.asarray([_word(word) in POSITIVES for word in words.tolist()], np.bool_)[codes]
    kinds_fit = values.dtype == object or is_text == isinstance(positive, str)
    return np.asarray(values == positive, dtype=np.bool_) if kinds_fit else np.zeros(len(values), np.bool_)


def _word(text: str) -> str:
    """A label, whatever its capitals; a whole number without its fraction."""
    return text.strip().casefold().removesuffix(".0")
