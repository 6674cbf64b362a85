"""`transfer`: the neutral faces of one release with the expressions of another, as a manifest that `build` takes.

.OUT.partial/lock            held by the program that transfers
.OUT.partial/request         a digest of all that decides the pictures; those of another request are drawn anew
.OUT.partial/landmarks-…/    what was found in the faces, where a release has no landmarks
.OUT.partial/release/        what will be OUT: each picture is whole or not there
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from synpain_hf.annotation.faces import picture_stem
from synpain_hf.errors import BadInputError, MissingExtraError, Notice, Problem, UsageError, in_order, warn_of
from synpain_hf.executor import Engine, Executor
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.methods.method import OF_A_BASE, OF_A_NETWORK, Choices, Method
from synpain_hf.pair import MAX_SEED
from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check
from synpain_hf.release.layout import REJECTED
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.storage import StagedFolder, remove_tree, staged, write_atomically
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.transferring.cast import Member, members_of, persons
from synpain_hf.transferring.choosing import Couple, couples_of
from synpain_hf.transferring.consent import Consent, consent_for
from synpain_hf.transferring.manifest import write_manifest
from synpain_hf.transferring.notes import notes_of
from synpain_hf.transferring.pictures import Side, draw_all, neutrals_written, picture_of
from synpain_hf.transferring.seen import seen_in
from synpain_hf.transferring.unseen import told_of_learned, without_learned
from synpain_hf.vocabulary import GROUPS, Precision


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
    weights: str | Path = "",
    base: str | Path = "",
    steps: int | None = None,
    device: str = "auto",
    precision: Precision = "auto",
    unseen: bool = False,
    strength: float | None = None,
    adapter: str | Path = "",
    no_safety_checker: bool = False,
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
            units, the truth that other methods are measured against; `unet` refines what the face would be bent to, by
            weights that `train_transfer` left; `controlnet` redraws it by Stable Diffusion, likewise.
        weights: What the method has learned: the folder that `train_transfer` left, or a name on the Hub.
        base: The model that a ControlNet steers: a folder, or a name on the Hub; by default the one that it was trained
            with, where that is on the Hub.
        steps: Of denoising; by default as many as are usual for the method.
        device: Where a network computes: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        precision: With which numbers: `auto`, `fp32`, `bf16` or `fp16`.
        unseen: Leave out identities and drivers that the weights have learned from.
        strength: How much of the bent face a ControlNet may redraw, above 0 to 1; 0.6 by default.
        adapter: An IP-Adapter that keeps the identity, beside a ControlNet: a `.safetensors` file, or its place on the
            Hub, `NAMESPACE/NAME/PATH`.
        no_safety_checker: Leave out the safety checker of the base that a ControlNet steers; has to be said where the
            base has none.
        identities_are: `synthetic`, nobody, or `consented`, real people who agreed to it. Needed where the release does
            not tell; it is kept in the provenance.
        per_identity: How many expressions each identity gets.
        same: The groups in which an identity and its driver are alike: some of `age_group`, `gender`, `ethnicity`.
        seed: Draws who gets whose expression, and the noise that a method begins with.
        models: MediaPipe's model file, or a folder that has it, for a release without landmarks; by default that of an
            installed package.
        workers: Pictures drawn at a time, by methods without a network.
        engine: What draws them, as in `build`.
        progress: Called with the faces that were looked at, and the pictures that were drawn.
        notice: Told, in one list, what was left out: faces that cannot be used, identities without enough drivers; and
            whether weights have learned from some of those that are shown.

    Returns:
        What was done.

    Raises:
        UsageError: If an argument cannot be right, or the word of consent is missing.
        BadInputError: If nothing is left, or the weights are damaged.
        ReleaseError: If one of them is not a complete release.
        MissingExtraError: If MediaPipe is needed, or the library of a method, and it is not there.
        OutputError: If `out` cannot be written, or workers are killed again and again.

    Example:
        >>> synpain_hf.transfer("synpain-1.0.0", "synpain-1.0.0", "transferred", workers=2)  # doctest: +SKIP
        >>> synpain_hf.build("transferred", "transferred-1.0.0", version="1.0.0")  # doctest: +SKIP
    """
    _check(method, identities_are, per_identity, same, seed)
    choices = Choices(
        str(weights), str(base), seed, steps, device, precision, strength, str(adapter), no_safety_checker
    )
    drawing = method_with(method, choices)
    if unseen and not drawing.learned:
        raise UsageError(f"is for methods that have learned, which {method} has not; leave it out", "unseen")
    executor = Executor(workers, engine)
    places = [Path(given).expanduser().resolve() for given in (identities, drivers)]
    opened = {place: Release.open(place) for place in places}
    consent, alike = consent_for(opened[places[0]], identities_are), tuple(dict.fromkeys(same))
    place = Path(out).expanduser().absolute()
    with staged(place, resumable=True) as staging:
        for release in opened.values():
            check(release, of=[base_table(), ANNOTATIONS], progress=progress)
        sides = {path: _side(release, staging, executor, progress, models) for path, release in opened.items()}
        whose, whence = (sides[path] for path in places)
        known = drawing if unseen else None
        couples, problems = _chosen(whose, whence, per_identity, alike, seed, known)
        notes = notes_of(
            drawing, consent, whose.release, whence.release, seed=seed, per_identity=per_identity, same=alike,
            landmarks="; ".join(sorted({whose.seen.made_with, whence.seen.made_with})),
        )  # fmt: skip
        _forget_others(staging, [notes, *(side.digest() for side in (whose, whence))])
        new = neutrals_written(staging.folder, whose.release, couples, drawing)
        undrawn = draw_all(
            [picture_of(pair, staging.folder, whose, whence, notes) for pair in new], drawing, executor, progress
        )
        problems += undrawn
        lost = {problem.pair_id for problem in undrawn}
        left = [pair for pair in new if pair.pair_id not in lost]
        if not left:
            raise BadInputError(problems)
        files = [*write_manifest(staging.folder, left, notes), *_rejected(staging.folder, problems)]
        staging.complete([*files, *(pair.neutral for pair in left), *(pair.expressive for pair in left)])
    told = in_order([*problems, *told_of_learned(couples, drawing)])
    if told:
        notice(told)
    driving = {pair.couple.driver.pair_id for pair in left}
    return Transfer(place, len(left), len({pair.neutral for pair in left}), len(driving), in_order(problems))


