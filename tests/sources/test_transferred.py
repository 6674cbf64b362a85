"""What stands beside a manifest of transferred faces is taken over, and refused where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError
from synpain_hf.pair import Annotation, Pair
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.release.transfers import transfer_in
from synpain_hf.sources.manifest import ManifestSource
from synpain_hf.sources.transferred import NOTES_FILE, UNITS_FILE, Transferred, write_transferred
from synpain_hf.training.data.learned_from import LearnedFrom
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.vocabulary import FACES
from tests.release.making import manifest_rows, write_manifest
from tests.sources.lent import NOTES, RELEASE

KNOWN = (
    Annotation("neutral", None, {"AU4": 0.5}, 0.5, "target: facs"),
    Annotation("expressive", "pain", {"AU4": 2.0, "AU43": 1.0}, 3.0, "target: facs"),
)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest of two pairs, of which the first is annotated."""
    rows = manifest_rows(2)
    write_transferred(tmp_path, NOTES, {rows[0]["pair_id"]: KNOWN})
    return write_manifest(tmp_path, rows)


def test_notes_and_units_are_taken_over(manifest: Path) -> None:
    source = ManifestSource(manifest)
    assert source.describe() == {"kind": "manifest", "transfer": NOTES}
    first, second = source
    assert isinstance(first, Pair)
    assert isinstance(second, Pair)
    assert first.annotations == KNOWN
    assert second.annotations == ()


def test_a_manifest_without_notes_is_one_of_its_own_faces(manifest: Path) -> None:
    manifest.with_name(NOTES_FILE).unlink()
    assert Transferred.beside(manifest) is None
    assert ManifestSource(manifest).describe() == {"kind": "manifest"}


def test_a_release_keeps_how_its_faces_were_made_and_its_card_says_so(manifest: Path, tmp_path: Path) -> None:
    release = build(manifest, tmp_path / "release", version="1.0.0")
    assert release.manifest["source"]["transfer"] == NOTES
    assert release.shows_people
    card = release.text_of("README.md")
    assert "neutral faces of synpain 1.0.0 with the expressions of synpain 2.0.0, by the method warp 1" in card
    assert "each of them agreed to be shown with expressions that are not their own." in card
    for limit in ("Lowered brows (AU4) and closed eyes (AU43)", "There is no motion"):
        assert limit in card
    assert "synthetic" not in card.partition("\ndataset_info")[0].partition("tags:")[2].partition("\n")[0]


def test_from_whom_the_weights_have_learned_is_known_in_training(manifest: Path, tmp_path: Path) -> None:
    learned_from = {**RELEASE, "test_fold": 3}
    write_transferred(tmp_path, {**NOTES, "method": "unet", "weights": "w", "learned_from": learned_from}, {})
    drawn = build(manifest, tmp_path / "drawn", version="1.0.0")
    assert open_pairs(drawn.folder, "all").learned_from == LearnedFrom("0" * 64, 3)
    write_transferred(tmp_path, {**NOTES, "drivers": learned_from}, {})
    with pytest.raises(BadInputError, match="test_fold"):
        build(manifest, tmp_path / "other", version="1.0.0")


@pytest.mark.parametrize(
    ("change", "limits", "told"),
    [
        ({"method": "oracle", "identities_are": "synthetic"}, 1, "The identities are synthetic: they show nobody."),
        (
            {"drivers": {**RELEASE, "shows_people": True}},
            6,
            "The inside of an open mouth is that of a driver, who may be a real person.",
        ),
        (
            {"method": "unet", "weights": "w sha256:0", "learned_from": {**RELEASE, "shows_people": True}},
            7,
            "The network that drew the expressions learned from pictures of people, whom faces may resemble.",
        ),
    ],
)
def test_what_is_told_depends_on_who_is_shown_and_what_drew(
    manifest: Path, tmp_path: Path, change: dict[str, Any], limits: int, told: str
) -> None:
    write_transferred(tmp_path, {**NOTES, **change}, {})
    release = build(manifest, tmp_path / "release", version="1.0.0")
    transfer = transfer_in(Release.open(release.folder))
    assert transfer is not None
    assert len(transfer.limits) == limits
    assert told in transfer.consent


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (NOTES_FILE, b"{", "transfer.json: cannot be used ("),
        (NOTES_FILE, b"[]", "it is not a JSON object"),
        (NOTES_FILE, json.dumps({**NOTES, "identities_are": "people"}).encode(), "identities_are"),
        (NOTES_FILE, json.dumps({**NOTES, "more": 1}).encode(), "more"),
        (NOTES_FILE, b" " * (2**20 + 1), "more than 1,048,576 bytes"),
        (UNITS_FILE, None, "transfer_units.csv: cannot be used (does not exist"),
        (UNITS_FILE, b"", "its columns are not pair_id, face, kind, annotator, action units and pspi"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,AU4,AU4,pspi\n", "its columns are not"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,AU4,pspi\na,neutral,,x,1\n", "line 2 has 5 values for 6 columns"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,AU4,pspi\na,smile,,x,1,1\n", "line 2 has another face than"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,AU4,pspi\na,neutral,,x,nan,1\n", "line 2 has a unit beyond 0 to 5"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,AU4,pspi\na,neutral,,x,1,1e9\n", "or a pain score beyond 0 to 20"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,face,pspi\n", "its columns are not"),
        (UNITS_FILE, b"pair_id,face,kind,annotator,AU4,pspi\na,neutral,,x,one,1\n", "cannot be used ("),
        (
            UNITS_FILE,
            b"pair_id,face,kind,annotator,AU4,pspi\na,neutral,,x,1,1\na,neutral,,x,1,1\n",
            "line 3 gives a face again",
        ),
        (UNITS_FILE, b"\xff", "cannot be used ("),
    ],
)
def test_what_is_damaged_is_told(manifest: Path, name: str, content: bytes | None, told: str) -> None:
    path = manifest.with_name(name)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError) as error:
        ManifestSource(manifest)
    assert told in str(error.value)
    assert "run `synpain-hf transfer` again" in str(error.value)


@pytest.mark.parametrize("name", [NOTES_FILE, UNITS_FILE])
def test_a_link_that_leads_out_of_the_folder_is_not_followed(manifest: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    manifest.with_name(name).replace(outside)
    manifest.with_name(name).symlink_to(outside)
    with pytest.raises(BadInputError, match=name):
        ManifestSource(manifest)


units = st.dictionaries(st.sampled_from(["AU1", "AU4", "AU43"]), st.floats(0, 5))
known_faces = st.builds(
    Annotation, st.sampled_from(FACES), st.none() | st.sampled_from(["pain", "happy"]), units, st.floats(0, 20),
    st.text("ab,\"' ", min_size=1, max_size=9),
)  # fmt: skip


@settings(max_examples=30)
@given(st.dictionaries(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), known_faces.map(lambda one: (one,))))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, known: dict[str, tuple[Annotation, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("written")
    write_transferred(folder, NOTES, known)
    found = Transferred.beside(folder / "manifest.csv")
    assert found is not None
    assert found.notes == NOTES
    assert found.annotations == known
