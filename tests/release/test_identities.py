"""Identities are whole: on one side of every split, whatever their size, and their neutral face stands once."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from synpain_hf.configurations import CONFIGURATIONS, EACH_PERSON, FOLDS
from synpain_hf.errors import BadInputError, ReleaseError, UsageError
from synpain_hf.pair import Archives, Pair
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.identities import balanced_folds, units_of
from synpain_hf.release.info import info
from synpain_hf.release.install import install, load
from synpain_hf.release.release import Release
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.release.making import copied, replace, rows_of, sealed
from tests.release.persons import Row, face, person, some_persons, written
from tests.sharing import Once
from tests.terminal import run


@pytest.fixture(scope="module")
def persons(once: Once) -> Release:
    """Eight persons; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(written(folder, some_persons()), folder / "release", version="1.0.0")

    return Release.open(once("persons", fill) / "release")


def built(folder: Path, rows: list[Row], **options: Any) -> Release:
    return build(written(folder, rows), folder / "release", version="1.0.0", **options)


def reasons(folder: Path, rows: list[Row], **options: Any) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        built(folder, rows, **options)
    assert not (folder / "release").exists()
    return sorted(map(str, caught.value.problems))


class TestSplits:
    @pytest.mark.parametrize("name", [name for name in CONFIGURATIONS if not name.startswith(("by_", "all"))])
    def test_an_identity_is_on_one_side_of_every_configuration(self, persons: Release, name: str) -> None:
        rows = rows_of(persons).values()
        shown = {
            split: {row["identity"] for row in rows if _file_of(persons, row) in files}
            for split, files in persons.splits(name).items()
        }
        for one, other in combinations(shown.values(), 2):
            assert not one & other

    def test_loso_has_a_split_for_each_person_and_stores_nothing_again(self, persons: Release) -> None:
        loaded = load_dataset(str(persons.folder), EACH_PERSON)
        assert {split: set(rows["identity"]) for split, rows in loaded.items()} == {
            f"person_p{number}": {f"p{number}"} for number in range(8)
        }
        assert sum(map(len, loaded.values())) == len(rows_of(persons))
        (everything,) = persons.splits("all").values()
        assert sorted(file for files in persons.splits(EACH_PERSON).values() for file in files) == sorted(everything)

    def test_loso_is_left_out_where_every_pair_shows_another_identity(self, tmp_path: Path) -> None:
        release = built(tmp_path, [row for number in range(6) for row in person(f"p{number}", 1)])
        assert EACH_PERSON not in release.configurations()

    def test_loso_is_left_out_where_persons_are_very_many(self, tmp_path: Path) -> None:
        release = built(tmp_path, [row for number in range(201) for row in person(f"p{number}", 2)], image_size=32)
        assert EACH_PERSON not in release.configurations()
        assert len(release.partitions) == FOLDS

    def test_persons_whose_names_differ_in_signs_or_capitals_have_files_of_their_own(self, tmp_path: Path) -> None:
        release = built(tmp_path, [row for name in ("a-b", "a.b", "A_b") for row in person(name, 2)])
        assert list(release.splits(EACH_PERSON)) == ["person_A_b", "person_a_b_2", "person_a_b_3"]
        assert {len(files) for files in release.splits(EACH_PERSON).values()} == {1}

    def test_derived_identities_are_on_the_side_of_those_they_derive_from(self, tmp_path: Path) -> None:
        rows = [row for number in range(12) for row in person(f"p{number:02d}", 2)]
        for row in rows[2:8]:
            row["derived_from"] = "p00"
        rows[-1]["derived_from"] = "somebody-else"
        folds = {row["identity"]: row["fold"] for row in rows_of(built(tmp_path, rows)).values()}
        assert len({folds[name] for name in ("p00", "p01", "p02", "p03")}) == 1
        assert len(set(folds.values())) == FOLDS

    def test_identities_that_all_hang_together_are_told(self, tmp_path: Path) -> None:
        rows = [row for number in range(4) for row in person(f"p{number}", 2, derived_from="p9")]
        told: list[Any] = []
        built(tmp_path, rows, notice=told.extend)
        assert "4 identities with 8 of 8 pairs are linked by derived_from" in str(told)

    @pytest.mark.parametrize(
        ("counts", "told"),
        [
            ((12, 1, 1, 1, 1), "identity p0 has 12 of 16 pairs, which are in one fold"),
            ((3,), None),
            ((4, 4, 4, 4, 4), None),
            ((1, 1), None),
        ],
    )
    def test_a_person_with_most_of_the_pairs_is_told(
        self, counts: tuple[int, ...], told: str | None, tmp_path: Path
    ) -> None:
        rows = [row for number, count in enumerate(counts) for row in person(f"p{number}", count)]
        notices: list[Any] = []
        built(tmp_path, rows, notice=notices.extend)
        assert (
            [str(notice).partition(": ")[2].startswith(told) for notice in notices] == [True] if told else not notices
        )

    @pytest.mark.parametrize("column", ["identity", "derived_from"])
    def test_identities_that_differ_only_in_capitals_are_told(self, column: str, tmp_path: Path) -> None:
        rows = [row for name in ("Anna", "ben", "cem", "dua", "eva") for row in person(name, 2)]
        rows += person("anna" if column == "identity" else "fay", 2, **{column: "anna"})
        notices: list[Any] = []
        built(tmp_path, rows, notice=notices.extend)
        (notice,) = map(str, notices)
        assert notice.startswith("identities: Anna and anna differ only in capitals, and are taken for different")

    def test_the_order_of_lines_changes_nothing(self, tmp_path: Path) -> None:
        rows = some_persons()
        one = built(tmp_path / "a", rows)
        random.Random(1).shuffle(rows)
        other = built(tmp_path / "b", rows, workers=2)
        assert one.files == other.files

    def test_new_expressions_go_to_the_fold_that_their_identity_had(self, tmp_path: Path) -> None:
        rows = some_persons()
        first = built(tmp_path, [row for row in rows if not row["pair_id"].endswith("-001")])
        second = build(written(tmp_path, rows), tmp_path / "b", version="1.1.0", previous=first.folder, seed=7)
        before = {row["identity"]: row["fold"] for row in rows_of(first).values()}
        assert all(row["fold"] == before[row["identity"]] for row in rows_of(second).values())

    def test_identities_that_the_last_release_did_not_know_may_be_in_several_of_its_folds(self, tmp_path: Path) -> None:
        rows = [row for number in range(4) for row in person(f"p{number}", 3)]
        for row in rows:
            row["neutral"] = f"faces/neutral-{row['pair_id']}.png"
        alone = [{name: value for name, value in row.items() if name != "identity"} for row in rows]
        first = built(tmp_path, alone)
        with pytest.raises(BadInputError) as caught:
            build(written(tmp_path, rows), tmp_path / "b", version="2.0.0", previous=first.folder)
        told = str(caught.value.problems[0])
        assert re.search(r"shows identity p\d, which was in fold \d of version 1.0.0, and it at .*:\d+ in \d", told)
        assert told.endswith("; build without the previous release, so that folds are drawn anew")

    def test_ids_and_identities_of_the_last_release_are_not_mistaken_for_each_other(self, tmp_path: Path) -> None:
        rows = [row for number in range(10) for row in person(f"p{number}", 1)]
        for row, other in zip(rows, reversed(rows), strict=True):
            row["pair_id"] = other["identity"]  # everybody has a pair that is called as somebody else
        first = built(tmp_path, rows)
        second = build(written(tmp_path, rows), tmp_path / "b", version="1.0.1", previous=first.folder, seed=3)
        assert first.manifest["content"] == second.manifest["content"]


