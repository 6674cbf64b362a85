"""Demo faces as a source of pairs, drawn when they are read, and as an official-like download on disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread, current_thread, main_thread

import numpy as np
import skia

from synpain_hf.errors import OutputError
from synpain_hf.generation.drawn.action_units import ACTION_UNITS, pspi
from synpain_hf.generation.drawn.bias import PlantedBias, read_bias, relabelled
from synpain_hf.generation.drawn.cast import Subject, cast
from synpain_hf.generation.drawn.composites import draw_composite, encode_composite
from synpain_hf.pair import Annotation, Archives, Pair
from synpain_hf.progress import Progress, silent
from synpain_hf.sources.demo_download import ANNOTATOR, write_drawn
from synpain_hf.vocabulary import COMPOSITE_SIZE, DEMO_GENERATOR

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
        biases: What is drawn otherwise than the truth says.
    """

    name: str
    subject: Subject
    seed: int
    biases: tuple[PlantedBias, ...]

    def stamp(self) -> object:
        """The versions of what draws it; everything else that decides the picture is in its fields."""
        return skia.__version__, np.__version__

    def read(self, archives: Archives) -> bytes:  # noqa: ARG002 - nothing is stored
        """Draw it."""
        return encode_composite(self.subject, draw_composite(self.subject, self.seed, self.biases))


class DemoSource:
    """Pairs of drawn faces.

    Args:
        pairs: How many, 1 to 9,999.
        seed: Draws everything; the same seed gives the same bytes.
        biases: What is planted.

    Raises:
        UsageError: If the number of pairs or the seed is out of range.
    """

    folds_file = None

    def __init__(self, pairs: int, seed: int = 0, biases: Sequence[PlantedBias] = ()) -> None:
        self._seed, self._biases = seed, tuple(biases)
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
        """What was drawn: generator, seed and planted bias."""
        biases = [bias.to_dict() for bias in self._biases]
        return {"generator": DEMO_GENERATOR, "seed": self._seed, "biases": biases}

    def pictures(self) -> Iterator[DrawnPicture]:
        """The composites, not drawn yet."""
        for subject in self._subjects:
            yield DrawnPicture(f"Images/{subject.file_name}", subject, self._seed, self._biases)


def truth_of(subject: Subject) -> Iterator[Annotation]:
    """What is known of a subject's two faces."""
    for face, expression in (("neutral", subject.neutral), ("expressive", subject.expressive)):
        yield Annotation(face, expression.kind, expression.units, pspi(expression.units), ANNOTATOR)


def write_raw(source: DemoSource, folder: Path, workers: int = 1, progress: Progress = silent) -> list[str]:
    """Write demo faces as an official-like download: `Images`, `SynPain_folds.txt`, and the truth in a table.

    Args:
        source: The faces.
        folder: An empty folder, or one where this was interrupted.
        workers: Processes that draw; with 1, this process does.
        progress: Told of every composite.

    Returns:
        The files written, by their names in the folder.

    Raises:
        OutputError: If a process that draws was ended from outside.
    """
    (folder / "Images").mkdir(exist_ok=True)
    pictures = list(source.pictures())
    folds = "".join(f"{picture.subject.pair_id},{picture.subject.fold}\n" for picture in pictures)
    (folder / FOLDS_FILE).write_text(folds, encoding="utf-8")
    truth = {picture.subject.pair_id: list(truth_of(picture.subject)) for picture in pictures}
    beside = write_drawn(folder, source.notes(), truth, list(ACTION_UNITS))
    chunks = [pictures[start : start + _CHUNK] for start in range(0, len(pictures), _CHUNK)]
    for done in accumulate(_drawn(chunks, folder, workers)):
        progress("faces", done, len(pictures))
    return [FOLDS_FILE, *beside, *(picture.name for picture in pictures)]


def _drawn(chunks: Sequence[Sequence[DrawnPicture]], folder: Path, workers: int) -> Iterator[int]:
    """Draw chunk by chunk; how many pictures each had."""
    if workers == 1:
        yield from (_draw_all(chunk, folder) for chunk in chunks)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        with _leaving_ctrl_c_here():
            futures = [pool.submit(_draw_all, chunk, folder) for chunk in chunks]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise OutputError(
            "a process that draws was ended from outside; draw with fewer workers, and in a script of your own under "
            '`if __name__ == "__main__":`'
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _leaving_ctrl_c_here() -> Iterator[None]:
    """Have processes that are started meanwhile ignore Ctrl-C: this one ends them."""
    if current_thread() is not main_thread():  # no other may say so, or is told of Ctrl-C
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_with_parent() -> None:
    """Have this process end when the one that started it is killed, rather than wait for work forever."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def _draw_all(pictures: Sequence[DrawnPicture], folder: Path) -> int:
    for picture in pictures:
        pixels = draw_composite(picture.subject, picture.seed, picture.biases)
        (folder / picture.name).write_bytes(encode_composite(picture.subject, pixels))
    return len(pictures)
