"""The metric's folder is all that a Space needs: a card whose examples run, what to install, and a page that works."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from huggingface_hub import RepoCard
from packaging.requirements import Requirement

import synpain_hf
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from tests.loading.elsewhere import environment

ROOT = Path(__file__).parents[2]
FOLDER = Path(synpain_hf.__file__).parent / "metrics" / "subgroup_auroc"
CARD = FOLDER / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LABELS, SCORES = [0, 1] * 40, [row % 13 / 13 + row % 2 / 4 for row in range(80)]
HANDS = ["left", "left", "right", "right"] * 20
TEXT = pandas.DataFrame({"label": LABELS, "score": SCORES, "hand": HANDS}).to_csv(index=False)
CHOSEN: dict[str, Any] = {
    "file": None,
    "text": TEXT,
    "label": "label",
    "positive": "1",
    "score": "score",
    "groups": ["hand"],
    "clusters": "",
    "depth": 1,
    "interval": "score",
    "confidence": 0.95,
    "min_group_size": 10,
    "threshold": "",
}

OWN_CHOICE = re.compile(r"pillow|tomlkit")
"""Pinned to releases that gradio does not take."""


# The card


def test_the_card_tells_the_hub_what_it_is() -> None:
    card = RepoCard.load(CARD).data.to_dict()
    assert {"title", "emoji", "description", "pinned", "sdk_version"} <= set(card)
    assert card["sdk"] == "gradio"
    assert card["license"] == "mit"
    assert {"evaluate", "metric"} <= set(card["tags"])
    assert {card["colorFrom"], card["colorTo"]} <= {
        "red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray",
    }  # fmt: skip
    assert (FOLDER / card["app_file"]).is_file()
    assert len(card["short_description"]) <= 60, "the Hub refuses a longer one"


@pytest.mark.slow
def test_the_examples_of_the_card_run_and_print_what_it_says(
    tmp_path: Path,
) -> None:
    blocks = BLOCK.findall(CARD.read_text())
    code = "".join(text if language == "python" else "" for language, text in blocks)
    expected = "".join(text for language, text in blocks if language == "text")
    assert code.count("evaluate.load") >= 2
    program = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=FOLDER.parent,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert program.returncode == 0, program.stderr
    assert program.stdout.endswith(expected)
    assert program.stdout.startswith("**AUROC by group.**")


def test_the_card_cites_what_the_module_cites() -> None:
    script = ast.parse((FOLDER / "citation.py").read_text())
    cited = next(
        ast.literal_eval(node.value)
        for node in script.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "CITATION"
    )
    assert [text for language, text in BLOCK.findall(CARD.read_text()) if language == "bibtex"] == [cited]


# What to install


def test_all_that_is_imported_is_required_and_nothing_else() -> None:
    required = {Requirement(line).name for line in (FOLDER / "requirements.txt").read_text().splitlines()}
    imported = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(str(node.module).partition(".")[0])
    assert imported - set(sys.stdlib_module_names) == required


# The page


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has what the Space asks for, and nothing else."""
    place = tmp_path_factory.mktemp("space")
    pins = (ROOT / "constraints.txt").read_text().splitlines(keepends=True)
    (place / "constraints.txt").write_text("".join(line for line in pins if not OWN_CHOICE.match(line)))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place / "venv"], check=True)
    python = place / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--quiet", "--disable-pip-version-check"]
    wanted = ["--requirement", str(FOLDER / "requirements.txt"), "--constraint", str(place / "constraints.txt")]
    subprocess.run([*pip, "install", *wanted], check=True)
    return python


