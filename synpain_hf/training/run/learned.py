"""What a model has learned, so that it is never judged on anybody it has learned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from transformers.utils.hub import cached_file

from synpain_hf.errors import UsageError
from synpain_hf.text.documents import parsed_json
from synpain_hf.training.data.pairs import Pairs, Positions
from synpain_hf.training.layout import LEARNED


class Learned(NamedTuple):
    """What a model has learned.

    Attributes:
        pair_id: The pairs.
        identity: The identities that these show, and those that they are derived from.
        sets: The data sets that they are of, in the order in which they were learned: `title`, `content` (the digest)
            and how many `pairs`.
    """

    pair_id: frozenset[str] = frozenset()
    identity: frozenset[str] = frozenset()
    sets: tuple[Mapping[str, Any], ...] = ()

    def and_of(self, pairs: Pairs, positions: Positions) -> Learned:
        """This, and some pairs."""
        shown = frozenset[str]().union(*pairs.persons(positions))
        learned_of = {"title": pairs.title, "content": pairs.content, "pairs": len(positions)}
        ids = self.pair_id.union(pairs.table["pair_id"].take(positions).to_pylist())
        return Learned(ids, self.identity | shown, (*self.sets, learned_of))

    def among(self, pairs: Pairs, positions: Positions) -> int:
        """How many of some pairs it has learned, or others of the same persons."""
        ids = pairs.table["pair_id"].take(positions).to_pylist()
        known = zip(ids, pairs.persons(positions), strict=True)
        return sum(pair_id in self.pair_id or not self.identity.isdisjoint(shown) for pair_id, shown in known)

    def to_dict(self) -> dict[str, Any]:
        """What stands in the file that says so."""
        return {"pair_id": sorted(self.pair_id), "identity": sorted(self.identity), "sets": list(self.sets)}


def learned_by(name: str) -> Learned:
    """What a pairwise model has learned, where its folder or its repository says so."""
    file = cached_file(name, LEARNED, _raise_exceptions_for_missing_entries=False)
    if file is None:
        return Learned()
    try:
        said = parsed_json(Path(file).read_text(encoding="utf-8"))
        learned = [said["pair_id"], said.get("identity", [])]  # of earlier versions the pairs alone
        sets = tuple(_set_of(one) for one in said.get("sets", []))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        learned, sets = [None], ()
    if not all(isinstance(ids, list) and all(isinstance(one, str) for one in ids) for ids in learned):
        raise UsageError(f"has a damaged {LEARNED}, so it is not known what it has learned; fetch it again", "model")
    pair_id, identity = map(frozenset, learned)
    return Learned(pair_id, identity, sets)


def _set_of(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """A data set that a model has learned, as its file names it; another value raises what `learned_by` reports."""
    return {"title": str(said["title"]), "content": str(said["content"]), "pairs": int(said["pairs"])}


def check_unseen(name: str, pairs: Pairs) -> None:
    """Refuse a model that has learned pairs, or others of their persons, which would now choose or test it."""
    learned = learned_by(name)
    seen = {split: learned.among(pairs, positions) for split, positions in pairs.splits.items() if split != "train"}
    told = ", ".join(f"{count:,} of {split}" for split, count in seen.items() if count)
    if told:
        raise UsageError(
            f"{name} has learned pairs that would now judge it ({told}); continue with the configuration that it "
            "was trained with, or start from new weights"
        )
