"""Whether a token may write to a repository, found out before anything is sent."""

from __future__ import annotations

from typing import Any

from synpain_hf.errors import PublishError
from synpain_hf.hub.client import Hub
from synpain_hf.hub.state import State

_READERS = ("read", "no_access")
_WRITE = "repo.write"


def check_may_write(hub: Hub, *, create_pr: bool) -> None:
    """Refuse a token that cannot do what is asked.

    What a Hub does not say about a token is taken to be allowed: if it is not, the Hub itself will refuse.

    Args:
        hub: The repository.
        create_pr: Whether a pull request is enough; anybody may open one.

    Raises:
        PublishError: If the token is unknown, or may not write there.
    """
    with hub.reporting("asking whose token this is"):
        account: dict[str, Any] = hub.api.whoami(token=hub.token)
    namespace = hub.repo_id.split("/")[0]
    token: dict[str, Any] = (account.get("auth") or {}).get("accessToken") or {}
    role = token.get("role")
    if role == "read":
        raise PublishError("your token may only read; make one that may write, and give it to `hf auth login`")
    if create_pr:
        return
    roles = {str(org.get("name")): org.get("roleInOrg") for org in account.get("orgs") or ()}
    if namespace not in {account.get("name"), *roles}:
        raise PublishError(
            f"{account.get('name')}, whose token this is, does not belong to {namespace}; log in as someone who does "
            "(`hf auth login`), or give --create-pr to propose it"
        )
    if roles.get(namespace) in _READERS:
        raise PublishError(f"{account.get('name')} may only read in {namespace}; ask to write, or give --create-pr")
    if role == "fineGrained" and not _granted(token.get("fineGrained") or {}, namespace, hub.repo_id):
        raise PublishError(
            f"your token may not write to {hub.repo_id}; add that to its permissions on the Hub, or run "
            "`hf auth login` with another"
        )


def unknown_without_login(hub: Hub, state: State) -> str:
    """What a dry run cannot find out for somebody who is not logged in: cause, then remedy."""
    if state.head:
        return f"you are not logged in, so whether you may write to {hub.repo_id} is unknown; run `hf auth login`"
    return (
        f"you are not logged in, so {hub.repo_id} may be a private data set, which you cannot see and for which this "
        "plan is wrong; run `hf auth login` to find out"
    )


def _granted(permissions: dict[str, Any], namespace: str, repo_id: str) -> bool:
    scopes = permissions.get("scoped") or ()
    return any(
        _WRITE in (scope.get("permissions") or ())
        and str((scope.get("entity") or {}).get("name")) in (namespace, repo_id)
        for scope in scopes
    )
