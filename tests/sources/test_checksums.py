"""Digests that come with a source are compared, and pictures without one in which damage cannot show are named."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synpain_hf.errors import BadInputError, PictureError
from synpain_hf.pair import Pair
from synpain_hf.release.build import build
from synpain_hf.sources import open_source
from synpain_hf.sources.checksums import read_list
from synpain_hf.sources.files import OpenArchives
from tests.imaging.made import halves

NAMES = ("a.jpg", "b.webp", "c.png")
HEAD = "pair_id,label,age_group,gender,ethnicity,composite\n"
CONTENT = b"a picture"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"another").hexdigest()


def as_file(kind: str, seed: int) -> bytes:
    """A composite in a format."""
    file = io.BytesIO()
    Image.fromarray(halves(160, 96, seed=seed)).save(file, kind, quality=95)
    return file.getvalue()


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest of pictures of three formats."""
    folder = tmp_path / "data"
    (folder / "faces").mkdir(parents=True)
    lines = [HEAD]
    for seed, name in enumerate(NAMES):
        kind = {"jpg": "JPEG", "webp": "WEBP", "png": "PNG"}[name.rpartition(".")[2]]
        (folder / "faces" / name).write_bytes(as_file(kind, seed))
        lines.append(f"{name[0]},pain,old,man,white,faces/{name}\n")
    (folder / "pairs.csv").write_text("".join(lines))
    return folder / "pairs.csv"


def sums(folder: Path, hashed: Callable[[bytes], hashlib._Hash] = hashlib.sha256) -> str:
    """What `sha256sum` prints of a folder, and its like for other digests."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(f"{hashed(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n" for path in files)


def damage(path: Path) -> None:
    """Change one byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def refusals(source: Path) -> list[str]:
    """Why pictures of a source cannot be read."""
    reasons = []
    with OpenArchives() as archives:
        for pair in open_source([source]):
            assert isinstance(pair, Pair)
            try:
                pair.pictures[0].read(archives)
            except PictureError as error:
                reasons.append(f"{pair.pictures[0].name} {error}")
    return reasons


