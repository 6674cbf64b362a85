"""Folders of clips whose names say who is shown and what: BioVid, and others by a pattern.

BioVid's clips are `071309_w_21/071309_w_21-BL1-081.mp4`: subject, w or m, age in years, BL1 without heat or PA1 to PA4
for the levels of heat, and a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.pair import Clip, Pair
from synpain_hf.schemas import properties, violations
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.digests import with_digests
from synpain_hf.sources.entries import fields_of, with_known_words
from synpain_hf.sources.files import StoredPicture, list_folder
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.groups import Groups, read_groups
from synpain_hf.sources.wording import Wording
from synpain_hf.text.suggestions import did_you_mean

SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"))

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,89}")
"""What a clip may be called, so that its frames can be called after it."""


@dataclass(frozen=True)
class ClipNames:
    """How clips are named.

    Attributes:
        kind: The kind of source, as `release.json` calls it.
        pattern: What a clip's name matches, without its ending; or its path below the folder. Its named groups are
            `identity`, `label`, and, if names say them, `age_group`, `gender`, `ethnicity` and `age`.
        example: A name, for messages.
        wording: What the words mean that stand there.
        levels: The level of pain that a label stands for, where labels are levels.
    """

    kind: str
    pattern: re.Pattern[str]
    example: str
    wording: Wording = field(default_factory=Wording)
    levels: Mapping[str, int] = field(default_factory=dict)

    def fields_in(self, name: str) -> Mapping[str, Any] | None:
        """What a name says; None if it does not match."""
        match = self.pattern.fullmatch(name)
        return None if match is None else match.groupdict()


BIOVID = ClipNames(
    "biovid",
    re.compile(r"(?P<identity>[0-9]{6}_(?P<gender>[mw])_(?P<age>[0-9]{2}))-(?P<label>BL1|PA[1-4])-[0-9]{3}"),
    "071309_w_21-PA4-081.mp4",
    Wording({"gender": {"w": "woman", "m": "man"}}),
    {"BL1": 0, "PA1": 1, "PA2": 2, "PA3": 3, "PA4": 4},
)


def is_biovid(folder: Path) -> bool:
    """Whether a folder has clips, or folders of clips, that are named as BioVid's are."""
    found = chain(folder.glob("*.*"), folder.glob("*/*.*"))
    return any(path.suffix.lower() in SUFFIXES and BIOVID.fields_in(path.stem) for path in found)


def names_by(pattern: str, wording: Wording) -> ClipNames:
    """Clips that are named as a user says.

    Args:
        pattern: A regular expression.
        wording: What its words mean.

    Raises:
        UsageError: If it is none, or has no group for what is needed, or one for what nobody knows.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"is not a regular expression ({error}); correct it", "clip_names") from error
    known, required = properties("clip")
    for name in compiled.groupindex:
        if name not in known:
            near = did_you_mean(name, sorted(known))
            raise UsageError(f"has a group {name!r}{near}; choose from {', '.join(sorted(known))}", "clip_names")
    lacking = [f"(?P<{name}>…)" for name in sorted(required - compiled.groupindex.keys())]
    if lacking:
        raise UsageError(f"has no group {' and no '.join(lacking)}; add what tells it", "clip_names")
    if wording.dropped or wording.kept or "columns" in wording.words:
        raise UsageError("say how a table is written, and this source is not one; omit them", "drop", "keep")
    return ClipNames("clips", compiled, pattern, wording)


class ClipFolder:
    """A folder of clips, each of one person.

    Args:
        folder: The folder.
        names: How the clips are named.
        choices: What becomes of them, from which level on a clip shows pain, and the groups.

    Raises:
        UsageError: If no clip could become a pair, or the level cannot be right.
        BadInputError: If the table of groups cannot be read, or there are no clips.
    """

    folds_file: FoldsFile | None = None

    def __init__(self, folder: Path, names: ClipNames, choices: Choices) -> None:
        if choices.videos == "table":
            raise UsageError("is table, and here are clips alone, of which pairs have to be made; give both", "videos")
        self._names, self._pain_from = names, _checked(choices.pain_from, names)
        groups = read_groups(choices.groups)
        listing = list_folder(folder.resolve())
        files = with_digests(listing.files)
        videos = [file for file in files if PurePosixPath(file.name).suffix.lower() in SUFFIXES]
        self._entries: list[Clip | Problem] = [*listing.problems, *(self._entry(file, groups) for file in videos)]
        if not self._entries:
            raise BadInputError([Problem(folder.name, f"has no clips ({', '.join(sorted(SUFFIXES))}); give another")])
        self._entries += groups.check({entry.identity for entry in self._entries if isinstance(entry, Clip)})

    def __len__(self) -> int:
        """Number of clips, and of problems."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Clip | Problem]:
        """A `Clip` for each video, or why it is not one."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        how = {"pain_from": self._pain_from} if self._names.levels else {"clip_names": self._names.pattern.pattern}
        return {"kind": self._names.kind, **how}

    def _entry(self, file: StoredPicture, groups: Groups) -> Clip | Problem:
        path = PurePosixPath(file.name).with_suffix("")
        said, name = self._names.fields_in(path.name), path.name
        if said is None:
            said, name = self._names.fields_in(path.as_posix()), path.as_posix().replace("/", "-")
        if said is None:
            reason = f"is not named as clips are here ({self._names.example}); restore its name, or leave it out"
            return Problem(file.name, reason)
        if not _NAME.fullmatch(name):
            return Problem(file.name, "is not named in letters, digits, dots, - and _ (90 at most); rename it")
        word = str(said["label"])
        level = self._names.levels.get(word)
        if level is not None:
            said = {**said, "label": "pain" if level >= self._pain_from else "no_pain"}
        fields, reasons = with_known_words(
            fields_of(said, self._names.wording), ", or say what it means in a file (--map)"
        )
        reasons += violations("clip", fields)
        if reasons:
            return Problem(file.name, "; also: ".join(reasons))
        known = {**fields, **groups.of(fields["identity"])}
        source_label = None if word == known["label"] else word
        return Clip(**known, name=name, video=file, listed_at=file.name, source_label=source_label)


def _checked(pain_from: float | None, names: ClipNames) -> float:
    """The least level that is called pain: any, where nothing was said.

    Raises:
        UsageError: If no clip, or every one, would be called pain.
    """
    most = max(names.levels.values(), default=0)
    if pain_from is None:
        return 1
    if not names.levels:
        raise UsageError("asks for a level, and the names of these clips say none; omit it", "pain_from")
    if not 0 < pain_from <= most:
        raise UsageError(f"is {pain_from:g}; give a level from 1 to {most}", "pain_from")
    return pain_from
