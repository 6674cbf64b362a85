"""What `transfer` leaves: a manifest that `build` takes, and what stands beside it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synpain_hf.pair import Annotation
from synpain_hf.sources.transferred import write_transferred
from synpain_hf.transferring.choosing import Couple
from synpain_hf.transferring.notes import generator_of
from synpain_hf.vocabulary import GROUPS

MANIFEST = "manifest.csv"

_LONGEST_ID = 100
_KEPT_OF_LONG = 60
_COLUMNS = (
    "pair_id", "identity", "derived_from", "neutral", "expressive", "label", *GROUPS, "age", "expression",
    "source_label", "pspi", "fold", "generator", "prompt", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class NewPair:
    """A pair that was made.

    Attributes:
        couple: Whose neutral face and whose expression it has.
        neutral: Where its neutral picture is, in the folder of the manifest.
        expressive: Where its other picture is.
        prompt: The text that the other picture is drawn from; None where there is none.
    """

    couple: Couple
    neutral: str
    expressive: str
    prompt: str | None = None

    @property
    def pair_id(self) -> str:
        """What it is called."""
        return pair_id_of(self.couple)


def pair_id_of(couple: Couple) -> str:
    """What a new pair is called: both pairs that it is made of; a long name is cut, and has a digest of the whole.

    Args:
        couple: Whose neutral face and whose expression it has.
    """
    both = f"{couple.identity.pair_id}-{couple.driver.pair_id}"
    if len(both) > _LONGEST_ID:
        return f"{both[:_KEPT_OF_LONG]}-{hashlib.sha256(both.encode()).hexdigest()[:32]}"
    return both


def write_manifest(folder: Path, pairs: Sequence[NewPair], notes: Mapping[str, Any]) -> list[str]:
    """Write the manifest, and what stands beside it.

    Args:
        folder: Where the pictures are.
        pairs: The pairs.
        notes: How they were made, as `schemas/transfer.schema.json` says.

    Returns:
        The files, by their names.
    """
    rows = [_row(pair, notes) for pair in pairs]
    columns = [column for column in _COLUMNS if any(row[column] is not None for row in rows)]
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        table.writerows([["" if row[column] is None else row[column] for column in columns] for row in rows])
    known = {pair.pair_id: annotations for pair in pairs if (annotations := _annotations(pair.couple))}
    return [MANIFEST, *write_transferred(folder, notes, known)]


def _row(pair: NewPair, notes: Mapping[str, Any]) -> dict[str, Any]:
    identity, driver = pair.couple.identity, pair.couple.driver
    shown = driver.annotations.get("expressive")
    return {
        "pair_id": pair.pair_id,
        "identity": identity.identity,
        "derived_from": driver.identity,
        "neutral": pair.neutral,
        "expressive": pair.expressive,
        "label": driver.label,
        **identity.groups,
        "age": identity.known["age"],
        "expression": driver.known["expression"] or (shown.kind if shown else None),
        "source_label": driver.known["source_label"],
        "pspi": driver.known["pspi"],
        "fold": driver.fold,
        "generator": generator_of(notes),
        "prompt": pair.prompt,
        "seed": notes["seed"],
    }


def _annotations(couple: Couple) -> list[Annotation]:
    """What is known of both faces; of the second, what its driver showed."""
    neutral, shown = couple.identity.annotations.get("neutral"), couple.driver.annotations.get("expressive")
    return [replace(one, annotator=f"target: {one.annotator}") for one in (neutral, shown) if one]
