"""`transfer`: the neutral faces of one release with the expressions of another, as a manifest that `build` takes.

.OUT.partial/lock            held by the program that transfers
.OUT.partial/request         a digest of all that decides the pictures; those of another request are drawn anew
.OUT.partial/landmarks-…/    what was found in the faces, where a release has no landmarks
.OUT.partial/release/        what will be OUT: each picture is whole or not there
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy

from synpain_hf import __version__
from synpain_hf.annotation.faces import picture_stem
from synpain_hf.errors import BadInputError, Notice, Problem, UsageError, in_order, warn_of
from synpain_hf.executor import Engine, Executor
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.note import SOURCE_TYPES
from synpain_hf.pair import MAX_SEED
from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check
from synpain_hf.release.layout import REJECTED
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.storage import StagedFolder, remove_tree, staged, write_atomically
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.transferring.cast import Member, members_of, persons
from synpain_hf.transferring.choosing import Couple, couples_of
from synpain_hf.transferring.drawing import Drawn, Picture, Place, Task, bytes_of, draw
from synpain_hf.transferring.manifest import NewPair, generator_of, pair_id_of, write_manifest
from synpain_hf.transferring.seen import Seen, seen_in
from synpain_hf.vocabulary import GROUPS

Consent = Literal["synthetic", "consented"]

NOBODY = frozenset(("official", "demo", "3dpain"))
"""The kinds of source whose faces are known to be nobody's."""

PEOPLE = frozenset(("unbc", "biovid"))
"""The kinds of source whose faces are known to be of people."""

_IN_A_TASK = 4
_KINDS = {b"\x89PNG": "png", b"\xff\xd8": "jpg", b"RIFF": "webp"}


@dataclass(frozen=True)
class Transfer:
    """What `transfer` did.

    Attributes:
        folder: The folder, with `manifest.csv`, which `build` takes.
        pairs: How many pairs it has.
        identities: How many identities they show.
        drivers: How many pairs their expressions come from.
        problems: What was left out, and why.
    """

    folder: Path
    pairs: int
    identities: int
    drivers: int
    problems: Sequence[Problem]


