"""Scores of more than two classes: a report of each class against all others together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import absent_in, as_array, class_names_of, of_length, refuse, sized
from .compute import subgroup_auroc
from .errors import InputError
from .report import Report

if TYPE_CHECKING:
    import pandas as pd

_REST = "the rest"


class Reports(dict[str, Report]):
    """A report of every class against the rest, by the name of the class."""

    @property
    def macro_auroc(self) -> float | None:
        """The mean of the classes' AUROCs, each counted alike; None where one of them is not known."""
        values = [report["overall"]["auroc"] for report in self.values()]
        return None if None in values else float(np.mean(values))

    def to_frame(self) -> pd.DataFrame:
        """All of `Report.to_frame`, one class after the other; `positive` has the class."""
        import pandas as pd

        frame: pd.DataFrame = pd.concat([report.to_frame() for report in self.values()], ignore_index=True)
        return frame

    def to_markdown(self, digits: int = 3) -> str:
        """All of `Report.to_markdown`; each table says which class is positive."""
        return "\n\n".join(report.to_markdown(digits) for report in self.values())

    def to_text(self, width: int = 80, digits: int = 3) -> str:
        """All of `Report.to_text`."""
        return "\n\n".join(report.to_text(width, digits) for report in self.values())


def one_against_the_rest(
    *,
    references: Any,
    scores: Any,
    classes: Sequence[Any] | None = None,
    validation: Mapping[str, Any] | None = None,
    **options: Any,
) -> Reports:
    """Report on every class against all others together, by group.

    P values are corrected within each report, not over the classes.

    Args:
        references: The labels, shape (rows,).
        scores: Of each class, higher for it: a mapping from the values of the classes to scores, shape (rows,) each,
            or an array of shape (rows, classes).
        classes: The values of the classes, in the order of an array's columns; by default the labels' own in their
            order, as in scikit-learn, or those of a ClassLabel.
        validation: Other rows' references and scores in the same form, on which each class's threshold is chosen.
        **options: The other arguments of `subgroup_auroc`, except `positive`.

    Returns:
        A report by the name of the class.

    Raises:
        InputError: A ValueError, if the input cannot be used.

    Example:
        >>> reports = one_against_the_rest(
        ...     references=["cat", "dog", "cow", "cat", "dog", "cow"],
        ...     scores={
        ...         "cat": [0.8, 0.1, 0.3, 0.6, 0.5, 0.2],
        ...         "dog": [0.1, 0.7, 0.2, 0.3, 0.2, 0.3],
        ...         "cow": [0.1, 0.2, 0.5, 0.1, 0.3, 0.5],
        ...     },
        ... )
        >>> {name: report["overall"]["auroc"] for name, report in reports.items()}
        {'cat': 1.0, 'dog': 0.75, 'cow': 1.0}
    """
    if "positive" in options:
        raise InputError("positive is given, but each class is positive in its own report; leave it out")
    labels, by_class = _by_class(references, scores, classes)
    held_out = None if validation is None else _held_out(validation, list(by_class))
    return Reports(
        {
            name: subgroup_auroc(
                references=_Against(name, labels == name),
                scores=of_class,
                positive=name,
                validation=None if held_out is None else held_out[name],
                **options,
            )
            for name, of_class in by_class.items()
        }
    )


class _Against(list[int]):
    """Labels of one class against the rest, that know what both are called."""

    def __init__(self, name: str, is_class: Iterable[bool]):
        super().__init__(int(each) for each in is_class)
        self.features = SimpleNamespace(names=[_REST if name != _REST else f"not {_REST}", name])


def _by_class(references: Any, scores: Any, classes: Sequence[Any] | None) -> tuple[Any, dict[str, Any]]:
    """Labels as names of their classes, and the scores of each class by its name."""
    names = class_names_of(references)
    values = as_array(references, "references")
    refuse(absent_in(values, names), "references", "missing", "leave those rows out")
    labels = np.array([names[value] if names else str(value) for value in values.tolist()], object)
    if isinstance(scores, Mapping):
        _check_distinct(scores)
        by_class = {str(name): of_class for name, of_class in scores.items()}
    else:
        table = np.asarray(sized(scores, "scores"))
        if classes is None:
            _check_distinct(set(values.tolist()))
            classes = names or np.unique(values).tolist()
        if table.ndim != 2 or table.shape[1] != len(classes):
            raise InputError(
                f"scores have the shape {table.shape}, and there are {len(classes)} classes; give a column for each "
                "class, or name the classes"
            )
        _check_distinct(classes)
        by_class = {str(name): table[:, index] for index, name in enumerate(classes)}
    if unknown := sorted(set(labels) - set(by_class)):
        raise InputError(f"the class {unknown[0]!r} has no scores, only {', '.join(by_class)}; give its scores too")
    for name, of_class in by_class.items():
        of_length(sized(of_class, f"the scores of {name!r}"), f"the scores of {name!r}", len(labels))
    return labels, by_class


def _check_distinct(classes: Iterable[Any]) -> None:
    """Refuse classes of which two are written alike, such as 1 and `1`."""
    names = [str(each) for each in classes]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"the class {twice[0]!r} is there twice; give each class once, as values of one type")


def _held_out(validation: Any, names: list[str]) -> dict[str, dict[str, Any]]:
    """The validation set of every class."""
    if not isinstance(validation, Mapping) or set(validation) != {"references", "scores"}:
        raise InputError("validation must be a mapping with 'references' and 'scores'")
    labels, by_class = _by_class(validation["references"], validation["scores"], names)
    return {name: {"references": _Against(name, labels == name), "scores": by_class[name]} for name in names}