class TestCommands:
    def test_info_tells_identities_and_sums_up_persons(self, persons: Release) -> None:
        told = run("info", persons.folder, columns=120).stdout
        assert "version 1.0.0: 33 pairs of 8 identities, " in told
        assert re.search(r"^loso +one split a person: 8$", told, re.MULTILINE)
        assert re.search(r"^age_group +young: 6, old: 21, unknown: 6$", told, re.MULTILINE)
        as_json = json.loads(run("info", persons.folder, "--json").stdout)
        assert len(as_json["configurations"]["loso"]) == 8

    @pytest.mark.slow
    def test_the_installed_release_gives_a_person(self, persons: Release) -> None:
        install(persons.folder)
        assert set(load(EACH_PERSON, "person_p3")["identity"]) == {"p3"}
        assert sum(map(len, load("default").values())) == 33


class TestUnknownGroups:
    @pytest.mark.slow
    def test_they_are_in_default_and_all_and_in_no_configuration_of_that_group(self, persons: Release) -> None:
        rows = rows_of(persons)
        everything = load_dataset(str(persons.folder), "all", split="train")
        assert len(everything) == len(rows)
        assert sum(map(len, load_dataset(str(persons.folder)).values())) == len(rows)
        for name in persons.configurations():
            column = next((column for column in GROUPS if name == f"by_{column}" or name[5:] in CLASSES[column]), None)
            column = "ethnicity" if name.startswith("without_") else column
            if column:
                loaded = load_dataset(str(persons.folder), name)
                assert all(None not in rows[column] for rows in loaded.values()), name

    def test_info_counts_them(self, persons: Release) -> None:
        told = info(persons.folder, verify=True)
        assert told["identities"] == 8
        assert told["groups"]["age_group"] == {"young": 6, "old": 21, "unknown": 6}
        assert told["groups"]["gender"] == {"man": 21, "woman": 12}
        assert told["groups"]["ethnicity"] == {"black": 6, "white": 15, "unknown": 12}

    def test_a_manifest_without_a_single_group_is_built(self, tmp_path: Path) -> None:
        release = built(tmp_path, [row for number in range(10) for row in person(f"p{number}", 2)])
        assert list(release.configurations()) == ["default", *(f"cv_{k}" for k in range(FOLDS)), "all", EACH_PERSON]


