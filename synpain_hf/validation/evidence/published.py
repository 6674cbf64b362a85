"""The paper's numbers, to stand beside those of a release: from the facts of SynPAIN that come with this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synpain_hf.cards.facts import BESIDE, read_facts, shipped
from synpain_hf.validation.evidence.section import Group


@dataclass(frozen=True)
class Published:
    """What was published.

    Attributes:
        by: Who published it, in a few words.
        note: How to read a comparison.
        url: Where it was published.
        figures: The numbers, by `MEASURE.GROUP.STATISTIC`.
    """

    by: str
    note: str
    url: str
    figures: Mapping[str, float]

    def of(self, measure: str, group: Group, statistic: str) -> float | None:
        """A number; None where none was published."""
        return self.figures.get(f"{measure}.{'_'.join(group)}.{statistic}")


def published() -> Published:
    """What the paper of SynPAIN reports (arXiv 2507.19673)."""
    path = shipped("synpain")
    facts = read_facts(path, path.with_name(BESIDE))
    reported = facts["reported"]
    figures = {figure["quantity"]: float(figure["value"]) for figure in reported["figures"]}
    return Published(reported["by"], reported["note"], facts["paper"]["url"], figures)
