"""The annotations of a release: one row a face, joined to the pairs by `pair_id`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.pair import Annotation, Pair
from synpain_hf.release.layout import ANNOTATIONS, FileRecord, record_of
from synpain_hf.release.rows import FACES

if TYPE_CHECKING:
    from datasets import Features

ACTION_UNITS_FILE = f"{ANNOTATIONS}/action_units.parquet"


def write_annotations(release: Path, pairs: Iterable[Pair]) -> dict[str, FileRecord]:
    """Write what the source knows of the faces of some pairs.

    Args:
        release: The release directory.
        pairs: The pairs, sorted by id.

    Returns:
        The record of each file written; none where nothing is known.
    """
    known = [(pair.pair_id, annotation) for pair in pairs for annotation in pair.annotations]
    if not known:
        return {}
    units = sorted({unit for _, annotation in known for unit in annotation.units}, key=_number)
    path = release / ACTION_UNITS_FILE
    path.parent.mkdir(exist_ok=True)
    rows = [_row(pair_id, annotation) for pair_id, annotation in known]
    table = pa.Table.from_pylist(rows, _features(units).arrow_schema)
    pq.write_table(table, path, compression="zstd", write_page_index=True, use_content_defined_chunking=True)
    return {ACTION_UNITS_FILE: {**record_of(path), "rows": len(rows)}}


def _features(units: Iterable[str]) -> Features:
    """The columns, as `datasets` types; intensities run from 0 to 5."""
    from datasets import ClassLabel, Features, Value

    return Features(
        {
            "pair_id": Value("string"),
            "face": ClassLabel(names=list(FACES)),
            "kind": Value("string"),
            **{unit: Value("float32") for unit in units},
            "pspi": Value("float32"),
            "annotator": Value("string"),
        }
    )


def _row(pair_id: str, annotation: Annotation) -> dict[str, object]:
    return {
        "pair_id": pair_id,
        "face": FACES.index(annotation.face),
        "kind": annotation.kind,
        **annotation.units,
        "pspi": annotation.pspi,
        "annotator": annotation.annotator,
    }


def _number(unit: str) -> tuple[int, str]:
    digits = re.search(r"\d+", unit)
    return (int(digits[0]) if digits else 0), unit
