"""Releases to write cards of, facts of a data set of one's own, and what stands in a card."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from datasets import ClassLabel, Features, Value

from synpain_hf.cards.facts import facts_for
from synpain_hf.cards.write import compose
from synpain_hf.release.layout import CARD, MANIFEST, record_of
from synpain_hf.release.release import Release
from synpain_hf.resources import resource
from synpain_hf.vocabulary import FACES
from tests.release.making import copied, replace

Row = dict[str, Any]

DRAWN = 20
"""Pairs of the release of demo faces."""

LARGER = "99.png"
"""A composite that is larger than others, for the rows of a manifest to name."""

REFERENCE = """@misc{mine,
  title  = {My faces},
  author = {Doe, Ada and Roe, Bo},
  year   = {2026},
  url    = {https://example.org/mine}
}
"""

OWN: Row = {
    "name": "my_faces",
    "pretty_name": "My faces",
    "summary": "Pairs of faces that I generated to try things with.",
    "is_not": ["Not a data set of anybody's real pain."],
    "published": "2026-01-31",
    "homepage": None,
    "authors": [{"name": "Ada Doe"}],
    "licence": {"id": "cc-by-4.0", "url": "https://example.org/licence", "text": "All of it, says its author."},
    "languages": ["en"],
    "tasks": ["image-classification"],
    "tags": ["pain"],
    "paper": None,
    "synthetic": True,
    "generation": {
        "kinds": ["Software Collection"],
        "faces": "A generator of mine made them.",
        "prompts": "Prompts stand with each pair, where there are any.",
    },
    "curation": "I looked at all of them, and kept all.",
    "annotation": {"process": "Labels are what I asked the generator for.", "tools": []},
    "biases": ["It is as biased as its generator is."],
    "limitations": ["It is small, and all pictures are alike."],
    "uses": ["To try software with, and nothing else."],
    "out_of_scope": ["To say anything about anybody at all."],
    "privacy": "No person was photographed for any of this.",
    "sensitive_information": ["None that belongs to a person."],
    "social_impact": "None to be expected from so few faces.",
    "maintenance": {"contact": "Write to me at the address below.", "plan": "There will be no other version."},
    "cite": ["mine"],
    "reported": None,
}
"""Facts that lack nothing."""


class TextFor(Protocol):
    """Makes the text of a card."""

    def __call__(self, rows: list[Row], **facts: Any) -> str:
        """The card of a release of these rows of a manifest, with these facts."""


def write_facts(folder: Path, **changes: Any) -> Path:
    """A file of facts like `OWN`, and the bibliography beside it; None removes a fact, where it is no value."""
    folder.mkdir(exist_ok=True)
    facts = {**OWN, **changes}
    (folder / "facts.yaml").write_text(yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
    (folder / "references.bib").write_text(REFERENCE, encoding="utf-8")
    return folder / "facts.yaml"


def shipped(name: str) -> tuple[Path, Path]:
    """A file of facts that comes with the package, and its bibliography."""
    return resource(f"dataset_card/{name}.yaml"), resource("dataset_card/references.bib")


def text_of(release: Release | Path) -> str:
    """The card of a release."""
    folder = release.folder if isinstance(release, Release) else release
    return (folder / CARD).read_text(encoding="utf-8")


def written_text(release: Release, facts: Path) -> str:
    """The card that a release would get, without its figures."""
    return compose(release, facts_for(release, facts)).texts[CARD]


def metadata_in(text: str) -> Row:
    """The YAML at the top of a card."""
    found: Row = yaml.safe_load(text.split("---\n")[1])
    return found


def body_of(text: str) -> str:
    """A card without its YAML."""
    return text.partition("\n---\n")[2]


def section(text: str, title: str) -> str:
    """What a card says under a heading."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^## |\Z)", body_of(text), re.MULTILINE | re.DOTALL)
    assert found, f"the card has no section {title!r}"
    return found[1]


def row(text: str, first: str, *, of: str = "") -> list[str]:
    """The cells after the first of the table row that begins with it, below a heading if one is given."""
    lines = (section(text, of) if of else body_of(text)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return next(found[1:] for found in cells if found[0] == first)


def annotated(source: Release, folder: Path, name: str, rows: Iterable[Row]) -> Release:
    """A copy of a release with a file of annotations; numbers become float32, the rest text."""
    table = list(rows)
    kinds: dict[str, Any] = {"pair_id": Value("string")}
    for column in table[0]:
        number = any(isinstance(each[column], float) for each in table)
        kinds.setdefault(column, Value("float32" if number else "string"))
    if "face" in kinds:
        kinds["face"] = ClassLabel(names=list(FACES))
        table = [{**each, "face": FACES.index(each["face"])} for each in table]
    copied(source.folder, folder)
    path = folder / "annotations" / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(table, Features(kinds).arrow_schema), path)
    return with_files(folder, {f"annotations/{name}.parquet": {**record_of(path), "rows": len(table)}})


def with_files(folder: Path, files: Mapping[str, Any]) -> Release:
    """Tell other files in the `release.json` of a copy."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"] |= files
    replace(folder / MANIFEST, json.dumps(manifest).encode())
    return Release.open(folder)


def pair_ids(release: Release) -> list[str]:
    """The ids of all pairs, sorted."""
    tables = [release.read(partition.path, ["pair_id"]) for partition in release.partitions]
    return sorted(pair_id for table in tables for pair_id in table["pair_id"].to_pylist())
