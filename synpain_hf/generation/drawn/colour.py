"""Colours as red, green and blue from 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass

import skia

Colour = tuple[float, float, float]

WHITE: Colour = (1.0, 1.0, 1.0)


def from_hex(digits: str) -> Colour:
    """The colour of six hexadecimal digits."""
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue


def mix(one: Colour, other: Colour, part: float) -> Colour:
    """`one`, with a part from 0 to 1 of `other` in it."""
    red, green, blue = (a + (b - a) * part for a, b in zip(one, other, strict=True))
    return red, green, blue


def shade(colour: Colour, factor: float) -> Colour:
    """A darker colour for a factor under 1, a lighter one for a factor from 1 to 2."""
    if factor > 1:
        return mix(colour, WHITE, factor - 1)
    red, green, blue = (value * factor for value in colour)
    return red, green, blue


def argb(colour: Colour, alpha: float = 1.0) -> int:
    """Skia's number for a colour and an opacity, both cut to their range."""
    channels = (round(255 * min(max(value, 0.0), 1.0)) for value in (alpha, *colour))
    return int(skia.ColorSetARGB(*channels))


@dataclass(frozen=True)
class Skin:
    """The tones of one skin.

    Attributes:
        base: Skin in even light.
        dark: Folds and deep shadow.
        middle: Turned away from the light.
        light: Turned to it.
        red: Where blood shows.
    """

    base: Colour
    dark: Colour
    middle: Colour
    light: Colour
    red: Colour

    @classmethod
    def of(cls, base: Colour) -> Skin:
        """The tones of a skin colour; shadows of light skin are redder."""
        is_light = sum(base) / 3 > 0.3
        return cls(
            base=base,
            dark=mix(shade(base, 0.42), (0.25, 0.08, 0.05), 0.25 if is_light else 0.10),
            middle=mix(shade(base, 0.68), (0.5, 0.18, 0.12), 0.16),
            light=mix(base, (1.0, 0.96, 0.9), 0.35 if is_light else 0.22),
            red=mix(base, (0.85, 0.30, 0.25), 0.5),
        )
