"""The journals of a build, from which an interrupted one continues.

.OUT.partial/journal.jsonl   one line for each partition that is complete in .OUT.partial/release
.OUT.partial/clips.jsonl     one line for each clip that was looked at
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from synpain_hf.errors import Problem
from synpain_hf.imaging.likeness import Likeness
from synpain_hf.release.filming import Seen
from synpain_hf.release.partition import Written, WrittenRow
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

    def _read(self) -> Iterator[Written]:
        for line in _lines(self._journal):
            try:
                fields = parsed_json(line)
                rows = tuple(map(_row, fields.pop("rows")))
                problems = tuple(Problem(**problem) for problem in fields.pop("problems"))
                written = Written(**fields, rows=rows, problems=problems)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # an empty line, one cut short when the build was killed, or one of another version
            path = self.release / written.path
            if not rows or (path.is_file() and sha256_of(path) == written.sha256):
                yield written

    def _seen(self) -> Iterator[Seen]:
        found = map(_seen_in, _lines(self._clips))
        return (seen for seen in found if seen)


def _append(journal: Path, entry: Written | Seen) -> None:
    with journal.open("a", encoding="utf-8") as file:
        file.write(f"\n{json.dumps(entry, default=vars)}")  # on a new line, even after one cut short


def _lines(journal: Path) -> list[str]:
    return journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []


def _seen_in(line: str) -> Seen | None:
    """What a line says that a clip showed; None as for partitions."""
    try:
        fields = parsed_json(line)
        chosen = tuple(map(tuple, fields.pop("chosen")))
        return Seen(**{**fields, "peak": tuple(fields["peak"]), "chosen": chosen})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _row(fields: dict[str, Any]) -> WrittenRow:
    likenesses = tuple(Likeness(**likeness) for likeness in fields["likenesses"])
    as_tuples = {name: tuple(fields[name]) for name in ("pictures", "unverified")}
    return WrittenRow(**{**fields, **as_tuples, "likenesses": likenesses})
