"""`rate`: blinded sheets on which raters say what they see, each a page that works by itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synpain_hf.errors import UsageError
from synpain_hf.imaging.limits import MIN_SIDE
from synpain_hf.progress import Progress, silent
from synpain_hf.rating.choosing import chosen_of
from synpain_hf.rating.faces import faces_of, labelled
from synpain_hf.rating.html import page_of
from synpain_hf.rating.key import Key, described
from synpain_hf.rating.layout import Layout, layout_of
from synpain_hf.rating.pictures import pictures_of
from synpain_hf.rating.questions import questions_called
from synpain_hf.release.checking import check
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.storage import staged
from synpain_hf.text.plurals import count

KEY = "key.json"
SHEETS = "sheets"
OUT = "rating"
"""The folder that is written where none is given."""

MOST_BYTES = 2**26
"""Of the pictures in a sheet, as the page holds them."""

_LARGEST_SIDE = 2048
_MOST_RATERS = 100
_MOST_FACES = 5000
_MOST_CHECKS = 100


@dataclass(frozen=True)
class Sheets:
    """Sheets that were written.

    Attributes:
        folder: The folder.
        key: Its `key.json`.
        files: The sheets, by their place in the folder.
        faces: How many faces a sheet shows.
        trials: How often it shows one: some are repeated, and some are attention checks.
    """

    folder: Path
    key: Key
    files: Sequence[str]
    faces: int
    trials: int


def rate(
    *releases: str | Path,
    out: str | Path = OUT,
    faces: int = 100,
    repeats: int = 10,
    checks: int = 0,
    raters: int = 2,
    questions: Sequence[str] = (),
    image_size: int = 512,
    seed: int = 0,
    progress: Progress = silent,
) -> Sheets:
    """Make blinded sheets on which raters say what faces show, or how realistic they are.

    A sheet is one HTML page that works in any browser, without a network. It saves its answers as a CSV for `ratings`.
    All sheets show the same faces, each in an order of its own, in which faces of one identity are apart. Nothing in
    a sheet says what the right answers are, or which release a face is of: a face is a random token, and `key.json`
    knows which.

    Args:
        releases: The release directory; or several, such as those of one `transfer` by several methods, of which the
            same pairs are shown.
        out: The folder to write; it must not exist. Sheets are in `sheets/`; `key.json` is not for raters.
        faces: How many faces of all releases together, drawn so that groups and expressions are balanced; all where
            there are fewer. A neutral face that several pairs share is one.
        repeats: How many of them come twice, to see whether a rater agrees with themselves.
        checks: How many attention checks there are: a face at which the page asks for a given answer.
        raters: How many sheets.
        questions: What to ask: some of `gender`, `age`, `ethnicity`, `expression`, `realism`, `identity`; by default
            the first four, of several releases the last two.
        image_size: Columns and rows of a face at most; larger ones are scaled down.
        seed: Draws faces, orders and tokens.
        progress: Called with the pictures read.

    Returns:
        What was written.

    Raises:
        UsageError: If there is something at `out`, an argument cannot be right, or the releases cannot be compared.
        ReleaseError: If one is not a complete release, or a picture does not decode.
        OutputError: If the folder cannot be written, or the disk is full.
    """
    limits = {
        "faces": (1, _MOST_FACES),
        "checks": (0, _MOST_CHECKS),
        "raters": (1, _MOST_RATERS),
        "image_size": (MIN_SIDE, _LARGEST_SIDE),
    }
    given = {"faces": faces, "checks": checks, "raters": raters, "image_size": image_size}
    for name, (least, most) in limits.items():
        if not least <= given[name] <= most:
            raise UsageError(f"is {given[name]}; give {least} to {most}", name)
    if not 0 <= repeats <= faces:
        raise UsageError(f"is {repeats}; give 0 to the number of faces, {faces}", "repeats")
    if seed < 0:
        raise UsageError(f"is {seed}; give 0 or more", "seed")
    asked = questions_called(questions, of_several=len(releases) > 1)
    place = Path(out).expanduser().absolute()
    opened = labelled(releases)
    with staged(place) as staging:
        for release in opened.values():
            check(release, of=[base_table()], progress=progress)
        generator = np.random.default_rng(seed)
        known = faces_of(opened)
        chosen = chosen_of(known, faces, asked, generator)
        layout = layout_of(chosen, known, asked, generator, repeats=repeats, checks=checks, sheets=raters)
        key = Key(
            releases={label: described(release) for label, release in opened.items()},
            questions=[question.name for question in asked],
            faces={token: face.id for token, face in layout.faces.items()},
            checks=layout.checks,
            sheets=layout.sheets,
            seed=seed,
        )
        pictures = _pictures(opened, layout, image_size, progress)
        files = []
        (staging.folder / SHEETS).mkdir()
        for number, (sheet, order) in enumerate(layout.sheets.items(), 1):
            files.append(f"{SHEETS}/sheet-{number}.html")
            page = page_of(sheet, order, asked, layout, pictures)
            (staging.folder / files[-1]).write_text(page, encoding="utf-8")
        text = json.dumps(key.to_dict(), indent=2, ensure_ascii=False) + "\n"
        (staging.folder / KEY).write_text(text, encoding="utf-8")
        staging.complete([KEY, *files])
    return Sheets(place, key, files, len(chosen), len(next(iter(layout.sheets.values()))))


def _pictures(releases: Mapping[str, Release], layout: Layout, side: int, progress: Progress) -> dict[str, str]:
    """The picture of each token.

    Raises:
        UsageError: If they are too large for a page.
    """
    shown = {**layout.faces, **layout.references}
    tokens = {face.id: token for token, face in shown.items()}
    pictures: dict[str, str] = {}
    size = 0
    for label, release in releases.items():
        of_release = [face for face in shown.values() if face.id.release == label]
        for face, address in pictures_of(release, of_release, side):
            pictures[tokens[face]] = address
            size += len(address)
            progress("faces", len(pictures), len(shown))
            if size > MOST_BYTES:
                raise UsageError(
                    f"the pictures of {count(len(shown), 'face')} make a page of more than {MOST_BYTES // 2**20} MB, "
                    "which browsers open slowly; give a smaller {image_size}, or fewer {faces}",
                    mentions=("image_size", "faces"),
                )
    return dict(sorted(pictures.items()))
