"""Running a contender in a process of its own, and measuring its time and memory."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

LIBRARIES = ("synpain-hf", "datasets", "deflate", "numpy", "pillow", "pyarrow")
MEBIBYTE = 2**20

_SAMPLED_EVERY = 0.05
_PROPORTIONAL = ("Pss_Anon:", "Pss_Shmem:")
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


@dataclass(frozen=True)
class Run:
    """One run of a contender.

    Attributes:
        pairs: How many it made; of annotators, how many faces.
        seconds: What it took, imports not counted.
        cpu_seconds: Processor time in it, of all its processes.
        memory: The most memory that its processes held together, in bytes.
    """

    pairs: int
    seconds: float
    cpu_seconds: float
    memory: int

    @property
    def speed(self) -> float:
        """Pairs, or faces, per second."""
        return self.pairs / self.seconds


def run(name: str, source: Path, scratch: Path, module: str = "tests.benchmarks.contenders") -> Run:
    """Run a contender in a fresh process, with caches of its own.

    Args:
        name: A key of `CONTENDERS` in the module.
        source: What the contender reads.
        scratch: A folder to write in; it must not exist, and is removed.
        module: What has the contenders, and runs one of them.

    Raises:
        subprocess.CalledProcessError: If the contender failed.
    """
    os.sync()  # so that no run waits for what the run before it wrote
    scratch.mkdir()
    command = [sys.executable, "-m", module, name, str(source), str(scratch)]
    environment = {**os.environ, **_ENVIRONMENT, "HF_HOME": str(scratch / "hf-home")}
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            memory = _peak(process)
            assert process.stdout is not None
            printed = process.stdout.read()
    finally:
        shutil.rmtree(scratch)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(**json.loads(printed.splitlines()[-1]), memory=memory)


def _peak(process: subprocess.Popen[str]) -> int:
    """Watch a process and its children until it ends."""
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            peak = max(peak, sum(map(_held, [watched, *watched.children(recursive=True)])))
        time.sleep(_SAMPLED_EVERY)
    return peak


def _held(process: psutil.Process) -> int:
    """Memory of a process in bytes, what it shares counted in part; without the pages of files, which are a cache."""
    try:
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except (FileNotFoundError, ProcessLookupError):  # it ended in the meantime
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(_PROPORTIONAL))


def machine() -> str:
    """The machine and the libraries, in a line."""
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{cores} cores of {_processor()}, {memory:.0f} GiB, {platform.system()} {platform.machine()}; "
        f"Python {platform.python_version()}, {libraries}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "an unknown processor"
