"""Cosines of embeddings: of two faces, and counted over very many pairs of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from synpain_hf.validation.statistics.comparisons import Moments

Vectors = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

BLOCK = 1024
"""Faces that are compared with others at a time."""

BINS = 20_000
"""Of cosines from -1 to 1: a quantile is known to a ten-thousandth."""


def normalised(embeddings: npt.ArrayLike) -> Vectors:
    """Embeddings of length 1; shape (faces, dimensions).

    Raises:
        ValueError: If one is not finite, or all zero.
    """
    given = np.asarray(embeddings, dtype=np.float64)
    lengths = np.linalg.norm(given, axis=1, keepdims=True)
    if not np.isfinite(given).all() or not lengths.all():
        raise ValueError("an embedding is not finite or is all zero; leave failed faces out")
    vectors: Vectors = np.divide(given, lengths).astype(np.float32)
    return vectors


def comparable(embeddings: pa.ChunkedArray) -> Booleans:
    """Which embeddings of a table can be compared: of the usual length, finite, and not all zero; shape (faces,)."""
    lengths = pc.fill_null(pc.list_value_length(embeddings), 0).to_numpy().astype(np.int64)
    found: Booleans = lengths > 0
    if not found.any():
        return found
    found &= lengths == np.bincount(lengths[found]).argmax()
    vectors = np.array(embeddings.filter(pa.array(found)).to_pylist(), np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        norms = np.linalg.norm(vectors, axis=1)
    found[found] = np.isfinite(norms) & (norms > 0)
    return found


@dataclass(frozen=True)
class Cosines:
    """Counted cosines of pairs of faces.

    Attributes:
        counts: Shape (20,000,): how many fall into each of as many equal bins from -1 to 1.
        total: Their sum.
        squares: The sum of their squares.
    """

    counts: Integers
    total: float
    squares: float

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    @property
    def moments(self) -> Moments:
        """Their mean, mean squared deviation and number."""
        number = self.number
        mean = self.total / max(number, 1)
        return mean, max(self.squares / max(number, 1) - mean**2, 0.0), number

    def quantile(self, share: float) -> float:
        """The cosine below which a share of the pairs lies, to a ten-thousandth; NaN where there are none."""
        if not self.number:
            return np.nan
        at = int(np.searchsorted(np.cumsum(self.counts), share * self.number))
        return (min(at, BINS - 1) + 0.5) * 2 / BINS - 1

    def __sub__(self, other: Cosines) -> Cosines:
        """Those that are not among some of them."""
        return Cosines(self.counts - other.counts, self.total - other.total, self.squares - other.squares)

    def __add__(self, other: Cosines) -> Cosines:
        """Both together."""
        return Cosines(self.counts + other.counts, self.total + other.total, self.squares + other.squares)

    @classmethod
    def of(cls, cosines: Vectors) -> Cosines:
        """Count some."""
        wide = cosines.astype(np.float64)
        bins = np.clip(((wide + 1) * (BINS / 2)).astype(np.int64), 0, BINS - 1)
        return cls(np.bincount(bins, minlength=BINS), float(wide.sum()), float(np.square(wide).sum()))

    @classmethod
    def none(cls) -> Cosines:
        """None at all."""
        return cls(np.zeros(BINS, np.int64), 0.0, 0.0)
