"""Text from Jinja templates."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from synpain_hf.text.markdown import as_is, code, escaped
from synpain_hf.text.plurals import count

_FILTERS = {"as_is": as_is, "code": code, "count": count}


def render(template: Path, values: Mapping[str, Any], *, escape: bool) -> str:
    """Fill a template.

    A line that holds only a tag leaves no line behind. Filters are `as_is`, `code` and `count`.

    Args:
        template: Its file.
        values: The values that it names; one that is missing is an error.
        escape: Whether values become Markdown that shows them as they are, unless they are `Markdown` already.
    """
    return _compiled(template.read_text(encoding="utf-8"), escape).render(values)


@cache
def _compiled(text: str, escape: bool) -> Template:
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=escape,  # noqa: S701 - Markdown, not a page of HTML
        finalize=escaped if escape else None,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= _FILTERS
    return environment.from_string(text)
