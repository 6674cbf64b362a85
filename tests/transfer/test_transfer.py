"""`transfer` leaves a manifest that `build` takes; nothing leaks, nothing is lost, and what is bad is told."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.imaging import png
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.sources.transferred import NOTES_FILE, UNITS_FILE
from synpain_hf.transferring.cast import Member, members_of
from synpain_hf.transferring.choosing import Couple
from synpain_hf.transferring.manifest import pair_id_of
from synpain_hf.transferring.transfer import Transfer, transfer
from synpain_hf.vocabulary import DERIVED_FROM, IDENTITY
from tests.sharing import Once
from tests.terminal import run
from tests.transfer.making import Shots, contents, pixels_of


@pytest.fixture(scope="module")
def done(drawn: Release, once: Once) -> Path:
    """The folder of a transfer of the drawn faces to each other; not to be changed."""
    return once("transferred", lambda folder: transfer(drawn.folder, drawn.folder, folder / "faces")) / "faces"


@pytest.fixture(scope="module")
def built(done: Path, once: Once) -> Release:
    """A release of it; not to be changed."""
    folder = once("transferred-release", lambda folder: build(done, folder / "made", version="1.0.0"))
    return Release.open(folder / "made")


def rows_in(folder: Path) -> list[dict[str, str]]:
    """The lines of a manifest."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestManifest:
    def test_each_pair_has_the_face_of_one_and_the_expression_of_another(
        self, done: Path, members: list[Member]
    ) -> None:
        by_identity = {member.identity: member for member in members}
        rows = rows_in(done)
        assert len(rows) == len({row["identity"] for row in rows}) == len(members)
        for row in rows:
            whose, driver = by_identity[row["identity"]], by_identity[row[DERIVED_FROM]]
            assert whose is not driver
            assert int(row["fold"]) == whose.fold == driver.fold
            assert {column: row[column] for column in whose.groups} == dict(whose.groups)
            assert row["label"] == driver.label
            assert row["expression"] == driver.annotations["expressive"].kind

    def test_neutral_faces_are_those_of_the_release_byte_for_byte(
        self, done: Path, members: list[Member], shots: Shots
    ) -> None:
        for row in rows_in(done):
            (member,) = (member for member in members if member.identity == row["identity"])
            pixels = pixels_of((done / row["neutral"]).read_bytes())
            assert (pixels == shots[member.pair_id, "neutral"].pixels).all()
            assert pixels_of((done / row["expressive"]).read_bytes()).shape == pixels.shape

    def test_it_says_how_the_pictures_were_made(self, done: Path, drawn: Release) -> None:
        notes = json.loads((done / NOTES_FILE).read_text(encoding="utf-8"))
        assert notes["method"] == "warp"
        assert notes["identities_are"] == "synthetic"
        assert notes["weights"] is notes["prompt"] is None
        assert notes["drivers"]["content"] == drawn.manifest["content"]
        for row in rows_in(done):
            assert (
                row["generator"] == "synpain-hf transfer, method warp 1, identities synthetic, IPTC compositeSynthetic"
            )
            with Image.open(done / row["expressive"]) as picture:
                picture.load()
                assert "digitalsourcetype/compositeSynthetic" in str(picture.info["xmp"])

    def test_nothing_else_is_left(self, done: Path) -> None:
        rows = rows_in(done)
        wanted = {"manifest.csv", NOTES_FILE, UNITS_FILE, *(row["neutral"] for row in rows)}
        assert set(contents(done)) == wanted | {row["expressive"] for row in rows}

    def test_names_of_pairs_stay_short_enough_and_different(self, members: list[Member]) -> None:
        long = [Member(name * 100, "x", "f", 0, "pain", {}, {}) for name in "ab"]
        ids = {pair_id_of(Couple(long[0], one)) for one in long}
        assert len(ids) == 2
        assert max(map(len, ids)) <= 100
        assert pair_id_of(Couple(members[0], members[1])) == f"{members[0].pair_id}-{members[1].pair_id}"


class TestRelease:
    def test_who_drives_a_face_is_on_its_side_of_every_split(self, built: Release) -> None:
        sides: dict[str, set[str]] = {}
        for split, files in built.splits("default").items():
            for file in files:
                for row in built.read(file, [IDENTITY, DERIVED_FROM]).to_pylist():
                    for name in (row[IDENTITY], row[DERIVED_FROM]):
                        sides.setdefault(name, set()).add(split)
        assert all(len(splits) == 1 for splits in sides.values())

    def test_units_of_the_driver_are_annotations(self, built: Release, members: list[Member]) -> None:
        known = {member.pair_id: member for member in members_of(built)}
        by_identity = {member.identity: member for member in members}
        for pair_id, member in known.items():
            driver = by_identity[pair_id.split("-")[1]]
            shown, wanted = member.annotations["expressive"], driver.annotations["expressive"]
            assert shown.units == pytest.approx(wanted.units)
            assert shown.pspi == pytest.approx(wanted.pspi)
            assert shown.annotator == f"target: {wanted.annotator}"
            assert member.annotations["neutral"].units == pytest.approx(
                by_identity[member.identity].annotations["neutral"].units
            )

    def test_the_note_of_synthesis_and_the_word_of_consent_survive_a_build(self, built: Release) -> None:
        assert built.manifest["source"]["transfer"]["source_type"].endswith("/compositeSynthetic")
        assert built.manifest["source"]["transfer"]["identities_are"] == "synthetic"
        for file in (partition.path for partition in built.partitions):
            for row in built.read(file, ["provenance"]).to_pylist():
                assert "identities synthetic, IPTC compositeSynthetic" in row["provenance"]["generator"]


