from __future__ import annotations

import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.errors import PictureError, Problem, UsageError
from synpain_hf.pair import Pair
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.files import MOST_MEMBERS, OpenArchives, list_zip
from synpain_hf.vocabulary import COMPOSITE_SIZE

IMAGES = (
    "1000020580_NoPain_man_Young.jpg",
    "1111211701_Pain_Woman_Old.jpg",
    "1100345860_Pain_man_Young.jpg",
    "1010214830_NoPain_woman_Young.JPG",
)
STILL = "1111317410_Pain_woman_Old"
IDS = sorted([*(name[:10] for name in IMAGES), STILL[:10]])


def write(files: Iterable[Path], content: bytes = b"a picture") -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """What the Hub holds: `SynPain/Images`, `SynPain/Videos`, notes and folds."""
    root = tmp_path / "snapshot"
    write(root / "SynPain" / "Images" / name for name in IMAGES)
    write(root / "SynPain" / "Videos" / f"{STILL}{suffix}" for suffix in (".jpg", ".mp4"))
    lines = [f"{pair_id},{number % 5}\n" for number, pair_id in enumerate(IDS)]
    (root / "SynPain" / "SynPain_folds.txt").write_text("".join(lines))
    write([root / "README.md", root / "SynPain" / "SynPain.txt"], b"1234567890 notes, and no folds\n")
    return root


def zipped(path: Path, members: Iterable[str], content: bytes = b"a picture") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, b"" if member.endswith(("/", "\\")) else content)
    return path


def with_members(path: Path, members: Iterable[str]) -> Path:
    """An archive of members with any names."""
    with zipfile.ZipFile(path, "w") as archive:
        for member in members:
            archive.writestr(zipfile.ZipInfo(member), b"a picture")
    return path


def borealis(folder: Path) -> list[Path]:
    """Two zips, laid out as on Borealis."""
    return [
        zipped(
            folder / f"SynPain_Part{part}.zip",
            [
                f"SynPain_Part{part}/",
                *(f"SynPain_Part{part}/Images_Part{part}/{name}" for name in IMAGES[part - 1 :: 2]),
                f"__MACOSX/SynPain_Part{part}/Images_Part{part}/._{IMAGES[part - 1]}",
                f"SynPain_Part{part}/.DS_Store",
            ],
        )
        for part in (1, 2)
    ]


def pairs_of(source: Source) -> list[Pair]:
    entries = list(source)
    assert len(entries) == len(source)
    pairs = [entry for entry in entries if isinstance(entry, Pair)]
    assert len(pairs) == len(entries), entries
    return pairs


def problem_of(source: Source) -> Problem:
    entries = list(source)
    assert len(entries) == len(source)
    (problem,) = (entry for entry in entries if isinstance(entry, Problem))
    return problem


def ids_of(source: Source) -> list[str]:
    return sorted(pair.pair_id for pair in pairs_of(source))


def test_a_pair_is_what_the_name_says(snapshot: Path) -> None:
    pair = next(pair for pair in pairs_of(open_source([snapshot])) if pair.pair_id == "1111211701")
    (picture,) = pair.pictures
    assert (pair.label, pair.age_group, pair.gender, pair.ethnicity) == ("pain", "old", "woman", "middle_eastern")
    assert pair.listed_at == picture.name == "Images/1111211701_Pain_Woman_Old.jpg"
    assert (pair.size, pair.generator, pair.fold) == (COMPOSITE_SIZE, "Ideogram 2.0", None)
    assert (pair.prompt, pair.seed) == (None, None)
    with OpenArchives() as archives:
        assert picture.read(archives) == b"a picture"


def test_the_same_pairs_are_found_from_the_root_from_synpain_and_from_images(snapshot: Path) -> None:
    sources = [open_source([snapshot.joinpath(*parts)]) for parts in ((), ("SynPain",), ("SynPain", "Images"))]
    assert ids_of(sources[0]) == IDS
    for source in sources[1:]:
        assert list(source) == list(sources[0])
        assert source.folds_file == sources[0].folds_file
        assert source.describe() == sources[0].describe()


