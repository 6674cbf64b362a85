"""From a made archive to a release, by person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import load_dataset

from examples.made_archives import write_3dpain, write_biovid, write_unbc, write_unbc_hdf5
from synpain_hf.errors import BadInputError
from synpain_hf.pair import Pair
from synpain_hf.release.build import build
from synpain_hf.release.info import info
from synpain_hf.release.release import Release
from synpain_hf.sources import open_source
from tests.release.persons import some_persons, written


def identities_of(release: Release, configuration: str) -> dict[str, set[str]]:
    splits = load_dataset(str(release.folder), configuration)
    return {split: set(rows["identity"]) for split, rows in splits.items()}


class TestUnbc:
    @pytest.mark.slow
    def test_a_release_keeps_persons_whole_and_says_how_pairs_were_made(self, tmp_path: Path) -> None:
        folder = write_unbc(tmp_path / "unbc", persons=5)
        release = build(folder, tmp_path / "release", version="1.0.0", references=2)
        assert release.manifest["source"] == {"kind": "unbc", "pain_from": 1.0, "references": 2}
        assert release.title == "UNBC-McMaster pairs"
        assert info(tmp_path / "release")["groups"]["label"] == {"no_pain": 5, "pain": 25}
        train, test = (identities_of(release, "cv_0")[split] for split in ("train", "test"))
        assert train
        assert test
        assert not train & test
        card = (release.folder / "README.md").read_text("utf-8")
        assert "30 pairs of faces of people" in card
        assert "`no_pain` any other frame, so it may show a" in card
        assert not [word for word in ("synthetic", "generated", "never means neutral") if word in card]

    @pytest.mark.slow
    def test_folds_may_be_given_by_person(self, tmp_path: Path) -> None:
        folder = write_unbc(tmp_path / "unbc", persons=5)
        folds = tmp_path / "folds.csv"
        folds.write_text(
            "subject,fold\n" + "".join(f"{n + 40:03d}-{c * 2}{n + 40:03d},{n}\n" for n, c in enumerate("abcde"))
        )
        release = build(folder, tmp_path / "release", version="1.0.0", folds=folds)
        assert release.manifest["folds"]["origin"] == "published"
        assert identities_of(release, "cv_3")["test"] == {"043-dd043"}

    @pytest.mark.slow
    def test_what_is_wrong_is_left_out_and_the_rest_is_built(self, tmp_path: Path) -> None:
        folder = write_unbc(tmp_path / "unbc", persons=4)
        next((folder / "Frame_Labels/PSPI").rglob("*006_facs.txt")).write_text("17")
        with pytest.raises(BadInputError, match="has PSPI 17, which is not from 0 to 16"):
            build(folder, tmp_path / "release", version="1.0.0")
        release = build(folder, tmp_path / "release", version="1.0.0", on_error="skip")
        assert release.manifest["pairs"] == {"in": 28, "out": 27, "rejected": 1}


class TestBiovid:
    @pytest.mark.slow
    def test_a_release_keeps_persons_whole_and_says_that_people_are_shown(self, tmp_path: Path) -> None:
        folder = write_biovid(tmp_path / "biovid", persons=5)
        release = build(folder, tmp_path / "release", version="1.0.0", videos="both", pain_from=4)
        assert release.manifest["source"] == {"kind": "biovid", "pain_from": 4}
        assert (release.name, release.title) == ("biovid", "BioVid pairs")
        assert info(release.folder)["groups"]["label"] == {"no_pain": 5, "pain": 5}
        assert {"age", "source_label", "clip", "frame", "time"} < set(release.given)
        for splits in ("default", "videos_default"):
            found = identities_of(release, splits)
            assert sum(map(len, found.values())) == len(set().union(*found.values())) == 5
        card = release.text_of("README.md")
        assert "10 pairs of faces of people" in card
        assert "`pain` is heat of level 4 or more" in card
        assert not [word for word in ("synthetic", "generated", "never means neutral") if word in card]

    @pytest.mark.slow
    def test_a_clip_that_does_not_decode_is_left_out_and_the_rest_is_built(self, tmp_path: Path) -> None:
        folder = write_biovid(tmp_path / "biovid", persons=4)
        damaged = next(folder.rglob("*PA4*.mp4"))
        damaged.write_bytes(damaged.read_bytes()[:-100])
        with pytest.raises(BadInputError, match=rf"{damaged.name}: is cut short after [\d,]+ bytes; fetch it again"):
            build(folder, tmp_path / "release", version="1.0.0")
        release = build(folder, tmp_path / "release", version="1.0.0", on_error="skip")
        assert release.manifest["pairs"] == {"in": 8, "out": 7, "rejected": 1}
        assert release.manifest["options"]["videos"] == "frames"


class TestPain3d:
    @pytest.mark.slow
    def test_default_is_the_published_split(self, tmp_path: Path) -> None:
        release = build(write_3dpain(tmp_path / "3dpain"), tmp_path / "release", version="1.0.0")
        assert release.manifest["folds"]["origin"] == "published"
        persons = [f"flame_sample_{number:04d}" for number in range(10)]
        assert identities_of(release, "default") == {
            "train": set(persons[:7]),
            "validation": set(persons[7:9]),
            "test": set(persons[9:]),
        }

    @pytest.mark.slow
    def test_a_person_in_two_splits_is_refused(self, tmp_path: Path) -> None:
        folder = write_3dpain(tmp_path / "3dpain")
        table = folder / "split.csv"
        table.write_text(table.read_text().replace("flame_sample_0000_pain_1,0", "flame_sample_0000_pain_1,2"))
        with pytest.raises(BadInputError, match="puts identity flame_sample_0000 into fold 0"):
            build(folder, tmp_path / "release", version="1.0.0")


SOURCES: dict[str, Callable[[Path], Path]] = {
    "unbc": lambda folder: write_unbc(folder, persons=2),
    "unbc as HDF5": lambda folder: write_unbc_hdf5(folder, persons=2),
    "3dpain": lambda folder: write_3dpain(folder, identities=2),
    "manifest": lambda folder: written(folder, some_persons()),
}
"""What has several pairs of an identity; in the official data set each pair is another."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", SOURCES)
def test_an_identity_whose_pairs_are_in_two_folds_of_a_given_file_is_told_in_each(tmp_path: Path, kind: str) -> None:
    source = SOURCES[kind](tmp_path / "source")
    pairs = [entry for entry in open_source([source]) if isinstance(entry, Pair)]
    identity, number = Counter(pair.identity for pair in pairs).most_common(1)[0]
    *_, last = (pair for pair in pairs if pair.identity == identity)
    folds = tmp_path / "folds.csv"
    folds.write_text("".join(f"{pair.pair_id},{int(pair is last)}\n" for pair in pairs))
    with pytest.raises(BadInputError) as error:
        build(source, tmp_path / "release", version="1.0.0", folds=folds)
    told = [problem for problem in error.value.problems if f"puts identity {identity} into fold" in problem.reason]
    assert len(told) == number > 1
    assert all(problem.reason.endswith("give both the same fold") for problem in told)
    assert {problem.pair_id for problem in told} == {pair.pair_id for pair in pairs if pair.identity == identity}
    assert not (tmp_path / "release").exists()


@pytest.mark.slow
def test_a_release_of_the_hdf5_form_has_the_persons_in_the_folds_of_its_file(tmp_path: Path) -> None:
    release = build(write_unbc_hdf5(tmp_path / "hdf5", persons=6), tmp_path / "release", version="1.0.0")
    assert release.manifest["source"] == {"kind": "unbc", "pain_from": 1.0, "references": 1}
    assert release.manifest["folds"]["origin"] == "published"
    assert identities_of(release, "cv_0")["test"] == {"040-aa040", "045-ff045"}
    assert info(tmp_path / "release")["groups"]["label"] == {"no_pain": 12, "pain": 30}
