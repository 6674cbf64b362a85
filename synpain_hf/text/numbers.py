"""Numbers as pages show them."""

from __future__ import annotations


def as_number(number: float, *, signed: bool = False, digits: int = 3) -> str:
    """A number with a true minus: `−0.012`; never `−0.000`.

    Args:
        number: The number.
        signed: Whether a positive one has a plus.
        digits: After the point.

    Example:
        >>> as_number(0.0124, signed=True), as_number(-0.0004)
        ('+0.012', '0.000')
    """
    text = f"{number:{'+' if signed else ''}.{digits}f}"
    return text.replace("-", "−" if float(text) else "")
