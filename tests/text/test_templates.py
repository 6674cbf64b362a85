"""Templates put values in as text, and refuse to leave one out."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from synpain_hf.text.markdown import Markdown
from synpain_hf.text.templates import render


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return tmp_path / "page.md.jinja"


def test_a_value_is_escaped_and_markdown_is_not(template: Path) -> None:
    template.write_text("{{ name }} {{ link }} {{ quoted | as_is }} {{ column | code }}")
    values = {"name": "a|b", "link": Markdown("[c](d)"), "quoted": "*e*", "column": "pair_id"}
    assert render(template, values, escape=True) == "a&#124;b [c](d) *e* `pair_id`"


def test_without_escaping_every_value_stays_as_it_is(template: Path) -> None:
    template.write_text("{{ name }} & {{ number | count }} {{ number | count('pair') }}")
    assert render(template, {"name": "<a|b>", "number": 1234}, escape=False) == "<a|b> & 1,234 1,234 pairs"


@pytest.mark.parametrize("escape", [True, False])
def test_a_value_that_is_missing_is_an_error(template: Path, escape: bool) -> None:
    template.write_text("{{ name }}")
    with pytest.raises(UndefinedError, match="name"):
        render(template, {}, escape=escape)


def test_a_tag_on_a_line_of_its_own_leaves_no_line_behind(template: Path) -> None:
    template.write_text("a\n{% for n in numbers %}\n  {% if n %}\n- {{ n }}\n  {% endif %}\n{% endfor %}\nb\n")
    assert render(template, {"numbers": [0, 1, 2]}, escape=True) == "a\n- 1\n- 2\nb\n"
