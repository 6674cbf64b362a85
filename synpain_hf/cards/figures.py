"""The pictures in a card: which there are, what each is drawn from, and its description for those who cannot see it.

A figure's file holds a digest of what it was drawn from, so that a check need not draw it again.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngImageFile, PngInfo

from synpain_hf.cards import drawing
from synpain_hf.cards.drawing import Bar, Box, Shown
from synpain_hf.cards.statistics import CONDITIONS, Annotations, PairCounts, Statistics
from synpain_hf.cards.words import is_unknown, somebody, words
from synpain_hf.imaging.limits import check_size
from synpain_hf.release.layout import FIGURES
from synpain_hf.release.release import Release
from synpain_hf.vocabulary import CLASSES

_INPUTS = "synpain-hf inputs"
"""The text chunk of a figure's PNG that holds the digest of what it was drawn from."""

_DRAWING = 2
"""Rises when the same input is drawn differently."""

_LABELLED = {"neutral": "neutral face", "no_pain": "labelled no pain", "pain": "labelled pain"}
"""What distinguishes boxes of the same kind of expression, by their condition."""

_COLOURS = 256
_NEARLY_WHITE = 250


@dataclass(frozen=True)
class Figure:
    """A picture in a card.

    Attributes:
        name: Its place in the release.
        alternative: What it shows, in words.
        inputs: Everything that it is drawn from, JSON-ready.
        draw: Draws it, given the release; in RGB.
    """

    name: str
    alternative: str
    inputs: Any
    draw: Callable[[Release], Image.Image]

    @property
    def digest(self) -> str:
        """SHA-256 of its inputs and of how they are drawn."""
        text = json.dumps([_DRAWING, self.name, self.inputs], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def made(self, release: Release) -> bytes:
        """Its file: a PNG with a palette, which weighs two fifths of a full one.

        Raises:
            ReleaseError: If the release is damaged.
        """
        notes = PngInfo()
        notes.add_text(_INPUTS, self.digest)
        file = io.BytesIO()
        full = self.draw(release)
        palette = full.quantize(_COLOURS)
        colours = palette.getpalette() or []
        palette.putpalette([255 if colour >= _NEARLY_WHITE else colour for colour in colours])  # as the paper was
        full.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(file, "PNG", pnginfo=notes)
        return file.getvalue()

    def is_of(self, file: bytes) -> bool:
        """Whether a file was drawn from the same inputs in the same way."""
        try:
            with PngImageFile(io.BytesIO(file)) as image:
                check_size(*image.size)
                return bool(image.info.get(_INPUTS) == self.digest)
        except (OSError, SyntaxError, ValueError):
            return False


def figures_of(statistics: Statistics) -> list[Figure]:
    """The figures that a release has."""
    scored = [each for each in statistics.annotations if "pspi" in each.measures and _boxes(each)]
    return [
        _contact_sheet(statistics.pairs),
        _balance(statistics.pairs),
        *([_pain_scores(scored)] if scored else []),
    ]


def _contact_sheet(pairs: PairCounts) -> Figure:
    shown = [
        _shown(pairs, age, gender, ethnicity, number)
        for age in pairs.groups("age_group")
        for number, ethnicity in enumerate(pairs.groups("ethnicity"))
        if pairs.of(age, ethnicity) or not (is_unknown(age) or is_unknown(ethnicity))
        for gender in pairs.groups("gender")
    ]
    told = "; ".join(f"{somebody(one.age, one.gender, one.ethnicity)}, {one.caption}" for one in shown)
    return Figure(
        f"{FIGURES}/contact_sheet.png",
        "Contact sheet with one pair of faces a group, the neutral face on the left and the expressive face on the "
        f"right of each. Row by row: {told}.",
        [asdict(one) for one in shown],
        lambda release: drawing.contact_sheet(release, shown),
    )


def _shown(pairs: PairCounts, age: str, gender: str, ethnicity: str, number: int) -> Shown:
    """The pair to show of a group: of the labels in turn, so that both are seen next to each other."""
    first = (number + pairs.groups("gender").index(gender)) % 2
    labels = [CLASSES["label"][first], CLASSES["label"][1 - first]]
    found = [label for label in labels if (age, gender, ethnicity, label) in pairs.examples]
    example = pairs.examples[age, gender, ethnicity, found[0]] if found else None
    return Shown(age, gender, ethnicity, found[0] if found else None, example)


def _balance(pairs: PairCounts) -> Figure:
    bars = [Bar(*group, *(pairs.of(*group, label) for label in CLASSES["label"])) for group in pairs.demographic()]
    told = "; ".join(
        f"{somebody(bar.age, bar.gender, bar.ethnicity)}, {bar.no_pain:,} and {bar.pain:,}" for bar in bars
    )
    return Figure(
        f"{FIGURES}/balance.png",
        f"Bars of how many pairs each group has, without pain and with it: {told}.",
        [asdict(bar) for bar in bars],
        lambda _: drawing.balance(bars),
    )


def _pain_scores(scored: Sequence[Annotations]) -> Figure:
    panels = [(annotations.annotator, _boxes(annotations)) for annotations in scored]
    told = " ".join(
        f"{annotator[:1].upper()}{annotator[1:] or 'Not said who'}: {'; '.join(map(_told, boxes))}."
        for annotator, boxes in panels
    )
    return Figure(
        f"{FIGURES}/pspi.png",
        f"Box plots of the pain score PSPI by expression; median and quartiles of each. {told}",
        [[annotator, [asdict(box) for box in boxes]] for annotator, boxes in panels],
        lambda _: drawing.box_plots(panels, "pain score, PSPI"),
    )


def _told(box: Box) -> str:
    numbers = box.summary
    name = f"{box.name} {box.labelled}".strip()
    return f"{name}, {numbers.median:.1f}, {numbers.lower_quartile:.1f} to {numbers.upper_quartile:.1f}"


def _boxes(annotations: Annotations) -> list[Box]:
    """A box for each kind of expression, where kinds are given, else for each condition; the neutral faces first.

    A kind may have boxes in several conditions, where faces are not labelled as they look: these say which.
    """
    kinds = annotations.kinds["pspi"] or {
        (condition, condition): summary
        for condition, summary in annotations.measures["pspi"].items()
        if condition in CONDITIONS
    }
    conditions = Counter(kind for kind, _ in kinds)
    boxes = [
        Box(words(kind), condition, summary, _LABELLED[condition] if conditions[kind] > 1 else "")
        for (kind, condition), summary in kinds.items()
    ]
    known = [box for box in boxes if box.summary.missing < box.summary.count]
    return sorted(known, key=lambda box: (CONDITIONS.index(box.condition), box.summary.median, box.name))
