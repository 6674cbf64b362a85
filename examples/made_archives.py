"""Make small archives of drawn faces, laid out like real ones that may not be passed on: UNBC-McMaster, BioVid, 3DPain.

Faces, action units and pain scores fit each other, so that the whole pipeline runs on them; they show nobody.

    python examples/made_archives.py unbc OUT
    python examples/made_archives.py unbc OUT --aligned
    python examples/made_archives.py biovid OUT
    python examples/made_archives.py unbc-hdf5 OUT
    python examples/made_archives.py 3dpain OUT
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from synpain_hf.generation.drawn.action_units import AT_REST
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.drawing.portrait import Take, draw_portrait
from synpain_hf.generation.drawn.identity import Identity, draw_identity
from synpain_hf.pspi import pspi
from synpain_hf.sources.unbc.labels import CODED
from synpain_hf.vocabulary import CLASSES

Units = Mapping[str, float]

COURSE: tuple[Units, ...] = (
    {},
    {"AU12": 2, "AU25": 1},
    {},
    {"AU4": 1},
    {"AU4": 2, "AU6": 2, "AU7": 1},
    {"AU4": 3, "AU6": 2, "AU7": 3, "AU9": 2, "AU43": 1},
    {"AU4": 4, "AU7": 4, "AU10": 3, "AU20": 2, "AU25": 2, "AU43": 1},
    {"AU6": 1, "AU12": 1},
)
"""The units of the frames of a clip, 0 to 5, and AU43 0 or 1."""

VIEWS = 3
_FRAMES_OF_UNITS = 3
H264 = ("libx264", "yuv420p")
LOSSLESS = ("ffv1", "bgr0")
"""A codec, and the pixels that it takes."""

_EXACT = {"fflags": "+bitexact", "movflags": "+faststart"}

_SIDE, _WIDTH, _HEIGHT = 96, 656, 736
_WALL = (0.72, 0.75, 0.78)


def person(number: int) -> Identity:
    """Somebody, with groups that go through all that there are."""
    groups = [CLASSES[column] for column in ("age_group", "gender", "ethnicity")]
    age_group, gender, ethnicity = (names[number % len(names)] for names in groups)
    return draw_identity(np.random.default_rng((1, number)), age_group, gender, ethnicity)


def picture(who: Identity, units: Units, shift: float = 0.0) -> Image.Image:
    """A face, 96 pixels wide and high.

    Args:
        who: Whose.
        units: Its active units, 0 to 5, and AU43 0 or 1.
        shift: How far to the right it stands, as another view.
    """
    shown = {**AT_REST, **{unit: float(value) for unit, value in units.items()}, "AU43": 5.0 * units.get("AU43", 0)}
    take = Take(wall=_WALL, far_wall=_WALL, light=0.2, tilt=0.0, shift=(shift, 0.0), scale=1.0, tint=(1.0, 1.0, 1.0))
    pixels = draw_portrait(Face.of(who, shown, {}), take, _WIDTH, _HEIGHT)
    return Image.fromarray(pixels[:_WIDTH]).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)


def write_unbc(folder: Path, persons: int = 6, clips: int = 1, *, aligned: bool = False) -> Path:
    """Write an archive as UNBC-McMaster is.

    Args:
        folder: Where `Frame_Labels` will be.
        persons: How many.
        clips: How many each has, of eight frames.
        aligned: Whether the pictures are `aligned/…/*.jpg` instead of `Images/…/*.png`.

    Returns:
        The folder.
    """
    pictures, suffix = ("aligned", ".jpg") if aligned else ("Images", ".png")
    for subject, sequence, frame, units, face in _frames(persons, clips):
        at, labels = Path(subject, sequence, frame), folder / "Frame_Labels"
        _made(folder / pictures / f"{at}{suffix}", face.save)
        _made(labels / "PSPI" / f"{at}_facs.txt", _writer(f"   {pspi({**AT_REST, **units}):.7e}\n"))
        lines = "".join(f"   {int(unit[2:]):.7e}   {value:.7e}   0.0   0.0\n" for unit, value in units.items())
        _made(labels / "FACS" / f"{at}_facs.txt", _writer(lines))
    return folder


def write_unbc_hdf5(folder: Path, persons: int = 6, clips: int = 1, *, named: bool = False) -> Path:
    """Write the same archive as HDF5: its frames, their labels, and the folds of the persons.

    Args:
        folder: Where the three files will be.
        persons: How many.
        clips: How many each has, of eight frames.
        named: Whether the labels name the sequence and the frame, too.

    Returns:
        The folder.
    """
    import h5py

    folder.mkdir(parents=True, exist_ok=True)
    rows = list(_frames(persons, clips))
    indexes = np.arange(len(rows))
    with h5py.File(folder / "frames_unbc.hdf5", "w") as file:
        pixels = np.stack([np.asarray(face) for *_, face in rows])
        file.create_dataset("image", data=pixels, chunks=(1, *pixels.shape[1:]), compression="gzip", shuffle=True)
        file["index"] = indexes
    columns = {"subject_name": [row[0] for row in rows]}
    if named:
        columns |= {"sequence_name": [row[1] for row in rows], "frame_name": [row[2] for row in rows]}
    with h5py.File(folder / "annotations_unbc.hdf5", "w") as file:
        for name, texts in columns.items():
            file[name] = np.array(texts, "S")
        file["index"] = indexes
        for unit in CODED:
            file[f"label_AU_{unit[2:]}"] = np.array([units.get(unit, 0) for _, _, _, units, _ in rows], np.float64)
        file["label_pspi"] = np.array([pspi({**AT_REST, **units}) for _, _, _, units, _ in rows])
    subjects = sorted({int(row[0][:3]) for row in rows})
    with h5py.File(folder / "UNBC_CVFolds.hdf5", "w") as file:
        for fold in range(5):
            file[f"fold-{fold}/validation_subjects"] = np.array(subjects[fold::5], np.int64)
            file[f"fold-{fold}/train_subjects"] = np.array(sorted({*subjects} - {*subjects[fold::5]}), np.int64)
    return folder


def _frames(persons: int, clips: int) -> Iterator[tuple[str, str, str, Units, Image.Image]]:
    """Subject, sequence, name, units and picture of every frame."""
    for number in range(persons):
        who, code = person(number), f"{chr(97 + number % 26) * 2}{number + 40:03d}"
        for clip in range(clips):
            sequence = f"{code}t{clip + 1}aaaff"
            for frame, units in enumerate(COURSE, 1):
                face = picture(who, units, clip * 8.0 + frame)
                yield f"{number + 40:03d}-{code}", sequence, f"{sequence}{frame:03d}", units, face


def write_biovid(folder: Path, persons: int = 6) -> Path:
    """Write clips as BioVid has them: of each person one without heat, and one of the greatest.

    Args:
        folder: Where the persons' folders will be.
        persons: How many.

    Returns:
        The folder.
    """
    for number in range(persons):
        who, subject = person(number), f"{100_000 + number}_{'mw'[number % 2]}_{20 + number % 46}"
        for level, course in (("BL1", COURSE[:4]), ("PA4", (*COURSE[:1], *COURSE[3:7], COURSE[4]))):
            pictures = [picture(who, units) for units in course for _ in range(_FRAMES_OF_UNITS)]
            write_clip(folder / subject / f"{subject}-{level}-{number + 1:03d}.mp4", pictures)
    return folder


def write_clip(
    path: Path,
    pictures: Iterable[Image.Image],
    rate: int = 25,
    codec: tuple[str, str] = H264,
) -> Path:
    """Write a clip; the same pictures give the same bytes.

    Args:
        path: The file; its ending says in which container.
        pictures: Its frames, all of one size, with even sides.
        rate: How many are shown in a second.
        codec: What encodes them.

    Returns:
        The file.
    """
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", container_options=_EXACT) as container:
        stream = container.add_stream(codec[0], rate=rate, options={"threads": "1"})
        stream.pix_fmt = codec[1]
        for number, shown in enumerate(pictures):
            if number == 0:
                stream.width, stream.height = shown.size
            frame = av.VideoFrame.from_ndarray(np.asarray(shown.convert("RGB")), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_3dpain(folder: Path, identities: int = 10) -> Path:
    """Write an archive as 3DPain is: seven identities in ten are for training, two for validation, one for testing.

    Args:
        folder: Where `meshes_inpainted` will be.
        identities: How many, with two pain expressions each, from three sides.

    Returns:
        The folder.
    """
    lines = ["annotation_base_name,split\n"]
    for number in range(identities):
        who, name = person(number), f"flame_sample_{number:04d}"
        for expression, units in (("neutral", {}), ("pain_0", COURSE[4]), ("pain_1", COURSE[6])):
            for view in range(VIEWS):
                place = folder / "meshes_inpainted" / f"{name}_{expression}_textured_view_{view:03d}_inpainted.png"
                _made(place, picture(who, units, 40.0 * (view - 1)).save)
            if units:
                values = {unit: units.get(unit, 0) for unit in ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")}
                text = json.dumps({**values, "PSPI": pspi({**AT_REST, **units})})
                _made(folder / "annotations" / f"{name}_{expression}_annotations.json", _writer(text))
                lines.append(f"{name}_{expression},{(0, 0, 0, 0, 0, 0, 0, 1, 1, 2)[number % 10]}\n")
    (folder / "split.csv").write_text("".join(lines), encoding="utf-8")
    return folder


def _made(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)


def _writer(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text, encoding="ascii")


def main() -> None:
    """Write an archive to the folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("unbc", "unbc-hdf5", "biovid", "3dpain"))
    parser.add_argument("out", type=Path)
    parser.add_argument("--aligned", action="store_true", help="cut-out faces, as JPEG (unbc)")
    options = parser.parse_args()
    if options.kind == "unbc":
        print(write_unbc(options.out, aligned=options.aligned))
    elif options.kind == "unbc-hdf5":
        print(write_unbc_hdf5(options.out))
    else:
        print({"biovid": write_biovid, "3dpain": write_3dpain}[options.kind](options.out))


if __name__ == "__main__":
    main()
