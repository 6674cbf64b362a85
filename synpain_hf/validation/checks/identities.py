"""Whether an identity, and those derived from it, are on one side of every split."""

from __future__ import annotations

from collections import defaultdict

from synpain_hf.release.identities import units_of
from synpain_hf.release.release import Release
from synpain_hf.text.plurals import count, first_few
from synpain_hf.validation.checks.check import Found, judged
from synpain_hf.validation.faces import Faces


def identities(release: Release, faces: Faces) -> Found:  # noqa: ARG001 - looks at pairs alone
    """Identities that are linked by derivation are one unit, which has one fold."""
    units = units_of((pair.identity, pair.derived_from) for pair in faces.pairs)
    folds: dict[str, set[int]] = defaultdict(set)
    for pair in faces.pairs:
        folds[units[pair.identity]].add(pair.fold)
    torn = sorted(unit for unit, found in folds.items() if len(found) > 1)
    told = (
        [f"{count(len(torn), 'identity')} ({first_few(torn)}) in several folds; build the release again"]
        if torn
        else []
    )
    shown = len({pair.identity for pair in faces.pairs})
    return judged(told, [], {"identities": shown, "units": len(folds), "in_several_folds": len(torn)})