class TestSameBytes:
    @pytest.mark.slow
    def test_any_number_of_workers_gives_the_same_bytes(self, done: Path, drawn: Release, tmp_path: Path) -> None:
        transfer(drawn.folder, drawn.folder, tmp_path / "again", workers=2)
        assert contents(tmp_path / "again") == contents(done)

    @pytest.mark.slow
    def test_one_that_is_killed_goes_on_where_it_was(self, done: Path, drawn: Release, tmp_path: Path) -> None:
        out = tmp_path / "faces"
        program = [sys.executable, "-m", "tests.transfer.killed", str(drawn.folder), str(out), "8"]
        killed = subprocess.run(program, capture_output=True, text=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert not out.exists()
        seen: list[tuple[str, int, int]] = []
        transfer(drawn.folder, drawn.folder, out, progress=lambda *step: seen.append(step))
        assert next(there for what, there, _ in seen if what == "pictures") == 8
        assert contents(out) == contents(done)

    @pytest.mark.slow
    def test_pictures_of_a_killed_call_with_other_arguments_are_not_taken(
        self, done: Path, drawn: Release, tmp_path: Path
    ) -> None:
        out = tmp_path / "faces"
        program = [sys.executable, "-m", "tests.transfer.killed", str(drawn.folder), str(out), "4"]
        subprocess.run(program, capture_output=True, check=False)
        transfer(drawn.folder, drawn.folder, out, method="oracle")
        first = next(row for row in rows_in(out))
        assert "method oracle 1" in first["generator"]
        assert contents(out)[first["expressive"]] != contents(done).get(first["expressive"])

    @pytest.mark.slow
    def test_landmarks_that_a_release_lacks_are_found(self, done: Path, tmp_path: Path) -> None:
        bare = demo(tmp_path / "bare", pairs=16, seed=5)
        transfer(bare.folder, bare.folder, tmp_path / "faces")
        assert rows_in(tmp_path / "faces") == rows_in(done)
        pictures = {name: data for name, data in contents(done).items() if name.endswith(".png")}
        assert pictures.items() <= contents(tmp_path / "faces").items()


@pytest.fixture(scope="module")
def of_bad_faces(shots: Shots, members: list[Member], tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Four pairs of one fold: a blank neutral face, an expression with two faces, and two that are right."""
    folder = tmp_path_factory.mktemp("bad")
    noise = np.random.default_rng(0).integers(90, 110, (300, 300, 3)).astype(np.uint8)
    lines = ["pair_id,neutral,expressive,label,fold"]
    for number, member in enumerate(members[:4]):
        faces = {face: shots[member.pair_id, face].pixels for face in ("neutral", "expressive")}
        if number == 0:
            faces["neutral"] = noise
        if number == 1:
            other = shots[members[5].pair_id, "expressive"].pixels[:, :640]
            faces["expressive"] = np.concatenate([faces["expressive"][:, :640], other], axis=1)
        for face, pixels in faces.items():
            (folder / f"{number}-{face}.png").write_bytes(png.encode(np.ascontiguousarray(pixels)))
        lines.append(f"p{number},{number}-neutral.png,{number}-expressive.png,{('no_pain', 'pain')[number % 2]},0")
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return build(folder / "pairs.csv", folder / "release", version="1.0.0")


class TestBadInput:
    @pytest.mark.slow
    def test_each_bad_face_is_a_line_and_the_rest_goes_on(self, of_bad_faces: Release, tmp_path: Path) -> None:
        told: list[Problem] = []
        made: Transfer = transfer(
            of_bad_faces.folder, of_bad_faces.folder, tmp_path / "out", identities_are="synthetic", notice=told.extend
        )
        assert [(problem.file, problem.reason.partition(";")[0]) for problem in told] == [
            ("drivers/p0-neutral", "shows no face that could be found"),
            ("drivers/p1-expressive", "shows 2 faces"),
            ("identities/p0-neutral", "shows no face that could be found"),
        ]
        assert made.pairs == 3
        assert {row["pair_id"] for row in rows_in(tmp_path / "out")} <= {"p1-p2", "p1-p3", "p2-p3", "p3-p2"}
        lines = (tmp_path / "out" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == [problem.to_dict() for problem in told]
        build(tmp_path / "out", tmp_path / "built", version="1.0.0", notice=lambda _: None)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"method": "oracle"}, "no demo face, which alone can be drawn anew"),
            ({"same": ["gender"]}, "finds no driver"),
        ],
    )
    def test_where_nothing_is_left_nothing_is_written(
        self, of_bad_faces: Release, tmp_path: Path, arguments: dict[str, Any], told: str
    ) -> None:
        with pytest.raises(BadInputError, match=told):
            transfer(
                of_bad_faces.folder, of_bad_faces.folder, tmp_path / "out", identities_are="synthetic", **arguments
            )
        assert not list(tmp_path.glob("*out*"))

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ({"method": "wrap"}, "method is 'wrap'; did you mean 'warp'"),
            ({"identities_are": "consent"}, "identities_are is 'consent'"),
            ({"per_identity": 0}, "per_identity is 0; give 1 or more"),
            ({"seed": -1}, "seed is -1; give 0 to"),
            ({"same": ["age"]}, "same is 'age'"),
        ],
    )
    def test_arguments_that_cannot_be_right_are_refused(
        self, drawn: Release, tmp_path: Path, arguments: dict[str, Any], told: str
    ) -> None:
        with pytest.raises(UsageError) as error:
            transfer(drawn.folder, drawn.folder, tmp_path / "out", **arguments)
        assert told.partition(";")[0] in str(error.value)


class TestConsent:
    def test_faces_that_may_be_of_people_need_the_word(self, release: Release, tmp_path: Path) -> None:
        archive = _as_kind(release, tmp_path, "manifest")
        with pytest.raises(UsageError, match="may show people; give synthetic if they show nobody, or consented"):
            transfer(archive, archive, tmp_path / "out")

    def test_people_cannot_be_called_nobody(self, release: Release, tmp_path: Path) -> None:
        archive = _as_kind(release, tmp_path, "unbc", pain_from=1, references=1)
        with pytest.raises(UsageError, match="show people; give consented, if each of them agreed"):
            transfer(archive, archive, tmp_path / "out", identities_are="synthetic")

    @pytest.mark.parametrize(("consent", "drivers_are_people"), [("consented", False), ("synthetic", True)])
    def test_what_shows_people_or_parts_of_them_is_known_in_the_release(
        self, built: Release, consent: str, drivers_are_people: bool
    ) -> None:
        notes = built.manifest["source"]["transfer"]
        lent = {**notes, "identities_are": consent, "drivers": {**notes["drivers"], "shows_people": drivers_are_people}}
        source = {**built.manifest["source"], "transfer": lent}
        assert not built.shows_people
        assert Release(built.folder, {**built.manifest, "source": source}).shows_people


def _as_kind(release: Release, folder: Path, kind: str, **source: object) -> Path:
    """A release that says that it is of another kind of source; only its `release.json` is there."""
    place = folder / "archive"
    place.mkdir()
    for name in release.files:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(release.folder / name)
    (place / "release.json").write_text(json.dumps({**release.manifest, "source": {"kind": kind, **source}}))
    return place


class TestCommand:
    @pytest.mark.slow
    def test_it_says_what_was_done_and_what_comes_next(self, of_bad_faces: Release, tmp_path: Path) -> None:
        out, release = tmp_path / "two words", of_bad_faces.folder
        given = ("--identities", release, "--drivers", release, "--identities-are", "synthetic", "--per-identity", "2")
        told = run("transfer", *given, "--out", out)
        assert told.exit_code == 0, told.stderr
        assert "warning: 5 problems to look at:" in told.stderr
        assert "  identities/p2: finds only 1 of 2 drivers in fold 0; give more drivers, or a smaller" in told.stderr
        made = "4 pairs, 3 identities with the expressions of 2 drivers"
        assert told.stdout.splitlines() == [
            f"{out}: {made}",
            f"for a release of them: synpain-hf build '{out}' '{out}-1.0.0' --version 1.0.0",
        ]
        as_json = json.loads(run("transfer", *given, "--out", tmp_path / "again", "--json").stdout)
        assert {name: as_json[name] for name in ("pairs", "identities", "drivers")} == {
            "pairs": 4, "identities": 3, "drivers": 2,
        }  # fmt: skip
        assert len(as_json["left_out"]) == 5

    def test_a_slip_in_a_word_is_told(self, drawn: Release, tmp_path: Path) -> None:
        told = run(
            "transfer",
            "--identities",
            drawn.folder,
            "--drivers",
            drawn.folder,
            "--out",
            tmp_path / "x",
            "--method",
            "wrap",
        )
        assert told.exit_code == 2
        assert "warp" in told.stderr
