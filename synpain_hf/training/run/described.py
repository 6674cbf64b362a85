"""What a record of a training says of its data sets, without any path of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.pairs import Pairs, identities_in
from synpain_hf.training.data.several import JoinedSet


def _identities(pairs: Pairs) -> dict[str, dict[str, int]]:
    """How many identities each split shows, where some are shown several times."""
    shown = identities_in(pairs.table)
    found = {name: len({shown[place] for place in places.tolist()}) for name, places in pairs.splits.items()}
    is_repeated = any(found[name] < len(places) for name, places in pairs.splits.items())
    return {"identities": found} if is_repeated else {}


def sizes_of(pairs: Pairs) -> dict[str, dict[str, int]]:
    """How many pairs each split has, and how many identities these show where some are shown several times."""
    return {"splits": {name: len(positions) for name, positions in pairs.splits.items()}, **_identities(pairs)}


def describe(
    dataset: str | Path | Loaded | Pairs, pairs: Pairs, config_name: str, revision: str | None
) -> dict[str, Any]:
    """What is trained on.

    Args:
        dataset: As it was named.
        pairs: Its pairs.
        config_name: The configuration.
        revision: Of a data set on the Hub.
    """
    described = {
        "title": pairs.title,
        "content": pairs.content,
        "config_name": config_name,
        **sizes_of(pairs),
    }
    return {
        **described,
        **({"digest": pairs.digest()} if isinstance(dataset, Pairs) else _published(dataset, revision)),
    }


def describe_joined(one: JoinedSet) -> dict[str, Any]:
    """What is trained on beside the first data set, and what of it is left out."""
    asked = one.asked
    return {
        **describe(asked.dataset, one.pairs, asked.config_name, asked.revision),
        "weight": asked.weight,
        "left_out": one.left_out,
        "twice": one.twice,
    }


def _published(dataset: str | Path | Loaded | Pairs, revision: str | None) -> dict[str, Any]:
    """Where a data set is on the Hub; empty where it is not from there."""
    if isinstance(dataset, str) and "/" in dataset and not Path(dataset).expanduser().is_dir():
        return {"repo_id": dataset, "revision": revision}
    return {}
