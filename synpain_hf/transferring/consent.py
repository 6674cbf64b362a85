"""The word that identities are nobody, or people who agreed to be shown with expressions that are not their own."""

from __future__ import annotations

from typing import Final, Literal

from synpain_hf.errors import UsageError
from synpain_hf.release.release import Release

Consent = Literal["synthetic", "consented"]

NOBODY: Final = frozenset(("official", "demo", "3dpain"))
"""The kinds of source whose faces are known to be nobody's."""

PEOPLE: Final = frozenset(("unbc", "biovid"))
"""The kinds of source whose faces are known to be of people."""


def consent_for(release: Release, given: Consent | None) -> Consent:
    """Whether the identities are nobody, or agreed.

    Args:
        release: The release that shows them.
        given: What was said; None where nothing was.

    Raises:
        UsageError: If that is not known, or cannot be as it is said.
    """
    source = release.manifest["source"]
    before = source.get("transfer", {}).get("identities_are")
    if given == "synthetic" and (source["kind"] in PEOPLE or before == "consented"):
        raise UsageError(
            f"is 'synthetic', but {release.title} show people; give consented, if each of them agreed to be shown with "
            "expressions that are not their own",
            "identities_are",
        )
    if given is None and before is None and source["kind"] not in NOBODY:
        raise UsageError(
            f"is missing, and {release.title} may show people; give synthetic if they show nobody, or consented if "
            "each of them agreed to be shown with expressions that are not their own",
            "identities_are",
        )
    return given or before or "synthetic"
