"""The metric becomes a Space."""

from __future__ import annotations

from pathlib import Path

import pytest

import synpain_hf
from synpain_hf.errors import PublishError, UsageError
from synpain_hf.hub import publish_metric
from tests.hub import WRITER, Account, Fault, Hub
from tests.publishing.making import OTHERS, writes

SPACE = "maker/subgroup_auroc"
FOLDER = Path(synpain_hf.__file__).parent / "metrics" / "subgroup_auroc"


def test_the_metric_lands_whole_in_a_gradio_space(hub: Hub) -> None:
    publication = publish_metric(SPACE, endpoint=hub.url, token=WRITER, private=True)
    space = hub.repositories[f"spaces/{SPACE}"]
    assert publication.status == "published"
    assert publication.url == f"{hub.url}/spaces/{SPACE}"
    assert (space.sdk, space.private) == ("gradio", True)
    sources = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in (".md", ".py", ".txt")}
    assert {path: content for path, content in space.files().items() if path != OTHERS} == sources
    assert not any(name.endswith(".pyc") for name in space.files())


def test_the_metric_is_not_sent_again(hub: Hub) -> None:
    publish_metric(SPACE, endpoint=hub.url, token=WRITER)
    hub.seen.clear()
    assert publish_metric(SPACE, endpoint=hub.url, token=WRITER).status == "already published"
    assert writes(hub) == []


def test_a_dry_run_of_the_metric_sends_nothing(hub: Hub) -> None:
    publication = publish_metric(SPACE, endpoint=hub.url, token=WRITER, dry_run=True)
    assert publication.status == "planned"
    assert "subgroup_auroc.py" in publication.plan.new
    assert not hub.repositories


@pytest.mark.parametrize("fault", [Fault("/commit/", "POST", status=503), Fault("/commit/", "POST", status=412)])
def test_a_fault_with_the_metric_is_made_good_by_the_next_run(hub: Hub, fault: Fault) -> None:
    hub.faults = [fault]
    with pytest.raises(PublishError, match="try again"):
        publish_metric(SPACE, endpoint=hub.url, token=WRITER)
    hub.faults = []
    assert publish_metric(SPACE, endpoint=hub.url, token=WRITER).status == "published"


def test_the_metric_is_refused_where_it_may_not_be_written(hub: Hub) -> None:
    hub.accounts["hf_other"] = Account("other")
    with pytest.raises(PublishError, match="does not belong to maker"):
        publish_metric(SPACE, endpoint=hub.url, token="hf_other")
    with pytest.raises(UsageError, match="write NAMESPACE/NAME"):
        publish_metric("subgroup_auroc", endpoint=hub.url, token=WRITER)
