"""`import_annotations`: measurements of other tools into `annotations/` of a release."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from synpain_hf.annotation.faces import Face, faces_by_stem
from synpain_hf.annotation.imports.matching import Matched
from synpain_hf.annotation.imports.reading import Measured, open_table
from synpain_hf.annotation.imports.tool import CONFIDENCE
from synpain_hf.annotation.imports.tools import tools_called
from synpain_hf.annotation.place import place_of
from synpain_hf.errors import BadInputError, Notice, Problem, UsageError, warn_of
from synpain_hf.progress import Progress, silent
from synpain_hf.pspi import pspi_of
from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import features, write_rows
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.tabular.given import GivenFile
from synpain_hf.vocabulary import FACES

_UNIT = re.compile(r"AU(\d+)")
_NUMBERED = re.compile(r"AU(\d+)(.*)")
_TABLES = (".csv", ".tsv", ".txt")
_ANNOTATOR = re.compile(r"[^\W_][\w .+()-]{0,79}")


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes:
        release: The new release.
        file: The file with the annotations, by its place in the release.
        tool: The tool whose tables they were.
        annotator: What the release calls it.
        faces: How many faces have a row.
        failed: How many of them have a reason in place of values.
        absent: How many faces of the release have no row.
        repeated: How many rows did not count, because another of the same face did: one with a face found before one
            without, then the one with the greatest confidence, then the first.
        left_out: How many rows were left out, because they are wrong or fit no face.
    """

    release: Release
    file: str
    tool: str
    annotator: str
    faces: int
    failed: int
    absent: int
    repeated: int
    left_out: int


def import_annotations(
    release: str | Path,
    file: str | Path | Sequence[str | Path],
    *,
    tool: str | None = None,
    annotator: str | None = None,
    on_error: Literal["fail", "skip"] = "fail",
    version: str | None = None,
    progress: Progress = silent,
    notice: Notice = warn_of,
) -> Imported:
    """Add what another tool measured in the faces of a release to its annotations.

    A table of FaceReader, Py-Feat, OpenFace, iMotions (FACET) or DSL-FIQA is recognised by its columns; its rows find
    their faces by the names that `faces` gives to pictures. A plain CSV has `pair_id` and `face`, or `file`. Action
    units become intensities from 0 to 5, and `scale` says what they were; evidence stays evidence. What the tool does
    not give is missing, and so is PSPI then. A face in which nothing was measured has a `reason`. What the same
    annotator said before is replaced.

    Args:
        release: The release directory.
        file: A table; several, or a folder of them, where a tool writes one a picture.
        tool: Whose tables they are; None to recognise it.
        annotator: What to call it in the release; the name of the tool by default.
        on_error: `fail` over a row that is wrong or fits no face, or `skip` it.
        version: The new version of the release; None for the lowest that the change allows.
        progress: Called with the tables read, or the bytes of large ones.
        notice: Called with what is wrong with rows that are skipped.

    Returns:
        What was done.

    Raises:
        UsageError: If an argument cannot be right.
        BadInputError: If a table or, unless they are skipped, a row cannot be used; or no row fits a face.
        ReleaseError: If it is not a complete release.
        VersionError: If `version` does not rise enough.
        OutputError: If it cannot be written.
    """
    if on_error not in ("fail", "skip"):
        raise UsageError(f"is {on_error!r}; give fail or skip", "on_error")
    tools = tools_called(tool)
    given = _files(file)
    opened = Release.open(release)
    matched = Matched(faces_by_stem(opened))
    titles: dict[str, str] = {}
    for done, each in enumerate(given, 1):
        table = open_table(each, tools, progress)
        titles[table.tool.title] = table.tool.name
        matched.add(table)
        if len(given) > 1:
            progress("tables", done, len(given))
    if len(titles) > 1:
        raise UsageError(
            f"are of different tools ({', '.join(titles)}); import those of each tool by themselves", "file"
        )
    ((title, name),) = titles.items()
    _report(matched, given[0].name if len(given) == 1 else f"{given[0].name} …", notice, skipped=on_error == "skip")
    called = _annotator(title if annotator is None else annotator)
    place = place_of(opened, called)
    new = amend(release, add={place: _writer(matched.rows, called)}, version=version)
    return Imported(
        release=new,
        file=place,
        tool=name,
        annotator=called,
        faces=len(matched.rows),
        failed=sum(bool(row.reason) for row in matched.rows.values()),
        absent=len(matched.faces) - len(matched.rows),
        repeated=matched.repeated,
        left_out=matched.wrong + matched.unmatched,
    )


def _files(given: str | Path | Sequence[str | Path]) -> list[GivenFile]:
    """The tables, those of a folder by name."""
    paths = [Path(path).expanduser() for path in ([given] if isinstance(given, (str, Path)) else given)]
    found: list[GivenFile] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.suffix.lower() in _TABLES and each.is_file())
            found.extend(GivenFile(each, each.name) for each in inside)
        else:
            found.append(GivenFile(path, path.name))
    if not found:
        raise UsageError(f"has no table ({', '.join(_TABLES)}); give a file, or a folder that has some", "file")
    return found


def _report(matched: Matched, name: str, notice: Notice, *, skipped: bool) -> None:
    problems = list(matched.report(name))
    if problems and not skipped:
        raise BadInputError(problems)
    if not matched.rows:
        raise BadInputError(
            [*problems, Problem(name, "has no row of a face of this release; check which release it is")]
        )
    if problems:
        notice(problems)


def _annotator(name: str) -> str:
    if not _ANNOTATOR.fullmatch(name):
        raise UsageError(
            f"is {name!r}; give up to 80 letters, digits, spaces and . + ( ) _ -, a letter or digit first", "annotator"
        )
    return name


def _writer(rows: Mapping[Face, Measured], annotator: str) -> Callable[[Path], None]:
    """What writes the table of some rows, sorted by face."""
    from datasets import Features, Value

    columns = sorted({column for row in rows.values() for column in row.values}, key=_in_order)
    has_units = any(map(_UNIT.fullmatch, columns))
    fixed = features()
    own = {
        PAIR_ID: fixed[PAIR_ID],
        "face": fixed["face"],
        **{column: Value("float32") for column in columns},
        **({"pspi": fixed["pspi"]} if has_units else {}),
        **({"scale": Value("string")} if any(row.scale for row in rows.values()) else {}),
        "reason": Value("string"),
        "annotator": fixed["annotator"],
    }
    listed = [
        {
            PAIR_ID: pair_id,
            "face": FACES.index(face),
            **row.values,
            "pspi": pspi_of(row.values),
            "scale": row.scale,
            "reason": row.reason or None,
            "annotator": annotator,
        }
        for (pair_id, face), row in sorted(rows.items(), key=lambda item: (item[0][0], FACES.index(item[0][1])))
    ]
    return partial(write_rows, rows=listed, columns=Features(own))


def _in_order(column: str) -> tuple[bool, str, int, str]:
    """Units by number, then what else is known of units, then the rest."""
    found = _NUMBERED.fullmatch(column)
    return (False, found[2], int(found[1]), "") if found else (column == CONFIDENCE, "~", 0, column)
