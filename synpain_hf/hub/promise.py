"""Whether a version rises enough above what is published, as far as the two `release.json` show it.

`build --previous` compares every pair. Here the earlier pairs are on the Hub, and only their numbers are known: a rise
that is too small is refused if the numbers prove it, and remarked on if they leave it open.
"""

from __future__ import annotations

from synpain_hf.errors import VersionError
from synpain_hf.hub.description import changes_by_version
from synpain_hf.hub.state import Earlier
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.versions import Bump, Version


def check_promise(release: Release, published: Earlier) -> list[str]:
    """Compare a release with the latest version that is published.

    Args:
        release: The release, of a later version.
        published: What the Hub has.

    Returns:
        What could not be compared, as sentences (cause, then remedy).

    Raises:
        VersionError: If pairs are gone, moved or new, and the version promises that none are.
    """
    version, before = Version.parse(release.version), published.version
    bump, what = _change(release, published)
    if version < (least := before.raised(bump)):
        raise VersionError(
            f"version {version} promises too little: {what}; build the release as at least {least}, and with "
            "--previous to have every pair compared"
        )
    is_compared = before in changes_by_version(release) or release.manifest["content"] == published.content
    if version.major > before.major or is_compared:
        return []
    unknown = "pixels, labels and folds of their pairs were not compared; do so with `synpain-hf diff`"
    return [f"the release was not built on version {before}, which is published, so {unknown}"]


def _change(release: Release, published: Earlier) -> tuple[Bump, str]:
    """The least rise that the numbers of pairs in each file require, and why."""
    rows = {file: release.rows_in([file]) for file in release.files_of(base_table())}
    lost = sum(max(0, count - rows.get(path, 0)) for path, count in published.rows.items())
    new = sum(rows.values()) - sum(published.rows.values())
    before = f"version {published.version}, which is published,"
    if lost:
        return Bump.MAJOR, f"pairs of {before} are gone, or in another fold or group ({lost:,})"
    if new and published.rows:
        return Bump.MINOR, f"there are pairs that {before} does not have ({new:,})"
    return Bump.PATCH, ""
