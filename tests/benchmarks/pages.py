"""Tables in pages, each between two comments of its name, so that no figure is typed."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable, Mapping
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


def simulated(
    told: str | None, name: str, page: Path, lines: Callable[[int, int, int], Iterable[str]], replicates: int
) -> None:
    """Print a table of a simulation, line by line, or write it into a page: a program.

    Args:
        told: What the program says of itself.
        name: The table's.
        page: Where it stands.
        lines: Gives its lines for so many replicates, workers, and a seed.
        replicates: How many by default.
    """
    parser = argparse.ArgumentParser(description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=replicates)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help=f"write it into {page.relative_to(ROOT)}")
    given = parser.parse_args()
    table = []
    for line in lines(given.replicates, given.workers, given.seed):
        print(line, flush=True)  # noqa: T201 - what it is for
        table.append(line)
    if given.write:
        fill({name: table}, [page])
