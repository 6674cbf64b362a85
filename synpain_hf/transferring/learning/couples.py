"""What is learned from: the neutral face of each pair and its own expression, of folds that nobody is tested in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.generation.transfer.contours import STABLE
from synpain_hf.generation.transfer.methods.learned.conditions import conditions_of
from synpain_hf.generation.transfer.methods.learned.cropping import Square
from synpain_hf.generation.transfer.methods.method import Request
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.imaging.alignment.transforms import apply, draw_through, similarity_between
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.identities import units_of
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.pictures import units_of as action_units_of
from synpain_hf.vocabulary import DERIVED_FROM, IDENTITY

LEAST: Final = 8
"""Pairs that are needed to learn from: less than a step."""

MOST_LOOKED_AT: Final = 32
"""Pairs that validation draws, at most."""

_MOST_LIGHT: Final = np.log(1.6)
"""By how much the light of two pictures of one person may differ, and still be made alike."""


@dataclass(frozen=True)
class Example:
    """What is known of a pair that is learned from, beside its pictures.

    Attributes:
        pair_id: The pair.
        label: What its expression shows.
        units: The action units of the expression; empty where they are not known.
        groups: The groups of its identity, by column; None where unknown.
    """

    pair_id: str
    label: str
    units: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, member: Member) -> Example:
        """What is known of a pair."""
        return cls(member.pair_id, member.label, action_units_of(member), member.groups)


@dataclass(frozen=True)
class Split:
    """Who is learned from.

    Attributes:
        train: The pairs that are learned.
        validation: Pairs that pictures may be drawn of on the way; nobody learned is in them.
        identities: Whom the learned pairs show, and those that they are derived from, step by step.
        test_fold: The fold that is left out whole.
        validation_fold: The fold of `validation`.
    """

    train: Sequence[Member]
    validation: Sequence[Member]
    identities: frozenset[str]
    test_fold: int
    validation_fold: int


def split_of(release: Release, members: Sequence[Member], test_fold: int) -> Split:
    """Who is learned from, where one fold is kept to test with and the next one to look at.

    Nobody of these two folds is learned from, nor anybody who is linked to them by `derived_from`.

    Args:
        release: The release.
        members: Those of its pairs that can be used.
        test_fold: 0 to 4.

    Raises:
        BadInputError: If too little is left to learn from, or to look at.
    """
    validation_fold = (test_fold + 1) % FOLDS
    links = _links(release)
    unit = units_of(list(links.values()))
    kept = {
        unit[links[pair_id][0]] for pair_id, fold in _folds(release).items() if fold in (test_fold, validation_fold)
    }
    train = [one for one in members if unit[one.identity] not in kept]
    validation = [one for one in members if one.fold == validation_fold]
    check_enough(release, len(train), len(validation))
    shown = {name for one in train for name in (one.identity, *one.origins)}
    return Split(train, validation, frozenset(shown), test_fold, validation_fold)


def check_enough(release: Release, train: int, validation: int, lost: Sequence[Problem] = ()) -> None:
    """Refuse to begin where too little is left.

    Args:
        release: The release.
        train: Pairs to learn from.
        validation: Pairs to look at.
        lost: Why there are no more.

    Raises:
        BadInputError: If there are too few of either.
    """
    for name, there, least in (("learn from", train, LEAST), ("look at", validation, 1)):
        if there < least:
            reason = f"has {there} pairs to {name}, and {least} are needed; give a larger release, or another fold"
            raise BadInputError([*lost, Problem(release.title, reason)])


def to_look_at(members: Sequence[Member], seed: int) -> list[Member]:
    """The pairs that validation draws, at most `MOST_LOOKED_AT`.

    They are drawn by lot: in the order of their ids, those of one label or group may stand together.

    Args:
        members: Those of the fold.
        seed: Draws them, and their order.
    """
    order = np.random.default_rng(seed).permutation(len(members))
    return [members[place] for place in order[:MOST_LOOKED_AT]]


def pictures_of(neutral: Shot, expression: Shot, size: int) -> dict[str, Pixels]:
    """The pictures of an example: what a network is given, and what it is to draw.

    The driver is the person itself. The expression is brought to where the neutral face is, by what expressions move
    least, and to its light, so that nothing but the expression is learned.

    Args:
        neutral: The neutral face.
        expression: The expression.
        size: Side of the pictures, in pixels.

    Returns:
        `neutral`, `bent`, `control`, `target` of shape (size, size, 3), and `mask` of shape (size, size, 1).

    Raises:
        PictureError: If landmarks are not finite, or span no face.
    """
    given = conditions_of(Request(neutral, neutral, expression, {}, ""), size)
    target = _brought(neutral, expression, given.square)
    return {
        "neutral": given.neutral,
        "bent": given.bent,
        "control": given.control,
        "target": _in_the_light_of(given.bent, target, given.mask[..., 0] > 0),
        "mask": given.mask,
    }


def _brought(neutral: Shot, expression: Shot, square: Square) -> Pixels:
    """The expression in the square of the neutral face."""
    stable = list(STABLE)
    theirs, own = (shot.landmarks[stable, :2].astype(np.float64) + 0.5 for shot in (expression, neutral))
    to_neutral = similarity_between(theirs, own)
    linear = square.matrix[:, :2] @ to_neutral[:, :2]
    matrix = np.column_stack([linear, apply(square.matrix, to_neutral[:, 2])])
    return np.asarray(draw_through(Image.fromarray(expression.pixels), matrix, (square.size, square.size)))


def _in_the_light_of(picture: Pixels, other: Pixels, where: npt.NDArray[np.bool_]) -> Pixels:
    """Another picture in the light of one: its brightness over the face as a plane, each colour for itself."""
    rows, columns = np.nonzero(where)
    if len(rows) < 3:
        return other
    terms = np.column_stack([np.ones(len(rows)), rows / len(where), columns / len(where)])
    logs = [np.log(each[rows, columns].astype(np.float64) + 8) for each in (picture, other)]
    factors = np.linalg.lstsq(terms, logs[0] - logs[1], rcond=None)[0]
    down, across = np.mgrid[: len(where), : len(where)] / len(where)
    plane = np.clip(np.stack([np.ones_like(down), down, across], axis=-1) @ factors, -_MOST_LIGHT, _MOST_LIGHT)
    lit: Pixels = np.clip(np.rint((other.astype(np.float64) + 8) * np.exp(plane) - 8), 0, 255).astype(np.uint8)
    return lit


def _links(release: Release) -> dict[str, tuple[str, str | None]]:
    """Of each pair its identity, and the identity that it is derived from."""
    found = {}
    for file in release.files_of(base_table()):
        there = release.features_in(file)
        wanted = ["pair_id", *(name for name in (IDENTITY, DERIVED_FROM) if name in there)]
        for row in release.read(file, wanted).to_pylist():
            found[row["pair_id"]] = (row.get(IDENTITY) or row["pair_id"], row.get(DERIVED_FROM))
    return found


def _folds(release: Release) -> dict[str, int]:
    """The fold of each pair."""
    files = release.files_of(base_table())
    return {
        row["pair_id"]: row["fold"] for file in files for row in release.read(file, ["pair_id", "fold"]).to_pylist()
    }
