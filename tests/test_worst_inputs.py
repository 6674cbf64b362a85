"""What the worst input of each kind costs that is known: under 1 MB of files, measured in a process of its own."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.fuzz import auditing, building, releases
from tests.fuzz.running import REFUSED, Bounds, Files, Use, run
from tests.fuzz.searching import Target, prepare
from tests.imaging.made import encoded
from tests.release.making import manifest_rows

MOST_BYTES = 10**6
WORDS = b"label:\n  ache: pain\n"
BOUNDS = Bounds(memory=460 * 2**20, seconds=10.0)
"""Beside some 110 MiB for the libraries. A quiet core needs 3 s at most; one shared with other programs, twice that."""
LATE = ("datasets", "tests.fuzz.warm")


def pictures(mode: str, format_: str, size: tuple[int, int] = (6000, 4000), **options: Any) -> Files:
    """A pair of pictures as large as they may be, of nearly one colour."""
    columns = "pair_id,label,gender,age_group,ethnicity,neutral,expressive"
    files: dict[str, bytes] = {"pairs.csv": f"{columns}\np,pain,man,old,white,a.png,b.png\n".encode()}
    for name, grey in (("a.png", 90), ("b.png", 110)):
        image = Image.new(mode, size, (grey,) * len(Image.new(mode, (1, 1)).getbands()) if mode != "L" else grey)
        file = io.BytesIO()
        image.save(file, format_, **options)
        files[name] = file.getvalue()
    return files | {"words.yaml": WORDS, "folds.txt": b"p,0\n"}


def runs() -> Files:
    """BMP whose rows are runs of one pixel or two."""
    side = 2000
    palette = bytes(channel for grey in range(256) for channel in (grey, grey // 2, grey, 0))
    start = 54 + len(palette)
    found = {}
    for name, pixels in (("a.png", b"\x01\x07"), ("b.png", b"\x02\x07")):
        body = (pixels * 110 + b"\0\0") * side + b"\0\1"
        sizes = (0, start, 40, side, side, 1, 8, 1, *[0] * 5)
        found[name] = struct.pack("<2s6I2H6I", b"BM", start + len(body), *sizes) + palette + body
    return {**pictures("L", "PNG", (64, 64)), **found}


def scans() -> Files:
    data = encoded(np.zeros((736, 1312), np.uint8), "JPEG", progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x3f\x3f\x10" + b"\x00\x00\x00"
    return {**pictures("L", "JPEG", (64, 64)), "a.png": data[:-2] + scan * 37_000 + data[-2:]}


def zipped(method: int, members: dict[str, bytes]) -> Files:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return {"images.zip": file.getvalue()}


def table(name: str, content: bytes) -> Files:
    return {name: content, "words.yaml": WORDS, "folds.txt": b"p,0\n"}


def predictions(attributes: int, groups: int) -> Files:
    """Predictions with attributes of so many groups each, at random."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 35_000)
    columns = {f"a{number}": generator.integers(0, groups, len(labels)) for number in range(attributes)}
    scores = (labels + generator.normal(size=len(labels))).round(4)
    frame = pd.DataFrame({"label": labels, "score": scores, **columns})
    return {"predictions.csv": frame.to_csv(index=False).encode()}


def many_rows() -> Files:
    rows = pa.Table.from_pylist(manifest_rows(1))
    file = io.BytesIO()
    pq.write_table(rows.take(np.zeros(3_000_000, np.int64)), file, compression="zstd")
    return table("pairs.parquet", file.getvalue())