def test_images_without_neighbours_have_the_same_names_from_wherever_one_enters(snapshot: Path) -> None:
    shutil.rmtree(snapshot / "SynPain" / "Videos")
    (snapshot / "SynPain" / "SynPain_folds.txt").unlink()
    sources = [open_source([snapshot.joinpath(*parts)]) for parts in ((), ("SynPain",), ("SynPain", "Images"))]
    assert list(sources[0]) == list(sources[1]) == list(sources[2])
    assert sources[2].folds_file is None


def test_a_folder_named_images_does_not_open_its_parent_for_nothing(tmp_path: Path) -> None:
    write([tmp_path / "Images" / IMAGES[0], tmp_path / "Downloads" / IMAGES[1]])
    assert ids_of(open_source([tmp_path / "Images"])) == [IMAGES[0][:10]]


def test_a_folder_is_found_from_inside_it(snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [pair.listed_at for pair in pairs_of(open_source([snapshot]))]
    monkeypatch.chdir(snapshot / "SynPain" / "Images")
    assert [pair.listed_at for pair in pairs_of(open_source(["."]))] == expected


def test_the_real_sample_is_ten_pairs_and_two_videos(sample: Path) -> None:
    source = open_source([sample.parent])
    assert len(pairs_of(source)) == 10
    assert source.describe() == {"kind": "official", "videos": 2}
    assert source.folds_file is None


def test_stills_of_videos_are_pairs_and_videos_are_counted(snapshot: Path) -> None:
    source = open_source([snapshot])
    assert f"Videos/{STILL}.jpg" in [pair.listed_at for pair in pairs_of(source)]
    assert source.describe() == {"kind": "official", "videos": 1}


def test_the_folds_file_beside_the_images_is_read(snapshot: Path) -> None:
    folds = open_source([snapshot]).folds_file
    assert folds is not None
    assert folds.folds == {pair_id: number for number, pair_id in enumerate(IDS)}
    assert folds.understood == "SynPain_folds.txt: 5 pairs, commas, no header, folds 0 to 4"


def test_two_folds_files_are_one_too_many(snapshot: Path) -> None:
    shutil.copy(snapshot / "SynPain" / "SynPain_folds.txt", snapshot / "SynPain" / "old_folds.txt")
    with pytest.raises(UsageError, match=r"SynPain_folds.txt, old_folds.txt\); keep one"):
        open_source([snapshot])


def test_hidden_files_and_what_is_no_picture_do_not_count(snapshot: Path) -> None:
    expected = list(open_source([snapshot]))
    root = snapshot / "SynPain"
    write(
        root / name
        for name in (
            ".DS_Store",
            "Images/.DS_Store",
            f"Images/._{IMAGES[0]}",
            f".cache/huggingface/{IMAGES[0]}",
            f"__MACOSX/Images/{IMAGES[0]}",
            "Images/Thumbs.db",
            "Images/pictures.md5",
        )
    )
    (root / "Images" / ".#lock.jpg").symlink_to("nobody@nowhere:1")
    assert list(open_source([snapshot])) == expected


@pytest.mark.parametrize("name", ["holiday.png", "2000020580_NoPain_man_Young.jpg", "1000020581_Pain_man_Young.webp"])
def test_a_picture_that_is_not_named_officially_is_a_problem(snapshot: Path, name: str) -> None:
    write([snapshot / "SynPain" / "Images" / name])
    source = open_source([snapshot])
    assert len(source) == len(IDS) + 1
    assert problem_of(source).file == f"Images/{name}"


def test_a_file_name_that_is_no_unicode_can_still_be_told(snapshot: Path) -> None:
    Path(os.fsdecode(os.fsencode(snapshot / "SynPain" / "Images") + b"/caf\xe9.jpg")).write_bytes(b"a picture")
    assert problem_of(open_source([snapshot])).file == "Images/caf\\xe9.jpg"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("outside.jpg", "is a symbolic link that leaves the folder; put the file itself there"),
        ("outside", "is a symbolic link to a folder, which is not followed; put the folder itself there"),
        ("nowhere", "is a symbolic link that leaves the folder"),
        ("snapshot/SynPain/Images/nowhere.jpg", "is not a regular file, or is a broken link; remove it"),
    ],
)
def test_a_link_out_of_the_folder_is_a_problem(snapshot: Path, target: str, reason: str) -> None:
    outside = snapshot.parent
    write([outside / "outside.jpg", outside / "outside" / IMAGES[0]])
    (snapshot / "SynPain" / "Images" / "1000020581_NoPain_man_Young.jpg").symlink_to(outside / target)
    problem = problem_of(open_source([snapshot]))
    assert problem.file == "Images/1000020581_NoPain_man_Young.jpg"
    assert problem.reason.startswith(reason)


