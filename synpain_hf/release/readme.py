"""The short card that a build writes: YAML with every configuration, and how to load it."""

from __future__ import annotations

from synpain_hf.release.layout import CARD
from synpain_hf.release.metadata import dumped, loading_of, size_category
from synpain_hf.release.release import Release
from synpain_hf.resources import resource
from synpain_hf.text.templates import render

_LICENCES = {"official": "mit", "demo": "mit"}


def write_card(release: Release) -> None:
    """Write `README.md` into a release.

    Args:
        release: The release, which is being written; its `content` and partitions are known.
    """
    licence = _LICENCES.get(release.manifest["source"]["kind"])
    metadata = {
        **({"license": licence} if licence else {}),
        "pretty_name": release.title,
        "task_categories": ["image-classification"],
        "size_categories": [size_category(release)],
        "tags": ["pain", "faces", "synthetic"],
        **loading_of(release),
    }
    values = {
        "metadata": dumped(metadata),
        "manifest": release.manifest,
        "title": release.title,
        "configurations": release.configurations(),
    }
    text = render(resource("dataset_card/minimal.md.jinja"), values, escape=False)
    (release.folder / CARD).write_text(text, encoding="utf-8")