METHODS = {"deflate": (8, 300_000_000), "bzip2": (12, 300_000_000), "LZMA": (14, 100_000_000)}
NAME = "Images/1000000001_NoPain_man_Young.jpg"
PICTURES: dict[str, Callable[[], Files]] = {
    "PNG": lambda: pictures("RGB", "PNG"),
    "PNG with alpha": lambda: pictures("RGBA", "PNG"),
    "JPEG": lambda: pictures("RGB", "JPEG", quality=50),
    "progressive JPEG": lambda: pictures("RGB", "JPEG", progressive=True),
    "CMYK JPEG": lambda: pictures("CMYK", "JPEG", (4000, 2500)),
    "WebP, lossy": lambda: pictures("RGB", "WEBP", method=0),
    "WebP, lossless": lambda: pictures("RGBA", "WEBP", lossless=True, method=0),
    "BMP": lambda: pictures("L", "BMP", (700, 700)),
    "BMP of runs": runs,
    "TIFF, LZW": lambda: pictures("L", "TIFF", compression="tiff_lzw"),
    "TIFF, deflate": lambda: pictures("RGBA", "TIFF", compression="tiff_adobe_deflate"),
    "TIFF, CMYK": lambda: pictures("CMYK", "TIFF", compression="tiff_adobe_deflate"),
    "JPEG 2000": lambda: pictures("RGB", "JPEG2000", (5000, 4000)),
    "JPEG 2000 with alpha": lambda: pictures("RGBA", "JPEG2000", (5000, 3000)),
    "AVIF": lambda: pictures("RGB", "AVIF", speed=10, subsampling="4:4:4"),
    "AVIF with alpha": lambda: pictures("RGBA", "AVIF", speed=10, subsampling="4:4:4"),
}
MANIFESTS: dict[str, Callable[[], Files]] = {
    "JPEG of many scans": scans,
    "CSV of one line": lambda: table("pairs.csv", b"a," * 490_000),
    "CSV of empty cells": lambda: table("pairs.csv", b"pair_id,label\n" + b",\n" * 490_000),
    "JSON Lines of nothing": lambda: table("pairs.jsonl", b"{}\n" * 330_000),
    "JSON Lines, nested": lambda: table("pairs.jsonl", b"[" * 990_000),
    "Parquet of the same row": many_rows,
    "words, nested": lambda: {**pictures("L", "PNG", (64, 64)), "words.yaml": b"[" * 990_000},
    "words, many": lambda: {**pictures("L", "PNG", (64, 64)), "words.yaml": b"a: {b: c}\n" * 99_000},
    "folds": lambda: {**pictures("L", "PNG", (64, 64)), "folds.txt": b"".join(b"%d,1\n" % n for n in range(120_000))},
}
ZIPPED: dict[str, Callable[[], Files]] = {
    **{f"zip, {name}": partial(zipped, method, {NAME: bytes(size)}) for name, (method, size) in METHODS.items()},
    "zip of many files": lambda: zipped(0, {f"{number}.jpg": b"" for number in range(8_000)}),
    "zip of a long folds file": lambda: zipped(8, {"SynPain_folds.txt": b"1000000001,0\n" * 9_000_000}),
    "zip of a folds file of commas": lambda: zipped(8, {"SynPain_folds.txt": b"," * 90_000_000}),
    "zip of deep notes": lambda: zipped(8, {"demo.json": b"[" * 900_000, "demo_truth.csv": b"a,b\n" * 200_000}),
}
PREDICTIONS: dict[str, Callable[[], Files]] = {
    "predictions of 2,000 groups": lambda: predictions(1, 2_000),
    "predictions of 7 attributes, all crossed": lambda: predictions(7, 2),
}
CASES = [
    *(pytest.param(make, building.build_manifest, "built", id=name) for name, make in PICTURES.items()),
    *(pytest.param(make, building.build_manifest, REFUSED, id=name) for name, make in MANIFESTS.items()),
    *(pytest.param(make, building.build_zip, REFUSED, id=name) for name, make in ZIPPED.items()),
    *(pytest.param(make, auditing.audit, "audited", id=name) for name, make in PREDICTIONS.items()),
]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "use", "becomes"), CASES)
def test_no_small_input_costs_much(make: Callable[[], Files], use: Use, becomes: str) -> None:
    prepare(Target(releases.make, {}, use, preload=LATE))
    files = make()
    assert sum(len(content) for content in files.values() if isinstance(content, bytes)) < MOST_BYTES
    outcome = run(files, use, BOUNDS, preload=LATE)
    assert outcome.kind == becomes, outcome
