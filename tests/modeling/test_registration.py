"""Importing the package registers it with transformers; importing synpain_hf alone loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest
from transformers import AutoConfig, AutoModel
from transformers.pipelines import PIPELINE_REGISTRY

from synpain_hf.errors import MissingExtraError
from synpain_hf.modeling import (
    TASK,
    AutoModelForPairwisePainClassification,
    PairwisePainConfig,
    PairwisePainForImageClassification,
    PairwisePainModel,
    PairwisePainPipeline,
)
from synpain_hf.modeling.registration import register
from tests.modeling.made import on_backbone


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout + done.stderr


def test_the_auto_classes_know_it() -> None:
    config = AutoConfig.for_model("pairwise_pain")
    assert isinstance(config, PairwisePainConfig)
    assert isinstance(AutoModel.from_config(config), PairwisePainModel)
    assert isinstance(AutoModelForPairwisePainClassification.from_config(config), PairwisePainForImageClassification)
    assert PIPELINE_REGISTRY.check_task(TASK)[1]["impl"] is PairwisePainPipeline


def test_registering_again_changes_nothing_and_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    register()
    register()
    assert caplog.records == []
    assert PIPELINE_REGISTRY.check_task(TASK)[1]["impl"] is PairwisePainPipeline


@pytest.mark.slow
def test_it_can_be_reloaded() -> None:
    program = (
        "import importlib, sys, synpain_hf.modeling\n"
        "for name in [name for name in sys.modules if name.startswith('synpain_hf.modeling')]: del sys.modules[name]\n"
        "new = importlib.import_module('synpain_hf.modeling')\n"
        "from transformers import AutoConfig, AutoModel as Auto\n"
        "print(type(Auto.from_config(AutoConfig.for_model('pairwise_pain'))) is new.PairwisePainModel)"
    )
    assert run(program) == "True\n"


@pytest.mark.slow
@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_without_its_libraries_it_says_what_to_install(missing: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from synpain_hf.errors import MissingExtraError\n"
        "try: import synpain_hf.modeling\n"
        "except MissingExtraError as error: print(error)"
    )
    said = run(program)
    assert missing in said
    assert "run `pip install 'synpain-hf[train]'`" in said


def test_without_peft_only_lora_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    on_backbone()
    with pytest.raises(MissingExtraError, match=r"LoRA needs peft .*run `pip install 'synpain-hf\[train\]'`"):
        on_backbone(lora={})
