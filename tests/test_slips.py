"""A slip in any word that this package takes is told with the word that was meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer

import synpain_hf
from synpain_hf.cli import app
from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.executor import Executor
from synpain_hf.experiments.definition import read_definition
from synpain_hf.generation.drawn.bias import PlantedBias, read_bias
from synpain_hf.imaging.faces import Encoding
from synpain_hf.metrics.subgroup_auroc.options import Options
from synpain_hf.release.amendment import Amendment
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.sources import open_source
from synpain_hf.sources.wording import read_wording
from synpain_hf.training.data.opening import open_pairs
from tests.terminal import run

HEAD = "pair_id,label,age_group,gender,ethnicity,composite"


def manifest(folder: Path, line: str, head: str = HEAD) -> Path:
    (folder / "faces").mkdir(exist_ok=True)
    (folder / "faces" / "a.png").touch()
    path = folder / "pairs.csv"
    path.write_text(f"{head}\n{line}\n", encoding="utf-8")
    return path


def told(folder: Path, line: str, head: str = HEAD) -> None:
    raise BadInputError(entry for entry in open_source([manifest(folder, line, head)]))  # type: ignore[misc]


def opened(folder: Path, name: str) -> None:
    (folder / name).touch()
    open_source([folder / name])


def bias(folder: Path, text: str) -> None:
    (folder / "bias.yaml").write_text(text, encoding="utf-8")
    read_bias(folder / "bias.yaml")


def videos(folder: Path) -> None:
    place = folder / "SynPain" / "Videos"
    place.mkdir(parents=True)
    for name in "abcd":
        (place / f"{name}.mp4").touch()
    build(place, folder / "out", version="1.0.0")


SLIPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "an encoding": (lambda _: Encoding("pgn"), "unknown encoding 'pgn' (did you mean 'png'?); choose one of png"),
    "an engine": (lambda _: Executor(1, "thread"), "unknown engine 'thread' (did you mean 'threads'?)"),  # type: ignore[arg-type]
    "a method of transfer": (
        lambda folder: synpain_hf.transfer(folder, folder, folder / "out", method="wrap"),
        "method is 'wrap' (did you mean 'warp'?); give one of warp, oracle, unet, controlnet",
    ),
    "a word of consent": (
        lambda folder: synpain_hf.transfer(folder, folder, folder / "out", identities_are="consent"),  # type: ignore[arg-type]
        "identities_are is 'consent' (did you mean 'consented'?); give one of synthetic, consented",
    ),
    "a group of driver and identity": (
        lambda folder: synpain_hf.transfer(folder, folder, folder / "out", same=["gendr"]),
        "same is 'gendr' (did you mean 'gender'?); give some of age_group, gender, ethnicity",
    ),
    "on_error": (
        lambda folder: build(folder, folder / "out", version="1.0.0", on_error="skipp"),  # type: ignore[arg-type]
        "unknown on_error 'skipp' (did you mean 'skip'?); choose fail or skip",
    ),
    "a configuration": (lambda _: synpain_hf.load("cv3"), "unknown configuration 'cv3' (did you mean 'cv_3'?)"),
    "a label": (
        lambda folder: told(folder, "a,pian,old,man,white,faces/a.png"),
        "label 'pian' is unknown (did you mean 'pain'?); use one of no_pain, pain, or say what it means",
    ),
    "a group": (lambda folder: told(folder, "a,pain,oldd,man,white,faces/a.png"), "unknown (did you mean 'old'?)"),
    "a column": (lambda folder: told(folder, "", HEAD + "x"), "column 'compositex' (did you mean 'composite'?)"),
    "a picture": (
        lambda folder: told(folder, "a,pain,old,man,white,faces/b.png"),
        "'faces/b.png' does not exist; put it there, or correct the name to 'faces/a.png'",
    ),
    "a source": (
        lambda folder: (manifest(folder, ""), open_source([folder / "pair.csv"])),
        "pair.csv does not exist (did you mean 'pairs.csv'?)",
    ),
    "an ending": (
        lambda folder: opened(folder, "pairs.cvs"),
        "pairs.cvs is not a source (did you mean '.csv'?); give one folder",
    ),
    "a video": (
        lambda folder: opened(folder, "a.mp4"),
        "a.mp4 is not a source; pairs are made of pictures, or of the videos in a folder (--videos frames); give one",
    ),
    "a folder of videos": (
        videos,
        "(a.mp4, b.mp4, c.mp4 and 1 more) and no pictures, but pairs are made of pictures; give the folder above, Syn",
    ),
    "a word that is mapped": (
        lambda _: read_wording({"label": {"PA4": "pian"}}, ()), "maps the label 'PA4' to 'pian' (did you mean 'pain'?)",
    ),
    "a question to raters": (
        lambda _: synpain_hf.rate("release", questions=["gendre"]), "questions has 'gendre' (did you mean 'gender'?)",
    ),
    "a type": (lambda _: read_wording(None, (), ["x=flot64"]), "the type 'flot64' (did you mean 'float64'?)"),
    "a word of a schema": (
        lambda _: told_by_schema(), "encoding 'pgn' is unknown (did you mean 'png'?); use one of png, webp, jpeg",
    ),
    "a group of a bias": (lambda _: PlantedBias(group={"gendr": "man"}), "by 'gendr' (did you mean 'gender'?)"),
    "a value of a bias": (lambda _: PlantedBias(group={"gender": "women"}), "gender 'women' (did you mean 'woman'?)"),
    "a unit of a bias": (lambda _: PlantedBias(unit="AU04"), "the unit 'AU04' (did you mean 'AU4'?)"),
    "a key of a bias": (lambda folder: bias(folder, "- strenght: 2"), "key 'strenght' (did you mean 'strength'?)"),
    "a style of demo faces": (lambda folder: demo(folder / "out", style="sketsh"), "(did you mean 'sketch'?)"),  # type: ignore[call-overload]
    "an experiment": (lambda _: read_definition("strattified"), "not an experiment (did you mean 'stratified'?)"),
    "an option of the metric": (
        lambda _: Options(interval="delon"), "interval is 'delon' (did you mean 'delong'?); give one of",  # type: ignore[arg-type]
    ),
}  # fmt: skip


def told_by_schema() -> None:
    options = {"encoding": "pgn", "image_size": None, "on_error": "fail"}
    (sentence,) = (one for one in violations("release", {"options": options}) if "pgn" in one)
    raise UsageError(sentence)


@pytest.mark.parametrize("what", SLIPS)
def test_a_slip_is_told_with_what_was_meant(tmp_path: Path, what: str) -> None:
    slip, message = SLIPS[what]
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is looked at below
        slip(tmp_path)
    assert message in str(caught.value)


def test_slips_in_what_a_release_has_are_told_likewise(tmp_path: Path, release: Release) -> None:
    with pytest.raises(UsageError, match=r"a configuration 'defualt' \(did you mean 'default'\?\); choose one of"):
        open_pairs(release.folder, "defualt")
    with pytest.raises(UsageError, match=r"no split 'val' here \(did you mean 'validation'\?\); it has train"):
        open_pairs(release.folder).positions("val")
    files = {**release.files, "annotations/action_units.parquet": {}}
    annotated = Release(release.folder, {**release.manifest, "files": files})
    with pytest.raises(UsageError, match=r"is not in release 1.0.0 \(did you mean 'annotations/action_units.parquet'"):
        Amendment(annotated, tmp_path).remove("annotations/action_unit.parquet")


CHOICES = [
    (name, option.opts[0], word)
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    for option in command.params
    if "|" in str(option.metavar)
    for word in option.metavar.strip("<>").split("|")
]


@pytest.mark.parametrize(("command", "option", "word"), CHOICES)
def test_so_is_one_in_a_choice_of_the_command_line(command: str, option: str, word: str) -> None:
    result = run(command, option, word[:-1])
    assert result.exit_code == 2
    assert f"(did you mean '{word}'?)" in result.stderr


def test_every_choice_of_the_command_line_is_tried() -> None:
    options = {option for _, option, _ in CHOICES}
    assert options == {
        *("--encoding", "--engine", "--on-error", "--fusion", "--references", "--videos"),
        *("--missing", "--interval", "--correction", "--format", "--style"),
        *("--layout", "--face", "--with", "--alignment", "--unaligned"),
        *("--method", "--identities-are", "--same", "--precision"),
    }
