"""How near methods of transfer come to the truth, and how long a picture takes.

python -m tests.benchmarks.transfer --pairs 100
python -m tests.benchmarks.transfer --release RELEASE

Demo faces with the expressions of others: the truth is the identity drawn anew with the driver's units (`oracle`).
Landmarks are those that MediaPipe finds in the pictures, and their errors are in percent of the face's width; errors
of pixels are root mean squares, of 255, in the box of the face. Time includes reading three pictures and encoding one.
The second form takes the time alone, of the faces of any release that MediaPipe has annotated.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.finding import FaceFinder
from synpain_hf.annotation.landmarks import FILE
from synpain_hf.assessment.landmarks import PARTS
from synpain_hf.assessment.landmarks import errors as errors_of
from synpain_hf.generation.transfer.methods.method import Request
from synpain_hf.generation.transfer.methods.oracle import Oracle
from synpain_hf.generation.transfer.methods.warp import Warp
from synpain_hf.imaging import png
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import members_of
from synpain_hf.transferring.choosing import couples_of
from synpain_hf.transferring.seen import Seen
from tests.benchmarks.measuring import machine
from tests.transfer.making import difference, pixels_of, request, shots_of

Floats = npt.NDArray[np.float64]


def timed(asked: Request) -> tuple[png.Pixels, float]:
    """What warp draws, and the seconds of processor time that it takes."""
    files = [png.encode(shot.pixels) for shot in (asked.identity, asked.neutral, asked.expression)]
    begun = time.process_time()
    for file in files:
        pixels_of(file)
    drawn = Warp().draw(asked)
    png.encode(drawn)
    return drawn, time.process_time() - begun


def timed_on(release: Release) -> Floats:
    """The seconds of each identity of a release, driven by the next one."""
    members = members_of(release)
    shots = shots_of(release, members, Seen.of(release.read(FILE), release.name))
    couples = zip(members, [*members[1:], members[0]], strict=True)
    return np.array([timed(request(shots, *couple))[1] for couple in couples])


def measured(pairs: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Of each couple the errors of the neutral face and of the warped one, by part; the same of pixels; and seconds."""
    find = FaceFinder()
    with tempfile.TemporaryDirectory() as folder:
        release = annotate(demo(Path(folder) / "faces", pairs=pairs, seed=seed).folder, "mediapipe").release
        members = members_of(release)
        seen = Seen.of(release.read(FILE), release.name)
        couples, _ = couples_of(members, members, 1, (), seed)
        errors, pixels, seconds = [], [], []
        for couple in couples:
            shots = shots_of(release, [couple.identity, couple.driver], seen)
            asked = request(shots, couple.identity, couple.driver)
            drawn, took = timed(asked)
            seconds.append(took)
            truth = Oracle().draw(asked)
            wanted, shown = (find(Image.fromarray(each)).landmarks for each in (truth, drawn))
            errors.append(
                [errors_of(each, wanted, asked.identity.landmarks) for each in (asked.identity.landmarks, shown)]
            )
            pixels.append([difference(each, truth, asked.identity) for each in (asked.identity.pixels, drawn)])
    return np.array(errors), np.array(pixels), np.array(seconds)


def told(seconds: Floats) -> str:
    """Seconds in words, with the range of nine in ten."""
    low, high = np.percentile(seconds, [5, 95])
    return f"seconds of processor a picture: {np.median(seconds):.3f} [{low:.3f}, {high:.3f}], of {len(seconds)}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--release", type=Path)
    options = parser.parse_args()
    if options.release:
        sys.stdout.write(f"{machine()}\n{told(timed_on(Release.open(options.release)))}\n")
        return
    errors, pixels, seconds = measured(options.pairs, options.seed)
    lines = ["| mean error | neutral face | warp | nearer in |", "|---|--:|--:|--:|"]
    for number, part in enumerate(PARTS):
        before, after = errors[:, :, number].T
        lines.append(f"| {part} | {before.mean():.2f} | {after.mean():.2f} | {np.mean(after < before):.0%} |")
    before, after = pixels.T
    lines.append(f"| pixels | {before.mean():.1f} | {after.mean():.1f} | {np.mean(after < before):.0%} |")
    lines.append(told(seconds))
    sys.stdout.write("\n".join([machine(), f"{len(errors)} couples", *lines]) + "\n")


if __name__ == "__main__":
    main()
