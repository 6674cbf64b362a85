"""`Pairs`, what is trained on: every pair's labels and groups, its split, where its faces are, and its annotations."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.release.identities import units_of
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.training.data.learned_from import LearnedFrom
from synpain_hf.vocabulary import CLASSES, DERIVED_FROM, FACES, GROUPS, IDENTITY

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

NEEDED = ("pair_id", *FACES, "label")
"""Columns that pairs cannot be trained on without."""

PSPI = "pspi"
"""The column with the pain score that the source gives."""

WELCOME = (IDENTITY, DERIVED_FROM, *GROUPS, "fold", PSPI)
"""Columns that come along where they exist."""

_UNIT = re.compile(r"AU\d+")
"""The name of an intensity; presence, evidence and approximations of a unit have longer ones."""

JUDGED = FACES[1]
"""The face whose annotations are learned: the other one is the reference."""


class Part(Protocol):
    """A file, or a split, that holds the faces of some pairs."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The columns `neutral` and `expressive`, as structs with the encoded `bytes`, at most so many rows at a time.

        Raises:
            ReleaseError: If the file is damaged, or is not the one that the release names.
        """


@dataclass(frozen=True)
class Pairs:
    """All pairs of a data set, and which of them are in each split of a configuration.

    A configuration is positions only, so that all configurations of a release share one preparation.

    Attributes:
        title: What the data set is, in a few words.
        content: What tells the pairs and their order from any others.
        table: `pair_id`, `label` and, where known, `identity`, `derived_from`, `age_group`, `gender`, `ethnicity`,
            `fold` and `pspi` of every pair; classes are integers, as in `synpain_hf.vocabulary.CLASSES`.
        splits: The positions in `table` of the pairs of each split.
        parts: Where the faces are; one after the other, they are in the order of `table`.
        annotations: One row a face: `pair_id`, `face` (an integer, as in `FACES`), action units, `pspi`, `annotator`;
            None where nothing is known.
        pictures: The SHA-256 of the files that each pair was made of, `neutral` and `expressive`, in the order of
            `table`; None where nothing is known.
        shown: Which prepared faces a model sees of each pair, of shape (pairs, 2), first that to judge, then its
            reference: twice the position of the pair that the face is of, and 1 more for its expressive face. None for
            each pair's own two.
        learned_from: What the weights that drew the faces have learned from; None where none did, or nothing is known.

    Raises:
        BadInputError: If a pair or an identity is in two splits, or a pair twice in one, or its label is unknown.
    """

    title: str
    content: str
    table: pa.Table
    splits: Mapping[str, Positions]
    parts: Sequence[Part]
    annotations: pa.Table | None = None
    pictures: pa.Table | None = None
    shown: Positions | None = None
    learned_from: LearnedFrom | None = None

    def __post_init__(self) -> None:
        problems = [*(list(self._crossing()) or self._identities_crossing()), *self._unlabelled()]
        if problems:
            raise BadInputError(problems)

    def positions(self, split: str) -> Positions:
        """The positions in `table` of the pairs of a split.

        Raises:
            UsageError: If there is no such split.
        """
        if split not in self.splits:
            near = did_you_mean(split, self.splits)
            raise UsageError(f"{self.title} has no split {split!r} here{near}; it has {', '.join(self.splits)}")
        return self.splits[split]

    def digest(self) -> str:
        """What tells these splits, and the faces that are shown of them, from those of any other data set."""
        digest = hashlib.sha256(self.content.encode())
        ids = self.table["pair_id"]
        for split, positions in sorted(self.splits.items()):
            digest.update("\n".join([f"\n{split}:", *ids.take(positions).to_pylist()]).encode())
            if self.shown is not None:
                digest.update(self.shown[positions].astype("<i8").tobytes())
        return digest.hexdigest()

    def action_units(self) -> list[str]:
        """The names of the action units that are annotated."""
        return [] if self.annotations is None else list(filter(_UNIT.fullmatch, self.annotations.column_names))

    def targets(
        self, *, pspi: bool = False, action_units: Sequence[str] = (), annotator: str | None = None
    ) -> dict[str, Floats]:
        """What is annotated of the expressive face of every pair, in the order of `table`.

        Args:
            pspi: Whether the pain score is wanted; where nothing is annotated, it is that of the source.
            action_units: The action units that are wanted, in the order in which the model gives them.
            annotator: Whose annotations; None for the only one's.

        Returns:
            `pspi` of shape (pairs,) and `action_units` of shape (pairs, units), intensities from 0 to 5, where
            they are wanted; NaN where they are not known.

        Raises:
            UsageError: If there are no annotations, or none of a unit or by the annotator, or several annotators.
            BadInputError: If an annotator has annotated one face twice.
        """
        if pspi and self.annotations is None and annotator is None and PSPI in self.table.column_names:
            score = pc.fill_null(self.table[PSPI].cast("float32"), np.nan).to_numpy()
            return {PSPI: score, **self.targets(action_units=action_units)}
        wanted = [*(["pspi"] if pspi else []), *action_units]
        if not wanted:
            return {}
        known = self._annotated(wanted, annotator)
        rows = {pair_id: row for row, pair_id in enumerate(known["pair_id"].to_pylist())}
        place = np.array([rows.get(pair_id, -1) for pair_id in self.table["pair_id"].to_pylist()])
        values = {
            name: np.append(pc.fill_null(known[name].cast("float32"), np.nan).to_numpy(), np.float32(np.nan))[place]
            for name in wanted
        }  # the last value, of position -1, is that of a pair without a row
        targets = {"pspi": values["pspi"]} if pspi else {}
        if action_units:
            targets["action_units"] = np.stack([values[unit] for unit in action_units], axis=1)
        return targets

    def measured(self, annotator: str | None = None) -> list[str]:
        """What `targets` can give: `pspi`, and action units by their names.

        Args:
            annotator: Whose annotations; None for the only one's.
        """
        if self.annotations is None:
            return [PSPI] if annotator is None and PSPI in self.table.column_names else []
        if annotator is not None and annotator not in self.annotations["annotator"].to_pylist():
            return []
        return [*([PSPI] if PSPI in self.annotations.column_names else []), *self.action_units()]

    def known_targets(
        self, *, pspi: bool = False, action_units: Sequence[str] = (), annotator: str | None = None
    ) -> dict[str, Floats]:
        """As `targets`, with NaN for all that nobody has annotated here, as where another data set has more.

        Raises:
            UsageError: If there are several annotators, and none is named.
            BadInputError: If an annotator has annotated one face twice.
        """
        measured = self.measured(annotator)
        units = [unit for unit in action_units if unit in measured]
        found = self.targets(pspi=pspi and PSPI in measured, action_units=units, annotator=annotator)
        unknown = np.full(self.table.num_rows, np.nan, np.float32)
        known = dict(zip(units, found["action_units"].T, strict=True)) if units else {}
        targets = {PSPI: found.get(PSPI, unknown)} if pspi else {}
        if action_units:
            targets["action_units"] = np.stack([known.get(unit, unknown) for unit in action_units], axis=1)
        return targets

    def _annotated(self, wanted: Iterable[str], annotator: str | None) -> pa.Table:
        """The annotations of the expressive faces, one row a pair."""
        if self.annotations is None:
            raise UsageError(f"{self.title} has no annotations of action units; train on labels alone, or annotate it")
        unknown = [name for name in wanted if name not in self.annotations.column_names]
        if unknown:
            known_units = self.action_units()
            slips = ", ".join(f"{name}{did_you_mean(name, known_units)}" for name in unknown)
            raise UsageError(f"{self.title} has no annotations of {slips}; there are {', '.join(known_units)}")
        known = self.annotations.filter(pc.equal(self.annotations["face"], FACES.index(JUDGED)))
        annotators = sorted(set(known["annotator"].to_pylist()))
        there = ", ".join(map(repr, annotators))
        if annotator is None and len(annotators) > 1:
            fault = f"{self.title} has annotations by {there}; give one of these as {{annotator}}"
            raise UsageError(fault, mentions=["annotator"])
        if annotator is not None and annotator not in annotators:
            near = did_you_mean(annotator, annotators)
            raise UsageError(
                f"{self.title} has no annotations by {annotator!r}{near}, only by {there}; name one of them"
            )
        if annotator is not None:
            known = known.filter(pc.equal(known["annotator"], annotator))
        twice = [pair_id for pair_id, count in Counter(known["pair_id"].to_pylist()).items() if count > 1]
        if twice:
            reason = f"has several rows of annotations of its {JUDGED} face by one annotator; keep one of them"
            raise BadInputError(Problem(self.title, f"pair {pair_id} {reason}", pair_id) for pair_id in twice)
        return known

    def _crossing(self) -> Iterator[Problem]:
        ids = self.table["pair_id"].to_pylist()
        seen: dict[str, str] = {}
        for split, positions in self.splits.items():
            for position in positions.tolist():
                pair_id = ids[position]
                where = seen.setdefault(pair_id, split) if pair_id in seen else ""
                seen[pair_id] = split
                if where == split:
                    yield Problem(self.title, f"pair {pair_id} is twice in {split}; keep it once", pair_id)
                elif where:
                    yield Problem(
                        self.title,
                        f"pair {pair_id} is in {where} and in {split}, so the same person would be trained and tested "
                        "on; keep it in one of them",
                        pair_id,
                    )

    def persons(self, positions: Positions) -> list[set[str]]:
        """Whom each of some pairs shows, and whose expression was transferred, where one was."""
        identities = [{identity} for identity in identities_in(self.table)]
        for persons, origin in zip(identities, origins_in(self.table), strict=True):
            persons.update({origin} if origin is not None else ())
        return [identities[position] for position in positions.tolist()]

    def _identities_crossing(self) -> Iterator[Problem]:
        units, identities = units_in(self.table), identities_in(self.table)
        seen: dict[str, tuple[str, str]] = {}
        told: set[tuple[str, str]] = set()
        for split, positions in self.splits.items():
            for position in positions.tolist():
                identity = identities[position]
                other, where = seen.setdefault(units[position], (identity, split))
                if where != split and (identity, split) not in told:
                    told.add((identity, split))
                    joined = "" if other == identity else f", joined to {other} by {DERIVED_FROM},"
                    yield Problem(
                        self.title,
                        f"identity {identity}{joined} is in {where} and in {split}, so the same person would be "
                        "trained and tested on; keep each person in one of them",
                    )

    def _unlabelled(self) -> Iterator[Problem]:
        known = range(len(CLASSES["label"]))
        for pair_id, label in zip(self.table["pair_id"].to_pylist(), self.table["label"].to_pylist(), strict=True):
            if pair_id is None or label not in known:
                told = f"pair {shown(str(pair_id))} has the label {shown(str(label))}"
                reason = f"{told}, which is neither 0 nor 1; label it, or leave it out"
                yield Problem(self.title, reason, str(pair_id))


def identities_in(table: pa.Table) -> list[str]:
    """Who each pair shows: its `identity`, or where that is not known its `pair_id`."""
    ids: list[str] = table["pair_id"].to_pylist()
    if IDENTITY not in table.column_names:
        return ids
    found = table[IDENTITY].to_pylist()
    return [pair_id if identity is None else str(identity) for pair_id, identity in zip(ids, found, strict=True)]


def origins_in(table: pa.Table) -> list[str | None]:
    """Whose expression each pair shows, by its `derived_from`; None where it is the person's own."""
    if DERIVED_FROM not in table.column_names:
        return [None] * table.num_rows
    return [None if origin is None else str(origin) for origin in table[DERIVED_FROM].to_pylist()]


def units_in(table: pa.Table) -> list[str]:
    """What each pair is split with: identities linked by `derived_from` are one unit."""
    identities = identities_in(table)
    if DERIVED_FROM not in table.column_names:
        return identities
    unit_of = units_of(zip(identities, origins_in(table), strict=True))
    return [unit_of[identity] for identity in identities]