class TestBalance:
    @given(
        st.lists(
            st.tuples(st.integers(0, 40), st.integers(0, 40), st.sampled_from(("man", "woman", ""))).filter(
                lambda unit: sum(unit[:2]) > 0
            ),
            max_size=40,
        ),
        st.integers(0, 9),
    )
    @settings(max_examples=50)
    def test_every_unit_has_one_fold_that_the_order_does_not_change(
        self, units: list[tuple[int, int, str]], seed: int
    ) -> None:
        sizes = {f"u{at}": _cells(*unit) for at, unit in enumerate(units)}
        folds = balanced_folds(sizes, seed)
        assert folds.keys() == sizes.keys()
        assert set(folds.values()) <= set(range(FOLDS))
        assert balanced_folds(dict(reversed(sizes.items())), seed) == folds

    @pytest.mark.parametrize("seed", range(6))
    def test_units_of_very_unequal_size_are_balanced_better_than_by_scikit_learn(self, seed: int) -> None:
        rng = random.Random(seed)
        sizes = {}
        for number in range(100):
            rows = int(3 * 1000 ** rng.random())  # 3 to 3,000
            pain = rng.randint(0, rows)
            sizes[str(number)] = _cells(rows - pain, pain, ("man", "woman")[number % 2])
        lines = [
            (unit, cell[0] + cell[2]) for unit, cells in sizes.items() for cell in cells for _ in range(cells[cell])
        ]
        units, classes = map(list, zip(*lines, strict=True))
        theirs: dict[str, int] = {}
        splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
        for fold, (_, tested) in enumerate(splitter.split(units, classes, units)):
            theirs |= {units[row]: fold for row in tested}
        folds = balanced_folds(sizes, 0)
        assert _largest_share(sizes, folds) <= _largest_share(sizes, theirs)
        assert Counter(Counter(folds.values()).values()) == {20: FOLDS}

    def test_one_person_with_3000_pairs_leaves_the_others_to_the_other_folds(self) -> None:
        sizes = {"large": _cells(1500, 1500, "man"), **{f"s{at}": _cells(2, 1, "woman") for at in range(40)}}
        folds = balanced_folds(sizes, 0)
        others = Counter(fold for unit, fold in folds.items() if unit != "large")
        assert len(others) == FOLDS
        assert others[folds["large"]] <= min(others.values())
        women = [others[fold] for fold in range(FOLDS)]
        assert max(women) - min(women) <= 5

    def test_folds_that_are_kept_stay(self) -> None:
        sizes = {f"u{at}": _cells(at + 1, 2, "man") for at in range(20)}
        kept = {"u3": 4, "u19": 4, "gone": 1}
        folds = balanced_folds(sizes, 0, kept)
        assert (folds["u3"], folds["u19"], "gone" in folds) == (4, 4, False)

    @given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from((None, *"abcdefgh"))), max_size=12))
    def test_units_are_the_connected_parts(self, links: list[tuple[str, str | None]]) -> None:
        units = units_of(links)
        assert all(units[one] == units[other or one] for one, other in links)
        reached: dict[str, set[str]] = defaultdict(set)
        for identity in units:
            found = {identity}
            for _ in links:
                found |= {each for one, other in links if found & {one, other} for each in (one, other) if each}
            reached[identity] = found
        assert all(units[identity] == min(found) for identity, found in reached.items())


