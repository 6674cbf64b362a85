"""Published values that stand beside ours: data files in `published/`, each with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.experiments.report.judged import Cohort
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.schemas import violations
from synpain_hf.text.documents import parsed_yaml
from synpain_hf.text.suggestions import did_you_mean

_FOLDER = Path(__file__).with_name("published")
_ALL = "all"


@dataclass(frozen=True)
class Published:
    """What was published on an experiment.

    Attributes:
        experiment: The name of the experiment.
        document: The data file.
    """

    experiment: str
    document: Mapping[str, Any]

    @property
    def by(self) -> str:
        """Who published it, such as `the paper`."""
        return str(self.document["by"])

    def remarks(self, tested: Iterable[str]) -> list[str]:
        """What must be known to compare with it.

        Args:
            tested: The names of the data sets that were tested here.
        """
        document = self.document
        of = list(
            dict.fromkeys(each["source"] for each in document["figures"] if self.experiment in each["experiment"])
        )
        said = [each["text"] for each in document["remarks"] if self.experiment in each["experiment"]]
        if not of:
            return said
        others = sorted(set(tested) - set(document["data"]))
        here = f" Here {', '.join(others)} {'was' if len(others) == 1 else 'were'} tested." if others else ""
        source = f"Published values ({'; '.join(of)}): {document['title']}, {document['url']}. {document['note']}{here}"
        return [source, *said]

    def to_dict(self) -> dict[str, Any]:
        """The publication as JSON-ready fields."""
        return {"by": self.by, "title": self.document["title"], "url": self.document["url"]}

    def value(self, arm: Arm, cohort: Cohort, measure: str) -> float | None:
        """The published value of a number; None where there is none."""
        return next((float(each["value"]) for each in self._figures(arm, cohort) if each["measure"] == measure), None)

    def _figures(self, arm: Arm, cohort: Cohort) -> Sequence[Mapping[str, Any]]:
        tested = {arm.tested_on, cohort.group or _ALL} - {_ALL} or {_ALL}
        return [
            each
            for each in self.document["figures"]
            if self.experiment in each["experiment"]
            and tested == {each["tested_on"]}
            and each.get("condition", arm.condition) == arm.condition
            and each.get("trained_on", arm.trained_on) == arm.trained_on
            and arm.amount in (None, 1)
        ]


def published(name: str | None, experiment: str) -> Published | None:
    """What was published on an experiment.

    Args:
        name: Of the data file; None for none.
        experiment: The name of the experiment.

    Raises:
        BadInputError: If there is no such file.
    """
    if name is None:
        return None
    known = sorted(path.stem for path in _FOLDER.glob("*.yaml"))
    if name not in known:
        reason = f"reported {name!r} is unknown{did_you_mean(name, known)}; use one of {', '.join(known)}, or null"
        raise BadInputError([Problem("experiment.json", reason)])
    document = parsed_yaml((_FOLDER / f"{name}.yaml").read_bytes())
    faults = violations("published_results", document)
    if faults:
        raise BadInputError(Problem(f"{name}.yaml", fault) for fault in faults)
    return Published(experiment, document)
