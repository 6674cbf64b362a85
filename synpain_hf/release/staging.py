"""The journals of a build, from which an interrupted one continues.

.OUT.partial/journal.jsonl   one line for each partition that is complete in .OUT.partial/release
.OUT.partial/clips.jsonl     one line for each clip that was looked at
.OUT.partial/thumbnails/     of the faces of each partition in the journal
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import Any

from synpain_hf.errors import Problem
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.filming import Seen
from synpain_hf.release.partition import Written, WrittenRow
from synpain_hf.release.thumbnails import place_of, read_thumbnails
from synpain_hf.storage import StagedFolder, sha256_of
from synpain_hf.text.documents import parsed_json


class Staging:
    """A release that is being written, and which parts of it are complete.

    Attributes:
        release: What will be the release directory.
        finished: The complete partitions, including those of an interrupted build, by the key of their task.
        seen: What clips showed, including to an interrupted build, by its key.
    """

    def __init__(self, staged: StagedFolder) -> None:
        self._work = staged.work
        self._journal, self._clips = (staged.work / name for name in ("journal.jsonl", "clips.jsonl"))
        self._writing = Lock()
        self.release = staged.folder
        self.finished = {written.key: written for written in self._read()}
        self.seen = {seen.key: seen for seen in self._seen()}

    def add(self, written: Written) -> None:
        """Remember a complete partition; it will not be written again."""
        with self._writing:
            _append(self._journal, written)
            self.finished[written.key] = written

    def add_seen(self, seen: Seen) -> None:
        """Remember what a clip showed; it will not be looked at again."""
        with self._writing:
            _append(self._clips, seen)
            self.seen[seen.key] = seen

    def thumbnails_of(self, written: Iterable[Written]) -> Pixels:
        """The thumbnails of the faces of some partitions, in their order; shape (faces, 16, 16, 3), uint8."""
        return read_thumbnails(self._work, (partition.path for partition in written if partition.rows))

    def _read(self) -> Iterator[Written]:
        for line in _lines(self._journal):
            try:
                entry = parsed_json(line)
                rows = tuple(map(_row, entry.pop("rows")))
                problems = tuple(Problem(**problem) for problem in entry.pop("problems"))
                written = Written(**entry, rows=rows, problems=problems)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # an empty line, one cut short when the build was killed, or one of another version
            files = {
                self.release / written.path: written.sha256,
                place_of(self._work, written.path): written.thumbnails,
            }
            if not rows or all(path.is_file() and sha256_of(path) == sha256 for path, sha256 in files.items()):
                yield written

    def _seen(self) -> Iterator[Seen]:
        found = map(_seen_in, _lines(self._clips))
        return (seen for seen in found if seen)


def _append(journal: Path, entry: Written | Seen) -> None:
    with journal.open("a", encoding="utf-8") as file:
        file.write(f"\n{json.dumps(entry, default=_fields)}")  # on a new line, even after one cut short


def _fields(entry: Any) -> dict[str, Any]:
    return {field.name: getattr(entry, field.name) for field in fields(entry)}


def _lines(journal: Path) -> Iterator[str]:
    if journal.exists():
        with journal.open(encoding="utf-8") as file:
            yield from file


def _seen_in(line: str) -> Seen | None:
    """What a line says that a clip showed; None as for partitions."""
    try:
        entry = parsed_json(line)
        chosen = tuple(map(tuple, entry.pop("chosen")))
        return Seen(**{**entry, "peak": tuple(entry["peak"]), "chosen": chosen})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _row(entry: dict[str, Any]) -> WrittenRow:
    return WrittenRow(**{**entry, **{name: tuple(entry[name]) for name in ("pictures", "faces", "unverified")}})
