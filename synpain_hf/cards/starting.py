"""A file of facts to start from: what a release knows is filled in, and the rest is to be filled in or left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from synpain_hf.cards.columns import unknown_columns
from synpain_hf.cards.facts import BESIDE, shipped, shipped_for
from synpain_hf.errors import UsageError
from synpain_hf.release import tables
from synpain_hf.release.layout import BIBLIOGRAPHY, FACTS, NAME
from synpain_hf.release.release import Release
from synpain_hf.resources import resource
from synpain_hf.schemas import properties
from synpain_hf.storage import refuse_undecodable, report_write_errors, write_atomically
from synpain_hf.text.plurals import count

_EXAMPLE = "dataset_card/example.yaml"
"""Every fact that there is, with a placeholder and an explanation."""

_HEAD = """\
# The facts of a data set, for `synpain-hf card RELEASE --facts FILE`. Fill in what is in [square brackets].
# Facts with a # right before their name are optional: remove the # to state one; the card lists what is not stated.
# Say in a sentence what is not known; never guess.
#
# Numbers of pairs, sizes, folds and scores do not belong here: the card computes them from the release.
"""
_CAN_GO = "remove this line"
_KEY = re.compile(r"^([a-z_]+):")
_VERSION = re.compile(r"[-_]?v?\d+\.\d+\.\d+$")
_NO_NAME = re.compile(r"[^a-z0-9_-]+")
_SHORTEST_NAME, _LONGEST_NAME = 2, 61


def init(release: str | Path, path: str | Path) -> Path:
    """Write a file of facts to start from.

    A release that has a full card, and one of a source whose facts come with this package, gives those facts, with
    their bibliography beside them.

    Args:
        release: The release directory.
        path: The file; it must not exist.

    Returns:
        The file.

    Raises:
        ReleaseError: If it is not a complete release.
        UsageError: If there is such a file already.
        OutputError: If it cannot be written.
    """
    opened, place = Release.open(release, card_may_lack=True), Path(path).expanduser()
    refuse_undecodable(place)
    facts, entries = _texts(opened)
    beside = place.with_name(BESIDE)
    for file in (place, *([beside] if entries else [])):
        if file.exists():
            raise UsageError(f"{file} exists, and is not overwritten; give a file in another folder")
    with report_write_errors(place):
        if entries:
            write_atomically(beside, entries)
        write_atomically(place, facts)
    return place


def _texts(release: Release) -> tuple[str, str]:
    """A file of facts, and the bibliography that it needs; empty where it needs none."""
    if FACTS in release.files:
        entries = release.text_of(BIBLIOGRAPHY) if BIBLIOGRAPHY in release.files else ""
        return release.text_of(FACTS), entries
    name = shipped_for(release)
    if name is not None:
        path = shipped(name)
        return path.read_text(encoding="utf-8"), path.with_name(BESIDE).read_text(encoding="utf-8")
    known = _known(release)
    example = resource(_EXAMPLE).read_text(encoding="utf-8")
    lines = (line for name, block in _blocks(example) for line in _filled(name, block, known))
    return "\n".join([_HEAD, *lines, ""]), ""


def _known(release: Release) -> dict[str, Any]:
    """What a release knows of its data set, as facts."""
    called = release.folder.resolve().name if release.name == NAME else release.name
    name = _NO_NAME.sub("_", _VERSION.sub("", called).lower()).lstrip("_-0123456789")
    generators, prompts = _origins(release)
    pairs = release.manifest["pairs"]["out"]
    known: dict[str, Any] = {"tasks": ["image-classification"], "tags": ["pain", "faces"], "languages": ["en"]}
    if len(name) >= _SHORTEST_NAME:
        known["name"] = name[:_LONGEST_NAME]
        known["pretty_name"] = re.sub(r"[_-]+", " ", name[:_LONGEST_NAME]).strip().capitalize()
    if named := {generator: number for generator, number in generators.items() if generator}:
        told = ", ".join(f"{generator} ({count(number, 'pair')})" for generator, number in named.items())
        known["generation"] = {"kinds": ["Software Collection"], "faces": f"The pairs name what made them: {told}."}
        if prompts:
            known["generation"]["prompts"] = f"The prompt stands with {prompts:,} of {count(pairs, 'pair')}."
        if sum(named.values()) == pairs:
            known |= {"synthetic": True, "tags": [*known["tags"], "synthetic"]}
    base = tables.base_table()
    features = {base.name: release.columns_of(base)}
    features |= {
        file: release.features_in(file) for table in tables.joined_tables() for file in release.files_of(table)
    }
    if columns := {column: "[what it means; fill in]" for _, column in unknown_columns(features, {})}:
        known["columns"] = columns
    return known


def _origins(release: Release) -> tuple[Counter[str | None], int]:
    """How many pairs each generator made, and how many have a prompt."""
    generators: Counter[str | None] = Counter()
    prompts = 0
    for file in release.files_of(tables.base_table()):
        for origin in release.read(file, ["provenance"])["provenance"].to_pylist():
            generators[origin["generator"]] += 1
            prompts += origin["prompt"] is not None
    return generators, prompts


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each fact at the top of a file of facts: its name, and its lines with the explanation before them."""
    name, block, before = "", list[str](), list[str]()
    for line in text.partition("\n\n")[2].splitlines():
        key = _KEY.match(line)
        if line.startswith("#"):
            before.append(line)
        elif key:
            if name:
                yield name, block
            name, block, before = key[1], [*before, line], []
        else:
            block.append(line)
    yield name, block


def _filled(name: str, block: Sequence[str], known: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a fact: filled in where it is known, with a # before them where it is optional."""
    is_needed = name in properties("facts")[1]
    explained = [line for line in block if line.startswith("#")]
    if name in known:
        yield from explained
        yield yaml.safe_dump({name: known[name]}, sort_keys=False, allow_unicode=True, width=118).rstrip()
        return
    for line in block:
        is_optional = not is_needed or _CAN_GO in line
        yield line if line in explained or not is_optional else f"#{line}"
