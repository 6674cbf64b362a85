"""What is chosen of a training: the pairs, the model, and the arguments of the trainer that are wanted most.

The command line and `HfArgumentParser` have defaults, choices and help from here. Neither torch nor transformers is
imported, so that help comes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from synpain_hf.configurations import EACH_PERSON
from synpain_hf.errors import UsageError
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.imaging.limits import check_crop_box, check_smoothing
from synpain_hf.text.values import shown
from synpain_hf.vocabulary import DEFAULT_FUSION, PWCT_SIDE, Alignment, Fusion, Unaligned

SMOOTHING = 0.01
"""Of new models: how far each face is smoothed, a share of its side, as the image processor takes it."""

ALL_FOLDS = "cv"
"""The configuration that stands for all five folds, of the command alone."""

Protocol = Literal["cv", "loso"]

SEVERAL = {ALL_FOLDS: "fold-{}", EACH_PERSON: "person-{:03}"}
"""The configurations that stand for several trainings, of the command alone, with the folders of these."""

PWCT, LINEAR, JSON = "pwct", "linear", ".json"

WHOLE = (PWCT, LINEAR)
"""Networks that are no backbone: they subtract, and take grey faces of one size."""

ClassWeights = Literal["balanced", "none"]

References = Literal["own", "any"]

_CHOICES = {"fusion": Fusion, "class_weights": ClassWeights, "alignment": Alignment, "unaligned": Unaligned}
"""What `ModelArguments` leaves a choice of, by the names of its fields."""


def is_new(model: str) -> bool:
    """Whether `ModelArguments.model` has new weights, so that it has learned nothing."""
    return model in WHOLE or model.endswith(JSON)


def finished(model: str) -> str:
    """What a model is called that has learned something; a folder may be called as a kind of model is.

    Args:
        model: Its folder, its id on the Hub, or a file.

    Raises:
        UsageError: If it has learned nothing.
    """
    if not is_new(model):
        return model
    if Path(model).is_dir():
        return f"./{model}"
    raise UsageError(f"is {model!r}, which has learned nothing; give a trained model's folder or id", "model")


@dataclass
class DataArguments:
    """Which pairs are trained on."""

    dataset: str = field(
        metadata={"help": "A release directory; the name of an installed release; or NAMESPACE/NAME on the Hub."}
    )
    config_name: str = field(default="default", metadata={"help": "A configuration, such as cv_3 or only_old."})
    revision: str | None = field(default=None, metadata={"help": "Of a data set on the Hub, such as v1.0.0."})
    annotator: str | None = field(default=None, metadata={"help": "Whose annotations, where there are several."})
    references: References = field(
        default="own",
        metadata={
            "help": "own: each pair's neutral face; any: one of its person's, drawn each time, and in a test the mean "
            "over all."
        },
    )
    landmarks: str | None = field(
        default=None,
        metadata={
            "help": "A table of landmarks by which faces are aligned, in place of those in the data set: a CSV or "
            "Parquet file with pair_id, face, and x_0 to x_67 and y_0 to y_67, or a list column landmarks."
        },
    )
    cache_dir: str | None = field(
        default=None, metadata={"help": "Where prepared faces are kept; by default HF_HOME/synpain-hf/faces."}
    )


@dataclass
class ModelArguments:
    """Which model is trained, and what it learns beside the classes.

    Raises:
        UsageError: If a choice is not among those there are.
    """

    model: str = field(
        default="pwct",
        metadata={
            "help": "pwct; linear, a baseline; a vision model on the Hub or in a folder; a pairwise model to train on; "
            "or a .json file with the configuration of either, for new weights. ./pwct is a folder of that name."
        },
    )
    fusion: Fusion = field(
        default=DEFAULT_FUSION,
        metadata={"help": "How the reference comes in, of a vision model; of any model none, for the face alone."},
    )
    lora: bool = field(default=False, metadata={"help": "Train low-rank updates of a frozen vision model."})
    image_size: int | None = field(
        default=None, metadata={"help": "Side of a face in pixels, where the model leaves a choice."}
    )
    crop_box: list[float] | None = field(
        default=None,
        metadata={"help": "Part of each picture that is used: left, top, right, bottom, as shares of its sides."},
    )
    alignment: Alignment | None = field(
        default=None,
        metadata={
            "help": "box: pictures as they are, the default; similarity: eyes at fixed points, the mouth near its own; "
            "pwct: as the published PwCT was given faces. These two need the extra annotate. A trained pairwise "
            "model keeps what it was trained with."
        },
    )
    unaligned: Unaligned = field(
        default="refuse",
        metadata={
            "help": "What to do with pairs in which no face is found to align. refuse: stop, and name them; leave_out: "
            "do without them, and say so."
        },
    )
    standardize: bool | None = field(
        default=None,
        metadata={
            "help": "Bring each face to the same light, contrast and tint, so that these cannot tell the label; a "
            "trained pairwise model keeps what it was trained with."
        },
    )
    smoothing: float | None = field(
        default=None,
        metadata={
            "help": "Smooth every face to one sharpness, so that a slight blur cannot tell the label: that of a "
            "natural picture after a Gaussian whose standard deviation is this share of a side; 0 for none. "
            f"{SMOOTHING} for a new model; a trained pairwise model keeps what it was trained with."
        },
    )
    pspi_head: bool = field(default=False, metadata={"help": "Learn PSPI, too, where it is annotated."})
    action_units: list[str] = field(
        default_factory=list, metadata={"help": "Learn these action units, too, such as AU4; all for every one."}
    )
    class_weights: ClassWeights = field(
        default="balanced", metadata={"help": "balanced: both classes weigh alike, however rare one is."}
    )
    mean_face: str | None = field(
        default=None,
        metadata={
            "help": "Of alignment pwct: an .npy file with the 68 points that faces are warped onto, such as the "
            "published standard_face_68.npy; by default a mean face of our own."
        },
    )

    @property
    def base_model(self) -> str | None:
        """The model's id, where it is one on the Hub."""
        is_id = REPO_ID.fullmatch(self.model) and not Path(self.model).expanduser().exists()
        return self.model if is_id else None

    def __post_init__(self) -> None:
        for name, kind in _CHOICES.items():
            value, choices = getattr(self, name), get_args(kind)
            if value not in choices and (name, value) != ("alignment", None):
                raise UsageError(f"is {value!r}; give one of {', '.join(choices)}", name)
        if self.action_units and not any(self.action_units):
            raise UsageError("names none; give one or several, such as AU4,AU43, or all", "action_units")
        if self.crop_box is not None:
            check_crop_box(self.crop_box)
            if self.alignment not in ("box", None):
                raise UsageError("is given, but faces are aligned by landmarks; leave one of the two out", "crop_box")
        if self.smoothing is not None:
            check_smoothing(self.smoothing)
        if self.mean_face is not None and self.alignment != "pwct":
            raise UsageError(
                "is given, but only alignment pwct warps faces onto it; choose {alignment} pwct, or leave it out",
                "mean_face",
                mentions=["alignment"],
            )
        if self.model in WHOLE:
            self.check_whole()

    def check_source(self, remedy: str = "one of these, pwct, linear, or a .json file with a configuration") -> None:
        """Refuse a model that is nowhere; whether the Hub has it is not looked at.

        Args:
            remedy: What to give in its place.

        Raises:
            UsageError: If it is neither `pwct` nor `linear`, nor a file, a folder or an id on the Hub.
        """
        place = Path(self.model).expanduser()
        if self.model.endswith(JSON):
            if not place.is_file():
                raise UsageError(
                    f"is {shown(self.model)!r}, which is not a file; give one with a configuration", "model"
                )
        elif self.model not in WHOLE and not (REPO_ID.fullmatch(self.model) or place.is_dir()):
            raise UsageError(
                f"is {shown(self.model)!r}, neither a folder nor an id on the Hub (NAMESPACE/NAME); give {remedy}",
                "model",
            )

    def units_of(self, annotated: list[str]) -> list[str]:
        """The action units that are learned: for `all`, every one that is annotated."""
        return annotated if self.action_units == ["all"] else [unit for unit in self.action_units if unit]

    def check_whole(self, name: str | None = None) -> None:
        """Refuse what does not fit PwCT, or the linear baseline.

        Args:
            name: Which of the two; None for that of the model.

        Raises:
            UsageError: If something does not.
        """
        name = name or self.model
        if self.fusion not in (DEFAULT_FUSION, "none"):
            raise UsageError(f"is {self.fusion!r}, but {name} always subtracts; leave it out, or give none", "fusion")
        if self.lora:
            raise UsageError(
                f"is for vision models, which {name} is not; leave it out, or choose another model", "lora"
            )
        if self.image_size not in (None, PWCT_SIDE):
            raise UsageError(
                f"must be {PWCT_SIDE}: this model does not take faces of {self.image_size} x {self.image_size}",
                "image_size",
            )


@dataclass
class EverydayArguments:
    """The arguments of `PairwiseTrainingArguments` that are wanted most."""

    num_train_epochs: float = field(
        default=20.0, metadata={"help": "Epochs, at most; early stopping may end training before."}
    )
    per_device_train_batch_size: int = field(default=32, metadata={"help": "Pairs of a step, on each device."})
    learning_rate: float = field(
        default=5e-4, metadata={"help": "A pretrained vision model wants 1e-4 with --lora, 5e-5 without."}
    )
    seed: int = field(default=42, metadata={"help": "Draws everything."})
