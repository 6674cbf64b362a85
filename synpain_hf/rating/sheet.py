"""`rate`: blinded sheets on which raters say what they see, each a page that works by itself."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synpain_hf.errors import UsageError
from synpain_hf.imaging.limits import MIN_SIDE
from synpain_hf.progress import Progress, silent
from synpain_hf.rating.faces import Face, balanced, distinct, faces_of
from synpain_hf.rating.key import Key, described
from synpain_hf.rating.order import order_of
from synpain_hf.rating.pictures import pictures_of
from synpain_hf.rating.questions import CANNOT_SAY, Question, questions_called
from synpain_hf.release.checking import check
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.storage import staged
from synpain_hf.text.plurals import count
from synpain_hf.text.templates import render

KEY = "key.json"
SHEETS = "sheets"
OUT = "rating"
"""The folder that is written where none is given."""

MOST_BYTES = 2**26
"""Of the pictures in a sheet, as the page holds them."""

_LARGEST_SIDE = 2048
_MOST_RATERS = 100
_MOST_FACES = 5000
_LETTERS = "bcdfghjkmnpqrstvwxz"
"""Of tokens: no word comes of them, and no spreadsheet takes them for a number."""
_TOKEN_LENGTH = 10
_PAGE = Path(__file__).with_name("page")


@dataclass(frozen=True)
class Sheets:
    """Sheets that were written.

    Attributes:
        folder: The folder.
        key: Its `key.json`.
        files: The sheets, by their place in the folder.
        faces: How many faces a sheet shows.
        trials: How often it shows one: some are repeated.
    """

    folder: Path
    key: Key
    files: Sequence[str]
    faces: int
    trials: int


def rate(
    release: str | Path,
    out: str | Path = OUT,
    *,
    faces: int = 100,
    repeats: int = 10,
    raters: int = 2,
    questions: Sequence[str] = (),
    image_size: int = 512,
    seed: int = 0,
    progress: Progress = silent,
) -> Sheets:
    """Make blinded sheets on which raters say what faces show: gender, age, ethnicity and expression.

    A sheet is one HTML page that works in any browser, without a network. It saves its answers as a CSV for `ratings`.
    All sheets show the same faces, each in an order of its own, in which faces of one identity are apart. Nothing in
    a sheet says what the right answers are: a face is a random token, and `key.json` knows which.

    Args:
        release: The release directory.
        out: The folder to write; it must not exist. Sheets are in `sheets/`; `key.json` is not for raters.
        faces: How many faces, drawn so that groups and expressions are balanced; all where there are fewer. A neutral
            face that several pairs share is one.
        repeats: How many of them come twice, to see whether a rater agrees with themselves.
        raters: How many sheets.
        questions: What to ask: some of `gender`, `age`, `ethnicity`, `expression`; all by default.
        image_size: Columns and rows of a face at most; larger ones are scaled down.
        seed: Draws faces, orders and tokens.
        progress: Called with the pictures read.

    Returns:
        What was written.

    Raises:
        UsageError: If there is something at `out`, or an argument cannot be right.
        ReleaseError: If it is not a complete release, or a picture does not decode.
        OutputError: If the folder cannot be written, or the disk is full.
    """
    limits = {"faces": (1, _MOST_FACES), "raters": (1, _MOST_RATERS), "image_size": (MIN_SIDE, _LARGEST_SIDE)}
    given = {"faces": faces, "raters": raters, "image_size": image_size}
    for name, (least, most) in limits.items():
        if not least <= given[name] <= most:
            raise UsageError(f"is {given[name]}; give {least} to {most}", name)
    if not 0 <= repeats <= faces:
        raise UsageError(f"is {repeats}; give 0 to the number of faces, {faces}", "repeats")
    if seed < 0:
        raise UsageError(f"is {seed}; give 0 or more", "seed")
    asked = questions_called(questions)
    place = Path(out).expanduser().absolute()
    opened = Release.open(release)
    with staged(place) as staging:
        check(opened, of=[base_table()], progress=progress)
        generator = np.random.default_rng(seed)
        chosen = balanced(distinct(faces_of(opened)), faces, generator)
        tokens = _tokens(len(chosen) + raters, generator)
        by_token = dict(sorted(zip(tokens, chosen, strict=False)))
        orders = dict(_orders(by_token, tokens[len(chosen) :], min(repeats, len(chosen)), generator))
        key = Key(
            release=described(opened),
            questions=[question.name for question in asked],
            faces={token: face.id for token, face in by_token.items()},
            sheets=orders,
            seed=seed,
        )
        pictures = _pictures(opened, by_token, image_size, progress)
        files = []
        (staging.folder / SHEETS).mkdir()
        for number, (sheet, order) in enumerate(orders.items(), 1):
            files.append(f"{SHEETS}/sheet-{number}.html")
            page = _page({"sheet": sheet, "questions": _asked(asked), "trials": order, "pictures": pictures})
            (staging.folder / files[-1]).write_text(page, encoding="utf-8")
        text = json.dumps(key.to_dict(), indent=2, ensure_ascii=False) + "\n"
        (staging.folder / KEY).write_text(text, encoding="utf-8")
        staging.complete([KEY, *files])
    return Sheets(place, key, files, len(chosen), len(next(iter(orders.values()))))


def _tokens(number: int, generator: np.random.Generator) -> list[str]:
    """Names that tell nothing, all different."""
    found: dict[str, None] = {}
    while len(found) < number:
        found["".join(_LETTERS[letter] for letter in generator.integers(len(_LETTERS), size=_TOKEN_LENGTH))] = None
    return list(found)


def _orders(
    faces: Mapping[str, Face], sheets: Sequence[str], repeats: int, generator: np.random.Generator
) -> Iterator[tuple[str, list[str]]]:
    """Every sheet, and its tokens in the order of its trials; all sheets repeat the same faces."""
    tokens = list(faces)
    tokens += [tokens[index] for index in generator.permutation(len(tokens))[:repeats]]
    for sheet in sheets:
        yield sheet, [tokens[trial] for trial in order_of([faces[token].identity for token in tokens], generator)]


def _pictures(release: Release, faces: Mapping[str, Face], side: int, progress: Progress) -> dict[str, str]:
    """The picture of each token.

    Raises:
        UsageError: If they are too large for a page.
    """
    by_face = {face.id: token for token, face in faces.items()}
    pictures: dict[str, str] = {}
    size = 0
    for done, (face, address) in enumerate(pictures_of(release, list(faces.values()), side), 1):
        pictures[by_face[face]] = address
        size += len(address)
        progress("faces", done, len(faces))
        if size > MOST_BYTES:
            raise UsageError(
                f"the pictures of {count(len(faces), 'face')} make a page of more than {MOST_BYTES // 2**20} MB, which "
                "browsers open slowly; give a smaller {image_size}, or fewer {faces}",
                mentions=("image_size", "faces"),
            )
    return dict(sorted(pictures.items()))


def _asked(questions: Sequence[Question]) -> list[dict[str, Any]]:
    return [
        {
            "name": question.name,
            "asked": question.asked,
            "answers": [*question.answers.items(), (CANNOT_SAY, "I cannot say")],
        }
        for question in questions
    ]


def _page(data: Mapping[str, Any]) -> str:
    """The page; its policy lets no script run but its own, and nothing be sent or fetched."""
    style, script = (_PAGE.joinpath(name).read_text(encoding="utf-8") for name in ("sheet.css", "sheet.js"))
    digests = {
        name: f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        for name, text in (("style", style), ("script", script))
    }
    inside = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")
    return render(
        _PAGE / "sheet.html.jinja",
        {"style": style, "script": script, "data": inside, "digests": digests},
        escape=False,
    )
