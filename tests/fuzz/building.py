"""Zips and manifests, of which releases are built."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.release.build import build
from synpain_hf.release.info import info
from synpain_hf.release.release import Release
from synpain_hf.sources.transferred import NOTES_FILE, UNITS_FILE
from tests.fuzz.damage import BYTES, Damage, in_json, in_lines
from tests.fuzz.pictures import in_chunks
from tests.fuzz.running import Files
from tests.imaging.made import encoded, halves
from tests.release.making import OFFICIAL, manifest_rows, official_id, official_name
from tests.sources.lent import NOTES

_PAIRS = 2
_MAP = "words.yaml"
_FOLDS = "folds.txt"
_UNITS = "pair_id,face,kind,annotator,AU4,pspi\n{0},neutral,,coder,1,1.5\n{0},expressive,pain,coder,,3\n"
_SIGNATURES = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06")
_NAMES = ("../../beside/x.jpg", "", "/", "a/../../b.jpg", "C:\\a.jpg", "con", "a\0b", "x" * 300, "Images", ".hidden")


def zips() -> Iterator[Files]:
    """Official downloads as zips, of each kind of compression."""
    composites = {official_name(official_id(number)): _composite(number) for number in range(_PAIRS)}
    folds = "".join(f"{official_id(number)},{number}\n" for number in range(_PAIRS))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, content in composites.items():
                archive.writestr(f"Images/{name}", content)
            archive.writestr("SynPain_folds.txt", folds)
        yield {"images.zip": file.getvalue()}


def manifests() -> Iterator[Files]:
    """A manifest in every form, with small pictures, words and folds."""
    known = {"expression": "happy", "pspi": 1.5, "age": 70, "clip": "c", "frame": 3, "time": 0.12}
    rows = [{**row, "identity": f"p{number}", **known} for number, row in enumerate(manifest_rows(_PAIRS))]
    pictures = {row["composite"]: encoded(halves(seed=number)) for number, row in enumerate(rows)}
    words = b"label:\n  ache: pain\ncolumns:\n  sex: gender\n"
    folds = "".join(f"{row['pair_id']},{number}\n" for number, row in enumerate(rows)).encode()
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    tables = {"pairs.csv": _delimited(rows, ","), "pairs.tsv": _delimited(rows, "\t"), "pairs.jsonl": lines}
    for name, table in {**tables, "pairs.parquet": _parquet(pa.Table.from_pylist(rows))}.items():
        yield {name: table, _MAP: words, _FOLDS: folds, **pictures}
    lent = {NOTES_FILE: json.dumps(NOTES).encode(), UNITS_FILE: _UNITS.format(rows[0]["pair_id"]).encode()}
    yield {"pairs.csv": tables["pairs.csv"], _MAP: words, _FOLDS: folds, **lent, **pictures}
    held = [{**row, "composite": {"bytes": pictures[row["composite"]], "path": None}} for row in rows]
    yield {"pairs.parquet": _parquet(pa.Table.from_pylist(held)), _MAP: words, _FOLDS: folds}


def build_zip(given: Path, out: Path) -> str:
    """Build a release, skipping what cannot be used."""
    return built(build([given / "images.zip"], out, version="1.0.0", on_error="skip", notice=silent))


def build_manifest(given: Path, out: Path) -> str:
    """Build a release with words and folds, skipping what cannot be used."""
    (table,) = given.glob("pairs.*")
    options = {"words": given / _MAP, "folds": given / _FOLDS, "notice": silent}
    return built(build(table, out, version="1.0.0", on_error="skip", **options))  # type: ignore[arg-type]


def in_zip(data: bytes, random: Random) -> bytes:
    """A record of a zip lies: a number in its header, or the name of a member."""
    signature = random.choice(_SIGNATURES)
    places = [at for at in range(len(data)) if data.startswith(signature, at)] or [0]
    at, changed = random.choice(places), bytearray(data)
    if random.random() < 0.5:
        size = random.choice((2, 4))
        start = at + 4 + 2 * random.randrange(12)
        number = random.choice((0, 1, 8, 12, 14, 99, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1)) % 256**size
        changed[start : start + size] = number.to_bytes(size, "little")
        return bytes(changed)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _renamed(archive, random)
    except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, EOFError):
        return data  # damaged before


def in_table(data: bytes, random: Random) -> bytes:
    """A Parquet file has a column less, of another type, with nulls, or there twice; or rows again, or none."""
    try:
        return _parquet(_changed(pq.read_table(io.BytesIO(data)), random))
    except (pa.ArrowException, OSError, ValueError):
        return data  # damaged before, or what is asked for cannot be written


def _changed(table: pa.Table, random: Random) -> pa.Table:
    if not table.num_columns:
        return table
    place = random.randrange(table.num_columns)
    field, column = table.field(place), table.column(place)
    how = random.randrange(6)
    if how == 0:
        return table.remove_column(place)
    if how == 1:
        return table.set_column(place, field, pa.nulls(table.num_rows, field.type))
    if how == 2:
        return table.set_column(place, field.name, pa.array(range(table.num_rows)).cast(random.choice(_TYPES)))
    if how == 3:
        return table.append_column(random.choice((field.name, "x", "")), column)
    if how == 4:
        return pa.concat_tables([table] * random.choice((2, 2, 20))) if random.random() < 0.8 else table.slice(0, 0)
    rows = [random.randrange(table.num_rows) for _ in range(table.num_rows)]
    return table.set_column(place, field, column.take(rows))


_TYPES = (pa.int8(), pa.int64(), pa.float32(), pa.timestamp("s"), pa.date64(), pa.decimal128(20, 2), pa.duration("ns"))

OF_ZIPS: dict[str, tuple[Damage, ...]] = {"*": (*BYTES, *[in_zip] * 8)}
OF_MANIFESTS: dict[str, tuple[Damage, ...]] = {
    "*.parquet": (*BYTES, *[in_table] * 12),
    "*.jsonl": (
        *BYTES,
        *[in_lines] * 4,
        *[lambda data, random: b"\n".join(in_json(x, random) for x in data.split(b"\n"))],
    ),
    "*.png": (*BYTES, in_chunks),
    "*.json": (*BYTES, *[in_json] * 4),
    "*": (*BYTES, *[in_lines] * 8),
}


def built(release: Release) -> str:
    """Look into a release that was built."""
    info(release.folder, verify=True)
    return "built"


def silent(_: Any) -> None:
    """Say nothing."""


def _composite(number: int) -> bytes:
    return encoded(halves(*OFFICIAL, seed=number), "JPEG", quality=30)


def _delimited(rows: list[dict[str, Any]], delimiter: str) -> bytes:
    file = io.StringIO()
    table = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
    table.writeheader()
    table.writerows(rows)
    return file.getvalue().encode()


def _parquet(table: pa.Table) -> bytes:
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def _renamed(archive: zipfile.ZipFile, random: Random) -> bytes:
    file = io.BytesIO()
    members = archive.infolist()
    chosen = random.randrange(len(members)) if members else 0
    with zipfile.ZipFile(file, "w", random.choice((0, 8, 12, 14))) as changed:
        for number, member in enumerate(members):
            name = random.choice(_NAMES) if number == chosen else member.filename
            try:
                content = archive.read(member)
            except Exception:  # noqa: BLE001 - whatever is wrong with it, it was damaged before
                content = b""
            changed.writestr(zipfile.ZipInfo(name), content)
            if number == chosen and random.random() < 0.3:
                changed.writestr(zipfile.ZipInfo("demo.json"), b"[" * 100_000)
    return file.getvalue()
