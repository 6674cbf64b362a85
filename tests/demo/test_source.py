"""Demo faces as an official-like download, as a release, and as annotations."""

from __future__ import annotations

import csv
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import load_dataset
from PIL import Image

import synpain_hf
from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.generation.drawn.action_units import ACTION_UNITS
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.layout import CARD
from synpain_hf.release.readme import write_card
from synpain_hf.release.release import Release
from synpain_hf.release.tables import ANNOTATIONS
from synpain_hf.release.versions import Bump
from synpain_hf.sources import open_source
from synpain_hf.sources.demo import DemoSource, PlantedBias
from synpain_hf.sources.files import OpenArchives
from synpain_hf.sources.folds import read_folds
from synpain_hf.sources.names import parse_name
from tests.demo.making import PAIRS, pairs_of, score_of
from tests.release.making import copied, digests, is_untouched, manifest_rows, replace, rows_of, shows, write_manifest

GENERATOR = "demo faces, drawn, not SynPAIN"
TRUTH, NOTES, FOLDS = "demo_truth.csv", "demo.json", "SynPain_folds.txt"
SMALL = 64
"""Side of a face where its looks do not matter."""


def truth_of(folder: Path) -> list[dict[str, str]]:
    with (folder / TRUTH).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(folder: Path) -> list[dict[str, Any]]:
    """The annotations of a release that stands in a folder, each by its face's name."""
    rows = load_dataset(str(folder), "annotations", split="train")
    names = rows.features["face"].names
    return [{**row, "face": names[row["face"]]} for row in rows]


def partitions(release: Release) -> dict[str, str]:
    return {name: record["sha256"] for name, record in release.files.items() if name.startswith("data/")}


