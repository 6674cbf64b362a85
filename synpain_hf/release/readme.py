"""The short card that a build writes: YAML with every configuration, and how to load the release."""

from __future__ import annotations

import re

from synpain_hf.configurations import EACH_PERSON
from synpain_hf.release.layout import CARD, REAL
from synpain_hf.release.metadata import dumped, loading_of, size_category
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table, joined_tables
from synpain_hf.release.transfers import transfer_in
from synpain_hf.resources import resource
from synpain_hf.text.templates import render
from synpain_hf.vocabulary import GROUPS

_HEAD = re.compile(r"\A\ufeff?---[ \t]*\r?\n(?P<head>(?:.*\n)*?)---[ \t]*\r?$", re.MULTILINE)
_LOADING = re.compile(r"^(?:configs|dataset_info):.*\n(?:(?:(?:#.*)?\r?\n)*[-\]} \t].*\n)*", re.MULTILINE)
_LICENCES = {"official": "mit", "demo": "mit"}

_PAIN = {
    "unbc": "a PSPI of {pain_from} or more",
    "biovid": "heat of level {pain_from:g} or more",
    "clips": "what the names of the clips call so",
}
"""What pain is in pictures of people, by the kind of source."""


def write_card(release: Release) -> None:
    """Write `README.md` into a release.

    Args:
        release: The release, which is being written; its `content` and partitions are known.
    """
    (release.folder / CARD).write_text(_short(release), encoding="utf-8")


def card_after(card: str, old: Release, new: Release) -> str:
    """A card of a release that was amended.

    The short card is that of the new release. In any other, only the part of the YAML that says what is loaded changes.

    Args:
        card: The card as it is.
        old: The release that it was written for.
        new: The release that it is for now.
    """
    if card == _short(old):
        return _short(new)
    loading = f"{dumped(loading_of(new))}\n"
    found = _HEAD.match(card)
    if found is None:
        return f"---\n{loading}---\n\n{card}"
    head, start = found["head"], found.start("head")
    first = _LOADING.search(head)
    place = first.start() if first else len(head)
    return f"{card[:start]}{head[:place]}{loading}{_LOADING.sub('', head[place:])}{card[start + len(head) :]}"


def _short(release: Release) -> str:
    kind = release.manifest["source"]["kind"]
    licence = _LICENCES.get(kind)
    metadata = {
        **({"license": licence} if licence else {}),
        "pretty_name": release.title,
        "task_categories": ["image-classification"],
        "size_categories": [size_category(release)],
        "tags": ["pain", "faces", *(() if release.shows_people else ("synthetic",))],
        **loading_of(release),
    }
    values = {
        "metadata": dumped(metadata),
        "manifest": release.manifest,
        "title": release.title,
        "is_real": kind in REAL,
        "configurations": release.configurations(),
        "unknown": _unknown(release),
        "each_person": EACH_PERSON,
        "given": release.given,
        "meanings": base_table().meanings,
        "transfer": transfer_in(release),
        "pain": _PAIN.get(kind, "").format(**release.manifest["source"]),
        "at": release.manifest["options"].get("at"),
        "other_columns": _other_columns(release),
    }
    return render(resource("dataset_card/minimal.md.jinja"), values, escape=False)


def _other_columns(release: Release) -> dict[str, dict[str, str]]:
    """What the columns mean of each table beside the pairs whose files all have the same, by its configurations."""
    return {
        " and ".join(f"`{name}`" for name in table.configurations): {
            column: meaning for column, meaning in table.meanings.items() if "." not in column
        }
        for table in joined_tables()
        if release.files_of(table) and not table.columns_may_differ
    }


def _unknown(release: Release) -> dict[str, int]:
    """How many pairs have no value of a group, by the column of the group; without columns that all pairs have."""
    files = release.files_of(base_table())
    missing = {column: sum(release.read(file, [column])[column].null_count for file in files) for column in GROUPS}
    return {column: number for column, number in missing.items() if number}
