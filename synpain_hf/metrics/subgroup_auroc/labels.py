"""Labels: which rows are of the positive class, and what that class is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import Booleans, absent_in, as_array, class_names_of, is_missing, list_rows, of_length, refuse
from .errors import InputError

POSITIVES = ("1", "true", "pain")
"""Words, in any capitals, that are positive unless another one is named."""

NEGATIVES = ("0", "false", "no_pain")
"""Words that may stand alone: data that have only these have no positive rows, and no other word for them."""

_BESIDE_ONE = (*NEGATIVES, "-1")
"""Labels beside which 1 is clearly positive; beside 2 it could as well be the first of two classes."""

_VALUES_SHOWN = 10


@dataclass(frozen=True)
class Classes:
    """The two classes.

    Attributes:
        positive: What the positive class is called.
        other: What the other one is called; None where no row has it.
        by_place: Whether the positive class was chosen as the second of two, not by its name.
    """

    positive: str = "1"
    other: str | None = "0"
    by_place: bool = False


def must_be_said(positives: set[str], other: str) -> bool:
    """Whether it would be a guess which of two labels is positive.

    Args:
        positives: What was taken for positive, as words.
        other: The other label, as a word.
    """
    return positives == {"1"} and other not in _BESIDE_ONE


def read_labels(given: Any, positive: Any, count: int, name: str = "references") -> tuple[Booleans, Classes]:
    """Which rows are of the positive class.

    Args:
        given: The labels, shape (rows,).
        positive: The value of the positive class; of texts, 1 stands for each of `POSITIVES`. None for 1 and for the
            second of two ClassLabels, where it is known that this is the positive class.
        count: How many rows there must be.
        name: What messages call the labels.

    Returns:
        Whether each row is of the positive class, shape (rows,), and what the classes are called.

    Raises:
        InputError: If one is missing, or they have more than two values, or it is not clear which is positive, or
            `positive` is not one value.
    """
    positive = None if positive is None else _one_value(positive)
    class_names = class_names_of(given)
    values = as_array(given, name)
    of_length(values, name, count)
    refuse(absent_in(values, class_names), name, "missing", "leave those rows out")
    if class_names is not None and isinstance(positive, str):
        values, class_names = np.asarray(class_names)[values.astype(np.int64)], None
    wanted = 1 if positive is None else positive
    chosen = _chosen(values, wanted)
    rest = values[~chosen].astype(str) if values.dtype == object else values[~chosen]
    others, counts = np.unique(rest, return_counts=True)
    if positive is None:
        _refuse_to_guess(values, chosen, class_names, name)
    if len(others) > 1:
        odd = np.flatnonzero(~chosen)[rest != others[counts.argmax()]]
        raise InputError(
            f"{name} must have two values, {wanted!r} for positive and another one, but also has "
            f"{', '.join(map(str, others[:_VALUES_SHOWN]))}: rows {list_rows(odd)}; say which is with positive=…"
        )
    if not chosen.any() and len(others) and _word(str(others[0])) not in _BESIDE_ONE:
        raise InputError(
            f"{name} has the value {others[0]} only, and never {wanted!r}; name the positive value with positive=…"
        )
    of_one, of_other = (_shown(values[part], class_names) for part in (chosen, ~chosen))
    by_place = positive is None and class_names is not None and (of_one or "").casefold() not in POSITIVES
    return chosen, Classes(of_one or _name_of(wanted, class_names), of_other, by_place and of_one is not None)


def _refuse_to_guess(values: npt.NDArray[Any], chosen: Booleans, class_names: list[str] | None, name: str) -> None:
    """Refuse two labels of which either could be the positive one; ClassLabels have an order, and are reported on."""
    if class_names is not None:
        return
    distinct = list(dict.fromkeys(values.tolist()))
    words = {_word(str(value)) for value in values[chosen].tolist()}
    others = {_word(str(value)) for value in values[~chosen].tolist()}
    if len(distinct) == 2 and (len(others) == 2 or any(must_be_said(words, other) for other in others)):
        first, second = sorted(distinct, key=str)
        raise InputError(
            f"{name} has the values {first!r} and {second!r}, and it is not clear which is positive; give "
            f"positive={first!r} or positive={second!r}"
        )


def _shown(values: npt.NDArray[Any], class_names: list[str] | None) -> str | None:
    """What a class is called, by its first row; None for no row."""
    return _name_of(values[0], class_names) if len(values) else None


def _name_of(value: Any, class_names: list[str] | None) -> str:
    if class_names is not None:
        return str(class_names[int(value)]) if int(value) < len(class_names) else str(value)
    return str(value).strip().removesuffix(".0")


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
