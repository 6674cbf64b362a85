"""The pairs: one row for an expressive face, with a neutral face of the same identity."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from synpain_hf.configurations import CONFIGURATIONS, EACH_PERSON, Partition, each_person
from synpain_hf.release.tables.table import PAIR_ID, Aspect, Bumps, Table
from synpain_hf.release.versions import Bump
from synpain_hf.vocabulary import CLASSES, DERIVED_FROM, FACES, GROUPS, IDENTITY, RELEASE_DATA

if TYPE_CHECKING:
    from datasets import Features


@cache
def features() -> Features:
    """All columns, in their order, as `datasets` types."""
    from datasets import ClassLabel, Features, Image, Value

    return Features(
        {
            PAIR_ID: Value("string"),
            IDENTITY: Value("string"),
            DERIVED_FROM: Value("string"),
            **{face: Image() for face in FACES},
            "label": ClassLabel(names=list(CLASSES["label"])),
            "source_label": Value("string"),
            "expression": Value("string"),
            "pspi": Value("float64"),
            **{column: ClassLabel(names=list(CLASSES[column])) for column in GROUPS},
            "age": Value("float64"),
            "fold": Value("int8"),
            "part": Value("int8"),
            "clip": Value("string"),
            "frame": Value("int64"),
            "time": Value("float64"),
            "provenance": {
                **{f"{face}_{part}": Value("string") for face in FACES for part in ("file", "sha256")},
                **{name: Value("string") for name in ("generator", "prompt")},
                "seed": Value("int64"),
                "gutter_start": Value("int32"),
                "gutter_stop": Value("int32"),
            },
        }
    )


GIVEN = (DERIVED_FROM, "source_label", "expression", "pspi", "age", "part", "clip", "frame", "time")
"""The columns that a release has only where its source says something in them.

A column that is null in every row would tell nothing, and would change the files of everybody whose source lacks it.
`identity` is not among them: splits, clusters and joins ask for it whatever the source is.
"""

_MEANINGS = {
    PAIR_ID: "The pair; in official data the ten digits of the file name.",
    IDENTITY: "Who is shown; never on two sides of a split. In official data every pair shows another identity.",
    DERIVED_FROM: "The identity whose expression was transferred to this one; on the same side of every split.",
    "neutral": "The neutral face of the identity.",
    "expressive": "Its other face, which shows what the label says.",
    "source_label": "The label in the words of the source, where these differ.",
    "expression": "The kind of expression, such as `pain` or `happy`, as the source says.",
    "pspi": (
        "The pain score of Prkachin and Solomon of the expressive face, "
        "AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43, 0 to 16."
    ),
    "age": "The age of the identity in years.",
    "part": "The part of the official download.",
    "clip": "The video that the expressive face is a frame of.",
    "frame": "The number of the frame in its video, as the source counts; from 0 where it comes from the video itself.",
    "time": "The time of the frame in its video, in seconds.",
    "label": "What the expressive face shows, as the source says; `no_pain` is anything else than pain.",
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
        return Partition.of(file).is_possible
    except ValueError:
        return False


def _told_by_place(file: str) -> Mapping[str, object]:
    partition = Partition.of(file)
    return {"fold": partition.fold, **partition.groups}


PAIRS = Table(
    name="pairs",
    folder=RELEASE_DATA,
    key=(PAIR_ID,),
    features=features,
    meanings=_MEANINGS,
    configurations={**CONFIGURATIONS, EACH_PERSON: each_person},
    optional=(IDENTITY, *GIVEN),
    nullable=GROUPS,
    bumps=Bumps.of_data(),
    aspects=(
        Aspect("pixels", FACES, "with other pixels", Bump.MAJOR),
        Aspect("labels", ("label", *GROUPS), "with another label or group", Bump.MAJOR),
        Aspect("identities", (IDENTITY, DERIVED_FROM), "with another identity", Bump.MAJOR),
        Aspect("folds", ("fold",), "moved to another fold", Bump.MAJOR),
        Aspect("provenance", ("provenance",), "with another provenance", Bump.PATCH),
    ),
    keeps=True,
    content_field="content",
    is_place=_is_partition,
    told_by_place=_told_by_place,
)
