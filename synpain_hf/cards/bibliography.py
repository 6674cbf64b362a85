"""A bibliography in BibTeX: just enough of it to show an entry as it is, and to turn it into a line of prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_START = re.compile(r"@(\w+)\s*\{\s*([^\s,{}]+)\s*,")
_FIELD = re.compile(r"\b(\w+)\s*=\s*")  # from the start of a word alone, or a long one is searched from every letter
_BRACE = re.compile(r"[{}]")
_BARE = re.compile(r"[^\s,}]+")
_PERSONS_SHOWN = 3


@dataclass(frozen=True)
class Reference:
    """An entry.

    Attributes:
        key: What it is cited by.
        text: The entry as it is in the file.
        fields: Its fields by name, in lower case, without braces and quotes around them.
    """

    key: str
    text: str
    fields: Mapping[str, str]

    @property
    def line(self) -> str:
        """Authors, year, title and where it was published."""
        people = [_name(person) for person in re.split(r"\s+and\s+", self.fields.get("author", "")) if person]
        shown = ", ".join(people) if len(people) <= _PERSONS_SHOWN else f"{people[0]} and others"
        place = " ".join(self.fields[name] for name in ("journal", "volume", "pages") if name in self.fields)
        by = f"{shown} ({self.fields['year']})" if "year" in self.fields else shown
        return ". ".join(_plain(part) for part in (by, self.fields.get("title", ""), place) if part)

    @property
    def url(self) -> str:
        """Where to find it; empty if the entry does not say."""
        doi = self.fields.get("doi")
        return f"https://doi.org/{doi}" if doi else self.fields.get("url", "")


def read_bibliography(text: str) -> dict[str, Reference]:
    """The entries of a BibTeX file, by key.

    Raises:
        ValueError: If an entry is not closed, or a key appears twice.
    """
    references: dict[str, Reference] = {}
    end = -1
    while match := _START.search(text, end + 1):
        end = _closing(text, match.start())
        key = match[2]
        if key in references:
            raise ValueError(f"has the key {key} twice; rename one")
        fields = dict(_fields(text[match.end() : end]))
        references[key] = Reference(key, text[match.start() : end + 1], fields)
    return references


def _closing(text: str, start: int) -> int:
    """The brace that closes the one at or after `start`."""
    depth = 0
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    raise ValueError(f"has an entry that is not closed ({text[start:][:40].strip()}); add a brace")


def _fields(body: str) -> Iterator[tuple[str, str]]:
    place = 0
    while match := _FIELD.search(body, place):
        start = match.end()
        if body[start : start + 1] == "{":
            place = _closing(body, start) + 1
            value = body[start + 1 : place - 1]
        elif body[start : start + 1] == '"':
            place = body.find('"', start + 1) + 1 or len(body)
            value = body[start + 1 : place - 1]
        else:
            bare = _BARE.match(body, start)
            value = bare[0] if bare else ""
            place = start + max(len(value), 1)
        yield match[1].lower(), " ".join(value.split())


def _name(person: str) -> str:
    """A person's name in spoken order; the name of a group, in braces, as it is."""
    last, comma, first = person.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and not person.startswith("{") else person


def _plain(text: str) -> str:
    return text.replace("{", "").replace("}", "").replace("--", "–")
