"""3DPain: rendered persons, each neutral and in pain, seen from several sides (arXiv 2509.16727).

Pictures are `meshes_inpainted/PERSON_pain_N_VIEW.png` and `meshes_inpainted/PERSON_neutral_VIEW.png`, where PERSON is
`flame_sample_` and digits; `annotations/PERSON_pain_N_annotations.json` has action units and PSPI. A table of
`annotation_base_name` and `split` (0 training, 1 validation, 2 test), if there is one, says who is in which split.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Annotation, Kept, Pair
from synpain_hf.pspi import PSPI_UNITS, pspi
from synpain_hf.schemas import strict_json
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.facs import MOST_PSPI, check_pain_from, check_units
from synpain_hf.sources.files import StoredPicture, list_folder
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.groups import Groups, read_groups
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import read_rows
from synpain_hf.text.plurals import count

PICTURES = "meshes_inpainted"
ANNOTATIONS = "annotations"
ANNOTATOR = "3dpain"

MOST_BYTES = 4096
"""Of a file of annotations."""

_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
_NAME = re.compile(r"((flame_sample_\d{1,9})_(pain_\d{1,4}|neutral))(?:_([A-Za-z0-9_.-]{1,60}))?", re.ASCII)
_ANNOTATIONS_END = "_annotations.json"
_NEUTRAL = "neutral"
_SPLIT_COLUMNS = {"annotation_base_name", "split"}
_TRAIN, _VALIDATION, _TEST = "0", "1", "2"
_FOLDS = {_TEST: 0, _VALIDATION: 1}
_TRAINING_FOLDS = (2, 3, 4)


def is_3dpain(folder: Path) -> bool:
    """Whether a folder has the pictures of 3DPain."""
    return (folder / PICTURES).is_dir() and (folder / ANNOTATIONS).is_dir()


@dataclass(frozen=True)
class _View:
    """A picture, by what its name says."""

    base: str
    identity: str
    expression: str
    view: str
    file: StoredPicture


class Pain3dSource:
    """Pairs of a person in pain and the same person's neutral face, seen from the same side.

    The published split is that of the configuration `default`: its test persons are in fold 0, those for validation in
    fold 1, and the others in turn in folds 2, 3 and 4.

    Args:
        folder: The folder that holds `meshes_inpainted`.
        choices: From which pain score on a picture shows pain, by default always; and the groups.

    Raises:
        UsageError: If the pain score cannot be right.
        BadInputError: If a table of the groups or splits cannot be read.
    """

    def __init__(self, folder: Path, choices: Choices) -> None:
        self._pain_from = check_pain_from(choices.pain_from)
        groups, folder = read_groups(choices.groups), folder.resolve()
        pictures, labels = (list_folder(folder / name, folder) for name in (PICTURES, ANNOTATIONS))
        views, problems = _views(pictures.files)
        self._entries: list[Pair | Problem] = [*pictures.problems, *labels.problems, *problems]
        if not (pictures.is_lost or labels.is_lost):
            self._entries += groups.check({view.identity for view in views})
            self._entries += _pairs(views, labels.files, groups, self._pain_from)
        self.folds_file = _splits(folder, [entry for entry in self._entries if isinstance(entry, Pair)])

    def __len__(self) -> int:
        """Number of pictures of pain, and of problems."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each picture of pain, or why it is not one."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "3dpain", **({} if self._pain_from is None else {"pain_from": self._pain_from})}


def _views(files: Iterable[StoredPicture]) -> tuple[list[_View], list[Problem]]:
    views, problems = [], []
    for file in files:
        path = PurePosixPath(file.name)
        if path.suffix.lower() not in _PICTURE_SUFFIXES:
            continue
        match = _NAME.fullmatch(path.stem)
        if match is None:
            reason = "is not named flame_sample_XXXX_pain_N_VIEW or flame_sample_XXXX_neutral_VIEW; restore its name"
            problems.append(Problem(file.name, reason))
        else:
            views.append(_View(match[1], match[2], match[3], match[4] or "", file))
    return views, problems


def _pairs(
    views: Sequence[_View], files: Iterable[StoredPicture], groups: Groups, pain_from: float | None
) -> Iterator[Pair | Problem]:
    neutrals, problems = _neutrals(views)
    yield from problems
    in_pain = [view for view in views if view.expression != _NEUTRAL]
    bases = {view.base for view in in_pain}
    labels: dict[str, StoredPicture] = {}
    for file in files:
        base = PurePosixPath(file.name).name.removesuffix(_ANNOTATIONS_END)
        if not file.name.endswith(_ANNOTATIONS_END):
            continue
        if base not in bases:
            yield Problem(file.name, f"has no picture in {PICTURES}; add it, or remove the annotations")
        labels[base] = file
    units = {base: _annotated(labels.get(base)) for base in sorted(bases)}
    for view in in_pain:
        annotated, neutral = units[view.base], neutrals.get((view.identity, view.view))
        reasons = [annotated] if isinstance(annotated, str) else []
        if neutral is None:
            reasons.append(f"has no neutral picture of {view.identity} in view {view.view or 'without a name'}; add it")
        if neutral is None or isinstance(annotated, str):
            yield Problem(view.file.name, "; also: ".join(reasons), PurePosixPath(view.file.name).stem)
        else:
            yield _pair(view, neutral, annotated, groups, pain_from)


