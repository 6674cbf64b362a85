"""What is asked of a training, checked before torch is imported, which takes seconds: a slip is reported at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synpain_hf.errors import UsageError
from synpain_hf.text.suggestions import nearest
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.layout import FOLD, RECORD, check_place
from synpain_hf.training.options import ALL_FOLDS, DataArguments, ModelArguments


def check_request(data: DataArguments, out: Path, model: ModelArguments, values: Mapping[str, Any]) -> None:
    """Refuse a training that cannot begin.

    Args:
        data: The pairs; `cv` is all five folds.
        out: The folder to write.
        model: The model.
        values: Other arguments, by name.

    Raises:
        UsageError: If an argument cannot be right, or a split, a class or an annotation is missing.
        SynpainError: What `open_pairs` raises.
    """
    is_folds = data.config_name == ALL_FOLDS
    check_place(out.expanduser().absolute(), FOLD.format("*") if is_folds else RECORD)
    model.check_source()
    pairs = open_pairs(data.dataset, "cv_0" if is_folds else data.config_name, revision=data.revision)
    check_splits(pairs, data.config_name, chooses=values.get("eval_strategy") != "no")
    pairs.targets(pspi=model.pspi_head, action_units=model.units_of(pairs.action_units()), annotator=data.annotator)


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
