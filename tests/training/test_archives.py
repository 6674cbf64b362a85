"""A real archive's form, from its files to a report by person."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.made_archives import write_unbc
from synpain_hf.metrics.predictions import evaluate
from synpain_hf.release.build import build
from tests.training.small import trained


@pytest.mark.slow
def test_a_classifier_is_trained_on_frames_and_judged_on_a_person_it_has_not_seen(tmp_path: Path) -> None:
    release = build(write_unbc(tmp_path / "unbc", persons=5), tmp_path / "release", version="1.0.0")
    result = trained(release, tmp_path, config_name="loso_040-aa040", num_train_epochs=1)
    assert result.report is not None
    assert result.report["overall"]["n"] == 7
    card = (result.out / "README.md").read_text(encoding="utf-8")
    assert '"No pain" is a low pain score, of a neutral face, too.' in card
    assert "never a neutral face" not in card
    judged = evaluate(result.out / "predictions.parquet", clusters="identity")
    assert judged["overall"]["n"] == 7
