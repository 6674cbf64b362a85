"""What raters are asked of a face, and the answers they can give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from synpain_hf.errors import UsageError
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import CLASSES

CANNOT_SAY = "cannot_say"
"""An answer to every question."""

EXPRESSION, NEUTRAL, PAIN = "expression", "neutral", "pain"

NOT_PAIN = "not_pain"
"""What neutral faces and other expressions are where pain alone is told from the rest."""

REALISM, SAME_PERSON = "realism", "identity"

ATTENTION: Final = "attention"
"""What tables of ratings call the answer to an attention check, which is a question of no release."""

STEPS: Final = ("1", "2", "3", "4", "5")
"""The answers to a question with a scale, from the least to the most."""


@dataclass(frozen=True)
class Question:
    """One question to a face.

    Attributes:
        name: What tables of ratings call it.
        asked: The question.
        column: What a release says of it: a column of groups, or the label; empty where there is no right answer, and
            the answers are `STEPS` of a scale.
        answers: The answers in words, by what tables of ratings call them, without `CANNOT_SAY`.
        is_beside: Whether the neutral face of the same identity stands beside the face.
    """

    name: str
    asked: str
    column: str
    answers: Mapping[str, str]
    is_beside: bool = False

    @property
    def is_scale(self) -> bool:
        """Whether its answers are steps of a scale, none of which is right."""
        return not self.column


def _in_words(column: str) -> dict[str, str]:
    return {word: word.replace("_", " ").capitalize() for word in CLASSES[column]}


QUESTIONS: Mapping[str, Question] = {
    question.name: question
    for question in (
        Question("gender", "Which gender does this person seem to have?", "gender", _in_words("gender")),
        Question("age", "Is this person young or old?", "age_group", _in_words("age_group")),
        Question(
            "ethnicity",
            "Which ethnicity does this person seem to have?",
            "ethnicity",
            {
                **_in_words("ethnicity"),
                "south_asian": "South Asian",
                "middle_eastern": "Middle Eastern",
                "east_asian": "East Asian",
            },
        ),
        Question(
            EXPRESSION,
            "What does the face express?",
            "label",
            {NEUTRAL: "Nothing: it is neutral", PAIN: "Pain", "no_pain": "Something else than pain"},
        ),
        Question(
            REALISM,
            "How realistic is this face?",
            "",
            dict(zip(STEPS, ("Not at all", "Slightly", "Moderately", "Very", "Completely"), strict=True)),
        ),
        Question(
            SAME_PERSON,
            "Is this the person in the small picture?",
            "",
            dict(zip(STEPS, ("Surely not", "Probably not", "Perhaps", "Probably", "Surely"), strict=True)),
            is_beside=True,
        ),
    )
}
"""Every question, in the order in which they are asked."""


def questions_called(names: Sequence[str], *, of_several: bool = False) -> tuple[Question, ...]:
    """Questions by their names, in the order in which they are asked.

    Args:
        names: Some keys of `QUESTIONS`. Where none are named, all that have a right answer; of several releases, those
            that have none.
        of_several: Whether faces of several releases are compared.

    Raises:
        UsageError: If there is no question of a name.
    """
    for name in names:
        if name not in QUESTIONS:
            raise UsageError(
                f"has {name!r}{did_you_mean(name, QUESTIONS)}; give some of {', '.join(QUESTIONS)}", "questions"
            )
    return tuple(
        question
        for name, question in QUESTIONS.items()
        if (name in names if names else question.is_scale == of_several)
    )
