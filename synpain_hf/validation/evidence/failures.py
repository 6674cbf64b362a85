"""Faces in which an annotator found nothing: whether they are more frequent in some groups."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synpain_hf.cards.quantities import as_p
from synpain_hf.cards.words import group_words
from synpain_hf.validation.evidence.annotated import DEMOGRAPHIC, OVERALL, Annotated, Booleans
from synpain_hf.validation.evidence.published import Published
from synpain_hf.validation.evidence.section import LEVEL, Comparison, Group, Row, Section, corrected, outcome_of
from synpain_hf.validation.statistics.clustered import same_means, share
from synpain_hf.validation.statistics.proportions import same_shares
from synpain_hf.vocabulary import CLASSES, GROUPS

_NOTICEABLE = 0.02
"""Shares of failures that lie further apart are told, where a test says that they differ."""

_PAIN: Group = ("pain",)
_OF_FACES = ("confidence", "faces", "pspi", "pspi_approx")
"""What only an annotator gives that looks for faces."""

_AS_PUBLISHED = "pspi"
"""The paper counts the faces without a pain score."""


def failures(annotated: Annotated, published: Published, title: str) -> Iterator[Section]:
    """The share of faces with a reason in place of values, by condition and group, and of pain by group."""
    if "reason" not in annotated.table.column_names:
        return
    has_failed = np.array([reason is not None for reason in annotated.table["reason"].to_pylist()], bool)
    if not has_failed.any() and not set(_OF_FACES) & set(annotated.table.column_names):
        return
    groups = (*OVERALL, *DEMOGRAPHIC, *((*group, "pain") for group in DEMOGRAPHIC))
    rows = [_row(annotated, has_failed, group, published) for group in groups if annotated.members(group).any()]
    found = [
        _test(annotated, has_failed, [("expressive",), ("neutral",)], ("all",)),
        _test(annotated, has_failed, [_PAIN, ("no_pain",)], ("all",)),
        *(
            _test(annotated, has_failed, [(name,) for name in CLASSES[column]], among)
            for among in (("all",), _PAIN)
            for column in GROUPS
        ),
    ]
    tests = corrected([test for test in found if test is not None])
    told = []
    for test in tests:
        shares = {group: _share(annotated, has_failed, group, test.among) for group in test.groups}
        low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        if test.corrected < LEVEL and shares[high] - shares[low] > _NOTICEABLE:
            among = " of pain" if test.among == _PAIN else ""
            told.append(
                f"nothing is found in {shares[high]:.1%} of faces{among} ({group_words(high)}), and in "
                f"{shares[low]:.1%} ({group_words(low)}), corrected p {as_p(test.corrected)}; say so wherever results "
                "rest on this annotator, since it leaves these faces out"
            )
    yield Section(
        "failures", title, "reason", annotated.annotator, annotated.file, outcome_of([], told), told, rows, tests
    )


def _row(annotated: Annotated, has_failed: Booleans, group: Group, published: Published) -> Row:
    chosen = annotated.members(group)
    estimate = share(has_failed[chosen], annotated.clusters[chosen].tolist())
    people = len(set(annotated.identities[chosen].tolist()))
    known = published.of(_AS_PUBLISHED, group, "missing")
    return Row(group, "missing", int(chosen.sum()), people, estimate, known)


def _share(annotated: Annotated, has_failed: Booleans, group: Group, among: Group) -> float:
    return float(has_failed[annotated.members(group) & annotated.members(among)].mean())


def _test(annotated: Annotated, has_failed: Booleans, groups: list[Group], among: Group) -> Comparison | None:
    """Whether groups have the same share of failures; None where there are fewer than two."""
    inside = annotated.members(among)
    members = {group: annotated.members(group) & inside for group in groups}
    members = {group: chosen for group, chosen in members.items() if chosen.any()}
    if len(members) < 2:
        return None
    any_of = np.logical_or.reduce(list(members.values()))
    clusters = annotated.clusters[any_of].tolist()
    if len(set(clusters)) == len(clusters):
        counts = [int(has_failed[chosen].sum()) for chosen in members.values()]
        p = same_shares(counts, [int(chosen.sum()) for chosen in members.values()]).p
    else:
        names = np.select(list(members.values()), [str(number) for number in range(len(members))], "")
        p = same_means(has_failed[any_of], names[any_of].tolist(), clusters).p
    return Comparison(list(members), among, "", None, p)
