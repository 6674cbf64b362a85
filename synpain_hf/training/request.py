"""What is asked of a training, checked before torch is imported, which takes seconds: a slip is reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import UsageError
from synpain_hf.text.suggestions import did_you_mean, nearest
from synpain_hf.training.data.leaving_out import configurations_of
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.layout import RECORD, check_place
from synpain_hf.training.options import ALL_FOLDS, SEVERAL, DataArguments, ModelArguments


def check_request(data: DataArguments, out: Path, model: ModelArguments, values: Mapping[str, Any]) -> None:
    """Refuse a training that cannot begin.

    Args:
        data: The pairs; `cv` is all five folds, `loso` every person in turn.
        out: The folder to write.
        model: The model.
        values: Other arguments, by name.

    Raises:
        UsageError: If an argument cannot be right, or a split, a class or an annotation is missing.
        SynpainError: What `open_pairs` raises.
    """
    several = data.config_name in SEVERAL
    check_place(out.expanduser().absolute(), any_folder(data.config_name) if several else RECORD)
    model.check_source()
    first = next(iter(turns(data.dataset, data.config_name, data.revision))) if several else data.config_name
    pairs = open_pairs(data.dataset, first, revision=data.revision)
    check_splits(pairs, data.config_name, chooses=values.get("eval_strategy") != "no")
    pairs.targets(pspi=model.pspi_head, action_units=model.units_of(pairs.action_units()), annotator=data.annotator)


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