class TestOneNeutral:
    @pytest.mark.parametrize(("identities", "expressions"), [(6, 10), (1, 60)])
    def test_costs_at_most_a_quarter_more_than_the_distinct_pictures(
        self, tmp_path: Path, identities: int, expressions: int
    ) -> None:
        rows = [row for number in range(identities) for row in person(f"p{number}", expressions)]
        release = built(tmp_path, rows, image_size=96)
        pictures = {row[name]["bytes"] for row in rows_of(release).values() for name in ("neutral", "expressive")}
        assert len(pictures) == identities * (expressions + 1)
        stored = sum(release.files[partition.path]["bytes"] for partition in release.partitions)
        assert stored <= 1.25 * sum(map(len, pictures))

    def test_is_read_once_however_many_expressions_it_stands_beside(self, tmp_path: Path) -> None:
        source = CountedSource(identities=3, expressions=10)
        build(source, tmp_path / "release", version="1.0.0")
        assert source.reads == Counter(name for pair in source for name in {one.name for one in pair.pictures[1:]}) + (
            Counter({f"p{number}.png": 1 for number in range(3)})
        )

    def test_other_tools_and_datasets_read_it_in_every_row(self, persons: Release) -> None:
        for row in load_dataset(str(persons.folder), "all", split="train"):
            assert row["neutral"].size == row["expressive"].size == (40, 40)
        for partition in persons.partitions:
            table = pq.read_table(persons.folder / partition.path)
            assert len({picture["bytes"] for picture in table["neutral"].to_pylist()}) == 1

    def test_pairs_that_share_none_are_written_as_before(self, tmp_path: Path) -> None:
        release = built(tmp_path, [row for number in range(5) for row in person(f"p{number}", 1)])
        for partition in release.partitions:
            columns = pq.ParquetFile(release.folder / partition.path).metadata.row_group(0)
            encodings = {
                columns.column(at).path_in_schema: columns.column(at).encodings for at in range(columns.num_columns)
            }
            assert not any("DICTIONARY" in each for each in encodings["neutral.bytes"])


class TestFaults:
    def test_a_picture_of_two_identities_is_refused(self, tmp_path: Path) -> None:
        rows = [*person("a", 2), *person("b", 2)]
        rows[3]["neutral"] = rows[0]["neutral"]
        told = reasons(tmp_path, rows)
        assert len(told) == 3
        assert all("shows the same picture as" in each and "both sides of a split" in each for each in told)

    def test_several_neutral_faces_of_one_expression_are_several_pairs(self, tmp_path: Path) -> None:
        rows = person("a", 3)
        rows[1] |= {"neutral": "faces/another.png", "expressive": rows[0]["expressive"]}
        assert len(rows_of(built(tmp_path, rows))) == 3

    def test_a_pair_of_the_same_two_faces_is_refused(self, tmp_path: Path) -> None:
        rows = person("a", 3)
        rows[1]["expressive"] = rows[0]["expressive"]
        assert reasons(tmp_path, rows) == [
            "pairs.csv:2: shows the same two faces as pairs.csv:3; keep one of them",
            "pairs.csv:3: shows the same two faces as pairs.csv:2; keep one of them",
        ]

    def test_groups_that_contradict_each_other_are_told_in_each_line(self, tmp_path: Path) -> None:
        rows = person("a", 3, gender="man")
        rows[2]["gender"] = "woman"
        rows[1]["gender"] = ""
        assert reasons(tmp_path, rows) == [
            "pairs.csv:2: gives identity a the gender man, and it is woman at pairs.csv:4; correct one",
            "pairs.csv:4: gives identity a the gender woman, and it is man at pairs.csv:2; correct one",
        ]

    def test_an_identity_in_two_given_folds_is_told_in_each_line(self, tmp_path: Path) -> None:
        rows = [*person("a", 2, fold=0), *person("b", 2, fold=1)]
        rows[1]["fold"] = 3
        assert reasons(tmp_path, rows) == [
            "pairs.csv:2: puts identity a into fold 0, and pairs.csv:3 puts it into 3; give both the same fold",
            "pairs.csv:3: puts identity a into fold 3, and pairs.csv:2 puts it into 0; give both the same fold",
        ]

    def test_so_is_one_that_another_in_another_fold_derives_from(self, tmp_path: Path) -> None:
        rows = [*person("a", 1, fold=0), *person("b", 1, fold=1, derived_from="a")]
        assert reasons(tmp_path, rows)[0] == (
            "pairs.csv:2: puts identity a into fold 0, and pairs.csv:3 puts b, joined to it by derived_from, into 1; "
            "give both the same fold"
        )

    def test_one_that_derives_from_itself_is_refused(self, tmp_path: Path) -> None:
        rows = [*person("a", 1), *person("b", 1, derived_from="b")]
        assert reasons(tmp_path, rows) == ["pairs.csv:3: derives identity b from itself; leave derived_from empty"]

    @pytest.mark.parametrize(
        ("column", "value", "told"),
        [
            ("pspi", "17", "pspi: 17.0 is greater than the maximum of 16"),
            ("pspi", "-1", "pspi: -1.0 is less than the minimum of 0"),
            ("pspi", "much", "pspi: 'much' is not of type 'number'"),
            ("age", "200", "age: 200.0 is greater than the maximum of 130"),
            ("part", "3", "part: 3 is greater than the maximum of 2"),
            ("frame", "-1", "frame: -1 is less than the minimum of 0"),
            ("frame", "1.5", "frame: '1.5' is not of type 'integer'"),
            ("time", "inf", "time: 'inf' is not of type 'number'"),
            ("identity", "../a", "identity '../a' does not have the form"),
            ("derived_from", "a/b", "derived_from 'a/b' does not have the form"),
            ("expression", "x" * 101, "is too long"),
        ],
    )
    def test_a_value_that_cannot_be_is_told(self, tmp_path: Path, column: str, value: str, told: str) -> None:
        rows = person("a", 2)
        rows[1][column] = value
        (reason,) = reasons(tmp_path, rows)
        assert reason.startswith("pairs.csv:3: ")
        assert told in reason