LINES = [
    f"{SHA256}  faces/a b.png",
    f"{SHA256} *faces/a b.png",
    f"{SHA256}\tfaces/a b.png",
    f"{SHA256.upper()}  ./faces/a b.png",
    f"SHA256 (faces/a b.png) = {SHA256}",
    rf"\{SHA256}  faces\\a b.png",
    f"{hashlib.md5(CONTENT).hexdigest()}  faces/a b.png",
    f"\ufeff{SHA256}  faces/a b.png\r\n",
    f"# made by hand\n\n{SHA256}  faces//a b.png",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_a_list_is_understood_as_it_is_written(line: str) -> None:
    (digest,) = read_list("checksums.txt", line.encode()).items()
    assert digest[0] == "faces/a b.png"
    assert digest[1].fits(CONTENT)
    assert not digest[1].fits(CONTENT + b"!")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (f"{SHA256}  a\nno digest\n", "checksums.sha256:2: is not a digest and a name; write it with sha256sum"),
        (f"{SHA256[:-1]}  a\n", "checksums.sha256:1: is not a digest and a name"),
        (f"{SHA256}  a\n{OTHER}  ./a\n", "checksums.sha256:2: names ./a again with another digest; keep the right one"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused(content: str, reason: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_list("checksums.sha256", content.encode())
    assert reason in str(caught.value)


def test_what_another_program_lists_of_an_archive_in_its_own_way_is_passed_over() -> None:
    assert read_list("MANIFEST.TXT", b"This archive holds:\n1.jpg (image/jpeg) 123 bytes.\n") == {}


@pytest.mark.parametrize(("name", "hashed"), [("checksums.sha256", hashlib.sha256), ("MD5SUMS", hashlib.md5)])
def test_pictures_that_differ_from_the_list_beside_their_manifest_are_named(
    manifest: Path, name: str, hashed: Callable[[bytes], hashlib._Hash]
) -> None:
    (manifest.parent / name).write_text(sums(manifest.parent, hashed))
    assert refusals(manifest) == []
    damage(manifest.parent / "faces" / "a.jpg")
    damage(manifest.parent / "faces" / "b.webp")
    reason = f"does not fit its digest in {name}; fetch it again, or correct the list"
    assert refusals(manifest) == [f"faces/a.jpg {reason}", f"faces/b.webp {reason}"]


def test_a_build_with_such_a_picture_is_refused(manifest: Path, tmp_path: Path) -> None:
    (manifest.parent / "checksums.sha256").write_text(sums(manifest.parent))
    damage(manifest.parent / "faces" / "b.webp")
    with pytest.raises(BadInputError, match=r"pairs\.csv:3: does not fit its digest in checksums\.sha256; fetch it"):
        build(manifest, tmp_path / "out", version="1.0.0")
    assert not (tmp_path / "out").exists()


def test_a_manifest_that_was_changed_itself_is_refused(manifest: Path) -> None:
    (manifest.parent / "checksums.sha256").write_text(sums(manifest.parent))
    manifest.write_text(manifest.read_text().replace("pain", "no_pain"))
    with pytest.raises(BadInputError, match=r"pairs\.csv: does not fit its digest in checksums\.sha256"):
        open_source([manifest])


def test_pictures_in_a_zip_are_compared_with_the_list_in_it(manifest: Path, tmp_path: Path) -> None:
    content = (manifest.parent / "faces" / "a.jpg").read_bytes()
    name = "Images/1111000000_Pain_Woman_Old.jpg"
    for said, told in ((content, []), (b"other", [f"{name} does not fit its digest in MANIFEST.TXT; fetch it again"])):
        with zipfile.ZipFile(tmp_path / "faces.zip", "w") as archive:
            archive.writestr(name, content)
            archive.writestr("MANIFEST.TXT", f"The files:\n{hashlib.md5(said).hexdigest()}  {name}\n")
        assert [reason.partition(", or")[0] for reason in refusals(tmp_path / "faces.zip")] == told


@pytest.mark.parametrize("is_large", [True, False])
def test_files_in_the_cache_of_the_hub_are_compared_with_their_names(tmp_path: Path, *, is_large: bool) -> None:
    content = as_file("JPEG", 0)
    git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    repository = tmp_path / "datasets--me--faces"
    blob = repository / "blobs" / (hashlib.sha256(content).hexdigest() if is_large else git)
    link = repository / "snapshots" / ("0" * 40) / "SynPain" / "Images" / "1111000000_Pain_Woman_Old.jpg"
    for path in (blob, link):
        path.parent.mkdir(parents=True)
    blob.write_bytes(content)
    link.symlink_to(blob)
    snapshot = repository / "snapshots" / ("0" * 40)
    assert refusals(snapshot) == []
    damage(blob)
    (told,) = refusals(snapshot)
    assert told.endswith(
        "is not what the Hub sent; remove the data set from the cache of the Hub, and download it again"
    )


class TestPicturesInWhichDamageCannotShow:
    def told(self, source: Path, out: Path) -> list[str]:
        """What is said of them in a build."""
        found: list[str] = []
        build(source, out, version="1.0.0", unverified=found.extend)
        return found

    def test_are_those_without_checksums_of_their_own(self, manifest: Path, tmp_path: Path) -> None:
        assert self.told(manifest, tmp_path / "out") == ["faces/a.jpg", "faces/b.webp"]

    def test_are_none_where_their_digests_are_listed(self, manifest: Path, tmp_path: Path) -> None:
        bare = build(manifest, tmp_path / "bare", version="1.0.0")
        (manifest.parent / "checksums.sha256").write_text(sums(manifest.parent))
        assert self.told(manifest, tmp_path / "out") == []
        assert (tmp_path / "out" / "release.json").read_bytes() == (bare.folder / "release.json").read_bytes()

    def test_may_stand_in_a_table_whose_digest_is_listed(self, manifest: Path, tmp_path: Path) -> None:
        faces = [{"bytes": (manifest.parent / "faces" / name).read_bytes(), "path": name} for name in NAMES]
        groups = {"label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white"}
        rows = [{"pair_id": face["path"], **groups, "composite": face} for face in faces]
        (tmp_path / "tables").mkdir()
        table = tmp_path / "tables" / "pairs.parquet"
        pq.write_table(pa.Table.from_pylist(rows), table)
        assert self.told(table, tmp_path / "out") == ["a.jpg", "b.webp"]
        (table.parent / "checksums.sha256").write_text(sums(table.parent))
        assert self.told(table, tmp_path / "again") == []
