"""Where models are trained: each process on a GPU of its own, or with a share of the processor."""

from __future__ import annotations

import os
from functools import partial

import pytest
import torch

from synpain_hf.executor import Executor
from synpain_hf.experiments.working import take_share


def _settled(jobs: int, gpus: list[str], task: int) -> tuple[str, str | None, int]:
    """Which process this is, with its GPU and its threads."""
    take_share(jobs, gpus)
    return str(os.getpid()), os.environ.get("CUDA_VISIBLE_DEVICES"), torch.get_num_threads()


@pytest.mark.slow
def test_a_process_keeps_its_gpu_and_no_two_of_as_many_have_the_same() -> None:
    found = list(Executor(2, "processes").run(partial(_settled, 2, ["GPU-a", "GPU-b"]), range(8)))
    by_process = {process: gpu for process, gpu, _ in found}
    assert all(by_process[process] == gpu for process, gpu, _ in found)
    assert len(set(by_process.values())) == len(by_process)
    assert set(by_process.values()) <= {"GPU-a", "GPU-b"}


@pytest.mark.slow
def test_without_gpus_the_processor_is_shared() -> None:
    cores = os.cpu_count() or 1
    found = list(Executor(2, "processes").run(partial(_settled, 2, []), range(4)))
    assert {threads for _, _, threads in found} == {max(1, cores // 2)}


def test_a_process_that_is_alone_may_use_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    before = torch.get_num_threads()
    assert _settled(1, ["GPU-a"], 0)[1:] == (None, before)
