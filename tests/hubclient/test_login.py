"""Who writes to the Hub must have a token that can be one."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
import pytest

from synpain_hf.errors import PublishError
from synpain_hf.hubclient.login import require_token


def test_a_token_that_is_given_goes_before_the_one_of_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_the_login")
    assert require_token("hf_given") == "hf_given"
    assert require_token(None) == "hf_of_the_login"


def test_without_a_token_the_login_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with pytest.raises(PublishError, match="you are not logged in to the Hub; run `hf auth login`, or set HF_TOKEN"):
        require_token(None)


@pytest.mark.parametrize("token", ["hf_sécret", "hf_secret\nx", "hf secret"])
def test_a_token_with_a_letter_that_no_token_has_is_refused_and_not_quoted(token: str) -> None:
    with pytest.raises(PublishError, match="characters that a token cannot have; correct HF_TOKEN") as caught:
        require_token(token)
    assert token not in str(caught.value)
