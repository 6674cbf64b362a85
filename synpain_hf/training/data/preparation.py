"""Decoding and scaling both faces of every pair once, into a file that is mapped into memory.

HF_HOME/synpain-hf/faces, or the folder that is given, holds for each content and each set of options a folder

    160x160x1-0123456789abcdef/faces.npy      uint8 (pairs, 2, channels, height, width), neutral before expressive
    160x160x1-0123456789abcdef/unaligned.json pairs in which no face was found to align, black in the file, and why
    160x160x1-0123456789abcdef/prepared.json  what the name is the digest of: content, order, options, version of Pillow

Nothing else depends on the folder, which can be removed at any time. All configurations of a release share one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import PIL
import pyarrow as pa
import torch
from PIL import Image

from synpain_hf.errors import BadInputError, OutputError, PictureError, Problem
from synpain_hf.executor import Executor
from synpain_hf.imaging.alignment import pwct
from synpain_hf.imaging.decoding import decode
from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.progress import Progress, silent
from synpain_hf.storage import locked, move, remove_tree, report_write_errors, scratch, work_folder_of
from synpain_hf.text.documents import parsed_json
from synpain_hf.training.data.landmark_tables import check_aligned
from synpain_hf.training.data.landmarks import LandmarkSource, Points, landmarks_of
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.unaligned import check_choice, without
from synpain_hf.vocabulary import FACES, Unaligned

FORMAT = 3
"""Raised whenever the same pairs and options would give other bytes."""

Pixels = npt.NDArray[np.uint8]

_WAITING = "wait for another process that prepares the same faces"
_PIXELS = "faces.npy"
_RECORD = "prepared.json"
_UNALIGNED = "unaligned.json"
_LEAVE_OUT = "leave such pairs out (unaligned=leave_out)"
_NAME_LENGTH = 16
_AT_A_TIME = 8
_MOST_WORKERS = 8


@dataclass(frozen=True)
class PreparedPairs:
    """Pairs whose faces are decoded and scaled.

    It can be handed to other processes, which map the same file.

    Attributes:
        pairs: The pairs, without those that are left out of their splits.
        processor: What the faces were prepared for; it also says how they are to be normalised.
        folder: Where they are.
        left_out: The pairs that are left out, as no face was found in them to align, as `without` gives them.
    """

    pairs: Pairs
    processor: PairwisePainImageProcessor
    folder: Path
    left_out: pa.Table

    @cached_property
    def faces(self) -> Pixels:
        """Shape (pairs, 2, channels, height, width), in the order of `pairs.table`, the neutral face first.

        Mapped copy-on-write, because torch takes no array that cannot be written; the file never changes.
        """
        faces: Pixels = np.load(self.folder / _PIXELS, mmap_mode="c", allow_pickle=False)
        return faces

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "faces"}


def prepare(
    pairs: Pairs,
    processor: PairwisePainImageProcessor,
    *,
    unaligned: Unaligned = "refuse",
    landmarks: LandmarkSource | None = None,
    cache_dir: str | Path | None = None,
    workers: int | None = None,
    progress: Progress = silent,
) -> PreparedPairs:
    """Decode, crop and scale both faces of every pair, as the image processor does, unless that is done already.

    Of several processes that ask for the same, one works and the others wait for it.

    Args:
        pairs: The pairs; all are prepared, whatever their split.
        processor: The model's image processor: size, channels, box, alignment and filter matter; faces are normalised
            later.
        unaligned: Whether pairs in which no face is found to align are an error, or left out of their splits.
        landmarks: By which faces are aligned, such as `table_for` gives; None for those in the data set, else those
            that are found.
        cache_dir: Where prepared faces are kept; None for `HF_HOME/synpain-hf/faces`.
        workers: Threads that decode; None for one a core, at most 8.
        progress: Called for every pair.

    Raises:
        UsageError: If `workers` cannot be right, or the processor does not give all faces one size, or there are
            landmarks for faces that it does not align.
        MissingExtraError: If the processor aligns faces, the data set has no landmarks, and none can be found here.
        BadInputError: If pictures cannot be read, or no face is found in some that are to be aligned and left in; lists
            all of them.
        ReleaseError: If a file of the release is damaged.
        OutputError: If the cache cannot be written, or the disk is too small.
    """
    check_choice(unaligned)
    executor = Executor(min(_MOST_WORKERS, os.cpu_count() or 1) if workers is None else workers)
    if landmarks is not None:
        check_aligned(processor.alignment)
    source = landmarks_of(pairs) if landmarks is None and processor.alignment != "box" else landmarks
    record = _record_of(pairs, processor, source)
    cache = _default_cache() if cache_dir is None else Path(cache_dir).expanduser()
    folder = cache / _name_of(record)
    if not _is_whole(folder, record):
        with _alone(cache, folder.name, progress):
            if not _is_whole(folder, record):
                _prepare(pairs, _Preparing(_without_normalising(processor), source), folder, record, executor, progress)
    problems = [Problem(pairs.title, reason, pair_id) for pair_id, reason in _unaligned(folder).items()]
    if problems and unaligned == "refuse":
        raise BadInputError(_with_remedy(problems, source))
    kept, left_out = without(pairs, problems)
    return PreparedPairs(kept, processor, folder, left_out)


def _record_of(pairs: Pairs, processor: PairwisePainImageProcessor, landmarks: LandmarkSource | None) -> dict[str, Any]:
    order = "\n".join(pairs.table["pair_id"].to_pylist())
    height, width = processor.output_size
    return {
        "format": FORMAT,
        "content": pairs.content,
        "order": hashlib.sha256(order.encode()).hexdigest(),
        "shape": [pairs.table.num_rows, len(FACES), processor.num_channels, height, width],
        "crop_box": processor.crop_box,
        "resample": processor.resample,
        "pillow": PIL.__version__,
        **({} if landmarks is None else _aligned_by(processor, landmarks)),
    }


def _aligned_by(processor: PairwisePainImageProcessor, landmarks: LandmarkSource) -> dict[str, Any]:
    by = {"alignment": processor.alignment, "landmarks": landmarks.digest()}
    if processor.alignment != "pwct":
        return by
    points = pwct.MeanFace.given(processor.mean_face).points.tolist()
    smoothing = {"smoothing": _smoothed_early(processor)} if processor.smoothing else {}
    return {**by, "mean_face": points, "library": pwct.library(), **smoothing}


def _name_of(record: dict[str, Any]) -> str:
    _, _, channels, height, width = record["shape"]
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    return f"{height}x{width}x{channels}-{digest[:_NAME_LENGTH]}"


def _default_cache() -> Path:
    from datasets import config

    return Path(config.HF_CACHE_HOME).expanduser() / "synpain-hf" / "faces"


def _header(shape: list[int]) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": tuple(shape)})
    return file.getvalue()


def _is_whole(folder: Path, record: dict[str, Any]) -> bool:
    """Whether a folder holds what is looked for, with a file of the right size: a shorter one would end the program."""
    header = _header(record["shape"])
    try:
        found = parsed_json((folder / _RECORD).read_text(encoding="utf-8"))
        with (folder / _PIXELS).open("rb") as file:
            begins = file.read(len(header))
            size = os.fstat(file.fileno()).st_size
        _unaligned(folder)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return bool(found == record and begins == header and size == len(header) + int(np.prod(record["shape"])))


def _unaligned(folder: Path) -> dict[str, str]:
    """The pairs in which no face was found to align, and why."""
    said: dict[str, str] = parsed_json((folder / _UNALIGNED).read_text(encoding="utf-8"))["pairs"]
    return {str(pair_id): str(reason) for pair_id, reason in said.items()}


@contextmanager
def _alone(cache: Path, name: str, progress: Progress) -> Iterator[None]:
    """Let one process at a time prepare the same faces, and report what the disk refuses."""
    with report_write_errors(cache, "make room, set HF_HOME, or give another place"):
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / f".{name}.lock", waiting=partial(progress, _WAITING)):
            yield


def _prepare(
    pairs: Pairs,
    preparing: _Preparing,
    folder: Path,
    record: dict[str, Any],
    executor: Executor,
    progress: Progress,
) -> None:
    """Write a folder beside its place, sync it, and move it there."""
    needed, free = int(np.prod(record["shape"])), shutil.disk_usage(folder.parent).free
    if needed > free:
        raise OutputError(
            f"the prepared faces take {needed / 1e6:,.0f} MB, and {folder.parent} has {free / 1e6:,.0f} MB free; make "
            "room, choose a smaller size, set HF_HOME, or give another place"
        )
    remove_tree(folder)  # one that is damaged
    with scratch(work_folder_of(folder)) as staging:
        # Not written through a mapping: where the disk is full, that would end the program without a word.
        with (staging / _PIXELS).open("wb") as file:
            file.write(_header(record["shape"]))
            unaligned = _write_faces(pairs, preparing, file, executor, progress)
        said = {"pairs": {problem.pair_id: problem.reason for problem in unaligned}}
        (staging / _UNALIGNED).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        (staging / _RECORD).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        move(staging, folder)


def _write_faces(
    pairs: Pairs, preparing: _Preparing, file: IO[bytes], executor: Executor, progress: Progress
) -> list[Problem]:
    """Write all faces, black ones of pairs in which none is found to align; gives these pairs."""
    ids: list[str] = pairs.table["pair_id"].to_pylist()
    unreadable: list[Problem] = []
    unaligned: list[Problem] = []
    results = executor.run(preparing, _encoded(pairs, ids), ordered=True)
    with _one_thread_of_torch(), closing(results):
        for done, (pair_id, prepared) in enumerate(zip(ids, results, strict=True), 1):
            if isinstance(prepared, np.ndarray):
                file.write(prepared.data)
            else:
                problem = Problem(prepared.file, f"pair {pair_id}: {prepared.reason}", pair_id)
                (unaligned if prepared.is_readable else unreadable).append(problem)
                file.write(preparing.black())
            progress("prepare", done, len(ids))
    if unreadable:
        raise BadInputError([*unreadable, *_with_remedy(unaligned, preparing.landmarks)])
    return unaligned


def _with_remedy(unaligned: Sequence[Problem], landmarks: LandmarkSource | None) -> Iterator[Problem]:
    """What is said of pairs in which no face is found to align, where they are refused."""
    remedy = _LEAVE_OUT if landmarks is None else f"{landmarks.remedy}, or {_LEAVE_OUT}"
    return (replace(problem, reason=f"{problem.reason}; {remedy}") for problem in unaligned)


class _Encoded(NamedTuple):
    """A pair that is not decoded yet.

    Attributes:
        pair_id: Its ID.
        file: Where it stands.
        faces: Its neutral and its expressive face; None where it is elsewhere.
    """

    pair_id: str
    file: str
    faces: tuple[bytes | None, ...]


class _Lost(NamedTuple):
    """A pair that cannot be prepared.

    Attributes:
        file: Where it stands.
        reason: Why.
        is_readable: Whether its pictures are, so that only its faces were not found.
    """

    file: str
    reason: str
    is_readable: bool = False


def _encoded(pairs: Pairs, ids: Sequence[str]) -> Iterator[_Encoded]:
    place = iter(ids)
    for part in pairs.parts:
        for batch in part.batches(_AT_A_TIME):
            columns = [batch.column(face).field("bytes").to_pylist() for face in FACES]
            for faces in zip(*columns, strict=True):
                yield _Encoded(next(place), part.name, faces)


@dataclass(frozen=True)
class _Preparing:
    """Decodes the faces of a pair, and brings them into the form that the model takes.

    Attributes:
        processor: The image processor, without what comes later.
        landmarks: By which faces are aligned; None where they are not.
    """

    processor: PairwisePainImageProcessor
    landmarks: LandmarkSource | None

    def black(self) -> bytes:
        """Two faces that show nothing."""
        height, width = self.processor.output_size
        return bytes(len(FACES) * self.processor.num_channels * height * width)

    def __call__(self, pair: _Encoded) -> Pixels | _Lost:
        """Both faces; shape (2, channels, height, width); or why there are none."""
        images: list[Image.Image] = []
        for face, data in zip(FACES, pair.faces, strict=True):
            if data is None:
                return _Lost(
                    pair.file,
                    f"the {face} face is not in the data set, but elsewhere; embed the pictures where their files are, "
                    'by dataset.with_format("arrow").map(datasets.table.embed_table_storage, batched=True)',
                )
            try:
                raster = decode(data)
                images.append(Image.fromarray(np.ascontiguousarray(raster.pixels(raster.width))))
            except PictureError as error:
                return _Lost(pair.file, f"the {face} face {error}")
        try:
            points = [self._points(pair.pair_id, face, image) for face, image in zip(FACES, images, strict=True)]
        except PictureError as error:
            return _Lost(pair.file, str(error), is_readable=True)
        neutral, expressive = images
        try:
            batch = self.processor(
                [expressive], [neutral], return_tensors="np", landmarks=points[1:], reference_landmarks=points[:1]
            )
        except PictureError as error:
            is_aligning = self.landmarks is not None
            return _Lost(pair.file, f"a face {_cause(error) if is_aligning else error}", is_readable=is_aligning)
        floats = np.concatenate([batch["reference_pixel_values"], batch["pixel_values"]])
        pixels: Pixels = np.rint(floats * 255).astype(np.uint8)
        return pixels

    def _points(self, pair_id: str, face: str, image: Image.Image) -> Points | None:
        """The landmarks of a face; None where it is not aligned."""
        if self.landmarks is None:
            return None
        try:
            return self.landmarks.points(pair_id, face, image)
        except PictureError as error:
            raise PictureError(f"the {face} face {_cause(error)}") from error


def _cause(error: PictureError) -> str:
    """What is wrong, without the remedy, which is one for all."""
    return str(error).partition("; ")[0]


def _without_normalising(processor: PairwisePainImageProcessor) -> PairwisePainImageProcessor:
    return PairwisePainImageProcessor(
        size=processor.size,
        num_channels=processor.num_channels,
        crop_box=processor.crop_box,
        resample=processor.resample,
        alignment=processor.alignment,
        mean_face=processor.mean_face,
        smoothing=_smoothed_early(processor),
    )


def _smoothed_early(processor: PairwisePainImageProcessor) -> float:
    """The smoothing of faces that are not smoothed later, on the device, where augmentation has its part in it."""
    return processor.smoothing if processor.alignment == "pwct" else 0.0


@contextmanager
def _one_thread_of_torch() -> Iterator[None]:
    """Leave torch one thread for each of the workers: with threads of their own they take several times as long."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