def transfer(
    identities: str | Path,
    drivers: str | Path,
    out: str | Path,
    *,
    method: str = "warp",
    identities_are: Consent | None = None,
    per_identity: int = 1,
    same: Sequence[str] = (),
    seed: int = 0,
    models: Sequence[str | Path] = (),
    workers: int = 1,
    engine: Engine = "processes",
    progress: Progress = silent,
    notice: Notice = warn_of,
) -> Transfer:
    """Give the neutral faces of one release the expressions of another, and leave a manifest that `build` takes.

    The driver's change from its own neutral face is put onto the landmarks of the identity, and a method draws it.
    Each new pair has the identity and groups of the face, the label, expression, pain score and action units of the
    driver, which are what it was to show, and `derived_from`, the driver's identity. Drivers are of the identity's
    fold, which the new pair keeps. The same arguments give the same pictures on one machine, whatever the number of
    workers. A call that was killed goes on when the same call is made again.

    Args:
        identities: The release whose neutral faces are shown, one of each identity.
        drivers: The release whose expressions they show; it may be the same.
        out: The folder to write; it must not exist.
        method: `warp` bends the neutral face and needs no weights; `oracle` draws demo faces anew with the driver's
            units, the truth that other methods are measured against.
        identities_are: `synthetic`, nobody, or `consented`, real people who agreed to it. Needed where the release does
            not tell; it is kept in the provenance.
        per_identity: How many expressions each identity gets.
        same: The groups in which an identity and its driver are alike: some of `age_group`, `gender`, `ethnicity`.
        seed: Draws who gets whose expression.
        models: MediaPipe's model file, or a folder that has it, for a release without landmarks; by default that of an
            installed package.
        workers: Pictures drawn at a time.
        engine: What draws them, as in `build`.
        progress: Called with the faces that were looked at, and the pictures that were drawn.
        notice: Told, in one list, what was left out: faces that cannot be used, identities without enough drivers.

    Returns:
        What was done.

    Raises:
        UsageError: If an argument cannot be right, or the word of consent is missing.
        BadInputError: If nothing is left.
        ReleaseError: If one of them is not a complete release.
        MissingExtraError: If MediaPipe is needed, or the library of a method, and it is not there.
        OutputError: If `out` cannot be written, or workers are killed again and again.

    Example:
        >>> synpain_hf.transfer("synpain-1.0.0", "synpain-1.0.0", "transferred", workers=2)  # doctest: +SKIP
        >>> synpain_hf.build("transferred", "transferred-1.0.0", version="1.0.0")  # doctest: +SKIP
    """
    _check(method, identities_are, per_identity, same, seed)
    executor = Executor(workers, engine)
    whose, whence = Release.open(Path(identities).expanduser()), Release.open(Path(drivers).expanduser())
    consent = _consent(whose, identities_are)
    with staged(Path(out).expanduser().absolute(), resumable=True) as staging:
        for release in dict.fromkeys(each.folder.resolve() for each in (whose, whence)):
            check(Release.open(release), of=[base_table()], progress=progress)
        seen = {
            release.manifest["content"]: seen_in(
                release, staging.work / f"landmarks-{release.manifest['content']}", executor, progress, models
            )
            for release in (whose, whence)
        }
        whose_seen, whence_seen = (seen[release.manifest["content"]] for release in (whose, whence))
        shown, problems = _usable_identities(whose, whose_seen)
        driving, unusable = _usable_drivers(whence, whence_seen)
        couples, too_few = couples_of(shown, driving, per_identity, tuple(dict.fromkeys(same)), seed)
        problems += [*unusable, *too_few]
        if not couples:
            raise BadInputError(problems or [Problem("drivers", "none is left; give others")])
        notes = {
            **_notes_of(method),
            "identities_are": consent,
            "identities": _described(whose),
            "drivers": _described(whence),
            "seed": seed,
            "per_identity": per_identity,
            "same": list(dict.fromkeys(same)),
            "landmarks": "; ".join(sorted({whose_seen.made_with, whence_seen.made_with})),
            "made_with": f"synpain-hf {__version__}; numpy {np.__version__}; scipy {scipy.__version__}",
        }
        _forget_others(staging, notes)
        new = _neutrals_written(staging.folder, whose, couples)
        pictures = [_picture(pair, staging.folder, (whose, whose_seen), (whence, whence_seen), notes) for pair in new]
        undrawn = _draw(pictures, method, executor, progress)
        problems += undrawn
        lost = {problem.pair_id for problem in undrawn}
        left = [pair for pair in new if pair.pair_id not in lost]
        if not left:
            raise BadInputError(problems)
        files = write_manifest(staging.folder, left, notes)
        if problems:
            lines = (json.dumps(problem.to_dict(), ensure_ascii=False) for problem in in_order(problems))
            (staging.folder / REJECTED).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            files.append(REJECTED)
        staging.complete([*files, *(pair.neutral for pair in left), *(pair.expressive for pair in left)])
    if problems:
        notice(in_order(problems))
    numbers = (len({getattr(pair.couple, side).pair_id for pair in left}) for side in ("identity", "driver"))
    return Transfer(Path(out).expanduser(), len(left), *numbers, in_order(problems))


def _check(method: str, consent: str | None, per_identity: int, same: Sequence[str], seed: int) -> None:
    if method not in METHODS:
        raise UsageError(f"is {method!r}{did_you_mean(method, METHODS)}; give one of {', '.join(METHODS)}", "method")
    words = ("synthetic", "consented")
    if consent is not None and consent not in words:
        near = did_you_mean(consent, words)
        raise UsageError(f"is {consent!r}{near}; give one of {', '.join(words)}", "identities_are")
    if per_identity < 1:
        raise UsageError(f"is {per_identity}; give 1 or more", "per_identity")
    if not 0 <= seed <= MAX_SEED:
        raise UsageError(f"is {seed}; give 0 to {MAX_SEED}", "seed")
    for column in same:
        if column not in GROUPS:
            raise UsageError(f"is {column!r}{did_you_mean(column, GROUPS)}; give some of {', '.join(GROUPS)}", "same")


def _consent(release: Release, given: Consent | None) -> Consent:
    """Whether the identities are nobody, or agreed.

    Raises:
        UsageError: If that is not known, or cannot be as it is said.
    """
    kind = release.manifest["source"]["kind"]
    if given == "synthetic" and (kind in PEOPLE or release.manifest["source"].get("transfer", {}).get("identities_are") == "consented"):
        raise UsageError(
            f"is 'synthetic', but {release.title} show people; give consented, if each of them agreed to be shown with "
            "expressions that are not their own",
            "identities_are",
        )
    if given is None and kind not in NOBODY:
        raise UsageError(
            f"is missing, and {release.title} may show people; give synthetic if they show nobody, or consented if each "
            "of them agreed to be shown with expressions that are not their own",
            "identities_are",
        )
    return given or "synthetic"


