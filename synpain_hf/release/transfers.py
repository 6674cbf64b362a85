"""What a card says of faces that were given the expressions of others, as `release.json` records it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from synpain_hf.errors import UsageError
from synpain_hf.release.release import Release

_DRAWN = "oracle"

_NO_MOTION = "There is no motion: every picture is one moment, and the head is held as in the neutral face."

_LIMITS = (
    (
        "The action units and pain scores of expressive faces are those that their drivers showed: what the faces were "
        "to show. Nobody coded the faces themselves."
    ),
    (
        "Lowered brows (AU4) and closed eyes (AU43) are transferred least well: landmarks tell little of them, and "
        "much of AU4 is in folds that landmarks do not follow. Test a model that needs them on real faces."
    ),
    "The change of a driver is added to what a face shows at rest, so faces that differ at rest differ in expression.",
    "Folds are those of the driver: with an old driver, a young face looks older.",
    "Expressive faces were drawn anew, and are a little softer than neutral ones, with either label alike.",
    _NO_MOTION,
)

_CONSENT = {
    "synthetic": "The identities are synthetic: they show nobody.",
    "consented": (
        "The identities are real people. Whoever made this said that each of them agreed to be shown with expressions "
        "that are not their own."
    ),
}
_DRIVEN_BY_PEOPLE = " The inside of an open mouth is that of a driver, who may be a real person."
_LEARNED_FROM_PEOPLE = (
    " The network that drew the expressions learned from pictures of people, whom faces may resemble."
)
_LEARNED = (
    "Parts of expressive faces were drawn by a network, which knows the faces that it learned from: folds, teeth and "
    "closed lids may be theirs, and are least sure where a face is unlike them."
)


@dataclass(frozen=True)
class Told:
    """What is told of a transfer.

    Attributes:
        made: How the pictures were made.
        consent: Who is shown.
        limits: What such pictures cannot show.
    """

    made: str
    consent: str
    limits: Sequence[str]


def transfer_in(release: Release) -> Told | None:
    """What is told of the transfer in a release; None where its faces show expressions of their own."""
    notes = release.manifest["source"].get("transfer")
    if notes is None:
        return None
    identities, drivers = (f"{notes[side]['name']} {notes[side]['version']}" for side in ("identities", "drivers"))
    learned_from = notes.get("learned_from")
    if learned_from is None:
        lent = _DRIVEN_BY_PEOPLE if notes["drivers"]["shows_people"] else ""
        learned = ""
        limits: Sequence[str] = [_NO_MOTION] if notes["method"] == _DRAWN else _LIMITS
    else:
        lent = _LEARNED_FROM_PEOPLE if learned_from["shows_people"] else ""
        learned = f" What it draws, it learned from {learned_from['name']} {learned_from['version']}."
        limits = (*_LIMITS, _LEARNED)
    return Told(
        made=(
            f"Expressive faces are synthetic: neutral faces of {identities} with the expressions of {drivers}, by the "
            f"method {notes['method']} {notes['method_version']} (to the IPTC, {notes['source_type']}).{learned} "
            "`derived_from` names the driver of each, who is on the same side of every split."
        ),
        consent=_CONSENT[notes["identities_are"]] + lent,
        limits=limits,
    )


def labels_of(releases: Sequence[Release]) -> list[str]:
    """What each of several releases is called where they are compared.

    That is the method of its transfer, with its name and version where another has the same; of a release whose
    expressions are its own, name and version.

    Args:
        releases: The releases.

    Raises:
        UsageError: If two cannot be told apart.
    """
    methods = [release.manifest["source"].get("transfer", {}).get("method", "") for release in releases]
    versions = [f"{release.name} {release.version}" for release in releases]
    times = Counter(methods)
    labels = [
        version if not method else method if times[method] == 1 else f"{method} ({version})"
        for method, version in zip(methods, versions, strict=True)
    ]
    if len(set(labels)) < len(labels):
        raise UsageError("two releases have one method, name and version; build one of them with another --name")
    return labels
