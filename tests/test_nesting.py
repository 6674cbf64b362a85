"""Documents that are nested without end: every reader of JSON and YAML refuses them with a report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from datasets import config

from synpain_hf.cards.facts import read_facts
from synpain_hf.errors import SynpainError, UsageError
from synpain_hf.generation.drawn.bias import read_bias
from synpain_hf.release.checked import is_known, remember
from synpain_hf.release.release import Release
from synpain_hf.schemas import strict_json
from synpain_hf.sources import open_source
from synpain_hf.sources.demo_download import NOTES_FILE, read_drawn
from synpain_hf.sources.wording import read_wording
from synpain_hf.text.documents import parsed_json
from synpain_hf.training.settings import read_settings

LEVELS = 100_000
JSON = {"lists": "[" * LEVELS, "objects": '{"a":' * LEVELS}
YAML = {
    **JSON,
    "entries": "- " * LEVELS,
    "keys": "? " * LEVELS,
    "braces": "{a: " * LEVELS,
    "closed": "[" * 500 + "]" * 500,
}

READERS_OF_JSON: dict[str, Callable[[Path], object]] = {
    "release.json": lambda path: Release.described_in(path.parent),
    "pairs.jsonl": lambda path: open_source([path]),
    NOTES_FILE: lambda path: read_drawn(lambda name: path.read_bytes() if name == NOTES_FILE else b"truth"),
}
READERS_OF_YAML: dict[str, Callable[[Path], object]] = {
    "facts.yaml": lambda path: read_facts(path, path.with_name("references.bib")),
    "bias.yaml": read_bias,
    "words.yaml": lambda path: read_wording(path, ()),
}
CASES = [
    pytest.param(file, read, text, id=f"{file}, {kind}")
    for readers, texts in ((READERS_OF_JSON, JSON), (READERS_OF_YAML, YAML))
    for file, read in readers.items()
    for kind, text in texts.items()
]


@pytest.mark.parametrize(("file", "read", "text"), CASES)
def test_what_is_nested_without_end_is_reported(
    tmp_path: Path, file: str, read: Callable[[Path], object], text: str
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(SynpainError, match="nested"):
        read(tmp_path / file)


@pytest.mark.parametrize("text", [JSON["objects"], '{"a":' + JSON["lists"]])
def test_a_setting_that_is_nested_without_end_is_reported(text: str) -> None:
    with pytest.raises(UsageError, match=r"lr_scheduler_kwargs is .*; give a JSON object \(it is nested too deeply"):
        read_settings([f"lr_scheduler_kwargs={text}"])


@pytest.mark.parametrize("text", JSON.values(), ids=JSON)
def test_what_a_finished_training_left_is_reported(tmp_path: Path, text: str) -> None:
    from synpain_hf.training.run.cross_validation import CrossValidation
    from synpain_hf.training.run.result import TrainingResult, read_report

    places = {"result.json": TrainingResult.read, "report/report.json": read_report}
    for place, read in places.items():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(text, encoding="utf-8")
        with pytest.raises(
            UsageError, match=f"{place} cannot be read .it is nested too deeply.; remove the training's"
        ):
            read(tmp_path)
    (tmp_path / "summary.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"summary\.json cannot be read"):
        CrossValidation.read(tmp_path)


def test_a_note_of_what_was_found_right_is_passed_over(tmp_path: Path) -> None:
    state = {"folder": str(tmp_path), "files": {"data/a.parquet": [0]}}
    remember(state)
    assert is_known(state)
    (note,) = (Path(config.HF_CACHE_HOME) / "synpain-hf" / "checked").iterdir()
    for text in JSON.values():
        note.write_text(text, encoding="utf-8")
        assert not is_known(state)


@pytest.mark.parametrize("read", [parsed_json, strict_json])
@pytest.mark.parametrize("text", JSON.values(), ids=JSON)
def test_the_readers_of_json_raise_what_their_callers_expect(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="it is nested too deeply"):
        read(text)