def _neutrals(views: Iterable[_View]) -> tuple[dict[tuple[str, str], _View], list[Problem]]:
    """The neutral picture of each person from each side, and those that are one too many."""
    found: dict[tuple[str, str], _View] = {}
    problems = []
    for view in views:
        if view.expression == _NEUTRAL:
            first = found.setdefault((view.identity, view.view), view)
            if first is not view:
                reason = f"is the same neutral picture as {first.file.name}; keep one of the two"
                problems.append(Problem(view.file.name, reason))
    return found, problems


def _pair(
    view: _View, neutral: _View, annotated: tuple[Mapping[str, float], float], groups: Groups, pain_from: float | None
) -> Pair:
    units, score = annotated
    return Pair(
        pair_id=PurePosixPath(view.file.name).stem,
        label="pain" if pain_from is None or score >= pain_from else "no_pain",
        pictures=(neutral.file, view.file),
        listed_at=view.file.name,
        identity=view.identity,
        expression="pain",
        source_label=view.expression,
        pspi=score,
        annotations=(Annotation("expressive", "pain", units, score, ANNOTATOR),),
        kept=(Kept("view", "string", view.view),),
        **groups.of(view.identity),
    )


def _annotated(file: StoredPicture | None) -> tuple[Mapping[str, float], float] | str:
    """Action units and PSPI of a file of annotations, or why there are none."""
    if file is None:
        return f"has no file in {ANNOTATIONS}; add it, or remove the picture"
    try:
        with file.path.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        return _units_in(data)
    except OSError as error:
        return f"has annotations {file.name} that cannot be read ({error.strerror}); check the file"
    except ValueError as error:
        return f"has annotations {file.name}: {error}"


def _units_in(data: bytes) -> tuple[Mapping[str, float], float]:
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than the {MOST_BYTES:,} bytes that are read; restore it")
    try:
        given: Any = strict_json(data)
    except ValueError as error:
        raise ValueError(f"it is not JSON ({error}); restore it") from error
    if not isinstance(given, dict):
        raise ValueError("it is not a JSON object; restore it")  # noqa: TRY004 - a fault of the file, not of the code
    lacking = [unit for unit in PSPI_UNITS if unit not in given]
    if lacking:
        raise ValueError(f"it lacks {', '.join(lacking)}; restore it")
    wanted = (*PSPI_UNITS, "PSPI") if given.get("PSPI") is not None else PSPI_UNITS
    for name in wanted:
        number = isinstance(given[name], (int, float)) and not isinstance(given[name], bool)
        if not number or not 0 <= given[name] <= MOST_PSPI:
            raise ValueError(f"its {name} is not a number from 0 to {MOST_PSPI:g}; correct it")
    units = {unit: float(given[unit]) for unit in PSPI_UNITS}
    score = float(given["PSPI"]) if "PSPI" in wanted else pspi(units)
    check_units(units, score)
    return units, score


def _splits(folder: Path, pairs: Sequence[Pair]) -> FoldsFile | None:
    """The folds that the published split means; None if no split came with the pictures."""
    found = [
        path for path in sorted(folder.glob("*.csv")) + sorted((folder / ANNOTATIONS).glob("*.csv")) if _is_split(path)
    ]
    if not found:
        return None
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise BadInputError([Problem(found[1].name, f"is one of several tables of splits ({names}); keep one")])
    path, problems = found[0], []
    splits: dict[str, str] = {}
    line_of: dict[str, int] = {}
    for line, row in read_rows(GivenFile(path, path.name), _SPLIT_COLUMNS, lambda _: None):
        base, split = str(row["annotation_base_name"]).strip().removesuffix("_annotations"), str(row["split"]).strip()
        match = _NAME.fullmatch(base)
        if match is None or match[4] or split not in (_TRAIN, _VALIDATION, _TEST):
            reason = f"is not a name such as flame_sample_0001_pain_2 and 0, 1 or 2 ({base[:60]!r}, {split[:20]!r})"
            problems.append(Problem(f"{path.name}:{line}", f"{reason}; correct it"))
        elif base in splits:
            reason = f"names {base} again (line {line_of[base]}); leave one of the two"
            problems.append(Problem(f"{path.name}:{line}", reason))
        else:
            splits[base], line_of[base] = split, line
    trained = sorted({base.rpartition("_pain_")[0] for base, split in splits.items() if split == _TRAIN})
    training = {identity: _TRAINING_FOLDS[at % len(_TRAINING_FOLDS)] for at, identity in enumerate(trained)}
    pictures: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        pictures[f"{pair.identity}_{pair.source_label}"].append(pair.pair_id)
    folds, lines = {}, {}
    for base, split in splits.items():
        fold = _FOLDS[split] if split in _FOLDS else training[base.rpartition("_pain_")[0]]
        for pair_id in pictures.get(base, [base]):
            folds[pair_id], lines[pair_id] = fold, line_of[base]
    told = f"{path.name}: {count(len(splits), 'expression')}, test in fold 0, validation in fold 1, training in 2 to 4"
    return FoldsFile(path.name, folds, lines, tuple(problems), told)


def _is_split(path: Path) -> bool:
    """Whether a table has the columns of a split; one that cannot be read is not recognised."""
    try:
        with path.open("rb") as file:
            head = file.readline(1000).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return {name.strip().strip('"') for name in head.split(",")} >= _SPLIT_COLUMNS
