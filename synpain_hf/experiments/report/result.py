"""`Result`: what an experiment wrote, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.experiments.report.judged import Cohort, Judged
from synpain_hf.experiments.report.predictions import Arm, Predictions
from synpain_hf.experiments.report.published import Published, published
from synpain_hf.schemas import strict_json, violations
from synpain_hf.text.plurals import count, first_few

NAME = "experiment.json"

_FEW = 3
_ALONE = (
    "one model alone, so that intervals hold for other identities, not for other trainings; train with several seeds."
)
_TWO = (
    "two trainings, which hardly tell how trainings differ, so that intervals can be very wide; train with five seeds."
)
_UNEVEN = "fewer models than others; comparisons are made with the folds and seeds that both sides have."


@dataclass(frozen=True)
class Question:
    """A table as the experiment asks for it.

    Attributes:
        name: Of its files.
        kind: What it shows.
        title: Its title.
        options: What else is said of it: `baseline`, `attribute`, `factors`.
    """

    name: str
    kind: str
    title: str
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """What an experiment wrote.

    Attributes:
        document: `experiment.json`.
        judged: The worth of its models.
        published: What others published on it; None for nothing.
    """

    document: Mapping[str, Any]
    judged: Judged
    published: Published | None

    @classmethod
    def read(cls, folder: Path) -> Result:
        """Read the result in a folder.

        Raises:
            BadInputError: If it is not there, or cannot be used; the error lists everything that is wrong.
        """
        document = _document(folder / NAME)
        return cls(document, Judged(Predictions.read(folder)), published(document["reported"], str(document["name"])))

    @property
    def questions(self) -> list[Question]:
        """The tables that are asked for."""
        kinds = [table["kind"] for table in self.document["tables"]]
        found = []
        for number, table in enumerate(self.document["tables"]):
            kind = table["kind"]
            name = kind if kinds.count(kind) == 1 else f"{kind}-{kinds[: number + 1].count(kind)}"
            options = {key: value for key, value in table.items() if key not in ("kind", "title")}
            found.append(Question(name, kind, table["title"], options))
        return found

    @property
    def published_by(self) -> str:
        """The heading of published values."""
        return self.published.by if self.published else ""

    def published_value(self, arm: Arm, cohort: Cohort, measure: str) -> float | None:
        """The published value of a number; None where there is none."""
        return self.published.value(arm, cohort, measure) if self.published else None

    def facts(self) -> list[str]:
        """What every table says of itself: data, version, model, seeds and folds."""
        document = self.document
        models = [model for arm in self.judged.predictions.arms for model in arm.models]
        seeds = sorted({model.seed for model in models})
        folds = {model.fold for model in models} - {None}
        data = "; ".join(
            f"{each['role']}: {each['name']}{' ' + each['version'] if each['version'] else ''}, "
            f"{count(each['pairs'], 'pair')}, digest {each['digest'].removeprefix('sha256:')[:12]}"
            for each in document["data"]
        )
        trained = f"{count(len(seeds), 'seed')} ({first_few([str(seed) for seed in seeds])})"
        turns = count(len(folds), "fold") if folds else "no folds"
        return [
            f"Data: {data}. Model: {document['model']}; {trained}; {turns}. Made with synpain-hf {document['package']}."
        ]

    def remarks(self) -> list[str]:
        """What must be known to compare with published values."""
        tested = {arm.dataset for arm in self.judged.predictions.arms}
        return self.published.remarks(sorted(tested)) if self.published else []

    def cautions(self) -> list[str]:
        """What limits the intervals, in sentences."""
        arms = self.judged.predictions.arms
        alone = [arm for arm in arms if len(arm.models) == 1]
        few = [arm for arm in arms if len(arm.models) > 1 and _most_alike(arm) < _FEW]
        most = max(len(arm.models) for arm in arms)
        uneven = [arm for arm in arms if arm.trained_on and len(arm.models) < most]
        cautions = ((alone, _ALONE), (few, _TWO), (uneven, _UNEVEN))
        return [f"{_conditions(some)}: {caution}" for some, caution in cautions if some]


def _most_alike(arm: Arm) -> int:
    """How many trainings there are to see from how much they differ: seeds, or folds."""
    return max(len({model.seed for model in arm.models}), len({model.fold for model in arm.models}))


def _conditions(arms: Sequence[Arm]) -> str:
    return first_few(list(dict.fromkeys(arm.condition for arm in arms)))


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = strict_json(path.read_bytes())
    except FileNotFoundError:
        raise BadInputError([Problem(NAME, "is missing; give the folder of an experiment that has run")]) from None
    except (OSError, ValueError) as error:
        raise BadInputError([Problem(NAME, f"cannot be read ({error}); run the experiment again")]) from error
    if not isinstance(document, dict):
        raise BadInputError([Problem(NAME, "is not an object; run the experiment again")])
    faults = violations("experiment_result", document)
    if faults:
        raise BadInputError(Problem(NAME, fault) for fault in faults)
    return document
