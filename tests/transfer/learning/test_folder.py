"""Nothing in a folder of weights is believed before it is checked; each thing that is wrong is a line."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError, DownloadError, SynpainError, UsageError
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, LEARNED, WEIGHTS, TransferModel

CONTENT = {WEIGHTS: b"weights", LEARNED: b'{"pair_id": ["p1"], "identity": ["a", "b"]}'}


def about() -> dict[str, Any]:
    """What is said of a folder that is whole."""
    return {
        "method": "unet", "method_version": 1, "size": 64, "steps": 4, "network": {"channels": [8]}, "base": None,
        "learned_from": {
            "name": "synpain", "version": "1.0.0", "kind": "demo", "content": "0" * 64, "shows_people": False,
            "test_fold": 0, "validation_fold": 1, "pairs": 9, "identities": 9,
        },
        "training": {"steps": 5, "precision": "auto"},
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in CONTENT.items()
        },
        "made_with": "tests",
    }  # fmt: skip


def filled(place: Path) -> Path:
    place.mkdir()
    for name, data in CONTENT.items():
        (place / name).write_bytes(data)
    (place / ABOUT).write_text(json.dumps(about()), encoding="utf-8")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return filled(tmp_path / "refiner")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One whose `transfer_model.json` is written anew for each example."""
    return filled(tmp_path_factory.mktemp("folder") / "refiner")


def test_one_that_is_whole_says_whom_it_has_learned(folder: Path) -> None:
    model = TransferModel.open(str(folder), "unet", 1)
    assert model.identities() == {"a", "b"}
    assert model.title == f"refiner sha256:{hashlib.sha256((folder / ABOUT).read_bytes()).hexdigest()}"
    assert model.file(WEIGHTS) == folder / WEIGHTS
    assert model.learned_from["shows_people"] is False
    assert model.learned_from["test_fold"] == 0


def says(**changed: Any) -> Callable[[Path], object]:
    return lambda folder: (folder / ABOUT).write_text(json.dumps({**about(), **changed}), encoding="utf-8")


def files(name: str, **record: Any) -> Callable[[Path], object]:
    return says(files={**about()["files"], name: {"bytes": 7, "sha256": "0" * 64, **record}})


@pytest.mark.parametrize(
    ("damage", "kind", "told"),
    [
        (lambda folder: (folder / WEIGHTS).write_bytes(b"other"), BadInputError, "has 5 bytes, not 7"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"weightz"), BadInputError, "is not as it was written"),
        (lambda folder: (folder / WEIGHTS).unlink(), BadInputError, f"{WEIGHTS}: is missing"),
        (lambda folder: (folder / ABOUT).write_text("{"), BadInputError, "cannot be used"),
        (lambda folder: (folder / ABOUT).write_text("[1]"), BadInputError, "it is not a JSON object"),
        (lambda folder: (folder / ABOUT).write_text("[" * 100_000), BadInputError, "nested too deeply"),
        (lambda folder: (folder / ABOUT).write_bytes(b" " * (2**20 + 1)), BadInputError, "more than 1,048,576 bytes"),
        (lambda folder: (folder / ABOUT).unlink(), UsageError, f"has no {ABOUT}"),
        (says(method="controlnet"), UsageError, "trained for controlnet 1, not for unet 1; give another"),
        (says(method_version=2), UsageError, "trained for unet 2, not for unet 1"),
        (says(size=70), BadInputError, "size: 70 is not a multiple of 8"),
        (says(size=100_000), BadInputError, "size: 100000 is greater than the maximum"),
        (says(steps=0), BadInputError, "steps: 0 is less than the minimum"),
        (says(files={}), BadInputError, "files"),
        (files("../secret.txt"), BadInputError, "does not have the form"),
        (files("huge.safetensors", bytes=2**40), BadInputError, "is greater than the maximum"),
        (lambda folder: _as_pipe(folder / WEIGHTS), BadInputError, f"{WEIGHTS}: is missing"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told(
    folder: Path, damage: Callable[[Path], object], kind: type[SynpainError], told: str
) -> None:
    damage(folder)
    with pytest.raises(kind) as error:
        TransferModel.open(str(folder), "unet", 1)
    assert told in str(error.value)


def _as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@given(place=st.floats(0, 1, exclude_max=True), new=st.binary(max_size=4), gone=st.integers(0, 40))
def test_whatever_is_changed_in_it_is_told_or_changes_nothing_that_counts(
    whole: Path, place: float, new: bytes, gone: int
) -> None:
    data = json.dumps(about()).encode()
    start = int(place * len(data))
    (whole / ABOUT).write_bytes(data[:start] + new + data[start + gone :])
    try:
        model = TransferModel.open(str(whole), "unet", 1)
    except SynpainError:
        return
    assert model.file(WEIGHTS).read_bytes() == CONTENT[WEIGHTS]


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"identity": [3]}', b'{"identity": 3}', b"\xff"])
def test_a_damaged_list_of_identities_is_told(folder: Path, data: bytes) -> None:
    (folder / LEARNED).write_bytes(data)
    files(LEARNED, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())(folder)
    model = TransferModel.open(str(folder), "unet", 1)
    with pytest.raises(BadInputError, match=r"learned.json: cannot be used"):
        model.identities()


def test_what_is_neither_a_folder_nor_a_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="neither a folder nor a name on the Hub"):
        TransferModel.open(str(tmp_path / "nowhere"), "unet", 1)
    with pytest.raises(UsageError, match="neither a folder nor a name on the Hub"):
        TransferModel.open("refiner", "unet", 1)


def test_a_name_on_the_hub_that_cannot_be_reached_is_told() -> None:
    with pytest.raises(DownloadError, match="some/refiner"):
        TransferModel.open("some/refiner", "unet", 1)
