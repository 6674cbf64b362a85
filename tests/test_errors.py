"""Errors name arguments as they were given: by their names in Python, or as they were typed."""

from __future__ import annotations

import pickle

from synpain_hf.errors import UsageError


def test_a_message_begins_with_the_arguments_that_are_wrong() -> None:
    assert str(UsageError("give a folder")) == "give a folder"
    assert str(UsageError("is 0; give 1 or more", "batch_size")) == "batch_size is 0; give 1 or more"
    assert str(UsageError("cannot be changed", "image_size", "lora")) == "image_size and lora cannot be changed"


def test_arguments_can_be_named_as_they_were_typed() -> None:
    error = UsageError("is 0; give 1 or more", "batch_size")
    for same in (error, pickle.loads(pickle.dumps(error))):
        assert same.naming(lambda name: f"--{name}") == "--batch_size is 0; give 1 or more"
        assert str(same) == "batch_size is 0; give 1 or more"
    assert UsageError("give a folder").naming(str.upper) == "give a folder"


def test_other_arguments_that_a_message_mentions_are_named_alike() -> None:
    error = UsageError("is too large; set {steps}, too, not {others}", "batch_size", mentions=["steps"])
    assert str(error) == "batch_size is too large; set steps, too, not {others}"
    assert error.naming(lambda name: f"--{name}") == "--batch_size is too large; set --steps, too, not {others}"