class TestColumns:
    def test_stand_where_the_source_says_something_and_only_there(self, tmp_path: Path) -> None:
        values = {"expression": "grimace", "pspi": 2.1, "age": 71, "clip": "c1", "time": 0.04, "source_label": "PA4"}
        rows = person("a", 2, **values, derived_from="", part="")
        for number, row in enumerate(rows):
            row["frame"] = number
        release = built(tmp_path, rows)
        assert release.given == [
            "identity", "source_label", "expression", "pspi", "age", "clip", "frame", "time"
        ]  # fmt: skip
        loaded = load_dataset(str(release.folder), "all", split="train")
        assert loaded.column_names == [
            "pair_id", "identity", "neutral", "expressive", "label", "source_label", "expression", "pspi",
            "age_group", "gender", "ethnicity", "age", "fold", "clip", "frame", "time", "provenance",
        ]  # fmt: skip
        for row in rows_of(release).values():
            assert {name: row[name] for name in values} == values
        assert [row["frame"] for row in loaded] == [0, 1]

    def test_a_change_in_them_needs_a_new_major_version_and_new_ones_a_minor_one(self, tmp_path: Path) -> None:
        plain, scored = person("a", 2), person("a", 2, pspi=1.5)
        one, two, three = (
            built(tmp_path / str(number), rows) for number, rows in enumerate((plain, scored, person("a", 2, pspi=2)))
        )
        assert diff(one.folder, two.folder).summary() == "1 column added (pspi)"
        assert (diff(one.folder, two.folder).bump.name, diff(two.folder, three.folder).bump.name) == ("MINOR", "MAJOR")

    def test_another_identity_is_a_major_change(self, tmp_path: Path) -> None:
        rows = person("a", 2)
        one = built(tmp_path / "one", rows)
        for row in rows:
            row["identity"] = "b"
        changes = diff(one.folder, built(tmp_path / "two", rows).folder)
        assert changes.summary() == "2 pairs with another identity"
        assert changes.bump.name == "MAJOR"


