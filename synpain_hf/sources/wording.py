"""Tables in other words than ours: what they mean, and which columns are left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from synpain_hf.errors import UsageError
from synpain_hf.pair import KEPT_NAME
from synpain_hf.schemas import properties
from synpain_hf.text.documents import MOST_YAML, WordsLoader, parsed_yaml
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import CLASSES, canonical

DTYPES = ("bool", "int64", "float64", "string")
"""The types of columns that are kept."""

Words = Mapping[str, Mapping[str, str]]
"""Of a column of labels or groups, what each of its words means; of `columns`, what columns are called here."""

_OURS = frozenset((*properties("pair")[0], "provenance"))
_COLUMNS = "columns"
_POINT = re.compile(r"(?<=\d)\.0*$")
_OF_FOLDERS = MappingProxyType(
    {
        "file_name": "composite",
        **{f"{column}_file_name": column for column in ("composite", "neutral", "expressive")},
    }
)
"""How `metadata.csv` of an image folder names the columns of pictures."""


@dataclass(frozen=True)
class Wording:
    """How a table is written.

    Attributes:
        words: What its words mean.
        dropped: The columns that are left out.
        kept: The further columns that are kept, by their names here, with the type that each is to have; None for the
            one that its values have.
    """

    words: Words = field(default_factory=dict)
    dropped: Collection[str] = ()
    kept: Mapping[str, str | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self.words or self.dropped or self.kept)

    def columns(self, names: Collection[str]) -> dict[str, str]:
        """What the columns of a table are called here, by their names there; without those that are left out."""
        called = dict(self.words.get(_COLUMNS, {}))
        called |= {name: ours for name, ours in _OF_FOLDERS.items() if ours not in names and name not in called}
        return {name: called.get(name, name) for name in names if name not in self.dropped}

    def names(self) -> set[str]:
        """What columns may be called in the table, beside their names here."""
        return {*_OF_FOLDERS, *self.words.get(_COLUMNS, ()), *self.dropped, *self.kept}

    def meaning(self, column: str, value: Any) -> Any:
        """What a value means: the canonical word for it, or the value as it came."""
        words = self.words.get(column, {})
        return canonical(column, words.get(_key(value), value)) if column in CLASSES else value


def read_wording(words: Words | str | Path | None, dropped: Sequence[str], kept: Sequence[str] = ()) -> Wording:
    """How a table is written, as a user says it.

    Args:
        words: What its words mean, by column, or a YAML file that says so.
        dropped: The columns that are left out.
        kept: The further columns that are kept, each `COLUMN` or `COLUMN=TYPE`.

    Raises:
        UsageError: If the file cannot be read, or a column, a meaning or a type is named that does not exist.
    """
    given = words if isinstance(words, Mapping) else _read(Path(words).expanduser()) if words else {}
    keeping = dict(map(_keeping, kept))
    for column in keeping:
        if column in dropped:
            raise UsageError(f"name the column {column!r} both; choose one of the two", "keep", "drop")
    meant = {column: _checked(column, meanings, keeping) for column, meanings in given.items()}
    return Wording(meant, tuple(dropped), keeping)


def _keeping(given: str) -> tuple[str, str | None]:
    """A column that is kept, and the type that is asked for."""
    column, asked, dtype = given.partition("=")
    if column in _OURS:
        raise UsageError(f"names {column!r}, which a release has already; omit it, or rename yours (--map)", "keep")
    if not KEPT_NAME.fullmatch(column):
        raise UsageError(
            f"names {column!r}, but needs a name of letters, digits, _ and - here; give it one (columns in --map)",
            "keep",
        )
    if asked and dtype not in DTYPES:
        raise UsageError(
            f"gives {column!r} the type {dtype!r}{did_you_mean(dtype, DTYPES)}; choose one of {', '.join(DTYPES)}",
            "keep",
        )
    return column, dtype or None


def _checked(column: Any, meanings: Any, keeping: Collection[str]) -> dict[str, str]:
    """What the words of a column mean, in this package's words."""
    if column not in (*CLASSES, _COLUMNS):
        choices = (*CLASSES, _COLUMNS)
        raise _refusal(f"maps the column {column!r}", column, choices)
    if not isinstance(meanings, Mapping):
        raise UsageError(f"gives {column} no list of words; write each as `their word: ours`", "words")
    if column == _COLUMNS:
        known = sorted({*properties("pair")[0], *keeping})
        for name, ours in meanings.items():
            if ours not in known:
                raise _refusal(f"calls the column {name!r} {ours!r}", ours, known)
        return dict(meanings)
    checked = {}
    for word, meaning in meanings.items():
        checked[_key(word)] = str(canonical(column, meaning))
        if checked[_key(word)] not in CLASSES[column]:
            raise _refusal(f"maps the {column} {word!r} to {meaning!r}", meaning, CLASSES[column])
    return checked


def _refusal(fault: str, given: object, choices: Sequence[str]) -> UsageError:
    return UsageError(f"{fault}{did_you_mean(str(given), choices)}; choose from {', '.join(choices)}", "words")


def _read(path: Path) -> Mapping[Any, Any]:
    """A file as YAML, all of its words as text: `no` is a word, and not the opposite of `yes`."""
    try:
        with path.open("rb") as file:
            found = parsed_yaml(file.read(MOST_YAML + 1)[:MOST_YAML], WordsLoader)
    except OSError as error:
        raise UsageError(
            f"names {path}, which cannot be read ({error.strerror}); give another file", "words"
        ) from error
    except (ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"names {path}, which is not valid YAML ({reason}); correct it", "words") from error
    if not isinstance(found, Mapping):
        raise UsageError(f"names {path}, which has no columns; begin with a line such as `ethnicity:`", "words")
    return found


def _key(value: object) -> str:
    """A word without regard to its case and to how a whole number is written."""
    return _POINT.sub("", str(value).strip().casefold())
