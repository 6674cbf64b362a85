"""Columns of predictions, checked: labels, numbers, groups. What is wrong is collected, line by line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.metrics.subgroup_auroc.arrays import LAST_WHOLE, differ_beyond_floats
from synpain_hf.metrics.subgroup_auroc.labels import NEGATIVES, POSITIVES, must_be_said
from synpain_hf.tabular.columns import Coded, Column, TableFile
from synpain_hf.text.plurals import noun_after
from synpain_hf.text.suggestions import nearest
from synpain_hf.vocabulary import GROUPS

MOST_GROUPS = 2_000
"""Of one attribute: what the metric needs grows with their square, and a column with more holds something else."""

_NO_LABELS = ("nan", "na", "<na>")
_TRUTH: dict[Any, bool | None] = {"true": True, "false": False, "": None}
_PROBLEMS_LISTED = 20
_NAMES_SHOWN = 30
_VALUES_SHOWN = 5
_LONGEST_SHOWN = 40
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class ClassColumn:
    """Classes as integers, with their names where the metric looks for them, so that they keep their order."""

    def __init__(self, codes: npt.NDArray[np.int64], names: list[str]) -> None:
        self._codes = codes
        self.features = SimpleNamespace(names=names)

    def __len__(self) -> int:
        return len(self._codes)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self._codes, dtype, copy=copy)


@dataclass
class Columns:
    """Columns of one file, by what they are for.

    Attributes:
        table: The file.
        problems: What is wrong with the columns that were read.
    """

    table: TableFile
    problems: list[Problem] = field(default_factory=list)

    def require(self, uses: Mapping[str, str]) -> None:
        """Refuse a file that lacks a column.

        Args:
            uses: What each column is for.

        Raises:
            BadInputError: If some are missing.
        """
        lacking = [name for name in uses if name not in self.table.names]
        if lacking:
            raise BadInputError(
                Problem(self.table.name, f"has no column {name!r}; {self._instead(name, uses[name])}")
                for name in lacking
            )

    def attributes(self, asked: Sequence[str] | None, used: Iterable[str | None], *, needed: bool = True) -> list[str]:
        """The columns that hold groups.

        Args:
            asked: Names, also several in one text with commas; None for those that SynPAIN has.
            used: Columns that serve something else.
            needed: Whether there must be one.

        Raises:
            BadInputError: If one is missing, or nothing was asked for and none is there.
        """
        if asked is None:
            found = [name for name in GROUPS if name in self.table.names and name not in set(used)]
            if not found and needed:
                reason = f"has none of the columns {', '.join(GROUPS)}; name those with groups (groups); {self._has}"
                raise BadInputError([Problem(self.table.name, reason)])
            return found
        return self.listed(asked, "groups")

    def listed(self, asked: Sequence[str], use: str) -> list[str]:
        """Columns by name; one text may hold several names with commas.

        Args:
            asked: The names.
            use: What they are for.

        Raises:
            BadInputError: If one is missing.
        """
        names = dict.fromkeys(name for text in asked for name in self._split(text))
        self.require(dict.fromkeys(names, use))
        return list(names)

    def labels(self, name: str, positive: object = None, *, against_rest: bool = False) -> ClassColumn:
        """Which rows are of the positive class: 1, and 0 for the others, with what both classes are called.

        Args:
            name: The column.
            positive: The label of the positive class, or the number of its ClassLabel; None for one of `POSITIVES`, or
                the second of two ClassLabels.
            against_rest: Take all other labels, however many, as the negative class.

        Returns:
            Classes as `subgroup_auroc` takes them; it warns where the second ClassLabel was taken as positive.

        Raises:
            UsageError: If it is not clear which label is positive.
        """
        texts, codes = self._texts(name)
        words = [None if text is None or text.casefold() in _NO_LABELS else _word(text) for text in texts]
        distinct = list(dict.fromkeys(word for word in words if word is not None))
        index = {word: code for code, word in enumerate(distinct)}
        which = np.asarray([-1 if word is None else index[word] for word in words])[codes]
        counts = np.bincount(which[which >= 0], minlength=len(distinct))
        present = [distinct[code] for code in np.argsort(-counts, kind="stable") if counts[code]]
        wanted = self._positives(name, positive)
        others = [word for word in present if word not in wanted]
        if others == present and (others[1:] or not set(others) <= set(NEGATIVES)):
            raise UsageError(
                f"{self.table.name}: {name} has the {noun_after(len(others), 'value')} {_listed(others)}, but not "
                f"{' or '.join(sorted(wanted))}; say which is positive ({{positive}})",
                mentions=["positive"],
            )
        if positive is None and len(others) == 1 and must_be_said(set(present) - set(others), others[0]):
            raise UsageError(
                f"{self.table.name}: {name} has the values {_listed(sorted(present))}, and it is not clear which is "
                "positive; name it ({positive})",
                mentions=["positive"],
            )
        kept = [word for word in present if word in {*wanted, *others[:1]}]
        kept = present if against_rest else kept
        odd = np.asarray([word is not None and word not in kept for word in words])[codes]
        beside = f"beside {_listed(kept)}; a label has two values"
        self._refuse(which < 0, name, lambda _: ("is missing", "fill it in, or leave the row out"))
        self._refuse(odd, name, lambda row: (f"is {distinct[which[row]]!r}, {beside}", "leave such rows out"))
        spelt = {word: text for text, word in zip(texts, words, strict=True) if text is not None and word is not None}
        by_class = [
            next((spelt[word].strip().removesuffix(".0") for word in present if (word in wanted) == of_positive), "")
            for of_positive in (False, True)
        ]
        by_class[1] = by_class[1] or min(wanted)
        by_class[0] = "the rest" if against_rest else by_class[0]
        return ClassColumn(np.asarray([word in wanted for word in words], np.int64)[codes], by_class)

    def _positives(self, name: str, positive: object) -> set[str]:
        classes = [_word(each) for each in self.table.class_names.get(name, [])]
        if positive is None:
            second = {classes[1]} if len(classes) == 2 and not set(classes) & set(POSITIVES) else None
            return second or set(POSITIVES)
        word = _word(str(positive))
        if word not in classes and word.isdecimal() and int(word) < len(classes):
            word = classes[int(word)]
        return {word}

    def numbers(self, name: str, *, above_zero: bool = False, ranked: bool = False) -> npt.NDArray[np.float64]:
        """A column of finite numbers; NaN where it holds something else.

        Args:
            name: The column.
            above_zero: Refuse the others.
            ranked: Refuse different numbers that are the same 64-bit float.
        """
        given = self.table.numerals(name)
        values = _floats(self.table, name, given)
        unfit = ~np.isfinite(values)
        if above_zero:
            unfit |= values <= 0

        def says(row: int) -> tuple[str, str]:
            value = given[row] if isinstance(given, list) else given[row].as_py()
            if value is None or (isinstance(value, str) and not value.strip()):
                return "is missing", "fill it in, or leave the row out"
            if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()):
                return f"is {value.strip()!r}, with a decimal comma", "write points, or semicolons between the cells"
            if _float(value) is None:
                return f"is {_short(repr(value))}, not a number", "correct it, or leave the row out"
            kind = "not finite" if not np.isfinite(values[row]) else "not above 0"
            return f"is {_short(str(value))}, {kind}", "correct it, or leave the row out"

        self._refuse(unfit, name, says)
        if ranked:
            self._refuse(
                self._beyond_floats(name, given, values), name,
                lambda _: ("is the same 64-bit float as another value, but differs", "subtract the smallest from all"),
            )  # fmt: skip
        return values

    def _beyond_floats(self, name: str, given: Column, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which whole numbers are too large to be told apart as floats."""
        large = np.flatnonzero(np.abs(values) >= LAST_WHOLE)
        some = [given[row] for row in large] if isinstance(given, list) else self.table.listed(name, given.take(large))
        found = np.zeros(len(values), np.bool_)
        found[large] = differ_beyond_floats(values[large], np.fromiter(some, object, len(some)))
        return found

    def groups(self, name: str, missing: str) -> ClassColumn | npt.NDArray[np.object_]:
        """The group of each row, as the metric takes it.

        Args:
            name: The column.
            missing: `error` refuses rows without a group.
        """
        texts, codes = self._texts(name)
        count = len(set(texts) - {None})
        if count > MOST_GROUPS:
            reason = f"the column {name!r} has {count:,} groups; name one with at most {MOST_GROUPS:,}"
            self.problems.append(Problem(self.table.name, reason))
        self._refuse(
            np.asarray([text is not None and bool(_LONE_SURROGATE.search(text)) for text in texts])[codes],
            name, lambda _: ("holds half a character (a lone surrogate)", "correct it"),
        )  # fmt: skip
        if missing == "error":
            self._refuse_missing(name, texts, codes, "fill it in, or let such rows be a group (missing)")
        classes = self.table.class_names.get(name)
        if classes is None:
            return np.array(texts, object)[codes]
        return ClassColumn(np.asarray([-1 if text is None else classes.index(text) for text in texts])[codes], classes)

    def memberships(self, name: str) -> list[Any]:
        """For each row the names of its groups, or whether it belongs to that of the column, as the metric takes them.

        Args:
            name: The column: lists, true and false, or shares from 0 to 1.
        """
        given = self.table.listed(name, self.table.numerals(name))
        values = [_membership(value) for value in given]
        unfit = [
            isinstance(value, (str, dict)) or (isinstance(value, float) and not 0 <= value <= 1) for value in values
        ]
        self._refuse(
            np.asarray(unfit, np.bool_), name,
            lambda row: (
                f"is {_short(repr(given[row]))}, neither true or false nor a share from 0 to 1",
                "correct it; lists of names need JSON Lines or Parquet",
            ),
        )  # fmt: skip
        return values

    def ids(self, name: str) -> npt.NDArray[np.int64]:
        """A number for each distinct value of a column."""
        texts, codes = self._texts(name)
        self._refuse_missing(name, texts, codes, "say what the row belongs to, or leave it out")
        index = {text: code for code, text in enumerate(dict.fromkeys(texts))}
        return np.asarray([index[text] for text in texts])[codes]

    def repeats(self, name: str) -> bool:
        """Whether a column is there, has a value in every row, and the same one in several rows."""
        if name not in self.table.names:
            return False
        try:
            texts, codes = self.table.coded(name)
        except BadInputError:  # it holds several values in a row, and so names no one
            return False
        there = {texts[code] for code in np.unique(codes).tolist()}
        return None not in there and len(there) < len(codes)

    def _texts(self, name: str) -> Coded:
        """A column as texts, its classes by their names."""
        texts, codes = self.table.coded(name)
        classes = self.table.class_names.get(name)
        if classes is None:
            return texts, codes
        numbers = [-1 if text is None else int(text) for text in texts]  # `datasets` writes -1 for none
        self._refuse(
            np.asarray(numbers)[codes] >= len(classes),
            name, lambda row: (f"is {texts[codes[row]]}, but has the classes 0 to {len(classes) - 1}", "correct it"),
        )  # fmt: skip
        return [classes[number] if 0 <= number < len(classes) else None for number in numbers], codes

    def _refuse_missing(self, name: str, texts: list[str | None], codes: npt.NDArray[np.int64], remedy: str) -> None:
        missing = np.asarray([text is None for text in texts])[codes]
        self._refuse(missing, name, lambda _: ("is missing", remedy))

    def _refuse(self, at_fault: npt.NDArray[np.bool_], name: str, says: Callable[[int], tuple[str, str]]) -> None:
        """Note a problem for each row at fault, the first ones by themselves.

        Args:
            at_fault: Shape (rows,).
            name: The column.
            says: Cause and remedy for a row.
        """
        rows = np.flatnonzero(at_fault).tolist()
        for row in rows[:_PROBLEMS_LISTED]:
            cause, remedy = says(row)
            self.problems.append(self.table.problem(row, f"{name} {cause}", remedy))
        if len(rows) > _PROBLEMS_LISTED:
            reason = f"{len(rows):,} rows have a {name} that cannot be used; the first {_PROBLEMS_LISTED} are listed"
            self.problems.append(Problem(self.table.name, reason))

    def _split(self, text: str) -> list[str]:
        """The names in a text: the text itself where a column is called so, else what stands between its commas."""
        if text in self.table.names:
            return [text]
        return [part.strip() for part in text.split(",")]

    def _instead(self, name: str, use: str) -> str:
        near = nearest(name, self.table.names)
        meant = f"did you mean {near!r}? " if near else ""
        return f"{meant}name the right one ({use}); {self._has}"

    @property
    def _has(self) -> str:
        names = [repr(name) for name in self.table.names[:_NAMES_SHOWN]]
        left = len(self.table.names) - len(names)
        return f"the file has {', '.join(names) or 'none'}{f' and {left:,} more' if left else ''}"


