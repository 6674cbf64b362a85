"""Small sources with little in them, and what is in a release."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check
from synpain_hf.release.layout import record_of
from synpain_hf.release.release import Release
from synpain_hf.release.rows import content_digest, digest_of
from synpain_hf.vocabulary import CLASSES
from tests.imaging.made import Pixels, decoded, encoded, halves

Row = dict[str, Any]

OFFICIAL = (1312, 736)
SMALL = (160, 96)
WORDS = {"label": ("NoPain", "Pain"), "gender": ("Man", "Woman"), "age_group": ("Young", "Old")}


def picture(seed: int, size: tuple[int, int] = SMALL) -> bytes:
    """The PNG file of a composite that no other seed gives."""
    return encoded(halves(*size, seed=seed), compress_level=1)


def official_id(number: int) -> str:
    """The ID of the pair of this number; neighbours differ in label, gender, age and ethnicity."""
    return f"1{number % 2}{number // 2 % 2}{number // 4 % 2}{number % 5}{number:05d}"


def official_name(pair_id: str) -> str:
    """The file name that goes with an official ID."""
    words = (WORDS[column][int(pair_id[at])] for column, at in (("label", 1), ("gender", 2), ("age_group", 3)))
    return f"{'_'.join((pair_id, *words))}.jpg"


def write_official(root: Path, pairs: int) -> Path:
    """A download of plain composites, without a folds file; returns its `Images`."""
    images = root / "SynPain" / "Images"
    images.mkdir(parents=True)
    for number in range(pairs):
        (images / official_name(official_id(number))).write_bytes(picture(number, OFFICIAL))
    return images


def manifest_rows(pairs: int) -> list[Row]:
    """Lines of a manifest, one a pair, of all labels and groups in turn."""
    return [
        {
            "pair_id": f"pair-{number:02d}",
            **{column: names[number // (at + 1) % len(names)] for at, (column, names) in enumerate(CLASSES.items())},
            "composite": f"faces/{number:02d}.png",
        }
        for number in range(pairs)
    ]


def write_manifest(folder: Path, rows: Iterable[Mapping[str, Any]], name: str = "pairs.csv") -> Path:
    """A CSV manifest, and beside it each composite that it names and that is not there yet."""
    table = list(rows)
    columns = list(dict.fromkeys(column for row in table for column in row))
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(table)
    for row in table:
        place = folder / row["composite"]
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(picture(int(place.stem)))
    return folder / name


def copied(source: Path, target: Path) -> Path:
    """A copy of a folder, whose files are hard links: replace them, do not write into them."""
    return Path(shutil.copytree(source, target, copy_function=os.link))


def replace(path: Path, data: bytes) -> None:
    """Give a file another content, without touching what is linked to the same bytes."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def rows_of(release: Release) -> dict[str, Row]:
    """Every row of a release by its pair id."""
    rows = [row for partition in release.partitions for row in release.read(partition.path).to_pylist()]
    return {row["pair_id"]: row for row in rows}


def verify(release: Release, progress: Progress = silent) -> None:
    """Read every file of a release, and look into it."""
    check(release, beside=release.files, again=True, progress=progress)


def listed(folder: Path) -> Path:
    """A release whose files were changed, with a `release.json` that has their new digests and numbers of rows."""
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    for name in manifest["files"]:
        manifest["files"][name] = record = record_of(folder / name)
        if name.endswith(".parquet"):
            record["rows"] = pq.read_metadata(folder / name).num_rows
    replace(folder / "release.json", json.dumps(manifest).encode())
    return folder


def sealed(folder: Path) -> Path:
    """A release whose files were changed, with a `release.json` that says all of what they are now."""
    listed(folder)
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    rows = [row for file in (folder / "data").rglob("*.parquet") for row in pq.read_table(file).to_pylist()]
    digests = {row["pair_id"]: digest_of(row) for row in rows}
    rejected = manifest["pairs"]["rejected"]
    manifest["pairs"] = {"in": len(digests) + rejected, "out": len(digests), "rejected": rejected}
    manifest["content"] = content_digest(digests)
    replace(folder / "release.json", json.dumps(manifest).encode())
    return folder


def faces_of(row: Row) -> tuple[Pixels, Pixels]:
    """The decoded neutral and expressive face of a row."""
    return decoded(row["neutral"]["bytes"]), decoded(row["expressive"]["bytes"])


def shows(row: Row, composite: Pixels) -> bool:
    """Whether the faces of a row are the pixels of a composite on either side of the row's gutter."""
    start, stop = row["provenance"]["gutter_start"], row["provenance"]["gutter_stop"]
    neutral, expressive = faces_of(row)
    return np.array_equal(neutral, composite[:, :start]) and np.array_equal(expressive, composite[:, stop:])


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its relative name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def is_untouched(out: Path) -> bool:
    """Whether neither a release nor its staging folder stands there."""
    return not out.exists() and not list(out.parent.glob(f".{out.name}*"))


def command(*arguments: str | Path) -> list[str]:
    """The command line of the program."""
    return [sys.executable, "-m", "synpain_hf", *map(str, arguments)]


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """The program at work; it can be interrupted even where this process cannot."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, handler)


def ran(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program, once it has ended."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, timeout=600, env={**os.environ, **environment}
    )
