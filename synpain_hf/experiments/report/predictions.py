"""Reads `predictions.parquet`: what every model said of every pair that it was tested on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.experiments.statistics.worth import Booleans, Floats, Integers
from synpain_hf.text.plurals import count, noun_after
from synpain_hf.vocabulary import GROUPS

NAME = "predictions.parquet"
FACTOR = "factor_"

_WORDS = ("condition", "trained_on", "tested_on", "model", "dataset")
_COLUMNS: Mapping[str, pa.DataType] = {
    **dict.fromkeys((*_WORDS, "run", "pair_id", "identity"), pa.string()),
    "amount": pa.float64(),
    "fold": pa.int64(),
    "seed": pa.int64(),
    "label": pa.int64(),
    "score": pa.float64(),
    "threshold": pa.float64(),
    **dict.fromkeys(GROUPS, pa.string()),
}
_LONGEST = 200
_MAY_BE_NULL = frozenset(("amount", "fold", "threshold", *GROUPS))


@dataclass(frozen=True)
class Model:
    """A trained model within an arm.

    Attributes:
        fold: The fold that it was not trained on; None where there are none.
        seed: The seed of its training.
        rows: Shape (pairs,): its rows of the predictions.
    """

    fold: int | None
    seed: int
    rows: Integers


@dataclass(frozen=True)
class Arm:
    """What is compared: models that were trained alike and tested alike.

    Attributes:
        condition: The row of a table.
        trained_on: The groups that were trained on.
        tested_on: The groups that were tested on.
        model: The kind of model.
        dataset: The data set that was tested.
        amount: The share of the training pairs that was used; None where that was not varied.
        factors: The level of each factor, with its name.
        models: The models.
    """

    condition: str
    trained_on: str
    tested_on: str
    model: str
    dataset: str
    amount: float | None
    factors: tuple[tuple[str, str], ...]
    models: Sequence[Model] = field(compare=False, repr=False)

    def to_dict(self) -> dict[str, object]:
        """The arm as JSON-ready fields."""
        return {
            "condition": self.condition,
            "trained_on": self.trained_on,
            "tested_on": self.tested_on,
            "model": self.model,
            "dataset": self.dataset,
            "amount": self.amount,
            "factors": dict(self.factors),
        }


@dataclass(frozen=True)
class Predictions:
    """The predictions of an experiment. A pair has one number from 0 on, whoever judged it.

    Attributes:
        arms: In the order in which they come in the file.
        score: Shape (rows,).
        threshold: Shape (rows,): chosen on validation pairs; NaN where none was.
        pair: Shape (rows,): the number of the pair.
        positive: Shape (pairs,): whether it shows pain.
        identity: Shape (pairs,): the number of its identity.
        groups: For each column with groups, what each pair has there; shape (pairs,), -1 where that is not known.
        names: For each of these columns, the names of its groups.
    """

    arms: Sequence[Arm]
    score: Floats
    threshold: Floats
    pair: Integers
    positive: Booleans
    identity: Integers
    groups: Mapping[str, Integers]
    names: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, folder: Path) -> Predictions:
        """Read the predictions in a folder.

        Raises:
            BadInputError: If there are none, or they cannot be used; the error lists everything that is wrong.
        """
        table = _table(folder / NAME)
        _check(table)
        dataset, _ = _coded(table["dataset"])
        pair, first = _numbered(dataset, _coded(table["pair_id"])[0])
        identity, _ = _numbered(dataset, _coded(table["identity"])[0])
        label = table["label"].to_numpy().astype(np.int64)
        known = {name: _coded(table[name]) for name in GROUPS}
        _check_pairs(pair, first, {"label": label, "identity": identity, **{name: known[name][0] for name in known}})
        found = {name: (codes[first], names) for name, (codes, names) in known.items() if (codes >= 0).any()}
        return cls(
            arms=list(_arms(table, pair)),
            score=table["score"].to_numpy().astype(np.float64),
            threshold=table["threshold"].to_numpy(zero_copy_only=False).astype(np.float64),
            pair=pair,
            positive=label[first] == 1,
            identity=identity[first],
            groups={name: codes for name, (codes, _) in found.items()},
            names={name: names for name, (_, names) in found.items()},
        )


def _table(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path, memory_map=False)
    except FileNotFoundError:
        raise _bad("is missing; give the folder of an experiment that has run") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).partition("\n")[0][:_LONGEST]
        raise _bad(f"cannot be read as Parquet ({reason}); run the experiment again") from error
    lacking = [name for name in _COLUMNS if name not in table.column_names]
    if lacking:
        raise _bad(f"lacks the {noun_after(len(lacking), 'column')} {', '.join(lacking)}; run the experiment again")
    if not table.num_rows:
        raise _bad("has no rows; run the experiment to its end")
    factors = [name for name in table.column_names if name.startswith(FACTOR)]
    wanted = {**_COLUMNS, **dict.fromkeys(factors, pa.string())}
    columns = {name: _cast(table[name], kind) for name, kind in wanted.items()}
    problems = [
        Problem(NAME, f"{name} is {table[name].type}, which cannot be read as {wanted[name]}; correct it")
        for name, column in columns.items()
        if column is None
    ]
    if problems:
        raise BadInputError(problems)
    return pa.table(columns)


def _cast(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray | None:
    try:
        return column.cast(kind)
    except pa.ArrowException:
        return None


def _check(table: pa.Table) -> None:
    """Refuse what cannot be judged."""
    problems = [
        Problem(NAME, f"{name} is missing in {count(table[name].null_count, 'row')}; fill it in")
        for name in table.column_names
        if name not in _MAY_BE_NULL and not name.startswith(FACTOR) and table[name].null_count
    ]
    label, score = (table[name].drop_null().to_numpy() for name in ("label", "score"))
    for name, at_fault, fault, remedy in (
        ("label", ~np.isin(label, (0, 1)), "neither 0 nor 1", "correct it"),
        ("score", ~np.isfinite(score), "not finite", "train these models again"),
    ):
        if at_fault.any():
            problems.append(Problem(NAME, f"{name} is {fault} in {count(int(at_fault.sum()), 'row')}; {remedy}"))
    if problems:
        raise BadInputError(problems)


def _check_pairs(pair: Integers, first: Integers, columns: Mapping[str, Integers]) -> None:
    """Refuse pairs of which two rows say different things."""
    problems = []
    for name, values in columns.items():
        differ = np.unique(pair[values != values[first][pair]])
        if len(differ):
            reason = f"{name} of {count(len(differ), 'pair')} is not the same in all rows; give each pair one"
            problems.append(Problem(NAME, reason))
    if problems:
        raise BadInputError(problems)


def _arms(table: pa.Table, pair: Integers) -> Iterator[Arm]:
    factors = [name for name in table.column_names if name.startswith(FACTOR)]
    keys = [*_WORDS, "amount", *factors]
    coded = {name: _coded(table[name]) for name in keys}
    fold, seed = (_coded(table[name]) for name in ("fold", "seed"))
    arm, first = _numbered(*(codes for codes, _ in coded.values()))
    rows_of = _split(arm, len(first))
    for number in np.argsort(first, kind="stable").tolist():
        rows = rows_of[number]
        which, first_of = _numbered(fold[0][rows], seed[0][rows])
        models = []
        for mine in _split(which, len(first_of)):
            of_model = rows[mine]
            of_model = of_model[np.argsort(pair[of_model], kind="stable")]
            if len(np.unique(pair[of_model])) < len(of_model):
                raise _bad("has a pair twice for one model; give each pair of a condition, fold and seed one row")
            code = fold[0][of_model[0]]
            models.append(
                Model(
                    fold=None if code < 0 else int(fold[1][code]),
                    seed=int(seed[1][seed[0][of_model[0]]]),
                    rows=of_model,
                )
            )
        at = {name: (None if codes[rows[0]] < 0 else values[codes[rows[0]]]) for name, (codes, values) in coded.items()}
        yield Arm(
            **{name: str(at[name]) for name in _WORDS},
            amount=None if at["amount"] is None else float(at["amount"]),
            factors=tuple((name.removeprefix(FACTOR), str(at[name])) for name in factors if at[name] is not None),
            models=sorted(models, key=lambda one: (-1 if one.fold is None else one.fold, one.seed)),
        )


def _coded(column: pa.ChunkedArray) -> tuple[Integers, list[str]]:
    """A number for each value, -1 where there is none, and the values, sorted: their order in the file is nobody's."""
    coded = pc.dictionary_encode(column.combine_chunks())
    order = pc.sort_indices(coded.dictionary).to_numpy()
    place = np.append(np.argsort(order), -1)  # that of a null is the last
    codes = coded.indices.fill_null(len(order)).to_numpy(zero_copy_only=False)
    return place[codes].astype(np.int64), coded.dictionary.take(pa.array(order)).to_pylist()


def _numbered(*codes: Integers) -> tuple[Integers, Integers]:
    """A number for each combination, and the first row that has it."""
    together = np.zeros(len(codes[0]), np.int64)
    for code in codes:
        _, together = np.unique(together * (int(code.max()) + 2) + code + 1, return_inverse=True)
    _, first, number = np.unique(together, return_index=True, return_inverse=True)
    return number.astype(np.int64), first.astype(np.int64)


def _split(number: Integers, many: int) -> list[Integers]:
    """The rows of each number, in their order."""
    order = np.argsort(number, kind="stable")
    return np.split(order, np.cumsum(np.bincount(number, minlength=many))[:-1])


def _bad(reason: str) -> BadInputError:
    return BadInputError([Problem(NAME, reason)])
