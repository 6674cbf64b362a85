"""Writing a card: nothing else changes, everything is the same every time, and no moment is one to be killed at."""

from __future__ import annotations

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

import synpain_hf
from synpain_hf.cards import card, check
from synpain_hf.errors import OutputError, ReleaseError
from synpain_hf.release.compare import diff
from synpain_hf.release.layout import BIBLIOGRAPHY, CARD, CROISSANT, FACTS, MANIFEST, is_of_the_card, record_of
from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.release.versions import Bump
from synpain_hf.storage import replacing, work_folder_of
from synpain_hf.vocabulary import IDENTITY
from tests.cards.making import text_of, with_files, write_facts
from tests.release.making import copied, digests, replace, verify

OF_THE_CARD = {
    "README.md", "croissant.json", "card/facts.yaml", "card/references.bib", "figures/balance.png",
    "figures/contact_sheet.png", "figures/pspi.png",
}  # fmt: skip


class TestRelease:
    def test_only_the_card_and_what_is_said_of_it_change(self, drawn: Release, carded: Release) -> None:
        before, after = digests(drawn.folder), digests(carded.folder)
        assert {name for name in after if after[name] != before.get(name)} == OF_THE_CARD | {MANIFEST}
        assert before.keys() - after.keys() == set()
        assert {key: value for key, value in carded.manifest.items() if key != "files"} == {
            key: value for key, value in drawn.manifest.items() if key != "files"
        }

    def test_every_file_fits_its_digest(self, carded: Release) -> None:
        verify(carded)
        assert set(digests(carded.folder)) == {*carded.files, MANIFEST}
        assert {name for name in carded.files if is_of_the_card(name)} == OF_THE_CARD

    def test_a_second_card_is_the_same_byte_for_byte(self, copy: Path) -> None:
        before = digests(copy)
        card(copy)
        assert digests(copy) == before

    @pytest.mark.parametrize("name", ["README.md", "croissant.json", "figures/pspi.png"])
    def test_a_file_that_was_lost_is_missed_and_written_again(self, copy: Path, name: str) -> None:
        before = digests(copy)
        (copy / name).unlink()
        with pytest.raises(ReleaseError, match=f"lacks {name}; write its card again with `synpain-hf card`"):
            Release.open(copy)
        assert any(f"{name} is missing" in sentence for sentence in check(Release.open(copy, card_may_lack=True)))
        card(copy)
        assert digests(copy) == before

    def test_it_can_be_given_relative_to_where_one_is(self, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(copy)
        assert card(".").version == "2.0.0"

    def test_a_card_is_no_more_than_a_patch(self, drawn: Release, carded: Release) -> None:
        changes = diff(drawn.folder, carded.folder)
        assert changes.bump is Bump.PATCH
        assert not list(changes.sentences())

    def test_a_figure_that_no_longer_belongs_to_it_goes(self, copy: Path) -> None:
        (copy / "figures" / "old.png").write_bytes(b"old")
        with_files(copy, {"figures/old.png": {"bytes": 3, "sha256": "0" * 64}})
        card(copy)
        assert not (copy / "figures" / "old.png").exists()
        verify(Release.open(copy))

    def test_what_is_no_release_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ReleaseError, match="is not a release"):
            card(tmp_path)

    def test_a_figure_whose_data_have_not_changed_is_not_drawn_again(self, copy: Path) -> None:
        with_others = b"other bytes of the same picture"
        path = copy / "figures" / "balance.png"
        data = path.read_bytes()
        end = data.rindex(b"IEND") - 4
        noted = (
            data[:end] + b"\x00\x00\x00\x1ftEXt" + with_others + zlib.crc32(b"tEXt" + with_others).to_bytes(4, "big")
        )
        replace(path, noted + data[end:])
        with_files(copy, {"figures/balance.png": record_of(path)})
        card(copy)
        assert with_others in path.read_bytes()

    def test_progress_is_told(self, copy: Path) -> None:
        told: list[tuple[str, int, int]] = []
        card(copy, progress=lambda *each: told.append(each))
        assert told[-1] == ("figures", 3, 3)


class TestLoading:
    @pytest.mark.slow
    def test_every_configuration_loads_as_before(self, own: Release, own_carded: Release) -> None:
        for name, splits in own.configurations().items():
            loaded = load_dataset(str(own_carded.folder), name)
            assert {split: len(rows) for split, rows in loaded.items()} == splits
            for split, files in own.splits(name).items():
                ids = [pair_id for file in files for pair_id in pq.read_table(own.folder / file)["pair_id"].to_pylist()]
                assert loaded[split]["pair_id"][:] == ids
                assert loaded[split].features == PAIRS.fixed([IDENTITY])

    def test_so_do_annotations(self, drawn: Release, carded: Release) -> None:
        before, after = (load_dataset(str(each.folder), "annotations", split="train") for each in (drawn, carded))
        assert after.to_list() == before.to_list()

    @pytest.mark.slow
    def test_it_streams_and_installs(self, carded: Release) -> None:
        streamed = load_dataset(str(carded.folder), "all", split="train", streaming=True)
        assert next(iter(streamed))["neutral"].size[1] == 736
        synpain_hf.install(carded.folder)
        assert len(load_dataset("synpain")["test"]) == carded.configurations()["default"]["test"]


