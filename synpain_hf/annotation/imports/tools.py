"""The tools whose tables are recognised."""

from __future__ import annotations

from collections.abc import Sequence

from synpain_hf.annotation.imports.facereader import FACEREADER
from synpain_hf.annotation.imports.fiqa import DSL_FIQA
from synpain_hf.annotation.imports.imotions import IMOTIONS
from synpain_hf.annotation.imports.openface import OPENFACE
from synpain_hf.annotation.imports.plain import PLAIN_BY_FACE, PLAIN_BY_FILE
from synpain_hf.annotation.imports.pyfeat import PYFEAT
from synpain_hf.annotation.imports.tool import Tool
from synpain_hf.errors import UsageError
from synpain_hf.text.suggestions import did_you_mean

TOOLS: Sequence[Tool] = (PLAIN_BY_FACE, FACEREADER, PYFEAT, OPENFACE, IMOTIONS, PLAIN_BY_FILE, DSL_FIQA)
"""In the order in which they are tried."""

NAMES = tuple(dict.fromkeys(tool.name for tool in TOOLS))


def tools_called(name: str | None) -> Sequence[Tool]:
    """The tools that a table may be of.

    Args:
        name: The tool that the user names; None for any.

    Raises:
        UsageError: If there is none of this name.
    """
    if name is None:
        return TOOLS
    if name not in NAMES:
        raise UsageError(f"is {name!r}{did_you_mean(name, NAMES)}; give one of {', '.join(NAMES)}", "tool")
    return [tool for tool in TOOLS if tool.name == name]
