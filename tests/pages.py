"""What pages tell readers to type: the blocks of commands in a page, each with the lines that it prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = "$ "


@dataclass(frozen=True)
class Command:
    """A command of a page.

    Attributes:
        text: What is typed, without prompt and comment, on one line.
        printed: The lines below it.
    """

    text: str
    printed: tuple[str, ...] = ()


def commands_in(page: Path) -> list[Command]:
    """Every command of a page, in the order in which they are printed."""
    return [command for block in _BLOCK.findall(page.read_text(encoding="utf-8")) for command in _of(block)]


def _of(block: str) -> Iterator[Command]:
    """The commands of a block; where one has a prompt, a line without is what is printed."""
    lines = block.replace("\\\n", " ").splitlines()
    with_prompts = any(line.startswith(_PROMPT) for line in lines)
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith(_PROMPT) or not with_prompts:
            found.append((line.removeprefix(_PROMPT), []))
        else:
            found[-1][1].append(line)
    for text, printed in found:
        yield Command(" ".join(text.partition(" # ")[0].split()), tuple(printed))
