"""Bias that is planted on purpose, to be found again.

A specification is a list, as YAML or as Python:

    - group: {ethnicity: black}       # whom: any of label, age_group, gender, ethnicity; {} is everybody
      unit: AU4                       # the action unit that is drawn differently from the truth …
      strength: 0.5                   # … half as strong, or
      contrast: 0.3                   # … with fainter furrows and bulges
    - group: {age_group: old}
      flip_labels: 0.2                # the share of pairs that get the other label

The truth that is written with the faces stays what it was. A group of one label is that of the faces which show it,
before any label is flipped, so that no bias changes whom another one affects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from synpain_hf.errors import UsageError
from synpain_hf.generation.drawn.action_units import ACTION_UNITS, STRONGEST, Units
from synpain_hf.generation.drawn.cast import Subject
from synpain_hf.text.documents import parsed_yaml
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import CLASSES

_MOST = {"strength": 5.0, "contrast": 5.0, "flip_labels": 1.0}


@dataclass(frozen=True)
class PlantedBias:
    """One way in which a group is drawn or labelled differently.

    Attributes:
        group: Value by column; a column that is not named has any value.
        unit: The action unit whose appearance changes; empty for none.
        strength: Factor of its visible strength.
        contrast: Factor of how visible its furrows and bulges are.
        flip_labels: Share of the group's pairs, the same for each label, that get the other label.
    """

    group: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    strength: float = 1.0
    contrast: float = 1.0
    flip_labels: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.group, Mapping):
            raise UsageError(f"a bias has the group {self.group!r}; write it as {{column: value}}, {{}} for everybody")
        for column, value in self.group.items():
            if column not in CLASSES:
                near = did_you_mean(column, CLASSES)
                raise UsageError(f"a bias names a group by {column!r}{near}; choose from {', '.join(CLASSES)}")
            if value not in CLASSES[column]:
                near = did_you_mean(str(value), CLASSES[column])
                raise UsageError(f"a bias names {column} {value!r}{near}; choose from {', '.join(CLASSES[column])}")
        if self.unit not in ("", *ACTION_UNITS):
            near = did_you_mean(str(self.unit), ACTION_UNITS)
            raise UsageError(f"a bias names the unit {self.unit!r}{near}; choose from {', '.join(ACTION_UNITS)}")
        for name, most in _MOST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
                raise UsageError(f"a bias has {name} {value!r}; choose a number from 0 to {most:g}")
        if not self.unit and (self.strength != 1 or self.contrast != 1):
            raise UsageError("a bias has a strength or contrast but no unit; name the unit")

    def concerns(self, subject: Subject) -> bool:
        """Whether a subject belongs to the group."""
        has = {column: subject.shown if column == "label" else getattr(subject, column) for column in self.group}
        return has == dict(self.group)

    def to_dict(self) -> dict[str, Any]:
        """What it changes, as JSON-ready fields."""
        changed = {name: value for name, value in asdict(self).items() if value != getattr(PlantedBias(), name)}
        return {"group": dict(self.group), **changed}


def read_bias(path: Path) -> list[PlantedBias]:
    """Read a specification from a YAML file.

    Raises:
        UsageError: If it cannot be read, or is not valid.
    """
    try:
        document = parsed_yaml(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"the bias file {path} cannot be read ({error}); correct it") from error
    if not isinstance(document, list) or not all(isinstance(entry, dict) for entry in document):
        raise UsageError(f"the bias file {path} is not a list of biases; begin each with `- group:`")
    known = [one.name for one in fields(PlantedBias)]
    for key in (key for entry in document for key in entry):
        if key not in known:
            near = did_you_mean(str(key), known)
            raise UsageError(f"the bias file {path} has the unknown key {key!r}{near}; choose from {', '.join(known)}")
    return [PlantedBias(**entry) for entry in document]


def seen_units(biases: Iterable[PlantedBias], subject: Subject, truth: Units) -> tuple[Units, dict[str, float]]:
    """The action units as they are drawn, and the contrast of their marks, for one face of a subject."""
    units, contrast = dict(truth), dict.fromkeys(ACTION_UNITS, 1.0)
    for bias in biases:
        if bias.unit and bias.concerns(subject):
            units[bias.unit] = min(units[bias.unit] * bias.strength, STRONGEST)
            contrast[bias.unit] *= bias.contrast
    return units, contrast


def relabelled(subjects: Sequence[Subject], biases: Iterable[PlantedBias], seed: int) -> list[Subject]:
    """The subjects, some with the other label."""
    result = list(subjects)
    for number, bias in enumerate(biases):
        rng = np.random.default_rng((seed, 1, number))
        for label in CLASSES["label"]:
            of_label = [place for place, one in enumerate(subjects) if bias.concerns(one) and one.label == label]
            for place in rng.permutation(of_label)[: round(bias.flip_labels * len(of_label))]:
                (other,) = set(CLASSES["label"]) - {label}
                result[place] = replace(subjects[place], label=other)
    return result
