"""Demo faces as a source of pairs, drawn when they are read, and as an official-like download on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path

import numpy as np

from synpain_hf.errors import UsageError
from synpain_hf.executor import Executor
from synpain_hf.generation.drawn import skia
from synpain_hf.generation.drawn.action_units import ACTION_UNITS
from synpain_hf.generation.drawn.bias import PlantedBias, read_bias, relabelled
from synpain_hf.generation.drawn.cast import Subject, cast
from synpain_hf.generation.drawn.composites import draw_composite, encode_composite
from synpain_hf.generation.drawn.style import STYLES
from synpain_hf.pair import Annotation, Archives, Pair
from synpain_hf.progress import Progress, silent
from synpain_hf.pspi import pspi
from synpain_hf.sources.demo_download import ANNOTATOR, write_drawn
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import COMPOSITE_SIZE, DEFAULT_STYLE, DEMO_GENERATOR, DrawingStyle

__all__ = ["DemoSource", "DrawnPicture", "PlantedBias", "read_bias", "truth_of", "write_raw"]

FOLDS_FILE = "SynPain_folds.txt"

_CHUNK = 4


@dataclass(frozen=True)
class DrawnPicture:
    """A composite that is drawn when it is read; the same file every time.

    Attributes:
        name: Its name in a download.
        subject: Who is drawn.
        seed: The set's.
        biases: What is drawn differently from the truth.
        style: How it is drawn.
    """

    name: str
    subject: Subject
    seed: int
    biases: tuple[PlantedBias, ...]
    style: DrawingStyle = DEFAULT_STYLE

    @property
    def is_verified(self) -> bool:
        """It is drawn, and not stored."""
        return True

    def stamp(self) -> object:
        """The versions of what draws it; everything else that determines the picture is in its fields."""
        return skia.__version__, np.__version__

    def read(self, archives: Archives) -> bytes:  # noqa: ARG002 - nothing is stored
        """Draw it."""
        return encode_composite(self.subject, draw_composite(self.subject, self.seed, self.biases, self.style))


class DemoSource:
    """Pairs of drawn faces.

    Args:
        pairs: How many, 1 to 9,999.
        seed: Draws everything; the same seed gives the same bytes.
        biases: What is planted.
        style: How they are drawn.

    Raises:
        UsageError: If the number of pairs or the seed is out of range, or there is no such style.
    """

    folds_file = None

    def __init__(
        self, pairs: int, seed: int = 0, biases: Sequence[PlantedBias] = (), style: DrawingStyle = DEFAULT_STYLE
    ) -> None:
        if style not in STYLES:
            near = did_you_mean(style, STYLES)
            raise UsageError(f"is {style!r}{near}; give one of {', '.join(STYLES)}", "style")
        self._seed, self._biases, self._style = seed, tuple(biases), style
        self._subjects = relabelled(cast(pairs, seed), self._biases, seed)

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self._subjects)

    def __iter__(self) -> Iterator[Pair]:
        """The pairs; nothing is drawn yet."""
        for picture in self.pictures():
            subject = picture.subject
            yield Pair(
                pair_id=subject.pair_id,
                label=subject.label,
                age_group=subject.age_group,
                gender=subject.gender,
                ethnicity=subject.ethnicity,
                pictures=(picture,),
                listed_at=picture.name,
                size=COMPOSITE_SIZE,
                fold=subject.fold,
                generator=DEMO_GENERATOR,
                seed=self._seed,
                annotations=tuple(truth_of(subject)),
            )

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "demo", **self.notes()}

    def notes(self) -> dict[str, object]:
        """What was drawn: generator, seed and planted bias, and the style where it is another."""
        biases = [bias.to_dict() for bias in self._biases]
        style = {} if self._style == DEFAULT_STYLE else {"style": self._style}
        return {"generator": DEMO_GENERATOR, "seed": self._seed, "biases": biases, **style}

    def pictures(self) -> Iterator[DrawnPicture]:
        """The composites, not drawn yet."""
        for subject in self._subjects:
            yield DrawnPicture(f"Images/{subject.file_name}", subject, self._seed, self._biases, self._style)


def truth_of(subject: Subject) -> Iterator[Annotation]:
    """What is known of a subject's two faces."""
    for face, expression in (("neutral", subject.neutral), ("expressive", subject.expressive)):
        yield Annotation(face, expression.kind, expression.units, pspi(expression.units), ANNOTATOR)


def write_raw(source: DemoSource, folder: Path, executor: Executor, progress: Progress = silent) -> list[str]:
    """Write demo faces as an official-like download: `Images`, `SynPain_folds.txt`, and the truth in a table.

    Args:
        source: The faces.
        folder: An empty folder, or one where this was interrupted.
        executor: Draws the composites.
        progress: Called after every composite.

    Returns:
        The files written, by their names in the folder.

    Raises:
        OutputError: If workers are killed again and again.
    """
    (folder / "Images").mkdir(exist_ok=True)
    pictures = list(source.pictures())
    folds = "".join(f"{picture.subject.pair_id},{picture.subject.fold}\n" for picture in pictures)
    (folder / FOLDS_FILE).write_text(folds, encoding="utf-8")
    truth = {picture.subject.pair_id: list(truth_of(picture.subject)) for picture in pictures}
    beside = write_drawn(folder, source.notes(), truth, list(ACTION_UNITS))
    chunks = [pictures[start : start + _CHUNK] for start in range(0, len(pictures), _CHUNK)]
    with closing(executor.run(partial(_draw_all, folder=folder), chunks)) as drawn:
        for done in accumulate(drawn):
            progress("faces", done, len(pictures))
    return [FOLDS_FILE, *beside, *(picture.name for picture in pictures)]


def _draw_all(pictures: Sequence[DrawnPicture], folder: Path) -> int:
    for picture in pictures:
        pixels = draw_composite(picture.subject, picture.seed, picture.biases, picture.style)
        (folder / picture.name).write_bytes(encode_composite(picture.subject, pixels))
    return len(pictures)
