"""Annotators run over a release: what is in its tables then, whoever does the work, and whatever befalls it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.imports.importing import import_annotations
from synpain_hf.cards import card
from synpain_hf.errors import MissingExtraError, OutputError, ReleaseError, UsageError, VersionError
from synpain_hf.executor import Engine
from synpain_hf.release.amend import amend
from synpain_hf.release.compare import diff
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import ACTION_UNITS_FILE
from synpain_hf.storage import locked
from tests.annotation.making import opened, pixels_of, rows_of, written
from tests.release.making import copied, digests, picture, sealed, verify
from tests.terminal import run

Step = tuple[str, int, int]
FACES = 12


@pytest.fixture(scope="session")
def annotated(drawn: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release that every annotator looked at, one face at a time; not to be changed."""
    folder = copied(drawn.folder, tmp_path_factory.mktemp("annotated") / "release")
    return annotate(folder, list(ANNOTATORS)).release


@pytest.fixture(scope="module")
def carded(annotated: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The annotated release with its card."""
    return card(copied(annotated.folder, tmp_path_factory.mktemp("carded") / "release"), facts="demo")


class TestTables:
    @pytest.mark.parametrize("name", ANNOTATORS)
    def test_there_is_a_row_for_every_face_with_what_the_annotator_says_of_it(
        self, annotated: Release, name: str
    ) -> None:
        pixels, rows = pixels_of(annotated), rows_of(annotated, name)
        assert list(rows) == list(pixels)
        face = min(pixels)
        with opened(name) as annotator:
            said = annotator.measure(pixels[face])
        for column, value in said.items():
            assert rows[face][column] == pytest.approx(value, rel=1e-6)
        assert {row["annotator"] for row in rows.values()} == {ANNOTATORS[name].title}
        assert {row["made_with"] for row in rows.values()} == {ANNOTATORS[name].made_with()}
        assert {row["reason"] for row in rows.values()} == {None}

    def test_they_are_a_part_of_the_release_which_rises_by_a_patch(self, drawn: Release, annotated: Release) -> None:
        verify(annotated)
        assert annotated.version == "2.0.1"
        assert annotated.files_of(base_table()) == drawn.files_of(base_table())
        assert not list(annotated.folder.parent.glob(".*"))

    def test_datasets_loads_them(self, annotated: Release) -> None:
        from datasets import load_dataset

        loaded = load_dataset(str(annotated.folder), "annotations", split="train")
        found = {row["annotator"]: row for row in loaded}
        assert len(found["MediaPipe"]["landmarks"]) == 478 * 3
        assert len(found["SFace"]["embedding"]) == 128
        assert found["sharpness"]["landmarks"] is None

    @pytest.mark.slow
    def test_a_face_that_is_not_found_or_does_not_decode_is_a_row_with_a_reason(self, with_faces: Release) -> None:
        file = with_faces.folder / with_faces.files_of(base_table())[0]
        table = pq.read_table(file)
        first, *others = table.to_pylist()
        first |= {"neutral": {"bytes": picture(3), "path": None}, "expressive": {"bytes": b"no picture", "path": None}}
        file.unlink()
        pq.write_table(pa.Table.from_pylist([first, *others], table.schema), file)
        done = annotate(sealed(with_faces.folder), ["mediapipe", "sface", "sharpness"])
        assert done.failed == {"mediapipe": 2, "sface": 2, "sharpness": 1}
        for name in done.files:
            found = rows_of(done.release, name)
            unread, unseen = (found[first["pair_id"], face] for face in ("expressive", "neutral"))
            assert unread["reason"].startswith("the picture is ")
            assert unseen["reason"] == (None if name == "sharpness" else "no face was found")
            for row in (unread, unseen)[: 1 if name == "sharpness" else 2]:
                values = {column: row[column] for column in ANNOTATORS[name].columns() if column != "faces"}
                assert set(values.values()) == {None}

    def test_row_groups_have_some_faces_each(self, with_faces: Release, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("synpain_hf.annotation.annotate._ROWS_IN_GROUP", 4)
        file = annotate(with_faces.folder, "sharpness").files["sharpness"]
        about = pq.read_metadata(with_faces.folder / file)
        assert [about.row_group(group).num_rows for group in range(about.num_row_groups)] == [4, 4, 4]

    @pytest.mark.slow
    def test_annotating_again_changes_nothing_and_other_annotators_stay(
        self, annotated: Release, tmp_path: Path
    ) -> None:
        folder = copied(annotated.folder, tmp_path / "again")
        done = annotate(folder, ["sface"])
        before, after = digests(annotated.folder), digests(folder)
        changed = {name for name in before if before[name] != after[name]}
        assert not [name for name in changed if name.startswith(("annotations/", "data/"))]
        assert done.files == {"sface": "annotations/sface.parquet"}

    def test_lists_that_differ_are_told(self, annotated: Release, tmp_path: Path) -> None:
        folder, file = copied(annotated.folder, tmp_path / "other"), "annotations/sface.parquet"
        table = pq.read_table(folder / file)
        first, second, *others = table.to_pylist()
        first["embedding"][5] += 1
        second["embedding"] = None
        changed = pa.Table.from_pylist([first, second, *others], table.schema)
        amend(folder, add={file: lambda path: pq.write_table(changed, path)})
        assert "2 rows" in str(diff(annotated.folder, folder).summary())


class TestWork:
    @pytest.mark.slow
    @pytest.mark.parametrize(("engine", "workers"), [("threads", 2), ("processes", 2), ("ray", 2)])
    def test_who_does_the_work_changes_no_byte(
        self, drawn: Release, annotated: Release, tmp_path: Path, engine: Engine, workers: int
    ) -> None:
        steps: list[Step] = []
        folder = copied(drawn.folder, tmp_path / "release")
        done = annotate(
            folder, list(ANNOTATORS), engine=engine, workers=workers, progress=lambda *step: steps.append(step)
        )
        assert digests(folder) == digests(annotated.folder)
        assert [step for step in steps if step[0] == "faces"][:: len(steps)] == [("faces", 0, FACES)]
        assert steps[-1] == ("faces", FACES, FACES)
        assert done.faces == FACES

    @pytest.mark.slow
    def test_one_that_is_killed_goes_on_where_it_was(self, drawn: Release, annotated: Release, tmp_path: Path) -> None:
        folder = copied(drawn.folder, tmp_path / "release")
        program = [sys.executable, "-m", "tests.annotation.killed", str(folder), "4"]
        killed = subprocess.run(program, capture_output=True, text=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert digests(folder) == digests(drawn.folder)
        steps: list[Step] = []
        annotate(folder, list(ANNOTATORS), progress=lambda *step: steps.append(step))
        assert next(step for step in steps if step[0] == "faces") == ("faces", 4, FACES)
        assert digests(folder) == digests(annotated.folder)
        assert not list(tmp_path.glob(".*"))

    def test_what_is_measured_is_kept_where_the_release_cannot_be_changed(self, with_faces: Release) -> None:
        with pytest.raises(VersionError):
            annotate(with_faces.folder, "sharpness", version="2.0.0")
        steps: list[Step] = []
        annotate(with_faces.folder, "sharpness", version="2.2.0", progress=lambda *step: steps.append(step))
        assert [step for step in steps if step[0] == "faces"] == [("faces", FACES, FACES)]

    def test_a_release_that_is_changed_in_the_meantime_is_not_annotated(self, with_faces: Release) -> None:
        first = with_faces.files_of(base_table())[0]

        def change(what: str, done: int, total: int) -> None:
            if (what, done) == ("faces", total) and first in Release.open(with_faces.folder).files:
                amend(with_faces.folder, remove=[first, ACTION_UNITS_FILE])

        with pytest.raises(ReleaseError, match="was changed while it was annotated; give the same command again"):
            annotate(with_faces.folder, "sharpness", progress=change)
        assert annotate(with_faces.folder, "sharpness").faces < FACES

    def test_two_programs_do_not_annotate_a_release_at_once(self, with_faces: Release) -> None:
        work = with_faces.folder.parent / f".{with_faces.folder.name}.annotating"
        work.mkdir(mode=0o700)
        with locked(work / "lock"), pytest.raises(OutputError, match="is being annotated by another program; wait"):
            annotate(with_faces.folder, "sharpness")


class TestRefusals:
    @pytest.mark.parametrize(
        ("names", "said"),
        [
            ([], "annotators names none; give one or several of mediapipe, sface, sharpness"),
            ("sharpnes", r"annotators is 'sharpnes' \(did you mean 'sharpness'\?\)"),
        ],
    )
    def test_a_name_that_is_no_annotators(self, drawn: Release, names: list[str], said: str) -> None:
        with pytest.raises(UsageError, match=said):
            annotate(drawn.folder, names)

    def test_without_the_libraries_what_needs_none_works_and_the_rest_says_what_to_install(
        self, with_faces: Release, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for library in ("mediapipe", "cv2"):
            monkeypatch.setitem(sys.modules, library, None)
        for name in ("mediapipe", "sface"):
            with pytest.raises(MissingExtraError, match=r"is needed, and cannot be loaded .*; run `pip install"):
                annotate(with_faces.folder, ["sharpness", name])
        assert annotate(with_faces.folder, "sharpness").failed == {"sharpness": 0}

    def test_a_file_that_is_of_another_annotator(self, with_faces: Release, tmp_path: Path) -> None:
        pair = next(iter(pixels_of(with_faces)))[0]
        table = written(tmp_path, "mine.csv", "pair_id,face,AU4", f"{pair},neutral,1")
        import_annotations(with_faces.folder, table, annotator="Mediapipe")
        with pytest.raises(UsageError, match=r"'MediaPipe' would replace .*, which is of 'Mediapipe'"):
            annotate(with_faces.folder, "mediapipe")


class TestCommand:
    @pytest.mark.slow
    def test_it_says_what_it_did(self, with_faces: Release) -> None:
        done = run("annotate", with_faces.folder, "--with", "sharpness", "--with", "sface", "--engine", "threads")
        assert done.exit_code == 0, done.stderr
        assert done.stdout.splitlines() == [
            "annotations/sharpness.parquet: 12 faces annotated by sharpness, version 2.0.1",
            "annotations/sface.parquet: 12 faces annotated by sface, version 2.0.1",
        ]
        assert "faces: 12 of 12" in done.stderr

    def test_programs_get_json(self, with_faces: Release) -> None:
        done = run("annotate", with_faces.folder, "--with", "sharpness", "--json", "--version", "2.1.0")
        assert json.loads(done.stdout) == {
            "files": ["annotations/sharpness.parquet"],
            "version": "2.1.0",
            "faces": 12,
            "failed": {"annotations/sharpness.parquet": 0},
        }

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ([], "--with and --import are the two ways to annotate; give one of them"),
            (["--with", "sface", "--import", "t.csv"], "--with and --import are the two ways to annotate"),
            (["--with", "sface", "--tool", "plain"], "--tool has no use with --with; leave it out"),
            (["--import", "t.csv", "--workers", "2"], "--workers has no use with --import; leave it out"),
            (["--import", "t.csv", "--model", "m"], "--model has no use with --import; leave it out"),
            (["--with", "sface", "--model", "."], "is none that is known (face_detection_yunet"),
            (
                ["--with", "sface", "--model", "nowhere"],
                "nowhere does not exist; give a model file, or a folder of them",
            ),
        ],
    )
    def test_options_that_do_not_go_together_are_told(self, drawn: Release, options: list[str], said: str) -> None:
        done = run("annotate", drawn.folder, *options)
        assert done.exit_code == 2
        assert said in done.stderr


class TestCard:
    @pytest.mark.slow
    def test_it_says_what_every_column_means_and_sums_up_those_of_a_kind_together(self, carded: Release) -> None:
        text = (carded.folder / "README.md").read_text(encoding="utf-8")
        assert "| `landmarks` | list of float32 | Three numbers for each" in text
        for title in ("Approximate action units", "Blendshapes", "Head pose in degrees"):
            assert text.count(f"**{title}**") == 1
        assert "**approximate PSPI**" in text
        assert "**browDownLeft**" not in text

    @pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore::DeprecationWarning:mlcroissant")
    def test_croissant_has_the_lists(self, carded: Release) -> None:
        import mlcroissant

        loaded = mlcroissant.Dataset(str(carded.folder / "croissant.json"))
        (first, *_) = loaded.records("annotations/sface")
        assert len(first["annotations/sface/embedding"]) == 128
        fields = {
            field["name"]: field
            for each in json.loads((carded.folder / "croissant.json").read_text(encoding="utf-8"))["recordSet"]
            if each["name"] == "annotations/mediapipe"
            for field in each["field"]
        }
        assert (fields["landmarks"]["isArray"], fields["landmarks"]["arrayShape"]) == (True, "-1")
        assert "isArray" not in fields["yaw"]
