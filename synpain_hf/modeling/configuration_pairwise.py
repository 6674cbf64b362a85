"""`PairwisePainConfig`: which network, which heads, which losses."""

# No `from __future__ import annotations`: `strict` checks types, and skips those that are strings.
import copy
import re
from pathlib import Path
from typing import Any, Literal

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, PreTrainedConfig

from synpain_hf.errors import UsageError
from synpain_hf.vocabulary import CLASSES, DEFAULT_FUSION, Fusion

PUBLISHED_OUTPUTS = (7, 40)
"""How many outputs the published PwCT networks have."""

AVERAGED_OUTPUTS = 3
"""How many of them, counted from the last, the published `predict_pain` averages: of either network.

Of 40 they are PSPI of three groups of people. What the last three of 7 are is not published.
"""

_NAMING = ("id2label", "label2id", "num_labels")
"""What names the classes, or counts them."""

_ON_THE_HUB = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


@strict
class PairwisePainConfig(PreTrainedConfig):
    """Configuration of `PairwisePainForImageClassification`.

    Args:
        architecture: `pwct`, the published pairwise network on grey faces of 160 x 160; `linear`, a logistic regression
            on the difference of two such faces, as a baseline; or `backbone`, any vision backbone of transformers
            whose tokens of the two faces are fused.
        backbone_config: Of `backbone`: the backbone's own configuration, or its dictionary with `model_type`.
        fusion: How the reference comes in: of `backbone` by `subtraction`, `concatenation` or `cross_attention`, while
            `pwct` and `linear` always subtract; of all three, with `none` not at all, as a baseline.
        fusion_heads: Heads of the cross-attention; they divide the width of the backbone.
        lora: Of `backbone`: arguments of `peft.LoraConfig` to train low-rank updates of a frozen backbone, `{}` for
            its defaults here (r 8, alpha 16, dropout 0.1, every linear layer); None to train all weights.
        pspi_head: Whether PSPI is predicted, too.
        pspi_scale: PSPI is learned divided by this: 16 where AU43 is 0 or 1, as in the original score, 20 where it is
            0 to 5, as in demo faces.
        pspi_loss_weight: Weight of the mean squared error of PSPI / `pspi_scale`.
        action_units: Names of the action units whose intensity, 0 to 5, is predicted, too.
        action_unit_loss_weight: Weight of the mean squared error of intensity / 5.
        class_weights: One weight per class, by which the cross-entropy of its pairs is multiplied before their mean is
            taken; None for equal ones. With a mean of 1 over the training pairs the loss keeps its scale.
        published_outputs: Of `pwct`: 7 or 40 for the outputs of a published state dict, which has no classes; None
            for a network that is trained here. `from_pwct_checkpoint` sets it.
        published_pspi_outputs: Of `published_outputs`: how many of them, counted from the last, are averaged, each
            clipped at 0, as PSPI: 3, as the published `predict_pain` does for both networks. Of 40 these are PSPI of
            three groups of people. What they are of 7 is not published; with 1, the last alone is taken for PSPI,
            which is another reading, of this project.
        pspi_threshold: Of `published_outputs`: the PSPI at which both classes are equally likely. A choice of this
            project, which moves no ranking.
        initializer_range: Standard deviation of new weights.

    Classes are named by `id2label` or `label2id`, either of which gives the other, or only counted, by `num_labels`;
    by default there are two, `no_pain` and `pain`.

    Raises:
        UsageError: If arguments contradict each other.

    Example:
        >>> from transformers import ConvNextConfig
        >>> config = PairwisePainConfig(architecture="backbone", backbone_config=ConvNextConfig(), pspi_head=True)
        >>> config.id2label
        {0: 'no_pain', 1: 'pain'}
    """

    model_type = "pairwise_pain"
    sub_configs = {"backbone_config": AutoConfig}  # noqa: RUF012 - as transformers declares it
    keys_to_ignore_at_inference = [  # noqa: RUF012 - read by Trainer: no predictions
        *("loss_parts", "hidden_states", "attentions", "cross_attentions"),
    ]

    architecture: Literal["pwct", "linear", "backbone"] = "pwct"
    backbone_config: dict[str, Any] | PreTrainedConfig | None = None
    fusion: Fusion = DEFAULT_FUSION
    fusion_heads: int = 8
    lora: dict[str, Any] | None = None
    pspi_head: bool = False
    pspi_scale: float | int = 16.0
    pspi_loss_weight: float | int = 1.0
    action_units: list[str] | tuple[str, ...] = ()
    action_unit_loss_weight: float | int = 1.0
    class_weights: list[float | int] | None = None
    published_outputs: int | None = None
    published_pspi_outputs: int = AVERAGED_OUTPUTS
    pspi_threshold: float | int = 1.0
    initializer_range: float = 0.02

    def __post_init__(self, **kwargs: Any) -> None:
        """Name the classes, read the backbone's configuration, and check that all fit together."""
        self._name_classes(kwargs.get("num_labels"))
        if isinstance(self.backbone_config, dict):
            self.backbone_config = AutoConfig.for_model(**self.backbone_config)
        if self.backbone_config is not None:
            self.backbone_config = _without_folder(self.backbone_config)
        self.action_units = list(self.action_units)
        super().__post_init__(**kwargs)
        self._check()

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """A configuration from a dictionary, as of every model; other classes take the place of those it names.

        Class weights that no longer fit are dropped.

        Args:
            config_dict: What was saved.
            kwargs: Changes, such as `num_labels=3`.
        """
        changed = {name: kwargs.pop(name) for name in _NAMING if kwargs.get(name) is not None}
        count = next((value if name == "num_labels" else len(value) for name, value in changed.items()), None)
        if count is not None:
            is_renamed = changed.keys() != {"num_labels"} or count != len(
                config_dict.get("id2label") or CLASSES["label"]
            )
            config_dict = {k: v for k, v in config_dict.items() if not (is_renamed and k in _NAMING)} | changed
            if len(config_dict.get("class_weights") or ()) != count:
                config_dict["class_weights"] = None
        return super().from_dict(config_dict, **kwargs)

    @property
    def has_pspi(self) -> bool:
        """Whether the model gives PSPI."""
        return self.pspi_head or self.published_outputs is not None

    @property
    def num_outputs(self) -> int:
        """Outputs of the last layer: the classes, PSPI and the action units, in this order, or the published ones."""
        return self.published_outputs or int(self.num_labels or 0) + self.pspi_head + len(self.action_units)

    def _name_classes(self, count: int | None) -> None:
        """Fill in whichever of `id2label` and `label2id` is missing."""
        given = {name: int(index) for name, index in (self.label2id or {}).items()}
        if self.id2label is not None:
            names = {int(index): name for index, name in self.id2label.items()}
        elif self.label2id is not None:
            names = dict(sorted((index, name) for name, index in given.items()))
        elif count is None or count == len(CLASSES["label"]):
            names = dict(enumerate(CLASSES["label"]))
        else:
            names = {index: f"LABEL_{index}" for index in range(count)}
        self.id2label, self.label2id = names, {name: index for index, name in names.items()}
        if given and given != self.label2id:
            raise UsageError(f"label2id {given} does not fit id2label {names}; number each class once, and give one")
        if sorted(names) != list(range(len(names))) or len(self.label2id) < len(names):
            raise UsageError(f"the classes are {names}; give each a name of its own, and number them 0, 1, …")
        if count is not None and count != len(names):
            raise UsageError(f"num_labels is {count}, but {len(names)} classes are named; leave num_labels out")
        if len(names) < 2:
            raise UsageError(f"num_labels is {len(names)}, which leaves nothing to tell apart; name 2 classes or more")

    def _check(self) -> None:
        of_backbone = {"backbone_config": self.backbone_config, "lora": self.lora}
        if self.architecture != "backbone":
            for name, value in of_backbone.items():
                if value is not None:
                    raise UsageError(
                        f"belongs to architecture='backbone', and this one is {self.architecture!r}; leave it out", name
                    )
        elif self.backbone_config is None:
            raise UsageError(
                "architecture='backbone' needs a backbone_config, such as transformers.ConvNextConfig(); for "
                "pretrained weights call PairwisePainForImageClassification.from_backbone_pretrained"
            )
        if self.published_outputs is not None:
            self._check_published()
        if self.class_weights is not None and len(self.class_weights) != self.num_labels:
            raise UsageError(
                f"class_weights has {len(self.class_weights)} weights for {self.num_labels} classes; give one per class"
            )
        if self.pspi_scale <= 0:
            raise UsageError(f"pspi_scale is {self.pspi_scale}, and PSPI is divided by it; give 16 or 20")

    def _check_published(self) -> None:
        if self.architecture != "pwct" or self.published_outputs not in PUBLISHED_OUTPUTS:
            raise UsageError(
                f"no network is published with published_outputs={self.published_outputs} and "
                f"architecture={self.architecture!r}; published PwCT networks have "
                f"{' or '.join(map(str, PUBLISHED_OUTPUTS))} outputs"
            )
        if not 1 <= self.published_pspi_outputs <= self.published_outputs:
            raise UsageError(
                f"is {self.published_pspi_outputs}, of {self.published_outputs} outputs; give 3, as the published code "
                "does, or 1 for the last alone",
                "published_pspi_outputs",
            )
        if self.fusion == "none":
            raise UsageError("is 'none', and the published PwCT subtracts; leave it out", "fusion")
        if self.num_labels != 2 or self.pspi_head or self.action_units:
            raise UsageError(
                "a published PwCT gives PSPI, from which two classes follow; leave num_labels, pspi_head and "
                "action_units as they are, or train a network of your own without published_outputs"
            )


def _without_folder(config: PreTrainedConfig) -> PreTrainedConfig:
    """A backbone's configuration that names where it comes from on the Hub only: a path would tell of this machine."""
    name = config.name_or_path or ""
    if _ON_THE_HUB.fullmatch(name) and not Path(name).exists():
        return config
    config = copy.copy(config)
    config.name_or_path = ""
    return config


__all__ = ["AVERAGED_OUTPUTS", "PUBLISHED_OUTPUTS", "PairwisePainConfig"]
