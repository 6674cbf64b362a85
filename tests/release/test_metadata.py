"""The YAML of a card: every value comes back, and a fast writer changes no byte of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.release.metadata import dumped

KEYS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=20)
WORDS = st.one_of(st.text(max_size=12), st.text([chr(code) for code in range(32, 127)], max_size=20))
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def written_by_python(value: Any) -> str:
    """A value on a line, as the writer in Python has it."""
    text = yaml.dump(
        value, Dumper=yaml.SafeDumper, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf")
    )
    return text.removesuffix("\n").removesuffix("\n...")


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_each_item_is_what_the_writer_in_python_writes(item: dict[str, Any]) -> None:
    assert dumped({"configs": [item]}) == f"configs:\n- {written_by_python(item)}"
    (name, value), *_ = item.items()
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        assert dumped({name: value}) == f"{name}: {written_by_python(value)}"


@pytest.mark.parametrize(
    "item",
    [
        {"config_name": "cv_0", "data_files": [{"split": "test", "path": ["data/fold-[012]/*-*.parquet"]}]},
        {"": "a key without a name"},
        {"label": "Schmerz 😀", "names": ["füße", "顔"]},
        {"a\rb": "\x85"},
        {"text": "one\ntwo"},
        {"pattern": r"back\slash"},
        {"number": "1_000", "word": "no", "day": "2026-01-31", "nothing": "~", "colon": "a: b", "hash": "a #b"},
        {"k" * 128: "a long key"},
    ],
)  # fmt: skip
def test_what_the_two_writers_write_differently_is_written_as_before(item: dict[str, Any]) -> None:
    assert dumped({"configs": [item]}) == f"configs:\n- {written_by_python(item)}"
