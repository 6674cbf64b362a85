"""UNBC-McMaster as HDF5, of which releases are built."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

from synpain_hf.release.build import build
from tests.fuzz.building import built, silent
from tests.fuzz.damage import BYTES, Damage
from tests.fuzz.running import Files
from tests.sources.hdf5_files import STORED, write

_PLACES = (b"TREE", b"SNOD", b"HEAP", b"GCOL", b"OHDR", b"OCHK", b"FADB", b"FAHD", b"\x89HDF", b"image", b"index")
"""What stands before the structures of a file."""


def make() -> Iterator[Files]:
    """Archives of a few small frames, stored in every way, in the old form and the new."""
    for stored in STORED.values():
        for libver in ("earliest", "latest"):
            with tempfile.TemporaryDirectory() as name:
                folder = write(Path(name), stored, libver=libver, texts="S" if libver == "earliest" else "O")
                yield {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def build_hdf5(given: Path, out: Path) -> str:
    """Build a release, skipping what cannot be used."""
    return built(build(given, out, version="1.0.0", on_error="skip", notice=silent))


def in_structures(data: bytes, random: Random) -> bytes:
    """A number in or after a structure of the file is another."""
    places = [at for mark in _PLACES for at in range(len(data)) if data.startswith(mark, at)] or [0]
    at, changed, size = random.choice(places) + random.randrange(4, 120), bytearray(data), random.choice((1, 2, 4, 8))
    number = random.choice((0, 1, 2, 7, 8, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1))
    changed[at : at + size] = (number % 256**size).to_bytes(size, "little")
    return bytes(changed[: len(data)])


DAMAGES: dict[str, tuple[Damage, ...]] = {"*": (*BYTES, *[in_structures] * 16)}
