"""The facts of a data set that no release can be asked for: read from YAML, and checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.cards.bibliography import Reference, read_bibliography
from synpain_hf.cards.facts_checks import is_placeholder, wrong_with
from synpain_hf.cards.facts_yaml import Place, read_yaml
from synpain_hf.cards.not_stated import NotStated, completed, not_stated
from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.release.layout import BIBLIOGRAPHY, FACTS
from synpain_hf.release.release import Release
from synpain_hf.resources import resource
from synpain_hf.text.documents import MOST_YAML

SHIPPED = {"synpain": "official", "demo": "demo"}
"""The facts that come with this package, and the kind of source that they are used for unless others are given."""

BESIDE = "references.bib"
"""The bibliography, beside a file of facts."""

_LARGEST_BIBLIOGRAPHY = 2**20
"""In bytes."""


@dataclass(frozen=True)
class Facts:
    """What is known of a data set.

    Attributes:
        name: The name of the file they come from.
        known: The facts, as `schemas/facts.schema.json` has them.
        text: That file.
        references: The entries of its bibliography, by key.
    """

    name: str
    known: Mapping[str, Any]
    text: str
    references: Mapping[str, Reference]

    def __getitem__(self, name: str) -> Any:
        """A fact; None for an optional one that is not given."""
        return self.known.get(name)

    @property
    def cited(self) -> list[Reference]:
        """The entries by which to cite the data set."""
        return [self.references[key] for key in self.known.get("cite", ())]

    @property
    def further(self) -> list[Reference]:
        """The other entries that the facts rest on."""
        return [self.references[key] for key in self.known.get("references", ())]

    @property
    def bibliography(self) -> str:
        """The entries that are named, as a BibTeX file; empty where none are."""
        named = dict.fromkeys([*self.known.get("cite", ()), *self.known.get("references", ())])
        return "\n".join(f"{self.references[key].text}\n" for key in named)

    @property
    def shown(self) -> dict[str, Any]:
        """The facts, with what a card shows in the place of those that are not stated."""
        return completed(self.known)

    @property
    def not_stated(self) -> list[NotStated]:
        """What is not stated."""
        return not_stated(self.known)


def facts_for(release: Release, given: str | Path | None) -> Facts:
    """The facts to write a release's card with.

    Args:
        release: The release.
        given: A file of facts, with `references.bib` beside it, or the name of one that comes with this package; None
            for those that the release carries, else for those that belong to its source.

    Raises:
        UsageError: If none are given, and the release has none either.
        BadInputError: If they lack something, or contradict the release.
    """
    facts = _facts_for(release, given)
    if facts.known["synthetic"] and release.shows_people:
        reason = f"says that the faces are synthetic, and {release.title} show people; write `synthetic: false`"
        raise BadInputError([Problem(facts.name, reason)])
    return facts


def _facts_for(release: Release, given: str | Path | None) -> Facts:
    if given is None and FACTS in release.files:
        return kept_facts(release)
    if given is None and (name := shipped_for(release)) is None:
        raise UsageError(
            "the facts of a data set of your own are not known; write what is known with "
            f"`synpain-hf card {release.folder} --init facts.yaml`, fill it in, and give it with --facts"
        )
    chosen = str(given or name)
    path = shipped(chosen) if chosen in SHIPPED else Path(chosen).expanduser()
    return read_facts(path, path.with_name(BESIDE))


def shipped_for(release: Release) -> str | None:
    """The name of the facts that come with this package for the source of a release; None where there are none."""
    kind = release.manifest["source"]["kind"]
    return next((name for name, of_kind in SHIPPED.items() if of_kind == kind), None)


def shipped(name: str) -> Path:
    """A file of facts that comes with this package."""
    return resource(f"dataset_card/{name}.yaml")


def kept_facts(release: Release) -> Facts:
    """The facts that a release carries, from an earlier card.

    Raises:
        BadInputError: If they are no longer right.
        ReleaseError: If a link stands in their place that leads out of the release.
    """
    for name in (FACTS, BIBLIOGRAPHY):
        release.check_link(name)
    return read_facts(release.folder / FACTS, release.folder / BIBLIOGRAPHY)


def read_facts(path: Path, bibliography: Path) -> Facts:
    """Read a file of facts and its bibliography, which may be missing where nothing is cited.

    Raises:
        UsageError: If one cannot be read.
        BadInputError: If something is missing, unknown, a placeholder or of the wrong form; it names all of them.
    """
    text = _read(path, MOST_YAML)
    entries = _read(bibliography, _LARGEST_BIBLIOGRAPHY) if bibliography.exists() else ""
    known, lines = read_yaml(path.name, text)
    if not isinstance(known, dict):
        reason = "is not a table of facts; start from what `synpain-hf card RELEASE --init FILE` writes"
        raise BadInputError([Problem(path.name, reason)])
    problems = [Problem(_at(path.name, place, lines), reason) for place, reason in wrong_with(known)]
    try:
        references = read_bibliography(entries)
    except ValueError as error:
        raise BadInputError([*problems, Problem(bibliography.name, str(error))]) from error
    problems += [
        Problem(
            _at(path.name, (field,), lines),
            f"{field} names {key}, which {bibliography.name} does not have; add it there",
        )
        for field in ("cite", "references")
        for key in _strings(known.get(field))
        if key not in references
    ]
    problems += [
        Problem(bibliography.name, f"has a placeholder as {field} of {key}; fill it in")
        for key, reference in references.items()
        for field, value in reference.fields.items()
        if is_placeholder(value)
    ]
    if problems:
        raise BadInputError(problems)
    return Facts(path.name, known, text, references)


def _read(path: Path, most: int) -> str:
    try:
        if path.stat().st_size > most:
            raise UsageError(f"{path} has more than the {most:,} bytes that are read; shorten it")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{path} cannot be read ({reason}); give a file of facts, with {BESIDE} beside it") from error


def _at(file: str, place: Place, lines: Mapping[Place, int]) -> str:
    """Where a fact is in a file; the file alone for one that is missing from its top level."""
    return f"{file}:{lines[place]}" if place in lines else file


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