def test_a_link_to_itself_is_a_problem(snapshot: Path) -> None:
    name = "1000020581_NoPain_man_Young.jpg"
    (snapshot / "SynPain" / "Images" / name).symlink_to(name)
    assert problem_of(open_source([snapshot])).reason.startswith("is not a regular file, or is a broken link")


def test_a_link_within_the_folder_is_followed(snapshot: Path) -> None:
    images = snapshot / "SynPain" / "Images"
    shutil.move(images / IMAGES[0], snapshot / "SynPain" / "store.bin")
    (images / IMAGES[0]).symlink_to("../store.bin")
    assert ids_of(open_source([snapshot])) == IDS


def test_a_pipe_named_as_a_picture_is_a_problem(snapshot: Path) -> None:
    os.mkfifo(snapshot / "SynPain" / "Images" / "1000020581_NoPain_man_Young.jpg")
    assert problem_of(open_source([snapshot])).reason.startswith("is not a regular file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_a_problem(snapshot: Path) -> None:
    (snapshot / "SynPain" / "Images").chmod(0)
    try:
        problem = problem_of(open_source([snapshot]))
    finally:
        (snapshot / "SynPain" / "Images").chmod(0o755)
    assert str(problem) == "Images: cannot be read (Permission denied); check the folder"


def in_hub_cache(snapshot: Path) -> Path:
    """The same snapshot in the Hub's cache, where every file is a link to a blob."""
    repository = snapshot.parent / "datasets--TaatiTeam--SynPAIN"
    (repository / "blobs").mkdir(parents=True)
    for file in sorted(path for path in snapshot.rglob("*") if path.is_file()):
        link = repository / "snapshots" / ("0" * 40) / file.relative_to(snapshot)
        link.parent.mkdir(parents=True, exist_ok=True)
        blob = repository / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.copy(file, blob)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return repository / "snapshots" / ("0" * 40)


def listed(source: Source) -> list[tuple[str, str]]:
    return [(pair.pair_id, pair.listed_at) for pair in pairs_of(source)]


@pytest.mark.parametrize("parts", [(), ("SynPain",), ("SynPain", "Images")])
def test_a_snapshot_in_the_cache_of_the_hub_is_read_through_its_links(snapshot: Path, parts: tuple[str, ...]) -> None:
    source = open_source([in_hub_cache(snapshot).joinpath(*parts)])
    assert listed(source) == listed(open_source([snapshot]))
    assert source.folds_file == open_source([snapshot]).folds_file
    with OpenArchives() as archives:
        assert {pair.pictures[0].read(archives) for pair in pairs_of(source)} == {b"a picture"}


def test_a_link_out_of_the_cache_of_the_hub_is_a_problem(snapshot: Path) -> None:
    cached = in_hub_cache(snapshot)
    (cached / "SynPain" / "Images" / "1000020581_NoPain_man_Young.jpg").symlink_to(snapshot / "README.md")
    assert "leaves the folder" in problem_of(open_source([cached])).reason


def test_zips_are_read_in_place(tmp_path: Path) -> None:
    zips = borealis(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    source = open_source(zips)
    assert ids_of(source) == sorted(name[:10] for name in IMAGES)
    with OpenArchives() as archives:
        assert {pair.pictures[0].read(archives) for pair in pairs_of(source)} == {b"a picture"}
    assert sorted(tmp_path.rglob("*")) == before


def test_pairs_of_the_zips_know_their_part_and_those_of_the_hub_have_none(tmp_path: Path, snapshot: Path) -> None:
    for pair in pairs_of(open_source(borealis(tmp_path / "zips"))):
        assert f"SynPain_Part{pair.part}/" in pair.listed_at
    assert {pair.part for pair in pairs_of(open_source([snapshot]))} == {None}


def test_an_official_pair_is_its_own_identity(snapshot: Path) -> None:
    assert all(pair.identity == pair.pair_id for pair in pairs_of(open_source([snapshot])))


def test_a_folder_of_zips_is_the_zips(tmp_path: Path) -> None:
    zips = borealis(tmp_path / "borealis")
    (tmp_path / "borealis" / f"._{zips[0].name}").write_bytes(b"left by a system")
    zips[1] = zips[1].rename(zips[1].with_suffix(".ZIP"))
    (tmp_path / "borealis" / "folds.txt").write_text("".join(f"{name[:10]};{n}\n" for n, name in enumerate(IMAGES)))
    source = open_source([tmp_path / "borealis"])
    assert list(source) == list(open_source(zips)) == list(open_source(zips[::-1]))
    assert source.folds_file is not None
    assert len(source.folds_file.folds) == 4
    assert open_source(zips).folds_file is None


def test_a_zip_of_the_hub_layout_holds_its_folds_stills_and_videos(snapshot: Path) -> None:
    path = snapshot.parent / "all.ZIP"
    with zipfile.ZipFile(path, "w") as archive:
        for file in snapshot.rglob("*"):
            archive.write(file, file.relative_to(snapshot))
    source = open_source([path])
    assert ids_of(source) == IDS
    assert source.describe() == {"kind": "official", "videos": 1}
    assert source.folds_file is not None
    assert source.folds_file.folds == {pair_id: number for number, pair_id in enumerate(IDS)}


def test_the_order_of_entries_does_not_depend_on_where_they_lie(tmp_path: Path, snapshot: Path) -> None:
    for source in (open_source([snapshot]), open_source(borealis(tmp_path / "zips"))):
        names = [pair.listed_at for pair in pairs_of(source)]
        assert names == sorted(names)


def test_zips_beside_loose_pictures_are_refused(snapshot: Path) -> None:
    borealis(snapshot)
    with pytest.raises(UsageError, match=r"holds both zips \(SynPain_Part1.zip, …\) and pictures .*; name the zips"):
        open_source([snapshot])


def with_flag(path: Path, flag: int) -> None:
    """Set a general purpose flag of every member, in its local header and in the directory."""
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for match in re.finditer(re.escape(mark), data):
            data[match.start() + offset] |= flag
    path.write_bytes(data)


def test_an_encrypted_member_is_a_problem(tmp_path: Path) -> None:
    path = zipped(tmp_path / "locked.zip", [f"Images/{IMAGES[0]}"])
    with_flag(path, 1)
    assert str(problem_of(open_source([path]))) == (
        f"locked.zip/Images/{IMAGES[0]}: is encrypted; unlock the archive first"
    )


def test_names_of_old_tools_of_windows_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "part.zip", ["Images\\", *(f"Images\\{name}" for name in IMAGES)])
    pairs = pairs_of(open_source([path]))
    assert [pair.listed_at for pair in pairs] == sorted(f"Images/{name}" for name in IMAGES)
    with OpenArchives() as archives:
        assert [pair.pictures[0].read(archives) for pair in pairs] == [b"a picture"] * len(pairs)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (f"../{IMAGES[1]}", "has a name that leaves the archive; pack it again under another name"),
        (f"..\\..\\{IMAGES[1]}", "has a name that leaves the archive"),
        (f"Images/../../{IMAGES[1]}", "has a name that leaves the archive"),
        ("", "is a file without a name; pack it again under one"),
        (".", "is a file without a name"),
        (f"Images/{IMAGES[1]}/", "is a folder with content of its own; pack the archive again"),
    ],
)
def test_a_member_that_cannot_be_named_is_a_problem(tmp_path: Path, member: str, reason: str) -> None:
    path = with_members(tmp_path / "part.zip", [IMAGES[0], member])
    problem = problem_of(open_source([path]))
    assert problem.file == f"part.zip/{member}"
    assert problem.reason.startswith(reason)


