"""Whether the identities of a release are whole, whatever it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from synpain_hf.configurations import Partition
from synpain_hf.errors import Problem
from synpain_hf.release.identities import units_of
from synpain_hf.vocabulary import DERIVED_FROM, IDENTITY


@dataclass
class WholeIdentities:
    """The identities that were met in the rows of a release, and where."""

    _places: dict[str, Partition] = field(default_factory=dict)
    _whose: dict[str, str] = field(default_factory=dict)
    _beside: dict[str, object] = field(default_factory=dict)
    _links: list[tuple[str, str]] = field(default_factory=list)

    def wrong_with(self, row: Mapping[str, Any], here: Partition) -> Iterator[str]:
        """Whether a row's identity is in two folds, or in a file of another person.

        Args:
            row: The row.
            here: The partition that it stands in.
        """
        identity = row[IDENTITY]
        if not identity:
            yield f"has no {IDENTITY}"
            return
        there = self._places.setdefault(identity, here)
        if there.fold != here.fold:
            yield f"shows identity {identity}, which is in fold {there.fold} too"
        whom = self._whose.setdefault(here.person, identity)
        if (here.person and whom != identity) or there.person != here.person:
            yield f"shows identity {identity}, but is in a file of another person"
        if row.get(DERIVED_FROM):
            self._links.append((identity, row[DERIVED_FROM]))

    def elsewhere(self, identity: str, fold: object) -> Iterator[str]:
        """Whether an identity in another table is in another fold than in the pairs, or than before in that table.

        Args:
            identity: The identity.
            fold: The fold there.
        """
        there = self._places.get(identity)
        found = self._beside.setdefault(identity, fold) if there is None else there.fold
        if not identity:
            yield f"has no {IDENTITY}"
        elif found != fold:
            yield f"shows identity {identity}, which is in fold {found} too"

    def torn(self) -> Iterator[Problem]:
        """Identities that stand in another fold than those which their expressions come from."""
        units = units_of([*self._links, *((identity, None) for identity in self._places)])
        folds: dict[str, int] = {}
        for identity, partition in sorted(self._places.items()):
            fold = folds.setdefault(units[identity], partition.fold)
            if fold != partition.fold:
                reason = f"shows identity {identity}, which {DERIVED_FROM} links to one in fold {fold}"
                yield Problem(partition.path, reason)
