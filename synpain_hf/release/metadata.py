"""The part of a card's YAML that a release alone decides: what `datasets` loads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from synpain_hf.release import tables
from synpain_hf.release.release import Release
from synpain_hf.release.tables.features import united
from synpain_hf.release.tables.table import Table

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = "n>1M"

_ANY_WIDTH = 2**31 - 1
_PLAIN = re.compile(r"[ -\[\]-~]*")
"""Printable ASCII without the backslash, with which Python shows any other character."""

_ODD_KEY = re.compile(r"""(?:''|'[^']{100,}'|"[^"]{100,}"): """)
"""A key that is empty or long, as Python shows it."""

_FAST = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def loading_of(release: Release) -> dict[str, Any]:
    """What `datasets` reads: every configuration, and the rows of its splits."""
    return {"configs": list(_configurations(release)), "dataset_info": list(_sizes(release))}


def size_category(release: Release) -> str:
    """The Hub's name of a number of pairs."""
    pairs = release.manifest["pairs"]["out"]
    return next((name for limit, name in _SIZES if pairs < limit), _LARGER)


def dumped(metadata: Mapping[str, Any]) -> str:
    """Metadata as YAML, with a line for each configuration: every reader of the file has to get past them."""
    lines = []
    for key, value in metadata.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [f"{key}:", *(f"- {_on_a_line(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_on_a_line(value)}")
    return "\n".join(lines)


def _on_a_line(value: Any) -> str:
    text = yaml.dump(
        value, Dumper=_dumper(value), default_flow_style=True, sort_keys=False, allow_unicode=True, width=_ANY_WIDTH
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _dumper(value: Any) -> Any:
    """That of libyaml, many times as fast, where both write the same: printable ASCII, and keys of usual length."""
    shown = repr(value)
    return _FAST if _PLAIN.fullmatch(shown) and not _ODD_KEY.search(shown) else yaml.SafeDumper


def _sizes(release: Release) -> Iterator[dict[str, Any]]:
    """The rows of every split: with them `datasets` notices a lost file, which patterns of files would not show.

    Where the files of a table have different columns, all of them are named too: `datasets` takes those of the first
    file otherwise, and refuses the others.
    """
    features = {table.name: _features(release, table) for table in tables.TABLES}
    for name in release.configurations():
        table = tables.table_with(name)
        splits = release.splits(name)
        yield {
            "config_name": name,
            **({} if table is None else features[table.name]),
            "splits": [
                {
                    "name": split,
                    "num_bytes": sum(release.files[file]["bytes"] for file in files),
                    "num_examples": release.rows_in(files),
                }
                for split, files in splits.items()
            ],
        }


def _features(release: Release, table: Table) -> dict[str, Any]:
    """The columns of a table whose files differ in them; nothing where they are alike."""
    if not table.columns_may_differ:
        return {}
    found = {file: release.features_in(file) for file in release.files_of(table)}
    alike = len({str(features) for features in found.values()}) < 2
    return {} if alike else {"features": united(found)._to_yaml_list()}


def _configurations(release: Release) -> Iterator[dict[str, Any]]:
    """Every configuration that has a row.

    The version is part of the path in a user's cache, and the digest of the content decides its last folder, so that
    rows of an earlier build are never taken for rows of this one.
    """
    for table in tables.TABLES:
        files = release.files_of(table)
        for name in table.configurations:
            patterns = table.patterns(name, files)
            if patterns:
                yield {
                    "config_name": name,
                    **({"default": True} if name == "default" else {}),
                    "version": release.version,
                    "description": f"content {release.content_of(table)}",
                    "data_files": [{"split": split, "path": path} for split, path in patterns.items()],
                }
