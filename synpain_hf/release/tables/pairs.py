"""The pairs: one row per identity, with its neutral and its expressive face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

from synpain_hf.configurations import CONFIGURATIONS, FOLDS, Partition
from synpain_hf.release.tables.table import PAIR_ID, Aspect, Bumps, Table
from synpain_hf.release.versions import Bump
from synpain_hf.vocabulary import CLASSES, FACES, GROUPS

if TYPE_CHECKING:
    from datasets import Features


@cache
def features() -> Features:
    """The columns, in their order, as `datasets` types."""
    from datasets import ClassLabel, Features, Image, Value

    return Features(
        {
            PAIR_ID: Value("string"),
            **{face: Image() for face in FACES},
            **{column: ClassLabel(names=list(names)) for column, names in CLASSES.items()},
            "fold": Value("int8"),
            "provenance": {
                **{f"{face}_{part}": Value("string") for face in FACES for part in ("file", "sha256")},
                **{name: Value("string") for name in ("generator", "prompt")},
                "seed": Value("int64"),
                "gutter_start": Value("int32"),
                "gutter_stop": Value("int32"),
            },
        }
    )


_MEANINGS = {
    PAIR_ID: "The identity; in official data the ten digits of the file name.",
    "neutral": "The neutral face of the identity.",
    "expressive": "Its other face, which shows what the label says.",
    "label": (
        "What the expressive face shows, as the source says; `no_pain` is another expression, never a neutral face."
    ),
    "age_group": "The age group of the identity, as the source says.",
    "gender": "The gender of the identity, as the source says.",
    "ethnicity": "The ethnicity of the identity, as the source says.",
    "fold": "The fold of the cross-validation.",
    "provenance": "Where the pair comes from.",
    "provenance.neutral_file": "The source's file that the neutral face comes from.",
    "provenance.neutral_sha256": "The SHA-256 of that file.",
    "provenance.expressive_file": "The source's file that the expressive face comes from.",
    "provenance.expressive_sha256": "The SHA-256 of that file.",
    "provenance.generator": "What made the faces; null where unknown.",
    "provenance.prompt": "The text they were made from; null where unknown.",
    "provenance.seed": "The generator's seed; null where unknown.",
    "provenance.gutter_start": (
        "The first column of the source's picture that belongs to neither face; null for two pictures."
    ),
    "provenance.gutter_stop": "The column after the last of these.",
}


def _is_partition(file: str) -> bool:
    try:
        partition = Partition.of(file)
    except ValueError:
        return False
    return 0 <= partition.fold < FOLDS and all(getattr(partition, column) in CLASSES[column] for column in GROUPS)


def _told_by_place(file: str) -> Mapping[str, object]:
    return asdict(Partition.of(file))


PAIRS = Table(
    name="pairs",
    folder="data",
    key=(PAIR_ID,),
    features=features,
    meanings=_MEANINGS,
    configurations=CONFIGURATIONS,
    bumps=Bumps(
        rows_added=Bump.MINOR,
        rows_removed=Bump.MAJOR,
        values=Bump.MAJOR,
        columns_added=Bump.MINOR,
        columns_removed=Bump.MAJOR,
        columns_changed=Bump.MAJOR,
    ),
    aspects=(
        Aspect("pixels", FACES, "with other pixels", Bump.MAJOR),
        Aspect("labels", ("label", *GROUPS), "with another label or group", Bump.MAJOR),
        Aspect("folds", ("fold",), "moved to another fold", Bump.MAJOR),
        Aspect("provenance", ("provenance",), "with another provenance", Bump.PATCH),
    ),
    keeps=True,
    content_field="content",
    is_place=_is_partition,
    told_by_place=_told_by_place,
)
