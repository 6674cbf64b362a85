"""What the metric is given, checked and brought into arrays: rows with a label, a score, and their groups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import (
    Booleans,
    Floats,
    GroupColumns,
    Integers,
    absent_in,
    as_array,
    as_floats,
    as_scores,
    of_length,
    refuse,
    sized,
)
from .errors import InputError
from .labels import Classes, read_labels
from .members import Members, read_members
from .shared_rows import shared_rows

MISSING = "(missing)"
"""The name of the group of rows whose value is missing."""

JOINED_BY = " & "
"""What stands between the names in the name of an intersection."""

MOST_INTERSECTIONS = 300
"""Of attributes: 8 at depth 8 have 247."""

MOST_GROUPS = 2_000
"""Of an attribute; one with more is an id of rows rather than a group of them."""

_MOST_UNEVEN = 1e15
"""The most that the largest weight may be as a multiple of the smallest: the digits of a 64-bit float."""


@dataclass(frozen=True)
class Attribute:
    """A way of sorting the rows into groups.

    Attributes:
        name: Its name, such as `gender`, or `age_group & gender` for an intersection.
        groups: For every group the value of each attribute: `{"gender": "man"}`.
        codes: Shape (rows,): the group of each row, an index into `groups`.
    """

    name: str
    groups: list[dict[str, str]]
    codes: Integers

    @property
    def names(self) -> list[str]:
        """The names of the groups, such as `man`, or `old & man`."""
        return [join_names(group.values()) for group in self.groups]


@dataclass(frozen=True)
class Rows:
    """What was given, checked.

    Attributes:
        positive: Shape (rows,): whether the row is of the positive class.
        scores: Shape (rows,): the score, higher for positive.
        attributes: The attributes, without intersections.
        overlapping: Groups that may overlap.
        weights: Shape (rows,): sample weights; None where all are 1.
        clusters: Shape (rows,): which rows depend on each other, from 0; None where none do.
        baseline: Shape (rows,): the scores of a model to compare with; None without one.
        classes: What the classes are called.
        control: Attributes within whose groups the AUROC is also measured.
    """

    positive: Booleans
    scores: Floats
    attributes: list[Attribute]
    overlapping: list[Members] = field(default_factory=list)
    weights: Floats | None = None
    clusters: Integers | None = None
    baseline: Floats | None = None
    classes: Classes = field(default_factory=Classes)
    control: list[Attribute] = field(default_factory=list)


def join_names(names: Iterable[str]) -> str:
    """One name of several, such as `old & man`; a part that could be taken for several is quoted."""
    parts = list(names)
    return JOINED_BY.join(json.dumps(part) if len(parts) > 1 and JOINED_BY in part else part for part in parts)


def read(
    references: Any,
    scores: Any,
    groups: Any,
    *,
    attributes: Sequence[str] | None = None,
    positive: Any = None,
    missing: str = "group",
    sample_weight: Any = None,
    clusters: Any = None,
    baseline_scores: Any = None,
    overlapping: str | Sequence[str] | None = None,
    control: Sequence[str] = (),
) -> Rows:
    """Check what was given.

    Args:
        references: The labels, shape (rows,); two values, of which `positive` is one.
        scores: The scores, shape (rows,).
        groups: Columns (a mapping, a data frame, a table, a data set), or one mapping a row; None for no groups.
        attributes: The columns of `groups` that are attributes; by default all that serve as nothing else.
        positive: The value of the positive class; None where the labels tell.
        missing: `group` makes a group of the rows whose value is missing, `error` refuses them.
        sample_weight: Positive weights, shape (rows,), or the name of a column of `groups`.
        clusters: Ids of what the rows belong to, shape (rows,), or the name of a column of `groups`.
        baseline_scores: Another model's scores, shape (rows,), or the name of a column of `groups`.
        overlapping: The columns of `groups` that say which rows belong to groups that may overlap.
        control: Columns of `groups` that are attributes of `Rows.control`.

    Raises:
        InputError: If something cannot be used.
    """
    values = as_scores(scores, "scores")
    count = len(values)
    if not count:
        raise InputError("there are no rows: references and scores are empty")
    labels, classes = read_labels(references, positive, count)
    table = GroupColumns(groups, count)
    chosen = {"sample_weight": sample_weight, "clusters": clusters, "baseline_scores": baseline_scores}
    may_overlap = [overlapping] if isinstance(overlapping, str) else list(overlapping or [])
    taken = {value for value in chosen.values() if isinstance(value, str)} | {*may_overlap, *control}
    columns = {name: table.column(value, name) if isinstance(value, str) else value for name, value in chosen.items()}
    if attributes is not None and not isinstance(attributes, Iterable):
        raise InputError(f"attributes is {attributes!r}; give names of columns of groups")
    names = [name for name in table.names if name not in taken] if attributes is None else list(map(str, attributes))
    for name in names:
        if names.count(name) > 1 or JOINED_BY in str(name):
            raise InputError(
                f"the attribute {name!r} is named twice, or like an intersection; give each a name of its own without "
                f"{JOINED_BY.strip()!r} between blanks"
            )
    weights, baseline = (
        None if columns[name] is None else of_length(numbers(columns[name], name), name, count)
        for name, numbers in (("sample_weight", as_floats), ("baseline_scores", as_scores))
    )
    return Rows(
        positive=labels,
        scores=values,
        attributes=[
            _attribute(name, table.column(name, "attributes"), table.class_names(name), missing) for name in names
        ],
        overlapping=read_members(table, may_overlap),
        weights=None if weights is None else _scaled(weights),
        clusters=None if columns["clusters"] is None else _clusters(columns["clusters"], count),
        baseline=baseline,
        classes=classes,
        control=[_attribute(name, table.column(name, "control"), table.class_names(name), missing) for name in control],
    )


def read_validation(validation: Any, rows: Rows, positive: Any) -> tuple[Booleans, Floats]:
    """The labels and scores of a validation set.

    Args:
        validation: A mapping with `references` and `scores`.
        rows: What is reported on, which the validation set must not be.
        positive: The value of the positive class.

    Raises:
        InputError: If the set cannot be used.
    """
    if not isinstance(validation, Mapping) or set(validation) != {"references", "scores"}:
        raise InputError("validation must be a mapping with 'references' and 'scores'")
    scores = as_scores(validation["scores"], "validation scores")
    labels, _ = read_labels(validation["references"], positive, len(scores), "validation references")
    if not labels.any():
        raise InputError("the validation set has no positive row, so it cannot choose a threshold; give another one")
    same = len(labels) == len(rows.positive) and (np.sort(scores) == np.sort(rows.scores)).all()
    if same and (np.sort(scores[labels]) == np.sort(rows.scores[rows.positive])).all():
        raise InputError(
            "the validation set is the set that is reported on, which would flatter the results; choose the threshold "
            "on other rows"
        )
    if shared := shared_rows(rows.positive, rows.scores, labels, scores):
        raise InputError(
            f"the validation set shares rows with the set that is reported on, which would flatter the results: "
            f"{shared:,} pairs of rows have the same label and score, far more than by chance; choose the threshold on "
            "other rows"
        )
    return labels, scores


def check_number_of_intersections(attributes: int, depth: int) -> None:
    """Refuse to report on more combinations of attributes than anybody reads.

    Raises:
        InputError: If there are more than `MOST_INTERSECTIONS`.
    """
    number = sum(comb(attributes, size) for size in range(2, min(depth, attributes) + 1))
    if number > MOST_INTERSECTIONS:
        raise InputError(
            f"{attributes} attributes have {number:,} intersections at depth {depth}, more than the "
            f"{MOST_INTERSECTIONS} that are reported on; give a smaller depth, or fewer attributes"
        )


def intersections(attributes: Sequence[Attribute], depth: int) -> tuple[list[Attribute], dict[str, int]]:
    """The intersections of two attributes and more, up to `depth` of them; only groups that have rows.

    Returns:
        Those of up to `MOST_GROUPS` groups, and how many groups each of the others has, by name.
    """
    found, too_large = [], {}
    for size in range(2, min(depth, len(attributes)) + 1):
        for chosen in combinations(attributes, size):
            name = join_names(attribute.name for attribute in chosen)
            codes, first = _crossed(chosen)
            if len(first) > MOST_GROUPS:
                too_large[name] = len(first)
            else:
                found.append(Attribute(name, [_values(chosen, row) for row in first], codes))
    return found, too_large


def _crossed(attributes: Sequence[Attribute]) -> tuple[Integers, Integers]:
    """The group of each row, and the first row of each group."""
    codes = np.zeros_like(attributes[0].codes)
    for attribute in attributes:
        _, codes = np.unique(codes * len(attribute.groups) + attribute.codes, return_inverse=True)
    return codes, np.unique(codes, return_index=True)[1]


def _values(attributes: Sequence[Attribute], row: int) -> dict[str, str]:
    """The value of each attribute in a row."""
    return {name: value for each in attributes for name, value in each.groups[each.codes[row]].items()}


def _check_number(name: str, groups: int) -> None:
    if groups > MOST_GROUPS:
        raise InputError(
            f"the attribute {name!r} has {groups:,} groups, more than {MOST_GROUPS:,}; if it is an id, name it as "
            "clusters, or leave it out with attributes=[…]"
        )


def _scaled(weights: Floats) -> Floats:
    """Weights with the greatest between 1/2 and 1, so that no product is out of range; only their ratios matter."""
    refuse(weights <= 0, "sample_weight", "not greater than 0", "leave those rows out")
    least, greatest = float(weights.min()), float(weights.max())
    if least < greatest / _MOST_UNEVEN:
        raise InputError(
            f"sample_weight ranges from {least:g} to {greatest:g}, so that rows with the smallest are lost in any "
            "sum; check the unit of the weights, or leave those rows out"
        )
    _, exponent = np.frexp(greatest)
    return np.asarray(np.ldexp(weights, -exponent))  # by a power of two, which rounds nothing


def _attribute(name: str, given: Any, class_names: list[str] | None, missing: str) -> Attribute:
    values = as_array(given, f"the group column {name!r}")
    absent = absent_in(values, class_names)
    if missing == "error":
        refuse(absent, f"the group column {name!r}", "missing", "fill them in, or give missing='group'")
    names, known_codes = _coded(values[~absent])
    if class_names is not None:
        names = [class_names[int(text)] for text in names]
    names = [json.dumps(text) if text == MISSING else text for text in names]
    codes = np.full(len(values), len(names), np.int64)
    codes[~absent] = known_codes
    _check_number(name, len(names))
    return Attribute(name, [{name: text} for text in [*names, *[MISSING] * bool(absent.any())]], codes)


def _coded(values: npt.NDArray[Any]) -> tuple[list[str], Integers]:
    """Distinct values as text, in the same order whatever held them, and of each row the index into them."""
    if values.dtype.kind not in "OU":
        distinct, codes = np.unique(values, return_inverse=True)
        return [str(value) for value in distinct.tolist()], codes.astype(np.int64)
    texts = list(map(str, values))
    names = sorted(set(texts), key=_natural)
    index = {text: code for code, text in enumerate(names)}
    return names, np.fromiter(map(index.__getitem__, texts), np.int64, len(texts))


def _natural(text: str) -> tuple[bool, float, str]:
    """Numbers by their value, before words by the alphabet."""
    try:
        return (False, float(text), text)
    except ValueError:
        return (True, 0.0, text)


def _clusters(given: Any, count: int) -> Integers:
    values = as_array(of_length(sized(given, "clusters"), "clusters", count), "clusters")
    refuse(absent_in(values), "clusters", "missing", "give every row the id of what it belongs to")
    return _coded(values)[1]
