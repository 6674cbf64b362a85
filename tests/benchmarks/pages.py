"""Tables in pages, each between two comments of its name, so that no figure is typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs/benchmarks.md", ROOT / "synpain_hf/metrics/subgroup_auroc/README.md")


def fill(tables: Mapping[str, Iterable[str]], pages: Iterable[Path] = PAGES) -> None:
    """Put each table in its place on every page that has one.

    Args:
        tables: The lines of each, by its name.
        pages: Pages with `<!-- table: NAME -->` and `<!-- end of table -->`.
    """
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for name, lines in tables.items():
            begin, end = f"<!-- table: {name} -->\n", "<!-- end of table -->"
            inside = "\n".join([begin, *lines, "", end])
            text = re.sub(f"{re.escape(begin)}.*?{end}", inside.replace("\\", r"\\"), text, flags=re.DOTALL)
        page.write_text(text, encoding="utf-8")
