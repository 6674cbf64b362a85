"""Draw `docs/transfer.jpg`: demo faces with the expressions of others, by each method.

python examples/show_transfer.py --out docs

With --identities and --drivers, releases of your own; their pictures are for your eyes. With --weights, what
`train-transfer` left, `docs/transfer_learned.jpg`: of a release of demo faces the fold alone that nothing was learned
from.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import synpain_hf
from synpain_hf.generation.transfer.control import control_picture
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.methods.method import Choices, Method, Request
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.imaging.decoding import decode
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member, members_of
from synpain_hf.transferring.choosing import Couple
from synpain_hf.transferring.drawing import bytes_of
from synpain_hf.transferring.manifest import pair_id_of
from synpain_hf.transferring.seen import Seen

PAPER, INK = "#f6f6f2", "#1a1a18"
SIDE, MARGIN, CAPTION = 150, 8, 26
QUALITY = 86
OF_FACE = 0.78
"""Half the side of what is shown, as a share of the face's larger side."""

IDENTITIES = (("young", "woman", "black"), ("old", "man", "white"))
DRIVERS = (
    ("old", "pain", "east_asian"),
    ("young", "pain", "white"),
    ("young", "no_pain", "south_asian"),
    ("old", "no_pain", "middle_eastern"),
)


def sheet(
    whose: Release, whence: Release, rows: Sequence[Member], columns: Sequence[Member], choices: Choices
) -> Image.Image:
    """Drivers in columns, their faces on top; below, for each identity, the landmarks and what each method draws."""
    shots, driving = shots_of(whose, rows), shots_of(whence, columns)
    drawing = drawers(choices, all(row.drawing for row in rows))
    methods = list(drawing)
    captions = ["neutral", "expression", *[text for _ in rows for text in ("control", *methods)]]
    size = (MARGIN + (len(columns) + 1) * (SIDE + MARGIN) + CAPTION, MARGIN + len(captions) * (SIDE + MARGIN))
    picture = Image.new("RGB", size, PAPER)

    def put(row: int, column: int, pixels: Image.Image, of: Shot) -> None:
        at = (CAPTION + MARGIN + column * (SIDE + MARGIN), MARGIN + row * (SIDE + MARGIN))
        picture.paste(cut(pixels, of), at)

    for number, caption in enumerate(captions):
        text = Image.new("L", (SIDE, CAPTION))
        ImageDraw.Draw(text).text((SIDE / 2, 4), caption, 255, ImageFont.load_default(size=14), anchor="ma")
        turned = text.rotate(90, expand=True)
        picture.paste(INK, (2, MARGIN + number * (SIDE + MARGIN)), turned)
    for column, driver in enumerate(columns, 1):
        for row, face in enumerate(("neutral", "expressive")):
            shot = driving[driver.pair_id, face]
            put(row, column, Image.fromarray(shot.pixels), shot)
    for number, identity in enumerate(rows):
        own = shots[identity.pair_id, "neutral"]
        first = 2 + number * (1 + len(methods))
        put(first, 0, Image.fromarray(own.pixels), own)
        for column, driver in enumerate(columns, 1):
            known = driver.annotations["expressive"].units if driver.annotations else {}
            neutral, expression = (driving[driver.pair_id, face] for face in ("neutral", "expressive"))
            key = pair_id_of(Couple(identity, driver))
            request = Request(own, neutral, expression, known, driver.label, identity.drawing, key, identity.groups)
            put(first, column, control_picture(request.target(), own.size), own)
            for place, name in enumerate(methods, first + 1):
                put(place, column, Image.fromarray(drawing[name].draw(request)), own)
    return picture


def drawers(choices: Choices, are_drawn: bool) -> Mapping[str, Method]:
    """What draws: the method of the weights in the middle, if there are any, and the truth below, where it is known."""
    found: dict[str, Method] = {"warp": METHODS["warp"]()}
    if choices.weights:
        name = about(choices.weights)["method"]
        found[name] = METHODS[name](choices)
    return {**found, **({"oracle": METHODS["oracle"]()} if are_drawn else {})}


def about(weights: str) -> dict[str, Any]:
    """What `train-transfer` says of what it left."""
    said: dict[str, Any] = json.loads((Path(weights) / "transfer_model.json").read_text(encoding="utf-8"))
    return said


def shots_of(release: Release, members: Sequence[Member]) -> Mapping[tuple[str, str], Shot]:
    """Both faces of some pairs, with their landmarks."""
    table = release.read("annotations/mediapipe.parquet")
    seen = Seen.of(table, release.name)
    found = {}
    for member in members:
        for face in ("neutral", "expressive"):
            raster = decode(bytes_of(release.folder / member.file, (member.pair_id, face)))
            pixels = np.ascontiguousarray(raster.pixels(raster.width))
            found[member.pair_id, face] = Shot(pixels, seen.landmarks[member.pair_id, face])
    return found


def cut(picture: Image.Image, of: Shot) -> Image.Image:
    """The face of a picture, in a square."""
    low, high = of.landmarks[:, :2].min(axis=0), of.landmarks[:, :2].max(axis=0)
    (x, y), half = (low + high) / 2, OF_FACE * float((high - low).max())
    return picture.crop((round(x - half), round(y - half), round(x + half), round(y + half))).resize((SIDE, SIDE))


def first_with(members: Sequence[Member], wanted: Sequence[Sequence[str]]) -> list[Member]:
    """For each of some words the first pair, not taken yet, whose label and groups have all of them."""
    taken: list[Member] = []
    for words in wanted:
        taken += [
            member
            for member in members
            if member not in taken and set(words) <= {member.label, *map(str, member.groups.values())}
        ][:1]
    return taken


def unseen(members: Sequence[Member], weights: str) -> Sequence[Member]:
    """The pairs of the fold that weights have not learned from, nor been looked at in."""
    if not weights:
        return members
    return [one for one in members if one.fold == about(weights)["learned_from"]["test_fold"]]


def strength(member: Member) -> float:
    """The sum of the units of an expression; 0 where they are not known."""
    return sum(member.annotations["expressive"].units.values()) if member.annotations else 0.0


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--identities", type=Path, help="an annotated release")
    parser.add_argument("--drivers", type=Path, help="an annotated release")
    parser.add_argument("--weights", default="", help="a folder of train-transfer")
    parser.add_argument("--steps", type=int, help="of denoising")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / ("transfer_learned.jpg" if options.weights else "transfer.jpg")
    with tempfile.TemporaryDirectory() as folder:
        if not options.identities:
            options.identities = options.drivers = Path(folder) / "drawn"
            synpain_hf.demo(options.identities, pairs=100, seed=options.seed)
            synpain_hf.annotate(options.identities, "mediapipe")
        whose, whence = Release.open(options.identities), Release.open(options.drivers)
        shown, driving = (unseen(members_of(release), options.weights) for release in (whose, whence))
        rows = first_with(shown, IDENTITIES)
        others = [one for one in driving if one not in rows]
        columns = first_with(sorted(others, key=strength, reverse=True), DRIVERS)
        choices = Choices(weights=options.weights, steps=options.steps)
        sheet(whose, whence, rows, columns, choices).save(path, quality=QUALITY, subsampling=0, optimize=True)
    print(path)


if __name__ == "__main__":
    main()
