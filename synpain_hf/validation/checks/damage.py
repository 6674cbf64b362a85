"""Whether faces are whole: they decode, show something, are large enough, and have no gutter at their edge."""

from __future__ import annotations

from collections.abc import Callable

from synpain_hf.release.release import Release
from synpain_hf.text.plurals import count, first_few
from synpain_hf.validation.checks.check import Found, judged
from synpain_hf.validation.faces import Faces
from synpain_hf.validation.pixels import Measured

LEAST_SIDE = 48
"""Fewest rows or columns in which the landmarks of a face can be told apart."""

LEAST_CONTRAST = 4.0
"""Least standard deviation of brightness of a face that shows something."""

Fault = tuple[str, str, Callable[[Measured], bool]]

FAULTS: tuple[Fault, ...] = (
    ("blank", "show nothing; leave their pairs out", lambda face: face.contrast < LEAST_CONTRAST),
    (
        "tiny",
        f"have fewer than {LEAST_SIDE} rows or columns; give larger pictures",
        lambda face: min(face.width, face.height) < LEAST_SIDE,
    ),
    (
        "leftover",
        "have white columns at the inner edge, left over from a gutter; build the release again from the composites",
        lambda face: face.leftover > 0,
    ),
)
"""What can be wrong with a face: its name, what is told of faces that have it, and how it is recognised."""


def damage(release: Release, faces: Faces) -> Found:  # noqa: ARG001 - looks at faces alone
    """Every face is looked at."""
    failures = [
        f"the {face} face of pair {pair.pair_id} {one.reason}"
        for pair in faces.pairs
        for face, one in zip(("neutral", "expressive"), pair.faces, strict=True)
        if one.measured is None
    ]
    numbers = {"damaged": len(failures)}
    for name, told, is_so in FAULTS:
        hit = [
            pair.pair_id
            for pair in faces.pairs
            for face in pair.faces
            if face.measured is not None and is_so(face.measured)
        ]
        numbers[name] = len(hit)
        if hit:
            failures.append(f"{count(len(hit), 'face')} (of pairs {first_few(sorted(set(hit)))}) {told}")
    return judged(failures, [], {"faces": 2 * len(faces.pairs), **numbers})
