"""Five folds are trained, each once; every pair is judged by the model that has not seen it; the summary adds up."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pyarrow.parquet as pq
import pytest
from markdown_it import MarkdownIt

from synpain_hf.errors import UsageError
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.training.run.cross_validation import CrossValidation, cross_validate
from tests.release.making import manifest_rows, write_manifest
from tests.training.small import ARGUMENTS, tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Sixty pairs, so that both classes are in every fold."""
    folder = tmp_path_factory.mktemp("sixty")
    return build(write_manifest(folder, manifest_rows(60)), folder / "release", version="1.0.0", image_size=32)


def run(release: Release, folder: Path, **options: Any) -> CrossValidation:
    options = {**ARGUMENTS, "num_train_epochs": 1, "model": tiny(folder), "cache_dir": folder / "faces", **options}
    return cross_validate(release.folder, out=folder / "cv", **options)


@pytest.fixture(scope="module")
def told() -> list[str]:
    """What the second of two runs told of its steps."""
    return []


@pytest.fixture(scope="module")
def result(release: Release, told: list[str], tmp_path_factory: pytest.TempPathFactory) -> CrossValidation:
    """A cross-validation that was interrupted in its third fold, and gone on with; read-only by agreement."""
    folder = tmp_path_factory.mktemp("cross")

    def stop(what: str, done: int, total: int) -> None:
        if what == "fold 2: train":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(release, folder, progress=stop)
    return run(release, folder, progress=lambda what, *_: told.append(what))


def test_a_finished_fold_is_not_trained_again(result: CrossValidation, told: list[str]) -> None:
    assert {what for what in told if what.endswith("train")} == {f"fold {fold}: train" for fold in (2, 3, 4)}
    assert [fold.out.name for fold in result.folds] == [f"fold-{fold}" for fold in range(5)]
    assert [fold.config_name for fold in result.folds] == [f"cv_{fold}" for fold in range(5)]


def test_every_pair_is_judged_once_by_a_model_that_has_not_seen_it(release: Release, result: CrossValidation) -> None:
    rows = pq.read_table(result.out / "predictions.parquet").to_pylist()
    assert len({row["pair_id"] for row in rows}) == len(rows) == 60
    for fold in result.folds:
        own = pq.read_table(fold.out / "predictions.parquet").to_pylist()
        assert {row["fold"] for row in own} == {int(fold.config_name[-1])}
        assert all(row in rows for row in own)
    assert result.report["overall"]["n"] == 60


def test_mean_and_deviation_are_those_of_the_folds(result: CrossValidation) -> None:
    values = [fold.auroc for fold in result.folds if fold.auroc is not None]
    assert len(values) == 5
    assert result.mean == pytest.approx(fmean(values))
    assert result.standard_deviation == pytest.approx(stdev(values))
    by_group = result.by_group()
    assert set(by_group["age_group"]) == {"young", "old"}
    assert all(found["mean"] is None for found in by_group["ethnicity"].values())  # too few pairs in a fold


def test_the_summary_and_the_page_say_so(result: CrossValidation) -> None:
    summary = json.loads((result.out / "summary.json").read_text(encoding="utf-8"))
    assert summary == json.loads(json.dumps(result.to_dict()))
    assert summary["mean"] == result.mean
    assert summary["pooled"]["auroc"] == result.report["overall"]["auroc"]
    text = (result.out / "README.md").read_text(encoding="utf-8")
    assert f"T{result.summary()[1:]}." in text
    assert (
        text.index("all 60 pairs together") < text.index(result.report.to_markdown()) < text.index("over the folds\n")
    )
    assert result.report.to_markdown() in text
    assert "log-odds of five models" in text
    page = MarkdownIt("commonmark").enable("table").render(text)
    assert page.count("<table>") == 5
    assert page.count("<img") == 4
    assert str(result.out) not in text


def test_folds_of_ten_of_each_class_have_a_mean(result: CrossValidation, tmp_path: Path) -> None:
    labels, scores = [0, 1] * 10, [0.1, 0.9] * 9 + [0.9, 0.1]
    report = subgroup_auroc(references=labels, scores=scores, groups={"age_group": ["young"] * 4 + ["old"] * 16})
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.json").write_text(json.dumps(report), encoding="utf-8")
    large = CrossValidation(result.out, [replace(fold, out=tmp_path) for fold in result.folds], report)
    assert large.small_folds == []
    assert large.summary().endswith(
        f"over 5 folds {report['overall']['auroc']:.3f} ± 0.000 (mean ± standard deviation)"
    )
    assert large.spread("age_group", "old") == "–"  # eight of a class


def test_the_pooled_auroc_leads_and_small_folds_have_no_mean(result: CrossValidation) -> None:
    pooled = result.report["overall"]
    interval = f"[{pooled['interval']['low']:.3f}, {pooled['interval']['high']:.3f}]"
    assert result.summary() == (
        f"test AUROC {pooled['auroc']:.3f} {interval}, all 60 pairs together; cv_0, cv_1, cv_2, cv_3, cv_4 have fewer "
        "than 10 test pairs of a class, too few for a mean over the folds"
    )
    assert result.to_dict()["small_folds"] == result.small_folds == [f"cv_{fold}" for fold in range(5)]
    text = (result.out / "README.md").read_text(encoding="utf-8")
    assert " ± " not in text.replace("mean ± standard deviation", "")
    assert text.count(", too few |") == 5


def test_what_cannot_be_cross_validated_is_refused(release: Release, result: CrossValidation, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds a finished cross-validation; remove it"):
        cross_validate(release.folder, out=result.out)
    with pytest.raises(UsageError, match="is not a folder; create it first"):
        cross_validate(release.folder, out=tmp_path / "no" / "where")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="exists; remove it, or give another place"):
        cross_validate(release.folder, out=tmp_path / "file")
    splits: Any = {"train": None}
    with pytest.raises(UsageError, match="loaded splits are a single fold"):
        cross_validate(splits, out=tmp_path / "cv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_another_training_does_not_go_on_in_its_folder(
    release: Release, result: CrossValidation, tmp_path: Path
) -> None:
    (tmp_path / "cv").mkdir()
    (tmp_path / "cv" / "fold-0").symlink_to(result.out / "fold-0")
    with pytest.raises(UsageError, match=r"holds another training \(recipe.seed was 42, and is 1\)"):
        run(release, tmp_path, seed=1)
