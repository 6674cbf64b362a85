"""The short card that a build writes: YAML with every configuration, and how to load it."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined

from synpain_hf.release.layout import CARD
from synpain_hf.release.metadata import dumped, loading_of, size_category
from synpain_hf.release.release import Release
from synpain_hf.resources import resource

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
    template = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(  # noqa: S701 - Markdown
        resource("dataset_card/minimal.md.jinja").read_text(encoding="utf-8")
    )
    text = template.render(
        metadata=dumped(metadata),
        manifest=release.manifest,
        title=release.title,
        configurations=release.configurations(),
    )
    (release.folder / CARD).write_text(text, encoding="utf-8")
