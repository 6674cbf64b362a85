"""What is checked before anything is sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.utils import are_progress_bars_disabled  # type: ignore[attr-defined]

from synpain_hf.errors import PublishError, ReleaseError, UsageError
from synpain_hf.hub import Publication
from synpain_hf.release.build import build
from synpain_hf.release.layout import record_of
from synpain_hf.release.release import Release
from tests.hub import Account, Fault, Hub, Repository
from tests.publishing.making import REPO_ID, on_disk, on_hub, published, with_card, writes
from tests.release.making import copied, replace

TOKEN = "hf_this_one"


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (None, "asking whose token this is failed: the Hub answered 401; run `hf auth login`"),
        (Account("maker", role="read"), "your token may only read; make one that may write"),
        (Account("other"), "other, whose token this is, does not belong to maker; log in as someone who does"),
        (Account("other", orgs={"maker": "read"}), "other may only read in maker; ask to write, or"),
        (Account("maker", role="fineGrained"), "your token may not write to maker/faces; add that to its permissions"),
        (
            Account("maker", role="fineGrained", scopes={"maker": ("repo.content.read",), "lab": ("repo.write",)}),
            "your token may not write to maker/faces",
        ),
    ],
    ids=["unknown", "reading", "stranger", "reading-member", "fine-grained-nothing", "fine-grained-elsewhere"],
)
def test_a_token_that_may_not_write_is_refused(hub: Hub, first: Release, account: Account | None, said: str) -> None:
    if account:
        hub.accounts[TOKEN] = account
    with pytest.raises(PublishError, match=said):
        published(hub, first, token=TOKEN)
    assert writes(hub) == []


@pytest.mark.parametrize(
    "account",
    [
        Account("maker", role="fineGrained", scopes={"maker": ("repo.write",)}),
        Account("maker", role="fineGrained", scopes={REPO_ID: ("repo.write", "repo.content.read")}),
        Account("other", orgs={"maker": "admin"}),
    ],
    ids=["fine-grained-namespace", "fine-grained-repository", "member"],
)
def test_a_token_that_may_write_is_taken(hub: Hub, first: Release, account: Account) -> None:
    hub.accounts[TOKEN] = account
    published(hub, first, token=TOKEN)
    assert on_hub(hub, "v1.0.0") == on_disk(first)


def test_the_token_of_the_login_is_taken(
    hub: Hub, first: Release, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    with pytest.raises(PublishError, match="you are not logged in to the Hub; run `hf auth login`"):
        published(hub, first, token=None)
    hub.accounts[TOKEN] = Account("maker")
    (tmp_path / "token").write_text(TOKEN)
    assert published(hub, first, token=None).status == "published"


class TestDryRunOfSomebodyWhoIsNotLoggedIn:
    @pytest.fixture(autouse=True)
    def logged_out(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "token"))

    def planned(self, hub: Hub, release: Release) -> Publication:
        """The plan, which was made without a token."""
        hub.seen.clear()
        publication = published(hub, release, token=None, dry_run=True)
        assert publication.status == "planned"
        assert {request.token for request in hub.seen} == {""}
        assert writes(hub) == []
        return publication

    def test_a_public_data_set_is_compared(self, hub: Hub, first: Release, second: Release) -> None:
        published(hub, first)
        publication = self.planned(hub, second)
        assert publication.plan.deleted
        assert publication.notes == (
            "you are not logged in, so whether you may write to maker/faces is unknown; run `hf auth login`",
        )

    def test_one_that_is_private_or_not_there_says_log_in(self, hub: Hub, first: Release) -> None:
        told = (
            "you are not logged in, so maker/faces may be a private data set, which you cannot see and for which this "
            "plan is wrong; run `hf auth login` to find out"
        )
        assert self.planned(hub, first).notes == (told,)
        published(hub, first, private=True)
        publication = self.planned(hub, first)
        assert publication.notes == (told,)
        assert publication.plan.settings == ("create",)

    def test_one_that_is_gated_says_log_in(self, hub: Hub, first: Release, second: Release) -> None:
        published(hub, first, gated=True)
        with pytest.raises(PublishError, match="it is gated; accept its terms on the Hub, then run `hf auth login`"):
            published(hub, second, token=None, dry_run=True)


def test_a_token_with_a_letter_that_no_token_has_is_not_quoted(hub: Hub, first: Release) -> None:
    for token in ("hf_sécret", "hf_secret\nx"):
        with pytest.raises(PublishError, match="characters that a token cannot have") as caught:
            published(hub, first, token=token)
        assert token not in str(caught.value)
    assert hub.seen == []


@pytest.mark.parametrize(
    "repo_id",
    ["faces", "a/b/c", "maker/", "/faces", "maker/.faces", "maker/fa ces", "maker--x/faces", "maker/f.git", ""],
)
def test_a_malformed_repository_is_the_command_lines_fault(hub: Hub, first: Release, repo_id: str) -> None:
    with pytest.raises(UsageError, match="write NAMESPACE/NAME"):
        published(hub, first, repo_id)
    assert hub.seen == []


@pytest.mark.parametrize(
    "endpoint", ["hub.example.org", "ftp://hub", "https://", "https://me:secret@hub", "https://hub?x"]
)
def test_a_malformed_endpoint_is_the_command_lines_fault(hub: Hub, first: Release, endpoint: str) -> None:
    with pytest.raises(UsageError, match="write it as https://") as caught:
        published(hub, first, endpoint=endpoint)
    assert "secret" not in str(caught.value)


def spoilt(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace(path, bytes(content))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: (folder / "README.md").unlink(), "lacks README.md"),
        (lambda folder: (folder / "release.json").unlink(), "is not a release"),
        (lambda folder: replace(folder / "release.json", b"{"), "cannot be read"),
        (lambda folder: spoilt(next((folder / "data").rglob("*.parquet"))), "was changed after it was built"),
    ],
    ids=["file-lost", "manifest-lost", "manifest-broken", "file-changed"],
)
def test_a_release_that_is_not_whole_is_refused(hub: Hub, first: Release, tmp_path: Path, harm: Any, said: str) -> None:
    folder = copied(first.folder, tmp_path / "copy")
    harm(folder)
    with pytest.raises(ReleaseError, match=said):
        published(hub, folder)
    assert hub.seen == []


def test_a_stray_file_of_pairs_is_refused(hub: Hub, first: Release, tmp_path: Path) -> None:
    folder = copied(first.folder, tmp_path / "copy")
    (folder / "data" / "more.parquet").write_bytes(b"PAR1")
    with pytest.raises(
        ReleaseError, match=r"^data/more\.parquet is in data/, but not part of the release, .*; remove it$"
    ):
        published(hub, folder)
    assert hub.seen == []


def test_the_short_card_of_a_build_is_refused(hub: Hub, pairs: Path, tmp_path: Path) -> None:
    release = build(pairs, tmp_path / "out", version="1.0.0", image_size=32)
    with pytest.raises(ReleaseError, match=r"run `synpain-hf card "):
        published(hub, release)
    assert hub.seen == []


def test_a_stale_card_is_refused_and_a_new_one_taken(hub: Hub, first: Release, tmp_path: Path) -> None:
    folder = copied(first.folder, tmp_path / "copy")
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "6 pairs" in text
    replace(folder / "README.md", text.replace("6 pairs", "7 pairs").encode())
    manifest = {**first.manifest, "files": {**first.files, "README.md": record_of(folder / "README.md")}}
    replace(folder / "release.json", json.dumps(manifest).encode())
    with pytest.raises(ReleaseError, match=r"README\.md does not fit the release.*run `synpain-hf card "):
        published(hub, folder)
    assert hub.seen == []
    assert published(hub, with_card(Release.open(folder))).status == "published"


def test_a_file_that_changes_while_it_is_sent_is_found_on_the_hub(hub: Hub, first: Release, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(first.folder, tmp_path / "copy"))
    with pytest.raises(PublishError, match=r"does not hold what was sent \(data/.*\.parquet\)"):
        published(hub, folder, show=lambda _: spoilt(folder / first.partitions[0].path))
    assert hub.repositories[REPO_ID].tags() == {}
    assert published(hub, first).status == "published"


def test_a_file_that_vanishes_while_it_is_sent_is_named(hub: Hub, first: Release, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(first.folder, tmp_path / "copy"))
    with pytest.raises(PublishError, match=r"uploading to maker/faces failed: .*\.parquet.*"):
        published(hub, folder, show=lambda _: (folder / first.partitions[0].path).unlink())
    assert hub.repositories[REPO_ID].tags() == {}


def test_a_private_data_set_of_others_is_as_good_as_none(hub: Hub, first: Release) -> None:
    hub.accounts[TOKEN] = Account("guest")
    repository = hub.repositories[REPO_ID] = Repository(private=True)
    repository.commit({}, "main")
    with pytest.raises(PublishError, match="there is no data set maker/faces to propose"):
        published(hub, first, create_pr=True, token=TOKEN)


def test_what_is_not_the_hub_is_told(hub: Hub, first: Release) -> None:
    hub.faults = [Fault("", status=200)]
    with pytest.raises(PublishError, match="the answer is not from the Hub"):
        published(hub, first)


def test_a_hub_that_is_not_there_is_told(first: Release, hub: Hub) -> None:
    with pytest.raises(PublishError, match=r"the connection to the Hub failed \(Connection refused\)"):
        published(hub, first, endpoint="http://127.0.0.1:1")


def test_offline_mode_is_told(hub: Hub, first: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PublishError, match="HF_HUB_OFFLINE is set; unset it"):
        published(hub, first)


def settings() -> tuple[object, ...]:
    """The settings of the client that publishing changes for a while."""
    factory = huggingface_hub.utils._http._GLOBAL_CLIENT_FACTORY
    return huggingface_hub.constants.HF_HUB_DISABLE_XET, factory, are_progress_bars_disabled()


def test_the_clients_settings_are_as_before_afterwards(hub: Hub, first: Release) -> None:
    before = settings()
    during: list[tuple[object, ...]] = []
    published(hub, first, show=lambda _: during.append(settings()))
    assert during[0] != before
    assert settings() == before
