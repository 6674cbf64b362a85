"""Text in LaTeX stays text."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.text.latex import escaped, table

COMMANDS = re.compile(r"\\(text[a-z]+|dots|ensuremath)\{-?\}|\\string\"\{\}|\{[\[*]\}|-\{\}(?=-)|\\[{}$&#%_]")


@given(st.text())
def test_whatever_a_value_holds_no_special_character_of_it_is_left(value: str) -> None:
    rest = COMMANDS.sub("", escaped(value))
    assert not set(rest) & set('\\{}$&#%_^~\n[*"')
    assert "--" not in escaped(value.replace("–", ""))


def test_what_is_special_is_shown() -> None:
    assert escaped("50% of A_B & {x}\n−1") == r"50\% of A\_B \& \{x\} \ensuremath{-}1"


def test_every_row_of_a_table_has_its_cells() -> None:
    made = table(["a", "b & c"], [["x", 1], ["y|", 2]], 1, "Of 100%", "one")
    rows = re.findall(r"^(?!\\)(.*) \\\\$", made, re.MULTILINE)
    assert [re.split(r"(?<!\\) & ", row) for row in rows] == [["a", r"b \& c"], ["x", "1"], [r"y\textbar{}", "2"]]
    assert r"\begin{tabular}{lr}" in made
    assert r"\caption{Of 100\%}" in made


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not here")
@pytest.mark.parametrize("cell", ["[3pt]", "*", '"quoted"', "a --- b", "\\input{x}", "50% & ~^`|<>_#$", "−1 … –"])
def test_pdflatex_takes_a_table_with_it_anywhere(cell: str, tmp_path: Path) -> None:
    made = table([cell, cell], [[cell, cell], [cell, cell]], 1, cell, "cells")
    source = f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}\n{made}\n\\end{{document}}"
    (tmp_path / "table.tex").write_text(source, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
