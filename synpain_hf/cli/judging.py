"""`predict`, `judge`: a trained model on any data set, and on photographs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, LandmarksOption, MeanFaceOfPublished, UnalignedOption, choice_of, option_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_text, reported, width
from synpain_hf.training.options import DataArguments, ModelArguments, References


def _typed(name: str) -> str:
    """What is typed for an argument: the model is no option here."""
    return "MODEL" if name == "model" else as_option(name)


def predict(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A trained pairwise model: its folder, NAMESPACE/NAME on the Hub, or a published PwCT state dict "
            "(.pt, .pth).",
            show_default=False,
        ),
    ],
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A release directory; the name of an installed release; or NAMESPACE/NAME on the Hub.",
            show_default=False,
        ),
    ],
    config_name: Annotated[str, option_of(DataArguments, "config_name", metavar="NAME")] = DataArguments.config_name,
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which of its splits; by default test, or the only one.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The Parquet file to write.")] = Path("predictions.parquet"),
    revision: Annotated[str | None, option_of(DataArguments, "revision", metavar="TAG")] = DataArguments.revision,
    annotator: Annotated[str | None, option_of(DataArguments, "annotator", metavar="NAME")] = DataArguments.annotator,
    references: Annotated[
        References, option_of(DataArguments, "references", **choice_of(References))
    ] = DataArguments.references,
    even_learned: Annotated[
        bool,
        typer.Option(
            "--even-learned", help="Also judge pairs that the model has learned; it will look better than it is."
        ),
    ] = False,
    unaligned: UnalignedOption = ModelArguments.unaligned,
    mean_face: MeanFaceOfPublished = None,
    landmarks: LandmarksOption = None,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Pairs at a time.")] = 64,
    cache_dir: Annotated[Path | None, option_of(DataArguments, "cache_dir", metavar="DIR")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge pairs with a trained model.

    Writes its predictions, and prints how good they are by group.
    """
    with reported(as_json, _typed) as progress:
        from synpain_hf.training.report.evaluation import known_groups

        found = synpain_hf.predict(
            model, dataset, config_name=config_name, split=split, out=out, revision=revision, annotator=annotator,
            references=references, even_learned=even_learned, unaligned=unaligned, mean_face=mean_face,
            landmarks=landmarks, batch_size=batch_size, cache_dir=cache_dir, progress=progress,
            warn=lambda told: print_line(f"warning: {told}", on=sys.stderr),
        )  # fmt: skip
        report = synpain_hf.evaluate(out, groups=known_groups(found), progress=progress)
    if as_json:
        print_json(report)
        return
    print_text(report.to_text(width(sys.stdout)))
    print_line(f"{out}: {found.num_rows:,} pairs", on=sys.stderr)


def judge(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A trained pairwise model: its folder, NAMESPACE/NAME on the Hub, or a published PwCT state dict.",
            show_default=False,
        ),
    ],
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE...", help="Pictures or clips, each with the face to judge.", show_default=False),
    ],
    reference: Annotated[
        list[Path],
        typer.Option(
            metavar="IMAGE",
            help="The neutral face of the same person; for several such pictures, this option again.",
            show_default=False,
        ),
    ],
    every: Annotated[
        int, typer.Option(metavar="N", min=1, help="Of a clip, judge every so many frames, from the first.")
    ] = 1,
    face_model: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="The model file that finds faces; by default from a package.", show_default=False
        ),
    ] = None,
    mean_face: MeanFaceOfPublished = None,
    as_json: AsJson = False,
) -> None:
    """Judge photographs or clips of a person.

    Of a model that was trained on aligned faces, faces are found and brought into place; of several the largest is
    taken. Other models get pictures as they are.
    """
    with reported(as_json, _typed):
        found = synpain_hf.judge(
            images, reference, model=model, every=every, face_models=face_model or [], mean_face=mean_face
        )
    if as_json:
        print_json({"judged": found})
        return
    for one in found:
        time = f" at {one['time']:.2f} s" if one.get("time") is not None else ""
        pspi = f", PSPI {one['pspi']:.1f}" if "pspi" in one else ""
        said = "no face" if one["label"] is None else f"{one['label']} (pain {one['score']:.0%}{pspi})"
        print_line(f"{one['image']}{time}: {said}")
        for told in one["warnings"]:
            print_line(f"{one['image']}: {told}", on=sys.stderr)
