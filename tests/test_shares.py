"""Shares are held over all threads and programs."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synpain_hf.errors import OutputError
from synpain_hf.storage import holding


def test_no_more_shares_are_held_than_there_are(tmp_path: Path) -> None:
    held, most, counting = 0, 0, threading.Lock()

    def work(shares: int) -> None:
        nonlocal held, most
        with holding(shares, 4, tmp_path):
            with counting:
                held += min(shares, 4)
                most = max(most, held)
            with counting:
                held -= min(shares, 4)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, [1, 3, 4, 2, 9, 1, 2, 4, 3, 1] * 3))
    assert held == 0
    assert 0 < most <= 4


def test_who_wants_none_waits_for_nothing(tmp_path: Path) -> None:
    with holding(4, 4, tmp_path), holding(0, 4, tmp_path):
        pass


def test_another_program_waits_until_shares_are_given_back(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from synpain_hf.storage import holding\n"
        "print('begun', flush=True)\n"
        "with holding(2, 4, Path(sys.argv[1])): print('held', flush=True)"
    )
    with holding(3, 4, tmp_path):
        other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    assert other.communicate()[0] == "held\n"


def test_shares_are_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), holding(4, 4, tmp_path):
        raise ZeroDivisionError
    with holding(4, 4, tmp_path):
        pass


def test_a_link_in_the_place_of_a_share_is_refused(tmp_path: Path) -> None:
    (tmp_path / "share-0.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="is a link"), holding(1, 4, tmp_path):
        pass
    assert not (tmp_path / "elsewhere").exists()
