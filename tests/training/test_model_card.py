"""A card is made of what was computed; the Hub's client reads its metadata; nothing in it breaks the page."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard as HubCard
from markdown_it import MarkdownIt

from synpain_hf.metrics.subgroup_auroc import Report
from synpain_hf.modeling import PairwisePainConfig, PairwisePainImageProcessor
from synpain_hf.training.report.evaluation import figures, write_report
from synpain_hf.training.report.model_card import ModelCard, write_card
from tests.modeling.made import BACKBONES
from tests.training.small import made_predictions


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """A folder with a report of 400 predictions; read-only by agreement."""
    folder = tmp_path_factory.mktemp("report")
    return folder, write_report(folder, made_predictions(400))


def card_of(report: tuple[Path, Report] | None, **changed: Any) -> ModelCard:
    folder, found = report or (None, None)
    card = ModelCard(
        name="my-model",
        config=PairwisePainConfig(class_weights=[0.9, 1.1]),
        processor=PairwisePainImageProcessor(),
        data={
            "title": "SynPAIN pairs, version 1.2.0",
            "content": "ab" * 32,
            "config_name": "cv_1",
            "splits": {"train": 3213, "validation": 1071, "test": 400},
        },
        recipe={"learning_rate": 0.0005, "seed": 3, "lr_scheduler_kwargs": None},
        augmentation={"flip": 0.5},
        outcome={"epochs": 12.0, "best_epoch": 7.0, "validation_auroc": 0.7512, "device": "NVIDIA H200"},
        made_with={"torch": "2.13.0"},
        report=found,
        tables="" if found is None else found.to_markdown(),
        figures=list(figures(folder)) if folder else [],
    )
    return replace(card, **changed)


def test_the_hub_reads_every_figure_from_the_metadata(report: tuple[Path, Report]) -> None:
    _, found = report
    data = {**card_of(report).data, "repo_id": "lab/SynPAIN", "revision": "v1.2.0"}
    card: Any = HubCard(card_of(report, data=data).text())
    assert card.data.datasets == ["lab/SynPAIN"]
    assert card.data.library_name == "transformers"
    assert {"pain", "pairwise"} <= set(card.data.tags)
    results = {result.metric_name: result for result in card.data.eval_results or []}
    assert results["AUROC"].metric_value == pytest.approx(found["overall"]["auroc"], abs=1e-4)
    for attribute, groups in found["groups"].items():
        for name, entry in groups.items():
            result = results[f"AUROC, {attribute}: {name}"]
            assert result.metric_value == pytest.approx(entry["auroc"], abs=1e-4)
            assert result.metric_args == {attribute: name}
    overall = results["AUROC"]
    assert (overall.dataset_config, overall.dataset_split, overall.dataset_revision) == ("cv_1", "test", "v1.2.0")
    assert overall.dataset_args == {"content": "ab" * 32}


def test_the_text_says_what_was_trained_on_what_and_how_good_it_is(report: tuple[Path, Report]) -> None:
    folder, found = report
    text = card_of(report).text()
    for said in (
        "SynPAIN pairs, version 1.2.0, configuration `cv_1`",
        f"`{'ab' * 32}`",
        "| `train` | 3,213 |",
        "| `seed` | 3 |",
        "Classes are weighted 0.900 and 1.100",
        "epoch 7 of 12, chosen by its validation AUROC, 0.751",
        "It began with new weights.",
        "NVIDIA H200",
        "On the test split, 400 pairs:",
        found.to_markdown(),
        "not a medical device",
    ):
        assert said in text
    assert "lr_scheduler_kwargs" not in text
    assert "drawings only" not in text
    for place in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text):
        assert (folder / place).is_file()
    assert "\n\n\n" not in text


def test_what_it_began_with_and_what_chose_it_are_told(report: tuple[Path, Report]) -> None:
    recipe = {"metric_for_best_model": "eval_loss"}
    card = card_of(report, base_model="lab/vit", initial_weights="cd" * 32, recipe=recipe)
    text = card.text()
    assert (
        f"It began with the weights of lab/vit, and new ones where these have none; their digest is `{'cd' * 32}`"
        in text
    )
    assert "chosen by its validation loss; its validation AUROC was 0.751" in text
    found: Any = HubCard(text)
    assert found.data.base_model == "lab/vit"
    assert "It began with trained weights, and new" in replace(card, base_model=None).text()


def test_the_card_says_which_part_is_seen_what_a_score_is_and_how_good_further_heads_are(
    report: tuple[Path, Report],
) -> None:
    heads = [{"name": "AU4", "n": 9, "mean_absolute_error": 0.5, "error_of_the_mean": 1.25, "correlation": None}]
    processor = PairwisePainImageProcessor(crop_box=[0.1, 0.2, 0.8, 0.9])
    text = card_of(report, processor=processor, heads=heads).text()
    assert "160 x 160 pixels, from 0.1 to 0.8 of the width and 0.2 to 0.9 of the height of each picture." in text
    assert "the log-odds of pain" in text
    assert "| AU4 | 9 | 0.50 | 1.25 | – |" in text


def test_a_model_of_demo_faces_says_so_first() -> None:
    data = {**card_of(None).data, "title": "Demo faces, drawn, not SynPAIN, version 1.0.0"}
    text = card_of(None, data=data).text()
    assert "**Trained on drawn demo faces.**" in text
    assert "It has seen drawings only." in text


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"architecture": "linear"}, "A logistic regression on grey faces, averaged over 20 x 20 squares, 802 param"),
        ({"fusion": "none"}, "It judges the expressive face alone: no reference is looked at."),
        ({"architecture": "backbone", "backbone_config": BACKBONES["vit"](), "fusion": "none"}, "\nvit, 802 param"),
    ],
)
def test_a_baseline_is_called_one(config: dict[str, Any], said: str) -> None:
    text = card_of(None, config=PairwisePainConfig(**config), outcome={"epochs": 3.0, "parameters": 802}).text()
    assert said in text
    assert ("no reference is looked at" in text) is (config.get("fusion") == "none")
    assert "fused by" not in text


def test_a_backbone_and_its_heads_are_described(report: tuple[Path, Report]) -> None:
    config = PairwisePainConfig(
        architecture="backbone", backbone_config=BACKBONES["vit"](), lora={}, pspi_head=True, action_units=["AU4"]
    )
    processor = PairwisePainImageProcessor(num_channels=3)
    text = card_of(report, config=config, processor=processor, augmentation=None, outcome={"epochs": 3.0}).text()
    for said in (
        "vit on both faces, fused by cross attention.",
        "frozen but for low-rank updates",
        "PSPI, divided by 16",
        "the intensity of AU4",
        "in colour, 160 x 160 pixels",
        "Pairs were not augmented.",
        "that of the last epoch, 3.",
    ):
        assert said in text


def test_without_a_test_split_nothing_is_claimed(tmp_path: Path) -> None:
    path = write_card(tmp_path, card_of(None, outcome={}))
    card = HubCard.load(path)
    assert card.data.eval_results is None
    assert card.data.metrics is None
    assert "There was no test split" in card.text


def test_names_cannot_change_the_page() -> None:
    data = {**card_of(None).data, "title": "<script>alert(1)</script> | [x](http://y)\n# z", "repo_id": "no/t/an/id"}
    text = card_of(None, name='a"b: *c*\n---\nlicense: mit', data=data).text()
    card: Any = HubCard(text)
    assert card.data.datasets is None
    assert card.data.license is None
    page = MarkdownIt("commonmark").enable("table").render(card.text)
    assert "<script>" not in page
    assert "<a href" not in page
    assert page.count("<h1>") == 1