class TestInterruption:
    @pytest.mark.slow
    def test_whatever_is_written_already_another_card_mends_it(
        self, own: Release, own_carded: Release, tmp_path: Path
    ) -> None:
        facts = write_facts(tmp_path / "facts")
        names = sorted(filter(is_of_the_card, own_carded.files))
        for count in range(len(names) + 1):
            folder = copied(own.folder, tmp_path / str(count))
            for name in names[:count]:
                (folder / name).parent.mkdir(exist_ok=True)
                replace(folder / name, (own_carded.folder / name).read_bytes())
            release = Release.open(folder)
            if CARD in names[:count]:
                with pytest.raises(ReleaseError, match=r"README\.md\); write its card again with `synpain-hf card`"):
                    verify(release)
            assert check(release)
            card(folder, facts=facts)
            assert digests(folder) == digests(own_carded.folder)

    @pytest.mark.slow
    def test_killed_in_the_middle_it_is_mended_by_the_same_call(
        self, own: Release, own_carded: Release, tmp_path: Path
    ) -> None:
        folder, facts = copied(own.folder, tmp_path / "release"), write_facts(tmp_path / "facts")
        program = f"from synpain_hf.cards import card; card({str(folder)!r}, facts={str(facts)!r})"
        process = subprocess.Popen([sys.executable, "-c", program])
        while process.poll() is None and not list(work_folder_of(folder).rglob(CROISSANT)):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert digests(folder) in (digests(own.folder), digests(own_carded.folder))
        card(folder, facts=facts)
        assert digests(folder) == digests(own_carded.folder)
        assert not work_folder_of(folder).exists()

    def test_an_earlier_card_that_was_changed_by_hand_is_told_from_damage(self, copy: Path) -> None:
        replace(copy / CARD, b"mine")
        with pytest.raises(ReleaseError, match=r"\(README\.md\); write its card again"):
            verify(Release.open(copy))
        replace(copy / "CHANGELOG.md", b"mine")
        with pytest.raises(ReleaseError, match="build or download it again"):
            verify(Release.open(copy))


class TestPlace:
    def test_two_at_a_time_are_refused(self, copy: Path) -> None:
        with replacing(copy), pytest.raises(OutputError, match="by another program; wait"):
            card(copy)

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
    def test_a_release_that_cannot_be_written_is_told(self, copy: Path) -> None:
        copy.chmod(stat.S_IRUSR | stat.S_IXUSR)
        with pytest.raises(OutputError, match=r"cannot be written .*make it writable"):
            card(copy)

    def test_a_place_that_is_taken_is_told(self, copy: Path) -> None:
        work_folder_of(copy).write_bytes(b"")
        with pytest.raises(OutputError, match=r"\.copy\.partial is in the way; remove it"):
            card(copy)

    @pytest.mark.slow
    def test_a_file_in_the_way_is_told_and_nothing_is_left(self, drawn: Release, tmp_path: Path) -> None:
        folder = copied(drawn.folder, tmp_path / "release")
        (folder / "figures").write_bytes(b"in the way")
        with pytest.raises(OutputError, match=r"figures is in the way of figures/.*; move it elsewhere"):
            card(folder)
        assert digests(folder) == {**digests(drawn.folder), "figures": hashlib.sha256(b"in the way").hexdigest()}
        assert not work_folder_of(folder).exists()

    def test_figures_that_are_a_link_out_of_the_release_are_refused(self, copy: Path, tmp_path: Path) -> None:
        (copy / "figures").rename(tmp_path / "elsewhere")
        (tmp_path / "elsewhere" / "mine.png").write_bytes(b"mine")
        (copy / "figures").symlink_to(tmp_path / "elsewhere")
        with_files(copy, {"figures/mine.png": {"bytes": 4, "sha256": "0" * 64}})
        with pytest.raises(OutputError, match="figures is a link, which is not followed; put a folder in its place"):
            card(copy)
        assert (tmp_path / "elsewhere" / "mine.png").read_bytes() == b"mine"

    @pytest.mark.parametrize("name", [FACTS, BIBLIOGRAPHY])
    def test_facts_that_are_a_link_to_another_file_are_refused(self, copy: Path, tmp_path: Path, name: str) -> None:
        (tmp_path / "other").write_bytes((copy / name).read_bytes() + b"# of somebody else\n")
        (copy / name).unlink()
        (copy / name).symlink_to(tmp_path / "other")
        before = text_of(copy)
        with pytest.raises(ReleaseError, match=rf"{name} is a link to a file that is not part of the release; replace"):
            card(copy)
        assert text_of(copy) == before

    def test_a_card_that_is_a_link_is_replaced_and_what_it_leads_to_stays(self, copy: Path, tmp_path: Path) -> None:
        (tmp_path / "other").write_bytes(b"# of somebody else\n")
        (copy / CARD).unlink()
        (copy / CARD).symlink_to(tmp_path / "other")
        verify(card(copy))
        assert not (copy / CARD).is_symlink()
        assert (tmp_path / "other").read_bytes() == b"# of somebody else\n"


def test_the_package_starts_without_matplotlib() -> None:
    program = "import sys, synpain_hf.cards; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
