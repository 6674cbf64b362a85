"""The official SynPAIN download: composites named by their ID, in folders or zip archives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from synpain_hf.errors import BadInputError, PictureError, Problem, UsageError
from synpain_hf.pair import Clip, Pair, Picture
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.demo_download import NOTES_FILE, TRUTH_FILE, read_drawn
from synpain_hf.sources.digests import with_digests
from synpain_hf.sources.files import Listing, OpenArchives, StoredPicture, is_hidden, list_folder, list_zip
from synpain_hf.sources.folds import FoldsFile, no_folds, read_folds
from synpain_hf.sources.names import parse_name
from synpain_hf.text.plurals import count, first_few
from synpain_hf.vocabulary import COMPOSITE_SIZE, DEMO_GENERATOR, OFFICIAL_GENERATOR, OFFICIAL_VIDEO_GENERATOR

PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".jp2", ".j2k", ".avif", ".heic", ".heif")
)
IMAGES = "Images"
_PART = re.compile(r"(?<![A-Za-z])(?:SynPain_|Images_)Part([12])(?![0-9A-Za-z])")
"""The folders of the two parts of the download."""

VIDEO_SUFFIXES = frozenset((".mp4",))


class OfficialSource:
    """The official data set, as it is on the Hub (`SynPain/Images`, `SynPain/Videos`) or on Borealis (zips).

    The stills in `Videos` are pairs like the others; the videos themselves are clips where they are asked for, and else
    counted and left aside.

    Args:
        locations: One folder (the Hub snapshot's root, its `SynPain` or its `Images`, or one that holds zips), or
            zip archives, which are read in place.
        choices: What becomes of the videos.
        repo_id: The data set on the Hub that was downloaded.
        revision: Its commit.

    Raises:
        UsageError: If a folder holds both zips and pictures, or there are several folds files.
    """

    def __init__(
        self,
        locations: Sequence[Path],
        choices: Choices | None = None,
        repo_id: str | None = None,
        revision: str | None = None,
    ) -> None:
        self._choices = choices or Choices()
        uses = self._choices.videos
        listing = _list(locations)
        self._pictures = _pictures(listing)
        self._problems = listing.problems
        self._drawn = read_drawn(lambda name: _content(listing.files, name))
        self._download = {"repo_id": repo_id, "revision": revision} if repo_id else {}
        videos = [file for file in listing.files if _suffix(file) in VIDEO_SUFFIXES]
        self._videos = len(videos)
        self._clips = videos if uses else []
        if videos and uses in (None, "table") and not (self._pictures or self._problems):
            self._problems = [Problem("source", _why_no_pairs(locations[0], [file.name for file in videos]))]
        self.folds_file = _read_folds_file(listing.files)

    def __len__(self) -> int:
        """Number of pictures, of clips, and of files that may not be read."""
        return len(self._pictures) + len(self._clips) + len(self._problems)

    def __iter__(self) -> Iterator[Pair | Clip | Problem]:
        """A `Pair` for each picture and a `Clip` for each video, or why it is not one."""
        yield from self._problems
        for picture in self._pictures:
            yield self._pair(picture)
        yield from map(official_clip, self._clips)

    def check_videos(self) -> None:
        """Refuse what was chosen about videos where there are none, or nothing becomes of them.

        Raises:
            UsageError: If it was.
        """
        if self._choices.videos and not self._videos:
            raise UsageError("asks for videos, and the source has none; omit it", "videos")
        if self._choices.at and not self._choices.videos:
            fault = "says which frames of videos become pairs; give {videos} frames, too"
            raise UsageError(fault, "at", mentions=["videos"])

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        if self._drawn:
            return {"kind": "demo", **self._drawn.notes}
        return {"kind": "official", "videos": self._videos, **self._download}

    def _pair(self, picture: Picture) -> Pair | Problem:
        pair = official_pair(picture)
        if self._drawn is None or isinstance(pair, Problem):
            return pair
        annotations = self._drawn.truth.get(pair.pair_id)
        if annotations is None:
            return Problem(picture.name, f"is not in {TRUTH_FILE}; draw these demo faces again", pair.pair_id)
        return replace(pair, generator=DEMO_GENERATOR, seed=self._drawn.notes["seed"], annotations=annotations)


def _why_no_pairs(location: Path, videos: Sequence[str]) -> str:
    """Why there are no pairs where videos are: their name, and the folder that has pictures, too."""
    named = first_few([PurePosixPath(name).name for name in videos])
    above = f"the folder above, {location.resolve().parent.name}, if it has" if location.is_dir() else "the zips of"
    return (
        f"holds {count(len(videos), 'video')} ({named}) and no pictures, but pairs are made of pictures; "
        f"give {above} the pictures, or make pairs of frames (--videos frames)"
    )


def official_pair(picture: Picture) -> Pair | Problem:
    """The pair that an official composite shows, by its name; or why it shows none."""
    try:
        name = parse_name(PurePosixPath(picture.name).stem)
    except ValueError as error:
        return Problem(picture.name, str(error))
    return Pair(
        **name._asdict(),
        pictures=(picture,),
        part=_part_of(picture),
        listed_at=picture.name,
        size=COMPOSITE_SIZE,
        generator=OFFICIAL_GENERATOR,
    )


def official_clip(video: Picture) -> Clip | Problem:
    """The clip that an official video is, by its name; or why it is none."""
    try:
        name = parse_name(PurePosixPath(video.name).stem)._asdict()
    except ValueError as error:
        return Problem(video.name, str(error))
    pair_id = name.pop("pair_id")
    return Clip(
        **name,
        name=pair_id,
        identity=pair_id,
        video=video,
        listed_at=video.name,
        part=_part_of(video),
        generator=OFFICIAL_VIDEO_GENERATOR,
    )


def _part_of(file: Picture) -> int | None:
    part = _PART.search(file.name)
    return int(part[1]) if part else None


def _list(locations: Sequence[Path]) -> Listing:
    first = locations[0]
    if not first.is_dir():
        return _with_zips(Listing(), locations)
    folder = _whole(first)
    listing = list_folder(folder, folder.parent if folder.name == IMAGES else folder)
    zips = _zips_in(first)
    if zips and (pictures := _pictures(listing)):
        raise UsageError(
            f"{first} holds both zips ({zips[0].name}, …) and pictures ({pictures[0].name}, …); "
            "name the zips themselves, or move them away"
        )
    return _with_zips(listing, zips)


def _with_zips(listing: Listing, zips: Sequence[Path]) -> Listing:
    for part in [list_zip(path.absolute()) for path in sorted(zips, key=lambda path: path.name)]:
        listing.files += part.files
        listing.problems += part.problems
    listing.files.sort(key=lambda file: file.name)
    listing.files = with_digests(listing.files)
    return listing


def _zips_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".zip" and not is_hidden(path.name))


def _whole(folder: Path) -> Path:
    """The folder that holds `Images`, so that the same data give the same names whichever folder is given."""
    folder = folder.resolve()
    beside = folder.parent
    if folder.name == IMAGES and (
        (beside / "Videos").is_dir()
        or any(beside.glob("*[Ff]olds*.txt"))
        or any((beside / name).is_file() for name in (NOTES_FILE, TRUTH_FILE))
    ):
        return beside
    inner = folder / "SynPain"
    return inner if inner.is_dir() else folder


def _pictures(listing: Listing) -> list[StoredPicture]:
    return [file for file in listing.files if _suffix(file) in PICTURE_SUFFIXES]


def _read_folds_file(files: Sequence[StoredPicture]) -> FoldsFile | None:
    found = [file for file in files if _suffix(file) == ".txt" and "folds" in PurePosixPath(file.name).stem.lower()]
    if len(found) > 1:
        names = ", ".join(file.name for file in found)
        raise UsageError(f"there are several folds files ({names}); keep one, or name one with --folds")
    if not found:
        return None
    try:
        with OpenArchives() as archives:
            return read_folds(found[0].name, found[0].read(archives))
    except PictureError as error:
        return no_folds(found[0].name, str(error))


def _content(files: Sequence[StoredPicture], name: str) -> bytes | None:
    """The content of a file by its bare name; None if there is no such file."""
    found = next((file for file in files if PurePosixPath(file.name).name == name), None)
    if found is None:
        return None
    try:
        with OpenArchives() as archives:
            return found.read(archives)
    except PictureError as error:
        raise BadInputError([Problem(found.name, str(error))]) from error


def _suffix(file: StoredPicture) -> str:
    return PurePosixPath(file.name).suffix.lower()
