"""The pain score of Prkachin and Solomon."""

from __future__ import annotations

import pytest

from synpain_hf.pspi import PSPI_UNITS, pspi, pspi_of

UNITS = {"AU4": 1.0, "AU6": 2.0, "AU7": 0.5, "AU9": 0.25, "AU10": 4.0, "AU43": 3.0}


def test_the_score_takes_the_stronger_of_cheeks_and_lids_and_of_nose_and_lip() -> None:
    assert pspi(UNITS) == 1.0 + 2.0 + 4.0 + 3.0
    assert pspi_of({**UNITS, "AU12": 5.0}) == pspi(UNITS)


def test_a_face_at_rest_scores_nothing_and_the_strongest_twenty() -> None:
    assert pspi_of(dict.fromkeys(PSPI_UNITS, 0.0)) == 0.0
    assert pspi_of(dict.fromkeys(PSPI_UNITS, 5.0)) == 20.0


@pytest.mark.parametrize("unit", PSPI_UNITS)
def test_without_one_of_its_units_it_is_missing(unit: str) -> None:
    assert pspi_of({**UNITS, unit: None}) is None
    assert pspi_of({name: value for name, value in UNITS.items() if name != unit}) is None