@settings(max_examples=150)
@given(
    st.lists(
        st.lists(st.sampled_from(["a.jpg", "..", ".", "", "Images", ".hidden", "C:", IMAGES[0]]), max_size=4).map(
            "/".join
        )
        | st.text("./\\ab", max_size=8),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_no_member_vanishes_unless_it_is_hidden(members: list[str]) -> None:
    with TemporaryDirectory() as folder:
        listing = list_zip(with_members(Path(folder, "part.zip"), members))
    told = {problem.file.removeprefix("part.zip/") for problem in listing.problems}
    read = {file.member for file in listing.files}
    hidden = {
        member
        for member in members
        if any(part.startswith(".") and part not in (".", "..") for part in re.split(r"[/\\]", member))
    }
    assert set(members) - told - read <= hidden
    assert not any(".." in Path(file.name).parts for file in listing.files)


@pytest.mark.slow
def test_an_archive_of_very_many_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(MOST_MEMBERS + 1):
            archive.writestr(str(number), b"")
    assert problem_of(open_source([path])).reason == (
        "has 100,001 files, more than the 100,000 that are read; divide it"
    )


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut", b"<html>404</html>"])
def test_what_is_no_zip_is_a_problem_that_leaves_the_other_zips_alone(tmp_path: Path, content: bytes) -> None:
    zips = borealis(tmp_path)
    zips[0].write_bytes(content)
    source = open_source(zips)
    problem = problem_of(source)
    assert problem.file == "SynPain_Part1.zip"
    assert re.fullmatch(r"is not a readable zip archive \(.+\); fetch it again", problem.reason)
    assert len(source) == 3


def test_a_zip_cut_short_anywhere_is_a_problem(tmp_path: Path) -> None:
    path = zipped(tmp_path / "part.zip", IMAGES)
    data = path.read_bytes()
    for length in range(0, len(data), 41):
        path.write_bytes(data[:length])
        assert problem_of(open_source([path])).file == "part.zip"


def test_damage_in_a_zip_never_gives_other_bytes(tmp_path: Path) -> None:
    path = zipped(tmp_path / "part.zip", [IMAGES[0]], os.urandom(40) + bytes(200))
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        original = archive.read(IMAGES[0])
    refused = 0
    for position in range(len(data)):
        damaged = bytearray(data)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        for entry in open_source([path]):
            if not isinstance(entry, Pair):
                continue
            with OpenArchives() as archives:
                try:
                    assert entry.pictures[0].read(archives) == original
                except PictureError:
                    refused += 1
    assert refused > 40


def test_a_damaged_folds_file_in_a_zip_is_a_problem_of_the_folds(tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("SynPain_folds.txt", "1000020580,0")
    path.write_bytes(path.read_bytes().replace(b"1000020580,0", b"1000020580,1", 1))
    folds = open_source([path]).folds_file
    assert folds is not None
    assert folds.folds == {}
    assert "is damaged in its archive" in folds.problems[0].reason


def test_a_picture_that_has_gone_since_is_told(snapshot: Path) -> None:
    pairs = pairs_of(open_source([snapshot]))
    shutil.rmtree(snapshot)
    with OpenArchives() as archives, pytest.raises(PictureError, match=r"cannot be read \(No such file or directory\)"):
        pairs[0].pictures[0].read(archives)


def test_a_member_that_declares_too_much_is_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "bomb.zip", [IMAGES[0]])
    data = bytearray(path.read_bytes())
    size_at = data.index(b"PK\x01\x02") + 24
    data[size_at : size_at + 4] = (300 * 2**20).to_bytes(4, "little")
    path.write_bytes(data)
    (pair,) = pairs_of(open_source([path]))
    with OpenArchives() as archives, pytest.raises(PictureError, match=r"has 314,572,800 bytes, more than .*; scale"):
        pair.pictures[0].read(archives)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], "no source is given; give the folder, zips or manifest"),
        (["nowhere"], "nowhere does not exist; give the folder, zips or manifest of a data set"),
        (["part.zip", "nowhere.zip"], "nowhere.zip does not exist"),
        (["notes.pdf"], r"notes.pdf is not a source; give one folder, one or several zips, or one manifest \(.csv, "),
        (["part.zip", "notes.pdf"], "notes.pdf is not a source"),
        (["faces.7z"], "faces.7z is not a source; unpack it first; give one folder"),
        (["table.xlsx"], "table.xlsx is not a source; save the table as CSV first; give"),
        (["parts.zip"], r"parts.zip does not exist \(did you mean 'part.zip'\?\); give"),
        (["pairs.csv", "part.zip"], "pairs.csv is not a source"),
        (["folder", "part.zip"], "folder is not a source"),
        (["folder.zip", "part.zip"], "folder.zip is not a source"),
    ],
)
def test_what_is_no_source_is_refused(tmp_path: Path, names: list[str], reason: str) -> None:
    write(
        [
            tmp_path / "notes.pdf",
            tmp_path / "faces.7z",
            tmp_path / "table.xlsx",
            tmp_path / "pairs.csv",
            tmp_path / "folder" / "notes.txt",
            tmp_path / "folder.zip" / "a.txt",
        ]
    )
    zipped(tmp_path / "part.zip", IMAGES)
    with pytest.raises(UsageError, match=reason):
        open_source([tmp_path / name for name in names])


