"""Cards of releases in which persons have several pairs, and groups are not known."""

from __future__ import annotations

from pathlib import Path

import pytest
from datasets import load_dataset
from PIL import Image

from synpain_hf.cards import check
from synpain_hf.cards.words import people, somebody
from synpain_hf.cards.write import card
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.cards.making import body_of, row, section, text_of, write_facts
from tests.release.persons import person, some_persons, written
from tests.sharing import Once

UNKNOWN = ("unknown_age_group", "unknown_gender", "unknown_ethnicity")


@pytest.fixture(scope="module")
def some(once: Once) -> Release:
    """Eight persons with a full card; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(written(folder, some_persons()), folder / "release", version="1.0.0")
        card(folder / "release", facts=write_facts(folder))

    return Release.open(once("carded persons", fill) / "release")


def test_persons_and_pictures_are_counted_once(some: Release) -> None:
    told = section(text_of(some), "What it is, and what it is not")
    assert "It holds 33 pairs of faces, 41 pictures in all, of 8 identities." in told


def test_unknown_groups_are_counted_in_every_table(some: Release) -> None:
    text = text_of(some)
    assert row(text, "unknown age group", of="What is in it")[2] == "6"
    assert row(text, "unknown ethnicity", of="What is in it")[2] == "12"
    assert "unknown gender" not in section(text, "What is in it")
    assert "| unknown age group | man | unknown ethnicity | 4 | 2 | 6 |" in section(text, "What is in it")


def test_it_says_where_they_are_and_what_loso_is(some: Release) -> None:
    told = section(text_of(some), "Configurations")
    assert "Pairs whose age group or ethnicity is not known are in `default`, `cv_` and `all`" in told
    assert "`loso` has one split a person" in told
    assert row(text_of(some), "`loso`", of="Configurations") == ["8 splits, one a person, of 3 to 12 rows"]


def test_it_fits_the_release_and_loads(some: Release) -> None:
    assert check(some) == []
    assert len(load_dataset(str(some.folder), "loso")) == 8


def test_it_is_written_where_no_group_is_known(tmp_path: Path) -> None:
    rows = [row for number in range(6) for row in person(f"p{number}", 2)]
    release = build(written(tmp_path, rows), tmp_path / "release", version="1.0.0")
    carded = card(release.folder, facts=write_facts(tmp_path))
    assert "anybody, unknown age group, unknown ethnicity, unknown gender, 6 and 6" in body_of(text_of(carded))
    assert check(carded) == []
    for name in ("contact_sheet", "balance"):
        with Image.open(carded.folder / "figures" / f"{name}.png") as picture:
            assert picture.width > 0


@pytest.mark.parametrize(
    ("group", "people_of_it", "one_of_it"),
    [
        (("young", "man", "white"), "young men", "young White man"),
        (("old", UNKNOWN[1], "black"), "old people, unknown gender", "old Black, unknown gender"),
        ((UNKNOWN[0], "woman", "black"), "women, unknown age group", "Black woman, unknown age group"),
        (
            UNKNOWN,
            "unknown age and gender",
            "anybody, unknown age group, unknown ethnicity, unknown gender",
        ),
    ],
)
def test_people_are_named_by_what_is_known(group: tuple[str, str, str], people_of_it: str, one_of_it: str) -> None:
    assert (people(*group[:2]), somebody(*group)) == (people_of_it, one_of_it)
