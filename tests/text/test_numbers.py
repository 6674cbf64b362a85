"""Numbers as pages show them."""

from __future__ import annotations

import pytest

from synpain_hf.text.numbers import as_number


@pytest.mark.parametrize(
    ("number", "signed", "digits", "told"),
    [
        (-1.25, False, 2, "−1.25"),
        (1.25, True, 1, "+1.2"),
        (-0.004, False, 2, "0.00"),
        (-0.04, True, 1, "0.0"),
        (0.0, True, 1, "+0.0"),
    ],
)
def test_a_minus_is_a_true_one_and_nothing_has_none(number: float, signed: bool, digits: int, told: str) -> None:
    assert as_number(number, signed=signed, digits=digits) == told
