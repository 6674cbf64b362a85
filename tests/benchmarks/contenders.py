"""What the benchmarks compare. Each contender runs in a process of its own:

python -m tests.benchmarks.contenders NAME SOURCE OUT
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from synpain_hf.imaging.faces import Encoding, split_composite
from synpain_hf.release.build import build
from synpain_hf.sources.names import parse_name
from synpain_hf.vocabulary import CLASSES

HALVES = ((0, 0, 656, 736), (656, 0, 1312, 736))
"""Left, upper, right and lower edge of the two faces, where a fixed cut is made."""

Contender = Callable[[Path, Path], int]
"""Takes what it reads and a place for what it writes; returns how many pairs it made."""


def _pillow_codec(source: Path, out: Path, **options: Any) -> int:
    """Decode each composite and encode its halves in memory, with Pillow."""
    composites = _composites(source)
    for path in composites:
        with Image.open(path) as image:
            for half in HALVES:
                image.crop(half).save(io.BytesIO(), "PNG", **options)
    return len(composites)


def _own_codec(source: Path, out: Path) -> int:
    """Inflate each composite, find its gutter, cut and deflate in memory, with synpain-hf."""
    composites = _composites(source)
    for path in composites:
        split_composite(path.read_bytes(), Encoding())
    return len(composites)


def _plain(source: Path, out: Path, workers: int) -> int:
    """Crop with Pillow in a generator, let `datasets` encode and write: what one writes without synpain-hf."""
    features = datasets.Features(
        {
            "pair_id": datasets.Value("string"),
            "neutral": datasets.Image(),
            "expressive": datasets.Image(),
            **{column: datasets.ClassLabel(names=list(names)) for column, names in CLASSES.items()},
        }
    )
    made = datasets.Dataset.from_generator(
        _plain_rows,
        features=features,
        gen_kwargs={"paths": _composites(source)},
        num_proc=workers if workers > 1 else None,
        cache_dir=str(out / "cache"),
    )
    made.to_parquet(out / "pairs.parquet")
    return int(pq.read_metadata(out / "pairs.parquet").num_rows)


def _plain_rows(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with Image.open(path) as image:
            neutral, expressive = (image.crop(half) for half in HALVES)
        yield {"neutral": neutral, "expressive": expressive, **parse_name(path.stem)._asdict()}


def _build(source: Path, out: Path, workers: int) -> int:
    """`synpain_hf.build`, with all its checks and digests."""
    return int(build(source, out / "release", version="1.0.0", workers=workers).manifest["pairs"]["out"])


def _decode(source: Path, out: Path, workers: int) -> int:
    """Decode each frame with Pillow, and hash its file: the least that a build has to do."""
    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(_decoded_and_hashed, sorted(source.glob("Images/*/*/*.png"))))


def _decoded_and_hashed(path: Path) -> int:
    content = path.read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB"))
    return pixels.size > 0 and len(hashlib.sha256(content).digest()) == 32


CONTENDERS: dict[str, Contender] = {
    "codec Pillow": _pillow_codec,
    "codec Pillow level 1": functools.partial(_pillow_codec, compress_level=1),
    "codec synpain-hf": _own_codec,
    **{f"plain {workers}": functools.partial(_plain, workers=workers) for workers in (1, 2)},
    **{f"build {workers}": functools.partial(_build, workers=workers) for workers in (1, 2)},
    **{f"decode {workers}": functools.partial(_decode, workers=workers) for workers in (1, 2)},
    **{f"frames {workers}": functools.partial(_build, workers=workers) for workers in (1, 2)},
}


def _composites(source: Path) -> list[Path]:
    return sorted((source / "Images").iterdir())


def main(contenders: Mapping[str, Contender] = CONTENDERS) -> None:
    """Run one contender; print its pairs, and its time and processor time after everything was imported."""
    name, source, out = sys.argv[1:]
    start, cpu_start = time.perf_counter(), _cpu_seconds()
    pairs = contenders[name](Path(source), Path(out))
    measured = {"pairs": pairs, "seconds": time.perf_counter() - start, "cpu_seconds": _cpu_seconds() - cpu_start}
    sys.stdout.write(json.dumps(measured) + "\n")


def _cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