def test_links_into_a_folder_called_blobs_are_followed_in_a_cache_of_the_hub_alone(tmp_path: Path) -> None:
    private = tmp_path / "private" / IMAGES[0]
    write([private])
    images = tmp_path / "archive" / "snapshots" / "x" / "SynPain" / "Images"
    images.mkdir(parents=True)
    (images / IMAGES[0]).symlink_to(private)
    (tmp_path / "archive" / "blobs").symlink_to("/")
    assert "leaves the folder" in problem_of(open_source([images.parents[1]])).reason
    (tmp_path / "archive").rename(tmp_path / "datasets--me--faces")
    snapshot = tmp_path / "datasets--me--faces" / "snapshots" / "x"
    assert "leaves the folder" in problem_of(open_source([snapshot])).reason
    (tmp_path / "datasets--me--faces" / "blobs").unlink()
    (tmp_path / "private").rename(tmp_path / "datasets--me--faces" / "blobs")
    (snapshot / "SynPain" / "Images" / IMAGES[0]).unlink()
    (snapshot / "SynPain" / "Images" / IMAGES[0]).symlink_to(f"../../../../blobs/{IMAGES[0]}")
    assert ids_of(open_source([snapshot])) == [IMAGES[0][:10]]


def test_a_folder_without_pictures_has_no_entries(tmp_path: Path) -> None:
    write([tmp_path / "empty" / "notes.txt"])
    source = open_source([tmp_path / "empty"])
    assert len(source) == 0
    assert list(source) == []


def test_a_folder_may_be_named_as_a_manifest_is(tmp_path: Path) -> None:
    write([tmp_path / "faces.csv" / IMAGES[0]])
    assert ids_of(open_source([tmp_path / "faces.csv"])) == [IMAGES[0][:10]]
