"""What a build makes of its source before it reads a picture: the pairs, their folds, and what is wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Any

from synpain_hf.configurations import Partition
from synpain_hf.errors import BadInputError, Problem, in_order
from synpain_hf.pair import Pair
from synpain_hf.release.filming import Film
from synpain_hf.release.identities import (
    alike,
    contradictions,
    folds_of,
    in_several_folds,
    persons_of,
    unbalanced,
    units_of,
)
from synpain_hf.release.release import Release
from synpain_hf.release.tables import joined_tables
from synpain_hf.release.tables.pairs import GIVEN
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.text.plurals import first_few
from synpain_hf.vocabulary import GROUPS, IDENTITY, UNKNOWN

_MOST_NAMED = 20
_FINISH = "finish the download, or build what is here with --on-error skip"


@dataclass(frozen=True)
class BuildPlan:
    """The pairs of a release, before their pictures are read.

    Attributes:
        partitions: The pairs of each partition, sorted by id.
        problems: The entries of the source that are not pairs, and anything else that is wrong.
        folds: Where the folds come from, as `release.json` says.
        entries: How many entries the source has.
        columns: The columns of the release that its source decides.
        kept: The type of each column of the source that the release keeps.
        films: The clips that become rows of their own.
        doubtful: What is released though it may be wrong.
        fatal: Whether leaving out pairs would not help: nothing in the folds file was understood.
    """

    partitions: Mapping[Partition, tuple[Pair, ...]]
    problems: tuple[Problem, ...]
    folds: Mapping[str, Any]
    entries: int
    columns: tuple[str, ...]
    kept: Mapping[str, str]
    films: tuple[Film, ...] = ()
    doubtful: tuple[Problem, ...] = ()
    fatal: bool = False

    def pairs(self) -> list[Pair]:
        """All pairs, sorted by id."""
        return sorted((pair for pairs in self.partitions.values() for pair in pairs), key=lambda pair: pair.pair_id)


def make_plan(
    entries: Sequence[Pair | Problem],
    folds: FoldsFile | None,
    before: Release | None,
    seed: int,
    films: Sequence[Film] = (),
) -> BuildPlan:
    """Find the pairs, and give each its fold.

    Args:
        entries: The entries of the source.
        folds: The published folds, if there is a file of them.
        before: The release whose folds are kept where the source gives none, if any.
        seed: Draws the folds where none are published.
        films: The clips that become rows of their own; each gets the fold of its person.

    Raises:
        BadInputError: If the source has no entries.
    """
    if not entries:
        raise BadInputError([Problem("source", "holds no pairs; give the folder, zips or manifest of a data set")])
    problems = [entry for entry in entries if isinstance(entry, Problem)]
    listed = [entry for entry in entries if isinstance(entry, Pair)]
    places = defaultdict(list)
    for pair in listed:
        places[pair.pair_id].append(pair.listed_at)
    for problem in problems:  # an entry that is not a pair may still use an ID
        if problem.pair_id:
            places[problem.pair_id].append(problem.file)
    pairs = [pair for pair in listed if len(places[pair.pair_id]) == 1]
    problems += _listed_twice(places)
    filmed = [film.stand_in() for film in films]
    everybody = [*pairs, *filmed]
    problems += contradictions(everybody)
    published = {pair.pair_id: pair.fold for pair in pairs if pair.fold is not None}
    if folds is not None:
        published = _by_pair(folds.folds, folds.folds, everybody)
        problems += folds.problems
        problems += _not_here(folds, {*places, *(pair.identity for pair in everybody)})
    kept = _folds_before(before, everybody) if before else {}
    is_published = bool(folds.folds if folds else published)
    if is_published:
        where = folds.name if folds else "the manifest, where other pairs have one"
        problems += [
            Problem(pair.listed_at, f"has no fold in {where}; add it there", pair.pair_id)
            for pair in everybody
            if pair.pair_id not in published and pair.pair_id not in kept
        ]
    account = {
        "origin": "published" if is_published else "previous" if before else "stratified",
        "seed": None if is_published else seed,
        **({"file": folds.understood} if folds else {}),
        **({"previous": before.version} if before else {}),
    }
    given = {**kept, **published}
    units = units_of((pair.identity, pair.derived_from) for pair in everybody)
    problems += in_several_folds(everybody, units, given, before.version if before and not is_published else "")
    found = folds_of(pairs, units, given, seed)
    if filmed:  # after the pairs, whose folds are the same without them
        found = folds_of(everybody, units, given | {pair.pair_id: found[units[pair.identity]] for pair in pairs}, seed)
    return BuildPlan(
        partitions=_placed(pairs, found, units),
        problems=tuple(problems),
        folds=account,
        entries=len(entries),
        columns=_columns(listed),
        kept=_kept(listed),
        films=tuple(replace(film, fold=found[units[film.clip.identity]]) for film in films),
        doubtful=(*unbalanced(pairs, units), *alike(pairs)),
        fatal=folds is not None and not folds.folds,
    )


def _columns(pairs: Sequence[Pair]) -> tuple[str, ...]:
    """The columns of the release that not every release has."""
    return IDENTITY, *(column for column in GIVEN if any(getattr(pair, column) is not None for pair in pairs))


def _kept(pairs: Sequence[Pair]) -> dict[str, str]:
    """The type of each column that the pairs keep of their source; every pair has the same ones."""
    columns = [{kept.column: kept.dtype for kept in pair.kept} for pair in pairs]
    others = [pair for pair, found in zip(pairs, columns, strict=True) if found != columns[0]]
    if others:
        reason = f"keeps other columns than {pairs[0].listed_at}; give every pair the same, of the same types"
        raise BadInputError(Problem(pair.listed_at, reason, pair.pair_id) for pair in others)
    return columns[0] if columns else {}


def reported(problems: Iterable[Problem], entries: int) -> list[Problem]:
    """Problems as a build reports them that fails: of a download that is not finished, one for all of its pictures.

    Args:
        problems: The problems.
        entries: How many entries the source has.
    """
    problems = list(problems)
    absent = in_order(problem for problem in problems if problem.absent)
    if len(absent) <= _MOST_NAMED:
        return problems
    table = absent[0].file.rpartition(":")[0]
    named = first_few([problem.absent for problem in absent])
    reason = f"names {len(absent):,} of {entries:,} pairs whose pictures are not here ({named}); {_FINISH}"
    return [Problem(table, reason), *(problem for problem in problems if not problem.absent)]


def _not_here(folds: FoldsFile, known: Container[str]) -> Iterable[Problem]:
    """Who is in a folds file and not in the source: each by its line, unless a download is not finished."""
    missing = {pair_id: line for pair_id, line in folds.lines.items() if pair_id not in known}
    if len(missing) > _MOST_NAMED:
        yield Problem(
            folds.name,
            f"names {len(missing):,} of {len(folds.lines):,} pairs that are not here; {_FINISH}",
        )
        return
    for pair_id, line in missing.items():
        yield Problem(f"{folds.name}:{line}", f"names pair {pair_id}, which the source does not have; remove the line")


def _listed_twice(places: Mapping[str, Sequence[str]]) -> Iterable[Problem]:
    for pair_id, here in places.items():
        for place in here:
            if len(here) > 1:
                others = _first_of(set(here) - {place}) or "another entry of the same name"
                yield Problem(
                    place, f"has the same ID as {others}; keep the right one, or give each its own ID", pair_id
                )


def _first_of(places: set[str]) -> str:
    """Some places by name, and how many more there are: thousands would name thousands each."""
    named = ", ".join(nsmallest(_MOST_NAMED, places))
    return f"{named} and {len(places) - _MOST_NAMED:,} more" if len(places) > _MOST_NAMED else named


def _folds_before(release: Release, pairs: Iterable[Pair]) -> dict[str, int]:
    """The fold that each pair had in an earlier release, or else its identity had."""
    of_pairs: dict[str, int] = {}
    of_identities: dict[str, int] = {}
    shown = IDENTITY if IDENTITY in release.given else PAIR_ID
    for partition in release.partitions:
        rows = release.read(partition.path, sorted({PAIR_ID, shown}))
        of_pairs |= dict.fromkeys(rows[PAIR_ID].to_pylist(), partition.fold)
        of_identities |= dict.fromkeys(rows[shown].to_pylist(), partition.fold)
    for file in [file for table in joined_tables() if not table.joins for file in release.files_of(table)]:
        rows = release.read(file, [IDENTITY, "fold"])
        of_identities |= dict(zip(*(rows[name].to_pylist() for name in (IDENTITY, "fold")), strict=True))
    return _by_pair(of_pairs, of_identities, pairs)


def _by_pair(of_pairs: Mapping[str, int], of_identities: Mapping[str, int], pairs: Iterable[Pair]) -> dict[str, int]:
    """The fold of each pair that has one by its own id, or else by its identity."""
    found = {pair.pair_id: of_pairs.get(pair.pair_id, of_identities.get(pair.identity)) for pair in pairs}
    return {pair_id: fold for pair_id, fold in found.items() if fold is not None}


def _placed(
    pairs: Iterable[Pair], folds: Mapping[str, int], units: Mapping[str, str]
) -> dict[Partition, tuple[Pair, ...]]:
    """The pairs of each partition, those of an identity and a neutral picture next to each other."""
    members: dict[Partition, list[Pair]] = defaultdict(list)
    ordered = sorted(pairs, key=_place)
    persons = persons_of(ordered)
    for pair in ordered:
        age_group, gender, ethnicity = (getattr(pair, column) or UNKNOWN for column in GROUPS)
        fold, person = folds[units[pair.identity]], persons.get(pair.identity, "")
        partition = Partition(fold, age_group, gender, ethnicity, person)
        members[partition].append(pair)
    return {partition: tuple(members[partition]) for partition in sorted(members)}


def _place(pair: Pair) -> tuple[str, str, str, int, str]:
    """Where a pair stands among others: of one identity and neutral picture, the frames of a clip in their order."""
    neutral = pair.pictures[0].name if len(pair.pictures) > 1 else ""
    return pair.identity, neutral, pair.clip or "", pair.frame or 0, pair.pair_id
