"""Damage to bytes, and to documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

Damage = Callable[[bytes, Random], bytes]

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_LONGEST = 512

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, 0.5, 1e308, float("nan"), float("inf")),
    *("", " ", "x" * 10_000, "../../beside/secret.png", "/etc/hostname", "a\0b", "\ud800", "１", "=1+1", "1e999"),
    *([], {}, [[]], {"": None}, [None] * 100),
)
"""Values that a document may hold anywhere."""


def flip(data: bytes, random: Random) -> bytes:
    """One bit."""
    changed = bytearray(data)
    if changed:
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def blank(data: bytes, random: Random) -> bytes:
    """A block of zeros."""
    start, stop = _part(data, random)
    return data[:start] + bytes(stop - start) + data[stop:]


def drop(data: bytes, random: Random) -> bytes:
    """Some bytes are missing."""
    start, stop = _part(data, random)
    return data[:start] + data[stop:]


def cut(data: bytes, random: Random) -> bytes:
    """The end is missing."""
    return data[: random.randrange(len(data) + 1)]


def repeat(data: bytes, random: Random) -> bytes:
    """A part is there several times."""
    start, stop = _part(data, random)
    return data[:start] + data[start:stop] * random.choice((2, 3, 50)) + data[stop:]


def swap(data: bytes, random: Random) -> bytes:
    """Two parts change places."""
    (first, second), (third, fourth) = sorted((_part(data, random), _part(data, random)))
    third = max(second, third)
    fourth = max(third, fourth)
    return data[:first] + data[third:fourth] + data[second:third] + data[first:second] + data[fourth:]


def lie(data: bytes, random: Random) -> bytes:
    """A number at the edge of what fits, in one, two or four bytes; most often near the beginning."""
    size = random.choice((1, 2, 4))
    last = min(len(data), random.choice((32, 128, len(data) or 1)))
    start = random.randrange(max(last - size, 0) + 1)
    number = random.choice(_EDGES) & ((1 << 8 * size) - 1)
    return data[:start] + number.to_bytes(size, random.choice(("big", "little"))) + data[start + size :]


def insert(data: bytes, random: Random) -> bytes:
    """Some bytes too many."""
    start = random.randrange(len(data) + 1)
    return data[:start] + random.randbytes(random.randrange(1, 20)) + data[start:]


BYTES: tuple[Damage, ...] = (flip, blank, drop, cut, repeat, swap, lie, insert)


def in_json(data: bytes, random: Random) -> bytes:
    """A value of a JSON document is another one, or missing, or there under another name; or it is nested deeply."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return flip(data, random)
    if random.random() < 0.02:
        return b"[" * 100_000
    return json.dumps(changed(document, random), ensure_ascii=random.random() < 0.9).encode("utf-8", "replace")


def changed(document: Any, random: Random) -> Any:
    """A document in which something is another value, missing, or called otherwise."""
    places = list(_places(document))
    if not places:
        return random.choice(STRANGE)
    holder, key = random.choice(places)
    how = random.randrange(4)
    if how == 0:
        del holder[key]
    elif how == 1 and isinstance(holder, dict):
        holder[random.choice(("", "x", "../x", f"{key} "))] = holder.pop(key)
    else:
        holder[key] = random.choice(STRANGE)
    return document


def _places(document: Any) -> Any:
    """Where values are: what holds each, and its key there."""
    held = document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    for key, value in list(held):
        yield document, key
        yield from _places(value)


def in_lines(data: bytes, random: Random) -> bytes:
    """A word of a text is another one, or a line is missing, or there twice."""
    lines = data.decode("utf-8", "replace").split("\n")
    place = random.randrange(len(lines))
    how = random.randrange(4)
    if how == 0:
        del lines[place]
    elif how == 1:
        lines.insert(random.randrange(len(lines) + 1), lines[place])
    else:
        mark = random.choice((",", ":", " ", "\t", ";"))
        cells = lines[place].split(mark)
        cells[random.randrange(len(cells))] = str(random.choice((*STRANGE, '"', "'", "\r", "*x", "!!x", "&a [*a]")))
        lines[place] = mark.join(cells)
    return "\n".join(lines).encode("utf-8", "replace")


def _part(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.choice((1, 1, 4, 64, _LONGEST)))
