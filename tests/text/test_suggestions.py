from __future__ import annotations

import pytest

from synpain_hf.text.suggestions import did_you_mean, nearest

SPLITS = ("train", "validation", "test")


@pytest.mark.parametrize(
    ("given", "known", "expected"),
    [
        ("composit", ("composite", "neutral"), "composite"),
        ("COMPOSIT", ("Composite", "neutral"), "Composite"),
        ("val", SPLITS, "validation"),
        ("Dev", SPLITS, "validation"),
        ("valid", SPLITS, "validation"),
        ("training", SPLITS, "train"),
        ("val", ("train", "test"), ""),
        ("mood", ("composite", "neutral"), ""),
        ("", SPLITS, ""),
        ("cv_7", ("cv_0", "cv_1", "cv_2"), ""),
        ("cv_12", ("cv_0", "cv_1"), "cv_1"),
    ],
)
def test_the_most_similar_known_word_is_found(given: str, known: tuple[str, ...], expected: str) -> None:
    assert nearest(given, known) == expected
    assert did_you_mean(given, known) == (f" (did you mean {expected!r}?)" if expected else "")
