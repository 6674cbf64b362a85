"""`amend`: add, replace or remove files of a finished release, all of them in one step or none.

The new release is written beside the old one, with unchanged files as hard links, and the two folders change places.
At any moment, even after the program is killed, the place holds either the old release or the new one.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from synpain_hf.errors import OutputError, ReleaseError, UsageError, VersionError
from synpain_hf.release import tables
from synpain_hf.release.amendment import Amendment, Content
from synpain_hf.release.changelog import write_changelog
from synpain_hf.release.checking import check, contents_of
from synpain_hf.release.compare import compare
from synpain_hf.release.layout import CARD, CHANGELOG, MANIFEST, is_of_the_card, record_of
from synpain_hf.release.readme import card_after
from synpain_hf.release.release import Release, dump
from synpain_hf.release.rows import content_digest
from synpain_hf.release.versions import Version
from synpain_hf.storage import carry, link_or_copy, replacing, sync, work_folder_of


def amend(
    release: str | Path,
    *,
    add: Mapping[str, Content] = MappingProxyType({}),
    remove: Collection[str] = (),
    version: str | None = None,
) -> Release:
    """Add, replace or remove files of a finished release, all of them in one step or none.

    `release.json` lists the new files. Where only files of the card change, the version stays. Otherwise it rises by
    the least that the changes require, `CHANGELOG.md` says what changed, and `README.md` what loads now. Anything else
    in the folder, such as `.git`, stays as it is.

    Args:
        release: The release directory.
        add: What each file is to hold, by its place in the release, such as `annotations/pspi.parquet`.
        remove: The places of files to take out.
        version: The new version, `X.Y.Z`; None for the lowest that the changes allow.

    Returns:
        The new release.

    Raises:
        UsageError: If a name has no place in a release, or another argument cannot be right.
        VersionError: If `version` does not rise enough.
        ReleaseError: If it is not a complete release, or would no longer be one.
        OutputError: If it cannot be written, or is being written by another program, or a link is in the way.
    """
    with amending(release, version=version) as amendment:
        for name in remove:
            amendment.remove(name)
        for name, content in add.items():
            amendment.add(name, content)
    return Release.open(release)


@contextmanager
def amending(release: str | Path, *, version: str | None = None) -> Iterator[Amendment]:
    """Amend a release in the body of a `with` statement; it stays as it was until the body has ended.

    Args:
        release: The release directory; files of its card may be missing, if the amendment adds or removes them.
        version: The new version, `X.Y.Z`; None for the lowest that the changes allow.

    Yields:
        What to change. No other program can amend the release in the meantime.

    Raises:
        UsageError: If a name has no place in a release, or another argument cannot be right.
        VersionError: If `version` does not rise enough.
        ReleaseError: If it is not a complete release, or would no longer be one.
        OutputError: If it cannot be written, or is being written by another program, or a link is in the way.
    """
    asked = None if version is None else Version.parse(version)
    place = Path(release).expanduser().resolve()
    if not os.path.lexists(work_folder_of(place)):  # otherwise an interrupted change is repaired first
        Release.open(release, card_may_lack=True)
    with replacing(place) as staging:
        amendment = Amendment(Release.open(place, card_may_lack=True), staging.work / "added")
        check(amendment.release)
        amendment.folder.mkdir()
        yield amendment
        new = _composed(amendment, staging.folder, asked)
        names = {*amendment.release.files, *new.files, MANIFEST}
        carry(place, staging.folder, without=names)
        staging.replace()
        carry(staging.folder, place, without=names)  # what others put beside the old release at the last moment


def _composed(amendment: Amendment, folder: Path, asked: Version | None) -> Release:
    """The new release, written into a folder, without what others put beside the old one."""
    old = amendment.release
    new = _gathered(amendment, folder)
    names = {*old.files, *new.files}
    changed = [name for name in names if old.files.get(name) != new.files.get(name)]
    if any(map(tables.base_table().owns, changed)):
        new = _with_kept(new)
        with _would_be_valid():
            new = Release(folder, {**new.manifest, **_pairs_of(new)})
    if not all(map(is_of_the_card, changed)) or asked not in (None, Version.parse(old.version)):
        new = _versioned(old, new, asked)
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        dump(new.manifest, file.write)
    sync(folder / MANIFEST)
    if any(map(tables.is_beside_tables, changed)):
        with _would_be_valid():
            check(new, again=True)
    return Release.open(folder)


@contextmanager
def _would_be_valid() -> Iterator[None]:
    """Say what would be wrong with the release that is being made."""
    try:
        yield
    except ReleaseError as error:
        raise ReleaseError("the result would not be a valid release; correct what is added", error.problems) from error


def _gathered(amendment: Amendment, folder: Path) -> Release:
    """The files of the new release in their places: those of the old one as links, and those that are added."""
    old, added = amendment.release, amendment.records()
    kept = {name: record for name, record in old.files.items() if name not in {*added, *amendment.removed}}
    if CARD in amendment.removed - added.keys():
        raise UsageError(f"{CARD} says what a release loads, so it cannot be removed; replace it instead")
    lost = [name for name in kept if not (old.folder / name).is_file()]
    if lost:
        raise ReleaseError(f"{old.folder} lacks {', '.join(lost)}; write its card again with `synpain-hf card`")
    pairs = tables.base_table()
    if not any(map(pairs.owns, {**kept, **added})):
        raise ReleaseError(f"nothing would be left in {pairs.folder}/; keep at least one partition")
    for name in (*old.files, *added, MANIFEST):
        _check_way(old.folder, name)
    for name in kept:
        old.check_link(name)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        link_or_copy((old.folder / name).resolve(), folder / name)
    for name in added:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (amendment.folder / name).rename(folder / name)
        sync(folder / name)
    return Release(folder, {**old.manifest, "files": {**kept, **added}})


def _check_way(folder: Path, name: str) -> None:
    """Refuse anything that is in the way of a folder or a file."""
    *parents, _ = [folder / parent for parent in Path(name).parents]
    for parent in parents:
        if parent.is_symlink():
            raise OutputError(f"{parent} is a link, which is not followed; put a folder in its place")
        if parent.exists() and not parent.is_dir():
            raise OutputError(f"{parent} is in the way of {name}; move it elsewhere")
    if (folder / name).is_dir():
        raise OutputError(f"{folder / name} is a folder in the way of a file; move it elsewhere")


def _pairs_of(release: Release) -> dict[str, Any]:
    """What `release.json` says of the pairs.

    Raises:
        ReleaseError: If a pair is there twice, or a partition does not hold what it can hold.
    """
    digests = contents_of(release)
    rejected = release.manifest["pairs"]["rejected"]
    counts = {"in": len(digests) + rejected, "out": len(digests), "rejected": rejected}
    return {"content": content_digest(digests), "pairs": counts}


def _with_kept(release: Release) -> Release:
    """The release, which has the columns of its source that all partitions have."""
    table = tables.base_table()
    first, *more = [release.features_in(partition.path) for partition in release.partitions]
    shared = {name for name in first if all(name in features for features in more)}
    known = table.features()
    given = [name for name in table.optional if name in shared - release.kept.keys() and first[name] == known[name]]
    kept = {name: dtype for name, dtype in table.kept_in(first, given).items() if name in shared}
    others = {name: value for name, value in release.manifest.items() if name not in ("columns", "kept")}
    columns = {"columns": given, "kept": kept}
    return Release(release.folder, {**others, **{name: value for name, value in columns.items() if value}})


def _versioned(old: Release, new: Release, asked: Version | None) -> Release:
    """The new release with its version, and with a change log and a card that match it."""
    changes = compare(old, new)
    least = Version.parse(old.version).raised(changes.bump)
    version = asked or least
    if version < least:
        raise VersionError(f"version {version} promises too little: {changes.summary()}; give at least {least}")
    new = Release(new.folder, {**new.manifest, "version": str(version)})
    card = (new.folder / CARD).read_bytes().decode("utf-8", "surrogateescape")
    for name in (CHANGELOG, CARD):  # they are links: writing to them would change the old release
        (new.folder / name).unlink(missing_ok=True)
    write_changelog(new, old, changes)
    (new.folder / CARD).write_bytes(card_after(card, old, new).encode("utf-8", "surrogateescape"))
    records = {name: record_of(new.folder / name) for name in (CHANGELOG, CARD)}
    for name in records:
        sync(new.folder / name)
    return Release(new.folder, {**new.manifest, "files": {**new.files, **records}})
