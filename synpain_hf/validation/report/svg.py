"""Figures as SVG that are the same bytes for the same numbers, with words for those who cannot see them."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_HEAD = re.compile(r"\A.*?(?=<svg)", re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """A figure.

    Attributes:
        svg: Its file.
        alternative: What it shows, for those who cannot see it.
    """

    svg: str
    alternative: str

    @property
    def address(self) -> str:
        """The figure as an address that holds it."""
        return f"data:image/svg+xml;base64,{base64.b64encode(self.svg.encode('utf-8')).decode('ascii')}"


@contextmanager
def own_settings(name: str) -> Iterator[None]:
    """Draw the same whatever settings matplotlib has here.

    Args:
        name: Of the figure: what tells it from others on a page.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["svg.hashsalt"] = name
        yield


def picture(canvas: Canvas, alternative: str) -> Picture:
    """A figure that was drawn, to be called within `own_settings`."""
    file = io.StringIO()
    canvas.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return Picture(_HEAD.sub("", file.getvalue()), alternative)
