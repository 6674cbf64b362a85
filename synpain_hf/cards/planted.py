"""The bias that was planted in a release on purpose, in words, as its `release.json` records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from synpain_hf.cards.words import words
from synpain_hf.release.release import Release
from synpain_hf.text.plurals import plural


@dataclass(frozen=True)
class Planted:
    """One planted bias.

    Attributes:
        text: Whom it concerns and what it changes, as a sentence.
        in_labels: Whether it makes labels differ from what was drawn.
        in_faces: Whether it makes faces differ from what is annotated.
    """

    text: str
    in_labels: bool
    in_faces: bool


def planted_in(release: Release) -> list[Planted]:
    """Every bias that was planted in a release."""
    return [_told(bias) for bias in release.manifest["source"].get("biases", ())]


def _told(bias: Mapping[str, Any]) -> Planted:
    """One bias; what it does not name is as it would be without it."""
    group, unit = bias.get("group", {}), bias.get("unit", "")
    strength, contrast, flipped = bias.get("strength", 1), bias.get("contrast", 1), bias.get("flip_labels", 0)
    changes = []
    if strength != 1:
        most = ", as far as it goes" if strength > 1 else ""
        changes.append(f"{unit} is drawn at {_percent(strength)} of the strength that the annotations give{most}")
    if contrast != 1:
        changes.append(f"the furrows and bulges of {unit} are drawn at {_percent(contrast)} of their usual contrast")
    if flipped:
        alike = "" if "label" in group else ", of either label alike,"
        changes.append(f"about {_percent(flipped)} of them{alike} carry another label than was drawn")
    text = f"{_whom(group)}: {'; '.join(changes) or 'nothing is changed'}."
    return Planted(text, in_labels=flipped > 0, in_faces=strength != 1 or contrast != 1)


def _whom(group: Mapping[str, str]) -> str:
    """The pairs of a group: `Pairs of old Black women that show pain`."""
    if not group:
        return "All pairs"
    whose = [words(group[column]) for column in ("age_group", "ethnicity") if column in group]
    faces = plural(group.get("gender", "face"))
    shown = f" that show {words(group['label'])}" if "label" in group else ""
    return f"Pairs of {' '.join([*whose, faces])}{shown}"


def _percent(number: float) -> str:
    return f"{100 * number:g}%"
