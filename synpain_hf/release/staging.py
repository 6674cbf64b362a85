"""The journal of a build, from which an interrupted one continues.

.OUT.partial/journal.jsonl   one line for each partition that is complete in .OUT.partial/release
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Lock
from typing import Any

from synpain_hf.errors import Problem
from synpain_hf.imaging.likeness import Likeness
from synpain_hf.release.partition import Written, WrittenRow
from synpain_hf.storage import StagedFolder, sha256_of
from synpain_hf.text.documents import parsed_json


class Staging:
    """A release that is being written, and which parts of it are complete.

    Attributes:
        release: What will be the release directory.
        finished: The complete partitions, including those of an interrupted build, by the key of their task.
    """

    def __init__(self, staged: StagedFolder) -> None:
        self._journal = staged.work / "journal.jsonl"
        self._writing = Lock()
        self.release = staged.folder
        self.finished = {written.key: written for written in self._read()}

    def add(self, written: Written) -> None:
        """Remember a complete partition; it will not be written again."""
        with self._writing, self._journal.open("a", encoding="utf-8") as journal:
            journal.write(f"\n{json.dumps(written, default=vars)}")  # on a new line, even after one cut short
            self.finished[written.key] = written

    def _read(self) -> Iterator[Written]:
        if not self._journal.exists():
            return
        for line in self._journal.read_text(encoding="utf-8").splitlines():
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


def _row(fields: dict[str, Any]) -> WrittenRow:
    likenesses = tuple(Likeness(**likeness) for likeness in fields["likenesses"])
    as_tuples = {name: tuple(fields[name]) for name in ("pictures", "unverified")}
    return WrittenRow(**{**fields, **as_tuples, "likenesses": likenesses})
