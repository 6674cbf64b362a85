"""The report on transferred faces finds what is planted in tables, and says what is missing and what would bring it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synpain_hf.annotation.annotate import annotate
from synpain_hf.assessment.lent import Lent, LentPair, opened
from synpain_hf.assessment.lpips import lacking
from synpain_hf.assessment.matrix import matrix_of
from synpain_hf.assessment.page import html, markdown
from synpain_hf.assessment.transfer_report import TransferReport, transfer_report
from synpain_hf.errors import OutputError, UsageError
from synpain_hf.generation.transfer.change import transferred
from synpain_hf.generation.transfer.contours import OVAL
from synpain_hf.imaging.differences import box_of, root_mean_square
from synpain_hf.rating.ratings import ratings
from synpain_hf.rating.sheet import rate
from synpain_hf.release.amend import amend
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.seen import Seen
from synpain_hf.transferring.transfer import transfer
from tests.rating.making import filled, write
from tests.sharing import Once
from tests.terminal import run
from tests.transfer.making import pixels_of
from tests.transfer.planting import copy_of, planted
from tests.validation.annotating import with_annotations

Rows = list[dict[str, Any]]


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(drawn: Release, once: Once) -> Path:
    """A folder with the releases `warp` and `oracle`, of the same couples, without annotations; not to be changed."""

    def fill(folder: Path) -> None:
        for method in ("warp", "oracle"):
            transfer(drawn.folder, drawn.folder, folder / f"lent-{method}", method=method)
            build(folder / f"lent-{method}", folder / method, version="1.0.0")

    return once("transferred-to-judge", fill)


@pytest.fixture
def warp(made: Path, tmp_path: Path) -> Release:
    """The warped faces, which a test may change."""
    return copy_of(Release.open(made / "warp"), tmp_path / "warp")


@pytest.fixture
def oracle(made: Path, tmp_path: Path) -> Release:
    """The truth, which a test may change."""
    return copy_of(Release.open(made / "oracle"), tmp_path / "oracle")


@pytest.fixture(scope="module")
def by_identity(members: list[Member]) -> Mapping[str, Member]:
    """The drawn pairs by whom they show."""
    return {member.identity: member for member in members}


@pytest.fixture(scope="module")
def as_asked(seen: Seen, by_identity: Mapping[str, Member]) -> Callable[[LentPair, str], np.ndarray]:
    """The landmarks of a transferred face, as they were asked for."""

    def landmarks(pair: LentPair, face: str) -> np.ndarray:
        own = seen.landmarks[by_identity[pair.identity].pair_id, "neutral"]
        if face == "neutral":
            return own
        driver = by_identity[pair.driver].pair_id
        target = transferred(own, seen.landmarks[driver, "neutral"], seen.landmarks[driver, "expressive"])
        return np.column_stack([target, own[:, 2]])

    return landmarks


def as_row(landmarks: np.ndarray | None, faces: int = 1) -> dict[str, Any]:
    """A face in the table of MediaPipe."""
    found = None if landmarks is None else np.asarray(landmarks).ravel().tolist()
    return {"faces": faces, "yaw": 0.0, "landmarks": found, "made_with": "a test"}


def rows_of(report: TransferReport, name: str, **wanted: str) -> Rows:
    """The rows of a section that have some values."""
    (section,) = (section for section in report.to_dict()["sections"] if section["name"] == name)
    return [row for row in section["rows"] if all(row[key] == value for key, value in wanted.items())]


def value(report: TransferReport, name: str, **wanted: str) -> float:
    """The one number that has some values."""
    (row,) = rows_of(report, name, **wanted)
    return float(row["value"])


def vectors_of(names: list[str]) -> dict[str, list[float]]:
    """A vector for each name, at right angles to all others."""
    return dict(zip(names, np.eye(len(names)).tolist(), strict=True))


class TestIdentity:
    def test_faces_that_stay_themselves_are_told_from_those_that_become_their_drivers(
        self, warp: Release, oracle: Release, by_identity: Mapping[str, Member]
    ) -> None:
        own = vectors_of(sorted(by_identity))
        planted(warp, "sface", lambda pair, _: {"embedding": own[pair.identity]})
        planted(
            oracle, "sface", lambda pair, face: {"embedding": own[pair.identity if face == "neutral" else pair.driver]}
        )
        report = transfer_report(warp.folder, oracle.folder)
        measures = ("own", "others", "nearest", "equal_error_rate")
        kept, lost = (
            [value(report, "identity", method=method, measure=measure) for measure in measures]
            for method in ("warp", "oracle")
        )
        assert kept == pytest.approx([1, 0, 1, 0], abs=1e-6)
        assert lost[:3] == pytest.approx([0, 1 / (len(by_identity) - 1), 0], abs=1e-6)
        assert lost[3] > 0.4

    def test_faces_are_compared_with_their_drivers_where_these_are_embedded(
        self, warp: Release, drawn: Release, tmp_path: Path, by_identity: Mapping[str, Member]
    ) -> None:
        own = vectors_of(sorted(by_identity))
        drivers = copy_of(drawn, tmp_path / "drivers")
        names = {member.pair_id: member.identity for member in by_identity.values()}
        with_annotations(drivers, {"embedding": lambda shown, _: own[names[shown.pair_id]]}, name="sface")
        planted(
            warp, "sface", lambda pair, face: {"embedding": own[pair.identity if face == "neutral" else pair.driver]}
        )
        report = transfer_report(warp.folder, drivers=drivers.folder)
        assert value(report, "identity", measure="driver") == pytest.approx(1)
        (own_of_drivers,) = rows_of(report, "identity", method="drivers")
        assert own_of_drivers["value"] == pytest.approx(1)
        assert own_of_drivers["n"] == len({pair.driver for pair in report.judged[0].pairs.values()})

    @pytest.mark.parametrize("broken", [[0.0] * 3, [np.nan, 0.0, 1.0], [np.inf, 0.0, 1.0], [1.0], [], None])
    def test_an_embedding_that_cannot_be_compared_is_left_out(self, warp: Release, broken: list[float] | None) -> None:
        spoilt = next(iter(transfer_report(warp.folder).judged[0].pairs))
        planted(warp, "sface", lambda pair, _: {"embedding": broken if pair.pair_id == spoilt else [0.0, 0.0, 2.0]})
        report = transfer_report(warp.folder)
        (own,) = rows_of(report, "identity", measure="own")
        assert own["value"] == pytest.approx(1)
        assert own["n"] == len(report.judged[0].pairs) - 1


class TestLandmarks:
    def test_the_error_is_the_distance_from_what_was_asked_in_percent_of_the_face(
        self, warp: Release, drawn: Release, as_asked: Callable[[LentPair, str], np.ndarray]
    ) -> None:
        def shifted(pair: LentPair, face: str) -> dict[str, Any]:
            points = np.array(as_asked(pair, face))
            width = np.ptp(as_asked(pair, "neutral")[list(OVAL), 0])
            if face == "expressive":
                points[:, 0] += 0.03 * width
            return as_row(points)

        planted(warp, "mediapipe", shifted)
        report = transfer_report(warp.folder, drivers=drawn.folder)
        for part in ("brows", "eyes", "lips"):
            (row,) = rows_of(report, "landmarks", method="warp", of=part)
            assert row["value"] == pytest.approx(3, abs=1e-3)
            assert row["against"] == "target"
        assert value(report, "landmarks", method="neutral face", of="lips") > 0.5

    def test_faces_without_a_width_are_left_out(
        self, warp: Release, drawn: Release, as_asked: Callable[[LentPair, str], np.ndarray]
    ) -> None:
        pairs = opened([warp.folder], None)[0][0].pairs

        def flat(pair: LentPair, face: str) -> dict[str, Any]:
            points = np.array(as_asked(pair, face))
            if pair.pair_id == min(pairs):
                points[:, 0] = 9
            return as_row(points)

        planted(warp, "mediapipe", flat)
        report = transfer_report(warp.folder, drivers=drawn.folder)
        (row,) = rows_of(report, "landmarks", method="warp", of="lips")
        assert row["n"] == len(pairs) - 1
        assert row["value"] == pytest.approx(0, abs=1e-3)

    def test_the_faces_that_are_farthest_off_are_named(
        self, warp: Release, drawn: Release, as_asked: Callable[[LentPair, str], np.ndarray]
    ) -> None:
        worst = min(opened([warp.folder], None)[0][0].pairs)

        def off(pair: LentPair, face: str) -> dict[str, Any]:
            points = as_asked(pair, face)
            return as_row(points + 30 if (pair.pair_id, face) == (worst, "expressive") else points)

        planted(warp, "mediapipe", off)
        report = transfer_report(warp.folder, identities=drawn.folder, drivers=drawn.folder)
        assert report.examples[0].pair_id == worst
        assert report.examples[0].reason.startswith("farthest from where its landmarks were to be (")

    @pytest.mark.slow
    def test_the_truth_is_compared_with_and_not_compared(
        self, warp: Release, oracle: Release, as_asked: Callable[[LentPair, str], np.ndarray]
    ) -> None:
        for release in (warp, oracle):
            planted(release, "mediapipe", lambda pair, face: as_row(as_asked(pair, face)))
        report = transfer_report(warp.folder, oracle=oracle.folder)
        assert {row["method"] for row in rows_of(report, "landmarks", against="oracle")} == {"warp", "neutral face"}
        assert value(report, "landmarks", method="warp", of="lips") == pytest.approx(0, abs=1e-5)


class TestUnits:
    def test_a_unit_that_is_shown_by_half_is_correlated_and_off_by_half(
        self, warp: Release, drawn: Release, by_identity: Mapping[str, Member]
    ) -> None:
        def change(pair: LentPair, unit: str) -> float:
            faces = by_identity[pair.driver].annotations
            return faces["expressive"].units[unit] - faces["neutral"].units[unit]

        planted(
            warp,
            "tool",
            lambda pair, face: {
                "AU4": 1 + change(pair, "AU4") / 2 * (face == "expressive"),
                "AU43_approx": 1 - change(pair, "AU43") * (face == "expressive"),
                "AU12": 0.5,
            },
        )
        report = transfer_report(warp.folder, drivers=drawn.folder)
        pairs = report.judged[0].pairs.values()
        of_drivers = {unit: np.array([change(pair, unit) for pair in pairs]) for unit in ("AU4", "AU43")}
        assert value(report, "units", of="AU4", measure="correlation") == pytest.approx(1)
        assert value(report, "units", of="AU43", measure="correlation") == pytest.approx(-1)
        (half,) = rows_of(report, "units", method="warp", of="AU4", measure="error")
        (none,) = rows_of(report, "units", method="neutral face", of="AU4")
        assert half["value"] == pytest.approx(np.abs(of_drivers["AU4"]).mean() / 2, rel=1e-4)
        assert none["value"] == pytest.approx(2 * half["value"])
        assert (half["against"], half["by"]) == ("source", "tool")
        assert 0 <= half["low"] < half["value"] < half["high"]
        (flat,) = rows_of(report, "units", of="AU12", measure="correlation")
        assert flat["value"] is flat["low"] is None
        text = report.to_markdown()
        assert "AU4 (brows lowered) by warp: correlation 1.00, error" in text
        assert "AU43 (eyes closed) by warp: correlation −1.00, error" in text

    def test_a_unit_is_not_taken_from_its_approximation_where_both_are_there(
        self, warp: Release, drawn: Release, by_identity: Mapping[str, Member]
    ) -> None:
        def shown(pair: LentPair, face: str) -> float:
            return by_identity[pair.driver].annotations[face].units["AU4"]

        planted(warp, "tool", lambda pair, face: {"AU4": shown(pair, face), "AU4_approx": -shown(pair, face)})
        report = transfer_report(warp.folder, drivers=drawn.folder)
        assert value(report, "units", of="AU4", measure="correlation") == pytest.approx(1)

    def test_targets_that_were_copied_are_not_taken_for_measurements(self, warp: Release, drawn: Release) -> None:
        report = transfer_report(warp.folder, drivers=drawn.folder)
        assert "annotations/action_units.parquet" in warp.files
        assert rows_of(report, "units") == []


class TestPixels:
    @pytest.mark.slow
    def test_distance_to_the_truth_is_that_of_the_pictures_within_the_face(
        self, warp: Release, oracle: Release, as_asked: Callable[[LentPair, str], np.ndarray], made: Path
    ) -> None:
        planted(oracle, "mediapipe", lambda pair, face: as_row(as_asked(pair, face)))
        report = transfer_report(warp.folder, oracle=oracle.folder)
        pairs = report.judged[0].pairs
        apart = []
        for pair_id, pair in pairs.items():
            file = f"expressive/{pair_id}-expressive.png"
            shown, truth = (pixels_of((made / f"lent-{method}" / file).read_bytes()) for method in ("warp", "oracle"))
            within = box_of(as_asked(pair, "neutral"), (truth.shape[1], truth.shape[0]))
            apart.append(root_mean_square(shown, truth, within))
        assert value(report, "pixels", method="warp", measure="rmse") == pytest.approx(np.mean(apart))
        assert 0 < value(report, "pixels", method="warp", measure="ssim") < 1
        assert lacking() in report.missing or 0 < value(report, "pixels", method="warp", measure="lpips") < 1
        assert {row["n"] for row in rows_of(report, "pixels")} == {len(pairs)}

    def test_pictures_of_another_size_are_left_out_and_told(
        self, oracle: Release, as_asked: Callable[[LentPair, str], np.ndarray], made: Path, tmp_path: Path
    ) -> None:
        folder = tmp_path / "lent"
        shutil.copytree(made / "lent-warp", folder)
        first = min((folder / "expressive").iterdir())
        with Image.open(first) as picture:
            picture.reduce(2).save(first)
        planted(oracle, "mediapipe", lambda pair, face: as_row(as_asked(pair, face)))
        report = transfer_report(build(folder, tmp_path / "built", version="1.0.0").folder, oracle=oracle.folder)
        assert any(text.startswith("1 pair cannot be compared: their pictures have") for text in report.missing)
        assert {row["n"] for row in rows_of(report, "pixels")} == {len(report.judged[0].pairs) - 1}


class TestFailures:
    def test_pictures_without_a_usable_face_are_counted_and_named(
        self, warp: Release, as_asked: Callable[[LentPair, str], np.ndarray]
    ) -> None:
        first, second, *_ = sorted(opened([warp.folder], None)[0][0].pairs)

        def failing(pair: LentPair, face: str) -> dict[str, Any]:
            if face == "expressive" and pair.pair_id == first:
                return as_row(None, 0)
            return as_row(as_asked(pair, face), 2 if face == "expressive" and pair.pair_id == second else 1)

        planted(warp, "mediapipe", failing)
        report = transfer_report(warp.folder)
        (row,) = rows_of(report, "failures")
        assert row["value"] == pytest.approx(2 / row["n"])
        assert [(one.pair_id, one.reason) for one in report.examples] == [
            (first, "shows no face that could be found"),
            (second, "shows 2 faces"),
        ]


class TestPeople:
    def test_what_raters_said_stands_first_by_method(self, warp: Release, oracle: Release, tmp_path: Path) -> None:
        folders = [warp.folder, oracle.folder]
        sheets = rate(*folders, out=tmp_path / "rating", faces=8, repeats=0, raters=3)
        tables = [
            write(
                tmp_path / f"{number}.csv",
                filled(sheets, f"R{number}", number, lambda _, face, __: "5" if face.release == "oracle" else "2"),
            )
            for number in range(3)
        ]
        ratings(folders, tables, key=tmp_path / "rating" / "key.json", out=tmp_path / "rated")
        report = transfer_report(*folders, ratings=[tmp_path / "rated" / "ratings.json"], out=tmp_path / "judged")
        assert value(report, "people", method="warp", measure="realism") == 2
        assert value(report, "people", method="warp", measure="difference", of="realism", against="oracle") == -3
        assert violations("transfer_report", report.to_dict()) == []
        page = (tmp_path / "judged" / "report.md").read_text(encoding="utf-8")
        assert "| realism, 1 to 5 | 2.00 | 5.00 |" in page
        assert "| warp less oracle | −3.00 | −3.00 |" in page
        assert "What do people see in the faces?" in (tmp_path / "judged" / "report.html").read_text(encoding="utf-8")


class TestWhatIsMissing:
    def test_each_table_is_told_with_the_command_that_brings_it(self, warp: Release, drawn: Release) -> None:
        report = transfer_report(warp.folder, drivers=drawn.folder)
        assert report.missing == [
            f"no embeddings are known of {warp.folder}; run `synpain-hf annotate {warp.folder} --with sface`",
            f"no landmarks are known of {warp.folder}; run `synpain-hf annotate {warp.folder} --with mediapipe`",
            f"no action units are known of {warp.folder}; run `synpain-hf annotate {warp.folder} --with mediapipe`",
            "the truth is known of demo faces alone; of these, give --oracle what `transfer --method oracle` makes",
        ]
        assert [row for section in report.sections for row in section.rows] == []
        assert violations("transfer_report", report.to_dict()) == []

    def test_without_the_drivers_what_they_show_is_not_known(self, warp: Release, drawn: Release) -> None:
        report = transfer_report(warp.folder)
        which = f"{drawn.name} {drawn.version}"
        asked = f"give --identities RELEASE and --drivers RELEASE, which is {which} and {which}"
        assert f"what the faces were made of is not there; {asked}" in report.missing
        assert len(report.picture.matrix.identities) == 3

    def test_a_release_of_drivers_without_tables_is_told_too(
        self, warp: Release, drawn: Release, tmp_path: Path
    ) -> None:
        drivers = copy_of(drawn, tmp_path / "drivers")
        amend(drivers.folder, remove=["annotations/mediapipe.parquet", "annotations/action_units.parquet"])
        report = transfer_report(warp.folder, drivers=drivers.folder)
        told = [text for text in report.missing if str(drivers.folder) in text]
        assert [text.partition(" of ")[0] for text in told] == ["no landmarks are known", "no action units are known"]

    def test_a_folder_with_spaces_is_quoted_in_the_command(self, warp: Release, tmp_path: Path) -> None:
        spaced = copy_of(warp, tmp_path / "my faces; rm")
        told = transfer_report(spaced.folder).missing
        assert any(f"run `synpain-hf annotate '{spaced.folder}' --with sface`" in text for text in told)

    def test_pairs_whose_ids_were_changed_are_told(self, made: Path, drawn: Release, tmp_path: Path) -> None:
        folder = tmp_path / "lent"
        shutil.copytree(made / "lent-warp", folder)
        first = (folder / "manifest.csv").read_text().splitlines()[1].partition(",")[0]
        for name in ("manifest.csv", "transfer_units.csv"):
            text = (folder / name).read_text()
            (folder / name).write_text(text.replace(f"\n{first},", "\nrenamed,"))
        report = transfer_report(build(folder, tmp_path / "built", version="1.0.0").folder, drivers=drawn.folder)
        (told,) = report.told
        assert told.startswith("of 1 pair of warp the driver is not known, so what needs it leaves them out")

    def test_a_table_in_which_nothing_was_found_is_told(self, warp: Release) -> None:
        planted(warp, "sface", lambda *_: {"embedding": None})
        planted(warp, "mediapipe", lambda *_: as_row(None, 0))
        report = transfer_report(warp.folder)
        assert rows_of(report, "identity") == []
        assert value(report, "failures") == 1
        assert violations("transfer_report", report.to_dict()) == []


class TestOnePair:
    def test_it_has_numbers_without_intervals_and_nobody_to_be_taken_for(
        self, made: Path, drawn: Release, tmp_path: Path, as_asked: Callable[[LentPair, str], np.ndarray]
    ) -> None:
        folder = tmp_path / "lent"
        shutil.copytree(made / "lent-warp", folder)
        header, first, *_ = (folder / "manifest.csv").read_text().splitlines(keepends=True)
        (folder / "manifest.csv").write_text(header + first)
        units = (folder / "transfer_units.csv").read_text().splitlines(keepends=True)
        of_first = [line for line in units if line.startswith(first.partition(",")[0])]
        (folder / "transfer_units.csv").write_text("".join([units[0], *of_first]))
        one = build(folder, tmp_path / "one", version="1.0.0")
        planted(one, "mediapipe", lambda pair, face: as_row(as_asked(pair, face)))
        planted(one, "sface", lambda _, face: {"embedding": [1.0, float(face == "expressive")]})
        report = transfer_report(one.folder, drivers=drawn.folder, out=tmp_path / "judged")
        (row,) = rows_of(report, "identity")
        assert row["value"] == pytest.approx(0.5**0.5)
        assert row["low"] is row["high"] is None
        off = [row["value"] for row in rows_of(report, "landmarks", method="warp")]
        assert off == pytest.approx([0, 0, 0], abs=1e-5)
        assert violations("transfer_report", report.to_dict()) == []
        assert "| warp | 1 | 0.71 |" in (tmp_path / "judged" / "report.md").read_text(encoding="utf-8")


class TestOtherReleases:
    def test_a_release_whose_expressions_are_its_own_is_refused(self, warp: Release, drawn: Release) -> None:
        for given, oracle in (([warp.folder, drawn.folder], None), ([warp.folder], drawn.folder)):
            with pytest.raises(UsageError, match="faces has expressions of its own; give what `build` made"):
                transfer_report(*given, oracle=oracle)

    def test_none_is_refused(self) -> None:
        with pytest.raises(UsageError, match="no release is given; give one or more"):
            transfer_report()

    def test_one_that_is_given_twice_is_refused(self, warp: Release, oracle: Release) -> None:
        with pytest.raises(UsageError, match="a release is given twice"):
            transfer_report(warp.folder, warp.folder)
        with pytest.raises(UsageError, match="a release is given twice"):
            transfer_report(oracle.folder, oracle=oracle.folder)

    def test_what_did_not_draw_the_truth_is_not_taken_for_it(self, warp: Release, oracle: Release) -> None:
        with pytest.raises(UsageError, match="was drawn by 'warp'; give one of `transfer --method oracle`"):
            transfer_report(oracle.folder, oracle=warp.folder)

    def test_other_drivers_than_the_faces_have_are_refused(self, warp: Release, tmp_path: Path) -> None:
        others = demo(tmp_path / "others", pairs=2, seed=9).folder
        with pytest.raises(UsageError, match=r"which has other pairs than the .* of the releases; give that") as told:
            transfer_report(warp.folder, drivers=others)
        assert str(told.value).startswith("drivers ")

    def test_releases_in_pictures_of_another_size_are_not_compared(
        self, oracle: Release, made: Path, tmp_path: Path
    ) -> None:
        small = build(made / "lent-warp", tmp_path / "small", version="1.0.0", image_size=64)
        for given, truth in (([oracle.folder, small.folder], None), ([small.folder], oracle.folder)):
            with pytest.raises(UsageError, match=r"was built with another --image-size than .*; build both"):
                transfer_report(*given, oracle=truth)

    def test_releases_of_other_faces_are_not_compared(self, warp: Release, tmp_path: Path) -> None:
        other = copy_of(warp, tmp_path / "other")
        document = json.loads((other.folder / "release.json").read_text(encoding="utf-8"))
        document["source"]["transfer"]["drivers"]["content"] = "0" * 64
        (other.folder / "release.json").write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(UsageError, match=r"other has other drivers than .*warp; judge each alone"):
            transfer_report(warp.folder, other.folder)

    @pytest.mark.slow
    def test_two_of_one_method_have_names_of_their_own_and_what_they_share_is_told(
        self, warp: Release, drawn: Release, tmp_path: Path
    ) -> None:
        transfer(drawn.folder, drawn.folder, tmp_path / "lent", seed=1)
        other = build(tmp_path / "lent", tmp_path / "other", version="2.0.0")
        report = transfer_report(warp.folder, other.folder)
        names = [one["label"] for one in report.to_dict()["methods"]]
        assert names == [f"warp ({release.name} {release.version})" for release in (warp, other)]
        (told,) = report.told
        assert f"- {told[:1].upper()}{told[1:20]}" in report.to_markdown()
        assert told.startswith("the methods have ")
        assert told.endswith(
            " so their numbers are of different faces; transfer with the same --seed and --per-identity"
        )

        alike = build(tmp_path / "lent", tmp_path / "alike", version="1.0.0")
        with pytest.raises(
            UsageError, match="two releases have one method, name and version; build one of them with another"
        ):
            transfer_report(warp.folder, alike.folder)


class TestPage:
    def test_hostile_names_stay_text(self, warp: Release, as_asked: Callable[[LentPair, str], np.ndarray]) -> None:
        planted(
            warp,
            "mediapipe",
            lambda pair, face: as_row(None, 0) if face == "expressive" else as_row(as_asked(pair, face)),
        )
        report = transfer_report(warp.folder)
        hostile = "<script>alert(1)</script>|`x`](http://e.org)\n# y"
        document = report.to_dict()
        document["examples"][0] |= {"pair_id": hostile}
        document["picture"]["identities"][0] = hostile * 9
        document["sections"][0]["missing"] = [hostile]
        page = html(document, report.picture)
        assert "<script" not in page
        assert page.count("&lt;script&gt;alert(1)") >= 3
        text = markdown(document, "faces.jpg")
        assert "<script" not in text
        assert "](http://e" not in text
        assert not any(line.startswith("# y") for line in text.splitlines())

    def test_it_says_so_where_people_are_shown(self, warp: Release) -> None:
        report = transfer_report(warp.folder)
        document = {**report.to_dict(), "shows_people": True}
        assert "keep this report to yourself" in markdown(document, "faces.jpg")
        assert "keep this report to yourself" in html(document, report.picture)
        assert "keep this report to yourself" not in report.to_html() + report.to_markdown()


class TestPicture:
    def test_identities_with_most_drivers_in_common_are_shown(self, warp: Release) -> None:
        links = ["a1", "a2", "b1", "b2", "c3", "d4", "e1", "e2", "e5"]
        pairs = {link: LentPair(link, link[0], link[1], "") for link in links}
        matrix = matrix_of([Lent("warp", warp, pairs)], None)
        assert list(matrix.identities) == ["a", "b", "e"]
        assert list(matrix.drivers) == ["1", "2", "5"]
        assert len(matrix.cells) == 7

    def test_identities_without_drivers_in_common_are_shown_beside_each_other(self, warp: Release) -> None:
        pairs = {name: LentPair(name, name, name.upper(), "") for name in "abcde"}
        matrix = matrix_of([Lent("warp", warp, pairs)], None)
        assert len(matrix.identities) == len(matrix.drivers) == len(matrix.cells) == 3

    def test_every_method_is_below_the_other_and_what_was_not_made_is_grey(
        self, warp: Release, oracle: Release, drawn: Release
    ) -> None:
        report = transfer_report(warp.folder, drivers=drawn.folder, oracle=oracle.folder)
        with Image.open(io.BytesIO(report.picture.jpeg)) as opened_picture:
            pixels = np.asarray(opened_picture.convert("RGB"))
        alone = transfer_report(warp.folder)
        with Image.open(io.BytesIO(alone.picture.jpeg)) as opened_picture:
            smaller = opened_picture.size
        assert pixels.shape[0] > 1.5 * smaller[1]
        assert pixels.shape[1] >= smaller[0]
        assert (np.abs(pixels.astype(int) - (238, 238, 232)).max(axis=2) < 4).mean() > 0.05


class TestCommand:
    @pytest.mark.slow
    def test_real_tables_give_a_whole_report(
        self, warp: Release, oracle: Release, drawn: Release, tmp_path: Path
    ) -> None:
        for release in (warp, oracle):
            annotate(release.folder, ["mediapipe", "sface"])
        out = tmp_path / "judged"
        given = ("--drivers", drawn.folder, "--oracle", oracle.folder)
        told = run("transfer-report", warp.folder, *given, "--out", out, columns=120)
        assert told.exit_code == 0, told.stderr
        lines = told.stdout.splitlines()
        assert lines[0].split() == ["warp", "oracle"]
        assert lines[-1] == f"{out}: report.html, report.md with faces.jpg, report.json"
        document = json.loads((out / "report.json").read_text(encoding="utf-8"))
        assert violations("transfer_report", document) == []
        assert all(section["rows"] for section in document["sections"])
        missing = [line for section in document["sections"] for line in section["missing"]]
        assert [line for line in missing if "LPIPS" not in line] == []
        page = (out / "report.html").read_text(encoding="utf-8")
        assert 'src="data:image/jpeg;base64,' in page
        assert "http" not in page.replace("http-equiv", "")
        assert (out / "faces.jpg").read_bytes().startswith(b"\xff\xd8")

    def test_it_prints_what_is_missing_or_all_as_json(self, warp: Release) -> None:
        told = run("transfer-report", warp.folder)
        assert told.exit_code == 0
        assert f"run `synpain-hf annotate {warp.folder} --with sface`" in told.stdout
        document = json.loads(run("transfer-report", warp.folder, "--json").stdout)
        assert violations("transfer_report", document) == []

    def test_a_folder_that_is_there_is_left_alone(self, warp: Release, tmp_path: Path) -> None:
        out = tmp_path / "judged"
        out.mkdir()
        with pytest.raises((OutputError, UsageError), match="judged"):
            transfer_report(warp.folder, out=out)
        assert list(out.iterdir()) == []
