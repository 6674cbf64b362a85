"""The model card: what was trained on what, how, and what it is worth by group. Nothing in it is typed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.modeling import TASK, PairwisePainConfig, PairwisePainImageProcessor
from synpain_hf.release.layout import REAL, TITLES
from synpain_hf.text.markdown import Markdown, code, table, tidied
from synpain_hf.text.templates import render

FILE = "README.md"

_TEMPLATE = Path(__file__).with_name("model_card.md.jinja")
_HUB_TASK = "image-classification"
_TAGS = ("pain", "facial-expression", "pairwise", "fairness", "synpain", TASK)
_HEADS = ("", "pairs", "mean absolute error", "error of always predicting the mean", "correlation")
_BESIDE = ("data set", "configuration", "digest of the content", "weight", "trained on", "left out", "judged", "AUROC")
_UNALIGNED = ("", "", "left out", "of", "share")
_BEFORE = ("data set", "digest of the content", "pairs")
_DIGITS = 4


@dataclass(frozen=True)
class ModelCard:
    """What a card says.

    Attributes:
        name: Of the model.
        config: The model's configuration.
        processor: Its image processor.
        data: What it was trained on: `title`, `content` (the digest), `config_name`, `splits` (pairs by split),
            `identities` (by split, where some have several pairs), and `repo_id` and `revision` where it came from
            the Hub.
        recipe: How: the arguments that change the weights.
        augmentation: How much pairs were changed in training; None for not at all.
        outcome: What came of it: `epochs`, `best_epoch`, `validation_auroc`, `seconds`, `device`, `parameters`; where
            they are known.
        made_with: Versions of the libraries.
        base_model: The id of the model on the Hub whose weights it began with; None for another, or none.
        initial_weights: The digest of the weights it began with; None for new ones.
        goes_on: Whether it began with the weights of a pairwise model that was trained already.
        references: Which neutral faces pairs were compared with, `own` or `any`.
        also: The data sets beside the first, as `TrainingResult.also` has them.
        unaligned: How many pairs were left out because no face was found to align, as `by_group` gives it.
        learned_before: The data sets that the pairwise model had learned with which it began: `title`, `content` and
            `pairs`.
        heads: What `judge_heads` returned on the test split.
        report: What `subgroup_auroc` returned on the test split; None where there is none.
        tables: Its tables, as Markdown.
        figures: Their places, relative to the card.
    """

    name: str
    config: PairwisePainConfig
    processor: PairwisePainImageProcessor
    data: Mapping[str, Any]
    recipe: Mapping[str, Any]
    augmentation: Mapping[str, Any] | None
    outcome: Mapping[str, Any]
    made_with: Mapping[str, str]
    base_model: str | None = None
    initial_weights: str | None = None
    goes_on: bool = False
    references: str = "own"
    also: Sequence[Mapping[str, Any]] = ()
    unaligned: Sequence[tuple[str, str, int, int]] = ()
    learned_before: Sequence[Mapping[str, Any]] = ()
    heads: Sequence[Mapping[str, Any]] = ()
    report: Mapping[str, Any] | None = None
    tables: str = ""
    figures: Sequence[str] = field(default=())

    def text(self) -> str:
        """The whole of `README.md`."""
        optional = _optional(self.data, self.outcome)
        size, box = optional["parameters"], self.processor.crop_box
        threshold = None if self.report is None else self.report["options"]["threshold"]
        values = {
            "card": self,
            "task": TASK,
            "overall": None if self.report is None else self.report["overall"],
            "optional": optional,
            "chosen_by": str(self.recipe.get("metric_for_best_model", "auroc")).removeprefix("eval_"),
            "size": "" if size is None else f", {size:,} parameters",
            "weights": " and ".join(f"{weight:.3f}" for weight in self.config.class_weights or ()),
            "is_real": any(one["title"].startswith(tuple(TITLES[kind] for kind in REAL)) for one in self._sets()),
            "is_drawn": all(one["title"].startswith(TITLES["demo"]) for one in self._sets()),
            "beside": table(_BESIDE, map(_of_set, self.also), 4),
            "unaligned": table(_UNALIGNED, map(_of_group, self.unaligned), 2),
            "is_lacking": any(lost for _, _, lost, _ in self.unaligned),
            "learned_before": table(_BEFORE, map(_of_learned, self.learned_before), 2),
            "splits": self._splits(),
            "repeats": "identities" in self.data,
            "recipe": table(("argument", "value"), _settings(self.recipe)),
            "heads": table(_HEADS, map(_head, self.heads), 1),
            "crop": "" if box is None else _part(*box),
            "threshold": None if threshold is None else (threshold, 1 / (1 + exp(-threshold))),
            "augmentation": table(("change", "strength"), _settings(self.augmentation or {})),
            "versions": ", ".join(f"{name} {version}" for name, version in self.made_with.items()),
            "pictures": [(Markdown(place), _alternative(place)) for place in self.figures],
        }
        text = render(_TEMPLATE, values, escape=True)
        return f"---\n{self.metadata().to_yaml()}\n---\n\n{tidied(text)}\n"

    def _splits(self) -> Markdown:
        """How many pairs each split has, and how many identities these show, where some have several."""
        counted = [self.data[what] for what in ("splits", "identities") if what in self.data]
        rows = ((code(name), *(f"{found[name]:,}" for found in counted)) for name in self.data["splits"])
        return table(("split", "pairs", "identities")[: 1 + len(counted)], rows, 1)

    def metadata(self) -> ModelCardData:
        """What the Hub reads: tags, data set, and the AUROC of the whole and of every group as `model-index`."""
        ids = dict.fromkeys(one.get("repo_id") or "" for one in self._sets())
        results = list(self._results())
        return ModelCardData(
            model_name=self.name,
            library_name="transformers",
            base_model=self.base_model,
            tags=list(_TAGS),
            datasets=[repo_id for repo_id in ids if REPO_ID.fullmatch(repo_id)] or None,
            metrics=["roc_auc"] if results else None,
            eval_results=results or None,
        )

    def _sets(self) -> Iterator[Mapping[str, Any]]:
        """All data sets that this model has learned, and that are known."""
        yield from (self.data, *self.also, *self.learned_before)

    def _results(self) -> Iterator[EvalResult]:
        if self.report is None:
            return
        found: list[tuple[str, dict[str, str] | None, Mapping[str, Any]]] = [("AUROC", None, self.report["overall"])]
        for attribute, groups in self.report["groups"].items():
            found += [(f"AUROC, {attribute}: {name}", {attribute: name}, entry) for name, entry in groups.items()]
        for name, group, entry in found:
            if entry["auroc"] is None:
                continue
            yield EvalResult(
                task_type=_HUB_TASK,
                task_name=TASK,
                dataset_type=self.data.get("repo_id") or "synpain",
                dataset_name=self.data["title"],
                dataset_config=self.data["config_name"],
                dataset_split="test",
                dataset_revision=self.data.get("revision"),
                dataset_args={"content": self.data["content"]},
                metric_type="roc_auc",
                metric_name=name,
                metric_value=round(entry["auroc"], _DIGITS),
                metric_args=group,
            )


def write_card(folder: str | Path, card: ModelCard) -> Path:
    """Write a model's card as `README.md`.

    Args:
        folder: The model's folder.
        card: What it says.

    Returns:
        The file.
    """
    path = Path(folder) / FILE
    path.write_text(card.text(), encoding="utf-8")
    return path


def _part(left: float, top: float, right: float, bottom: float) -> str:
    return f"from {left:.4g} to {right:.4g} of the width and {top:.4g} to {bottom:.4g} of the height"


def _head(found: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = (found["mean_absolute_error"], found["error_of_the_mean"], found["correlation"])
    return found["name"], f"{found['n']:,}", *("–" if number is None else f"{number:.2f}" for number in numbers)


def _of_set(one: Mapping[str, Any]) -> tuple[Markdown | str, ...]:
    """A row of the table of data sets beside the first."""
    source = f", from {one['repo_id']} on the Hub" if one.get("repo_id") else ""
    at = f" at {one['revision']}" if one.get("revision") else ""
    auroc = one.get("auroc")
    return (
        f"{one['title']}{source}{at}",
        code(one["config_name"]),
        code(one["content"]),
        f"{one['weight']:g}",
        f"{one['splits']['train']:,}",
        f"{one['left_out']['train'] + one['twice'] + one['left_out']['test']:,}",
        f"{one['splits'].get('test', 0):,}",
        "–" if auroc is None else f"{auroc:.3f}",
    )


def _of_learned(one: Mapping[str, Any]) -> tuple[Markdown | str, ...]:
    return one["title"], code(one["content"]), f"{one['pairs']:,}"


def _of_group(found: tuple[str, str, int, int]) -> tuple[Markdown | str, ...]:
    name, group, lost, total = found
    return code(name), group, f"{lost:,}", f"{total:,}", f"{lost / total:.1%}"


def _settings(settings: Mapping[str, Any]) -> Iterator[tuple[Markdown, str]]:
    return ((code(name), str(value)) for name, value in settings.items() if value is not None)


def _optional(*known: Mapping[str, Any]) -> dict[str, Any]:
    """What may be unknown, as None."""
    names = ("repo_id", "revision", "epochs", "best_epoch", "validation_auroc", "seconds", "device", "parameters")
    return {**dict.fromkeys(names), **{name: value for part in known for name, value in part.items()}}


def _alternative(place: str) -> str:
    """What a figure shows, for those who do not see it."""
    stem = Path(place).stem
    if stem == "gaps":
        return "AUROC of every group with its interval"
    return f"ROC curve of every group by {stem.removeprefix('roc_').replace('_', ' ')}"