class TestRaw:
    def test_it_has_the_form_of_the_official_download(self, raw: Path) -> None:
        assert sorted(path.name for path in raw.iterdir()) == ["Images", FOLDS, NOTES, TRUTH]
        formats = []
        for path in sorted((raw / "Images").iterdir()):
            name = parse_name(path.stem)
            assert path.suffix == ".jpg"
            with Image.open(path) as image:
                assert image.size == (1312, 736)
                formats.append(image.format)
                assert (image.format == "JPEG") == name.pair_id.endswith("1")
        assert sorted(formats) == ["JPEG"] * 3 + ["PNG"] * (PAIRS - 3)

    def test_its_folds_file_is_one_that_the_reader_understands(self, raw: Path) -> None:
        folds = read_folds(FOLDS, (raw / FOLDS).read_bytes())
        assert not folds.problems
        assert folds.folds == {pair.pair_id: pair.fold for pair in pairs_of(DemoSource(PAIRS))}

    def test_its_truth_names_every_unit_of_both_faces_and_their_score(self, raw: Path) -> None:
        rows = truth_of(raw)
        assert list(rows[0]) == ["pair_id", "face", "kind", *ACTION_UNITS, "pspi"]
        assert sorted(row["pair_id"] for row in rows[::2]) == sorted(path.name[:10] for path in raw.glob("Images/*"))
        assert [row["face"] for row in rows] == ["neutral", "expressive"] * PAIRS
        for row in rows:
            assert float(row["pspi"]) == score_of({unit: float(row[unit]) for unit in ACTION_UNITS})
            condition = "neutral" if row["face"] == "neutral" else ("no_pain", "pain")[int(row["pair_id"][1])]
            assert condition == (row["kind"] if row["kind"] in {"neutral", "pain"} else "no_pain")

    def test_it_says_what_it_is(self, raw: Path) -> None:
        assert json.loads((raw / NOTES).read_text()) == {"generator": GENERATOR, "seed": 0, "biases": []}

    @pytest.mark.slow
    def test_the_number_of_processes_changes_no_byte(self, raw: Path, tmp_path: Path) -> None:
        assert digests(synpain_hf.demo(tmp_path / "raw", pairs=PAIRS, raw=True, workers=2)) == digests(raw)

    def test_the_pictures_of_the_source_are_its_files(self, raw: Path) -> None:
        for picture in list(DemoSource(PAIRS).pictures())[::7]:
            assert picture.read(OpenArchives()) == (raw / picture.name).read_bytes()

    @pytest.mark.slow
    def test_what_an_interrupted_one_left_is_finished_or_removed(self, raw: Path, tmp_path: Path) -> None:
        left = tmp_path / ".raw.partial" / "release"
        (left / "Images").mkdir(parents=True)
        cut_short = next(iter(raw.glob("Images/*")))
        (left / "Images" / cut_short.name).write_bytes(cut_short.read_bytes()[:99])
        (left / "Images" / "1000000000_NoPain_man_Young.jpg").write_bytes(b"of another set")
        assert digests(synpain_hf.demo(tmp_path / "raw", pairs=PAIRS, raw=True)) == digests(raw)

    def test_progress_is_told_to_the_last_pair(self, tmp_path: Path) -> None:
        seen: list[tuple[str, int, int]] = []
        synpain_hf.demo(tmp_path / "raw", pairs=2, raw=True, progress=lambda *step: seen.append(step))
        assert seen[-1] == ("faces", 2, 2)

    @pytest.mark.parametrize("is_raw", [True, False])
    def test_a_place_that_is_taken_is_left_alone(self, tmp_path: Path, is_raw: bool) -> None:
        (tmp_path / "out").mkdir()
        with pytest.raises(UsageError, match="out exists; remove it, or give another place"):
            synpain_hf.demo(tmp_path / "out", pairs=1, raw=is_raw)
        assert not list((tmp_path / "out").iterdir())

    @pytest.mark.parametrize("is_raw", [True, False])
    @pytest.mark.parametrize("wrong", [{"pairs": 0}, {"seed": -1}, {"workers": 0}, {"bias": "nowhere.yaml"}], ids=str)
    def test_an_argument_that_cannot_be_right_is_refused_before_anything_is_written(
        self, tmp_path: Path, is_raw: bool, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(UsageError):
            synpain_hf.demo(tmp_path / "out", raw=is_raw, **wrong)
        assert is_untouched(tmp_path / "out")


class TestRelease:
    def test_it_is_the_one_that_build_makes_of_the_raw_form(self, raw: Path, direct: Release, tmp_path: Path) -> None:
        built = build(raw, tmp_path / "release", version="2.0.0")
        assert built.manifest["source"] == direct.manifest["source"]
        assert built.manifest["content"] == direct.manifest["content"]
        same = {*partitions(direct), "annotations/action_units.parquet", CARD}
        assert {name: built.files[name] for name in same} == {name: direct.files[name] for name in same}
        assert len(partitions(direct)) > 7

    @pytest.mark.slow
    def test_the_number_of_workers_changes_no_byte(self, direct: Release, tmp_path: Path) -> None:
        assert digests(synpain_hf.demo(tmp_path / "release", pairs=PAIRS, workers=2).folder) == digests(direct.folder)

    def test_it_holds_the_pixels_that_were_drawn(self, raw: Path, direct: Release) -> None:
        rows = rows_of(direct)
        assert len(rows) == PAIRS
        for path in raw.glob("Images/*0_*"):
            with Image.open(path) as image:
                assert shows(rows[path.name[:10]], np.asarray(image)), path

    def test_it_is_named_for_what_it_is_everywhere(self, direct: Release) -> None:
        assert direct.manifest["source"] == {"kind": "demo", "generator": GENERATOR, "seed": 0, "biases": []}
        for row in rows_of(direct).values():
            assert (row["provenance"]["generator"], row["provenance"]["seed"]) == (GENERATOR, 0)
        card = (direct.folder / CARD).read_text(encoding="utf-8")
        assert "pretty_name: Demo faces, drawn, not SynPAIN\n" in card
        assert "\n# Demo faces, drawn, not SynPAIN 2.0.0\n" in card
        assert "These are demo faces, drawn, not SynPAIN (seed 0)" in card
        assert "Bias" not in card

    def test_another_seed_draws_other_people(self, direct: Release, tmp_path: Path) -> None:
        other = rows_of(synpain_hf.demo(tmp_path / "other", pairs=2, seed=1))
        seen = {row["neutral"]["bytes"] for row in rows_of(direct).values()}
        assert not seen & {row["neutral"]["bytes"] for row in other.values()}

    def test_planted_bias_is_recorded_in_the_release_and_its_card(self, tmp_path: Path) -> None:
        specification = tmp_path / "bias.yaml"
        specification.write_text("- {group: {ethnicity: black}, unit: AU4, strength: 0.5}\n- {flip_labels: 0.25}\n")
        out = synpain_hf.demo(tmp_path / "raw", pairs=4, bias=specification, raw=True)
        release = build(out, tmp_path / "release", version="1.0.0", image_size=SMALL)
        biases = [{"group": {"ethnicity": "black"}, "unit": "AU4", "strength": 0.5}, {"group": {}, "flip_labels": 0.25}]
        assert release.manifest["source"]["biases"] == biases
        card = (release.folder / CARD).read_text(encoding="utf-8")
        for bias in biases:
            assert f"Bias was planted on purpose: `{json.dumps(bias, sort_keys=True)}`." in card

    def test_bias_given_in_python_is_the_same_as_in_a_file(self, tmp_path: Path) -> None:
        specification = tmp_path / "bias.yaml"
        specification.write_text("- {group: {age_group: old}, unit: AU12, contrast: 0.3}\n")
        bias = [PlantedBias({"age_group": "old"}, unit="AU12", contrast=0.3)]
        one = synpain_hf.demo(tmp_path / "one", pairs=2, bias=str(specification), raw=True)
        other = synpain_hf.demo(tmp_path / "other", pairs=2, bias=bias, raw=True)
        assert digests(one) == digests(other)

    def test_it_says_nothing_of_bias_or_drawing_where_pairs_are_real(self, tmp_path: Path) -> None:
        manifest = write_manifest(tmp_path, manifest_rows(3))
        release = build(manifest, tmp_path / "release", version="1.0.0")
        write_card(release)
        assert "drawn" not in (release.folder / CARD).read_text(encoding="utf-8")


class TestAnnotations:
    def test_they_are_the_truth_and_join_the_pairs_by_id(self, raw: Path, direct: Release) -> None:
        rows = told(direct.folder)
        assert len(rows) == 2 * PAIRS
        pairs = load_dataset(str(direct.folder), "all", split="train")
        assert {row["pair_id"] for row in rows} == set(pairs["pair_id"])
        truth = {(row["pair_id"], row["face"]): row for row in truth_of(raw)}
        for row in rows:
            known = truth[row["pair_id"], row["face"]]
            assert row["kind"] == known["kind"]
            assert row["annotator"] == f"truth of {GENERATOR}"
            for name in (*ACTION_UNITS, "pspi"):
                assert row[name] == np.float32(known[name]), name

    def test_they_stream_with_the_same_columns(self, direct: Release) -> None:
        streamed = load_dataset(str(direct.folder), "annotations", split="train", streaming=True)
        loaded = load_dataset(str(direct.folder), "annotations", split="train")
        assert list(streamed) == list(loaded)
        assert streamed.features == loaded.features
        assert list(loaded.features) == ["pair_id", "face", "kind", *ACTION_UNITS, "pspi", "annotator"]

    @pytest.mark.slow
    def test_they_load_once_the_release_is_installed(self, direct: Release) -> None:
        synpain_hf.install(direct.folder)
        installed = synpain_hf.load("annotations")
        assert {split: len(rows) for split, rows in installed.items()} == {"train": 2 * PAIRS}
        assert list(installed["train"]) == list(load_dataset(str(direct.folder), "annotations", split="train"))
        assert list(synpain_hf.load()) == ["train", "validation", "test"]

    def test_info_counts_them_beside_the_configurations_of_pairs(self, direct: Release) -> None:
        assert synpain_hf.info(direct.folder)["configurations"]["annotations"] == {"train": 2 * PAIRS}

    @pytest.mark.slow
    def test_a_release_of_pairs_of_which_nothing_is_known_has_none(self, tmp_path: Path) -> None:
        manifest = write_manifest(tmp_path, manifest_rows(6))
        release = build(manifest, tmp_path / "release", version="1.0.0")
        assert not release.files_of(ANNOTATIONS)
        assert "annotations" not in synpain_hf.info(release.folder)["configurations"]
        assert "annotations" not in (release.folder / CARD).read_text(encoding="utf-8")
        with pytest.raises(ValueError, match="annotations"):
            load_dataset(str(release.folder), "annotations")
        synpain_hf.install(release.folder)
        with pytest.raises(UsageError, match=r"has no pairs in annotations; `synpain-hf info` lists others"):
            synpain_hf.load("annotations")

    def test_a_pair_that_is_skipped_leaves_none(self, raw: Path, tmp_path: Path) -> None:
        source = copied(raw, tmp_path / "raw")
        lost = min(source.glob("Images/*"))
        replace(lost, b"no picture")
        release = build(source, tmp_path / "release", version="1.0.0", image_size=SMALL, on_error="skip")
        assert release.manifest["pairs"] == {"in": PAIRS, "out": PAIRS - 1, "rejected": 1}
        assert lost.name[:10] not in {row["pair_id"] for row in told(release.folder)}
        assert len(told(release.folder)) == 2 * (PAIRS - 1)


class TestOtherAnnotations:
    """Annotations change, rows do not."""

    @pytest.fixture
    def source(self, raw: Path, tmp_path: Path) -> Path:
        return copied(raw, tmp_path / "raw")

    @staticmethod
    def correct(source: Path) -> None:
        """Say of every face that its lips are parted as far as can be."""
        rows = truth_of(source)
        table = [list(rows[0]), *(list({**row, "AU25": "5.0"}.values()) for row in rows)]
        replace(source / TRUTH, "".join(f"{','.join(row)}\n" for row in table).encode())

    @pytest.mark.slow
    def test_it_is_a_patch(self, source: Path, tmp_path: Path) -> None:
        old = build(source, tmp_path / "old", version="1.0.0", image_size=SMALL)
        self.correct(source)
        new = build(source, tmp_path / "new", version="1.0.1", image_size=SMALL, previous=old.folder)
        assert new.manifest["content"] == old.manifest["content"]
        assert partitions(new) == partitions(old)
        changes = diff(old.folder, new.folder)
        assert changes.bump is Bump.PATCH
        sentence = f"1 file of annotations (annotations/action_units.parquet): {2 * PAIRS} rows with another AU25"
        assert changes.summary() == sentence
        assert f"- {sentence}.\n" in (new.folder / "CHANGELOG.md").read_text()
        assert {row["AU25"] for row in told(new.folder)} == {5.0} != {row["AU25"] for row in told(old.folder)}

    @pytest.mark.slow
    def test_no_earlier_ones_are_given_of_a_release_rebuilt_in_the_same_place(
        self, source: Path, tmp_path: Path
    ) -> None:
        place = tmp_path / "release"
        for expected in (False, True):
            build(source, place, version="1.0.0", image_size=SMALL)
            for path in place.rglob("*"):
                os.utime(path, (1, 1))  # what tells them apart is not the time
            synpain_hf.install(place)
            for rows in (told(place), synpain_hf.load("annotations", "train")):
                assert len(rows) == 2 * PAIRS
                assert ({row["AU25"] for row in rows} == {5.0}) == expected
            shutil.rmtree(place)
            self.correct(source)


class TestDownload:
    """What `build` makes of a raw download, as it may reach a user."""

    @pytest.fixture
    def source(self, raw: Path, tmp_path: Path) -> Path:
        return copied(raw, tmp_path / "raw")

    @pytest.mark.parametrize("inside", ["", "demo-raw/"], ids=["flat", "in a folder"])
    def test_a_zip_of_it_gives_the_same_faces_and_annotations(
        self, raw: Path, direct: Release, tmp_path: Path, inside: str
    ) -> None:
        archive = tmp_path / "raw.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in sorted(path for path in raw.rglob("*") if path.is_file()):
                file.write(path, f"{inside}{path.relative_to(raw)}")
        release = build(archive, tmp_path / "release", version="1.0.0")
        assert release.manifest["source"] == direct.manifest["source"]
        assert told(release.folder) == told(direct.folder)
        assert (partitions(release) == partitions(direct)) == (not inside), "names of files are in the provenance"
        faces = [{key: row["expressive"]["bytes"] for key, row in rows_of(one).items()} for one in (release, direct)]
        assert faces[0] == faces[1]

    @pytest.mark.parametrize("removed", [[], [FOLDS]], ids=["whole", "without folds"])
    def test_its_images_alone_are_still_known_for_what_they_are(self, source: Path, removed: list[str]) -> None:
        for name in removed:
            (source / name).unlink()
        for place in (source, source / "Images"):
            opened = open_source([place])
            assert opened.describe()["kind"] == "demo"
            assert {pair.generator for pair in pairs_of(opened)} == {GENERATOR}

    @pytest.mark.parametrize("missing", [NOTES, TRUTH])
    def test_a_missing_file_is_one_clear_report(self, source: Path, tmp_path: Path, missing: str) -> None:
        (source / missing).unlink()
        with pytest.raises(BadInputError) as caught:
            build(source, tmp_path / "release", version="1.0.0")
        assert caught.value.problems == [Problem(missing, "is missing from these demo faces; draw them again")]
        assert is_untouched(tmp_path / "release")

    @pytest.mark.parametrize(
        ("name", "damage", "reason"),
        [
            (NOTES, lambda text: text[:20], "Unterminated string"),
            (NOTES, lambda text: f"[{text}]", "does not name the generator"),
            (NOTES, lambda text: text.replace(GENERATOR, "SynPAIN"), "does not name the generator"),
            (NOTES, lambda text: text.replace('"seed": 0', '"seed": "zero"'), "the seed 'zero' is not a seed"),
            (NOTES, lambda text: text.replace('"seed": 0', '"seed": true'), "the seed True is not a seed"),
            (NOTES, lambda text: text.replace('"seed": 0', f'"seed": {2**63}'), f"the seed {2**63} is not a seed"),
            (NOTES, lambda text: text.replace('"seed": 0,', ""), "the seed None is not a seed"),
            (NOTES, lambda text: text.replace('"biases": []', '"biases": {}'), "biases is not a list of objects"),
            (NOTES, lambda text: text.replace('"biases": []', '"biases": ["AU4"]'), "biases is not a list of objects"),
            (NOTES, lambda text: text.replace("demo", "d\udcffmo"), "can't decode byte"),
            (NOTES, lambda text: "[" * 100_000 + text, "nested"),
            (TRUTH, lambda text: text[:0], "its columns are not pair_id, face, kind, action units and pspi"),
            (TRUTH, lambda text: text.replace("face,", "side,", 1), "its columns are not"),
            (TRUTH, lambda text: text.replace(",".join(ACTION_UNITS) + ",", ""), "its columns are not"),
            (TRUTH, lambda text: text[:-60], r"has \d+ values for 17 columns"),
            (TRUTH, lambda text: text.replace("\n", ",0\n", 2).replace(",0\n", "\n", 1), "line 2 has 18 values for 17"),
            (TRUTH, lambda text: text.replace(",0.0,", ",none,", 1), "could not convert string to float: 'none'"),
            (TRUTH, lambda text: text.replace(",0.0,", ",nan,", 1), "line 2 has a value that is not a number"),
            (TRUTH, lambda text: text.replace(",neutral,", ',"neutral,', 1), "unexpected end of data"),
            (TRUTH, lambda text: text.replace(",neutral,", ",front,", 1), "not have one line for each face, neutral"),
            (TRUTH, lambda text: text + text[text.index("\n") + 1 :], "does not have one line for each face"),
            (TRUTH, lambda text: text[: text.rindex("\n", 0, -1) + 1], "does not have one line for each face"),
            (TRUTH, lambda text: text.replace("kind", "k\udcffnd"), "can't decode byte"),
        ],
    )  # fmt: skip
    def test_a_damaged_file_is_one_clear_report(
        self, source: Path, tmp_path: Path, name: str, damage: Callable[[str], str], reason: str
    ) -> None:
        damaged = damage((source / name).read_text(encoding="utf-8")).encode("utf-8", "surrogateescape")
        assert damaged != (source / name).read_bytes()
        replace(source / name, damaged)
        with pytest.raises(
            BadInputError, match=rf"(?s){name}: is damaged \(.*{reason}.*\); draw these demo faces"
        ) as caught:
            build(source, tmp_path / "release", version="1.0.0")
        assert len(caught.value.problems) == 1
        assert is_untouched(tmp_path / "release")

    def test_a_picture_of_which_the_truth_says_nothing_is_reported(self, source: Path, tmp_path: Path) -> None:
        lines = (source / TRUTH).read_text(encoding="utf-8").splitlines(keepends=True)
        pair_id = lines[1][:10]
        replace(source / TRUTH, "".join([lines[0], *lines[3:]]).encode())
        with pytest.raises(BadInputError) as caught:
            build(source, tmp_path / "release", version="1.0.0")
        (problem,) = {one for one in caught.value.problems if one.file.startswith("Images/")}
        assert problem.pair_id == pair_id
        assert problem.reason == f"is not in {TRUTH}; draw these demo faces again"
