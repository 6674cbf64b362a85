"""Leaving one person out: the splits of `loso_IDENTITY`, of the positions of pairs alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from synpain_hf.configurations import EACH_PERSON, FOLDS
from synpain_hf.errors import UsageError
from synpain_hf.release.identities import MOST_PERSONS
from synpain_hf.text.plurals import first_few
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.training.data.pairs import Positions, identities_in, units_in

_PREFIX = f"{EACH_PERSON}_"


def left_out(configuration: str) -> str:
    """The identity that a configuration leaves out; empty where it is another configuration."""
    return configuration.removeprefix(_PREFIX) if configuration.startswith(_PREFIX) else ""


def configurations_of(table: pa.Table) -> list[str]:
    """A configuration for each identity, which leaves it out.

    Args:
        table: As in `Pairs`.

    Raises:
        UsageError: If there are too few identities, or too many.
    """
    identities = sorted(set(identities_in(table)))
    if not 1 < len(identities) <= MOST_PERSONS:
        raise UsageError(
            f"leaving one person out needs 2 to {MOST_PERSONS} identities, and there are {len(identities):,}; "
            "use the folds (cv)"
        )
    return [f"{_PREFIX}{identity}" for identity in identities]


def without_one(table: pa.Table, configuration: str) -> dict[str, Positions]:
    """The positions of the pairs of each split where one person is tested on.

    Validation is the next fold that has pairs. Whoever `derived_from` links to the person is left out.

    Args:
        table: As in `Pairs`, with the column `fold`.
        configuration: `loso_` and the identity.

    Raises:
        UsageError: If there is no such identity.
    """
    known = configurations_of(table)
    if configuration not in known:
        near = did_you_mean(configuration, known)
        raise UsageError(f"no identity is {shown(left_out(configuration))}{near}; choose from {first_few(known)}")
    identities, units = np.array(identities_in(table)), np.array(units_in(table))
    folds = table["fold"].to_numpy()
    tested = identities == left_out(configuration)
    own = folds[tested][0]
    after = [fold for fold in ((own + step) % FOLDS for step in range(1, FOLDS)) if np.any(folds == fold)]
    validated = np.isin(folds, after[:1])
    trained = ~validated & (units != units[tested][0])
    splits = {"train": trained, "validation": validated, "test": tested}
    return {split: np.flatnonzero(chosen) for split, chosen in splits.items() if chosen.any()}
