from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.imaging.likeness import likeness_of, thumbnail_of, thumbnails_of
from synpain_hf.release.duplicates import FARTHEST, LEAST_CONTRAST
from tests.imaging.made import Pixels, decoded, encoded


def face(seed: int) -> Pixels:
    """A picture of large soft spots, and grain."""
    rng = np.random.default_rng(seed)
    spots = Image.fromarray(rng.integers(0, 256, (8, 7, 3), np.uint8)).resize((330, 370), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(spots) + rng.normal(0, 4, (370, 330, 3)), 0, 255).astype(np.uint8)


def apart(one: Pixels, other: Pixels) -> float:
    """How far two thumbnails are, in levels."""
    differences: npt.NDArray[np.float64] = one.astype(float) - other
    return float(np.sqrt(np.square(differences).mean()))


COPIES: dict[str, Callable[[Pixels], Pixels]] = {
    "JPEG of quality 30": lambda pixels: decoded(encoded(pixels, "JPEG", quality=30)),
    "WebP of quality 30": lambda pixels: decoded(encoded(pixels, "WEBP", quality=30)),
    "half the size": lambda pixels: np.asarray(Image.fromarray(pixels).resize((165, 185))),
    "a square": lambda pixels: np.asarray(Image.fromarray(pixels).resize((224, 224))),
    "two columns less": lambda pixels: pixels[:, 2:],
}


@pytest.mark.parametrize("kind", COPIES)
def test_the_thumbnail_of_a_copy_is_nearly_the_same(kind: str) -> None:
    for seed in range(5):
        assert apart(thumbnail_of(face(seed)), thumbnail_of(COPIES[kind](face(seed)))) < FARTHEST / 1.2


def test_a_mirrored_picture_has_the_mirrored_thumbnail() -> None:
    assert apart(thumbnail_of(face(0)), thumbnail_of(face(0)[:, ::-1])[:, ::-1]) < 1


def test_other_pictures_have_other_thumbnails() -> None:
    thumbnails = [thumbnail_of(face(seed)) for seed in range(8)]
    for at, one in enumerate(thumbnails):
        assert all(apart(one, other) > 5 * FARTHEST for other in thumbnails[:at])


@pytest.mark.parametrize("size", [(32, 32), (33, 1000), (1000, 33), (128, 127)])
def test_a_picture_of_any_size_has_a_thumbnail(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), (10, 200, 90), np.uint8)
    assert (thumbnail_of(pixels) == (10, 200, 90)).all()


def test_thumbnails_come_back_from_likenesses() -> None:
    faces = [face(seed) for seed in range(3)]
    expected = np.stack([thumbnail_of(pixels) for pixels in faces])
    assert np.array_equal(thumbnails_of([likeness_of(pixels) for pixels in faces]), expected)


def check_distinct(composites: Iterable[Pixels]) -> None:
    """The thumbnail of each half is told from those of all other composites."""
    thumbnails = np.stack([thumbnail_of(half) for pixels in composites for half in (pixels[:, :650], pixels[:, 662:])])
    flat = thumbnails.astype(np.float32).reshape(len(thumbnails), -1)
    mirrored = thumbnails[:, :, ::-1].astype(np.float32).reshape(flat.shape)
    assert thumbnails.std(axis=(1, 2)).max(axis=1).min() > LEAST_CONTRAST
    for at, one in enumerate(flat):
        others = np.delete(np.arange(len(flat)), [at // 2 * 2, at // 2 * 2 + 1])
        for way in (flat, mirrored):
            assert np.sqrt(np.square(way[others] - one).mean(axis=1)).min() > 1.5 * FARTHEST


def test_real_faces_of_different_people_are_told_apart(sample: Path) -> None:
    check_distinct(decoded(path.read_bytes()) for path in sorted(sample.glob("Images/*.jpg")))


@pytest.mark.slow
def test_a_thousand_demo_faces_are_told_apart() -> None:
    check_distinct(draw_composite(subject, 0) for subject in cast(510, 0))