def method_with(name: str, choices: Choices) -> Method:
    """A method of transfer, with the weights that it needs.

    Raises:
        UsageError: If it lacks them, or is given some that it has no use for, or they do not fit.
        BadInputError: If they are damaged.
        MissingExtraError: If a library of a network is missing.
    """
    method = METHODS[name]
    if method.needs_weights and not choices.weights:
        raise UsageError(
            f"is missing: {name} draws by what it has learned; give the folder that `synpain-hf train-transfer` left",
            "weights",
        )
    if choices.weights and not method.needs_weights:
        raise UsageError(f"is not for {name}, which has learned nothing; leave it out", "weights")
    usual = Choices()
    unusual = [one for one in OF_A_NETWORK if getattr(choices, one) != getattr(usual, one)]
    if unusual and not method.needs_weights:
        raise UsageError(f"is not for {name}, which has no network; leave it out", unusual[0])
    if not method.steers_base and (given := [one for one in OF_A_BASE if getattr(choices, one)]):
        raise UsageError(f"is not for {name}, which steers no other model; leave it out", given[0])
    missing = [library for library in method.libraries if method.needs_weights and find_spec(library) is None]
    if missing:
        raise MissingExtraError(f"{name} needs {' and '.join(missing)}; run `pip install 'synpain-hf[transfer]'`")
    return method(choices)


def _side(
    release: Release, staging: StagedFolder, executor: Executor, progress: Progress, models: Sequence[str | Path]
) -> Side:
    work = staging.work / f"landmarks-{release.manifest['content']}"
    return Side(release, seen_in(release, work, executor, progress, models))


def _chosen(
    whose: Side, whence: Side, per_identity: int, same: Sequence[str], seed: int, unseen_by: Method | None
) -> tuple[list[Couple], list[Problem]]:
    """Who is to show whose expression, and what cannot be used.

    Raises:
        BadInputError: If nothing is left.
    """
    shown, problems = _usable_identities(whose)
    driving, unusable = usable_drivers(whence)
    problems += unusable
    if unseen_by:
        left = without_learned(shown, driving, unseen_by)
        shown, driving = left.identities, left.drivers
        problems += left.problems
    couples, too_few = couples_of(shown, driving, per_identity, same, seed)
    problems += too_few
    if not couples:
        raise BadInputError(problems)
    return couples, problems


def _rejected(folder: Path, problems: Sequence[Problem]) -> list[str]:
    """Write what was left out, where anything was; the file's name."""
    if not problems:
        return []
    lines = (json.dumps(problem.to_dict(), ensure_ascii=False) for problem in in_order(problems))
    (folder / REJECTED).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return [REJECTED]


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


def _usable_identities(side: Side) -> tuple[list[Member], list[Problem]]:
    """Of each identity the first pair whose neutral face can be used, and the others that come before it."""
    usable, problems = [], list[Problem]()
    for members in persons(members_of(side.release)).values():
        for member in members:
            reason = side.seen.why_not((member.pair_id, "neutral"))
            if not reason:
                usable.append(member)
                break
            problems.append(_problem("identities", member, "neutral", reason))
    return usable, problems


def usable_drivers(side: Side, called: str = "drivers") -> tuple[list[Member], list[Problem]]:
    """The pairs whose change from neutral to expressive is known, and the others.

    Args:
        side: Their release, with its landmarks.
        called: What problems call them.
    """
    usable, problems = [], list[Problem]()
    for member in members_of(side.release):
        reasons = {face: side.seen.why_not((member.pair_id, face)) for face in ("neutral", "expressive")}
        told = [_problem(called, member, face, reason) for face, reason in reasons.items() if reason]
        problems += told
        usable += [] if told else [member]
    return usable, problems


def _problem(side: str, member: Member, face: str, reason: str) -> Problem:
    return Problem(f"{side}/{picture_stem(member.pair_id, face)}", reason, member.pair_id)


def _forget_others(staging: StagedFolder, decisive: Sequence[object]) -> None:
    """Remove the pictures that a call left for which something else was decisive."""
    request = staging.work / "request"
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
    if not (request.is_file() and request.read_text(encoding="utf-8") == digest):
        remove_tree(staging.folder)
        staging.folder.mkdir()
        write_atomically(request, digest)
    for name in ("neutral", "expressive"):
        (staging.folder / name).mkdir(exist_ok=True)
