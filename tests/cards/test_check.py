"""A card fits its release, or a sentence says what does not."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.cards import card, check
from synpain_hf.release.layout import BIBLIOGRAPHY, CARD, CROISSANT, FACTS, MANIFEST, record_of
from synpain_hf.release.release import Release
from tests.cards.making import DRAWN, Row, annotated, with_files, write_facts
from tests.release.making import copied, replace, sealed

ONE_ROW: Row = {"pair_id": "pair-00", "likeness": 0.5, "annotator": "me"}


def told(folder: Path) -> str:
    """What is said of a release, on one line."""
    return " / ".join(check(Release.open(folder)))


def edited(folder: Path, name: str, before: str, after: str) -> None:
    """Change a text file of a release, and what `release.json` says of it."""
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text
    replace(folder / name, text.replace(before, after).encode())
    with_files(folder, {name: record_of(folder / name)})


def with_rows(folder: Path, changed: Row) -> None:
    """Change columns in every row of the first partition, and what `release.json` says of it."""
    name = Release.open(folder).partitions[0].path
    table = pq.read_table(folder / name)
    rows = [{**row, **changed} for row in table.to_pylist()]
    (folder / name).unlink()
    pq.write_table(pa.Table.from_pylist(rows, table.schema), folder / name)
    sealed(folder)


def test_a_card_that_was_just_written_fits(carded: Release) -> None:
    assert check(carded) == []


def test_the_card_of_an_own_data_set_fits(own_carded: Release) -> None:
    assert check(own_carded) == []


def test_the_short_card_of_a_build_is_not_enough(drawn: Release) -> None:
    assert check(drawn) == [
        f"README.md is not the full card but the short one that `build` writes; run `synpain-hf card {drawn.folder}`"
    ]


def test_every_sentence_ends_with_the_remedy(copy: Path) -> None:
    edited(copy, CARD, "## Privacy", "## Secrets")
    found = check(Release.open(copy))
    assert found
    assert all(each.endswith(f"; run `synpain-hf card {copy}`") for each in found)


class TestData:
    @pytest.mark.slow
    def test_a_flipped_label_is_found_in_every_part_that_tells_of_it(self, copy: Path) -> None:
        with_rows(copy, {"label": 1})
        found = told(copy)
        assert "README.md does not fit the release: the section 'What is in it'" in found
        assert "figures/balance.png does not show what is in the release" in found
        assert "croissant.json does not fit the release" in found
        card(copy)
        assert not told(copy)

    def test_a_face_that_is_shown_is_compared(self, copy: Path) -> None:
        (name, *_) = [partition.path for partition in Release.open(copy).partitions]
        row = pq.read_table(copy / name).to_pylist()[0]
        with_rows(copy, {"neutral": row["expressive"]})
        assert "figures/contact_sheet.png does not show what is in the release" in told(copy)

    def test_annotations_that_came_later_are_missed(self, own: Release, tmp_path: Path) -> None:
        facts = write_facts(tmp_path / "facts", columns={"likeness": "How alike the two faces are."})
        made = card(copied(own.folder, tmp_path / "copy"), facts=facts)
        later = annotated(made, tmp_path / "later", "likeness", [ONE_ROW])
        found = told(later.folder)
        assert "README.md does not fit the release: the metadata at its top" in found
        assert "the section 'Annotations'" in found

    def test_a_column_that_nobody_explains_asks_for_other_facts(self, own_carded: Release, tmp_path: Path) -> None:
        later = annotated(own_carded, tmp_path / "later", "likeness", [ONE_ROW])
        (found,) = check(later)
        assert "does not say what the column likeness" in found
        assert found.endswith("--facts with corrected ones")

    def test_another_version_is_found(self, copy: Path) -> None:
        manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
        replace(copy / MANIFEST, json.dumps({**manifest, "version": "1.0.1"}).encode())
        assert "the section 'Changes'" in told(copy)

    @pytest.mark.parametrize("damage", [b"PAR1", None], ids=["cut-off", "one-bit"])
    def test_damaged_data_are_told_and_the_card_is_not_compared_with_them(
        self, damage: bytes | None, copy: Path
    ) -> None:
        path = copy / Release.open(copy).partitions[0].path
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        replace(path, damage or bytes(content))
        edited(copy, CARD, "## Privacy", "## Secrets")
        name = path.relative_to(copy).as_posix()
        assert check(Release.open(copy)) == [
            f"{copy} was changed after it was built ({name}); build or download it again"
        ]

    def test_data_that_fit_their_digest_and_cannot_be_read_are_told(self, copy: Path) -> None:
        name = Release.open(copy).partitions[0].path
        replace(copy / name, b"PAR1")
        whole, found = check(with_files(copy, {name: {**record_of(copy / name), "rows": 1}}))
        assert whole == f"{copy} is not a valid release: 1 file cannot be right; build or download it again"
        assert found.startswith(f"{name}: cannot be read (")

    def test_a_stray_file_of_pairs_is_named(self, copy: Path) -> None:
        release = Release.open(copy)
        name = release.partitions[0].path
        stray = "data/fold-0/old-man-copy.parquet"
        (copy / stray).write_bytes((copy / name).read_bytes())
        (copy / "data" / ".DS_Store").write_bytes(b"of a desktop")
        assert check(release) == [
            f"{stray} is in data/, but not part of the release, and may be loaded with it; remove it"
        ]


class TestCard:
    @pytest.mark.parametrize(
        ("name", "before", "after", "sentence"),
        [
            (
                CARD,
                f"{DRAWN} pairs of faces",
                f"{DRAWN + 1} pairs of faces",
                "the section 'What it is, and what it is not'",
            ),
            (CARD, "license: mit", "license: cc0-1.0", "the metadata at its top"),
            (CARD, "Pairs of drawn faces", "Pairs of faces", "its beginning"),
            (CARD, "## Privacy", "## Privacy\n\nMore.", "the section 'Privacy'"),
            (CROISSANT, '"version": "2.0.0"', '"version": "1.0.1"', "croissant.json does not fit the release"),
            (
                FACTS,
                "Nothing is chosen by hand",
                "Nothing is chosen by anybody",
                "the section 'How the pairs were made'",
            ),
            (BIBLIOGRAPHY, "2026", "2027", "the section 'Citation'"),
        ],
    )
    def test_what_was_changed_by_hand_is_named(
        self, name: str, before: str, after: str, sentence: str, copy: Path
    ) -> None:
        edited(copy, name, before, after)
        assert sentence in told(copy)

    def test_a_file_that_is_not_what_release_json_tells_of_is_named(self, copy: Path) -> None:
        replace(copy / "figures" / "balance.png", (copy / "figures" / "pspi.png").read_bytes())
        assert "figures/balance.png is not the file that release.json lists" in told(copy)
        assert "figures/balance.png does not show what is in the release" in told(copy)

    @pytest.mark.parametrize("name", [CARD, CROISSANT, BIBLIOGRAPHY, "figures/pspi.png"])
    def test_a_file_that_is_missing_is_named(self, name: str, copy: Path) -> None:
        release = Release.open(copy)
        (copy / name).unlink()
        assert f"{name} " in check(release)[0]

    def test_a_figure_of_an_earlier_card_is_named(self, copy: Path) -> None:
        (copy / "figures" / "old.png").write_bytes(b"old")
        with_files(copy, {"figures/old.png": record_of(copy / "figures" / "old.png")})
        assert "figures/old.png belongs to an earlier card" in told(copy)

    def test_facts_that_are_no_longer_right_are_told(self, copy: Path) -> None:
        edited(copy, FACTS, "privacy:", "secrets:")
        (found,) = check(Release.open(copy))
        assert "secrets is unknown" in found

    def test_nothing_is_written_by_it(self, copy: Path) -> None:
        before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
        check(Release.open(copy))
        assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before
