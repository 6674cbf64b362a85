"""A sheet as one page of HTML that needs nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from synpain_hf.rating.layout import Layout
from synpain_hf.rating.questions import CANNOT_SAY, Question
from synpain_hf.text.templates import render

_PARTS: Final = Path(__file__).with_name("page")


def page_of(
    sheet: str, trials: Sequence[str], questions: Sequence[Question], layout: Layout, pictures: Mapping[str, str]
) -> str:
    """The page; its policy lets no script run but its own, and nothing be sent or fetched.

    Args:
        sheet: Its name.
        trials: The tokens in the order in which it shows them.
        questions: What it asks of each face.
        layout: What the tokens are.
        pictures: The picture of each token of a face.
    """
    data = {
        "sheet": sheet,
        "questions": [_asked(question) for question in questions],
        "trials": list(trials),
        "pictures": pictures,
        "checks": {
            token: {"face": layout.check_faces[token], "asked": _check(questions[0], answer)}
            for token, answer in layout.checks.items()
        },
        "beside": layout.beside,
    }
    style, script = (_PARTS.joinpath(name).read_text(encoding="utf-8") for name in ("sheet.css", "sheet.js"))
    digests = {
        name: f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
        for name, text in (("style", style), ("script", script))
    }
    inside = json.dumps(data, ensure_ascii=True).replace("<", "\\u003c")
    return render(
        _PARTS / "sheet.html.jinja",
        {"style": style, "script": script, "data": inside, "digests": digests},
        escape=False,
    )


def _asked(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "asked": question.asked,
        "answers": [*question.answers.items(), (CANNOT_SAY, "I cannot say")],
        "beside": question.is_beside,
    }


def _check(question: Question, answer: str) -> str:
    """What an attention check asks for."""
    return f"To show that you read the questions, choose “{question.answers[answer]}” at this face, whatever it shows."