def candidates(asked: Sequence[str] | None) -> set[str]:
    """Every name that `Columns.attributes` may look for."""
    if asked is None:
        return set(GROUPS)
    return {name for text in asked for name in (text, *(part.strip() for part in text.split(",")))}


def _membership(value: Any) -> Any:
    """Whether, or to what share, a row belongs to a group, also from text; any other value as it is."""
    if value is None or isinstance(value, (list, bool)):
        return value
    word = value.strip().casefold() if isinstance(value, str) else value
    if word in _TRUTH:
        return _TRUTH[word]
    number = _float(value)
    return (None if math.isnan(number) else number) if number is not None else value


def _word(text: str) -> str:
    """A label, whatever its capitals; a whole number without its fraction."""
    number = _float(text)
    return str(int(number)) if number is not None and number.is_integer() else text.strip().casefold()


def _floats(table: TableFile, name: str, given: Column) -> npt.NDArray[np.float64]:
    """A column as numbers; NaN where it holds none."""
    if not isinstance(given, list):
        try:
            return np.asarray(given.cast(pa.float64(), safe=False).to_numpy(), np.float64)
        except pa.ArrowException:  # at the first text that is not a number, or for a type without numbers
            given = table.listed(name, given)
    return np.asarray([_float(value) for value in given], np.float64)  # None becomes NaN


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _listed(words: Sequence[str]) -> str:
    shown = [_short(repr(word)) for word in words[:_VALUES_SHOWN]]
    left = len(words) - len(shown)
    return ", ".join(shown) + f" and {left:,} more" * bool(left)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
