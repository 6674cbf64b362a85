"""The row that a pair becomes, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Any

from synpain_hf.imaging.faces import Encoding, Faces
from synpain_hf.pair import Pair
from synpain_hf.release.tables.pairs import GIVEN
from synpain_hf.vocabulary import CLASSES, FACES, IDENTITY

Row = dict[str, Any]


def row_of(
    pair: Pair, fold: int, faces: Faces, digests: tuple[str, ...], encoding: Encoding, columns: Collection[str]
) -> Row:
    """The row of a pair.

    Args:
        pair: The pair.
        fold: Its fold.
        faces: Its encoded faces.
        digests: SHA-256 of the file of each of its pictures.
        encoding: How the faces are encoded.
        columns: The columns that the release has.
    """
    provenance: Row = {}
    for face, picture, digest in zip(FACES, pair.pictures * 2, digests * 2, strict=False):
        provenance |= {f"{face}_file": picture.name, f"{face}_sha256": digest}
    gutter = faces.gutter
    known = {column: getattr(pair, column) for column in (IDENTITY, *GIVEN) if column in columns}
    return {
        "pair_id": pair.pair_id,
        **known,
        **{face: {"bytes": getattr(faces, face), "path": f"{pair.pair_id}-{face}.{encoding.format}"} for face in FACES},
        **{column: _index(names, getattr(pair, column)) for column, names in CLASSES.items()},
        "fold": fold,
        "provenance": {
            **provenance,
            "generator": pair.generator,
            "prompt": pair.prompt,
            "seed": pair.seed,
            "gutter_start": gutter.start if gutter else None,
            "gutter_stop": gutter.stop if gutter else None,
        },
        **{kept.column: kept.value for kept in pair.kept},
    }


def _index(names: Sequence[str], name: str | None) -> int | None:
    return None if name is None else names.index(name)


def digest_of(row: Row, faces: Sequence[str] = ()) -> str:
    """SHA-256 of everything in a row: the digest of each face's file, and the other columns as canonical JSON.

    Args:
        row: The row.
        faces: The digests of the files of its faces, where they are known.
    """
    known = dict(zip(FACES, faces, strict=False))
    plain = {
        column: known.get(column) or hashlib.sha256(value["bytes"]).hexdigest() if column in FACES else value
        for column, value in row.items()
    }
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def content_digest(digests: dict[str, str]) -> str:
    """The digest of a release's content: SHA-256 over its row digests in the order of pair id."""
    return hashlib.sha256("\n".join(digests[pair_id] for pair_id in sorted(digests)).encode()).hexdigest()
