"""Where the annotations of an annotator are in a release."""

from __future__ import annotations

import re

from synpain_hf.errors import UsageError
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ACTION_UNITS_FILE, NAME


def place_of(release: Release, annotator: str) -> str:
    """The file of an annotator.

    Args:
        release: The release.
        annotator: What the release calls it.

    Raises:
        UsageError: If this is the place of what a source knows, or the release has another annotator's file there.
    """
    place = f"{NAME}/{re.sub(r'[^a-z0-9.]+', '_', annotator.lower()).strip('_') or 'annotator'}.parquet"
    if place == ACTION_UNITS_FILE:
        raise UsageError(
            f"{annotator!r} would be taken for what the source itself knows of action units, which is {place}; give "
            "another name, with --annotator"
        )
    if place in release.files:
        others = set(release.read(place, ["annotator"])["annotator"].to_pylist()) - {annotator}
        if others:
            raise UsageError(
                f"{annotator!r} would replace {place}, which is of {min(others)!r}; import one of them under another "
                "name, with --annotator"
            )
    return place
