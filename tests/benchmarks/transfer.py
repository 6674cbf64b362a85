"""How near methods of transfer come to the truth, and how long a picture takes.

python -m tests.benchmarks.transfer --pairs 100
python -m tests.benchmarks.transfer --release RELEASE --weights DIR
python -m tests.benchmarks.transfer --release RELEASE

Demo faces with the expressions of others: the truth is the identity drawn anew with the driver's units (`oracle`).
Landmarks are those that MediaPipe finds in the pictures, and their errors are in percent of the face's width; errors
of pixels are root mean squares, of 255, in the box of the face. Time includes reading three pictures and encoding one.
The second form takes a release of demo faces that MediaPipe has annotated, and of it the fold alone that the weights
were to be tested in: nobody is learned, nor were steps chosen by anybody. The third form takes the time of warp alone,
of the faces of any release that MediaPipe has annotated.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.finding import FaceFinder
from synpain_hf.annotation.landmarks import FILE
from synpain_hf.assessment.landmarks import PARTS
from synpain_hf.assessment.landmarks import errors as errors_of
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT
from synpain_hf.generation.transfer.methods.method import Choices, Method, Request
from synpain_hf.generation.transfer.methods.oracle import Oracle
from synpain_hf.generation.transfer.methods.unet import UNet
from synpain_hf.generation.transfer.methods.warp import Warp
from synpain_hf.imaging import png
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member, members_of
from synpain_hf.transferring.choosing import couples_of
from synpain_hf.transferring.manifest import pair_id_of
from synpain_hf.transferring.seen import Seen
from tests.benchmarks.measuring import machine
from tests.transfer.making import difference, pixels_of, request, shots_of

Floats = npt.NDArray[np.float64]


def timed(method: Method, asked: Request) -> tuple[png.Pixels, float]:
    """What a method draws, and the seconds of processor time that it takes."""
    files = [png.encode(shot.pixels) for shot in (asked.identity, asked.neutral, asked.expression)]
    begun = time.process_time()
    for file in files:
        pixels_of(file)
    drawn = method.draw(asked)
    png.encode(drawn)
    return drawn, time.process_time() - begun


def timed_on(release: Release) -> Floats:
    """The seconds of each identity of a release, driven by the next one."""
    members = members_of(release)
    shots = shots_of(release, members, Seen.of(release.read(FILE), release.name))
    couples = zip(members, [*members[1:], members[0]], strict=True)
    return np.array([timed(Warp(), request(shots, *couple))[1] for couple in couples])


def measured(
    release: Release, members: Sequence[Member], methods: Sequence[Method], per_identity: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """How near methods come to the truth.

    Returns:
        The errors of landmarks, shape (couples, 1 + methods, parts); those of pixels, shape (couples, 1 + methods): of
        the neutral face and of each method; and seconds, shape (couples, methods).
    """
    find = FaceFinder()
    seen = Seen.of(release.read(FILE), release.name)
    couples, _ = couples_of(members, members, per_identity, (), seed)
    errors, pixels, seconds = [], [], []
    for couple in couples:
        shots = shots_of(release, [couple.identity, couple.driver], seen)
        asked = replace(request(shots, couple.identity, couple.driver), key=pair_id_of(couple))
        drawn, took = zip(*(timed(method, asked) for method in methods), strict=True)
        seconds.append(took)
        truth = Oracle().draw(asked)
        wanted, *shown = (find(Image.fromarray(each)).landmarks for each in (truth, *drawn))
        own = asked.identity
        errors.append([errors_of(each, wanted, own.landmarks) for each in (own.landmarks, *shown)])
        pixels.append([difference(each, truth, own) for each in (own.pixels, *drawn)])
    return np.array(errors), np.array(pixels), np.array(seconds)


def told(seconds: Floats) -> str:
    """Seconds in words, with the range of nine in ten."""
    low, high = np.percentile(seconds, [5, 95])
    return f"seconds of processor a picture: {np.median(seconds):.3f} [{low:.3f}, {high:.3f}], of {len(seconds)}"


def table(errors: Floats, pixels: Floats, names: Sequence[str]) -> Iterator[str]:
    """The mean errors, and in how many couples each method is nearer than the neutral face."""
    yield f"| mean error | neutral face | {' | '.join(f'{name} | nearer in' for name in names)} |"
    yield f"|---|--:|{'--:|--:|' * len(names)}"
    rows = [(part, errors[:, :, place], ".2f") for place, part in enumerate(PARTS)]
    for part, values, form in [*rows, ("pixels", pixels, ".1f")]:
        before = values[:, 0]
        cells = [f"{after.mean():{form}} | {np.mean(after < before):.0%}" for after in values[:, 1:].T]
        yield f"| {part} | {before.mean():{form}} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--release", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--per-identity", type=int, default=1)
    options = parser.parse_args()
    if options.release and not options.weights:
        sys.stdout.write(f"{machine()}\n{told(timed_on(Release.open(options.release)))}\n")
        return
    methods: list[Method] = [Warp()]
    with tempfile.TemporaryDirectory() as folder:
        if options.weights:
            release = Release.open(options.release)
            methods.append(UNet(Choices(weights=str(options.weights), steps=options.steps, device="cpu")))
            about = json.loads((options.weights / ABOUT).read_text(encoding="utf-8"))
            members = [one for one in members_of(release) if one.fold == about["learned_from"]["test_fold"]]
        else:
            faces = demo(Path(folder) / "faces", pairs=options.pairs, seed=options.seed).folder
            release = annotate(faces, "mediapipe").release
            members = members_of(release)
        errors, pixels, seconds = measured(release, members, methods, options.per_identity, options.seed)
    lines = [machine(), f"{len(errors)} couples", *table(errors, pixels, [method.name for method in methods])]
    lines += [f"{method.name}: {told(took)}" for method, took in zip(methods, seconds.T, strict=True)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
