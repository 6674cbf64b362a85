"""The label files of UNBC-McMaster: the pain score of a frame, and its coded action units."""

from __future__ import annotations

import math

from synpain_hf.sources.facs import MOST_INTENSITY, check_pspi

MOST_BYTES = 4096
"""Of a label file; those of the archive have up to a few hundred."""

CODED = ("AU4", "AU6", "AU7", "AU9", "AU10", "AU12", "AU20", "AU25", "AU26", "AU43")
"""The units that were coded: one that a file does not name is not active."""

_COLUMNS = 4
_MOST_UNIT = 99


def pspi_in(data: bytes) -> float:
    r"""The pain score that a label file holds.

    Args:
        data: Its content: one number.

    Raises:
        ValueError: If it is not one number from 0 to 16; cause, then remedy.

    Example:
        >>> pspi_in(b"   3.0000000e+00\\n")
        3.0
    """
    words = _words(data)
    if len(words) != 1:
        raise ValueError(f"has {len(words)} words instead of one number; restore the file")
    pspi = _number(words[0])
    check_pspi(pspi)
    return pspi


def units_in(data: bytes) -> dict[str, float]:
    r"""The intensity, 0 to 5, of every coded unit.

    Args:
        data: The content of a label file: a line for each active unit, its number, its intensity and two more numbers.

    Raises:
        ValueError: If it is anything else; cause, then remedy.

    Example:
        >>> units = units_in(b"4.0e+00 2.0e+00 0.0e+00 0.0e+00\\n")
        >>> units["AU4"], units["AU43"]
        (2.0, 0.0)
    """
    _words(data)
    units = dict.fromkeys(CODED, 0.0)
    named = set()
    for number, line in enumerate(data.splitlines(), 1):
        cells = [_number(word) for word in _words(line)]
        if not cells:
            continue
        if len(cells) != _COLUMNS or not cells[0].is_integer() or not 1 <= cells[0] <= _MOST_UNIT:
            raise ValueError(f"has a line {number} that is not a unit and three more numbers; restore the file")
        unit, intensity = f"AU{int(cells[0])}", cells[1]
        if unit in named:
            raise ValueError(f"names {unit} twice; keep one line of it")
        if unit == "AU43" and intensity not in (0, 1):
            raise ValueError(f"has AU43 {intensity:g}, which is either 0 or 1; correct it")
        if not 0 <= intensity <= MOST_INTENSITY:
            raise ValueError(f"has {unit} {intensity:g}, which is not from 0 to {MOST_INTENSITY:g}; correct it")
        named.add(unit)
        units[unit] = intensity
    return units


def _words(data: bytes) -> list[str]:
    if len(data) > MOST_BYTES:
        raise ValueError(f"has more than the {MOST_BYTES:,} bytes that a label file may have; restore the file")
    try:
        return data.decode("ascii").split()
    except UnicodeDecodeError as error:
        raise ValueError("is not a text file of numbers; restore the file") from error


def _number(word: str) -> float:
    try:
        number = float(word)
    except ValueError as error:
        raise ValueError(f"has {word[:40]!r} instead of a number; restore the file") from error
    if not math.isfinite(number):
        raise ValueError(f"has {word[:40]!r} instead of a number; restore the file")
    return number
