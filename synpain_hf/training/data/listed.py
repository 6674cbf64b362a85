"""The data sets that are trained on beside the first, as they are typed: each by its name, or a list of them in YAML.

sets:
  - dataset: lab/faces
    revision: v1.0.0
    weight: 2
  - dataset: a-release
    config_name: all
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.schemas import violations
from synpain_hf.text.documents import MOST_YAML, parsed_yaml
from synpain_hf.training.data.several import TrainingSet

_SCHEMA = "training_sets"
_ENDINGS = (".yaml", ".yml")


def read_sets(words: Iterable[str]) -> list[TrainingSet]:
    """What several words of `--and` stand for.

    Args:
        words: Each what `train` takes as a data set, or a `.yaml` file that lists some. Folders in such a file are
            found from the current folder, as typed ones are.

    Raises:
        UsageError: If a file cannot be read.
        BadInputError: If it is no such list; says all that is wrong.
    """
    found: list[TrainingSet] = []
    for word in words:
        found += _listed_in(Path(word).expanduser()) if word.endswith(_ENDINGS) else [TrainingSet(word)]
    return found


def _listed_in(path: Path) -> list[TrainingSet]:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_YAML + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); give a YAML file that lists data sets") from error
    if len(text) > MOST_YAML:
        raise UsageError(f"{path} is larger than {MOST_YAML // 1024} kB; list fewer data sets")
    try:
        document = parsed_yaml(text)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = path.name if mark is None else f"{path.name}, line {mark.line + 1}"
        reason = getattr(error, "problem", None) or str(error)
        raise BadInputError([Problem(where, f"is not a YAML list of data sets ({reason}); correct it")]) from error
    if not isinstance(document, dict):
        raise BadInputError([Problem(path.name, "lists no data sets; begin with `sets:`, and name one a line")])
    wrong = violations(_SCHEMA, document)
    if wrong:
        raise BadInputError([Problem(path.name, reason) for reason in wrong])
    try:
        return [TrainingSet(**one) for one in document["sets"]]
    except UsageError as error:  # of a number that is none, which the schema lets pass
        raise BadInputError([Problem(path.name, str(error))]) from error
