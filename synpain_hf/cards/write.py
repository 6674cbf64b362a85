"""`card`: write the card of a release, and `check`: say what of it no longer fits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from synpain_hf.cards.columns import meanings_of
from synpain_hf.cards.croissant import check_keys, croissant
from synpain_hf.cards.facts import Facts, facts_for, kept_facts
from synpain_hf.cards.figures import Figure, figures_of
from synpain_hf.cards.readme import readme
from synpain_hf.cards.statistics import compute
from synpain_hf.cards.validated import VALIDATE_AGAIN, Validated, kept_report, validated_for
from synpain_hf.errors import BadInputError, Notice, ReleaseError, UsageError, warn_of
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.amend import amending
from synpain_hf.release.checking import check as check_files
from synpain_hf.release.layout import (
    BIBLIOGRAPHY,
    CARD,
    CROISSANT,
    FACTS,
    MANIFEST,
    VALIDATION,
    is_of_the_card,
    record_of,
)
from synpain_hf.release.release import Release
from synpain_hf.text.sections import changed_sections


@dataclass(frozen=True)
class Composed:
    """Everything that a release's card consists of.

    Attributes:
        texts: Its text files, by their place in the release.
        figures: Its figures, not drawn yet.
    """

    texts: Mapping[str, str]
    figures: tuple[Figure, ...]

    @property
    def names(self) -> list[str]:
        """All of its files."""
        return [*self.texts, *(figure.name for figure in self.figures)]


def card(
    release: str | Path,
    *,
    facts: str | Path | None = None,
    report: str | Path | None = None,
    progress: Progress = silent,
    notice: Notice = warn_of,
) -> Release:
    """Write a release's card: `README.md`, its figures, `croissant.json`, and the facts that they rest on.

    Nothing else in the release changes but what `release.json` says of these files. All of it is written or nothing,
    even if the program is killed.

    Args:
        release: The release directory.
        facts: What is known of the data set: a YAML file with `references.bib` beside it, or `synpain` or `demo` for
            the facts that come with this package. None takes those of the release's last card, else those that belong
            to its source; for a data set of your own, you have to give them.
        report: The report of `validate`, or its folder, whose numbers the card then has, and keeps; None takes that of
            the release's last card, if there is one and it is of what the release holds.
        progress: Called after every pair read and every figure drawn.
        notice: Called where the report of the last card is of other content, and is left out.

    Returns:
        The release, with its new `release.json`.

    Raises:
        UsageError: If there are no facts, or they cannot be read, or the report is of other content.
        BadInputError: If the facts lack something or have something unknown; nothing is written.
        ReleaseError: If it is not a complete release.
        OutputError: If the release cannot be written.
    """
    with amending(release) as amendment:
        opened = amendment.release
        made = compose(opened, facts_for(opened, facts), progress, validated_for(opened, report, notice))
        check_keys(json.loads(made.texts[CROISSANT]))
        for name in filter(is_of_the_card, opened.files):
            amendment.remove(name)
        for name, text in made.texts.items():
            amendment.add(name, text.encode("utf-8"))
        for done, figure in enumerate(made.figures, 1):
            amendment.add(figure.name, _kept(opened, figure) or figure.made(opened))
            progress("figures", done, len(made.figures))
    return Release.open(release)


def check(release: Release, progress: Progress = silent) -> list[str]:
    """Say what of a release's card no longer fits the release; but first, whether the release is what was built.

    Every file is read, since the card describes all of them; comparing its digest on the way takes little longer.

    Args:
        release: The release.
        progress: Called after every file verified and every pair read.

    Returns:
        A sentence for each thing (cause, then remedy); none if the card fits. Where other files of the release are
        damaged, nothing is said of the card: it would be compared with the wrong data.

    Raises:
        ReleaseError: If a file of the release cannot be read.
    """
    strays = list(_strays(release))
    damage = _damage(release, progress)
    if damage:
        return [*damage, *strays]
    remedy = f"run `synpain-hf card {release.folder}`"
    if FACTS not in release.files:
        return [*strays, f"{CARD} is not the full card but the short one that `build` writes; {remedy}"]
    lost = [name for name in (FACTS, BIBLIOGRAPHY) if name in release.files and not (release.folder / name).exists()]
    if lost:
        return [*strays, *(f"{name} is missing; {remedy}" for name in lost)]
    try:
        validated, fault = kept_report(release)
        made = compose(release, kept_facts(release), progress, validated)
    except (BadInputError, UsageError) as error:
        reason = " ".join(str(error).split())
        return [*strays, f"the facts of the card are no longer enough ({reason}); {remedy} --facts with corrected ones"]
    stale = [f"{VALIDATION} {fault}; {VALIDATE_AGAIN.format(release.folder)}"] if fault else []
    return [*strays, *stale, *(f"{reason}; {remedy}" for reason in _differences(release, made))]


def _damage(release: Release, progress: Progress) -> list[str]:
    """What in a release, apart from its card, is not what was built."""
    built = [name for name in release.files if not is_of_the_card(name)]
    try:
        check_files(release, beside=built, again=True, progress=progress)
    except ReleaseError as error:
        return [error.headline, *map(str, error.problems)]
    return []


def _strays(release: Release) -> Iterator[str]:
    """The files that would be loaded, or taken for data, though they do not belong to the release."""
    for table in tables.TABLES:
        for path in sorted((release.folder / table.folder).rglob("*.parquet")):
            name = path.relative_to(release.folder).as_posix()
            if name not in release.files:
                yield f"{name} is in {table.folder}/, but not part of the release, and may be loaded with it; remove it"


def compose(
    release: Release, facts: Facts, progress: Progress = silent, validated: Validated | None = None
) -> Composed:
    """Compose a release's card; nothing is written, and no figure is drawn.

    Args:
        release: The release.
        facts: What is known of its data set.
        progress: Called after every pair read.
        validated: The validation report whose numbers it has.

    Raises:
        BadInputError: If the facts lack something that the release requires.
        ReleaseError: If a file of the release is damaged.
    """
    statistics = compute(release, progress)
    meanings = meanings_of(statistics, facts)
    figures = figures_of(statistics)
    texts = {
        CARD: readme(release, facts, statistics, meanings, figures, None if validated is None else validated.document),
        CROISSANT: croissant(release, facts, statistics, meanings),
        FACTS: facts.text,
        **({BIBLIOGRAPHY: facts.bibliography} if facts.bibliography else {}),
        **({VALIDATION: validated.text} if validated else {}),
    }
    return Composed(texts, tuple(figures))


def _kept(release: Release, figure: Figure) -> bytes | None:
    """The file of a figure as the release has it, where nothing that it shows has changed."""
    path = release.folder / figure.name
    if not path.is_file() or figure.name not in release.files or record_of(path) != release.files[figure.name]:
        return None
    data = path.read_bytes()
    return data if figure.is_of(data) else None


def _differences(release: Release, made: Composed) -> Iterator[str]:
    found = {name: _read(release.folder / name) for name in made.names}
    for name, data in found.items():
        if data is None:
            yield f"{name} is missing"
        elif release.files.get(name) != record_of(release.folder / name):
            yield f"{name} is not the file that {MANIFEST} lists"
    shown = found[CARD]
    if shown is not None:
        unfit = changed_sections(shown.decode("utf-8", "replace"), made.texts[CARD])
        yield from (f"{CARD} does not fit the release: {part}" for part in unfit)
    for name in (CROISSANT, BIBLIOGRAPHY):
        if found.get(name) not in (None, made.texts.get(name, "").encode("utf-8")):
            yield f"{name} does not fit the release"
    for figure in made.figures:
        data = found[figure.name]
        if data is not None and not figure.is_of(data):
            yield f"{figure.name} does not show what is in the release"
    for name in sorted(filter(is_of_the_card, release.files.keys() - made.names)):
        yield f"{name} belongs to an earlier card"


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
