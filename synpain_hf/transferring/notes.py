"""How pictures were made, as it stands in `transfer.json` and in every picture and pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from synpain_hf import __version__
from synpain_hf.generation.transfer.methods.method import Method
from synpain_hf.generation.transfer.note import SOURCE_TYPES
from synpain_hf.release.release import Release
from synpain_hf.transferring.consent import Consent


def notes_of(
    method: Method,
    consent: Consent,
    identities: Release,
    drivers: Release,
    *,
    seed: int,
    per_identity: int,
    same: Sequence[str],
    landmarks: str,
) -> dict[str, Any]:
    """What `schemas/transfer.schema.json` asks for: all that decides the pictures.

    Args:
        method: What draws them.
        consent: Whether the identities are nobody, or agreed.
        identities: The release whose neutral faces are shown.
        drivers: The release whose expressions they show.
        seed: Draws who gets whose expression.
        per_identity: How many expressions each identity gets.
        same: The groups in which an identity and its driver are alike.
        landmarks: What found the landmarks.
    """
    return {
        "method": method.name,
        "method_version": method.version,
        "weights": method.weights or None,
        "prompt": None,
        **({"settings": dict(method.settings)} if method.settings else {}),
        **({"learned_from": dict(method.learned_from)} if method.learned_from else {}),
        "source_type": SOURCE_TYPES + method.source_type,
        "identities_are": consent,
        "identities": _described(identities),
        "drivers": _described(drivers),
        "seed": seed,
        "per_identity": per_identity,
        "same": list(same),
        "landmarks": landmarks,
        "made_with": "; ".join([f"synpain-hf {__version__}", *_versions(method)]),
    }


def generator_of(notes: Mapping[str, Any]) -> str:
    """What made the pictures, as it stands in the provenance of every pair.

    Args:
        notes: How they were made.
    """
    made = f"{notes['method']} {notes['method_version']}"
    weights = f", weights {notes['weights']}" if notes["weights"] else ""
    kind = notes["source_type"].removeprefix(SOURCE_TYPES)
    return f"synpain-hf transfer, method {made}{weights}, identities {notes['identities_are']}, IPTC {kind}"


def _versions(method: Method) -> Iterator[str]:
    """The version of each library that is installed; one that is not makes the method say so."""
    for name in method.libraries:
        with suppress(PackageNotFoundError):
            yield f"{name} {version(name)}"


def _described(release: Release) -> dict[str, Any]:
    manifest = release.manifest
    return {
        "name": release.name,
        "version": release.version,
        "kind": manifest["source"]["kind"],
        "content": manifest["content"],
        "shows_people": release.shows_people,
    }
