"""Whether a face stands under several identities: the same pixels, or a copy, mirrored or not."""

from __future__ import annotations

from collections import defaultdict

from synpain_hf.imaging.likeness import Likeness, thumbnails_of
from synpain_hf.release.duplicates import copied_faces, same_faces
from synpain_hf.release.partition import Written, WrittenRow
from synpain_hf.release.release import Release
from synpain_hf.validation.checks.check import Found, judged
from synpain_hf.validation.faces import Faces


def copies(release: Release, faces: Faces) -> Found:  # noqa: ARG001 - looks at faces alone
    """As a build looks for them, in what the release holds now."""
    rows: dict[str, list[WrittenRow]] = defaultdict(list)
    shown: dict[int, Likeness] = {}
    for pair in faces.pairs:
        likenesses = tuple(face.measured.likeness for face in pair.faces if face.measured is not None)
        if len(likenesses) == len(pair.faces):
            keys = tuple(likeness.key for likeness in likenesses)
            rows[pair.file].append(WrittenRow(pair.pair_id, pair.identity, pair.pair_id, "", (), keys, ()))
            shown |= zip(keys, likenesses, strict=True)
    written = [Written("", file, 0, "", "", tuple(found), ()) for file, found in sorted(rows.items())]
    thumbnails = thumbnails_of(shown[key] for one in written for key in one.faces())
    same = same_faces(written)
    across, within = copied_faces(written, thumbnails)
    failures = [f"pair {problem}" for problem in (*same, *across)]
    warnings = [f"pair {problem}" for problem in within]
    numbers = {"same_face": len(same), "copies_on_two_sides": len(across), "copies_on_one_side": len(within)}
    return judged(failures, warnings, numbers)
