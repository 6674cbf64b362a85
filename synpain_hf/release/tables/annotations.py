"""The annotations: what is known, or was measured, of the faces; one file per annotator, one row per face."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.pair import Annotation
from synpain_hf.release.layout import FileRecord, record_of
from synpain_hf.release.tables.measured import BLENDSHAPES, MEASURED, approximation
from synpain_hf.release.tables.table import PAIR_ID, Bumps, Contents, EveryFile, Table
from synpain_hf.release.versions import Bump
from synpain_hf.vocabulary import FACES

if TYPE_CHECKING:
    from datasets import Features

NAME = "annotations"
ACTION_UNITS_FILE = f"{NAME}/action_units.parquet"
"""What a build writes of the annotations that its source knows."""

_AT_A_TIME = 4096
"""Rows that are held as Python's objects before they are Arrow's."""


@cache
def features() -> Features:
    """The columns that mean the same in every file, as `datasets` types; action units and other numbers may follow."""
    from datasets import ClassLabel, Features, Value

    return Features(
        {
            PAIR_ID: Value("string"),
            "face": ClassLabel(names=list(FACES)),
            "kind": Value("string"),
            "pspi": Value("float32"),
            "annotator": Value("string"),
        }
    )


def write_annotations(release: Path, contents: Contents) -> dict[str, FileRecord]:
    """Write what the source knows of the faces of some pairs; intensities of action units run from 0 to 5.

    Args:
        release: The release directory.
        contents: What it holds.

    Returns:
        The record of each file written; none where nothing is known.
    """
    from datasets import Features, Value

    units = {unit for pair in contents.pairs for annotation in pair.annotations for unit in annotation.units}
    if not any(pair.annotations for pair in contents.pairs):
        return {}
    fixed = features()
    columns = {
        **{name: fixed[name] for name in (PAIR_ID, "face", "kind")},
        **{unit: Value("float32") for unit in sorted(units, key=_number)},
        **{name: fixed[name] for name in ("pspi", "annotator")},
    }
    path = release / ACTION_UNITS_FILE
    path.parent.mkdir(exist_ok=True)
    rows = (_row(pair.pair_id, annotation) for pair in contents.pairs for annotation in pair.annotations)
    parts = iter(lambda: list(islice(rows, _AT_A_TIME)), [])
    table = pa.concat_tables(table_of(part, Features(columns)) for part in parts).combine_chunks()
    with open_file(path, Features(columns)) as file:
        file.write_table(table)
    return {ACTION_UNITS_FILE: {**record_of(path), "rows": table.num_rows}}


def write_rows(path: Path, rows: Sequence[Mapping[str, object]], columns: Features) -> None:
    """Write a file of the table.

    Args:
        path: The file.
        rows: What an annotator says of each face, by column; what else is in a row is left out.
        columns: Its columns: those of `features`, and numbers, texts and lists of numbers of the annotator's own.
    """
    with open_file(path, columns) as file:
        file.write_table(table_of(rows, columns))


def table_of(rows: Sequence[Mapping[str, object]], columns: Features) -> pa.Table:
    """Rows as a table that `open_file` takes; what is not in a row is null."""
    return pa.Table.from_pylist([{name: row.get(name) for name in columns} for row in rows], columns.arrow_schema)


def open_file(path: Path, columns: Features) -> pq.ParquetWriter:
    """Begin a file of the table; one that holds more than memory should is written part by part."""
    return pq.ParquetWriter(
        path, columns.arrow_schema, compression="zstd", write_page_index=True, use_content_defined_chunking=True
    )


def _row(pair_id: str, annotation: Annotation) -> dict[str, object]:
    return {
        PAIR_ID: pair_id,
        "face": FACES.index(annotation.face),
        "kind": annotation.kind,
        **annotation.units,
        "pspi": annotation.pspi,
        "annotator": annotation.annotator,
    }


def _number(unit: str) -> tuple[int, str]:
    digits = re.search(r"\d+", unit)
    return (int(digits[0]) if digits else 0), unit


_UNITS = {
    "AU1": "Inner brow raiser.",
    "AU2": "Outer brow raiser.",
    "AU4": "Brow lowerer.",
    "AU5": "Upper lid raiser.",
    "AU6": "Cheek raiser.",
    "AU7": "Lid tightener.",
    "AU9": "Nose wrinkler.",
    "AU10": "Upper lip raiser.",
    "AU11": "Nasolabial deepener.",
    "AU12": "Lip corner puller.",
    "AU13": "Sharp lip puller.",
    "AU14": "Dimpler.",
    "AU15": "Lip corner depressor.",
    "AU16": "Lower lip depressor.",
    "AU17": "Chin raiser.",
    "AU18": "Lip pucker.",
    "AU20": "Lip stretcher.",
    "AU22": "Lip funneler.",
    "AU23": "Lip tightener.",
    "AU24": "Lip pressor.",
    "AU25": "Lips part.",
    "AU26": "Jaw drop.",
    "AU27": "Mouth stretch.",
    "AU28": "Lip suck.",
    "AU43": "Eyes closed.",
    "AU45": "Blink.",
}

_MEANINGS = {
    PAIR_ID: "The pair, as in the other configurations.",
    "face": "The face that was annotated.",
    "kind": "The kind of expression.",
    "pspi": "The pain score of Prkachin and Solomon, AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43.",
    "annotator": "Who or what says so.",
    "scale": "The scale that the annotator gives units on, before they became 0 to 5: 0-1, 0-5, A-E or evidence.",
    "reason": "Why nothing was measured in this face.",
    "confidence": "How sure the annotator is that it found the face, 0 to 1.",
    "quality": "The quality of the picture as the annotator scores it, 0 to 1.",
    **MEASURED,
    **_UNITS,
    **{f"{unit}_approx": approximation(name) for unit, name in _UNITS.items()},
    **{f"{unit}_present": f"{name} Whether it is seen, 0 or 1." for unit, name in _UNITS.items()},
    **{
        f"{unit}_evidence": f"{name} Evidence that it is seen: the logarithm of its odds."
        for unit, name in _UNITS.items()
    },
}

ANNOTATIONS = Table(
    name=NAME,
    folder=NAME,
    key=(PAIR_ID, "face", "annotator"),
    features=features,
    meanings=_MEANINGS,
    configurations={NAME: {"train": EveryFile()}},
    bumps=Bumps.all_alike(Bump.PATCH),
    columns_may_differ=True,
    required=(PAIR_ID, "annotator"),
    measures=True,
    together=(
        ("Action units", re.compile(r"AU\d+")),
        ("Approximate action units", re.compile(r"AU\d+_approx")),
        ("Faces found", re.compile("faces")),
        ("Head pose in degrees", re.compile("yaw|pitch|roll")),
        ("Blendshapes", re.compile("|".join(BLENDSHAPES))),
    ),
    write=write_annotations,
)