def _usable_identities(release: Release, seen: Seen) -> tuple[list[Member], list[Problem]]:
    """Of each identity the first pair whose neutral face can be used, and the others that come before it."""
    usable, problems = [], list[Problem]()
    for members in persons(members_of(release)).values():
        for member in members:
            reason = seen.why_not((member.pair_id, "neutral"))
            if not reason:
                usable.append(member)
                break
            problems.append(_problem("identities", member, "neutral", reason))
    return usable, problems


def _usable_drivers(release: Release, seen: Seen) -> tuple[list[Member], list[Problem]]:
    """The pairs whose change from neutral to expressive is known, and the others."""
    usable, problems = [], list[Problem]()
    for member in members_of(release):
        reasons = {face: seen.why_not((member.pair_id, face)) for face in ("neutral", "expressive")}
        told = [_problem("drivers", member, face, reason) for face, reason in reasons.items() if reason]
        problems += told
        usable += [] if told else [member]
    return usable, problems


def _problem(side: str, member: Member, face: str, reason: str) -> Problem:
    return Problem(f"{side}/{picture_stem(member.pair_id, face)}", reason, member.pair_id)


def _notes_of(method: str) -> dict[str, Any]:
    chosen = METHODS[method]
    return {
        "method": chosen.name,
        "method_version": chosen.version,
        "weights": chosen.weights or None,
        "prompt": None,
        "source_type": SOURCE_TYPES + chosen.source_type,
    }


def _described(release: Release) -> dict[str, Any]:
    manifest = release.manifest
    return {
        "name": release.name,
        "version": release.version,
        "kind": manifest["source"]["kind"],
        "content": manifest["content"],
        "shows_people": release.shows_people,
    }


def _forget_others(staging: StagedFolder, notes: Mapping[str, Any]) -> None:
    """Remove the pictures that a call with other arguments left."""
    request = staging.work / "request"
    digest = hashlib.sha256(json.dumps(notes, sort_keys=True).encode()).hexdigest()
    if not (request.is_file() and request.read_text(encoding="utf-8") == digest):
        remove_tree(staging.folder)
        staging.folder.mkdir()
        write_atomically(request, digest)
    for name in ("neutral", "expressive"):
        (staging.folder / name).mkdir(exist_ok=True)


def _neutrals_written(folder: Path, release: Release, couples: Iterable[Couple]) -> list[NewPair]:
    """The new pairs, once their neutral pictures are written, with the bytes that the release has."""
    names: dict[str, str] = {}
    pairs = []
    for couple in couples:
        member = couple.identity
        if member.pair_id not in names:
            data = bytes_of(release.folder / member.file, (member.pair_id, "neutral"))
            kind = next((kind for start, kind in _KINDS.items() if data.startswith(start)), "png")
            names[member.pair_id] = f"neutral/{picture_stem(member.pair_id, 'neutral')}.{kind}"
            (folder / names[member.pair_id]).write_bytes(data)
        expressive = f"expressive/{picture_stem(pair_id_of(couple), 'expressive')}.png"
        pairs.append(NewPair(couple, names[member.pair_id], expressive))
    return pairs


def _picture(
    pair: NewPair, folder: Path, whose: tuple[Release, Seen], whence: tuple[Release, Seen], notes: Mapping[str, Any]
) -> Picture:
    identity, driver = pair.couple.identity, pair.couple.driver

    def place(side: tuple[Release, Seen], member: Member, face: str) -> Place:
        release, seen = side
        return Place(release.folder / member.file, (member.pair_id, face), seen.landmarks[member.pair_id, face])

    shown = driver.annotations.get("expressive")
    return Picture(
        pair_id=pair.pair_id,
        place=folder / pair.expressive,
        identity=place(whose, identity, "neutral"),
        neutral=place(whence, driver, "neutral"),
        expression=place(whence, driver, "expressive"),
        units=shown.units if shown else {},
        label=driver.label,
        drawing=identity.drawing,
        text=f"{generator_of(notes)}; the expression is that of {driver.pair_id} in {notes['drivers']['name']}",
    )


def _draw(pictures: Sequence[Picture], method: str, executor: Executor, progress: Progress) -> list[Problem]:
    """Draw the pictures that are not there yet."""
    missing = [picture for picture in pictures if not picture.place.is_file()]
    done, problems = len(pictures) - len(missing), list[Problem]()
    progress("pictures", done, len(pictures))
    tasks = (Task(method, tuple(some)) for some in _in_parts(missing))
    with closing(executor.run(draw, tasks)) as results:
        for drawn in results:
            done += drawn.pictures
            problems += drawn.problems
            progress("pictures", done, len(pictures))
    return problems


def _in_parts(pictures: Sequence[Picture]) -> Iterator[Sequence[Picture]]:
    return (pictures[start : start + _IN_A_TASK] for start in range(0, len(pictures), _IN_A_TASK))