@pytest.fixture(scope="module")
def page(interpreter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page, run as a Space does: its files at the root of a folder, and nothing else there."""
    place = tmp_path_factory.mktemp("spaces") / "any-name"
    shutil.copytree(FOLDER, place, ignore=shutil.ignore_patterns("__pycache__"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": str(place.parent / "uploads"),
        "NO_PROXY": "127.0.0.1",
    }
    log = (place.parent / "log").open("w+")
    program = subprocess.Popen(
        [str(interpreter), "app.py"],
        cwd=place,
        env=environment(place.parent / "home", **settings),
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
                break
            assert program.poll() is None, (place.parent / "log").read_text()
            time.sleep(0.25)
        yield address
        assert "Traceback" not in (place.parent / "log").read_text()
    finally:
        program.terminate()
        program.wait(timeout=600)
        log.close()


@pytest.fixture(scope="module")
def client(page: str) -> Iterator[Any]:
    found = Client(page, verbose=False, analytics_enabled=False)
    yield found
    found.close()


def asked(client: Any, **other: Any) -> Any:
    return client.predict(**(CHOSEN | other), api_name="/report")


def refused(client: Any, **other: Any) -> str:
    with pytest.raises(AppError) as error:
        asked(client, **other)
    return str(error.value)


@pytest.mark.slow
class TestPage:
    """One server for all, which takes some seconds to start."""

    def test_reports_on_a_table(self, client: Any) -> None:
        tables, forest, curves, document = asked(client)
        expected = subgroup_auroc(references=LABELS, scores=SCORES, groups={"hand": HANDS})
        assert json.loads(document) == expected
        assert tables == expected.to_markdown()
        for picture in (forest, curves):
            assert picture["plot"].startswith("data:image/png;base64,")

    def test_takes_every_option(self, client: Any) -> None:
        options: dict[str, Any] = {
            "depth": 2,
            "interval": "bootstrap",
            "confidence": 0.9,
            "min_group_size": 5,
            "threshold": "0.5",
        }
        table = pandas.read_csv(io.StringIO(TEXT)).assign(person=[row // 2 for row in range(80)], foot=HANDS[::-1])
        groups = ["hand", "foot"]
        document = asked(client, text=table.to_csv(index=False), groups=groups, clusters="person", **options)[3]
        found = json.loads(document)
        expected = subgroup_auroc(
            references=LABELS, scores=SCORES, groups=table, attributes=groups, clusters="person",
            resamples=found["options"]["resamples"], **{**options, "threshold": 0.5},
        )  # fmt: skip
        assert found == expected

    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_takes_a_file(self, client: Any, tmp_path: Path, separator: str) -> None:
        path = tmp_path / "predictions.csv"
        path.write_text(TEXT.replace(",", separator), encoding="utf-8-sig")
        assert asked(client, file=handle_file(str(path)), text="")[3] == asked(client)[3]

    def test_makes_an_empty_cell_missing_and_keeps_words_like_none(self, client: Any) -> None:
        text = TEXT.replace("left", "None").replace(",right\n", ",\n", 1)
        groups = json.loads(asked(client, text=text)[3])["groups"]["hand"]
        assert {name: group["n"] for name, group in groups.items()} == {"None": 40, "right": 39, "(missing)": 1}

    def test_needs_no_attributes(self, client: Any) -> None:
        _, forest, curves, document = asked(client, groups=[])
        assert json.loads(document)["gaps"] == {}
        assert forest is not None
        assert curves is None

    def test_guesses_what_the_columns_are(self, client: Any) -> None:
        text = "patient,Label,probability,sex\n" + "".join(f"p{row},{row % 2},0.{row},f\n" for row in range(60))
        label, score, groups, clusters, positive = client.predict(file=None, text=text, api_name="/columns")
        assert (label["value"], score["value"], groups["value"], clusters["value"], positive["value"]) == (
            "Label", "probability", ["sex"], "patient", "1",
        )  # fmt: skip

    def test_says_what_is_wrong_and_what_to_do(self, client: Any) -> None:
        many = TEXT.replace("\n", ",id\n", 1) + "".join(f"{row % 2},0.5,left,{row}\n" for row in range(60))
        wide = "label,score,a,b\n" + "".join(f"{row % 2},0.5,{row % 25},{row % 26}\n" for row in range(800))
        eleven = ",".join("abcdefghijk")
        for other, message in (
            ({"text": ""}, "This is not a CSV table in UTF-8: No columns to parse from file; give a header line"),
            ({"text": "a,b\n1,2,3\n1,2,3,4\n"}, "This is not a CSV table"),
            ({"label": None}, "Choose the column of the label; the table has label, score, hand."),
            ({"score": "gone"}, "Choose the column of the score"),
            ({"groups": ["gone"]}, "Choose the column of the groups"),
            ({"clusters": "gone"}, "Choose the column of the clusters"),
            ({"positive": "yes"}, "References must have two values, 'yes' for positive and another one"),
            (
                {"text": TEXT.replace("0.0", "low", 1)},
                "Scores must be numbers, one per row; rows 0 hold something",
            ),
            ({"threshold": "half"}, "The threshold of F1 is 'half'; give a number, or leave it empty."),
            ({"text": TEXT + "0,0.5,left\n" * 20_000}, "The table has 20,080 rows; give at most 20,000."),
            ({"text": "x" * 2_000_001}, "The table has 2,000,001 bytes; give at most 2,000,000."),
            ({"text": many, "groups": ["id"]}, "The column id has 61 values; choose groups of at most 50."),
            ({"text": wide, "groups": ["a", "b"], "depth": 2}, "650 groups would be crossed; choose fewer attributes"),
            (
                {"text": f"label,score,{eleven}\n", "groups": eleven.split(",")},
                "11 attributes are chosen; choose at most",
            ),
            ({"text": "label,score,hand\n"}, "There are no rows"),
        ):
            told = refused(client, **other)
            assert told.startswith(message), told
            assert told.endswith(".")