class TestChecks:
    """What opens a release looks whether its identities are whole, whatever it says."""

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"identity": "p1"}, "shows identity p1, which is in fold"),
            ({"identity": None}, "has no identity"),
            ({"identity": "stranger"}, "shows identity stranger, but is in a file of another person"),
            ({"gender": 1}, "has the gender woman, and is in a file of man"),
            ({"gender": None}, "has the gender nothing, and is in a file of man"),
            ({"ethnicity": 2}, "has the ethnicity middle_eastern, and is in a file of nothing"),
        ],
    )
    def test_a_row_that_does_not_fit_is_told(
        self, tmp_path: Path, persons: Release, change: dict[str, Any], told: str
    ) -> None:
        folder = copied(persons.folder, tmp_path / "release")
        place = next(one for one in persons.partitions if one.person == "p7")  # a man of whom no more is known
        table = pq.read_table(folder / place.path)
        rows = table.to_pylist()
        rows[-1] |= change
        (folder / place.path).unlink()
        pq.write_table(type(table).from_pylist(rows, table.schema), folder / place.path)
        with pytest.raises(ReleaseError) as caught:
            info(sealed(folder), verify=True)
        assert told in str(caught.value)

    def test_a_derived_identity_in_another_fold_is_told(self, tmp_path: Path) -> None:
        rows = [row for number in range(5) for row in person(f"p{number}", 2, derived_from="")]
        rows[0]["derived_from"] = "x"
        release = built(tmp_path, rows)
        place = next(one for one in release.partitions if one.person == "p3")
        table = pq.read_table(release.folder / place.path)
        changed = [{**row, "derived_from": "p0"} for row in table.to_pylist()]
        replace(release.folder / place.path, b"")
        pq.write_table(type(table).from_pylist(changed, table.schema), release.folder / place.path)
        with pytest.raises(ReleaseError, match="which derived_from links to one in fold"):
            info(sealed(release.folder), verify=True)


class TestFolds:
    def test_a_folds_file_may_name_identities(self, tmp_path: Path) -> None:
        rows = [row for number in range(5) for row in person(f"p{number}", 2)]
        file = tmp_path / "folds.txt"
        file.write_text("".join(f"p{number},{number}\n" for number in range(5)), encoding="utf-8")
        folds = {row["identity"]: row["fold"] for row in rows_of(built(tmp_path, rows, folds=file)).values()}
        assert folds == {f"p{number}": number for number in range(5)}

    def test_a_folds_file_that_lacks_an_identity_is_told(self, tmp_path: Path) -> None:
        rows = [*person("a", 1), *person("b", 1)]
        (tmp_path / "folds.txt").write_text("a,0\nc,1\n", encoding="utf-8")
        with pytest.raises((BadInputError, UsageError)) as caught:
            built(tmp_path, rows, folds=tmp_path / "folds.txt")
        assert "names pair c, which the source does not have" in str(caught.value)


@dataclass(frozen=True)
class CountedPicture:
    """A picture that counts how often it is read."""

    name: str
    source: CountedSource

    is_verified = True

    def stamp(self) -> object:
        return self.name

    def read(self, archives: Archives) -> bytes:  # noqa: ARG002 - in no archive
        self.source.reads[self.name] += 1
        return face(self.name)


class CountedSource:
    """Persons with several expressions each, and what was read of them."""

    folds_file: FoldsFile | None = None

    def __init__(self, identities: int, expressions: int) -> None:
        self.reads: Counter[str] = Counter()
        self._pairs = [
            Pair(
                pair_id=row["pair_id"],
                identity=row["identity"],
                label=row["label"],
                pictures=(CountedPicture(f"{row['identity']}.png", self), CountedPicture(row["expressive"], self)),
                listed_at=row["pair_id"],
            )
            for number in range(identities)
            for row in person(f"p{number}", expressions)
        ]

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Any:
        return iter(self._pairs)

    def describe(self) -> dict[str, object]:
        return {"kind": "manifest"}

    def __repr__(self) -> str:
        return "CountedSource"


def _cells(no_pain: int, pain: int, gender: str) -> dict[tuple[str, ...], int]:
    cells = {("no_pain", "", gender, ""): no_pain, ("pain", "", gender, ""): pain}
    return {cell: count for cell, count in cells.items() if count}


def _largest_share(sizes: dict[str, dict[tuple[str, ...], int]], folds: dict[str, int]) -> float:
    """The greatest share of a label or a group that is in one fold."""
    shares = []
    for axis, value in ((0, "pain"), (0, "no_pain"), (2, "man"), (2, "woman")):
        held: Counter[int] = Counter()
        for unit, cells in sizes.items():
            held[folds[unit]] += sum(count for cell, count in cells.items() if cell[axis] == value)
        shares.append(max(held.values()) / sum(held.values()))
    return max(shares)


def _file_of(release: Release, row: Row) -> str:
    return next(one.path for one in release.partitions if one.fold == row["fold"] and one.person == row["identity"])
