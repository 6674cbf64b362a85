"""Publishing the metric as a Space, from where `evaluate.load` gets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import synpain_hf
from synpain_hf.errors import PublishError, UsageError
from synpain_hf.hub.client import LONGEST_WAIT, connected
from synpain_hf.hub.permissions import check_may_write
from synpain_hf.hub.plan import LocalFile, UploadPlan, list_files, plan_upload, show_nothing
from synpain_hf.hub.publishing import Publication
from synpain_hf.hub.state import read_state
from synpain_hf.hub.upload import OvertakenError, create_and_close, read_back, send, settings_to_change
from synpain_hf.hubclient.errors import AGAIN
from synpain_hf.progress import Progress, silent
from synpain_hf.release.layout import CARD, record_of

_FOLDER = Path(synpain_hf.__file__).parent / "metrics" / "subgroup_auroc"
_SUFFIXES = (".md", ".py", ".txt")


def publish_metric(
    repo_id: str,
    *,
    private: bool = False,
    dry_run: bool = False,
    endpoint: str | None = None,
    token: str | None = None,
    timeout: float = LONGEST_WAIT,
    show: Callable[[UploadPlan], object] = show_nothing,
    progress: Progress = silent,
) -> Publication:
    """Publish the metric `subgroup_auroc` as a Space, from where `evaluate.load(repo_id)` gets it.

    Args:
        repo_id: `NAMESPACE/NAME`; created if it does not exist.
        private: Close the Space to everyone but its owners.
        dry_run: Check and plan, but send nothing.
        endpoint: Address of the Hub; by default HF_ENDPOINT, or the public one.
        token: By default the one of `hf auth login` or HF_TOKEN.
        timeout: Seconds without a byte after which a connection is given up.
        show: Called with the plan before anything is sent.
        progress: Called after every file sent.

    Raises:
        UsageError: If the name or the endpoint cannot be right.
        PublishError: If the Hub cannot be reached, or refuses, or does not hold what was sent.
    """
    if repo_id.rpartition("/")[2] != _FOLDER.name:
        raise UsageError(f"{repo_id} cannot be loaded by `evaluate`; call the Space NAMESPACE/{_FOLDER.name}")
    version = synpain_hf.__version__
    files = _files()
    with connected(repo_id, "space", endpoint=endpoint, token=token, timeout=timeout) as hub:
        check_may_write(hub, create_pr=False)
        with hub.reporting(f"reading {repo_id}"):
            state = read_state(hub)
            settings = settings_to_change(state, private=private, gated=False)
            plan = plan_upload(files, list_files(hub, state.head) if state.head else {}, None, settings)
        result = Publication(repo_id, version, "planned", hub.url, "", plan)
        show(plan)
        if dry_run:
            return result
        if plan.is_done and not settings:
            return replace(result, status="already published", commit=state.head)
        try:
            head = create_and_close(hub, state, private=private, gated=False).head
            title = f"subgroup_auroc of synpain-hf {version}"
            sent = send(hub, files, plan, head, title=title, text="", create_pr=False, progress=progress)
        except OvertakenError:
            raise PublishError(f"somebody else is changing {repo_id}; {AGAIN}") from None
        read_back(hub, files, sent.commit, CARD)
    return replace(result, status="published", commit=sent.commit, notes=sent.notes)


def _files() -> dict[str, LocalFile]:
    """The files of the metric, by their path."""
    places = sorted(place for place in _FOLDER.iterdir() if place.suffix in _SUFFIXES)
    records = {place: record_of(place) for place in places}
    return {
        place.name: LocalFile(place.name, place, record["bytes"], record["sha256"]) for place, record in records.items()
    }
