"""Whether the files are what `release.json` says: schema, digests, counts, rows."""

from __future__ import annotations

from synpain_hf.errors import ReleaseError
from synpain_hf.release.checking import check
from synpain_hf.release.release import Release
from synpain_hf.validation.checks.check import Found, judged
from synpain_hf.validation.faces import Faces


def files(release: Release, faces: Faces) -> Found:  # noqa: ARG001 - looks at files alone
    """Every file is read, and compared with its digest, its table and the others."""
    try:
        check(release, beside=release.files, again=True)
    except ReleaseError as error:
        return judged([error.headline, *map(str, error.problems)], [], {"files": len(release.files)})
    return judged([], [], {"files": len(release.files)})
