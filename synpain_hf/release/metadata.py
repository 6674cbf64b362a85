"""The YAML that a card begins with, as far as a release alone decides it: what `datasets` loads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.release.layout import ANNOTATIONS
from synpain_hf.release.release import Release

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = "n>1M"


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
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")


def _sizes(release: Release) -> Iterator[dict[str, Any]]:
    """The rows of every split: with them `datasets` notices a file that was lost, which no pattern of files would."""
    for name in release.configurations():
        splits = release.splits(name)
        yield {
            "config_name": name,
            "splits": [
                {
                    "name": split,
                    "num_bytes": sum(release.files[file]["bytes"] for file in files),
                    "num_examples": sum(release.files[file]["rows"] for file in files),
                }
                for split, files in splits.items()
            ],
        }


def _configurations(release: Release) -> Iterator[dict[str, Any]]:
    """Every configuration that has a pair.

    The version stands in the path of a user's cache, and the digest of the content decides its last folder, so that
    rows of an earlier build are never taken for rows of this one.
    """
    partitions = release.partitions
    for name, selections in CONFIGURATIONS.items():
        files = [
            {"split": split, "path": patterns}
            for split, selection in selections.items()
            if (patterns := selection.patterns(partitions))
        ]
        if files:
            yield _configuration(release, name, files, release.manifest["content"])
    if release.annotations:
        files = [{"split": "train", "path": release.annotations}]
        yield _configuration(release, ANNOTATIONS, files, release.files[release.annotations[0]]["sha256"])


def _configuration(release: Release, name: str, files: list[dict[str, Any]], content: str) -> dict[str, Any]:
    return {
        "config_name": name,
        **({"default": True} if name == "default" else {}),
        "version": release.version,
        "description": f"content {content}",
        "data_files": files,
    }
