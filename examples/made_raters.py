"""Fill in rating sheets in place of people, to see what comes of them.

    synpain-hf rate demo-faces --raters 3
    python examples/made_raters.py demo-faces rating
    synpain-hf ratings demo-faces rating/R1.csv rating/R2.csv rating/R3.csv --key rating/key.json --out ratings

These raters are right about most faces, the third less often than the others, and about the expression of old faces
they are often wrong. Faces that `warp` drew are less realistic to them than others. The fifth does not read the page,
and answers anything.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

from synpain_hf.rating.answers import COLUMNS
from synpain_hf.rating.faces import Face, FaceId, faces_of, labelled
from synpain_hf.rating.questions import ATTENTION, CANNOT_SAY, QUESTIONS

ACCURACY = (0.98, 0.97, 0.90)
OF_OLD_EXPRESSIONS = 0.75

STEPS = {"realism": 3.7, "identity": 4.2}
"""Of a scale, on average; `BENT` less where the face was warped."""
BENT = 0.5
UNLIKE = (0.0, 0.3, -0.3, 0.1, 0.0)
"""By how much the raters differ."""
CARELESS = 5
"""The number of the one who does not read."""


def answer(question: str, face: Face, rater: int, generator: np.random.Generator) -> str:
    """What a rater says who reads the page."""
    accuracy = ACCURACY[rater % len(ACCURACY)]
    if question in STEPS:
        level = STEPS[question] - BENT * (face.id.release == "warp") + UNLIKE[rater % len(UNLIKE)]
        level += generator.normal(0, 0.8)
        return str(int(np.clip(round(level), 1, 5)))
    is_hard = question == "expression" and face.groups["age_group"] == "old"
    right = face.shows[question]
    if right is not None and generator.random() < accuracy * (OF_OLD_EXPRESSIONS if is_hard else 1):
        return right
    return str(generator.choice([word for word in (*QUESTIONS[question].answers, CANNOT_SAY) if word != right]))


def anything(question: str, generator: np.random.Generator) -> str:
    """What somebody says who does not read."""
    return str(generator.choice([*QUESTIONS[question].answers, CANNOT_SAY]))


def main() -> None:
    """Write a table for each sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", type=Path, nargs="+")
    parser.add_argument("rating", type=Path, help="the folder that `synpain-hf rate` wrote")
    given = parser.parse_args()
    faces = faces_of(labelled(given.release))
    key = json.loads((given.rating / "key.json").read_text(encoding="utf-8"))
    generator = np.random.default_rng(0)
    for number, (sheet, tokens) in enumerate(key["sheets"].items()):
        path = given.rating / f"R{number + 1}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for trial, token in enumerate(tokens, 1):
                asked = key["checks"].get(token)
                for question in key["questions"] if asked is None else [ATTENTION]:
                    if number + 1 == CARELESS:
                        said = anything(key["questions"][0] if asked else question, generator)
                    else:
                        said = asked or answer(question, faces[FaceId(**key["faces"][token])], number, generator)
                    seconds = f"{generator.lognormal(0.5, 0.4):.2f}"
                    table.writerow([sheet, f"R{number + 1}", token, trial, question, said, seconds, ""])
        print(path)


if __name__ == "__main__":
    main()
