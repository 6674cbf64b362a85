"""Is it still the same person? Cosines of embeddings to the own neutral face, and to those of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Final

import numpy as np
import pyarrow as pa

from synpain_hf.annotation.faces import Face
from synpain_hf.assessment.lent import Lent, LentPair, Origins
from synpain_hf.assessment.section import DRIVERS, Example, Row, Section, mean_of, sides, worst
from synpain_hf.release.release import Release
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.validation.statistics.cosines import BLOCK, Vectors, comparable, normalised
from synpain_hf.validation.statistics.crossed import share_of_raters
from synpain_hf.validation.statistics.separation import separation
from synpain_hf.vocabulary import FACES

FILE: Final = "annotations/sface.parquet"
_BY: Final = "sface"
_TITLE: Final = "Is it still the same person?"
_NAMED: Final = 3

Embeddings = Mapping[Face, Vectors]


def embeddings_in(release: Release) -> Embeddings:
    """The embedding of each face of a release, of length 1; faces without one that can be compared are not there.

    Args:
        release: The release; one without the table has none.

    Raises:
        ReleaseError: If the table is damaged.
    """
    if FILE not in release.files:
        return {}
    rows = release.read(FILE, [PAIR_ID, "face", "embedding"])
    kept = rows.filter(pa.array(comparable(rows["embedding"])))
    if not len(kept):
        return {}
    vectors = normalised(kept["embedding"].to_pylist())
    faces = zip(kept[PAIR_ID].to_pylist(), (FACES[face] for face in kept["face"].to_pylist()), strict=True)
    return dict(zip(faces, vectors, strict=True))


def identity(judged: Sequence[Lent], origins: Origins | None) -> tuple[Section, list[Example]]:
    """How much of each identity is left, method by method.

    Args:
        judged: The releases.
        origins: What their pairs were made of; None where it is not known.

    Returns:
        The section, and the faces that look least like their own neutral face.
    """
    rows, missing, examples = list[Row](), list[str](), list[Example]()
    of_drivers = {} if origins is None else embeddings_in(origins.drivers)
    for one in judged:
        known = embeddings_in(one.release)
        if not known:
            missing.append(f"no embeddings are known of {one.release.folder}; run {command(one.release, 'sface')}")
            continue
        pairs = [pair for pair in one.pairs.values() if all((pair.pair_id, face) in known for face in FACES)]
        if not pairs:
            missing.append(f"in no pair of {one.release.folder} were both faces found; look at its pictures")
            continue
        own = [_cosine(known, pair.pair_id, known, pair.pair_id) for pair in pairs]
        rows.append(Row.made(one.label, "own", pairs, mean_of(own, pairs), against="own", by=_BY))
        rows += _among_others(one.label, known, pairs)
        if origins is not None and of_drivers:
            rows += _to_drivers(one.label, known, pairs, of_drivers, origins)
        examples += worst(one.label, pairs, [-each for each in own], _unlike, _NAMED)
    if rows and origins is not None and of_drivers:
        rows += _drivers(of_drivers, origins)
    return Section("identity", _TITLE, rows, missing), examples


def command(release: Release, annotator: str) -> str:
    """The command that annotates a release, as a shell takes it."""
    return f"`synpain-hf annotate {quote(str(release.folder))} --with {annotator}`"


def _unlike(value: float) -> str:
    return f"least like its own neutral face (cosine {-value:.2f})"


def _cosine(shown: Embeddings, pair_id: str, neutral: Embeddings, of: str) -> float:
    return float(shown[pair_id, "expressive"] @ neutral[of, "neutral"])


def _among_others(label: str, known: Embeddings, pairs: Sequence[LentPair]) -> Iterator[Row]:
    """Against the neutral faces of all identities, one of each."""
    first = {pair.identity: pair for pair in reversed(pairs)}
    people = sorted(first)
    if len(people) < 2:
        return
    neutral = np.stack([known[first[name].pair_id, "neutral"] for name in people])
    shown = np.stack([known[pair.pair_id, "expressive"] for pair in pairs])
    own = np.searchsorted(np.array(people), [pair.identity for pair in pairs])
    others, nearest = [], []
    for start in range(0, len(pairs), BLOCK):
        cosines = shown[start : start + BLOCK] @ neutral.T
        mine = own[start : start + BLOCK]
        theirs = cosines[np.arange(len(mine)), mine]
        others += ((cosines.sum(axis=1) - theirs) / (len(people) - 1)).tolist()
        nearest += (cosines.argmax(axis=1) == mine).tolist()
    whose, whence = sides(pairs)
    yield Row.made(label, "others", pairs, mean_of(others, pairs), against="others", by=_BY)
    share = share_of_raters(nearest, whence, whose)
    yield Row.made(label, "nearest", pairs, share, against="others", by=_BY)
    rate = separation(np.concatenate([neutral, shown]), [*people, *whose]).equal_error_rate
    yield Row.made(label, "equal_error_rate", pairs, rate, against="others", by=_BY)


def _to_drivers(
    label: str, known: Embeddings, pairs: Sequence[LentPair], of_drivers: Embeddings, origins: Origins
) -> Iterator[Row]:
    """Whether it looks like the driver."""
    ids = {
        pair.pair_id: origins.couples[pair.pair_id].driver.pair_id for pair in pairs if pair.pair_id in origins.couples
    }
    there = [pair for pair in pairs if (ids.get(pair.pair_id), "neutral") in of_drivers]
    if there:
        cosines = [_cosine(known, pair.pair_id, of_drivers, ids[pair.pair_id]) for pair in there]
        yield Row.made(label, "driver", there, mean_of(cosines, there), against="drivers", by=_BY)


def _drivers(of_drivers: Embeddings, origins: Origins) -> Iterator[Row]:
    """How like themselves the drivers are: what an expression alone changes."""
    used = {couple.driver.pair_id: couple.driver for couple in origins.couples.values()}
    pairs = [
        LentPair(pair_id, member.identity, member.identity, member.file)
        for pair_id, member in sorted(used.items())
        if all((pair_id, face) in of_drivers for face in FACES)
    ]
    if pairs:
        own = [_cosine(of_drivers, pair.pair_id, of_drivers, pair.pair_id) for pair in pairs]
        yield Row.made(DRIVERS, "own", pairs, mean_of(own, pairs), against="own", by=_BY)
