"""What is asked of a training, checked before torch is imported, which takes seconds: a slip is reported at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import UsageError
from synpain_hf.imaging.alignment.pwct import read_points
from synpain_hf.progress import Progress, silent
from synpain_hf.text.suggestions import did_you_mean, nearest
from synpain_hf.training.data.landmark_tables import table_for
from synpain_hf.training.data.landmarks import landmarks_of
from synpain_hf.training.data.leaving_out import configurations_of
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import PSPI, Pairs
from synpain_hf.training.data.several import JoinedSet, TrainingSet, join
from synpain_hf.training.layout import RECORD, check_place
from synpain_hf.training.options import ALL_FOLDS, SEVERAL, DataArguments, ModelArguments, References, is_new


def check_request(
    data: DataArguments,
    out: Path,
    model: ModelArguments,
    values: Mapping[str, Any],
    also: Sequence[TrainingSet] = (),
) -> None:
    """Refuse a training that cannot begin.

    Args:
        data: The pairs; `cv` is all five folds, `loso` every person in turn.
        out: The folder to write.
        model: The model.
        values: Other arguments, by name.
        also: The data sets that are trained on beside it.

    Raises:
        UsageError: If an argument cannot be right, or a split, a class or an annotation is missing.
        BadInputError: If something is wrong with the table of landmarks.
        SynpainError: What `open_pairs` raises.
    """
    check_landmarks(data.landmarks, also)
    several = data.config_name in SEVERAL
    check_place(out.expanduser().absolute(), any_folder(data.config_name) if several else RECORD)
    model.check_source()
    if model.mean_face is not None:
        read_points(Path(model.mean_face).expanduser())
    first = next(iter(turns(data.dataset, data.config_name, data.revision))) if several else data.config_name
    pairs = open_pairs(data.dataset, first, revision=data.revision)
    check_splits(pairs, data.config_name, chooses=values.get("eval_strategy") != "no")
    keeps_its_own = model.alignment is None and not is_new(model.model)
    if data.landmarks is not None and not keeps_its_own:
        table_for(data.landmarks, pairs, model.alignment or "box")
    elif model.alignment not in ("box", None):
        landmarks_of(pairs)
    check_targets([pairs, *(one.pairs for one in open_also(pairs, also))], model, data.annotator)


def check_landmarks(landmarks: str | Path | None, also: Sequence[Any]) -> None:
    """Refuse a table of landmarks where several data sets are trained on, as it is of one.

    Raises:
        UsageError: If there are both.
    """
    if landmarks is not None and also:
        raise UsageError(
            "is given, but is of one data set, and several are trained on; leave out the table, or the other data sets",
            "landmarks",
        )


def open_also(first: Pairs, also: Sequence[TrainingSet], progress: Progress = silent) -> list[JoinedSet]:
    """Open the data sets that are trained on beside the first.

    Args:
        first: The first.
        also: The others.
        progress: As in `open_pairs`.

    Raises:
        UsageError: If one has no split `train`, or is given twice, or all of it is left out.
        SynpainError: What `open_pairs` raises.
    """
    opened = []
    for asked in also:
        pairs = open_pairs(asked.dataset, asked.config_name, revision=asked.revision, progress=progress)
        check_splits(pairs, asked.config_name, chooses=False)
        opened.append((pairs, asked))
    return join(first, opened)


def check_targets(sets: Sequence[Pairs], model: ModelArguments, annotator: str | None) -> list[str]:
    """Refuse heads for what no data set has annotated.

    Args:
        sets: The data sets; the first has a say in messages.
        model: Which heads the model has.
        annotator: Whose annotations are learned.

    Returns:
        The action units that are learned.

    Raises:
        UsageError: If nobody has annotated one of them, or it is not said whose annotations are meant.
        BadInputError: If an annotator has annotated one face twice.
    """
    units = model.units_of(list(dict.fromkeys(unit for pairs in sets for unit in pairs.action_units())))
    measured = {name for pairs in sets for name in pairs.measured(annotator)}
    lacking = [unit for unit in units if unit not in measured]
    sets[0].targets(pspi=model.pspi_head and PSPI not in measured, action_units=lacking, annotator=annotator)
    for pairs in sets:
        pairs.known_targets(pspi=model.pspi_head, action_units=units, annotator=annotator)
    return units


def turns(dataset: str, protocol: str, revision: str | None = None) -> dict[str, str]:
    """The configurations that a protocol trains on, one after the other, with the folder of each.

    Args:
        dataset: What `open_pairs` takes.
        protocol: `cv` or `loso`.
        revision: Of a data set on the Hub.

    Raises:
        UsageError: If there is no such protocol, or there are too few persons for it, or too many.
        SynpainError: What `open_pairs` raises.
    """
    if protocol not in SEVERAL:
        near = did_you_mean(protocol, SEVERAL)
        raise UsageError(f"is {protocol!r}{near}, which is not a protocol; choose {' or '.join(SEVERAL)}", "protocol")
    if protocol == ALL_FOLDS:
        found = [f"cv_{fold}" for fold in range(FOLDS)]
    else:
        found = configurations_of(open_pairs(dataset, "all", revision=revision).table)
    return {name: SEVERAL[protocol].format(number) for number, name in enumerate(found)}


def any_folder(protocol: str) -> str:
    """A pattern of the folders of a protocol."""
    return SEVERAL[protocol].partition("{")[0] + "*"


def check_references(references: str) -> None:
    """Refuse what says of no neutral faces which are meant.

    Raises:
        UsageError: If it does not.
    """
    if references not in get_args(References):
        raise UsageError(f"is {references!r}; give one of {', '.join(get_args(References))}", "references")


def check_splits(pairs: Pairs, config_name: str, *, chooses: bool) -> None:
    """Refuse pairs that lack a split.

    Args:
        pairs: The pairs.
        config_name: Their configuration.
        chooses: Whether the validation split chooses the model.

    Raises:
        UsageError: If one is missing.
    """
    needed = ["train", "validation"] if chooses else ["train"]
    missing = [split for split in needed if split not in pairs.splits]
    if missing:
        remedy = "choose another configuration, or a larger release"
        meant = [split for split in pairs.splits if nearest(split, ["validation"])]
        if "validation" in missing and meant:
            remedy = f"rename {meant[0]} to validation"
        elif missing == ["validation"]:
            remedy += ", or train without choosing a model ({eval_strategy}=no)"
        raise UsageError(
            f"{pairs.title} has no split {' and '.join(missing)} in {config_name!r}, only "
            f"{', '.join(pairs.splits)}; {remedy}",
            mentions=["eval_strategy"],
        )
