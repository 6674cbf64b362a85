"""The data sets of an experiment: given by the user, or drawn for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synpain_hf.errors import UsageError
from synpain_hf.experiments.definition import MAIN, SYNTHETIC, Definition
from synpain_hf.experiments.request import digest_of
from synpain_hf.progress import Progress, silent
from synpain_hf.release.layout import MANIFEST, NAME, TITLES
from synpain_hf.release.release import Release
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs

_ALL = "all"


@dataclass(frozen=True)
class OpenedSet:
    """A data set of an experiment.

    Attributes:
        role: What the definition calls it.
        pairs: Its pairs.
        name: What the data set is, in a few words.
        version: Of a release.
        drawn_with: The seed of what was drawn for the experiment: all sets of one seed show the same persons.
    """

    role: str
    pairs: Pairs
    name: str
    version: str | None
    drawn_with: int | None = None

    @classmethod
    def of(cls, role: str, pairs: Pairs, called: str, drawn_with: int | None = None) -> OpenedSet:
        """A data set.

        Args:
            role: What the definition calls it.
            pairs: Its pairs.
            called: Its own name; empty where it has none that tells it from others.
            drawn_with: As in the attributes.
        """
        title, _, version = pairs.title.rpartition(", version ")
        name = title or pairs.title
        return cls(role, pairs, f"{name} ({called})" if called else name, version if title else None, drawn_with)

    @property
    def is_drawn(self) -> bool:
        """Whether these are demo faces."""
        return self.pairs.title.startswith(TITLES["demo"])


def open_sets(
    definition: Definition,
    given: Mapping[str, str | Path | Loaded | Pairs | None],
    folder: Path,
    *,
    pairs: int | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> dict[str, OpenedSet]:
    """Open the data sets that an experiment needs.

    Args:
        definition: The experiment.
        given: What the user gives, by role: what `open_pairs` takes.
        folder: Where sets that are drawn are kept.
        pairs: How many pairs each of these has; None for as many as the definition says.
        workers: Pictures drawn at a time.
        progress: As in `open_pairs` and `demo`.

    Raises:
        UsageError: If one is missing, or given without need, or given twice.
        SynpainError: What `open_pairs` and `demo` raise.
    """
    for role, source in given.items():
        option = "data" if role == MAIN else role
        if source is None and role in definition.given:
            raise UsageError(f"is missing, and {definition.name} needs it; give a data set", option)
        if source is not None and role not in definition.given:
            raise UsageError(f"is given, but {definition.name} does not use it; leave it out", option)
    if pairs is not None and not definition.drawn:
        raise UsageError(f"is given, but {definition.name} draws no faces; leave it out", "pairs")
    opened = {
        role: OpenedSet.of(role, open_pairs(source, _ALL, progress=progress), _called(source))
        for role, source in given.items()
        if source is not None
    }
    contents = [one.pairs.content for one in opened.values()]
    if len(set(contents)) < len(contents):
        raise UsageError(
            f"has the same pairs as {{data}}; {definition.name} compares two sets", SYNTHETIC, mentions=["data"]
        )
    for role, said in definition.drawn.items():
        wanted = {**said, **({} if pairs is None else {"pairs": pairs})}
        place = _drawn(wanted, folder, workers, partial(_of_set, progress, role))
        opened[role] = OpenedSet.of(role, open_pairs(place, _ALL, progress=progress), role, wanted.get("seed", 0))
    return opened


def _called(source: object) -> str:
    """The name of a release in a folder, where it is not the usual one."""
    if not isinstance(source, (str, Path)) or not (Path(source).expanduser() / MANIFEST).is_file():
        return ""
    name = Release.described_in(Path(source).expanduser()).name
    return "" if name == NAME else name


def _of_set(progress: Progress, role: str, what: str, done: int, total: int) -> None:
    progress(f"{role}: {what}", done, total)


def _drawn(wanted: Mapping[str, Any], folder: Path, workers: int, progress: Progress) -> Path:
    """The release of a set of demo faces, which is drawn where it is not there yet."""
    from synpain_hf.generation.drawn import PlantedBias
    from synpain_hf.release.demo import demo

    place = folder / digest_of({"drawn": wanted})[:32]
    if not (place / MANIFEST).is_file():
        biases = [PlantedBias(**bias) for bias in wanted.get("bias", ())]
        folder.mkdir(parents=True, exist_ok=True)
        demo(place, **{**wanted, "bias": biases}, workers=workers, progress=progress)
    return place
