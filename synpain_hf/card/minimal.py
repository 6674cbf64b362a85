"""The card of a release: YAML with every configuration, and how to load it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

from synpain_hf.protocols import CONFIGURATIONS
from synpain_hf.release.layout import ANNOTATIONS, CARD
from synpain_hf.release.manifest import Release
from synpain_hf.resources import resource

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = "n>1M"
_LICENCES = {"official": "mit", "demo": "mit"}


def write_card(release: Release) -> None:
    """Write `README.md` into a release.

    Args:
        release: The release, which is being written; its `content` and partitions are known.
    """
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(  # noqa: S701 - Markdown
        resource("dataset_card/README.md.jinja").read_text(encoding="utf-8")
    )
    text = template.render(
        metadata=yaml.safe_dump(_metadata(release), sort_keys=False, allow_unicode=True, width=120).strip(),
        manifest=release.manifest,
        title=release.title,
        configurations=release.configurations(),
    )
    (release.folder / CARD).write_text(text, encoding="utf-8")


def _metadata(release: Release) -> dict[str, Any]:
    pairs = release.manifest["pairs"]["out"]
    licence = _LICENCES.get(release.manifest["source"]["kind"])
    return {
        **({"license": licence} if licence else {}),
        "pretty_name": release.title,
        "task_categories": ["image-classification"],
        "size_categories": [next((name for limit, name in _SIZES if pairs < limit), _LARGER)],
        "tags": ["pain", "faces", "synthetic"],
        "configs": list(_configurations(release)),
        "dataset_info": list(_sizes(release)),
    }


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
