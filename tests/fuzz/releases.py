"""Releases that somebody else may have made, as everything that reads one reads them."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Features, Value

from synpain_hf.cards.facts import read_facts, shipped
from synpain_hf.errors import SynpainError
from synpain_hf.release.amend import amend
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.info import info
from synpain_hf.release.layout import MANIFEST, record_of
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.vocabulary import CLASSES, FACES
from tests.fuzz.building import in_table
from tests.fuzz.damage import BYTES, Damage, in_json, in_lines
from tests.fuzz.running import Files, WrongError
from tests.release.making import manifest_rows, write_manifest

_PAIRS = 4
_FACTS, _REFERENCES, _RELEASE = "facts.yaml", "references.bib", "release"
_FITTED = "digests-fit"
"""A file whose presence says that `release.json` is made to fit whatever is damaged."""


def make() -> Iterator[Files]:
    """A release with annotations, and facts; damage is to be seen by the digests, or fits them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_manifest(folder, manifest_rows(_PAIRS))
        made = build(folder / "pairs.csv", folder / _RELEASE, version="1.0.0")
        ids = [row["pair_id"] for row in manifest_rows(_PAIRS)]
        features = Features(
            pair_id=Value("string"),
            face=ClassLabel(names=list(FACES)),
            annotator=Value("string"),
            pspi=Value("float32"),
        )
        annotated = {"pair_id": ids, "face": [1] * _PAIRS, "annotator": ["a"] * _PAIRS, "pspi": [1.0] * _PAIRS}
        pq.write_table(pa.table(annotated).cast(features.arrow_schema), folder / "annotations.parquet")
        amend(made.folder, add={"annotations/a.parquet": folder / "annotations.parquet"})
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted((folder / _RELEASE).rglob("*"))
            if path.is_file()
        }
    known = {
        _FACTS: shipped("synpain").read_bytes(),
        _REFERENCES: shipped("synpain").with_name(_REFERENCES).read_bytes(),
    }
    yield {**files, **known}
    yield {**files, _FITTED: b""}


def use(given: Path, out: Path) -> str:
    """Have everything read it that reads releases; then judge what is said to be right by Arrow alone."""
    release = given / _RELEASE
    if (given / _FITTED).exists():
        _fit(release)
    readers: list[Callable[[], Any]] = [
        lambda: info(release, verify=True),
        lambda: diff(release, release),
        lambda: _opened(release),
        lambda: _amended(release, out),
        *([lambda: read_facts(given / _FACTS, given / _REFERENCES)] if (given / _FACTS).is_file() else []),
    ]
    refusals = list(filter(None, map(_refusal, readers)))
    if refusals:
        raise refusals[0]
    _judge(release)
    return "read"


def _refusal(read: Callable[[], Any]) -> SynpainError | None:
    try:
        read()
    except SynpainError as error:
        return error
    return None


def _opened(release: Path) -> None:
    pairs = open_pairs(release)
    for part in pairs.parts:
        for _ in part.batches(2):
            pass


def _amended(release: Path, out: Path) -> None:
    shutil.copytree(release, out, symlinks=True, ignore_dangling_symlinks=True)
    try:
        amend(out, remove=["annotations/a.parquet"])
    finally:
        shutil.rmtree(out)


def _judge(release: Path) -> None:
    """Refuse a release that is not what was verified."""
    ids: list[str] = []
    for path in sorted((release / "data").rglob("*.parquet")):
        for row in pq.ParquetFile(path).read().to_pylist():
            ids.append(row["pair_id"])
            if not all(row.get(face) and row[face]["bytes"] for face in FACES):
                raise WrongError("a face without bytes")
            if any(row[column] not in range(len(names)) for column, names in CLASSES.items()):
                raise WrongError("a label or group that there is not")
    if len(ids) != len(set(ids)) or None in ids:
        raise WrongError("a pair without an id, or twice")


def _fit(release: Path) -> None:
    """Make the digests, sizes and rows in `release.json` those of the files."""
    try:
        manifest = json.loads((release / MANIFEST).read_bytes())
        for name, record in manifest["files"].items():
            record.update(record_of(release / name))
            if "rows" in record:
                record["rows"] = pq.read_metadata(io.BytesIO((release / name).read_bytes())).num_rows
        (release / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    except (ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError, pa.ArrowException):
        return


DAMAGES: dict[str, tuple[Damage, ...]] = {
    "*.parquet": (*BYTES, *[in_table] * 12),
    "*.json": (*BYTES, *[in_json] * 16),
    "*": (*BYTES, *[in_lines] * 8),
}
